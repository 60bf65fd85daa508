package mapping_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rejoin/mapping"
)

// sid makes a SID: two letters and one digit, 32 times.
func sid(letters, digit string) string { return letters + strings.Repeat(digit, 32) }

var (
	is1, is2           = sid("IS", "1"), sid("IS", "2")
	ch1, ch2, ch3, ch4 = sid("CH", "1"), sid("CH", "2"), sid("CH", "3"), sid("CH", "4")
	rl1, rl2           = sid("RL", "1"), sid("RL", "2")
)

func files(texts ...string) []mapping.Source {
	sources := make([]mapping.Source, len(texts))
	for i, text := range texts {
		sources[i] = mapping.Source{Name: fmt.Sprintf("map%d", i+1), Data: strings.NewReader(text)}
	}
	return sources
}

// said is what a map says, in the order in which it says it.
func said(m *mapping.Map) []string {
	var all []string
	for _, p := range m.Pairs() {
		all = append(all, p.Kind.String()+" "+p.From+" "+p.To)
	}
	return all
}

func TestReadsWhatPeopleWrite(t *testing.T) {
	t.Parallel()
	want := []string{"service " + is1 + " " + is2, "channel " + ch1 + " " + ch2, "channel general lobby, east", "role " + rl1 + " " + rl2, "role " + rl2 + " "}
	plain := "from,to\n" + is1 + "," + is2 + "\n" + ch1 + "," + ch2 + "\ngeneral,\"lobby, east\"\n" + rl1 + "," + rl2 + "\n" + rl2 + ",\n"
	jsonList := `[{"from":"` + is1 + `","to":"` + is2 + `","kind":"service"},{"to":"` + ch2 + `","from":"` + ch1 + `","candidates":[{"from":7}]},
		{"from":"general","to":"lobby, east"},{"from":"` + rl1 + `","to":"` + rl2 + `"},{"from":"` + rl2 + `","to":null}]`
	jsonObject := `{"` + is1 + `":"` + is2 + `","` + ch1 + `" : "` + ch2 + `","gener\u0061l":"lobby, east","` + rl1 + `":"` + rl2 + `","` + rl2 + `":""}` + "\n"
	for name, text := range map[string]string{
		"plain":            plain,
		"CRLF and BOM":     "\ufeff" + strings.ReplaceAll(plain, "\n", "\r\n"),
		"no last line end": strings.TrimSuffix(plain, "\n"),
		"semicolons":       strings.ReplaceAll(strings.ReplaceAll(plain, ",", ";"), "lobby; east", "lobby, east"),
		"tabs":             strings.ReplaceAll(strings.ReplaceAll(plain, ",", "\t"), "lobby\t east", "lobby, east"),
		"header in quotes": "\"From\", TO \n" + strings.TrimPrefix(plain, "from,to\n"),
		"other columns and blank lines": "kind,to,how,from\n,,,\nservice," + is2 + ",x," + is1 + "\n\nz," + ch2 + ",\"a \"\"b\"\"\n\"," + ch1 +
			"\n,\"lobby, east\",,general\n," + rl2 + ",," + rl1 + "\n,,," + rl2 + "\n",
		"a list of JSON":            jsonList,
		"an object of JSON":         jsonObject,
		"JSON behind a BOM":         "\ufeff \n" + jsonObject,
		"a list, a key in capitals": strings.ReplaceAll(jsonList, `"from":"g`, `"From":"g`),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m, err := mapping.Read(files(text)...)
			require.NoError(t, err)
			assert.Equal(t, want, said(m))
		})
	}
}

func TestLooksUp(t *testing.T) {
	t.Parallel()
	m, err := mapping.Read(files("from,to\n" + is1 + "," + is2 + "\n" + ch1 + ",lobby\ngeneral," + ch2 + "\nsame,same\n" + rl1 + "," + rl2 + "\n" + ch3 + ",\n")...)
	require.NoError(t, err)
	for _, c := range []struct {
		look   func([]byte) (string, bool)
		from   string
		to     string
		listed bool
	}{
		{m.Service, is1, is2, true},
		{m.Service, is2, "", false},
		{m.Channel, ch1, "lobby", true},
		{m.Channel, "general", ch2, true},
		{m.Channel, "same", "same", true},
		{m.Channel, "General", "", false},
		{m.Channel, ch3, "", true},
		{m.Channel, ch4, "", false},
		{m.Channel, rl1, "", false},
		{m.Role, rl1, rl2, true},
		{m.Role, rl2, "", false},
		{m.Role, "general", "", false},
	} {
		to, listed := c.look([]byte(c.from))
		assert.Equal(t, c.to, to, c.from)
		assert.Equal(t, c.listed, listed, c.from)
	}
	var none *mapping.Map
	_, listed := none.Channel([]byte(ch1))
	assert.False(t, listed)
	assert.Empty(t, none.Pairs())
	assert.Empty(t, none.Fingerprint())
}

