package reader

import "slices"

// nulls tells cells that mean null from text.
type nulls struct {
	literals []string
	first    [256]bool       // whether a literal starts with this byte
	text     [NumFields]bool // fields in which every cell is text
}

// defaultNulls are what exporters write for null: twilio-cli null, SQL clients NULL, PostgreSQL's and MySQL's \N.
var defaultNulls = []string{"null", "NULL", `\N`}

// newNulls takes the literals of the configuration. Without any, the usual ones are null everywhere but in the columns
// where they may be someone's name: a person or a channel may well be called null.
func newNulls(literals []string) *nulls {
	n := &nulls{literals: literals}
	if literals == nil {
		n.literals = defaultNulls
		for _, f := range []Field{Identity, ChannelSID, ChannelUniqueName} {
			n.text[f] = true
		}
	}
	for _, literal := range n.literals {
		if literal != "" {
			n.first[literal[0]] = true
		}
	}
	return n
}

// set makes v of a cell's text.
func (n *nulls) set(v *Value, f Field, text []byte) {
	if len(text) == 0 {
		return // Absent, or null if "" is a literal: neither is sent
	}
	if n.first[text[0]] && !n.text[f] && slices.Contains(n.literals, string(text)) {
		v.Kind = Null
		return
	}
	v.Kind, v.Text = String, text
}
