package app

import (
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/term"

	"rejoin/internal/prose"
	"rejoin/report"
)

// screen is standard error: diagnostics, and how far the run is. Both share it, so that a line never lands in the
// middle of another.
type screen struct {
	mu       sync.Mutex
	w        io.Writer
	style    string // bar, plain, json or none
	logs     logs
	logger   *slog.Logger // nil: text
	terminal bool

	line     drawn // at a terminal's bottom
	progress progress
	ticking  sync.WaitGroup
	stop     chan struct{}
}

// How often progress is shown: a bar moves, lines in a log must not fill it.
const (
	barEvery  = 200 * time.Millisecond
	lineEvery = 10 * time.Second
)

func newScreen(w io.Writer, style string, l logs, getenv func(string) string) *screen {
	s := &screen{w: w, style: style, logs: l, terminal: isTerminal(w, getenv), line: newDrawn(w)}
	if l.json {
		s.logger = l.jsonLogger(lockedWriter{s})
	}
	if style == "auto" {
		s.style = "plain"
		if s.terminal {
			s.style = "bar"
		}
	}
	return s
}

// isTerminal reports whether lines on w can be drawn over.
func isTerminal(w io.Writer, getenv func(string) string) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd())) && getenv("TERM") != "dumb"
}

// lockedWriter is what writes to standard error besides the screen itself.
type lockedWriter struct{ s *screen }

func (l lockedWriter) Write(p []byte) (int, error) {
	l.s.mu.Lock()
	defer l.s.mu.Unlock()
	l.s.line.erase()
	return l.s.w.Write(p)
}

// tell writes one diagnostic line.
func (s *screen) tell(level slog.Level, label, message string) {
	if level < s.logs.level {
		return
	}
	if s.logger != nil {
		s.log(level, message)
		return
	}
	fmt.Fprint(lockedWriter{s}, s.laidOut("rejoin: "+label+prose.VisibleLines(report.Brief(message))))
}

// laidOut is a message in lines that fit a terminal, and where there is none on one line. A line that is set in is a
// command to be copied: it stands as it is.
func (s *screen) laidOut(message string) string {
	if !s.terminal {
		return strings.ReplaceAll(message, "\n  ", " ") + "\n"
	}
	b := new(strings.Builder)
	message = strings.ReplaceAll(message, "; to go on, run: ", "; to go on, run:\n  ")
	for line := range strings.SplitSeq(message, "\n") {
		lines := []string{line}
		if !strings.HasPrefix(line, " ") {
			lines = prose.Wrapping{Columns: s.line.width(), Other: "        "}.Lines(line)
		}
		b.WriteString(strings.Join(lines, "\n") + "\n")
	}
	return b.String()
}

func (s *screen) log(level slog.Level, message string) {
	switch level {
	case slog.LevelDebug:
		s.logger.Debug(message)
	case slog.LevelWarn:
		s.logger.Warn(message)
	case slog.LevelError:
		s.logger.Error(message)
	case slog.LevelInfo:
		s.logger.Info(message)
	}
}

func (s *screen) warn(message string)  { s.tell(slog.LevelWarn, "warning: ", message) }
func (s *screen) hint(message string)  { s.tell(slog.LevelInfo, "", message) }
func (s *screen) phase(message string) { s.tell(slog.LevelDebug, "", message) }

// plan tells what is about to be done, a line a thing; to machines in one line.
func (s *screen) plan(things [][2]string) {
	if s.logger == nil {
		for _, thing := range things {
			s.hint(fmt.Sprintf("%-8s %s", thing[0], thing[1]))
		}
		return
	}
	var attrs []any
	for _, thing := range things {
		attrs = append(attrs, slog.String(thing[0], thing[1]))
	}
	s.logger.Info("plan", attrs...)
}

// banner is told whatever the level is: who sees the run's output must not take it for a restore.
func (s *screen) banner(message string) {
	if s.logger != nil {
		s.logger.Error(message)
		return
	}
	fmt.Fprint(lockedWriter{s}, s.laidOut("rejoin: "+message))
}

// begin starts to show progress. total is how many things are to be done; 0: not known.
func (s *screen) begin(total int64, g gauge) {
	if s.style == "none" {
		return
	}
	s.progress = newProgress(s, total, g)
	every := lineEvery
	if s.style == "bar" {
		every = barEvery
	}
	s.stop = make(chan struct{})
	s.ticking.Go(func() { s.tick(every) })
}

// tick draws, from the counters that the command keeps, so that no worker ever waits for a screen.
func (s *screen) tick(every time.Duration) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			s.mu.Lock()
			s.progress.draw()
			s.mu.Unlock()
		case <-s.stop:
			return
		}
	}
}

// end shows how far the run came, and stops.
func (s *screen) end() {
	if s.stop == nil {
		return
	}
	close(s.stop)
	s.ticking.Wait()
	s.stop = nil
	s.mu.Lock()
	defer s.mu.Unlock()
	s.progress.finish()
	s.progress = progress{}
}

func (s *screen) close() { s.end() }
