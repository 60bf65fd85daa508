package main

import (
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// ours says which packages of this module the files of each package may import. Imports run one way:
//
//	main → internal/app → report → restore → {retry → chat, rules → {reader, mapping → chat}}
//	                    → report/page      → report
//	                    → audit            → {rules, internal/spill}
//	                    → verify           → {restore, internal/spill}
//	                    → backup           → {retry → chat, internal/filelock}
//	                    → metrics          → {restore, retry, ratelimit}
//	                      {report, sandbox} → internal/filelock
//	                      {internal/app, internal/manual, report, report/page, audit} → internal/prose
//
// and ratelimit, reader, chat, internal/filelock, internal/prose and internal/spill import no other package of ours. A new package gets a line here.
var ours = map[string][]string{
	".":            {"internal/app"},
	"internal/app": {"internal/manual", "audit", "backup", "metrics", "report", "report/page", "restore", "retry", "rules", "reader", "chat", "ratelimit", "sandbox", "mapping", "verify", "internal/bychannel", "internal/prose"},
	"report":       {"restore", "rules", "reader", "chat", "internal/filelock", "internal/prose"},
	"report/page":  {"report", "restore", "internal/prose"},
	"restore":      {"retry", "rules", "reader", "chat"},
	"retry":        {"chat"},
	"backup":       {"retry", "chat", "internal/filelock"},
	"metrics":      {"ratelimit", "restore", "retry"},
	"audit":        {"rules", "reader", "chat", "internal/prose", "internal/spill"},
	"verify":       {"restore", "retry", "rules", "reader", "chat", "internal/spill"},
	"rules":        {"mapping", "reader", "chat"},
	"mapping":      {"chat"},
	"reader":       {},
	"chat":         {},
	"ratelimit":    {},
	"sandbox":      {"internal/filelock"},

	"internal/filelock":  {},
	"internal/spill":     {},
	"internal/prose":     {},
	"internal/manual":    {"internal/prose"},
	"internal/mangen":    {"internal/app", "internal/manual"},
	"internal/bychannel": {"rules", "reader", "internal/spill"},
}

// theirs says where each third-party module has its place. A module that is new to the tree gets a line here.
var theirs = map[string][]string{
	"github.com/cenkalti/backoff/v4":           {"retry"},
	"github.com/klauspost/compress":            {"backup", "reader", "report"},
	"github.com/prometheus/client_golang":      {"metrics"},
	"github.com/rivo/uniseg":                   {"internal/prose"},
	"github.com/schollz/progressbar/v3":        {"internal/app"},
	"github.com/ulikunitz/xz":                  {"reader"},
	"github.com/urfave/cli/v2":                 {"internal/app"},
	"golang.org/x/sys":                         {"sandbox"},
	"golang.org/x/term":                        {"internal/app"},
	"golang.org/x/time":                        {"ratelimit"},
	"github.com/rogpeppe/go-internal":          {}, // tests only
	"github.com/santhosh-tekuri/jsonschema/v6": {}, // tests only
	"github.com/stretchr/testify":              {}, // tests only
}

const module = "rejoin"

func TestImportsRunOneWay(t *testing.T) {
	t.Parallel()
	seen, wrong := checkImports(t, os.DirFS("."))
	for _, w := range wrong {
		t.Error(w)
	}
	// A test that read nothing would find nothing wrong.
	for _, pkg := range slices.Sorted(maps.Keys(ours)) {
		assert.Positive(t, seen[pkg], "no Go file was found in %s: mend the walk, or take the package out of the table", pkg)
	}
}

// TestImportCheckFinds plants one import of each kind that is wrong, and each that is right, in a tree of its own.
func TestImportCheckFinds(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ file, imports, want string }{
		{"main.go", "rejoin/internal/app", ""},
		{"main.go", "rejoin/restore", `main.go:2: . imports rejoin/restore; of ours it may import: rejoin/internal/app`},
		{"main_test.go", "rejoin", ""},
		{"restore/engine.go", "rejoin/chat", ""},
		{"restore/engine.go", "rejoin/report", "restore imports rejoin/report; of ours it may import: rejoin/chat, rejoin/reader, rejoin/retry, rejoin/rules"},
		{"restore/engine.go", "rejoin/sandbox", "restore imports rejoin/sandbox;"},
		{"restore/engine_test.go", "rejoin/sandbox", ""},
		{"restore/engine_test.go", "rejoin/restore", ""},
		{"restore/engine_test.go", "rejoin/ratelimit", ""},
		{"restore/engine_test.go", "rejoin/report", "they may import: rejoin/chat, rejoin/internal/filelock, rejoin/internal/prose, rejoin/internal/spill, rejoin/ratelimit, rejoin/reader, rejoin/restore, rejoin/retry, rejoin/rules, rejoin/sandbox"},
		{"chat/client.go", "rejoin/reader", "chat imports rejoin/reader; of ours it may import: nothing"},
		{"chat/client_test.go", "rejoin/chat", ""},
		{"chat/client_test.go", "rejoin/sandbox", "chat's tests import rejoin/sandbox; of ours they may import: rejoin/chat"},
		{"sandbox/server_test.go", "rejoin/chat", "sandbox's tests import rejoin/chat; of ours they may import: rejoin/internal/filelock, rejoin/sandbox"},
		{"sandbox/server_windows.go", "rejoin/chat", "sandbox imports rejoin/chat;"},
		{"verify/verify.go", "rejoin/report", "verify imports rejoin/report;"},
		{"compare/compare.go", "fmt", "compare/compare.go: the package compare is in no table: place it in `ours`"},
		{"compare/compare_test.go", "fmt", "place it in `ours`"},
		{"restore/deep/er.go", "fmt", "the package restore/deep is in no table"},
		{"report/file.go", "rejoin/audit", "report imports rejoin/audit;"},
		{"retry/backoff.go", "github.com/cenkalti/backoff/v4", ""},
		{"chat/retry.go", "github.com/cenkalti/backoff/v4", "chat imports github.com/cenkalti/backoff/v4, whose place is: retry"},
		{"restore/wait.go", "golang.org/x/time/rate", "whose place is: ratelimit"},
		{"report/bar.go", "github.com/schollz/progressbar/v3", "whose place is: internal/app"},
		{"report/write.go", "github.com/stretchr/testify/assert", "whose place is: tests"},
		{"report/write_test.go", "github.com/stretchr/testify/assert", ""},
		{"report/write.go", "testing/fstest", "report imports testing/fstest, whose place is: tests"},
		{"report/hash.go", "github.com/cespare/xxhash/v2", "in no table: place github.com/cespare/xxhash/v2 in `theirs`"},
		{"report/hash.go", "github.com/stretchr/testifying", "place github.com/stretchr/testifying in `theirs`"},
		{"testdata/generate.go", "rejoin/report", ""},
		{"chat/testdata/x.go", "rejoin/report", ""},
	} {
		tree := fstest.MapFS{c.file: {Data: []byte("package p\nimport _ " + strconv.Quote(c.imports) + "\n")}}
		_, wrong := checkImports(t, tree)
		if c.want == "" {
			assert.Empty(t, wrong, "%s imports %s", c.file, c.imports)
			continue
		}
		if assert.Len(t, wrong, 1, "%s imports %s", c.file, c.imports) {
			assert.Contains(t, wrong[0]+"\n", c.want)
		}
	}
}

