package app

import (
	"io"
	"log/slog"

	"github.com/urfave/cli/v2"
)

// logs is what diagnostics are told, and how.
type logs struct {
	level slog.Level
	json  bool
}

func readLogs(c *cli.Context) (l logs, err error) {
	l.level, err = parse(c, "log-level", oneOf([]string{"debug", "info", "warn", "error"},
		slog.LevelDebug, slog.LevelInfo, slog.LevelWarn, slog.LevelError))
	if err != nil {
		return l, err
	}
	format, err := parse(c, "log-format", word("text", "json"))
	l.json = format == "json"
	return l, err
}

// jsonLogger writes diagnostics as JSON lines.
func (l logs) jsonLogger(w io.Writer) *slog.Logger {
	return slog.New(slog.NewJSONHandler(w, &slog.HandlerOptions{Level: l.level}))
}
