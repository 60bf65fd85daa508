package page

import (
	"strconv"
	"strings"
)

// chart is a drawing of something over time, in two sizes: for a page and for a phone.
type chart struct {
	ID, Title, Desc string
	Note            string // what is told beside it
	Legend          []legend
	Columns         string // of the table of numbers that it draws, for the script
	Views           []view
}

// legend says what a colour, or a kind of line, is.
type legend struct{ Class, Label string }

// view is a chart in one size. All places are in the units of its own drawing.
type view struct {
	Class                          string
	Width, Height                  float64
	Left, Right, Top, Bottom, Tall float64 // Tall is from top to bottom
	YTicks, XTicks                 []tick
	Breaks                         []float64 // where time is left out
	Away                           []band    // where the service did not answer
	Shapes                         []shape
	Middles                        string // of the steps of time, for the script
	TitleID, Desc                  string
}

// band is a stretch from one place to another.
type band struct{ At, Width float64 }

// shape is something drawn, in a colour that its class has.
type shape struct{ Class, Path string }

// plot is what is drawn.
type plot struct {
	moments []moment
	away    []span
	values  func(m *moment) float64 // the largest that is to be seen
	label   func(float64) string
	log     bool
	least   float64
	draw    func(*canvas) []shape
}

// size is how large a view is.
type size struct {
	class         string
	width, height float64
	left, room    float64 // for the labels beside it, and for each below it
}

// sizes are the two sizes. The page's style shows one of them.
var sizes = [...]size{
	{class: "wide", width: 960, height: 250, left: 62, room: 110},
	{class: "narrow", width: 360, height: 210, left: 50, room: 90},
}

// breakWidth is the room that a break in time takes.
const breakWidth = 16

// canvas is a view that is being drawn.
type canvas struct {
	plot      *plot
	stretches []stretch
	scale     scale
}

func (p *plot) view(sz *size) view {
	const top, below = 14, 40
	c := &canvas{plot: p}
	v := view{Class: sz.class, Width: sz.width, Height: sz.height, Left: sz.left, Right: sz.width - 12, Top: top, Bottom: sz.height - below, Tall: sz.height - below - top}
	c.layOut(v.Left, v.Right)
	var largest float64
	for i := range p.moments {
		largest = max(largest, p.values(&p.moments[i]))
	}
	if p.log {
		c.scale, v.YTicks = decades(p.least, largest, v.Bottom, v.Top, p.label)
	} else {
		c.scale, v.YTicks = upTo(largest, v.Bottom, v.Top, p.label)
	}
	v.XTicks = c.ticks(sz.room)
	for i := 1; i < len(c.stretches); i++ {
		v.Breaks = append(v.Breaks, (c.stretches[i-1].right+c.stretches[i].left)/2)
	}
	v.Away = c.away()
	v.Shapes = p.draw(c)
	v.Middles = c.middles()
	return v
}

// layOut gives each stretch its share of the room.
func (c *canvas) layOut(left, right float64) {
	moments := c.plot.moments
	var whole int64
	for i := range moments {
		if n := len(c.stretches); n == 0 || moments[i-1].stretch != moments[i].stretch {
			c.stretches = append(c.stretches, stretch{from: moments[i].from})
		}
		c.stretches[len(c.stretches)-1].to = moments[i].to
	}
	for i := range c.stretches {
		whole += c.stretches[i].to - c.stretches[i].from
	}
	gap := 0.0
	if n := len(c.stretches); n > 1 {
		gap = min(breakWidth, (right-left)/4/float64(n-1))
	}
	room := right - left - gap*float64(max(len(c.stretches)-1, 0))
	at := left
	for i := range c.stretches {
		s := &c.stretches[i]
		s.left = at
		s.right = at + room*float64(s.to-s.from)/float64(max(whole, 1))
		at = s.right + gap
	}
}

