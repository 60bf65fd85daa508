package ratelimit

import "time"

const (
	slot  = 100 * time.Millisecond
	slots = 128 // 12.8 s, more than the longest window that is asked for
)

// A history counts events in slots of a tenth of a second, over the last
// twelve seconds or so: 512 bytes whatever the rate.
type history struct {
	counts [slots]uint32
	head   int64 // the slot that is being counted, from the epoch
	epoch  time.Time
}

func (h *history) add(now time.Time) {
	h.advance(now)
	h.counts[h.head%slots]++
}

// advance empties the slots that time has passed over.
func (h *history) advance(now time.Time) {
	head := int64(now.Sub(h.epoch) / slot)
	for range min(head-h.head, slots) {
		h.head++
		h.counts[h.head%slots] = 0
	}
	h.head = max(h.head, head)
}

// perSecond is the rate of the events over the last window of time, to which
// the part of the current slot that has passed is added.
func (h *history) perSecond(now time.Time, window time.Duration) float64 {
	count, span := h.sum(now, window)
	return float64(count) / span.Seconds()
}

// sum counts the events of the last window and says how long that was exactly.
func (h *history) sum(now time.Time, window time.Duration) (count int, span time.Duration) {
	h.advance(now)
	n := min(int64(window/slot), slots-1)
	for i := range n + 1 {
		if h.head-i < 0 {
			break
		}
		count += int(h.counts[(h.head-i)%slots])
	}
	return count, time.Duration(n)*slot + now.Sub(h.epoch)%slot
}
