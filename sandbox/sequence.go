package sandbox

import "slices"

// sequence keeps things in the order in which they were made. Each has a number that is never given again, so that a
// page token still means the same place when things before it are deleted and others are added behind it.
type sequence[T any] struct {
	items []numbered[T]
	last  uint64
}

type numbered[T any] struct {
	number uint64
	item   T
}

// add puts item at the end and returns its number, from 1.
func (s *sequence[T]) add(item T) uint64 {
	s.last++
	s.items = append(s.items, numbered[T]{s.last, item})
	return s.last
}

// put puts item back at the place of its number, instead of one that is there.
func (s *sequence[T]) put(number uint64, item T) {
	s.last = max(s.last, number)
	i, found := s.find(number)
	if found {
		s.items[i].item = item
		return
	}
	s.items = slices.Insert(s.items, i, numbered[T]{number, item})
}

// newest returns the item that was added last. There must be one.
func (s *sequence[T]) newest() T { return s.items[len(s.items)-1].item }

// remove takes the item with the number away.
func (s *sequence[T]) remove(number uint64) {
	if i, found := s.find(number); found {
		s.items = slices.Delete(s.items, i, i+1)
	}
}

func (s *sequence[T]) find(number uint64) (int, bool) {
	return slices.BinarySearchFunc(s.items, number, func(n numbered[T], number uint64) int {
		switch {
		case n.number < number:
			return -1
		case n.number > number:
			return 1
		}
		return 0
	})
}

// window returns at most size items that pass the filter (nil: all do), those that follow the cursor's place or, for a
// cursor that looks back, those before it, and whether there are more on either side.
func (s *sequence[T]) window(c cursor, size int, pass func(T) bool) (page []numbered[T], before, after bool) {
	at, found := s.find(c.number)
	if c.back {
		return s.windowBack(at, size, pass)
	}
	if found {
		at++
	}
	before = slices.ContainsFunc(s.items[:at], func(n numbered[T]) bool { return pass == nil || pass(n.item) })
	for _, n := range s.items[at:] {
		if pass != nil && !pass(n.item) {
			continue
		}
		if len(page) == size {
			return page, before, true
		}
		page = append(page, n)
	}
	return page, before, false
}

func (s *sequence[T]) windowBack(at, size int, pass func(T) bool) (page []numbered[T], before, after bool) {
	after = slices.ContainsFunc(s.items[at:], func(n numbered[T]) bool { return pass == nil || pass(n.item) })
	for _, n := range slices.Backward(s.items[:at]) {
		if pass != nil && !pass(n.item) {
			continue
		}
		if len(page) == size {
			before = true
			break
		}
		page = append(page, n)
	}
	slices.Reverse(page)
	return page, before, after
}
