package app

import (
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"
)

// appHelp is what `rejoin help` shows: what a stranger needs first stands first.
const appHelp = `rejoin - {{.Usage}}

USAGE
   {{.UsageText}}

{{.Description}}

COMMANDS{{range .VisibleCommands}}
   {{printf "%-10s" .Name}}{{.Usage}}{{end}}

   rejoin help COMMAND explains one.
`

const appDescription = `EXAMPLES
   rejoin restore --sandbox members.ndjson    rehearse a restore, without an account
   rejoin restore members.ndjson              restore
   rejoin report members.ndjson.report.ndjson what became of the rows, and why

   Credentials come from the environment: TWILIO_API_KEY with TWILIO_API_SECRET,
   or TWILIO_ACCOUNT_SID with TWILIO_AUTH_TOKEN. Every flag is also a variable:
   REJOIN_ and the flag in upper case with _ for -; a flag wins over it.`

// group is some of a command's flags, under one heading. The library would sort headings by name.
type group struct {
	heading string
	flags   []cli.Flag
}

func flagsOf(groups []group) []cli.Flag {
	var flags []cli.Flag
	for _, g := range groups {
		flags = append(flags, g.flags...)
	}
	return flags
}

// commandHelp is a command's help page: examples first, then the flags by group.
func commandHelp(c *cli.Command, groups []group) string {
	b := new(strings.Builder)
	fmt.Fprintf(b, "rejoin %s - %s\n\nUSAGE\n   rejoin %s", c.Name, c.Usage, c.Name)
	if len(groups) > 0 {
		b.WriteString(" [flags]")
	}
	fmt.Fprintf(b, " %s\n", c.ArgsUsage)
	if c.Description != "" {
		fmt.Fprintf(b, "\n%s\n", c.Description)
	}
	for _, g := range groups {
		fmt.Fprintf(b, "\n%s\n", g.heading)
		for _, flag := range g.flags {
			writeFlag(b, flag)
		}
	}
	return b.String()
}

// flagColumn is where the explanation of a flag begins, helpWidth where it ends.
const (
	flagColumn = 28
	helpWidth  = 80
)

func writeFlag(b *strings.Builder, flag cli.Flag) {
	described, ok := flag.(cli.DocGenerationFlag)
	if !ok {
		return
	}
	value, usage := placeholder(described.GetUsage())
	names := "   " + flagNames(flag.Names())
	if value != "" {
		names += " " + value
	}
	if text := described.GetDefaultText(); described.TakesValue() && text != "" && text != `""` {
		usage += " (default " + strings.Trim(text, `"`) + ")"
	}
	if len(names) >= flagColumn {
		b.WriteString(names + "\n")
		names = ""
	}
	line := fmt.Sprintf("%-*s", flagColumn, names)
	for word := range strings.FieldsSeq(usage) {
		if len(line)+1+len(word) > helpWidth {
			b.WriteString(strings.TrimRight(line, " ") + "\n")
			line = strings.Repeat(" ", flagColumn)
		}
		if len(line) > flagColumn {
			line += " "
		}
		line += word
	}
	b.WriteString(line + "\n")
}

// flagNames are a flag's names as they are typed, the short one first.
func flagNames(names []string) string {
	typed := []string{"--" + names[0]}
	for _, name := range names[1:] {
		typed = append([]string{"-" + name}, typed...)
	}
	return strings.Join(typed, ", ")
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
