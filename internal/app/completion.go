package app

import (
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"rejoin/internal/manual"
)

func (a *app) completionCommand() *cli.Command {
	return &cli.Command{
		Name:      "completion",
		Usage:     "print the script that makes a shell complete command lines",
		ArgsUsage: strings.Join(manual.Shells(), "|"),
		Description: `EXAMPLES
   source <(rejoin completion bash)                          in this bash
   rejoin completion bash >~/.local/share/bash-completion/completions/rejoin
   source <(rejoin completion zsh)                           in this zsh, after compinit
   rejoin completion zsh >DIR/_rejoin                        DIR is a folder of fpath
   rejoin completion fish | source                           in this fish
   rejoin completion fish >~/.config/fish/completions/rejoin.fish

   The script completes commands, topics, flags, the words that a flag takes,
   and files. It is made once and runs nothing: print it again after an upgrade.

EXIT STATUS
   0 printed   1 standard output cannot be written   2 wrong usage`,
		Action: a.printCompletion,
	}
}

func (a *app) printCompletion(c *cli.Context) error {
	shells := manual.Shells()
	switch args := c.Args().Slice(); {
	case len(args) == 0:
		return usagef("which shell? give its name: rejoin completion %s", strings.Join(shells, "|"))
	case len(args) > 1:
		return usagef("one shell at a time: found %q and %q", args[0], args[1])
	}
	script, err := program(c.App.Commands).Completion(c.Args().First())
	if err != nil {
		return usagef("%w%s", err, didYouMean(c.Args().First(), shells))
	}
	fmt.Fprint(a.out, script)
	return nil
}
