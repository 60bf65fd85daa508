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

// unreached says why a run ended, and of credentials that are refused whose they were.
func (a *app) unreached(err error, counts *retry.Counters, url string) string {
	return unreached(err, counts, url) + a.whose(err)
}

// unreached says why a run ended whose requests all failed before they were sent, in words that need no knowledge of
// networks, before what the system says; and of one that the API refuses, what to look at. Any other error is told as it
// is.
func unreached(err error, counts *retry.Counters, url string) string {
	failure, ok := errors.AsType[*chat.Error](err)
	if ok && errors.Is(err, retry.ErrRefused) {
		return plainly(err) + "\nrejoin: " + refused(failure)
	}
	if !ok || !unsent(counts) {
		return plainly(err)
	}
	what, means, check := report.Unreached(failure.Error())
	return "this run has sent nothing, and changed nothing: " + url + " cannot be reached: " + what + ". " + means + " " + check +
		".\nrejoin: after " + tries(counts.Requests.Load()) + ": " + err.Error()
}

// noSuchService is the API's code for a Service that is not there. Its answer to whoever asks for the Service itself has
// the one for anything that is not there.
const noSuchService = 50050

// refused says what an answer means for which a run ended, and what to look at.
func refused(failure *chat.Error) string {
	code := failure.Code
	if retry.MeaningOf(failure) == retry.Missing { // a channel, a role or a member that is not there ends no run
		code = noSuchService
	}
	what, means, check := report.Advice(code, failure.Status)
	return what + ". " + means + " " + check + "."
}

// tries is how often something was tried.
func tries(n int64) string {
	if n == 1 {
		return "1 try"
	}
	return prose.Number(n) + " tries"
}
