package reader

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// The generated input is made of these: what is ordinary, and what goes wrong at the edges.
var (
	csvTokens  = []string{"a", "bc", "\"", "\"\"", ",", ",", ",", "\n", "\n", ";", "|", "é", " ", "\"x,\ny\"", "null", "\\N"}
	jsonTokens = []string{
		"{", "}", "[", "]", ",", ":", "\"", `"identity"`, `"sid"`, `"x"`, `"role_sid"`, `"roleSid"`, "null", "true", "false", "0", "-1.5e3", "01", "1.",
		`"\n"`, `"\ud83d\ude00"`, `"\ud83d"`, `"\u00e9"`, `"é"`, `"\x"`, " ", "\t", "{}", "[]", "\xff", "\x01", "\r",
	}
)

// pick makes a text of n tokens.
func pick(rng *rand.Rand, tokens []string, n int) string {
	var out strings.Builder
	for range n {
		out.WriteString(tokens[rng.IntN(len(tokens))])
	}
	return out.String()
}

// object makes a line that is an object, or nearly one.
func object(rng *rand.Rand) string {
	var out strings.Builder
	out.WriteString("{")
	for i := range rng.IntN(5) {
		if i > 0 {
			out.WriteString(",")
		}
		out.WriteString(jsonTokens[7+rng.IntN(5)] + ":" + jsonTokens[7+rng.IntN(len(jsonTokens)-7)])
	}
	out.WriteString("}")
	if rng.IntN(20) == 0 {
		out.WriteString(pick(rng, jsonTokens, 1))
	}
	return out.String()
}

func TestSameCellsAsEncodingCSV(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(3, 4))
	for range 3000 {
		checkAgainstCSV(t, []byte("identity,sid,x\n"+pick(rng, csvTokens, 1+rng.IntN(30))))
	}
	for range 200 {
		checkCells(t, []byte("identity,sid,x\n"+pick(rng, csvTokens, 1+rng.IntN(30))))
	}
}

func TestSameValuesAsEncodingJSON(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(5, 6))
	good := 0
	for range 5000 {
		line := object(rng)
		if _, _, err := oracle([]byte(line)); err == nil {
			good++
		}
		checkAgainstJSON(t, []byte(line+"\n"+pick(rng, jsonTokens, rng.IntN(12))))
	}
	assert.Greater(t, good, 500, "the generator has to make lines that are right, too")
}
