package report

import "slices"

// A table holds two numbers for each of a report's rows. A row costs 12 bytes where rows stand close together, and at
// most 16 where they are far apart, as in one shard of many, once there are some dozens of them in a page.
//
// Rows fall into pages of 4,096. A page that is half full or more is a pair of arrays that the row's place indexes; one
// that is not is a sorted list, so that an entry is found in 12 steps at most. Rows come nearly in order, so that the last
// few pages to be begun are arrays in any case, and are looked at again when others follow.
const (
	pageRows = 1 << 12
	// denseFrom is where an array costs no more than 16 bytes a row: 12 bytes × pageRows / 16.
	denseFrom = 12 * pageRows / 16
	// youngPages hold as many rows as may be on their way at once, and two pages more.
	youngPages = 10
)

type table struct {
	pages map[int64]*page
	young []*page // the last to be begun, which are arrays

	// The last page written to: rows come nearly in order. Asking leaves it alone, so that a table that is complete can
	// be asked by several goroutines.
	at   int64
	page *page
}

// page is sparse where places is not nil. A first number of zero marks a row that is not there.
type page struct {
	places []uint16 // ascending
	first  []uint64
	second []uint32
}

func newTable() *table { return &table{pages: make(map[int64]*page), at: -1} }

// get returns what is held for a row; a first number of zero is nothing.
func (t *table) get(row int64) (first uint64, second uint32) {
	p := t.pages[row/pageRows]
	if p == nil || row < 0 {
		return 0, 0
	}
	place := uint16(row % pageRows)
	if p.places == nil {
		return p.first[place], p.second[place]
	}
	if i, ok := slices.BinarySearch(p.places, place); ok {
		return p.first[i], p.second[i]
	}
	return 0, 0
}

// inOrder calls fn with the first number of the rows from 1 on, until a row is not there or fn returns false.
func (t *table) inOrder(fn func(first uint64) bool) {
	from := 1 // no row is number 0
	for no := int64(0); ; no++ {
		p := t.pages[no]
		if p == nil {
			return
		}
		for place := from; place < pageRows; place++ {
			first := p.nth(place-from, place)
			if first == 0 || !fn(first) {
				return
			}
		}
		from = 0
	}
}

// nth is the first number of a place which is the n-th of the page, from 0, if all before it are there.
func (p *page) nth(n, place int) uint64 {
	switch {
	case p.places == nil:
		return p.first[place]
	case n < len(p.places) && int(p.places[n]) == place:
		return p.first[n]
	}
	return 0
}

// set holds two numbers for a row; the first must not be zero, the row not negative.
func (t *table) set(row int64, first uint64, second uint32) {
	no := row / pageRows
	p := t.find(no)
	if p == nil {
		p = t.begin(no)
	}
	place := uint16(row % pageRows)
	if p.places == nil {
		p.first[place], p.second[place] = first, second
		return
	}
	p.insert(place, first, second)
}

// begin makes a page.
func (t *table) begin(no int64) *page {
	p := &page{first: make([]uint64, pageRows), second: make([]uint32, pageRows)}
	t.pages[no] = p
	t.at, t.page = no, p
	if t.young = append(t.young, p); len(t.young) > youngPages {
		t.young[0].tighten()
		t.young = append(t.young[:0], t.young[1:]...)
	}
	return p
}

// settle gives back what the young pages have for rows that have not come. It is for when no more are likely to come.
func (t *table) settle() {
	for _, p := range t.young {
		p.tighten()
	}
	t.young = nil
}

func (t *table) find(no int64) *page {
	if no != t.at {
		p := t.pages[no]
		if p == nil {
			return nil
		}
		t.at, t.page = no, p
	}
	return t.page
}

func (p *page) insert(place uint16, first uint64, second uint32) {
	i, ok := slices.BinarySearch(p.places, place)
	if ok {
		p.first[i], p.second[i] = first, second
		return
	}
	if len(p.places)+1 >= denseFrom {
		p.fill()
		p.first[place], p.second[place] = first, second
		return
	}
	p.places = insertTight(p.places, i, place)
	p.first = insertTight(p.first, i, first)
	p.second = insertTight(p.second, i, second)
}

// tighten turns arrays into a list, if that is smaller.
func (p *page) tighten() {
	if p.places != nil {
		return
	}
	rows := 0
	for _, first := range p.first {
		if first != 0 {
			rows++
		}
	}
	if rows >= denseFrom {
		return
	}
	list := page{places: make([]uint16, 0, rows), first: make([]uint64, 0, rows), second: make([]uint32, 0, rows)}
	for place, first := range p.first {
		if first != 0 {
			list.places = append(list.places, uint16(place))
			list.first = append(list.first, first)
			list.second = append(list.second, p.second[place])
		}
	}
	*p = list
}

// fill turns a list into arrays.
func (p *page) fill() {
	first, second := make([]uint64, pageRows), make([]uint32, pageRows)
	for i, place := range p.places {
		first[place], second[place] = p.first[i], p.second[i]
	}
	*p = page{first: first, second: second}
}

// insertTight is [slices.Insert] that grows by a thirty-second or what the allocator rounds up to, where append would double and waste what the list saves.
func insertTight[T any](s []T, i int, v T) []T {
	if len(s) == cap(s) {
		// Begun from nothing, append takes all that the allocator rounds up to, and no more.
		grown := append([]T(nil), make([]T, len(s)+len(s)/32+1)...)
		s = grown[:copy(grown, s)]
	}
	return slices.Insert(s, i, v)
}
