package app

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rejoin/sandbox"
)

// identities are those of a channel's members, sorted, with their role where it is not the default.
func (c *town) identities(channel string, roles ...string) []string {
	var all []string
	for _, m := range c.Members(serviceB, channel) {
		text := m.Identity
		if slices.Contains(roles, m.RoleSID) {
			text += " " + m.RoleSID
		}
		all = append(all, text)
	}
	slices.Sort(all)
	return all
}

// A backup of Service A is restored into B with the map that rejoin map made of the two.
func TestRestoreIntoAnotherService(t *testing.T) {
	t.Parallel()
	c, dir := newTown(t), t.TempDir()
	c.maps(t, dir)
	backup := member(c.square[0], "jing", c.keeper[0]) + member(c.square[0], "bob", c.guest[0]) + member(c.hall[0], "jing", "") +
		member(c.back[0], "eve", c.keeper[0]) + member("square", "named", c.guest[0]) + // as it stands
		member(c.lost, "miller", c.keeper[0]) + member(c.square[0], "carl", c.lostRole) + member(c.twin, "dan", c.lostRole)
	write(t, dir, "b.ndjson", backup)
	args := []string{"./b.ndjson", "--map", "./map.csv", "--api-url", c.url}

	// The dry run and the audit judge in the same way.
	got := rejoin(t, dir, "", append([]string{"restore", "-n", "--report", "./dry"}, args...)...)
	require.Equal(t, 3, got.status, got.stderr)
	assert.Contains(t, got.stdout, "5  would_create")
	assert.Contains(t, got.stdout, "3  invalid")
	got = rejoin(t, dir, "", "audit", "./b.ndjson", "--map", "./map.csv")
	require.Equal(t, 3, got.status, got.stderr)
	assert.Contains(t, got.stdout, "5 of 8 rows would be restored")
	assert.Contains(t, got.stdout, "error unmapped-role  2")
	assert.Contains(t, got.stdout, "error unmapped-channel  2")
	assert.Contains(t, got.stdout, c.keeper[0]+"  3 rows", "what the backup holds is told as it holds it")
	assert.Contains(t, got.stdout, c.lostRole+"  2 rows")
	posts := c.creates()

	got = rejoin(t, dir, "", append([]string{"restore", "--report", "./r", "--rejects", "./x.ndjson"}, args...)...)
	require.Equal(t, 3, got.status, got.stderr)
	rows := outcomes(readReport(t, filepath.Join(dir, "r")))
	for row, want := range []string{"created", "created", "created", "created", "created", "invalid", "invalid", "invalid"} {
		assert.Equal(t, want, rows[int64(row+1)].Outcome, "row %d", row+1)
	}
	assert.Contains(t, string(rows[6].Problems[0]), `"rule":"unmapped-channel"`)
	assert.Contains(t, string(rows[7].Problems[0]), `"rule":"unmapped-role"`)
	assert.Len(t, rows[8].Problems, 2)
	assert.Equal(t, c.square[1], rows[1].ChannelSID, "the report names the member that was made")
	assert.Equal(t, posts+5, c.creates(), "nothing of an invalid row was sent")
	assert.Equal(t, []string{"bob " + c.guest[1], "jing " + c.keeper[1], "named " + c.guest[1]}, c.identities(c.square[1], c.guest[1], c.keeper[1]))
	assert.Equal(t, []string{"jing"}, c.identities(c.hall[1], c.guest[1], c.keeper[1]))
	assert.Equal(t, []string{"eve " + c.keeper[1]}, c.identities(c.back[1], c.keeper[1]))
	for _, channel := range []string{c.square[0], c.hall[0], c.back[0], c.lost, c.twin} {
		assert.Empty(t, c.Members(serviceA, channel), "nothing went into the old Service")
	}

	assert.Contains(t, got.stderr, "target   each row's own Service, or the one that the map names for it, at "+c.url)

	// The command for the rejects goes where this one went: without the map they would go into the old Service.
	assert.Contains(t, got.stderr, "mend them, then run: rejoin restore --api-url "+c.url+" --map "+inShell(dir, "map.csv")+" "+inShell(dir, "x.ndjson"))

	// What goes where was told, and how to see all that is wrong.
	for _, line := range []string{
		"rejoin: 5 rows into another Service, channel or role:",
		"rejoin:   1 Service: " + serviceA + " → " + serviceB + " (5 rows)",
		"rejoin:   4 channels: " + c.square[0] + " → " + c.square[1] + " (2 rows), " + c.hall[0] + " → " + c.hall[1] + " (1 row), " +
			c.back[0] + " → " + c.back[1] + " (1 row), …",
		"; to see all: rejoin audit --map " + inShell(dir, "map.csv") + " " + inShell(dir, "b.ndjson"),
		"rejoin:   2 roles: " + c.keeper[0] + " → " + c.keeper[1] + " (2 rows), " + c.guest[0] + " → " + c.guest[1] + " (2 rows); 1 row without a role",
	} {
		assert.Contains(t, got.stderr, line)
	}

	// The rejects are restored once what they lack is there: a second file adds to the first.
	write(t, dir, "more.csv", "to,from\n"+c.first+","+c.twin+"\n"+c.hall[1]+","+c.lost+"\n")
	got = rejoin(t, dir, "", "restore", "./x.ndjson", "--map", "./map.csv", "--map", "./more.csv", "--unmapped-roles", "drop", "--api-url", c.url, "--report", "./r2")
	require.Equal(t, 0, got.status, got.stderr)
	assert.Equal(t, []string{"dan"}, c.identities(c.first))
	assert.Equal(t, []string{"jing", "miller " + c.keeper[1]}, c.identities(c.hall[1], c.keeper[1]))
	assert.Contains(t, got.stderr, c.lostRole+" → left out (2 rows)")
	assert.Contains(t, got.stderr, "holds now, run: rejoin verify --api-url "+c.url+" --unmapped-roles drop --map "+inShell(dir, "map.csv")+
		" --map "+inShell(dir, "more.csv")+" "+inShell(dir, "x.ndjson"))
}

