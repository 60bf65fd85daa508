package sandbox_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rejoin/sandbox"
)

func TestParseFaults(t *testing.T) {
	t.Parallel()
	for spec, want := range map[string][]sandbox.Fault{
		"lost-after=0.02":         {{Kind: "lost-after", Probability: 0.02}},
		"429=5%:retry-after=2":    {{Kind: "429", Probability: 0.05, RetryAfter: "2"}},
		"500":                     {{Kind: "500", Probability: 1}},
		" 500 = 1 ":               {{Kind: "500", Probability: 1}},
		"500=0":                   nil,
		"500,503=50%":             {{Kind: "500", Probability: 0.5}, {Kind: "503", Probability: 0.5}},
		"503:since=10s:until=1m":  {{Kind: "503", Probability: 1, Since: 10 * time.Second, Until: time.Minute}},
		"cut:every=3:from=2:to=9": {{Kind: "cut", Probability: 1, Every: 3, From: 2, To: 9}},
		"hang:first=2:on=read":    {{Kind: "hang", Probability: 1, First: 2, On: "read"}},
		"slow:over=1m30s:times=1": {{Kind: "slow", Probability: 1, Over: 90 * time.Second, Times: 1}},
		"409-busy:code=50419":     {{Kind: "409-busy", Probability: 1, Code: 50419}},
		"429:retry-after=date+2s": {{Kind: "429", Probability: 1, RetryAfter: "date+2s"}},
	} {
		got, err := sandbox.ParseFaults([]string{spec})
		require.NoError(t, err, spec)
		assert.Equal(t, sandbox.Faults{Orders: want}, got, spec)
	}
	both, err := sandbox.ParseFaults([]string{"500", "429=0.5"})
	require.NoError(t, err)
	assert.Len(t, both.Orders, 2)
	none, err := sandbox.ParseFaults(nil)
	require.NoError(t, err)
	assert.Empty(t, none)
}

func TestParseFaultsRefuses(t *testing.T) {
	t.Parallel()
	for spec, want := range map[string]string{
		"":                          `fault "": unknown fault "": expected one of 401, 408, 429,`,
		"lost":                      `unknown fault "lost"`,
		"lost-afer=0.1":             `unknown fault "lost-afer" (did you mean lost-after?): expected one of 401,`,
		"505":                       `did you mean 50`,
		"500=1.1":                   `probability "1.1": expected a number from 0 to 1, or from 0% to 100%`,
		"500=-1":                    `probability "-1"`,
		"500=NaN":                   `probability "NaN"`,
		"500=x":                     `probability "x"`,
		"500=":                      `probability ""`,
		"500=101%":                  `probability "101%"`,
		"500:every":                 `option "every": expected NAME=VALUE`,
		"500:every=0":               `option every: "0": expected a whole number from 1`,
		"500:evry=2":                `unknown option "evry" (did you mean every?): expected one of every, from,`,
		"500:since=10":              `option since: "10": expected a duration such as 10s`,
		"500:until=-1s":             `option until`,
		"500:from=5:to=4":           `from 5 to 4: nothing lies between`,
		"500:since=5s:until=5s":     `nothing lies between`,
		"500:on=craete":             `unknown scope "craete" (did you mean create?)`,
		"404-after:on=fetch":        `it strikes writes alone`,
		"429:retry-after=date+soon": `expected a duration behind "date+"`,
		"500,x=1":                   `unknown fault "x"`,
	} {
		_, err := sandbox.ParseFaults([]string{"429", spec})
		assert.ErrorContains(t, err, want, spec)
	}
}

func TestParseLatency(t *testing.T) {
	t.Parallel()
	const ms = time.Millisecond
	for text, want := range map[string]sandbox.Latency{
		"0":           {},
		"50ms":        {Mean: 50 * ms},
		"50ms±20ms":   {Mean: 50 * ms, Jitter: 20 * ms},
		"50ms ± 20ms": {Mean: 50 * ms, Jitter: 20 * ms},
		"50ms+-20ms":  {Mean: 50 * ms, Jitter: 20 * ms},
		"1s+/-100ms":  {Mean: 1000 * ms, Jitter: 100 * ms},
	} {
		got, err := sandbox.ParseLatency(text)
		require.NoError(t, err, text)
		assert.Equal(t, want, got, text)
		again, err := sandbox.ParseLatency(got.String())
		require.NoError(t, err)
		assert.Equal(t, got, again)
	}
	for _, text := range []string{"", "50", "x", "50ms±", "50ms±x", "-1s", "1s±-1s", "±1s"} {
		_, err := sandbox.ParseLatency(text)
		assert.Error(t, err, text)
	}
}
