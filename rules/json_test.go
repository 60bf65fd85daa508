package rules

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func jsonSeeds() []string {
	return []string{
		``, ` `, `{}`, ` {} `, `[]`, `{"a":1}`, `{"a":1,}`, `[1,]`, `[,1]`, `{,}`, `{"a"}`, `{"a":}`, `{1:2}`, `[1 2]`, `[1,2`, `{"a":[{"b":null}]}`,
		`true`, `tru`, `truex`, `false`, `null`, `nul`, `0`, `-0`, `-`, `01`, `1.`, `.1`, `1.0e`, `1e+`, `1e+5`, `1E-05`, `-1.5e10 `, `1x`, `+1`,
		`""`, `"`, `"\`, `"\u12`, `"\u12aF"`, `"\x"`, "\"\n\"", "\"\x7f\"", "\"\xff\"", `"\/\b\f\n\r\t\"\\"`, `{}{}`, `[]]`, "[1\v]", "\ufeff{}", `{"a":1 "b":2}`,
		strings.Repeat("[", 10000) + strings.Repeat("]", 10000), strings.Repeat("[", 10001) + strings.Repeat("]", 10001),
		strings.Repeat("[", 10000) + "1" + strings.Repeat("]", 10000), strings.Repeat(`{"a":`, 10001) + "1" + strings.Repeat("}", 10001),
	}
}

func TestValidJSON(t *testing.T) {
	t.Parallel()
	for _, s := range jsonSeeds() {
		assert.Equal(t, json.Valid([]byte(s)), validJSON([]byte(s)), "%.80q", s)
	}
}

func FuzzValidJSON(f *testing.F) {
	for _, s := range jsonSeeds() {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if want := json.Valid(text); validJSON(text) != want {
			t.Fatalf("json.Valid is %v for %q", want, text)
		}
	})
}