// Without a map no SID of the old Service reaches the new one, and a unique name does.
func TestWithoutAMapSIDsStayWhereTheyAre(t *testing.T) {
	t.Parallel()
	c, dir := newTown(t), t.TempDir()
	write(t, dir, "b.ndjson", member(c.square[0], "a", "")+member("square", "b", c.guest[0])+member("square", "c", "")+
		`{"channel_sid":"square","identity":"d","role_sid":"`+c.guest[1]+`"}`+"\n"+
		`{"service_sid":"`+serviceA+`","channel_sid":"`+c.square[0]+`","channel_unique_name":"square","identity":"e"}`+"\n")
	posts := c.creates()
	got := rejoin(t, dir, "", "restore", "./b.ndjson", "--service", serviceB, "--api-url", c.url, "--report", "./r")
	require.Equal(t, 3, got.status, got.stderr)
	assert.Equal(t, []string{"c", "d " + c.guest[1], "e"}, c.identities(c.square[1], c.guest[1]))
	assert.Equal(t, posts+3, c.creates())
	assert.Contains(t, got.stderr, "2 rows into another Service, channel or role; 1 row unchanged:")
	assert.Contains(t, got.stderr, "unmapped-role, 1×: line 2")
	assert.Contains(t, got.stderr, "no roles: 2 rows without a role")

	got = rejoin(t, dir, "", "restore", "./b.ndjson", "--service", serviceB, "--api-url", c.url, "--report", "./r2", "--unmapped-roles", "drop")
	require.Equal(t, 3, got.status, got.stderr)
	assert.Equal(t, []string{"b", "c", "d " + c.guest[1], "e"}, c.identities(c.square[1], c.guest[1], c.guest[0]))
	assert.Contains(t, got.stderr, c.guest[0]+" → left out (1 row)")

	// A restore into the Service that was backed up is not spoken of, whether it is named or not.
	write(t, dir, "same.ndjson", member("square", "a", c.guest[0]))
	for i, args := range [][]string{{"--service", serviceA}, {}} {
		got = rejoin(t, dir, "", append([]string{"restore", "./same.ndjson", "--api-url", c.url, "--report", fmt.Sprint("./same", i)}, args...)...)
		require.Equal(t, 0, got.status, got.stderr)
		assert.NotContains(t, got.stderr, "another Service")
		assert.NotContains(t, got.stderr, "→")
	}
}

// What the maps say is part of what a run is: another map is another run. Where they lie is not.
func TestAResumedRunHasTheSameMap(t *testing.T) {
	t.Parallel()
	c, dir := newTown(t), t.TempDir()
	c.maps(t, dir)
	write(t, dir, "b.ndjson", member(c.square[0], "jing", "")+member(c.square[0], "bob", "")+member(c.hall[0], "eve", ""))
	restore := func(args ...string) result {
		return rejoin(t, dir, "", append([]string{"restore", "./b.ndjson", "--api-url", c.url, "--report", "./r"}, args...)...)
	}
	posts := c.creates()
	require.Equal(t, 0, restore("--map", "./map.csv", "--limit", "1").status)
	write(t, dir, "other.csv", "from,to\n"+serviceA+","+serviceB+"\n"+c.square[0]+","+c.hall[1]+"\n"+c.hall[0]+","+c.hall[1]+"\n")
	for name, args := range map[string][]string{
		"another map": {"--map", "./other.csv"}, "no map": nil, "one more": {"--map", "./map.csv", "--map", "./more.csv"},
		"roles dropped": {"--map", "./map.csv", "--unmapped-roles", "drop"},
	} {
		write(t, dir, "more.csv", "from,to\nx,y\n")
		got := restore(append([]string{"--resume"}, args...)...)
		assert.Equal(t, 6, got.status, "%s: %s", name, got.stderr)
	}
	assert.Equal(t, posts+1, c.creates(), "nothing was sent")
	lines := c.maps(t, dir)
	moved := []string{"how,to,from"}
	for from, line := range lines {
		moved = append(moved, line[5]+","+line[1]+","+from)
	}
	write(t, dir, "moved.csv", strings.Join(moved, "\r\n"))
	got := restore("--resume", "--map", "./moved.csv")
	require.Equal(t, 0, got.status, got.stderr)
	assert.Equal(t, []string{"bob", "jing"}, c.identities(c.square[1]))
	assert.Equal(t, []string{"eve"}, c.identities(c.hall[1]))
	assert.Equal(t, posts+3, c.creates(), "each once")
}

