package mapping_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rejoin/chat"
	"rejoin/mapping"
)

func channel(n int, unique, friendly string) chat.Channel {
	return chat.Channel{SID: fmt.Sprintf("CH%032x", n), UniqueName: unique, FriendlyName: friendly}
}

func role(n int, friendly, kind string) chat.Role {
	return chat.Role{SID: fmt.Sprintf("RL%032x", n), FriendlyName: friendly, Type: kind}
}

// told is a match in a line of its own: the last digits of its SIDs say enough.
func told(m *mapping.Match) string {
	short := func(s string) string {
		if len(s) == 34 {
			return s[:2] + strings.TrimLeft(s[2:], "0")
		}
		return s
	}
	words := []string{short(m.From) + ">" + short(m.To), string(m.How)}
	for _, c := range m.Candidates {
		words = append(words, short(c.SID))
	}
	return strings.Join(words, " ")
}

func compared(from, to mapping.Holding) []string {
	from.Service, to.Service = chat.Service{SID: is1, FriendlyName: "old"}, chat.Service{SID: is2}
	var all []string
	for _, m := range mapping.Compare(&from, &to)[1:] {
		all = append(all, told(&m))
	}
	return all
}

func TestChannelsAreMatched(t *testing.T) {
	t.Parallel()
	type list = []chat.Channel
	for name, c := range map[string]struct {
		from, to list
		want     []string
	}{
		"by unique name":                  {list{channel(1, "a", "x")}, list{channel(9, "b", "x"), channel(8, "a", "y")}, []string{"CH1>CH8 unique-name"}},
		"by friendly name":                {list{channel(1, "a", "x")}, list{channel(9, "b", "x")}, []string{"CH1>CH9 friendly-name"}},
		"by friendly name among the rest": {list{channel(1, "a", "x"), channel(2, "", "x")}, list{channel(9, "a", "x"), channel(8, "", "x")}, []string{"CH1>CH9 unique-name", "CH2>CH8 friendly-name"}},
		"not to several":                  {list{channel(1, "", "x")}, list{channel(9, "", "x"), channel(8, "", "x")}, []string{"CH1> ambiguous CH8 CH9"}},
		"not several to one":              {list{channel(1, "", "x"), channel(2, "", "x")}, list{channel(9, "", "x")}, []string{"CH1> ambiguous CH9", "CH2> ambiguous CH9"}},
		"not without a name":              {list{channel(1, "", "")}, list{channel(9, "", "")}, []string{"CH1> absent"}},
		"not a unique to a friendly name": {list{channel(1, "x", "")}, list{channel(9, "", "x")}, []string{"CH1> absent CH9"}},
		"not by case":                     {list{channel(1, "The Hall", "")}, list{channel(9, "thehall", "")}, []string{"CH1> absent CH9"}},
		"not what is taken":               {list{channel(1, "a", ""), channel(2, "", "a")}, list{channel(9, "a", "a")}, []string{"CH1>CH9 unique-name", "CH2> absent"}},
		"each once":                       {list{channel(1, "a", ""), channel(1, "a", "")}, list{channel(9, "a", ""), channel(9, "a", "")}, []string{"CH1>CH9 unique-name"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, c.want, compared(mapping.Holding{Channels: c.from}, mapping.Holding{Channels: c.to}))
		})
	}
}

func TestRolesAreMatched(t *testing.T) {
	t.Parallel()
	from := mapping.Holding{Roles: []chat.Role{
		role(1, "user", "channel"), role(2, "user", "deployment"), role(3, "admin", "channel"), role(4, "guest", "channel"), role(5, "Host", "channel"),
	}}
	to := mapping.Holding{Roles: []chat.Role{
		role(11, "user", "deployment"), role(12, "user", "channel"), role(13, "admin", "deployment"), role(14, "guest", "channel"),
		role(15, "guest", "channel"), role(16, "host", "channel"),
	}}
	assert.Equal(t, []string{"RL5> absent RL10", "RL3> absent", "RL4> ambiguous RLe RLf", "RL1>RLc name-and-type", "RL2>RLb name-and-type"}, compared(from, to))
}

