package report

import (
	"io"
	"runtime"
	"slices"
	"sync"
)

const (
	// blockLines is how many lines of a block are looked at beside the others. More are in it only where lines are far
	// shorter than outcomes are; they would take too much memory.
	blockLines = 512
	// readers is how many goroutines look at lines at most: one reads and one sums up beside them.
	readers = 4
)

// block is a piece whose lines are looked at by one goroutine, with what it found.
type block struct {
	piece
	lines []seenLine
	scan  scanner
	done  chan struct{} // gets a value when they have been looked at
}

// seenLine is a line and what it is, as its looker says.
type seenLine struct {
	raw   rawLine
	kind  textKind
	err   error // what is wrong with it
	entry entry
}

// looker says of a line what it is. What it reads with the scanner is valid as long as the line.
type looker func(*seenLine, *scanner)

// look has the lines looked at.
func (b *block) look(at looker) {
	b.scan.begin()
	for b.more() && len(b.lines) < blockLines {
		at(b.next(), &b.scan)
	}
	b.done <- struct{}{}
}

// next takes the piece's next line. What an entry held before is overwritten where the line is an outcome's.
func (b *block) next() *seenLine {
	n := len(b.lines)
	b.lines = slices.Grow(b.lines, 1)[:n+1]
	b.lines[n].raw = b.line()
	return &b.lines[n]
}

// each calls fn for every line, and has those looked at that have not been.
func (b *block) each(look looker, fn func(*seenLine) error) error {
	for {
		for i := range b.lines {
			if err := fn(&b.lines[i]); err != nil {
				return err
			}
		}
		if b.lines = b.lines[:0]; !b.more() {
			return nil
		}
		b.scan.begin()
		look(b.next(), &b.scan)
	}
}

// ahead reads a report's lines, has them looked at on several goroutines, and calls fn for each in their order, in the
// caller's. It returns once all its goroutines have ended.
func ahead(src io.Reader, look looker, fn func(*seenLine) error) error {
	n := max(min(runtime.GOMAXPROCS(0), readers), 1)
	var (
		free  = make(chan *block, 2*n+2)
		work  = make(chan *block, 2*n)
		order = make(chan *block, 2*n)
		stop  = make(chan struct{})
		read  = newPieceReader(src) // the reading goroutine's, until that has ended
		all   sync.WaitGroup
	)
	for range cap(free) {
		free <- nil // it is made when it is needed: most reports are small
	}
	for range n {
		all.Go(func() {
			for b := range work {
				b.look(look)
			}
		})
	}
	all.Go(func() {
		defer close(order)
		defer close(work)
		split(read, free, work, order, stop)
	})
	err := inOrder(order, free, look, fn)
	close(stop)
	for range order { // what was read ahead is not wanted any more
	}
	all.Wait()
	if err != nil {
		return err
	}
	return read.failure()
}

// split hands a report on, block by block: to whoever looks at its lines, and in order to the one who waits for them.
func split(read *pieceReader, free <-chan *block, work, order chan<- *block, stop <-chan struct{}) {
	for {
		var b *block
		select {
		case b = <-free:
		case <-stop:
			return
		}
		if b == nil {
			b = &block{done: make(chan struct{}, 1)}
		}
		if !read.next(&b.piece) {
			return
		}
		for _, to := range []chan<- *block{work, order} {
			select {
			case to <- b:
			case <-stop:
				return
			}
		}
	}
}

func inOrder(order <-chan *block, free chan<- *block, look looker, fn func(*seenLine) error) error {
	var number int64
	for b := range order {
		<-b.done
		err := b.each(look, func(l *seenLine) error {
			number++
			l.raw.number = number
			return fn(l)
		})
		if err != nil {
			return err
		}
		if cap(b.text) > 4*pieceSize {
			b.text = nil // a line was very long
		}
		free <- b
	}
	return nil
}
