package rules

// Problem is one rule that a row breaks.
type Problem struct {
	Column  string `json:"column,omitempty"` // the field's name in the API (snake_case), or the backup's own where it has no field
	Rule    string `json:"rule"`             // the rule's stable name
	Message string `json:"message"`          // what was found, what was expected, what to do
}
