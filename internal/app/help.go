package app

// The shape of the help pages: what a stranger needs first stands first.
const (
	appHelp = `rejoin - {{.Usage}}

USAGE
   {{.UsageText}}

   {{.Description}}

COMMANDS{{range .VisibleCommands}}
   {{printf "%-10s" .Name}}{{.Usage}}{{end}}

   rejoin help COMMAND explains one. Every flag is also an environment variable: REJOIN_ and the flag in upper
   case with _ for -; a flag wins over it.
`

	commandHelp = `rejoin {{.Name}} - {{.Usage}}

USAGE
   rejoin {{.Name}} [flags] {{.ArgsUsage}}
{{if .Description}}
{{.Description}}
{{end}}{{range .VisibleFlagCategories}}
{{if .Name}}{{.Name}}{{else}}FLAGS{{end}}{{range .Flags}}
   {{.}}{{end}}
{{end}}`
)
