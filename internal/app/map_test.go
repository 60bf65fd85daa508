package app

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rejoin/sandbox"
)

const serviceB = "ISbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

// makes asks for a resource to be made, as any client of the API does, and returns its SID.
func (s *service) makes(tb testing.TB, path string, fields ...string) string {
	tb.Helper()
	form := url.Values{}
	for i := 0; i < len(fields); i += 2 {
		form.Add(fields[i], fields[i+1])
	}
	req, err := http.NewRequestWithContext(tb.Context(), http.MethodPost, s.url+"/v2/Services/"+path, strings.NewReader(form.Encode()))
	require.NoError(tb, err)
	req.SetBasicAuth(accountSID, authToken)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	answer, err := new(http.Client).Do(req)
	require.NoError(tb, err)
	defer func() { require.NoError(tb, answer.Body.Close()) }()
	body, err := io.ReadAll(answer.Body)
	require.NoError(tb, err)
	require.Equal(tb, http.StatusCreated, answer.StatusCode, "%s", body)
	var made struct {
		SID string `json:"sid"`
	}
	require.NoError(tb, json.Unmarshal(body, &made))
	return made.SID
}

func (s *service) channel(tb testing.TB, service string, fields ...string) string {
	tb.Helper()
	return s.makes(tb, service+"/Channels", fields...)
}

func (s *service) role(tb testing.TB, service, name string) string {
	tb.Helper()
	return s.makes(tb, service+"/Roles", "FriendlyName", name, "Type", "channel", "Permission", "sendMessage")
}

// town is a Service and another that took its place, with what is the same in both and what is not.
type town struct {
	*service

	square, hall, back [2]string // channels: by unique name, by friendly name, private
	lost               string    // a channel that the new Service has not
	keeper, guest      [2]string // roles
	lostRole           string
	twin               string // two channels have its name in the new Service
	first, second      string
}

func newTown(t *testing.T) *town {
	t.Helper()
	c := &town{service: newService(t, sandbox.Config{})}
	for i, sid := range []string{serviceA, serviceB} {
		require.NoError(t, c.AddService(sid))
		c.square[i] = c.channel(t, sid, "UniqueName", "square", "FriendlyName", fmt.Sprint("The Square ", i))
		c.hall[i] = c.channel(t, sid, "FriendlyName", "Town Hall")
		c.back[i] = c.channel(t, sid, "UniqueName", "back-room", "Type", "private")
		c.keeper[i], c.guest[i] = c.role(t, sid, "keeper"), c.role(t, sid, "guest")
	}
	c.lost, c.lostRole = c.channel(t, serviceA, "FriendlyName", "Old Mill"), c.role(t, serviceA, "miller")
	c.twin = c.channel(t, serviceA, "FriendlyName", "=Alley")
	c.first, c.second = c.channel(t, serviceB, "FriendlyName", "=Alley"), c.channel(t, serviceB, "FriendlyName", "=Alley")
	return c
}

// maps runs rejoin map, and gives what it printed by from.
func (c *town) maps(t *testing.T, dir string) map[string][]string {
	t.Helper()
	got := rejoin(t, dir, "", "map", "--from", serviceA, "--to", serviceB, "--api-url", c.url)
	require.Equal(t, 3, got.status, got.stderr)
	write(t, dir, "map.csv", got.stdout)
	rows, err := csv.NewReader(strings.NewReader(got.stdout)).ReadAll()
	require.NoError(t, err)
	require.Equal(t, []string{"from", "to", "kind", "from_name", "to_name", "how", "candidates"}, rows[0])
	lines := make(map[string][]string)
	for _, row := range rows[1:] {
		lines[row[0]] = row
	}
	require.Len(t, lines, len(rows)-1, "each once")
	return lines
}

func member(channel, identity, role string) string {
	line := fmt.Sprintf(`{"service_sid":%q,"channel_sid":%q,"identity":%q,"sid":"MB%032x"`, serviceA, channel, identity, len(identity))
	if role != "" {
		line += fmt.Sprintf(`,"role_sid":%q`, role)
	}
	return line + "}\n"
}

