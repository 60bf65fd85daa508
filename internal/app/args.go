package app

import (
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
)

// flagsFirst puts a command's flags before its arguments, so that they may stand before or after it: the flag parser
// stops at the first argument, and would take `restore members.csv --rate 5` for two arguments too many.
func flagsFirst(args []string, commands []*cli.Command) []string {
	if len(args) < 2 {
		return args
	}
	if args = asCommand(args); args[1] == "help" {
		return args
	}
	at := slices.IndexFunc(commands, func(c *cli.Command) bool { return c.HasName(args[1]) })
	if at < 0 {
		return args
	}
	alone := switches(commands[at])
	flags, rest := []string{args[0], args[1]}, []string(nil)
	for i := 2; i < len(args); i++ {
		arg := args[i]
		switch {
		case arg == "--":
			rest = append(rest, args[i+1:]...)
			i = len(args)
		case len(arg) < 2 || arg[0] != '-': // "-" is standard input
			rest = append(rest, arg)
		default:
			flags = append(flags, arg)
			name := strings.TrimLeft(arg, "-")
			if strings.Contains(name, "=") || alone[name] {
				continue
			}
			if i++; i == len(args) {
				return flags // the parser tells that the value is missing
			}
			flags = append(flags, args[i])
		}
	}
	return append(append(flags, "--"), rest...)
}

// asCommand turns the flags that ask for help, or for the version, into the commands that give it. The library's own
// help flag is one variable for the whole process.
func asCommand(args []string) []string {
	switch args[1] {
	case "--version", "-version", "-v":
		return slices.Concat(args[:1], []string{"version"}, args[2:])
	case "--help", "-help", "-h", "help":
		return slices.Concat(args[:1], []string{"help"}, slices.DeleteFunc(slices.Clone(args[2:]), asksForHelp))
	}
	for _, arg := range args[2:] {
		if arg == "--" {
			return args
		}
		if asksForHelp(arg) {
			return []string{args[0], "help", args[1], helpAsked}
		}
	}
	return args
}

func asksForHelp(arg string) bool { return arg == "--help" || arg == "-help" || arg == "-h" }

// switches are the names of a command's flags that take no value.
func switches(command *cli.Command) map[string]bool {
	alone := make(map[string]bool)
	for _, flag := range command.Flags {
		if _, ok := flag.(*cli.BoolFlag); ok {
			for _, name := range flag.Names() {
				alone[name] = true
			}
		}
	}
	return alone
}

// backupArg is the one argument of a command that reads a backup.
func backupArg(c *cli.Context) (string, error) {
	switch args := c.Args().Slice(); {
	case len(args) == 0:
		return "", usagef("which backup? give its path, or - for standard input: rejoin %s BACKUP", c.Command.Name)
	case len(args) > 1:
		return "", usagef("one backup at a time: found %q and %q; to restore several, run rejoin once for each", args[0], args[1])
	case args[0] == "":
		return "", usagef("the backup's path is empty")
	default:
		return args[0], nil
	}
}
