package report

import (
	"bytes"
	"errors"
	"time"
)

// sendingHead is how a line begins that tells which rows are about to be sent.
const sendingHead = `{"type":"sending","rows":"`

func isSending(line []byte) bool { return bytes.HasPrefix(line, []byte(sendingHead)) }

var errNoSending = errors.New("it does not tell which rows were about to be sent")

// Announce appends a line with rows that are about to be sent for the first time in this run. When it returns nil the
// line is with the operating system, which keeps it if the process is killed: where a row was not announced and has no
// outcome, it was not sent.
func (j *Journal) Announce(rows []int64) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.buf = append(j.buf[:0], sendingHead...)
	j.buf = appendRows(j.buf, rows)
	j.buf = append(j.buf, `","at":"`...)
	j.buf = append(appendTime(j.buf, time.Now()), '"')
	j.buf = appendSeal(j.buf, 0)
	return j.appendLocked(j.buf)
}

// sending takes in a line that tells which rows are about to be sent, as [Journal.Announce] writes it. It returns false
// where the line is another's.
func (l *Ledger) sending(text []byte) (ok bool, err error) {
	rest, ok := bytes.CutPrefix(text, []byte(sendingHead))
	if !ok {
		return false, nil
	}
	rows, _, _ := bytes.Cut(rest, []byte{'"'})
	if l.runs == 0 || !l.announced.addText(string(rows)) {
		return true, errNoSending
	}
	return true, nil
}
