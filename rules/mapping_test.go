package rules

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rejoin/chat"
	"rejoin/mapping"
	"rejoin/reader"
)

const (
	serviceB = "ISbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
	serviceC = "IScccccccccccccccccccccccccccccccc"
	roleB    = "RLbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
	roleC    = "RLcccccccccccccccccccccccccccccccc"
	channelA = "CHaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	channelB = "CHbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
	channelC = "CHcccccccccccccccccccccccccccccccc"
)

func mapOf(t *testing.T, lines ...string) *mapping.Map {
	t.Helper()
	m, err := mapping.Read(mapping.Source{Name: "map", Data: strings.NewReader("from,to\n" + strings.Join(lines, "\n"))})
	require.NoError(t, err)
	return m
}

// What a row's Service, channel and role are where it is sent to, or the rule that it breaks.
func TestMapped(t *testing.T) {
	t.Parallel()
	full := mapOf(t, serviceA+","+serviceB, channelA+","+channelB, "general,"+channelC, "hall,lobby", roleA+","+roleB, channelC+",", "gone,")
	type row = map[reader.Field]reader.Value
	named := func(service, channel, name, role string) row {
		r := row{reader.ServiceSID: {}, reader.ChannelSID: {}}
		for f, s := range map[reader.Field]string{
			reader.ServiceSID: service, reader.ChannelSID: channel, reader.ChannelUniqueName: name, reader.RoleSID: role,
		} {
			if s != "" {
				r[f] = text(s)
			}
		}
		return r
	}
	for name, c := range map[string]struct {
		cfg  Config
		row  row
		want string // Service, channel and role
		rule string
	}{
		"without a map and another Service": {Config{}, named(serviceA, channelA, "x", roleA), serviceA + " " + channelA + " " + roleA, ""},
		"the Service itself":                {Config{Service: serviceA}, named(serviceA, channelA, "", roleA), serviceA + " " + channelA + " " + roleA, ""},
		"a row without a Service":           {Config{Service: serviceB}, named("", channelA, "", roleA), serviceB + " " + channelA + " " + roleA, ""},

		"all of it mapped":             {Config{Map: full}, named(serviceA, channelA, "", roleA), serviceB + " " + channelB + " " + roleB, ""},
		"--service before the map":     {Config{Map: full, Service: serviceC}, named(serviceA, channelA, "", roleA), serviceC + " " + channelB + " " + roleB, ""},
		"a Service that is not mapped": {Config{Map: full}, named(serviceC, channelC, "", roleC), serviceC + " " + channelC + " " + roleC, ""},
		"the same Service, mapped":     {Config{Map: full, Service: serviceA}, named(serviceA, channelA, "", roleA), serviceA + " " + channelB + " " + roleB, ""},
		"the same Service, not mapped": {Config{Map: full, Service: serviceA}, named(serviceA, channelC, "", roleC), serviceA + " " + channelC + " " + roleC, ""},
		"no Service, but a map":        {Config{Map: full, Service: serviceB}, named("", channelA, "", roleA), serviceB + " " + channelB + " " + roleB, ""},

		"a role of another Service":            {Config{Service: serviceB}, named(serviceA, "general", "", roleA), serviceB + " general ", UnmappedRole},
		"no role of another Service":           {Config{Service: serviceB}, named(serviceA, "general", "", ""), serviceB + " general ", ""},
		"a role that is not mapped":            {Config{Map: full}, named(serviceA, channelA, "", roleC), serviceB + " " + channelB + " ", UnmappedRole},
		"a role of no Service that is not":     {Config{Map: full, Service: serviceB}, named("", channelA, "", roleC), serviceB + " " + channelB + " ", UnmappedRole},
		"a role that is not mapped, dropped":   {Config{Map: full, DropRoles: true}, named(serviceA, channelA, "", roleC), serviceB + " " + channelB + " ", ""},
		"a role that is mapped, not dropped":   {Config{Map: full, DropRoles: true}, named(serviceA, channelA, "", roleA), serviceB + " " + channelB + " " + roleB, ""},
		"a role of the same Service":           {Config{Service: serviceA, DropRoles: true}, named(serviceA, channelA, "", roleA), serviceA + " " + channelA + " " + roleA, ""},
		"a role that is none, where dropped":   {Config{Service: serviceB, DropRoles: true}, named(serviceA, "x", "", "RL1"), serviceB + " x ", BadRoleSID},
		"a Service that is none, and its role": {Config{Service: serviceB}, named("nonsense", "x", "", roleA), serviceB + " x ", UnmappedRole},

		"a channel of another Service":               {Config{Service: serviceB}, named(serviceA, channelA, "", ""), serviceB + "  ", UnmappedChannel},
		"its unique name stands in":                  {Config{Service: serviceB}, named(serviceA, channelA, "plaza", ""), serviceB + " plaza ", ""},
		"its unique name is mapped":                  {Config{Map: full}, named(serviceA, sidOf("CH", "9"), "hall", ""), serviceB + " lobby ", ""},
		"the SID is mapped before the name":          {Config{Map: full}, named(serviceA, channelA, "hall", ""), serviceB + " " + channelB + " ", ""},
		"not mapped by a line":                       {Config{Map: full}, named(serviceA, channelC, "", ""), serviceB + "  ", UnmappedChannel},
		"not mapped by a line, with a name":          {Config{Map: full}, named(serviceA, channelC, "plaza", ""), serviceB + " plaza ", ""},
		"not mapped, with a name that is not either": {Config{Map: full}, named(serviceA, channelC, "gone", ""), serviceB + "  ", UnmappedChannel},
		"not mapped, with a SID for a name":          {Config{Map: full}, named(serviceA, channelC, sidOf("CH", "9"), ""), serviceB + "  ", UnmappedChannel},
		"not mapped, with a name that is a dot":      {Config{Map: full}, named(serviceA, channelC, ".", ""), serviceB + "  ", UnmappedChannel},
		"not mapped, of a row without a Service":     {Config{Map: full, Service: serviceB}, named("", channelC, "", ""), serviceB + "  ", UnmappedChannel},
		"a unique name stands":                       {Config{Map: full}, named(serviceA, "plaza", "", ""), serviceB + " plaza ", ""},
		"a unique name is mapped":                    {Config{Map: full}, named(serviceA, "general", "", ""), serviceB + " " + channelC + " ", ""},
		"a unique name that the map says is gone":    {Config{Map: full}, named(serviceA, "gone", "", ""), serviceB + "  ", UnmappedChannel},
		"and in the same Service is not":             {Config{Map: full, Service: serviceA}, named(serviceA, "gone", "", ""), serviceA + " gone ", ""},
		"in the other column":                        {Config{Map: full}, named(serviceA, "", "hall", ""), serviceB + " lobby ", ""},
		"no channel at all":                          {Config{Map: full}, named(serviceA, "", "", ""), serviceB + "  ", MissingChannel},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := judged(t, c.cfg, c.row)
			m := &v.Member
			assert.Equal(t, c.want, m.ServiceSID+" "+m.Channel+" "+m.RoleSID)
			if c.rule == "" {
				assert.Empty(t, v.Problems)
			} else if assert.Len(t, v.Problems, 1) {
				p := &v.Problems[0]
				assert.Equal(t, c.rule, p.Rule)
				rule, ok := Lookup(c.rule)
				assert.True(t, ok)
				assert.Equal(t, rule.Fix, p.Fix)
				if c.rule == UnmappedRole || c.rule == UnmappedChannel {
					assert.Contains(t, p.Message, "found ")
					assert.Contains(t, p.Message, "--map")
				}
			}
			want := c.row[reader.ChannelSID].Text
			if want == nil {
				want = c.row[reader.ChannelUniqueName].Text
			}
			assert.Equal(t, string(want), v.Channel, "as the backup names it")
		})
	}
}