func TestAModuleOfItsOwnIsLeftOut(t *testing.T) {
	t.Parallel()
	tree := fstest.MapFS{
		"sandbox/deep/go.mod": {Data: []byte("module rejoin/sandbox/deep\n")},
		"sandbox/deep/a.go":   {Data: []byte("package a\nimport _ \"github.com/twilio/twilio-go\"\n")},
	}
	seen, wrong := checkImports(t, tree)
	assert.Empty(t, seen)
	assert.Empty(t, wrong)
}

// checkImports reads every Go file of the tree, whatever it is built for, and returns how many files each package has
// and one line for each import that a table does not allow.
func checkImports(t *testing.T, tree fs.FS) (seen map[string]int, wrong []string) {
	t.Helper()
	seen = map[string]int{}
	err := fs.WalkDir(tree, ".", func(name string, d fs.DirEntry, err error) error {
		switch base := path.Base(name); {
		case err != nil:
			return err
		case d.IsDir() && name != "." && (base == "testdata" || strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_")):
			return fs.SkipDir // what the go command leaves out, too
		case d.IsDir() && name != "." && isModule(tree, name):
			return fs.SkipDir // a module of its own, with a go.mod that lists what it imports
		case d.IsDir() || path.Ext(name) != ".go":
			return nil
		}
		seen[path.Dir(name)]++
		bad, err := checkFile(tree, name)
		wrong = append(wrong, bad...)
		return err
	})
	require.NoError(t, err)
	return seen, wrong
}

func isModule(tree fs.FS, dir string) bool {
	_, err := fs.Stat(tree, path.Join(dir, "go.mod"))
	return err == nil
}

func checkFile(tree fs.FS, name string) (wrong []string, err error) {
	pkg, test := path.Dir(name), strings.HasSuffix(name, "_test.go")
	if _, ok := ours[pkg]; !ok {
		return []string{fmt.Sprintf("%s: the package %s is in no table: place it in `ours` in imports_test.go", name, pkg)}, nil
	}
	src, err := fs.ReadFile(tree, name)
	if err != nil {
		return nil, err
	}
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, name, src, parser.ImportsOnly)
	if err != nil {
		return nil, err
	}
	for _, spec := range file.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return nil, err
		}
		if why := forbidden(pkg, test, imported); why != "" {
			wrong = append(wrong, fmt.Sprintf("%s:%d: %s", name, files.Position(spec.Pos()).Line, why))
		}
	}
	return wrong, nil
}

