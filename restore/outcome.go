package restore

import (
	"slices"
	"time"

	"rejoin/chat"
	"rejoin/rules"
)

// Kind says what became of a row. Every row that is read gets exactly one.
type Kind uint8

// The outcomes of a row. In a dry run Created, Updated, Exists and Differs are told as would_create, would_update,
// would_exist and would_differ, and Deleted and Kept as would_delete and would_keep.
const (
	Pending   Kind = iota // the run stopped before this row; never in the journal
	Created               // the API made the member in this run
	Updated               // it was there and now holds the backup's values
	Exists                // it was there before
	Differs               // it is there with other values
	Duplicate             // another row of the backup stands for the same channel and identity
	Invalid               // the row cannot be read or breaks a rule; nothing was sent
	Rejected              // the API refuses this row for good
	Failed                // every try failed and none can have been applied
	Unknown               // some try may have been applied and no later answer settled it

	Same    // verify: the member is there as the backup has it
	Missing // verify: it is not there
	Extra   // verify: a member that is there and in no row of the backup

	Deleted // undo: the API deleted the member that a run had made
	Gone    // undo: it was not there any more
	Kept    // undo: it has been changed since, and was left alone

	NumKinds = int(iota)
)

// The outcomes that a run of each command can give, in the order in which they are told.
var (
	restoreKinds = []Kind{Created, Updated, Exists, Differs, Duplicate, Invalid, Rejected, Failed, Unknown, Pending}
	verifyKinds  = []Kind{Same, Missing, Differs, Extra, Duplicate, Invalid, Rejected, Failed, Pending}
	undoKinds    = []Kind{Deleted, Gone, Kept, Rejected, Failed, Unknown, Pending}
)

// KindsOf are the outcomes that a run of a command can give, in the order in which they are told: of "verify" or
// "undo", and of a restore for every other word.
func KindsOf(command string) []Kind {
	switch command {
	case "verify":
		return slices.Clone(verifyKinds)
	case "undo":
		return slices.Clone(undoKinds)
	}
	return slices.Clone(restoreKinds)
}

// kindNames are the words of the report; the second is a dry run's.
var kindNames = [NumKinds][2]string{
	Pending:   {"pending", "pending"},
	Created:   {"created", "would_create"},
	Updated:   {"updated", "would_update"},
	Exists:    {"exists", "would_exist"},
	Differs:   {"differs", "would_differ"},
	Duplicate: {"duplicate", "duplicate"},
	Invalid:   {"invalid", "invalid"},
	Rejected:  {"rejected", "rejected"},
	Failed:    {"failed", "failed"},
	Unknown:   {"unknown", "unknown"},
	Same:      {"same", "same"},
	Missing:   {"missing", "missing"},
	Extra:     {"extra", "extra"},
	Deleted:   {"deleted", "would_delete"},
	Gone:      {"gone", "gone"},
	Kept:      {"kept", "would_keep"},
}

// String is the outcome's word in the report of a real run.
func (k Kind) String() string { return kindNames[k][0] }

// Word is the outcome's word in the report of a run that was, or was not, a dry run.
func (k Kind) Word(dryRun bool) string {
	if dryRun {
		return kindNames[k][1]
	}
	return kindNames[k][0]
}

// ParseKind finds the outcome that a report's word names, a dry run's words included.
func ParseKind(word string) (kind Kind, dryRun, ok bool) {
	for k := range kindNames {
		names := &kindNames[k]
		switch word {
		case names[0]:
			return Kind(k), false, true
		case names[1]:
			return Kind(k), true, true
		}
	}
	return 0, false, false
}

// Again reports whether a resumed run sends a row with this outcome again.
func (k Kind) Again() bool { return k == Pending || k == Failed || k == Unknown }

// Outcome is what became of one row, with all that is known of why.
type Outcome struct {
	Row, Line int64 // where the row stands in the backup, both from 1
	Kind      Kind

	ServiceSID string // the target Service
	Channel    string // as the row names it: a SID or a unique name
	ChannelSID string // the channel's SID, where the row or an answer told it
	Identity   string
	BackupSID  string // the member's SID in the backup
	MemberSID  string // the member's SID in the target

	// Fingerprint is [chat.Fingerprint] of a member that was created, as the API answered it, by which an undo sees whether
	// it has been changed since; 0: not known.
	Fingerprint uint64

	Attempts   int  // requests that were sent for this row, reads included
	Recovered  bool // created by an earlier try whose answer was lost
	HTTPStatus int  // of the answer that decided; 0: there was none
	ErrorCode  int  // the API's error code; 0: none
	Error      string
	RequestID  string

	NotApplied  []string          // fields that were sent and that the API's answer does not show
	Differences []chat.Difference // of a member that is there with other values
	Problems    []rules.Problem   // of an invalid row

	DuplicateOf int64 // the line of the row that stands for this one
	Same        bool  // of a duplicate: it holds the same values as the row that stands for it

	Elapsed time.Duration // from the first request to the last answer
	At      time.Time

	Raw []byte // the record as the backup has it, for the rejects file; not in the journal
}

// Restored reports whether the member is, after this outcome, as the backup has it, so far as the caller's choices
// ask; of an undo, whether it is gone. chosen says that the user chose which of several duplicates counts (--on-duplicate was given).
func (o *Outcome) Restored(chosen bool) bool {
	switch o.Kind {
	case Created, Updated, Exists, Same, Deleted, Gone:
		return true
	case Duplicate:
		return o.Same || chosen
	case Pending, Differs, Invalid, Rejected, Failed, Unknown, Missing, Extra, Kept:
	}
	return false
}

// Sink takes the outcomes in the order in which they complete. Write returns once they will survive the process being
// killed; an error stops the run, since a restore that cannot be recorded must not go on. It is called by one
// goroutine at a time and must not keep the slice or the outcomes.
type Sink interface {
	Write(outcomes []*Outcome) error
}

// alreadyThere says why a row is rejected whose member was not to be there (--on-conflict fail).
func (o *Outcome) alreadyThere() {
	o.Error = "the member is already there"
	o.Problems = []rules.Problem{{Rule: rules.AlreadyThere, Message: o.Error}}
}
