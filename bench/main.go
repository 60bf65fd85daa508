package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
)

// bench is what all parts of a run share.
type bench struct {
	rejoin string // the program under measurement
	tree   string // the folder of rejoin's module
	dir    string // what is made, and taken away at the end
	turns  int
	rows   int // of the backup that is audited and resumed
	sent   int // of the backup that is restored
	lines  int // of the report that is summed up
	grow   int // rows of the backup, and lines of the report, that are very long; 0: none
	out    io.Writer
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGPIPE)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		stop()
		os.Exit(1) //nolint:gocritic // stopped above
	}
}

func run(ctx context.Context) error {
	b := &bench{out: os.Stdout}
	flag.StringVar(&b.rejoin, "rejoin", "../bin/rejoin", "the program")
	flag.StringVar(&b.tree, "tree", "..", "the folder of its module")
	flag.IntVar(&b.turns, "turns", 5, "how often each is measured")
	flag.IntVar(&b.rows, "rows", 300_000, "rows of the backup that is audited and resumed")
	flag.IntVar(&b.sent, "sent", 20_000, "rows of the backup that is restored")
	flag.IntVar(&b.lines, "lines", 1_000_000, "lines of the report that is summed up")
	flag.IntVar(&b.grow, "grow", 0, "if above 0: rows of a backup, and lines of a report, to see how memory grows (10000000 take 8 GB of disk)")
	only := flag.String("parts", "", "a regular expression: only the parts whose name it matches, of "+strings.Join(names(b.parts()), ", "))
	flag.Parse()
	wanted, err := regexp.Compile(*only)
	if err != nil {
		return err
	}
	if b.rejoin, err = filepath.Abs(b.rejoin); err != nil {
		return err
	}
	if b.tree, err = filepath.Abs(b.tree); err != nil {
		return err
	}
	if b.dir, err = os.MkdirTemp("", "rejoin-bench-"); err != nil {
		return err
	}
	defer os.RemoveAll(b.dir) //nolint:errcheck // a temporary folder
	if err := b.install(ctx); err != nil {
		return err
	}
	if err := b.machine(ctx); err != nil {
		return err
	}
	for _, p := range b.parts() {
		if !wanted.MatchString(p.name) {
			continue
		}
		if err := p.run(ctx); err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
	}
	return nil
}

// A part prints its tables. None needs what another has left behind.
type part struct {
	name string
	run  func(context.Context) error
}

func (b *bench) parts() []part {
	return []part{
		{"restoring", b.restoring},
		{"latency", b.latency},
		{"watching", b.watching},
		{"auditing", b.auditing},
		{"compressed", b.compressed},
		{"resuming", b.resuming},
		{"journal", b.journal},
		{"reporting", b.reporting},
		{"starting", b.starting},
		{"growth", b.growth},
		{"long", b.long},
	}
}

func names(parts []part) (all []string) {
	for _, p := range parts {
		all = append(all, p.name)
	}
	return all
}

// path names a file in the temporary folder.
func (b *bench) path(name string) string { return filepath.Join(b.dir, name) }
