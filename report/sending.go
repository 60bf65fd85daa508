package report

// sendingLine is the form of a line that tells which rows are about to be sent.
type sendingLine struct {
	Rows string `json:"rows"`
}

// Announce appends a line with rows that are about to be sent for the first time in this run. When it returns nil the
// line is with the operating system, which keeps it if the process is killed: where a row was not announced and has no
// outcome, it was not sent.
func (j *Journal) Announce(rows []int64) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.buf = append(j.buf[:0], `{"type":"sending","rows":"`...)
	j.buf = append(appendRows(j.buf, rows), '"')
	j.buf = appendSeal(j.buf, 0)
	return j.appendLocked(j.buf)
}
