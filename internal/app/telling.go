package app

import "github.com/urfave/cli/v2"

// telling is what a command tells of itself while it works and when it has, and how.
type telling struct {
	progress string
	json     bool
	logs     logs
}

// readTelling reads the flags that say so.
func readTelling(c *cli.Context) (t telling, err error) {
	if t.progress, err = parse(c, "progress", word("auto", "bar", "plain", "json", "none")); err != nil {
		return t, err
	}
	output, err := parse(c, "output", word("text", "json"))
	if err != nil {
		return t, err
	}
	t.json = output == "json"
	t.logs, err = readLogs(c)
	return t, err
}

func (set *settings) readTelling(c *cli.Context) error {
	told, err := readTelling(c)
	set.progress, set.json, set.logs = told.progress, told.json, told.logs
	return err
}