// A part of a backup is named as the backup names it, and no two parts write to one channel.
func TestPartsOfAMappedBackup(t *testing.T) {
	t.Parallel()
	s, dir := newService(t, sandbox.Config{}), t.TempDir()
	require.NoError(t, s.AddService(serviceB))
	channel := func(n int) string { return fmt.Sprintf("CH%032x", n) }
	lines, rows := []string{"from,to", serviceA + "," + serviceB}, []string(nil)
	for n := range 20 {
		require.NoError(t, s.AddChannel(serviceB, channel(1000+n/2)))
		lines = append(lines, channel(n)+","+channel(1000+n/2))
		rows = append(rows, member(channel(n), "jing", ""), member(channel(n), fmt.Sprint("of-", n), ""))
	}
	rows = append(rows, member(channel(99), "unmapped", ""))
	write(t, dir, "map.csv", strings.Join(lines, "\n"))
	write(t, dir, "b.ndjson", strings.Join(rows, ""))
	restore := func(report string, args ...string) map[int64]reportLine {
		got := rejoin(t, dir, "", append([]string{"restore", "./b.ndjson", "--api-url", s.url, "--map", "./map.csv", "--report", "./" + report}, args...)...)
		require.Less(t, got.status, 4, got.stderr)
		return outcomes(readReport(t, filepath.Join(dir, report)))
	}
	only := restore("only", "--only-channel", channel(3), "-n")
	assert.Len(t, only, 2)
	assert.Equal(t, "of-3", only[8].Identity)
	assert.Len(t, restore("only-unmapped", "--only-channel", channel(99), "-n"), 1)

	duplicates := 0
	seen := make(map[int64]bool)
	of := make(map[string]string)
	for _, shard := range []string{"1", "2", "3"} {
		for row, line := range restore("shard"+shard, "--shard", shard+"/3") {
			assert.False(t, seen[row], "row %d is in one shard", row)
			seen[row] = true
			if line.Outcome == "duplicate" {
				duplicates++
			}
			if line.ChannelSID != "" {
				assert.Contains(t, []string{"", shard}, of[line.ChannelSID], "the channel %s is one shard's", line.ChannelSID)
				of[line.ChannelSID] = shard
			}
		}
	}
	assert.Len(t, seen, 41)
	assert.Equal(t, 10, duplicates, "two channels that become one have one member of each identity")
	assert.Len(t, of, 10)
	assert.Len(t, s.Members(serviceB, channel(1000)), 3)
}

// The sandbox that a rehearsal starts holds what the rows become, not what they name.
func TestRehearseIntoAnotherService(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	old, fresh := "CH"+strings.Repeat("1", 32), "CH"+strings.Repeat("2", 32)
	write(t, dir, "map.json", `{"`+serviceA+`":"`+serviceB+`","`+old+`":"`+fresh+`","`+roleA+`":"RL`+strings.Repeat("2", 32)+`","general":"lobby"}`)
	write(t, dir, "b.ndjson", member(old, "a", roleA)+member("general", "b", roleA)+member(old, "c", "RL"+strings.Repeat("9", 32)))
	for i, args := range [][]string{{}, {"--no-preflight"}} {
		report := fmt.Sprint("./r", i)
		got := rejoinEnv(t, dir, "", nil, append([]string{"restore", "--sandbox", "--map", "./map.json", "./b.ndjson", "--report", report}, args...)...)
		require.Equal(t, 3, got.status, got.stderr)
		assert.Contains(t, got.stdout, "2  created")
		rows := outcomes(readReport(t, filepath.Join(dir, report[2:])))
		assert.Equal(t, fresh, rows[1].ChannelSID)
		assert.Contains(t, got.stderr, old+" → "+fresh)
		assert.Contains(t, got.stderr, roleA+" → ")
	}
}