// The order in which the API lists things makes no difference.
func TestTheOrderOfListsMakesNoDifference(t *testing.T) {
	t.Parallel()
	var from, to mapping.Holding
	for n := range 40 {
		from.Channels = append(from.Channels, channel(n, strings.Repeat("u", n%3), fmt.Sprint("f", n%7)))
		to.Channels = append(to.Channels, channel(n+100, strings.Repeat("u", n%2), fmt.Sprint("f", n%9)))
		from.Roles = append(from.Roles, role(n, fmt.Sprint("r", n%11), "channel"))
		to.Roles = append(to.Roles, role(n+100, fmt.Sprint("r", n%13), "channel"))
	}
	want := compared(from, to)
	require.Len(t, want, 80)
	for range 10 {
		for _, h := range []mapping.Holding{from, to} {
			rand.Shuffle(len(h.Channels), func(i, j int) { h.Channels[i], h.Channels[j] = h.Channels[j], h.Channels[i] })
			rand.Shuffle(len(h.Roles), func(i, j int) { h.Roles[i], h.Roles[j] = h.Roles[j], h.Roles[i] })
		}
		require.Equal(t, want, compared(from, to))
	}
}

// Ten thousand channels of one name have a hundred million candidates.
func TestCandidatesAreBounded(t *testing.T) {
	t.Parallel()
	var h mapping.Holding
	for n := range 10_000 {
		h.Channels = append(h.Channels, channel(n, "", "support"))
	}
	lines := mapping.Compare(&h, &h)
	require.Len(t, lines, 10_001)
	assert.Len(t, lines[1].Candidates, 100)
	assert.Equal(t, 9_900, lines[1].More)
	var out bytes.Buffer
	require.NoError(t, mapping.WriteCSV(&out, lines))
	assert.Contains(t, out.String(), "; and 9990 more")
	assert.Less(t, out.Len(), 10_001*1000)
}

func written() (lines []mapping.Match) {
	from := mapping.Holding{
		Service:  chat.Service{SID: is1, FriendlyName: "=HYPERLINK(1)"},
		Channels: []chat.Channel{channel(1, "-a", ""), channel(2, "", "new\nline, \"x\""), channel(3, "", "@two"), channel(4, "only", "")},
		Roles:    []chat.Role{role(1, "+admin", "channel"), role(2, "guest", "channel")},
	}
	to := mapping.Holding{
		Service:  chat.Service{SID: is2},
		Channels: []chat.Channel{channel(11, "-a", ""), channel(12, "", "new\nline, \"x\""), channel(13, "", "@two"), channel(14, "", "@two")},
		Roles:    []chat.Role{role(11, "+admin", "channel")},
	}
	return mapping.Compare(&from, &to)
}

// What is written is read again, in either form, and says the same.
func TestWhatIsWrittenIsRead(t *testing.T) {
	t.Parallel()
	lines := written()
	want := map[string]string{}
	for _, l := range lines {
		want[l.From] = l.To
	}
	sums := map[string]bool{}
	for name, write := range map[string]func(*bytes.Buffer) error{
		"CSV":  func(b *bytes.Buffer) error { return mapping.WriteCSV(b, lines) },
		"JSON": func(b *bytes.Buffer) error { return mapping.WriteJSON(b, lines) },
	} {
		var out bytes.Buffer
		require.NoError(t, write(&out))
		m, err := mapping.Read(mapping.Source{Name: name, Data: &out})
		require.NoError(t, err)
		got := map[string]string{}
		for _, p := range m.Pairs() {
			got[p.From] = p.To
		}
		assert.Equal(t, want, got, name)
		sums[m.Fingerprint()] = true
	}
	assert.Len(t, sums, 1)

	var none bytes.Buffer
	require.NoError(t, mapping.WriteJSON(&none, nil))
	_, err := mapping.Read(mapping.Source{Name: "none", Data: &none})
	require.NoError(t, err)
}

// No cell that is for people begins like a formula.
func TestNoFormulas(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	require.NoError(t, mapping.WriteCSV(&out, written()))
	lines := strings.Split(out.String(), "\r\n")
	assert.Equal(t, "from,to,kind,from_name,to_name,how,candidates", lines[0])
	assert.Equal(t, is1+","+is2+",service,'=HYPERLINK(1),,given,", lines[1])
	assert.Contains(t, out.String(), ",'-a,'-a,unique-name,")
	assert.Contains(t, out.String(), ",'@two,,ambiguous,CH")
	assert.Contains(t, out.String(), ",'+admin (channel),'+admin (channel),name-and-type,")
}

func BenchmarkLookUp(b *testing.B) {
	m, err := mapping.Read(files("from,to\n" + ch1 + "," + ch2 + "\n")...)
	require.NoError(b, err)
	from := []byte(ch1)
	b.ReportAllocs()
	for b.Loop() {
		m.Channel(from)
	}
}
