package rules

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rejoin/chat"
	"rejoin/reader"
)

const (
	serviceA = "ISaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	roleA    = "RLaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
)

// record is a member without a fault, with some fields changed.
func record(changes map[reader.Field]reader.Value) *reader.Record {
	rec := new(reader.Record)
	rec.Values[reader.ServiceSID] = text(serviceA)
	rec.Values[reader.ChannelSID] = text("general")
	rec.Values[reader.Identity] = text("jing")
	for f, v := range changes {
		rec.Values[f] = v
	}
	return rec
}

func text(s string) reader.Value   { return reader.Value{Kind: reader.String, Text: []byte(s)} }
func number(s string) reader.Value { return reader.Value{Kind: reader.Number, Text: []byte(s)} }
func kind(k reader.Kind, s string) reader.Value {
	return reader.Value{Kind: k, Text: []byte(s)}
}

func judged(t *testing.T, cfg Config, changes map[reader.Field]reader.Value) Verdict {
	t.Helper()
	r, err := New(cfg)
	require.NoError(t, err)
	return r.Judge(record(changes))
}

// Each rule with values that just pass and values that just fail.
func TestRules(t *testing.T) {
	t.Parallel()
	absent, null := reader.Value{}, reader.Value{Kind: reader.Null}
	sid := func(prefix, digits string) reader.Value { return text(prefix + strings.Repeat(digits, 32)) }
	type values = []reader.Value
	tests := []struct {
		rule  string
		field reader.Field
		pass  values
		fail  values
	}{
		{MissingService, reader.ServiceSID, values{sid("IS", "0")}, values{absent, null, text("")}},
		{
			BadServiceSID, reader.ServiceSID,
			values{sid("IS", "A")},
			values{sid("IS", "g"), sid("CH", "a"), text(serviceA + "a"), number("1"), kind(reader.Bool, "true"), kind(reader.Object, "{}")},
		},
		{MissingChannel, reader.ChannelSID, values{text("x"), text(" "), number("7")}, values{absent, null, text("")}},
		{
			BadChannel, reader.ChannelSID,
			values{text("..."), text("a/b?c#d%"), text("日本"), text("CH1")},
			values{text("."), text(".."), kind(reader.Array, "[]"), kind(reader.Bool, "false")},
		},
		{MissingIdentity, reader.Identity, values{text("0"), text(" "), number("0")}, values{absent, null, text("")}},
		{
			BadIdentity, reader.Identity,
			values{sid("US", "g"), sid("us", "a"), sid("MB", "a"), text("US"), text(strings.Repeat("x", 999))},
			values{sid("US", "a"), kind(reader.Bool, "true"), kind(reader.Object, "{}")},
		},
		{
			BadRoleSID, reader.RoleSID,
			values{absent, null, text(""), text(roleA)},
			values{text("RL1"), sid("IS", "a"), sid("RL", "z"), kind(reader.Object, "{}")},
		},
		{
			BadIndex, reader.LastConsumedMessageIndex,
			values{absent, null, text(""), number("0"), text("0"), text("12.0"), number("12.000"), text("007"), text("9223372036854775807")},
			values{
				number("-1"), text("-1"), text("1.5"), text("12."), text(".0"), text("1e3"), text(" 1"), text("x"), text("9223372036854775808"),
				text("+1"), text("1,000"), kind(reader.Bool, "true"), kind(reader.Object, "{}"), text("NaN"), text("0x10"),
			},
		},
		{
			BadTimestamp, reader.DateCreated,
			values{absent, null, text(""), text("2016-03-24T21:05:50Z"), text("2016-03-24 21:05:50+02:00"), text("Thu, 24 Mar 2016 21:05:50 +0000")},
			values{
				text("yesterday"), text("2016-02-30T00:00:00Z"), text("2016-03-24"), number("1458853550"), kind(reader.Object, `{"date":"x"}`),
				kind(reader.Bool, "true"),
			},
		},
		{BadTimestamp, reader.DateUpdated, values{text("2016-03-24T21:05:50.123456789Z")}, values{text("24/03/2016")}},
		{BadTimestamp, reader.LastConsumptionTimestamp, values{text("2016-03-24T21:05:50Z")}, values{text("x")}},
		{NoTimeZone, reader.DateCreated, values{text("2016-03-24T21:05:50-00:00")}, values{text("2016-03-24T21:05:50"), text("2016-03-24 21:05:50")}},
		{
			BadAttributes, reader.Attributes,
			values{
				absent, null, text(""), text("{}"), text(`"x"`), text("null"), text("0"), kind(reader.Object, `{"a": 1}`), kind(reader.Array, "[ ]"),
				number("5"), kind(reader.Bool, "true"),
			},
			values{text("{"), text("{'a':1}"), text("x"), text(`{"a":1}}`), text("{}{}"), text(" ")},
		},
	}
	for _, test := range tests {
		t.Run(test.rule+" "+test.field.String(), func(t *testing.T) {
			t.Parallel()
			for _, value := range test.pass {
				v := judged(t, Config{}, map[reader.Field]reader.Value{test.field: value})
				assert.Empty(t, v.Problems, "%s", value.Text)
			}
			for _, value := range test.fail {
				v := judged(t, Config{}, map[reader.Field]reader.Value{test.field: value})
				if assert.Len(t, v.Problems, 1, "%s", value.Text) {
					assert.Equal(t, test.rule, v.Problems[0].Rule)
					assert.Equal(t, test.field.String(), v.Problems[0].Column)
					assert.NotEmpty(t, v.Problems[0].Message)
				}
			}
		})
	}
}