// A sandbox that is to be restored into is seeded with what the rows become.
func TestSeedWithAMap(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	fresh := "CH" + strings.Repeat("2", 32)
	write(t, dir, "map.csv", "from,to\n"+serviceA+","+serviceB+"\nCH"+strings.Repeat("1", 32)+","+fresh+"\n")
	write(t, dir, "b.ndjson", member("CH"+strings.Repeat("1", 32), "a", "")+member("CH"+strings.Repeat("3", 32), "b", ""))
	set := &settings{mapped: mapped{files: []string{filepath.Join(dir, "map.csv")}}}
	judge, err := set.judge(false)
	require.NoError(t, err)
	b, err := openBackup(filepath.Join(dir, "b.ndjson"), nil, set.reading)
	require.NoError(t, err)
	defer b.close()
	s := newService(t, sandbox.Config{})
	n, err := seedFile(t.Context(), s.Server, b, judge)
	require.NoError(t, err)
	assert.Equal(t, seeded{rows: 1, skipped: 1}, n)
	s.makes(t, serviceB+"/Channels/"+fresh+"/Members", "Identity", "jing")
	require.Len(t, s.Members(serviceB, fresh), 1)
}

// A map with anything wrong in it is told in full, and nothing is sent.
func TestBadMaps(t *testing.T) {
	t.Parallel()
	s, dir := newService(t, sandbox.Config{}), t.TempDir()
	s.hold(t, serviceA, "general")
	write(t, dir, "b.ndjson", row("jing", ""))
	a, b, c := "CH"+strings.Repeat("1", 32), "CH"+strings.Repeat("2", 32), "CH"+strings.Repeat("3", 32)
	for name, text := range map[string]string{
		"loop":      "from,to\n" + a + "," + b + "\n" + b + "," + a + "\n",
		"chain":     "from,to\n" + a + "," + b + "\n" + b + "," + c + "\n",
		"doubled":   "from,to\n" + a + "," + b + "\n" + a + "," + c + "\n",
		"malformed": "from,to\n" + a + "\n" + b + ",\"x\n",
		"kinds":     "from,to\n" + a + "," + roleA + "\n" + roleA + "," + a + "\nMB" + strings.Repeat("1", 32) + ",x\n",
		"json":      `{"a":`,
		"header":    a + "," + b + "\n",
	} {
		write(t, dir, name, text)
		for _, command := range [][]string{
			{"restore", "--api-url", s.url, "--report", "./never"}, {"restore", "--sandbox", "--report", "./never"}, {"audit"},
		} {
			got := rejoin(t, dir, "", append(command, "./b.ndjson", "--map", "./"+name)...)
			assert.Equal(t, 1, got.status, got.stderr)
			assert.Contains(t, got.stderr, "rejoin: "+filepath.Join(dir, name)+":")
			assert.Contains(t, got.stderr, "nothing was sent")
			assert.Empty(t, got.stdout)
		}
	}
	got := rejoin(t, dir, "", "audit", "./b.ndjson", "--map", "./kinds")
	assert.Equal(t, 4, strings.Count(got.stderr, "\n"), "a line each, and what follows from it: %s", got.stderr)
	got = rejoin(t, dir, "", "sandbox", "--map", "./loop")
	assert.Equal(t, 1, got.status)
	assert.Contains(t, got.stderr, "in a circle")
	assert.Empty(t, got.stdout, "nothing was served")
	got = rejoin(t, dir, "", "audit", "./b.ndjson", "--map", "./missing")
	assert.Equal(t, 1, got.status)
	assert.Contains(t, got.stderr, "the map cannot be opened")
	got = rejoin(t, dir, "", "audit", "./b.ndjson", "--unmapped-roles", "dropp")
	assert.Equal(t, 2, got.status)
	assert.Contains(t, got.stderr, "did you mean drop")
	assert.NoFileExists(t, filepath.Join(dir, "never"))
	assert.Empty(t, s.Requests())
}

// A backup that is not looked at first has no rows to count: what the map says is told in their place.
func TestWhatGoesWhereOfAStream(t *testing.T) {
	t.Parallel()
	c, dir := newTown(t), t.TempDir()
	c.maps(t, dir)
	got := rejoin(t, dir, member(c.square[0], "jing", c.keeper[0]), "restore", "-", "--map", "./map.csv", "--api-url", c.url, "--report", "./r")
	require.Equal(t, 0, got.status, got.stderr)
	assert.Contains(t, got.stderr, "the map names 1 Service: "+serviceA+" → "+serviceB)
	assert.Contains(t, got.stderr, "the map names 3 channels: ")
	assert.Contains(t, got.stderr, "the map names 6 roles: ")
	got = rejoin(t, dir, member("square", "bob", ""), "restore", "-", "--service", serviceB, "--api-url", c.url, "--report", "./r2")
	require.Equal(t, 0, got.status, got.stderr)
	assert.Contains(t, got.stderr, "all rows go into the Service "+serviceB)
}
