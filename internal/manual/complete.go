package manual

import (
	"fmt"
	"slices"
	"strings"
)

// Shells are those that [Program.Completion] writes for.
func Shells() []string { return []string{"bash", "zsh", "fish"} }

// Completion is the script that makes a shell complete the program's command lines. The shell is one of [Shells].
func (p *Program) Completion(shell string) (string, error) {
	switch shell {
	case "bash":
		return p.bash(), nil
	case "zsh":
		return p.zsh(), nil
	case "fish":
		return p.fish(), nil
	}
	return "", fmt.Errorf("there is no completion for the shell %q: expected one of %s", shell, strings.Join(Shells(), ", "))
}

// globalFlags are the flags that stand in a command's place.
var globalFlags = []Flag{
	{Names: []string{"help", "h"}, Usage: "list the commands and topics"},
	{Names: []string{"version", "v"}, Usage: "print the version"},
}

// helpFlag is a flag of every command.
var helpFlag = Flag{Names: []string{"help", "h"}, Usage: "explain the command"}

// typedNames are a flag's names, each as it is typed.
func (f *Flag) typedNames() []string {
	var typed []string
	for _, name := range f.Names {
		if len(name) == 1 {
			typed = append(typed, "-"+name)
		} else {
			typed = append(typed, "--"+name)
		}
	}
	return typed
}

