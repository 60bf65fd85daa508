package app

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"rejoin/internal/prose"
)

// drawn is a line at a terminal's bottom that is drawn over and over. It fits the terminal as it is at that moment, also
// where its window has been resized since the last time.
type drawn struct {
	w     io.Writer
	width func() int // the terminal's columns now
	last  int        // columns that the line took when it was drawn last; 0: there is none
}

func newDrawn(w io.Writer) drawn {
	return drawn{w: w, width: func() int { return columnsOf(w) }}
}

// narrowest is what a terminal is taken for at least.
const narrowest = 20

// columnsOf is how wide the terminal behind w is.
func columnsOf(w io.Writer) int {
	f, ok := w.(*os.File)
	if !ok {
		return prose.Usual
	}
	width, _, err := term.GetSize(int(f.Fd()))
	if err != nil || width <= 0 {
		return prose.Usual
	}
	return max(width, narrowest)
}

// erase takes the line off the screen. In a window that has become narrower it stands on several.
func (d *drawn) erase() {
	if d.last == 0 {
		return
	}
	fmt.Fprint(d.w, "\r")
	if above := (d.last - 1) / d.width(); above > 0 {
		fmt.Fprintf(d.w, "\033[%dA", above)
	}
	fmt.Fprint(d.w, "\033[J")
	d.last = 0
}

// draw draws the line anew. It leaves the last column free: a terminal that has been written to there is on its next line.
func (d *drawn) draw(text string) {
	text = prose.Cut(text, d.width()-1)
	d.erase()
	fmt.Fprint(d.w, text)
	d.last = prose.Width(text)
}

// keep ends the line: what is written next stands below it.
func (d *drawn) keep() {
	if d.last > 0 {
		fmt.Fprintln(d.w)
	}
	d.last = 0
}

// A bar is drawn where so many columns are left for it, and takes no more than so many.
const (
	shortestBar = 10
	longestBar  = 40
)

// withBar is what stands before a text, and the text behind it, in so many columns: a share of a whole in per cent, and
// a bar where there is room.
func withBar(done, total int64, text string, columns int) string {
	if total <= 0 {
		return text
	}
	done = min(done, total)
	percent := 100 * done / total
	head := fmt.Sprintf("%3d %% ", percent)
	room := columns - prose.Width(head) - prose.Width(text) - len("[]  ")
	if room < shortestBar {
		return head + text
	}
	return head + bar(done, total, min(room, longestBar)) + "  " + text
}

// bar is a bar of the library's, which would otherwise write to the terminal by itself: it measures it once, and draws
// twice for each change.
func bar(done, total int64, width int) string {
	var out bytes.Buffer
	b := progressbar.NewOptions64(total,
		progressbar.OptionSetWriter(&out), progressbar.OptionSetWidth(width), progressbar.OptionUseANSICodes(false),
		progressbar.OptionSetTheme(progressbar.Theme{Saucer: "=", SaucerHead: ">", SaucerPadding: " ", BarStart: "[", BarEnd: "]"}),
		progressbar.OptionSetPredictTime(false), progressbar.OptionSetElapsedTime(false), progressbar.OptionSetRenderBlankState(true),
	)
	out.Reset()
	if b.Set64(done) != nil {
		return ""
	}
	text := out.String()
	if done == 0 {
		text = b.String()
	}
	from, to := strings.LastIndexByte(text, '['), strings.LastIndexByte(text, ']')
	if from < 0 || to < from {
		return ""
	}
	return text[from : to+1]
}