func TestLookingUpAllocatesNothing(t *testing.T) {
	m, err := mapping.Read(files("from,to\n" + ch1 + "," + ch2 + "\n")...)
	require.NoError(t, err)
	from := []byte(ch1)
	assert.Zero(t, testing.AllocsPerRun(100, func() { m.Channel(from) }))
}

// Each kind of fault, with its place and what is to be done.
func TestFaults(t *testing.T) {
	t.Parallel()
	head := "from,to\n"
	for name, c := range map[string]struct{ text, want string }{
		"empty":               {"", "map1: it is empty"},
		"white space":         {" \n", "map1: it is empty"},
		"a header alone":      {"from,to\n", ""},
		"no header":           {ch1 + "," + ch2 + "\n", `map1:1: found "CH1`},
		"a backup":            {"identity,channel_sid\n", "expected a map, CSV with the columns from and to"},
		"a header without to": {"from\n" + ch1 + "\n", `map1:1: found the header "from"`},
		"a column twice":      {"from,to,From\n", "map1:1:9: the header names the column From twice"},
		"one cell":            {head + ch1 + "\n", "map1:2: found 1 cells"},
		"cells too many":      {head + ch1 + "," + ch2 + ",x\n", "map1:2:71: found 3 cells, where the header has 2"},
		"a quote in a cell":   {head + "a\"b,c\n", "map1:2:2: a quote stands where none may"},
		"text behind a quote": {head + "\"a\"b,c\n", "map1:2:3: a quote stands"},
		"a quote that is open": {
			head + "\"a,b\n" + ch1 + "," + ch2 + "\n",
			"map1:2: a quoted cell that begins in this line ends badly in line 3",
		},
		"UTF-16":             {"\xff\xfef\x00", "map1:1: it is UTF-16"},
		"no UTF-8":           {head + "a,b\nb,\xff\n", "map1:3: it is not UTF-8"},
		"binary":             {"\x7fELF\x00\x00", "map1:1: it holds a byte of value 0"},
		"no from":            {head + "," + ch1 + "\n", `map1:2:1: found "" in from: it is empty`},
		"a Service unmapped": {head + is1 + ",\n", "expected the Service that it is mapped to"},

		"a channel to a role":     {head + ch1 + "," + rl1 + "\n", `map1:2:36: found "` + rl1 + `" in to, a role, where from is a channel`},
		"a role to a channel":     {head + rl1 + "," + ch1 + "\n", "in to, a channel, where from is a role"},
		"a role to a name":        {head + rl1 + ",admin\n", `found "admin" in to, the unique name of a channel, where from is a role`},
		"a Service to a channel":  {head + is1 + "," + ch1 + "\n", "expected a service"},
		"a name to a role":        {head + "general," + rl1 + "\n", "expected a channel"},
		"a member":                {head + sid("MB", "a") + ",x\n", "the SID of a member, which a map has no place for"},
		"a user":                  {head + "x," + sid("US", "a") + "\n", `in to: it is the SID of a user`},
		"a digit too few":         {head + ch1[:33] + "," + ch2 + "\n", "it has 31 digits"},
		"a digit too many":        {head + ch1 + "," + ch2 + "2\n", "in to: it has 33 digits"},
		"an O for a 0":            {head + ch1[:33] + "O," + ch2 + "\n", "'O' is no hexadecimal digit"},
		"small letters":           {head + "ch" + ch1[2:] + "," + ch2 + "\n", "write its letters as CH"},
		"white space around it":   {head + ch1 + ", " + ch2 + "\n", "take away the white space"},
		"a name that is a dot":    {head + "..," + ch2 + "\n", "cannot be a part of an address"},
		"twice with another to":   {head + ch1 + "," + ch2 + "\n" + ch1 + "," + ch3 + "\n", `map1:3:1: the channel "` + ch1 + `" stands in line 2 already, and is "` + ch2},
		"twice, once unmapped":    {head + ch1 + "," + ch2 + "\n" + ch1 + ",\n", "and not mapped here"},
		"twice the same":          {head + ch1 + "," + ch2 + "\n" + ch1 + "," + ch2 + "\n", "stands in line 2 already, with the same to"},
		"a loop of two":           {head + ch1 + "," + ch2 + "\n" + ch2 + "," + ch1 + "\n", "map1:2: the map goes in a circle"},
		"a loop of three":         {head + "a,b\nb,c\nc,a\n", `in a circle: "a" → "b" → "c" → "a"`},
		"a chain":                 {head + ch1 + "," + ch2 + "\n" + ch2 + "," + ch3 + "\n", `map1:2: "` + ch1 + `" is mapped to "` + ch2 + `", which map1:3 maps on to "` + ch3},
		"JSON that is cut":        {`{"a":"b",`, "map1:1:9: it is no JSON: unexpected end"},
		"JSON that is none":       {"[\n{\"from\" 7}]", "map1:2:9: it is no JSON"},
		"JSON with more":          {`{"a":"b"} {}`, "map1:1: something stands behind the end"},
		"JSON of a number":        {"{\n\"a\":7}", `map1:2: "a" is mapped to "7": expected text`},
		"JSON of objects":         {`{"channels":{"a":"b"}}`, `"channels" is mapped to`},
		"a list of lists":         {`[["a","b"]]`, `found "[\"a\",\"b\"]" in the list`},
		"a list without to":       {"[{\"from\":\"a\",\"to\":\"b\"},\n{\"from\":\"c\"}]", "map1:2: found"},
		"a list with two froms":   {`[{"from":"a","from":"c","to":"b"}]`, `the key "from" stands twice`},
		"a list with a number":    {`[{"from":7,"to":"b"}]`, `found "7" as from: expected text`},
		"an object with it twice": {"{\"a\":\"b\",\n\"a\":\"c\"}", `map1:2: the channel "a" stands in line 1 already`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m, err := mapping.Read(files(c.text)...)
			if c.want == "" {
				require.NoError(t, err)
				return
			}
			require.Nil(t, m)
			var all *mapping.Error
			require.ErrorAs(t, err, &all)
			require.Len(t, all.Faults, 1, err.Error())
			assert.Contains(t, err.Error(), c.want)
		})
	}
}