func sidOf(letters, digit string) string { return letters + strings.Repeat(digit, 32) }

func TestAllThatIsNotMappedIsTold(t *testing.T) {
	t.Parallel()
	v := judged(t, Config{Service: serviceB}, map[reader.Field]reader.Value{
		reader.ChannelSID: text(channelA), reader.RoleSID: text(roleA), reader.Identity: {},
	})
	require.Len(t, v.Problems, 3)
	assert.Equal(t, UnmappedChannel, v.Problems[0].Rule)
	assert.Equal(t, reader.ChannelSID.String(), v.Problems[0].Column)
	assert.Equal(t, MissingIdentity, v.Problems[1].Rule)
	assert.Equal(t, UnmappedRole, v.Problems[2].Rule)
	assert.Equal(t, reader.RoleSID.String(), v.Problems[2].Column)
	assert.Equal(t, chat.Member{ServiceSID: serviceB}, v.Member)
}

// What is hidden of values is hidden of those that are not mapped, too.
func TestRedactWhatIsNotMapped(t *testing.T) {
	t.Parallel()
	for _, m := range []*mapping.Map{nil, mapOf(t, roleC+","+roleB)} {
		v := judged(t, Config{Service: serviceB, Map: m, Redact: true}, map[reader.Field]reader.Value{
			reader.ChannelSID: text(channelA), reader.RoleSID: text(roleA),
		})
		require.Len(t, v.Problems, 2)
		for _, p := range v.Problems {
			for _, hidden := range []string{serviceA, serviceB, channelA, roleA, roleB, roleC} {
				assert.NotContains(t, p.Message+p.Found+p.Fix, hidden)
			}
			assert.Contains(t, p.Message, "34 bytes")
		}
	}
}

