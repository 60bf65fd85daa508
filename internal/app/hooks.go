package app

import (
	backups "rejoin/backup"
	"rejoin/restore"
)

// hooks are where the process-level tests end the process, or change what it meets. All of them are nil in a process
// that is not a test's.
type hooks struct {
	client func(restore.Client) restore.Client // stands between the engine and the API
	at     func(step, *books)                  // is called at each step of the report
	file   func(backups.Step)                  // is called at each step in the making of a backup's file

	attended bool // somebody reads standard error and answers on standard input
}

// step is a step of the report between two of which a process may be killed.
type step string

const (
	beforeWrite   step = "before-write"   // outcomes are known, and their lines are not written
	afterWrite    step = "after-write"    // the lines are written, and may not be synced
	beforeSummary step = "before-summary" // every outcome is written, and the summary is not
	afterSummary  step = "after-summary"  // the report is whole, and the process has not ended
)

func (h *hooks) reach(s step, b *books) {
	if h.at != nil {
		h.at(s, b)
	}
}

// between is the client that the engine is given.
func (h *hooks) between(c restore.Client) restore.Client {
	if h.client == nil {
		return c
	}
	return h.client(c)
}

// watch has the steps of a backup's file told, of which there are many then.
func (h *hooks) watch(f *backups.File) {
	if h.file != nil {
		f.Reached, f.BlockBytes = h.file, 1
	}
}