// single is a text as one word of a POSIX shell.
func single(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

func (p *Program) bash() string {
	b := new(strings.Builder)
	first := p.CommandNames()
	for i := range globalFlags {
		first = append(first, globalFlags[i].typedNames()...)
	}
	fmt.Fprintf(b, bashHead, p.Name, strings.Join(first, " "))
	for i := range p.Commands {
		p.bashValues(b, &p.Commands[i])
	}
	b.WriteString("\tesac\n\tif [[ -z $values && $flags && $current == -* ]]; then\n\t\tcase $command in\n")
	for i := range p.Commands {
		c := &p.Commands[i]
		var names []string
		for _, f := range append(c.flags(), helpFlag) {
			names = append(names, f.typedNames()...)
		}
		fmt.Fprintf(b, "\t\t%s) values=words words=%s ;;\n", c.Name, single(strings.Join(names, " ")))
	}
	b.WriteString("\t\tesac\n\telif [[ -z $values ]]; then\n\t\tcase $command in\n")
	for i := range p.Commands {
		fmt.Fprintf(b, "\t\t%s) %s ;;\n", p.Commands[i].Name, bashArgument(p.argument(&p.Commands[i])))
	}
	fmt.Fprintf(b, bashFoot, p.Name)
	return b.String()
}

// bashValues writes what each flag's value can be completed with.
func (p *Program) bashValues(b *strings.Builder, c *Command) {
	flags := c.flags()
	for i := range flags {
		f := &flags[i]
		if f.Value == "" {
			continue
		}
		var patterns []string
		for _, name := range f.typedNames() {
			patterns = append(patterns, single(c.Name+" "+name))
		}
		fmt.Fprintf(b, "\t%s) %s ;;\n", strings.Join(patterns, " | "), bashArgument(f.argument()))
	}
}

func bashArgument(a argument) string {
	switch {
	case len(a.words) > 0:
		return "values=words words=" + single(strings.Join(a.words, " "))
	case a.files:
		return "values=files"
	case a.dirs:
		return "values=folders"
	}
	return "values=nothing"
}

// The scripts need no library of completions, which not every system has, and run on bash 3.2, which macOS has. A word
// with an equals sign reaches them in three pieces.
const bashHead = `# bash completion for %[1]s. To have it in this shell: source <(%[1]s completion bash)
_%[1]s() {
	local current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} command=${COMP_WORDS[1]}
	local values='' words='' flags=yes i
	COMPREPLY=()
	if ((COMP_CWORD == 1)); then
		COMPREPLY=($(compgen -W %[2]q -- "$current"))
		return
	fi
	if [[ $current == = ]]; then
		current=''
	elif [[ $before == = ]] && ((COMP_CWORD > 2)); then
		before=${COMP_WORDS[COMP_CWORD-2]}
	fi
	for ((i = 2; i < COMP_CWORD; i++)); do
		if [[ ${COMP_WORDS[i]} == -- ]]; then
			before='' flags='' # nothing behind it is one
			break
		fi
	done
	case "$command $before" in
`

const bashFoot = `		esac
	fi
	case $values in
	words) COMPREPLY=($(compgen -W "$words" -- "$current")) ;;
	files) ;; # the shell's own completion, with its quoting
	folders)
		compopt -o dirnames +o default 2>/dev/null
		COMPREPLY=()
		;;
	*) compopt +o default 2>/dev/null ;;
	esac
}
complete -o default -F _%[1]s %[1]s
`

func (p *Program) zsh() string {
	b := new(strings.Builder)
	fmt.Fprintf(b, zshHead, p.Name)
	for i := range p.Commands {
		fmt.Fprintf(b, "\t\t\t%s\n", single(p.Commands[i].Name+":"+p.Commands[i].Usage))
	}
	b.WriteString("\t\t)\n\t\t_describe -t commands command commands\n\t\t_arguments")
	for i := range globalFlags {
		b.WriteString(" \\\n\t\t\t" + zshFlag(&globalFlags[i]))
	}
	b.WriteString("\n\t\treturn\n\tfi\n\tlocal command=$words[2]\n\tshift words\n\t((CURRENT--))\n\tcase $command in\n")
	for i := range p.Commands {
		c := &p.Commands[i]
		fmt.Fprintf(b, "\t%s)\n\t\t_arguments -s -S", c.Name)
		for _, f := range append(c.flags(), helpFlag) {
			b.WriteString(" \\\n\t\t\t" + zshFlag(&f))
		}
		if c.Args != "" {
			b.WriteString(" \\\n\t\t\t" + single("*:"+zshText(c.Args)+":"+zshAction(p.argument(c))))
		}
		b.WriteString("\n\t\t;;\n")
	}
	fmt.Fprintf(b, zshFoot, p.Name)
	return b.String()
}

// zshFlag is a flag as _arguments takes it: each name excludes the others, unless the flag may be repeated.
func zshFlag(f *Flag) string {
	names := f.typedNames()
	var specs []string
	for _, name := range names {
		exclude := "*"
		if !f.Repeats {
			exclude = "(" + strings.Join(names, " ") + ")"
		}
		equals, value := "", ""
		if f.Value != "" {
			value = ":" + zshText(f.Value) + ":" + zshAction(f.argument())
			if len(name) > 2 {
				equals = "="
			}
		}
		specs = append(specs, single(exclude+name+equals+"["+zshText(f.Usage)+"]"+value))
	}
	return strings.Join(specs, " \\\n\t\t\t")
}

func zshAction(a argument) string {
	switch {
	case len(a.words) > 0:
		return "(" + strings.Join(a.words, " ") + ")"
	case a.files:
		return "_files"
	case a.dirs:
		return "_files -/"
	}
	return " "
}

// zshText is a text in which _arguments finds no mark of its own.
func zshText(s string) string {
	return strings.NewReplacer(`\`, `\\`, "[", `\[`, "]", `\]`, ":", `\:`).Replace(s)
}

const zshHead = `#compdef %[1]s
# zsh completion for %[1]s. To have it in this shell: source <(%[1]s completion zsh)
_%[1]s() {
	if ((CURRENT == 2)); then
		local -a commands=(
`

const zshFoot = `	esac
}
if [[ $funcstack[1] == _%[1]s ]]; then
	_%[1]s "$@" # it was loaded by its name, from a folder of fpath
else
	compdef _%[1]s %[1]s
fi
`

func (p *Program) fish() string {
	b := new(strings.Builder)
	fmt.Fprintf(b, fishHead, p.Name)
	for i := range p.Commands {
		c := &p.Commands[i]
		fmt.Fprintf(b, "complete -c %s -n __%[1]s_first -a %s -d %s\n", p.Name, c.Name, fishText(c.Usage))
	}
	for i := range globalFlags {
		p.fishFlag(b, "__"+p.Name+"_first", &globalFlags[i])
	}
	for i := range p.Commands {
		c := &p.Commands[i]
		condition := fishText("__" + p.Name + "_command " + c.Name)
		fmt.Fprintf(b, "\n")
		for _, f := range append(c.flags(), helpFlag) {
			p.fishFlag(b, condition, &f)
		}
		if c.Args != "" {
			fmt.Fprintf(b, "complete -c %s -n %s%s\n", p.Name, condition, fishAction(p.argument(c)))
		}
	}
	return b.String()
}

func (p *Program) fishFlag(b *strings.Builder, condition string, f *Flag) {
	fmt.Fprintf(b, "complete -c %s -n %s", p.Name, condition)
	for _, name := range f.Names {
		if len(name) == 1 {
			b.WriteString(" -s " + name)
		} else {
			b.WriteString(" -l " + name)
		}
	}
	if a := f.argument(); a.files {
		b.WriteString(" -r" + fishAction(a))
	} else if f.Value != "" {
		b.WriteString(" -x" + fishAction(a)) // it needs a value, which is no file
	}
	fmt.Fprintf(b, " -d %s\n", fishText(f.Usage))
}

func fishAction(a argument) string {
	switch {
	case len(a.words) > 0:
		return " -a " + fishText(strings.Join(a.words, " "))
	case a.files:
		return " -F"
	case a.dirs:
		return " -a '(__fish_complete_directories)'"
	}
	return ""
}

// fishText is a text as one word of fish.
func fishText(s string) string {
	if !strings.ContainsFunc(s, func(r rune) bool { return !isPlain(r) }) {
		return s
	}
	return "'" + strings.NewReplacer(`\`, `\\`, "'", `\'`).Replace(s) + "'"
}

func isPlain(r rune) bool {
	return r >= 'a' && r <= 'z' || slices.Contains([]rune("_-"), r)
}

const fishHead = `# fish completion for %[1]s. To have it in this shell: %[1]s completion fish | source
function __%[1]s_first
	test (count (commandline -opc)) -eq 1
end
function __%[1]s_command
	set -l words (commandline -opc)
	test (count $words) -gt 1; and test $words[2] = $argv[1]
end
complete -c %[1]s -f
`