// ticks are the marks of all stretches, without those that would stand upon each other.
func (c *canvas) ticks(room float64) (ticks []tick) {
	end := -room
	for i := range c.stretches {
		for _, t := range c.stretches[i].ticks(room) {
			if t.At-end >= room*0.8 {
				ticks = append(ticks, t)
				end = t.At
			}
		}
	}
	day := ""
	for i := range ticks {
		if ticks[i].Sub == day {
			ticks[i].Sub = ""
		} else if ticks[i].Sub != "" {
			day = ticks[i].Sub
		}
	}
	return ticks
}

func (c *canvas) away() (bands []band) {
	for _, s := range c.plot.away {
		for i := range c.stretches {
			st := &c.stretches[i]
			from, to := max(s.from, st.from), min(s.to, st.to)
			if from < to {
				bands = append(bands, band{st.place(from), max(tenth(st.place(to)-st.place(from)), 1)})
			}
		}
	}
	return bands
}

// edges are where a step of time begins and ends.
func (c *canvas) edges(i int) (left, right float64) {
	m := &c.plot.moments[i]
	s := &c.stretches[m.stretch]
	return s.place(m.from), s.place(m.to)
}

// joined reports whether a step begins where the one before it ends.
func (c *canvas) joined(i int) bool {
	m := c.plot.moments
	return i > 0 && m[i-1].stretch == m[i].stretch && m[i-1].number+1 == m[i].number
}

func (c *canvas) middles() string {
	var b strings.Builder
	for i := range c.plot.moments {
		left, right := c.edges(i)
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(number((left + right) / 2))
	}
	return b.String()
}

// area is the path of an area between two values of each step. Where the upper one is not above the lower nothing is drawn.
func (c *canvas) area(low, high func(*moment) float64) string {
	var b strings.Builder
	for i := range c.plot.moments {
		m := &c.plot.moments[i]
		from, to := low(m), high(m)
		if to <= from {
			continue
		}
		left, right := c.edges(i)
		// Neighbours overlap by a hair, so that no line shows between them.
		if c.joined(i) {
			left -= 0.3
		}
		b.WriteString("M" + number(left) + " " + number(c.scale.place(from)) + "V" + number(c.scale.place(to)) +
			"H" + number(right) + "V" + number(c.scale.place(from)) + "Z")
	}
	return b.String()
}

// steps is the path of a line that has one value in each step, and is at zero where nothing happened within a stretch.
func (c *canvas) steps(value func(*moment) float64) string {
	var b strings.Builder
	zero := number(c.scale.place(c.scale.low))
	for i := range c.plot.moments {
		m := &c.plot.moments[i]
		left, right := c.edges(i)
		y := number(c.scale.place(value(m)))
		switch {
		case i == 0 || c.plot.moments[i-1].stretch != m.stretch:
			b.WriteString("M" + number(left) + " " + y)
		case !c.joined(i):
			b.WriteString("V" + zero + "H" + number(left) + "V" + y)
		default:
			b.WriteString("V" + y)
		}
		b.WriteString("H" + number(right))
	}
	return b.String()
}

// line is the path of a line through the middles of the steps that have a value; it ends where there is none.
func (c *canvas) line(value func(*moment) (float64, bool)) string {
	var b strings.Builder
	open := false
	for i := range c.plot.moments {
		m := &c.plot.moments[i]
		v, ok := value(m)
		if !ok {
			open = false
			continue
		}
		left, right := c.edges(i)
		y := number(c.scale.place(v))
		begins := !open || !c.joined(i)
		ends := i+1 == len(c.plot.moments) || !c.joined(i+1)
		switch {
		case begins && ends: // alone: as wide as its step
			b.WriteString("M" + number(left) + " " + y + "H" + number(right))
		case begins:
			b.WriteString("M" + number(left) + " " + y + "L" + number((left+right)/2) + " " + y)
		default:
			b.WriteString("L" + number((left+right)/2) + " " + y)
		}
		if ends && !begins {
			b.WriteString("H" + number(right))
		}
		open = true
	}
	return b.String()
}

// number is a place as text.
func number(v float64) string { return strconv.FormatFloat(tenth(v), 'f', -1, 64) }