func TestWhatAViewNames(t *testing.T) {
	t.Parallel()
	r, err := New(Config{Map: mapOf(t, serviceA+","+serviceB, channelA+","+channelB, roleA+","+roleB)})
	require.NoError(t, err)
	var v View
	r.Examine(record(map[reader.Field]reader.Value{reader.ChannelSID: text(channelA), reader.RoleSID: text(roleA)}), &v)
	assert.Equal(t, Names{[]byte(serviceA), []byte(channelA), []byte(roleA)}, v.Named)
	assert.Equal(t, serviceB+channelB+roleB, string(v.Service)+string(v.Channel)+string(v.Role))
	r.Examine(record(map[reader.Field]reader.Value{reader.ChannelSID: text("."), reader.RoleSID: text("x"), reader.ServiceSID: text("x")}), &v)
	assert.Equal(t, Names{}, v.Named, "nothing that cannot be read, and nothing of the row before")
}

func TestExamineWithAMapAllocatesNothing(t *testing.T) {
	r, err := New(Config{Map: mapOf(t, serviceA+","+serviceB, channelA+","+channelB, roleA+","+roleB)})
	require.NoError(t, err)
	rec := benchRecord()
	rec.Values[reader.ChannelSID] = text(channelA)
	var v View
	require.Zero(t, testing.AllocsPerRun(100, func() { r.Examine(rec, &v) }))
	require.Equal(t, roleB, string(v.Role))
	require.Empty(t, v.Problems)
}

func BenchmarkExamineWithAMap(b *testing.B) {
	m, err := mapping.Read(mapping.Source{Name: "map", Data: strings.NewReader("from,to\n" + serviceA + "," + serviceB + "\ngeneral,lobby\n" + roleA + "," + roleB + "\n")})
	require.NoError(b, err)
	r, err := New(Config{Map: m})
	require.NoError(b, err)
	rec := benchRecord()
	var v View
	b.ReportAllocs()
	for b.Loop() {
		r.Examine(rec, &v)
	}
	require.Empty(b, v.Problems)
}