// A name that only begins like a SID is a name, and what is mapped to itself is the end of no chain.
func TestWhatIsNoFault(t *testing.T) {
	t.Parallel()
	for _, lines := range []string{
		"CH1,IS-a-channel\n", "CHATROOM-FOR-ALL-OF-US-IN-HERE,ISLAND\n", "rlaaaa,é\n", "US-" + strings.Repeat("a", 31) + ",x\n",
		ch1 + "," + ch1 + "\n", ch1 + "," + ch2 + "\n" + ch2 + "," + ch2 + "\n", ch1 + "," + ch2 + "\n" + ch2 + ",\n",
		ch1 + "," + ch3 + "\n" + ch2 + "," + ch3 + "\n",
	} {
		_, err := mapping.Read(files("from,to\n" + lines)...)
		assert.NoError(t, err, lines)
	}
}

func TestFilesAddUp(t *testing.T) {
	t.Parallel()
	m, err := mapping.Read(files(
		"from,to\n"+ch1+","+ch2+"\n"+ch3+",\n"+rl1+","+rl2+"\n",
		`{"`+ch3+`":"`+ch4+`","`+ch1+`":"`+ch2+`"}`,
		"to,from\n,"+rl1+"\n",
	)...)
	require.NoError(t, err)
	assert.Equal(t, []string{"channel " + ch1 + " " + ch2, "channel " + ch3 + " " + ch4, "role " + rl1 + " " + rl2}, said(m))

	_, err = mapping.Read(files("from,to\n"+ch1+","+ch2+"\n", `{"`+ch1+`":"`+ch3+`"}`)...)
	require.ErrorContains(t, err, `map2:1: the channel "`+ch1+`" stands in map1:2 already`)
	_, err = mapping.Read(files("from,to\n"+ch1+","+ch2+"\n", `{"`+ch2+`":"`+ch1+`"}`)...)
	require.ErrorContains(t, err, "in a circle")
}

