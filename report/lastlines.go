package report

// lastLines knows which line is a row's last, by the line's number among the outcomes of its report.
type lastLines struct {
	several bool // of several reports, so that there are times to compare
	pages   map[int64]*linePage
	doubled int64
	rows    int64 // of one report; of several it is not known

	at   int64
	page *linePage

	extras map[uint64]extraLine // members that are in no row, by their key
}

// extraLine is where a member that is in no row stands last.
type extraLine struct {
	at     int64
	seq    uint32
	source int
}

// noteExtra takes in a line for a member that is in no row. Several reports may have one.
func (l *lastLines) noteExtra(key uint64, now extraLine) {
	if l.extras == nil {
		l.extras = make(map[uint64]extraLine)
	}
	if old, ok := l.extras[key]; !ok || now.source == old.source || now.at >= old.at {
		l.extras[key] = now
	}
}

// isExtra reports whether a line is the last for a member that is in no row.
func (l *lastLines) isExtra(key uint64, source int, seq uint32) bool {
	last, ok := l.extras[key]
	return ok && last.seq == seq && last.source == source
}

type linePage struct {
	seq [pageRows]uint32 // from 1; 0: the row has no line

	// Of several reports alone.
	when   []int64 // milliseconds since 1970, times 2, plus 1 once the row is known to stand in several reports
	source []uint16
}

func (l *lastLines) note(row int64, source int, seq uint32, at int64) {
	p := l.find(row / pageRows)
	if p == nil {
		p = l.add(row / pageRows)
	}
	i := row % pageRows
	if !l.several {
		if p.seq[i] == 0 {
			l.rows++
		}
		p.seq[i] = seq
		return
	}
	at *= 2
	if p.seq[i] != 0 && int(p.source[i]) != source {
		if p.when[i]&1 == 0 {
			l.doubled++
			p.when[i] |= 1
		}
		at |= 1
		if at < p.when[i] {
			return
		}
	}
	at |= p.when[i] & 1
	p.seq[i], p.when[i], p.source[i] = seq, at, uint16(source)
}

// is reports whether a line is the row's last.
func (l *lastLines) is(row int64, source int, seq uint32) bool {
	p := l.find(row / pageRows)
	if p == nil {
		return false
	}
	i := row % pageRows
	return p.seq[i] == seq && (!l.several || int(p.source[i]) == source)
}

func (l *lastLines) find(no int64) *linePage {
	if l.page == nil || no != l.at {
		p := l.pages[no]
		if p == nil {
			return nil
		}
		l.at, l.page = no, p
	}
	return l.page
}

func (l *lastLines) add(no int64) *linePage {
	if l.pages == nil {
		l.pages = make(map[int64]*linePage)
	}
	p := new(linePage)
	if l.several {
		p.when, p.source = make([]int64, pageRows), make([]uint16, pageRows)
	}
	l.pages[no] = p
	l.at, l.page = no, p
	return p
}
