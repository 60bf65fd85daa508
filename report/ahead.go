package report

import (
	"errors"
	"runtime"
	"sync"
)

const (
	// blockLines and blockBytes are how much is handed from one goroutine to another at a time.
	blockLines = 256
	blockBytes = 128 << 10
	// readers is how many goroutines look at lines at most: one reads and one sums up beside them.
	readers = 4
)

// block are lines that are looked at by one goroutine, with what it found.
type block struct {
	lines []seenLine
	text  []byte // of all lines
	scan  scanner
	done  chan struct{} // gets a value when all lines have been looked at
}

// seenLine is a line and what it is, as its looker says.
type seenLine struct {
	raw      rawLine
	from, to int // its text's place in the block's
	kind     textKind
	err      error // what is wrong with it
	entry    entry
}

// looker says of a line what it is. What it reads with the scanner is valid as long as the line.
type looker func(*seenLine, *scanner)

// add copies a line into the block.
func (b *block) add(l *rawLine) {
	from := len(b.text)
	b.text = append(b.text, l.text...)
	n := len(b.lines)
	if n < cap(b.lines) {
		b.lines = b.lines[:n+1] // its entry is overwritten where it is one
	} else {
		b.lines = append(b.lines, seenLine{})
	}
	seen := &b.lines[n]
	seen.raw, seen.from, seen.to = *l, from, len(b.text)
}

func (b *block) full() bool { return len(b.lines) >= blockLines || len(b.text) >= blockBytes }

// look has every line looked at.
func (b *block) look(at looker) {
	b.scan.begin()
	for i := range b.lines {
		seen := &b.lines[i]
		seen.raw.text = b.text[seen.from:seen.to:seen.to]
		at(seen, &b.scan)
	}
	b.done <- struct{}{}
}

func (b *block) empty() {
	b.lines, b.text = b.lines[:0], b.text[:0]
	if cap(b.text) > 4*blockBytes {
		b.text = nil // a line was very long
	}
}

// ahead reads a report's lines, has them looked at on several goroutines, and calls fn for each in their order, in the
// caller's. It returns once all its goroutines have ended.
func ahead(each func(func(*rawLine) error) error, look looker, fn func(*seenLine) error) error {
	n := max(min(runtime.GOMAXPROCS(0), readers), 1)
	var (
		free  = make(chan *block, 2*n+2)
		work  = make(chan *block, 2*n)
		order = make(chan *block, 2*n)
		stop  = make(chan struct{})
		err   error // of reading; read once order is closed
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
		err = split(each, free, work, order, stop)
	})
	fnErr := inOrder(order, free, fn)
	close(stop)
	for range order { // what was read ahead is not wanted any more
	}
	all.Wait()
	if fnErr != nil {
		return fnErr
	}
	return err
}

// split hands lines on, block by block: to whoever looks at them, and in their order to the one who waits for them.
func split(each func(func(*rawLine) error) error, free <-chan *block, work, order chan<- *block, stop <-chan struct{}) error {
	var b *block
	hand := func() bool {
		select {
		case work <- b:
		case <-stop:
			return false
		}
		select {
		case order <- b:
		case <-stop:
			return false
		}
		b = nil
		return true
	}
	err := each(func(l *rawLine) error {
		if b == nil {
			select {
			case b = <-free:
			case <-stop:
				return errEnough
			}
			if b == nil {
				b = &block{done: make(chan struct{}, 1)}
			}
		}
		if b.add(l); b.full() && !hand() {
			return errEnough
		}
		return nil
	})
	if errors.Is(err, errEnough) {
		return nil
	}
	if b != nil && !hand() { // what was read before an error counts
		return nil // nobody wants more, nor what came of it
	}
	return err
}

func inOrder(order <-chan *block, free chan<- *block, fn func(*seenLine) error) error {
	for b := range order {
		<-b.done
		for i := range b.lines {
			if err := fn(&b.lines[i]); err != nil {
				return err
			}
		}
		b.empty()
		free <- b
	}
	return nil
}