func TestAllProblemsOfARow(t *testing.T) {
	t.Parallel()
	v := judged(t, Config{}, map[reader.Field]reader.Value{
		reader.ServiceSID: text("x"), reader.ChannelSID: text(".."), reader.Identity: {}, reader.RoleSID: text("x"),
		reader.LastConsumedMessageIndex: text("x"), reader.LastConsumptionTimestamp: text("x"), reader.DateCreated: text("x"),
		reader.DateUpdated: text("x"), reader.Attributes: text("x"),
	})
	assert.Len(t, v.Problems, 9)
	assert.Equal(t, chat.Member{}, v.Member, "nothing of what is broken is given on")
}

func TestWhatIsSent(t *testing.T) {
	t.Parallel()
	v := judged(t, Config{}, map[reader.Field]reader.Value{
		reader.SID: text("MB1"), reader.RoleSID: text(roleA), reader.LastConsumedMessageIndex: text("0"),
		reader.LastConsumptionTimestamp: text("2016-03-24T23:05:50.25+02:00"), reader.DateCreated: text("Thu, 24 Mar 2016 21:05:50 +0000"),
		reader.Attributes: kind(reader.Object, "{ \"n\" : 1152921504606846976 ,\n \"s\" : \"a b<\" }"),
	})
	require.Empty(t, v.Problems)
	assert.Equal(t, chat.Member{
		ServiceSID: serviceA, Channel: "general", Identity: "jing", RoleSID: roleA,
		LastConsumedMessageIndex: chat.Index{N: 0, Set: true},
		LastConsumptionTimestamp: time.Date(2016, 3, 24, 21, 5, 50, 250e6, time.UTC),
		DateCreated:              time.Date(2016, 3, 24, 21, 5, 50, 0, time.UTC),
		Attributes:               `{"n":1152921504606846976,"s":"a b<"}`,
	}, v.Member)
	assert.Equal(t, "MB1", v.BackupSID)
}

// A string of JSON travels as it is: it is what the API itself gave out.
func TestAttributesAsAStringAreNotTouched(t *testing.T) {
	t.Parallel()
	const attributes = "{ \"n\" : 1e400 , \"n\" : 2 }\n"
	v := judged(t, Config{}, map[reader.Field]reader.Value{reader.Attributes: text(attributes)})
	assert.Equal(t, attributes, v.Member.Attributes)
}

// What cannot be read as 0 is never taken for it: null says that nothing was read, and 0 that the first message was.
func TestNullIsNotZero(t *testing.T) {
	t.Parallel()
	for _, value := range []reader.Value{{}, {Kind: reader.Null}, text("")} {
		v := judged(t, Config{}, map[reader.Field]reader.Value{reader.LastConsumedMessageIndex: value})
		assert.False(t, v.Member.LastConsumedMessageIndex.Set)
	}
}