func TestMapOfTwoServices(t *testing.T) {
	t.Parallel()
	c, dir := newTown(t), t.TempDir()
	lines := c.maps(t, dir)
	assert.Equal(t, []string{serviceA, serviceB, "service", "", "", "given", ""}, lines[serviceA])
	assert.Equal(t, []string{c.square[0], c.square[1], "channel", "square", "square", "unique-name", ""}, lines[c.square[0]])
	assert.Equal(t, []string{c.hall[0], c.hall[1], "channel", "Town Hall", "Town Hall", "friendly-name", ""}, lines[c.hall[0]])
	assert.Equal(t, c.back[1], lines[c.back[0]][1], "a private channel, too")
	assert.Equal(t, []string{c.lost, "", "channel", "Old Mill", "", "absent", ""}, lines[c.lost])
	assert.Equal(t, "'=Alley", lines[c.twin][3])
	assert.Equal(t, "ambiguous", lines[c.twin][5])
	assert.Contains(t, lines[c.twin][6], c.first)
	assert.Contains(t, lines[c.twin][6], c.second)
	assert.Equal(t, []string{c.keeper[0], c.keeper[1], "role", "keeper (channel)", "keeper (channel)", "name-and-type", ""}, lines[c.keeper[0]])
	assert.Len(t, lines, 1+5+3+4, "and the four roles that each Service begins with")
	for _, req := range c.Requests() {
		if req.Method == http.MethodGet && strings.HasSuffix(req.Path, "/Channels") {
			assert.Contains(t, req.Query, "PageSize=100")
		}
	}

	got := rejoin(t, dir, "", "map", "--from", serviceA, "--to", serviceB, "--api-url", c.url, "--out", "./map.json", "-o", "json")
	require.Equal(t, 3, got.status, got.stderr)
	assert.Empty(t, got.stdout)
	assert.Contains(t, got.stderr, "of "+serviceA+", 3 of 5 channels and 6 of 7 roles are matched in "+serviceB)
	assert.Contains(t, got.stderr, `not matched: the channel `+c.lost+` "Old Mill", whose name none has there`)
	assert.Contains(t, got.stderr, `not matched: the role `+c.lostRole)
	assert.Contains(t, got.stderr, c.first)
	text, err := os.ReadFile(filepath.Join(dir, "map.json"))
	require.NoError(t, err)
	var all []map[string]any
	require.NoError(t, json.Unmarshal(text, &all))
	assert.Len(t, all, len(lines))
	info, err := os.Stat(filepath.Join(dir, "map.json"))
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o600), info.Mode().Perm())

	got = rejoin(t, dir, "", "map", "--from", serviceA, "--to", serviceB, "--api-url", c.url, "--out", "./map.json")
	assert.Equal(t, 1, got.status)
	assert.Contains(t, got.stderr, "not overwritten")
	after, err := os.ReadFile(filepath.Join(dir, "map.json"))
	require.NoError(t, err)
	assert.Equal(t, text, after)
	files, err := os.ReadDir(dir)
	require.NoError(t, err)
	assert.Len(t, files, 2, "map.csv and map.json")

	// The map of a Service to one with all of it.
	got = rejoin(t, dir, "", "map", "--from", serviceB, "--to", serviceA, "--api-url", c.url, "--log-format", "json")
	assert.Equal(t, 3, got.status, got.stderr)
	for line := range strings.Lines(got.stderr) {
		assert.True(t, json.Valid([]byte(line)), line)
	}
}

func TestMapWhereAllIsMatched(t *testing.T) {
	t.Parallel()
	s, dir := newService(t, sandbox.Config{}), t.TempDir()
	for _, sid := range []string{serviceA, serviceB} {
		require.NoError(t, s.AddService(sid))
		for i := range 250 { // of three pages
			require.NoError(t, s.AddChannel(sid, fmt.Sprint("channel-", i)))
		}
	}
	got := rejoin(t, dir, "", "map", "--from", serviceA, "--to", serviceB, "--api-url", s.url, "--rate", "auto", "--progress", "none")
	require.Equal(t, 0, got.status, got.stderr)
	assert.Equal(t, 1+1+250+4, strings.Count(got.stdout, "\n"))
	assert.NotContains(t, got.stdout, "ambiguous")
	assert.Contains(t, got.stderr, "250 of 250 channels and 4 of 4 roles")
}