// All that is wrong is told at once, in the order in which it stands, and not without end.
func TestAllFaultsAtOnce(t *testing.T) {
	t.Parallel()
	_, err := mapping.Read(files("from,to\n"+ch1+","+rl1+"\na\"b,c\n"+sid("MB", "1")+",x\nx,y\ny,x\n", "from,to\n,x\n")...)
	require.Error(t, err)
	lines := strings.Split(err.Error(), "\n")
	require.Len(t, lines, 5, err.Error())
	for i, prefix := range []string{"map1:2:", "map1:3:", "map1:4:", "map2:2:", "map1:5:"} {
		assert.True(t, strings.HasPrefix(lines[i], prefix), lines[i])
	}

	_, err = mapping.Read(files("from,to\n" + strings.Repeat(",x\n", 25))...)
	var all *mapping.Error
	require.ErrorAs(t, err, &all)
	assert.Len(t, all.Faults, 20)
	assert.Equal(t, 5, all.More)
	assert.Contains(t, err.Error(), "and 5 more")
}

func TestErrorsAreHarmless(t *testing.T) {
	t.Parallel()
	_, err := mapping.Read(files("from,to\n\x1b[31m"+strings.Repeat("x", 500)+","+rl1+"\n", "\x1b]0;x\n", "{\"\x1b\":1}", "[\"\\u001b\x1b\"]")...)
	require.Error(t, err)
	assert.NotContains(t, err.Error(), "\x1b")
	assert.Less(t, len(err.Error()), 2000)
}

func TestAFileThatCannotBeRead(t *testing.T) {
	t.Parallel()
	broken := errors.New("the disk is broken")
	_, err := mapping.Read(mapping.Source{Name: "m", Data: io.MultiReader(strings.NewReader("from,to\n"), iotest.ErrReader(broken))})
	require.ErrorIs(t, err, broken)
	assert.Contains(t, err.Error(), "m cannot be read")
}

// The fingerprint is of what a map says, and of nothing else.
func TestFingerprint(t *testing.T) {
	t.Parallel()
	read := func(texts ...string) string {
		m, err := mapping.Read(files(texts...)...)
		require.NoError(t, err)
		return m.Fingerprint()
	}
	one := read("from,to\n" + ch1 + "," + ch2 + "\n" + rl1 + "," + rl2 + "\n")
	assert.Regexp(t, "^[0-9a-f]{64}$", one)
	assert.Equal(t, one, read("how,to,from\nx,"+rl2+","+rl1+"\r\ny,"+ch2+","+ch1+"\r\n"))
	assert.Equal(t, one, read(`{"`+rl1+`":"`+rl2+`"}`, "from,to\n"+ch1+","+ch2+"\n"))
	for _, other := range []string{
		"from,to\n" + ch1 + "," + ch2 + "\n", "from,to\n" + ch1 + "," + ch3 + "\n" + rl1 + "," + rl2 + "\n",
		"from,to\n" + ch1 + "," + ch2 + "\n" + rl1 + "," + rl2 + "\n" + ch3 + ",\n", "from,to\n",
	} {
		assert.NotEqual(t, one, read(other))
	}
	assert.NotEqual(t, read("from,to\nab,c\n"), read("from,to\na,bc\n"))
}

// Whatever a file holds, it gives a map or an error, and a map only where nothing is wrong.
func FuzzRead(f *testing.F) {
	for _, text := range []string{
		"", "from,to\n" + ch1 + "," + ch2 + "\n", "\ufeffto;from;x\r\n\"a\"\"b\";c;d\r\n", `{"a":"b","c":null}`, `[{"from":"a","to":"b","x":[1]}]`, "[", "{\"", "from,to\n\"",
		"[]", "{}", "[{}]", `[{"from":"a"}`, "from,to\na,b\nb,a\n", "\xff\xfe", "from\tto\na\tb\n", `{"a":"\ud800"}`,
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		m, err := mapping.Read(files(text)...)
		if err != nil {
			if m != nil || err.Error() == "" {
				t.Fatal("half a map, or an error without a word")
			}
			return
		}
		for _, p := range m.Pairs() {
			to, listed := m.Channel([]byte(p.From))
			if p.Kind == mapping.Channel && (!listed || to != p.To) {
				t.Fatalf("%q is lost", p.From)
			}
			if p.From == "" {
				t.Fatal("a line without from")
			}
		}
	})
}
