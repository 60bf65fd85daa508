package ratelimit

const (
	chain       = 300.0 // answers between two cuts of one row at most, on average
	leastFutile = 4     // cuts in a row that did not help, at which the background is tested first
	mostFutile  = 16    // to which that doubles each time that there was none

	testRefusals = 4     // at which a test has confirmed the background, runs counted once
	testRun      = 6     // refusals in a row that are none, in the first test
	anyRun       = 12    // the same, at any time
	testQuiet    = 6.0   // mean gaps between two refusals that pass without one in a test: there is none
	anyQuiet     = 12.0  // the same, at any time
	partMemory   = 200.0 // requests over which the part is averaged
	mostPart     = 0.6

	allowTimes = 1.5  // the background that is let pass
	allowMore  = 0.01 // of the requests, on top of it
	alarm      = 8.0  // refusals beyond that, at which the rate is too high
	shortSpan  = 32   // refusals that are let pass before the next test
	longSpan   = 512  // to which that doubles each time that a test confirms
)

// A background is the part of the requests that the service refuses whatever
// the rate: because of what other users of the account send, for one.
//
// A cut is an experiment. It goes below what was demonstrably accepted; where
// requests are refused there all the same, time after time, the rate may not be
// the reason. A test decides: the rate goes lower once more and rests there. If
// the refusals stop there is no background, else the rate goes back to where it
// was, and refusals are let pass while they are not many more than that.
// A capacity and a background look the same at one rate, so that it is tested
// again and again.
type background struct {
	part float64 // of the requests, 0: none is known
	seen float64 // requests over which it is averaged

	futile   int     // cuts in a row that did not help
	needed   int     // of those
	good     float64 // the rate before the first of them
	answered float64 // answers since then, or since the test began

	testing  bool
	trusted  bool    // a test has confirmed it
	hits     int     // refusals in this test, runs counted once
	refusals float64 // all refusals in this test
	run      int     // refusals in a row
	quiet    float64 // requests accepted since the last refusal
	excess   float64 // refusals beyond what is let pass, never below 0
	left     int     // refusals that are let pass yet before the next test
	span     int     // left, once a test has confirmed
}

// A finding is what an answer says of the background.
type finding int

const (
	nothing   finding = iota // go on
	tooFast                  // more is refused than the background: test it below what is accepted now
	due                      // as much as it is, but it is to be tested
	confirmed                // a test was refused as much: go back
	disproved                // a test was not: there is no background
	blocked                  // everything is refused, which is no background
)

// futileCut notes a cut because of a refusal at a rate that was accepted before,
// and reports whether a test is to follow. faith is how many accepted requests the
// rate is worth that the user has named: four refusals among a few answers say
// little of the part.
func (b *background) futileCut(rate, faith float64) bool {
	if b.futile == 0 || b.answered > chain*float64(b.futile) {
		b.futile, b.good, b.answered = 0, rate, 0
	}
	if b.futile++; b.futile < b.needed {
		return false
	}
	*b = background{
		needed: b.needed, good: b.good, span: shortSpan,
		part: min(float64(b.futile-1)/(b.answered+faith), mostPart), seen: b.answered,
	}
	return true
}

// helped notes that nothing was refused for as long as the rate had to rest.
// That forgets the cuts, unless fewer requests than faith were accepted in it.
func (b *background) helped(faith float64) {
	if b.quiet >= faith {
		b.futile = 0
	}
}

// test begins a test; the rate has been set.
func (b *background) test() {
	b.testing, b.hits, b.refusals, b.quiet, b.excess, b.answered = true, 0, 0, 0, 0, 0
}

// accepted notes a request that was accepted.
func (b *background) accepted() finding {
	b.answered++
	b.run = 0
	b.quiet++
	if b.part == 0 {
		return nothing
	}
	b.excess = max(b.excess-b.allowed(), 0)
	switch gaps := b.quiet * b.part; {
	case b.testing && gaps >= testQuiet:
		b.end()
		return disproved
	case gaps >= anyQuiet:
		b.end()
	}
	return nothing
}

// refused notes one that was refused. It is not asked where there is no part.
func (b *background) refused() finding {
	b.answered++
	b.quiet = 0
	b.run++
	if b.run >= anyRun || b.run >= testRun && b.testing && !b.trusted {
		b.end()
		return blocked
	}
	if b.testing {
		return b.hit()
	}
	b.excess += 1 - b.allowed()
	b.left--
	switch {
	case b.excess >= alarm:
		b.span = shortSpan
		return tooFast
	case b.left <= 0:
		return due
	}
	return nothing
}

// hit notes a refusal in a test.
func (b *background) hit() finding {
	b.refusals++
	if b.run == 1 {
		b.hits++
	}
	if b.hits < testRefusals {
		return nothing
	}
	b.seen = min(b.seen+b.answered, partMemory)
	b.part = min(b.part+(b.refusals-b.answered*b.part)/b.seen, mostPart)
	b.testing, b.trusted, b.needed = false, true, leastFutile
	b.left, b.span = b.span, min(2*b.span, longSpan)
	return confirmed
}

func (b *background) allowed() float64 { return allowTimes*b.part + allowMore }

// end says that there is no background.
func (b *background) end() {
	if !b.trusted {
		b.needed = min(2*b.needed, mostFutile)
	}
	*b = background{needed: b.needed}
}
