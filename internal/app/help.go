package app

import (
	"fmt"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"rejoin/internal/manual"
)

const programName = "rejoin"

const programText = `EXAMPLES
   rejoin audit members.ndjson                   may it be restored?
   rejoin restore --sandbox --report try.ndjson members.ndjson    rehearse
   rejoin restore members.ndjson                 restore
   rejoin report members.ndjson.report.ndjson    what became of the rows

   Credentials come from the environment: TWILIO_API_KEY with TWILIO_API_SECRET,
   or TWILIO_ACCOUNT_SID with TWILIO_AUTH_TOKEN. Every flag is also a variable:
   REJOIN_ and the flag in upper case with _ for -; a flag wins over it.`

// Manual is what the program's man pages are made of.
func Manual() *manual.Program { return program(new(app).commands()) }

// program describes the commands and the topics for the pages that tell of them.
func program(commands []*cli.Command) *manual.Program {
	p := &manual.Program{
		Name:     programName,
		Usage:    "restore the members of Twilio Programmable Chat channels from a backup",
		Synopsis: "rejoin COMMAND [flags] [BACKUP]",
		Text:     programText,
		Topics:   topics(),
	}
	for _, command := range commands {
		if !command.Hidden {
			p.Commands = append(p.Commands, described(command, groupsOf(command)))
		}
	}
	return p
}

// group is some of a command's flags, under one heading.
type group struct {
	heading string
	flags   []cli.Flag
}

// flagsOf are all flags of the groups. Each keeps its heading as its category; the library would sort them by name.
func flagsOf(groups []group) []cli.Flag {
	var flags []cli.Flag
	for _, g := range groups {
		for _, flag := range g.flags {
			switch flag := flag.(type) {
			case *cli.StringFlag:
				flag.Category = g.heading
			case *cli.BoolFlag:
				flag.Category = g.heading
			case *cli.StringSliceFlag:
				flag.Category = g.heading
			}
			flags = append(flags, flag)
		}
	}
	return flags
}

// groupsOf are the groups that a command's flags were made of.
func groupsOf(command *cli.Command) []group {
	var groups []group
	for _, flag := range command.Flags {
		heading := "FLAGS"
		if c, ok := flag.(cli.CategorizableFlag); ok && c.GetCategory() != "" {
			heading = c.GetCategory()
		}
		at := slices.IndexFunc(groups, func(g group) bool { return g.heading == heading })
		if at < 0 {
			at, groups = len(groups), append(groups, group{heading: heading})
		}
		groups[at].flags = append(groups[at].flags, flag)
	}
	return groups
}

// commandHelp is a command's help page.
func commandHelp(command *cli.Command, groups []group) string {
	c := described(command, groups)
	return c.Help(programName)
}

func described(command *cli.Command, groups []group) manual.Command {
	c := manual.Command{Name: command.Name, Usage: command.Usage, Args: command.ArgsUsage, Text: command.Description}
	for _, g := range groups {
		described := manual.Group{Heading: g.heading}
		for _, flag := range g.flags {
			described.Flags = append(described.Flags, describedFlag(flag))
		}
		c.Groups = append(c.Groups, described)
	}
	return c
}

func describedFlag(flag cli.Flag) manual.Flag {
	f := manual.Flag{Names: flag.Names()}
	if doc, ok := flag.(cli.DocGenerationFlag); ok {
		f.Value, f.Usage = placeholder(doc.GetUsage())
		if doc.TakesValue() {
			f.Default = strings.Trim(doc.GetDefaultText(), `"`)
		}
	}
	if slice, ok := flag.(cli.DocGenerationSliceFlag); ok {
		f.Repeats = slice.IsSliceFlag()
	}
	return f
}

// placeholder takes the word in back quotes out of a flag's usage: it stands for the flag's value.
func placeholder(usage string) (value, text string) {
	before, rest, found := strings.Cut(usage, "`")
	if !found {
		return "", usage
	}
	value, after, _ := strings.Cut(rest, "`")
	return value, before + value + after
}

func (a *app) helpCommand() *cli.Command {
	return &cli.Command{
		Name:      "help",
		Usage:     "explain a command, or a topic",
		ArgsUsage: "[COMMAND|TOPIC]",
		Description: `EXAMPLES
   rejoin help                the commands and the topics
   rejoin help restore        a command; the same as rejoin restore --help
   rejoin help exit-status    a topic

EXIT STATUS
   0 explained   1 standard output cannot be written   2 there is no such thing`,
		Action: a.help,
	}
}

// helpAsked is the last argument of help where a command's own flag asked for it.
const helpAsked = "--help"

func (a *app) help(c *cli.Context) error {
	p := program(c.App.Commands)
	args := c.Args().Slice()
	byFlag := len(args) > 1 && args[len(args)-1] == helpAsked
	if byFlag {
		args = args[:1]
	}
	switch {
	case len(args) == 0:
		fmt.Fprint(a.out, p.Help())
		return nil
	case len(args) > 1:
		return usagef("one thing at a time: found %q and %q; run `rejoin help %s` and `rejoin help %s`", args[0], args[1], args[0], args[1])
	}
	command := c.App.Command(args[0])
	topic, isTopic := p.Topic(args[0])
	switch {
	case command == nil && !isTopic:
		return noSuchPage(args[0], p)
	case command == nil:
		fmt.Fprint(a.out, topic.Help())
	case !isTopic || byFlag:
		fmt.Fprint(a.out, commandHelp(command, groupsOf(command)))
	default: // what the command is about is a topic, too
		fmt.Fprint(a.out, commandHelp(command, groupsOf(command)), "\n", topic.Help())
	}
	return nil
}