func TestTheServiceOfAllRows(t *testing.T) {
	t.Parallel()
	const other = "ISbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
	for _, own := range []reader.Value{{}, text("nonsense"), text(serviceA)} {
		v := judged(t, Config{Service: other}, map[reader.Field]reader.Value{reader.ServiceSID: own})
		assert.Empty(t, v.Problems)
		assert.Equal(t, other, v.Member.ServiceSID)
	}
	_, err := New(Config{Service: "IS1"})
	require.ErrorContains(t, err, "32 hexadecimal digits")
}

func TestAUniqueNameStandsInForAChannel(t *testing.T) {
	t.Parallel()
	v := judged(t, Config{}, map[reader.Field]reader.Value{reader.ChannelSID: {}, reader.ChannelUniqueName: text("town-hall")})
	assert.Empty(t, v.Problems)
	assert.Equal(t, "town-hall", v.Member.Channel)
}

func TestAZoneForTimesWithoutOne(t *testing.T) {
	t.Parallel()
	v := judged(t, Config{Zone: time.FixedZone("", -5*3600)}, map[reader.Field]reader.Value{reader.DateCreated: text("2016-03-24 21:05:50")})
	assert.Empty(t, v.Problems)
	assert.Equal(t, time.Date(2016, 3, 25, 2, 5, 50, 0, time.UTC), v.Member.DateCreated)
}

// A message shows enough of a value to find it, and nothing that a terminal would obey.
func TestMessagesAreShortAndHarmless(t *testing.T) {
	t.Parallel()
	v := judged(t, Config{}, map[reader.Field]reader.Value{
		reader.RoleSID: text("\x1b[31m" + strings.Repeat("é", 500)), reader.DateCreated: text(strings.Repeat("9", 500)),
		reader.Attributes: text("{" + strings.Repeat("x", 500)),
	})
	require.Len(t, v.Problems, 3)
	for _, p := range v.Problems {
		assert.NotContains(t, p.Message, "\x1b")
		assert.Less(t, len(p.Message), 300, p.Message)
	}
}

// Judged in a series or alone, a record's verdict is the same, whatever stood before it.
func TestASeriesIsJudgedAsRecordsAre(t *testing.T) {
	t.Parallel()
	r, err := New(Config{})
	require.NoError(t, err)
	random := rand.New(rand.NewPCG(1, 1))
	some := func(texts ...string) reader.Value { return text(texts[random.IntN(len(texts))]) }
	series := r.Series()
	var last []Verdict
	var want []Verdict
	for range 5_000 {
		rec := record(map[reader.Field]reader.Value{
			reader.ServiceSID: some(serviceA, serviceB, "", "IS1"), reader.ChannelSID: some("general", "random", "", ".."),
			reader.Identity: some("jing", "anna", "", strings.Repeat("x", 200)), reader.RoleSID: some(roleA, "", "RL1"),
			reader.Attributes: some("{}", `{"a": 1}`, "", "{"), reader.SID: some("MB1", "", "MB2"), reader.DateCreated: some("2016-03-24T21:05:50Z", "yesterday"),
		})
		got := series.Judge(rec)
		alone := r.Judge(rec)
		for f := range rec.Values { // the verdict keeps nothing of the record
			clear(rec.Values[f].Text)
		}
		last, want = append(last, got), append(want, alone)
	}
	for i := range want { // one by one: of all together, the difference takes minutes to be told
		require.Equal(t, want[i], last[i], "record %d", i+1)
	}
}

func TestASeriesAllocatesOnePieceARecord(t *testing.T) {
	r, err := New(Config{})
	require.NoError(t, err)
	rec := benchRecord()
	series := r.Series()
	assert.LessOrEqual(t, testing.AllocsPerRun(1000, func() { series.Judge(rec) }), 1.0)
}

// The member outlives the record: the reader uses its memory again.
func TestTheMemberKeepsNothingOfTheRecord(t *testing.T) {
	t.Parallel()
	r, err := New(Config{})
	require.NoError(t, err)
	rec := record(map[reader.Field]reader.Value{reader.Attributes: text(`{"a":1}`), reader.RoleSID: text(roleA), reader.SID: text("MB1")})
	v := r.Judge(rec)
	for f := range rec.Values {
		clear(rec.Values[f].Text)
	}
	assert.Equal(t, chat.Member{ServiceSID: serviceA, Channel: "general", Identity: "jing", RoleSID: roleA, Attributes: `{"a":1}`}, v.Member)
	assert.Equal(t, "MB1", v.BackupSID)
}
