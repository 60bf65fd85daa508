package report

import (
	"bytes"
	"errors"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rejoin/reader"
	"rejoin/restore"
)

// schemaOf compiles the schema of docs/report.schema.json. Where it is strict a key that the schema does not name is an
// error: users' readers pass over one, and this package must not write one.
func schemaOf(t *testing.T, strict bool) *jsonschema.Schema {
	t.Helper()
	doc := schemaDoc(t)
	if strict {
		for _, def := range object(t, doc["$defs"]) {
			closeObjects(def)
		}
	}
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	require.NoError(t, c.AddResource("report.schema.json", any(doc)))
	s, err := c.Compile("report.schema.json")
	require.NoError(t, err)
	return s
}

func schemaDoc(t *testing.T) map[string]any {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("..", "docs", "report.schema.json"))
	require.NoError(t, err)
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	require.NoError(t, err)
	return object(t, doc)
}

func object(t *testing.T, v any) map[string]any {
	t.Helper()
	m, ok := v.(map[string]any)
	require.True(t, ok, "%T is no object", v)
	return m
}

// closeObjects allows no keys but those that are named.
func closeObjects(v any) {
	switch v := v.(type) {
	case map[string]any:
		if _, named := v["properties"]; named && v["type"] == "object" {
			if _, said := v["additionalProperties"]; !said {
				v["additionalProperties"] = false
			}
		}
		for _, inner := range v {
			closeObjects(inner)
		}
	case []any:
		for _, inner := range v {
			closeObjects(inner)
		}
	}
}

// everyKindOfReport are reports that hold every kind of line, as the package writes them.
func everyKindOfReport(t *testing.T) []byte {
	t.Helper()
	var text []byte
	for _, dryRun := range []bool{false, true} {
		run := testRun()
		run.DryRun, run.Chosen, run.Args = dryRun, dryRun, []string{"restore", "members.ndjson"}
		text = append(text, textOf(t, run, &restore.Summary{Read: 9, DryRun: dryRun, Elapsed: time.Second}, variety()...)...)
		r := rand.New(rand.NewPCG(7, 8))
		for row := range int64(500) {
			o := someOutcome(r, row+1)
			o.ErrorCode, o.Attempts, o.Fingerprint = max(o.ErrorCode, 0), max(o.Attempts, 0), r.Uint64()
			text = appendOutcome(text, o, dryRun)
		}
	}
	for _, sum := range []restore.Summary{
		{Read: 1, Kinds: restore.KindsOf("verify")}, {Read: 1, Kinds: restore.KindsOf("undo")}, {Read: 1, Kinds: restore.KindsOf("undo"), DryRun: true},
	} {
		text = appendSummary(text, &sum, 0, nil)
	}
	run := testRun()
	line, err := appendRun(text, &run, true, Mended{Bytes: 3, Lines: 1})
	require.NoError(t, err)
	text = appendProgress(line, testStart, &Point{Requests: 5, Throttled: 1})
	text = appendProgress(text, testStart, &Point{Outage: true})
	return append(text, asAJournalWrites(t)...)
}

// asAJournalWrites is a report as a journal writes it, with rejects and what was read of standard input.
func asAJournalWrites(t *testing.T) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "r.ndjson")
	j, err := Create(path, testRun())
	require.NoError(t, err)
	to, raw := filepath.Join(t.TempDir(), "rejects.ndjson"), []byte(`{"identity":"jing"}`)
	rejects := j.Rejects(to, reader.Info{Format: reader.NDJSON})
	bad := []*restore.Outcome{created(1), created(2)}
	for _, o := range bad {
		o.Kind, o.Raw = restore.Rejected, raw
	}
	require.NoError(t, j.Announce([]int64{1, 2, 7}))
	require.NoError(t, j.Write(bad))
	require.NoError(t, rejects.Write(bad))
	require.NoError(t, rejects.Close())
	require.NoError(t, j.Checkpoint(12, strings.Repeat("0a", 32)))
	require.NoError(t, j.Finish(restore.Summary{Read: 1}, 3))
	require.NoError(t, j.Close())

	j, _, err = Resume(path, testRun()) // it ends before it has read the second row again
	require.NoError(t, err)
	rejects = j.Rejects(to, reader.Info{Format: reader.NDJSON})
	require.NoError(t, errors.Join(rejects.Keep(1, raw), rejects.Close(), j.Finish(restore.Summary{Read: 1}, 3, BackupChanged()), j.Close()))
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	return text
}

