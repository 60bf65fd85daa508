package rules

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rejoin/reader"
)

var now = time.Date(2024, 5, 1, 12, 0, 0, 0, time.UTC)

func warned(t *testing.T, cfg Config, changes map[reader.Field]reader.Value) []Problem {
	t.Helper()
	cfg.Now = now
	r, err := New(cfg)
	require.NoError(t, err)
	var v View
	rec := record(changes)
	r.Examine(rec, &v)
	assert.Empty(t, v.Problems, "a warning alone")
	r.Warn(rec, &v)
	return v.Problems
}

// Each warning with the values that just pass and those that just fail.
func TestWarnings(t *testing.T) {
	t.Parallel()
	type changes = map[reader.Field]reader.Value
	only := func(f reader.Field, values ...reader.Value) (all []changes) {
		for _, v := range values {
			all = append(all, changes{f: v})
		}
		return all
	}
	both := func(created, updated string) []changes {
		return []changes{{reader.DateCreated: text(created), reader.DateUpdated: text(updated)}}
	}
	list := func(n int) string { return "[" + strings.Repeat("1,", (n-3)/2) + "1]" }
	tests := []struct {
		rule  string
		field reader.Field
		pass  []changes
		fail  []changes
	}{
		{
			LongIdentity, reader.Identity,
			only(reader.Identity, text(strings.Repeat("x", 256)), text(strings.Repeat("é", 256))),
			only(reader.Identity, text(strings.Repeat("x", 257)), text(strings.Repeat("é", 257))),
		},
		{
			ReservedIdentity, reader.Identity,
			only(reader.Identity, text("a-b._~|<>\\ 日本\"")),
			only(reader.Identity, text("a@b"), text("é/"), text("#x"), text("50%"), text("o'brien"), text("[x]")),
		},
		{
			NumberIdentity, reader.Identity,
			only(reader.Identity, text("7"), text("007")), only(reader.Identity, number("7"), number("1e3")),
		},
		{
			SpaceAround, reader.Identity,
			only(reader.Identity, text("a b"), text("日本")), only(reader.Identity, text(" a"), text("a\t"), text("a\u00a0")),
		},
		{
			SpaceAround, reader.ChannelSID,
			only(reader.ChannelSID, text("a b")), only(reader.ChannelSID, text(" general"), text("general\n")),
		},
		{
			DamagedChannelSID, reader.ChannelSID,
			only(reader.ChannelSID, text("CH"+strings.Repeat("0a", 16)), text("ch1"), text("chef"), text("CHEF"), text("chat-of-the-whole-town-hall-for-all"),
				text("ch-"+strings.Repeat("x", 31)), text("C1"), text("CH")),
			only(reader.ChannelSID, text("CH123"), text("ch"+strings.Repeat("0", 32)), text("CH"+strings.Repeat("0", 31)), text("Ch"+strings.Repeat("a", 20)),
				text("CH"+strings.Repeat("0", 31)+"O")),
		},
		{
			LargeAttributes, reader.Attributes,
			append(only(reader.Attributes, text(`"`+strings.Repeat("x", 4094)+`"`)),
				changes{reader.Attributes: kind(reader.Array, strings.ReplaceAll(list(4095), ",", " ,\n"))}),
			only(reader.Attributes, text(`"`+strings.Repeat("x", 4095)+`"`), kind(reader.Array, list(4097))),
		},
		{
			UpdatedBeforeCreated, reader.DateUpdated,
			append(both("2016-03-24T21:05:50Z", "2016-03-24T21:05:50Z"), changes{reader.DateUpdated: text("2016-03-24T21:05:50Z")}),
			both("2016-03-24T21:05:50Z", "2016-03-24T21:05:49.999Z"),
		},
		{
			FutureDate, reader.DateCreated,
			only(reader.DateCreated, text("2024-05-01T12:00:00Z")), only(reader.DateCreated, text("2024-05-01T12:00:00.001Z")),
		},
		{
			EarlyDate, reader.DateUpdated,
			only(reader.DateUpdated, text("2010-01-01T00:00:00Z")), only(reader.DateUpdated, text("2009-12-31T23:59:59Z")),
		},
		{
			ReadWithoutIndex, reader.LastConsumptionTimestamp,
			[]changes{{reader.LastConsumptionTimestamp: text("2016-03-24T21:05:50Z"), reader.LastConsumedMessageIndex: number("0")}},
			[]changes{
				{reader.LastConsumptionTimestamp: text("2016-03-24T21:05:50Z")},
				{reader.LastConsumptionTimestamp: text("2016-03-24T21:05:50Z"), reader.LastConsumedMessageIndex: {Kind: reader.Null}},
			},
		},
	}
	for _, test := range tests {
		t.Run(test.rule, func(t *testing.T) {
			t.Parallel()
			for _, c := range test.pass {
				assert.Empty(t, warned(t, Config{}, c), "%s", c)
			}
			for _, c := range test.fail {
				if got := warned(t, Config{}, c); assert.Len(t, got, 1, "%s", c) {
					assert.Equal(t, test.rule, got[0].Rule)
					assert.Equal(t, test.field.String(), got[0].Column)
					assert.Equal(t, Warning, got[0].Severity)
					assert.NotEmpty(t, got[0].Message)
				}
			}
		})
	}
}

