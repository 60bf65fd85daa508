package app

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/urfave/cli/v2"
)

// version is set when a release is built.
var version = "dev" //nolint:gochecknoglobals // the linker can only set a package variable

func (a *app) versionCommand() *cli.Command {
	return &cli.Command{
		Name:  "version",
		Usage: "print the version",
		Description: `EXAMPLES
   rejoin version            the version, in one line
   rejoin version -o json    with what it was built with

   Where it was built in a git checkout, and not with -buildvcs=false, the JSON
   has the commit and its date, too.

EXIT STATUS
   0 printed   1 standard output cannot be written   2 wrong usage`,
		Flags:  flagsOf([]group{{"WHAT IS WRITTEN", []cli.Flag{outputFlag()}}}),
		Action: a.printVersion,
	}
}

func (a *app) printVersion(c *cli.Context) error {
	if c.Args().Present() {
		return usagef("version takes no argument, and found %q", c.Args().First())
	}
	output, err := parse(c, "output", word("text", "json"))
	if err != nil {
		return err
	}
	if output == "text" {
		fmt.Fprintln(a.out, programName, version)
		return nil
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		info = new(debug.BuildInfo)
	}
	fmt.Fprintln(a.out, object(versionKeys(info)))
	return nil
}

// versionKeys are what is known of how the program was built. What was not stamped into it is left out.
func versionKeys(info *debug.BuildInfo) []any {
	keys := []any{"type", "version", "version", version}
	for _, setting := range info.Settings {
		switch setting.Key {
		case "vcs.revision":
			keys = append(keys, "commit", setting.Value)
		case "vcs.time":
			keys = append(keys, "commit_date", setting.Value)
		case "vcs.modified":
			keys = append(keys, "modified", setting.Value == "true")
		}
	}
	return append(keys, "go", runtime.Version(), "os", runtime.GOOS, "arch", runtime.GOARCH)
}
