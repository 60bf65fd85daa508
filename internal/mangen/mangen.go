// Command mangen writes rejoin's man pages into a folder, or, with -check, fails where the folder holds anything else.
package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"rejoin/internal/app"
	"rejoin/internal/manual"
)

func main() {
	if err := run(os.Args[1:], os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "mangen:", err)
		os.Exit(1) //nolint:forbidigo // this is a program
	}
}

func run(args []string, stderr io.Writer) error {
	flags := flag.NewFlagSet("mangen", flag.ContinueOnError)
	flags.SetOutput(stderr)
	check := flags.Bool("check", false, "write nothing; fail if the folder is not what would be written")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() != 1 {
		return fmt.Errorf("expected one folder, found %d arguments", flags.NArg())
	}
	dir := flags.Arg(0)
	others, err := filepath.Glob(filepath.Join(dir, "*.[0-9]"))
	if err != nil {
		return err
	}
	stale := make(map[string]bool, len(others)) // pages of what there is no more
	for _, path := range others {
		stale[path] = true
	}
	var wrong []error
	for _, page := range app.Manual().ManPages() {
		path := filepath.Join(dir, page.Name)
		delete(stale, path)
		if *check {
			wrong = append(wrong, same(path, page))
		} else {
			wrong = append(wrong, write(path, page))
		}
	}
	for path := range stale {
		if *check {
			wrong = append(wrong, fmt.Errorf("%s: there is no such page any more; run `make man`", path))
		} else {
			wrong = append(wrong, os.Remove(path))
		}
	}
	return errors.Join(wrong...)
}

func same(path string, page manual.ManPage) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("%w; run `make man`", err)
	}
	if !bytes.Equal(text, page.Text) {
		return fmt.Errorf("%s is not what the program's descriptions give; run `make man`", path)
	}
	return nil
}

func write(path string, page manual.ManPage) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil { //nolint:gosec // pages are for everyone
		return err
	}
	return os.WriteFile(path, page.Text, 0o644) //nolint:gosec // pages are for everyone
}
