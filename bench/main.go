package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
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
	flag.Parse()
	var err error
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
	for _, part := range []func(context.Context) error{
		b.install, b.machine, b.restoring, b.latency, b.auditing, b.compressed, b.resuming, b.reporting, b.starting, b.growth,
	} {
		if err := part(ctx); err != nil {
			return err
		}
	}
	return nil
}

// path names a file in the temporary folder.
func (b *bench) path(name string) string { return filepath.Join(b.dir, name) }