func TestMapsThatCannotBeMade(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := newService(t, sandbox.Config{})
	require.NoError(t, s.AddService(serviceA))
	down := newService(t, sandbox.Config{Faults: faults(t, "503:on=any")})
	for name, c := range map[string]struct {
		args   []string
		status int
		want   string
	}{
		"no Service":                {[]string{"--from", serviceA}, 2, "give --from IS… for the one that was backed up and --to"},
		"one Service":               {[]string{"--from", serviceA, "--to", serviceA}, 2, "are one Service"},
		"no SID":                    {[]string{"--from", "CH1", "--to", serviceA}, 2, "--from"},
		"an argument":               {[]string{"--from", serviceA, "--to", serviceB, "x"}, 2, "takes no argument"},
		"a bad word":                {[]string{"--from", serviceA, "--to", serviceB, "-o", "csv"}, 2, "expected one of text, json"},
		"a Service that is not":     {[]string{"--from", serviceA, "--to", serviceB, "--api-url", s.url}, 4, "the Service " + serviceB},
		"the other that is not":     {[]string{"--from", serviceB, "--to", serviceA, "--api-url", s.url, "--out", "./never.csv"}, 4, "it does not exist"},
		"no answer":                 {[]string{"--from", serviceA, "--to", serviceB, "--api-url", down.url, "--retries", "0"}, 5, "503"},
		"no folder":                 {[]string{"--from", serviceA, "--to", serviceB, "--api-url", s.url, "--out", "./no/map.csv"}, 1, "cannot be made"},
		"plain http to another":     {[]string{"--from", serviceA, "--to", serviceB, "--api-url", "http://chat.example.com"}, 2, "http"},
		"retries that are no count": {[]string{"--from", serviceA, "--to", serviceB, "--retries", "-1"}, 2, "--retries"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := rejoin(t, dir, "", append([]string{"map"}, c.args...)...)
			assert.Equal(t, c.status, got.status, got.stderr)
			assert.Contains(t, got.stderr, c.want)
			assert.Empty(t, got.stdout)
		})
	}
	t.Run("credentials", func(t *testing.T) {
		t.Parallel()
		got := rejoinEnv(t, dir, "", map[string]string{"TWILIO_ACCOUNT_SID": accountSID, "TWILIO_AUTH_TOKEN": "wrong"},
			"map", "--from", serviceA, "--to", serviceB, "--api-url", s.url)
		assert.Equal(t, 4, got.status, got.stderr)
		got = rejoinEnv(t, dir, "", nil, "map", "--from", serviceA, "--to", serviceB)
		assert.Equal(t, 2, got.status, got.stderr)
		assert.Contains(t, got.stderr, "TWILIO_API_KEY")
	})
	t.Cleanup(func() { assert.NoFileExists(t, filepath.Join(dir, "never.csv")) })
}

// Half a map on a full disk is no map, whatever is matched.
func TestAMapThatCannotBePrinted(t *testing.T) {
	t.Parallel()
	c := newTown(t)
	var stderr bytes.Buffer
	env := map[string]string{"TWILIO_ACCOUNT_SID": accountSID, "TWILIO_AUTH_TOKEN": authToken}
	status := Main(World{
		Args: []string{"rejoin", "map", "--from", serviceA, "--to", serviceB, "--api-url", c.url}, Stdin: strings.NewReader(""),
		Stdout: full{}, Stderr: &stderr, Getenv: func(name string) string { return env[name] },
	})
	assert.Equal(t, 1, status)
	assert.Equal(t, 1, strings.Count(stderr.String(), "the disk is full"), stderr.String())
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("the disk is full") }

func faults(t *testing.T, orders ...string) sandbox.Faults {
	t.Helper()
	f, err := sandbox.ParseFaults(orders)
	require.NoError(t, err)
	return f
}
