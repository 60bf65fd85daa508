package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"rejoin/chat"
	"rejoin/restore"
	"rejoin/rules"
)

var errNoOutcome = errors.New("it is no outcome as rejoin writes it")

// outcomeHead is how an outcome's line begins.
const outcomeHead = `{"type":"outcome",`

// outcomeLine is the form of an outcome's line for encoding/json.
type outcomeLine struct {
	Type        string          `json:"type"`
	Row         int64           `json:"row"`
	Line        int64           `json:"line"`
	Outcome     string          `json:"outcome"`
	ServiceSID  string          `json:"service_sid"`
	ChannelSID  string          `json:"channel_sid"`
	Channel     string          `json:"channel"`
	Identity    string          `json:"identity"`
	BackupSID   string          `json:"backup_sid"`
	MemberSID   string          `json:"member_sid"`
	Fingerprint string          `json:"fingerprint"`
	Attempts    int64           `json:"attempts"`
	Recovered   bool            `json:"recovered"`
	HTTPStatus  int64           `json:"http_status"`
	ErrorCode   int64           `json:"error_code"`
	Error       string          `json:"error"`
	RequestID   string          `json:"request_id"`
	NotApplied  json.RawMessage `json:"not_applied"`
	Differences json.RawMessage `json:"differences"`
	Problems    json.RawMessage `json:"problems"`
	DuplicateOf int64           `json:"duplicate_of"`
	Same        bool            `json:"same"`
	ElapsedMS   int64           `json:"elapsed_ms"`
	At          string          `json:"at"`
}

// parse reads an outcome's line, with encoding/json where it is not written as this package writes it.
func (s *scanner) parse(line []byte, e *entry) error {
	if s.scan(line, e) {
		return nil
	}
	return parseJSON(line, e)
}

func parseJSON(line []byte, e *entry) error {
	var l outcomeLine
	if err := json.Unmarshal(line, &l); err != nil {
		return err
	}
	if l.Type != "outcome" {
		return errNoOutcome
	}
	*e = entry{
		word: []byte(l.Outcome), service: []byte(l.ServiceSID), channelSID: []byte(l.ChannelSID), channel: []byte(l.Channel),
		identity: []byte(l.Identity), backupSID: []byte(l.BackupSID), memberSID: []byte(l.MemberSID), fingerprint: []byte(l.Fingerprint),
		failure: []byte(l.Error), requestID: []byte(l.RequestID), at: []byte(l.At),
		notApplied: listOf(l.NotApplied), differences: listOf(l.Differences), problems: listOf(l.Problems),
		row: l.Row, line: l.Line, attempts: l.Attempts, status: l.HTTPStatus, code: l.ErrorCode,
		duplicateOf: l.DuplicateOf, elapsedMS: l.ElapsedMS, recovered: l.Recovered, same: l.Same,
	}
	return nil
}

// listOf is a list's JSON; null is none.
func listOf(raw json.RawMessage) []byte {
	if string(raw) == "null" {
		return nil
	}
	return raw
}

// kind is the entry's outcome. A row that is pending has no line, and a member that is in no row has row 0.
func (e *entry) kind() (kind restore.Kind, dryRun bool, err error) {
	kind, dryRun, ok := restore.ParseKind(string(e.word))
	switch {
	case !ok || kind == restore.Pending:
		return 0, false, fmt.Errorf("its outcome %q is not known", e.word)
	case e.row < 1 && kind != restore.Extra, e.row != 0 && kind == restore.Extra:
		return 0, false, fmt.Errorf("its row is %d", e.row)
	}
	return kind, dryRun, nil
}

// restored is what [restore.Outcome.Restored] says of the entry.
func (e *entry) restored(kind restore.Kind, chosen bool) bool {
	o := restore.Outcome{Kind: kind, Same: e.same}
	return o.Restored(chosen)
}

// named is the channel as the row names it.
func (e *entry) named() []byte {
	if len(e.channel) > 0 {
		return e.channel
	}
	return e.channelSID
}

// key is what [KeyHash] gives for the entry's member.
func (e *entry) key() uint64 {
	h := hashPart(hashSeed, e.service)
	h = hashPart(h, e.named())
	h = hashPart(h, e.identity)
	return h >> (64 - keyBits)
}

// time is when the outcome was; zero where that cannot be read.
func (e *entry) time() time.Time {
	if t, ok := parseTime(e.at); ok {
		return t
	}
	t, _ := time.Parse(time.RFC3339, string(e.at))
	return t.UTC()
}

// parseTime reads what [appendTime] writes.
func parseTime(s []byte) (time.Time, bool) {
	const form = "0000-00-00T00:00:00.000Z"
	if len(s) != len(form) {
		return time.Time{}, false
	}
	var n [7]int
	field := 0
	for i, c := range s {
		if form[i] != '0' {
			if c != form[i] {
				return time.Time{}, false
			}
			field++
			continue
		}
		if c < '0' || c > '9' {
			return time.Time{}, false
		}
		n[field] = n[field]*10 + int(c-'0')
	}
	t := time.Date(n[0], time.Month(n[1]), n[2], n[3], n[4], n[5], n[6]*1e6, time.UTC)
	if t.Month() != time.Month(n[1]) || t.Day() != n[2] || n[3] > 23 || n[4] > 59 || n[5] > 59 {
		return time.Time{}, false // Date has carried over what is no date
	}
	return t, true
}

// outcome is the entry as the engine gave it, but for what the journal does not hold: the raw record, fractions of
// milliseconds, and whether a channel's SID was the row's own name for it.
func (e *entry) outcome(kind restore.Kind) (*restore.Outcome, error) {
	o := &restore.Outcome{
		Row: e.row, Line: e.line, Kind: kind,
		ServiceSID: string(e.service), Channel: string(e.named()), ChannelSID: string(e.channelSID),
		Identity: string(e.identity), BackupSID: string(e.backupSID), MemberSID: string(e.memberSID),
		Attempts: int(e.attempts), Recovered: e.recovered, HTTPStatus: int(e.status), ErrorCode: int(e.code),
		Error: string(e.failure), RequestID: string(e.requestID), DuplicateOf: e.duplicateOf, Same: e.same,
		Elapsed: time.Duration(e.elapsedMS) * time.Millisecond, At: e.time(),
	}
	o.Fingerprint, _ = strconv.ParseUint(string(e.fingerprint), 16, 64) // 0 where it cannot be read: not known
	if len(e.channel) == 0 && !chat.IsChannelSID(o.ChannelSID) {
		o.ChannelSID = "" // it stands there as the row's name for the channel
	}
	err := errors.Join(e.list(e.notApplied, &o.NotApplied), e.list(e.problems, &o.Problems))
	var differences []differenceLine
	err = errors.Join(err, e.list(e.differences, &differences))
	for _, d := range differences {
		o.Differences = append(o.Differences, chat.Difference{Field: d.Field, Want: d.Want, Got: d.Got})
	}
	return o, err
}

// differenceLine is the form of a difference.
type differenceLine struct {
	Field string `json:"field"`
	Want  string `json:"want"`
	Got   string `json:"got"`
}

func (e *entry) list(raw []byte, dst any) error {
	if len(raw) == 0 {
		return nil
	}
	return json.Unmarshal(raw, dst)
}

// problemList are the rules that the entry's row breaks.
func (e *entry) problemList() (list []rules.Problem, err error) {
	err = e.list(e.problems, &list)
	return list, err
}

// isOutcome reports whether a line is an outcome's, as this package writes it.
func isOutcome(line []byte) bool { return bytes.HasPrefix(line, []byte(outcomeHead)) }
