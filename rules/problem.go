package rules

import "strconv"

// Severity says how bad it is to break a rule.
type Severity uint8

// The severities.
const (
	Error   Severity = iota // the row is not restored
	Warning                 // the row is restored, and something about it deserves a look
)

// String returns the word for s that reports use.
func (s Severity) String() string {
	switch s {
	case Error:
		return "error"
	case Warning:
		return "warning"
	}
	return "severity " + strconv.Itoa(int(s))
}

// MarshalText returns the word for s.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Problem is one rule that a row breaks. Its JSON has the keys of a restore's report, which tells errors alone.
type Problem struct {
	Column  string `json:"column,omitempty"` // the field's name in the API (snake_case), or the backup's own where it has no field
	Rule    string `json:"rule"`             // the rule's stable name
	Message string `json:"message"`          // what was found, what was expected, what to do

	Severity Severity `json:"-"`
	Found    string   `json:"-"` // the value, shortened and in quotes; empty where there is none, or values are hidden
	Fix      string   `json:"-"` // what would mend it; empty where nothing can be said
}