// forbidden says what is wrong with an import, and what would be right, or nothing.
func forbidden(pkg string, test bool, imported string) string {
	who, it := pkg+" imports "+imported, "it"
	if test {
		who, it = pkg+"'s tests import "+imported, "they"
	}
	first, _, _ := strings.Cut(imported, "/")
	switch {
	case first == module:
		if allowed := allowedOurs(pkg, test); !slices.Contains(allowed, imported) {
			return who + "; of ours " + it + " may import: " + orNothing(allowed)
		}
	case strings.Contains(first, "."):
		places, ok := placesOf(imported)
		if !ok {
			return who + ", which is in no table: place " + imported + " in `theirs` in imports_test.go"
		}
		if !test && !slices.Contains(places, pkg) {
			return who + ", whose place is: " + strings.Join(append(slices.Clone(places), "tests"), ", ")
		}
	case first == "testing" && !test:
		return who + ", whose place is: tests"
	}
	return ""
}

// allowedOurs returns the import paths that the files of a package may use. Its tests may also use the package itself
// and those that stand alone: a limiter to wait for, a sandbox to talk to. What stands alone is tested alone.
func allowedOurs(pkg string, test bool) []string {
	allowed := slices.Clone(ours[pkg])
	if test {
		allowed = append(allowed, pkg)
	}
	if test && !standsAlone(pkg) {
		allowed = append(allowed, standalone()...)
	}
	for i, p := range allowed {
		allowed[i] = path.Join(module, p)
	}
	slices.Sort(allowed)
	return slices.Compact(allowed)
}

// standalone returns the packages that stand alone.
func standalone() (pkgs []string) {
	for pkg := range ours {
		if standsAlone(pkg) {
			pkgs = append(pkgs, pkg)
		}
	}
	return pkgs
}

// standsAlone reports whether a package imports no other package of ours, but for the one that locks files, which knows
// nothing of what is in them.
func standsAlone(pkg string) bool {
	return len(ours[pkg]) == 0 || slices.Equal(ours[pkg], []string{"internal/filelock"})
}

// placesOf returns the packages in which the module that holds an imported package has its place.
func placesOf(imported string) (places []string, ok bool) {
	for mod, places := range theirs {
		if imported == mod || strings.HasPrefix(imported, mod+"/") {
			return places, true
		}
	}
	return nil, false
}

func orNothing(allowed []string) string {
	if len(allowed) == 0 {
		return "nothing"
	}
	return strings.Join(allowed, ", ")
}
