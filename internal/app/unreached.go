package app

import (
	"errors"

	"rejoin/chat"
	"rejoin/internal/prose"
	"rejoin/report"
	"rejoin/retry"
)

// unsent reports whether a run has made requests and not one of them has left this machine.
func unsent(counts *retry.Counters) bool {
	if counts == nil {
		return false
	}
	n := counts.Requests.Load()
	return n > 0 && counts.Answers[retry.Unsent].Load() == n
}

// unreached says why a run ended whose requests all failed before they were sent, in words that need no knowledge of
// networks, before what the system says. Any other error is told as it is.
func unreached(err error, counts *retry.Counters, url string) string {
	failure, ok := errors.AsType[*chat.Error](err)
	if !ok || !unsent(counts) {
		return plainly(err)
	}
	what, means, check := report.Unreached(failure.Error())
	return "this run has sent nothing, and changed nothing: " + url + " cannot be reached: " + what + ". " + means + " " + check +
		".\nrejoin: after " + tries(counts.Requests.Load()) + ": " + err.Error()
}

// tries is how often something was tried.
func tries(n int64) string {
	if n == 1 {
		return "1 try"
	}
	return prose.Number(n) + " tries"
}
