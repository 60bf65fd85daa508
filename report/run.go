package report

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"maps"
	"os"
	"slices"
	"time"
)

// schema is the version of the report's form. It grows only when something in it changes its meaning.
const schema = 1

// Run is the head of a report: what was run, on what, against what.
type Run struct {
	Version, Command string
	StartedAt        time.Time
	Backup           Backup
	Target           Target
	DryRun           bool

	// Chosen says that the user said which of several rows for one member counts (--on-duplicate was given), so that
	// a duplicate with other values counts as restored. It is part of what a row means.
	Chosen bool

	// Meaning are the options that change what becomes of a row. They must be the same for a run to be resumed.
	Meaning map[string]string
	// Options are the others, for the record. They may differ from run to run.
	Options map[string]string

	// Args are the words of the command line behind the program's name, as they were given. They hold no secret: there
	// is no flag for one.
	Args []string
}

// Backup is what was read. Bytes and SHA256 (lower-case hexadecimal) are of the file as it lies there, compressed or
// not; of standard input, whose Path is "-", they are not known.
type Backup struct {
	Path   string `json:"path"`
	Bytes  int64  `json:"bytes,omitempty"`
	SHA256 string `json:"sha256,omitempty"`
	Format string `json:"format,omitempty"`
}

// Fingerprint is a file as a backup, but for its format. An undo reads a report as its backup.
func Fingerprint(path string) (Backup, error) {
	f, err := os.Open(path)
	if err != nil {
		return Backup{}, err
	}
	defer f.Close() //nolint:errcheck // it was only read
	sum := sha256.New()
	n, err := io.Copy(sum, f)
	if err != nil {
		return Backup{}, err
	}
	return Backup{Path: path, Bytes: n, SHA256: hex.EncodeToString(sum.Sum(nil))}, nil
}

// Target is where the members go. ServiceSID is empty where each row names its own.
type Target struct {
	APIURL     string `json:"api_url"`
	ServiceSID string `json:"service_sid,omitempty"`
}

// Mended is what was cut off the end of a journal that was resumed, because it was not intact.
type Mended struct {
	Bytes int64 `json:"bytes"`
	Lines int64 `json:"lines"` // the last of them may be half a line
}

// runLine is the form of a run's line.
type runLine struct {
	Type      string            `json:"type"`
	Schema    int               `json:"schema"`
	Version   string            `json:"version"`
	Command   string            `json:"command"`
	StartedAt string            `json:"started_at"`
	Backup    Backup            `json:"backup"`
	Target    Target            `json:"target"`
	DryRun    bool              `json:"dry_run,omitempty"`
	Resumed   bool              `json:"resumed,omitempty"`
	Mended    *Mended           `json:"mended,omitempty"`
	Options   map[string]string `json:"options"`
	Args      []string          `json:"args,omitempty"`
	Meaning   []string          `json:"meaning,omitempty"` // the options that are part of what a row means
	Chosen    bool              `json:"duplicate_chosen,omitempty"`
}

// appendRun appends the run's line.
func appendRun(dst []byte, run *Run, resumed bool, mended Mended) ([]byte, error) {
	line := runLine{
		Type: "run", Schema: schema, Version: run.Version, Command: run.Command,
		StartedAt: string(appendTime(nil, run.StartedAt)),
		Backup:    run.Backup, Target: run.Target, DryRun: run.DryRun, Resumed: resumed, Args: run.Args,
		Options: make(map[string]string, len(run.Options)+len(run.Meaning)),
		Meaning: slices.Sorted(maps.Keys(run.Meaning)), Chosen: run.Chosen,
	}
	if mended != (Mended{}) {
		line.Mended = &mended
	}
	maps.Copy(line.Options, run.Options)
	maps.Copy(line.Options, run.Meaning)
	return appendJSON(dst, &line)
}

// appendJSON appends a value that is an object as a sealed line.
func appendJSON(dst []byte, v any) ([]byte, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return dst, err
	}
	from := len(dst)
	dst = append(dst, text[:len(text)-1]...)
	return appendSeal(dst, from), nil
}

// mended is what the run cut off the journal's end.
func (l *runLine) mended() Mended {
	if l.Mended == nil {
		return Mended{}
	}
	return *l.Mended
}

// run is the line as the run that it tells of.
func (l *runLine) run() Run {
	run := Run{
		Version: l.Version, Command: l.Command, Backup: l.Backup, Target: l.Target, DryRun: l.DryRun, Chosen: l.Chosen, Args: l.Args,
		Meaning: make(map[string]string, len(l.Meaning)), Options: make(map[string]string),
	}
	run.StartedAt, _ = time.Parse(time.RFC3339, l.StartedAt) // zero where it cannot be read
	for name, value := range l.Options {
		if slices.Contains(l.Meaning, name) {
			run.Meaning[name] = value
		} else {
			run.Options[name] = value
		}
	}
	return run
}
