package app

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"rejoin/internal/prose"
)

// reading shows how far a pass over a backup is in which nothing is sent.
type reading struct {
	screen  *screen
	backup  *backup
	size    int64 // the backup's, as it was when the pass began: the pass itself may find another
	rows    *atomic.Int64
	started time.Time
}

// reading begins to show how far a pass over a backup is, and returns what ends it. A pass that is over at once is not
// spoken of.
func (s *screen) reading(b *backup, rows *atomic.Int64) (end func()) {
	if s.style == "none" {
		return func() {}
	}
	r := &reading{screen: s, backup: b, size: b.size, rows: rows, started: time.Now()}
	every := lineEvery
	if s.style == "bar" {
		every = barEvery
	}
	stop := make(chan struct{})
	var ticking sync.WaitGroup
	ticking.Go(func() { r.tick(every, stop) })
	return func() {
		close(stop)
		ticking.Wait()
		s.line.erase()
	}
}

func (r *reading) tick(every time.Duration, stop <-chan struct{}) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			r.screen.mu.Lock()
			r.draw()
			r.screen.mu.Unlock()
		case <-stop:
			return
		}
	}
}

func (r *reading) draw() {
	switch r.screen.style {
	case "json":
		fmt.Fprintln(r.screen.w, r.json())
	case "bar":
		r.screen.line.draw(withBar(r.backup.seen.Load(), r.size, r.text(), r.screen.line.width()-1))
	default:
		fmt.Fprintf(r.screen.w, "rejoin: %s\n", r.text())
	}
}

// left is how long the pass still takes at the rate that it has had so far; 0: not known.
func (r *reading) left(seen int64) time.Duration {
	if seen <= 0 || seen >= r.size {
		return 0
	}
	return time.Duration(float64(time.Since(r.started)) * float64(r.size-seen) / float64(seen)).Round(time.Second)
}

func (r *reading) text() string {
	seen := r.backup.seen.Load()
	perSecond := float64(seen) / max(time.Since(r.started).Seconds(), 1e-3)
	parts := []string{"reading: " + count(r.rows.Load()) + " rows", prose.Size(int64(perSecond)) + "/s"}
	if left := r.left(seen); left > 0 {
		parts = append(parts, prose.Lasting(left)+" left")
	}
	return strings.Join(parts, ", ")
}

func (r *reading) json() string {
	seen := r.backup.seen.Load()
	line, err := json.Marshal(struct {
		Type     string  `json:"type"`
		ElapsedS float64 `json:"elapsed_s"`
		Rows     int64   `json:"rows"`
		Bytes    int64   `json:"bytes"`
		Total    int64   `json:"total_bytes,omitempty"`
		LeftS    float64 `json:"left_s,omitempty"`
	}{"reading", time.Since(r.started).Seconds(), r.rows.Load(), seen, r.size, r.left(seen).Seconds()})
	if err != nil {
		return `{"type":"reading"}`
	}
	return string(line)
}