// Judging is for those who send: it knows no warnings.
func TestJudgeDoesNotWarn(t *testing.T) {
	t.Parallel()
	assert.Empty(t, judged(t, Config{}, map[reader.Field]reader.Value{reader.Identity: text("a@b"), reader.DateCreated: text("1999-01-01T00:00:00Z")}).Problems)
}

func TestTheTableOfRules(t *testing.T) {
	t.Parallel()
	names := make(map[string]bool)
	warnings := false
	for _, r := range All() {
		assert.False(t, names[r.Name], "%s stands twice", r.Name)
		names[r.Name] = true
		assert.Regexp(t, `^[a-z0-9]+(-[a-z0-9]+)*$`, r.Name)
		assert.Regexp(t, `^[A-Z].*\.$`, r.Broken, "a sentence")
		assert.False(t, warnings && r.Severity == Error, "%s: errors come first", r.Name)
		warnings = r.Severity == Warning
	}
	_, ok := Lookup("no-such-rule")
	assert.False(t, ok)
}

// No value of a row shows in what is said of it where values are hidden.
func TestRedact(t *testing.T) {
	t.Parallel()
	const secret = "Xyzzy"
	r, err := New(Config{Redact: true, Now: now})
	require.NoError(t, err)
	for f := range reader.NumFields {
		for _, v := range []reader.Value{
			text(secret), text(secret + "@/"), kind(reader.Object, `{"`+secret+`":1`), kind(reader.Bool, secret), text("2016-03-24T21:05:50 " + secret),
			text("1999-01-01T00:00:00Z"), text(strings.Repeat(secret, 200)), text("." + secret), text("2016-03-24 21:05:50"),
		} {
			rec := record(map[reader.Field]reader.Value{reader.Field(f): v})
			var view View
			r.Examine(rec, &view)
			r.Warn(rec, &view)
			for _, p := range view.Problems {
				assert.NotContains(t, p.Message+p.Found+p.Fix, secret)
				assert.NotContains(t, p.Message+p.Found+p.Fix, "1999")
				assert.NotContains(t, p.Message+p.Found, "2016-03-24 ")
				assert.NotContains(t, p.Message, "'X'", "nor a letter of it")
			}
		}
	}
	p := r.Unreadable(&reader.RowError{Rule: reader.RuleBadJSON, Msg: "found 'X'"})
	assert.NotContains(t, p.Message, "X'")
	assert.NotEmpty(t, p.Message)
}

func TestFixes(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		field reader.Field
		value reader.Value
		fix   string
	}{
		{reader.DateCreated, number("1458853550"), "if it counts from 1970, write 2016-03-24T21:05:50Z"},
		{reader.DateCreated, text("1458853550123"), "if it counts from 1970, write 2016-03-24T21:05:50.123Z"},
		{reader.DateCreated, number("17"), "write it like 2016-03-24T21:05:50Z"},
		{reader.RoleSID, text(roleA + " "), "take away the white space around it"},
		{reader.LastConsumedMessageIndex, text(" 7"), "take away the white space around it"},
		{reader.LastConsumedMessageIndex, text("x"), "write a whole number from 0; leave it empty if nothing was read"},
	} {
		v := judged(t, Config{}, map[reader.Field]reader.Value{test.field: test.value})
		if assert.Len(t, v.Problems, 1) {
			assert.Equal(t, test.fix, v.Problems[0].Fix)
			assert.Contains(t, v.Problems[0].Found, string(test.value.Text))
		}
	}
}

// Where it is enough to name a rule, nothing is made but its name.
func TestBrief(t *testing.T) {
	t.Parallel()
	r, err := New(Config{Now: now})
	require.NoError(t, err)
	rec := record(map[reader.Field]reader.Value{reader.Identity: text("a@b"), reader.RoleSID: text("x"), reader.DateCreated: text("x")})
	v := View{Brief: func(rule string) bool { return rule != BadRoleSID }}
	r.Examine(rec, &v)
	r.Warn(rec, &v)
	require.Len(t, v.Problems, 3)
	assert.NotEmpty(t, v.Problems[0].Message)
	assert.Equal(t, Problem{Column: "date_created", Rule: BadTimestamp}, v.Problems[1])
	assert.Equal(t, Problem{Column: "identity", Rule: ReservedIdentity, Severity: Warning}, v.Problems[2])
}