func TestReportsObeyTheSchema(t *testing.T) {
	t.Parallel()
	for _, strict := range []bool{false, true} {
		s := schemaOf(t, strict)
		types, keys := map[string]int{}, map[string]bool{}
		for line := range bytes.Lines(everyKindOfReport(t)) {
			v, err := jsonschema.UnmarshalJSON(bytes.NewReader(line))
			require.NoError(t, err)
			require.NoError(t, s.Validate(v), "%s", line)
			assert.GreaterOrEqual(t, len(line), stride, "a line is found again by the only one that begins in so many bytes: %s", line)
			kind, _ := object(t, v)["type"].(string)
			types[kind]++
			for key := range object(t, v) {
				keys[kind+"."+key] = true
			}
		}
		defs := schemaDoc(t)["$defs"]
		for _, kind := range []string{"run", "outcome", "sending", "progress", "input", "summary"} {
			assert.Positive(t, types[kind], "there are lines of the type %s", kind)
			def := object(t, object(t, defs)[kind])
			for _, key := range slices.Sorted(maps.Keys(object(t, def["properties"]))) {
				assert.True(t, keys[kind+"."+key], "some line has the key %s of %s", key, kind)
			}
		}
	}
}

func TestTheSchemaFindsWhatIsWrong(t *testing.T) {
	t.Parallel()
	open, strict := schemaOf(t, false), schemaOf(t, true)
	good := string(appendOutcome(nil, created(1), false))
	require.NoError(t, validate(t, open, good))
	require.NoError(t, validate(t, open, `{"type":"weather","crc":"00000000"}`), "later versions may add types")
	assert.NoError(t, validate(t, open, strings.Replace(good, `"row":1`, `"row":1,"mood":"good"`, 1)), "and keys")
	assert.Error(t, validate(t, strict, strings.Replace(good, `"row":1`, `"row":1,"mood":"good"`, 1)))
	for old, bad := range map[string]string{
		`"row":1`: `"row":0`, `"line":1`: `"line":"1"`, `"outcome":"created"`: `"outcome":"made"`, `"attempts":1`: `"attempts":-1`,
		`"identity":"jing"`: `"identity":null`, `"http_status":201`: `"http_status":201,"same":true`, `"at":"2026`: `"at":"26`,
		`"crc":"`: `"crc":"X`, `,"outcome":"created"`: ``,
	} {
		require.Contains(t, good, old)
		assert.Error(t, validate(t, open, strings.Replace(good, old, bad, 1)), bad)
	}
}

func validate(t *testing.T, s *jsonschema.Schema, line string) error {
	t.Helper()
	v, err := jsonschema.UnmarshalJSON(strings.NewReader(line))
	require.NoError(t, err, line)
	return s.Validate(v)
}

// The page about the report names every key of every line.
func TestTheReportsPageNamesEveryKey(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile(filepath.Join("..", "docs", "report.md"))
	require.NoError(t, err)
	parts := strings.Split(string(raw), "\n### ")
	for kind, def := range object(t, schemaDoc(t)["$defs"]) {
		properties, ok := object(t, def)["properties"]
		if !ok {
			continue // of a value
		}
		at := slices.IndexFunc(parts, func(part string) bool { return strings.HasPrefix(part, "`"+kind+"`") })
		require.GreaterOrEqual(t, at, 0, "there is a part about %s", kind)
		for key := range object(t, properties) {
			if key != "crc" && key != "type" {
				assert.Contains(t, parts[at], "`"+key+"`", kind)
			}
		}
	}
}
