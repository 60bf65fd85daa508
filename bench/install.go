package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
)

// What is compared with, at versions that make two runs comparable.
const (
	vegetaModule  = "github.com/tsenart/vegeta/v12@v12.13.0"
	duckdbPackage = "@duckdb/node-api@1.5.6-r.1"
	twilioPackage = "twilio@6.2.0"
)

// install brings the peers into the temporary folder, and from Debian what is not there yet.
func (b *bench) install(ctx context.Context) error {
	var missing []string
	for program, pkg := range map[string]string{"jq": "jq", "zstd": "zstd", "gzip": "gzip", "node": "nodejs", "npm": "npm"} {
		if _, err := exec.LookPath(program); err != nil {
			missing = append(missing, pkg)
		}
	}
	steps := [][]string{
		{"npm", "install", "--prefix", b.dir, "--no-audit", "--no-fund", "--loglevel", "error", duckdbPackage, twilioPackage},
		{"go", "install", vegetaModule},
		{"go", "build", "-o", b.path("bareloop"), "./bareloop"},
		{"cp", "-r", "peers/.", b.dir},
	}
	if len(missing) > 0 {
		steps = append([][]string{
			{"apt-get", "update", "-qq"},
			append([]string{"apt-get", "install", "-qq", "-y", "--no-install-recommends"}, missing...),
		}, steps...)
	}
	for _, step := range steps {
		cmd := exec.CommandContext(ctx, step[0], step[1:]...) //nolint:gosec // the steps above
		cmd.Env = append(os.Environ(), "GOBIN="+b.dir, "DEBIAN_FRONTEND=noninteractive")
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("%s: %w\n%s", strings.Join(step, " "), err, out)
		}
	}
	return nil
}

// machine prints where this is measured, and what with.
func (b *bench) machine(ctx context.Context) error {
	model := "an unknown processor"
	if info, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		if found := regexp.MustCompile(`(?m)^model name\s*: (.*)$`).FindSubmatch(info); found != nil {
			model = string(found[1])
		}
	}
	_, _ = fmt.Fprintf(b.out, "%s, %d cores, %s/%s, %s; %d turns\n\n", model, runtime.NumCPU(), runtime.GOOS, runtime.GOARCH,
		runtime.Version(), b.turns)
	var versions []string
	for _, ask := range [][]string{{b.rejoin, "version"}, {"node", "--version"}, {"python3", "--version"}, {"jq", "--version"}, {"gzip", "--version"}, {"zstd", "--version"}} {
		out, err := b.command(ctx, ask[0], ask[1:]...).Output()
		if err != nil {
			continue // python3 need not be there
		}
		first, _, _ := bytes.Cut(out, []byte("\n"))
		versions = append(versions, filepath.Base(ask[0])+": "+strings.Trim(string(first), "* "))
	}
	versions = append(versions, vegetaModule, duckdbPackage, twilioPackage)
	_, err := fmt.Fprintln(b.out, strings.Join(versions, "; "))
	return err
}

// table prints the rows of a table, the first of which is its head, for a page in Markdown.
func (b *bench) table(title string, rows [][]string) {
	_, _ = fmt.Fprintf(b.out, "\n### %s\n\n", title)
	for i, row := range rows {
		_, _ = fmt.Fprintf(b.out, "| %s |\n", strings.Join(row, " | "))
		if i == 0 {
			_, _ = fmt.Fprintln(b.out, "|"+strings.Repeat("---|", len(row)))
		}
	}
}
