package sandbox

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// faultPlan decides which requests a fault strikes and how late each is answered.
type faultPlan struct {
	seed    digest
	orders  []*faultOrder
	latency Latency

	mu    sync.Mutex
	tries map[digest]uint64 // of each request so far: 8 bytes a key and 8 a count
}

// faultOrder is a fault and how often it came up.
type faultOrder struct {
	Fault

	kind   *faultKind
	number int
	seen   atomic.Int64 // requests in its scope
	struck atomic.Int64
}

func newFaultPlan(f *Faults, seed digest) (*faultPlan, error) {
	p := &faultPlan{seed: seed.text("faults"), latency: f.Latency, tries: map[digest]uint64{}}
	if err := f.Latency.check(); err != nil {
		return nil, err
	}
	for i := range f.Orders {
		o := &faultOrder{Fault: f.Orders[i], number: i}
		if err := o.complete(); err != nil {
			return nil, err
		}
		p.orders = append(p.orders, o)
	}
	return p, nil
}

// complete checks the order and fills in what it leaves out.
func (f *faultOrder) complete() error {
	i := slices.IndexFunc(faultKinds[:], func(k faultKind) bool { return k.name == f.Kind })
	if i < 0 {
		return unknownName("fault", f.Kind, kindNames())
	}
	f.kind = &faultKinds[i]
	switch {
	case f.Probability < 0 || f.Probability > 1 || f.Probability != f.Probability:
		return fmt.Errorf("fault %s: probability %v: expected a number from 0 to 1", f.Kind, f.Probability)
	case f.Every < 0 || f.From < 0 || f.To < 0 || f.First < 0 || f.Times < 0 || f.Since < 0 || f.Until < 0 || f.Over < 0:
		return fmt.Errorf("fault %s: a condition is negative: expected a positive number, or 0 for none", f.Kind)
	case f.To > 0 && f.To < f.From:
		return fmt.Errorf("fault %s: from %d to %d: nothing lies between", f.Kind, f.From, f.To)
	case f.Until > 0 && f.Until <= f.Since:
		return fmt.Errorf("fault %s: since %v until %v: nothing lies between", f.Kind, f.Since, f.Until)
	case f.On != "" && !slices.Contains(FaultScopes(), f.On):
		return fmt.Errorf("fault %s: %w", f.Kind, unknownName("scope", f.On, FaultScopes()))
	case f.kind.writes && slices.Contains([]string{"fetch", "list", "read"}, f.On):
		return fmt.Errorf("fault %s: it strikes writes alone, and %q has none", f.Kind, f.On)
	}
	if err := checkRetryAfter(f.RetryAfter); err != nil {
		return fmt.Errorf("fault %s: %w", f.Kind, err)
	}
	defaultTo(&f.Probability, 1)
	defaultTo(&f.Over, time.Second)
	return nil
}

// choose sets the fault that strikes the request, if one does, and returns how long the answer takes.
func (p *faultPlan) choose(x *exchange, age time.Duration) time.Duration {
	if len(p.orders) == 0 && p.latency == (Latency{}) {
		return 0
	}
	draw := p.draw(x)
	for _, f := range p.orders {
		if !f.inScope(x.op) {
			continue
		}
		nth := f.seen.Add(1) // those that another fault struck count too
		if x.fault == nil && f.strikes(nth, draw, age) {
			x.fault, x.draw = f, draw.hash
		}
	}
	return p.latency.pick(draw.hash.text("latency"))
}

// draw is what chance there is about one try of one request.
type draw struct {
	hash digest
	try  uint64 // from 1
}

func (p *faultPlan) draw(x *exchange) draw {
	identity := x.names[2]
	if identity == "" {
		identity, _ = x.args.lookup("Identity")
	}
	key := p.seed.text(x.op.name).text(x.names[0]).text(x.names[1]).text(identity)
	p.mu.Lock()
	p.tries[key]++
	try := p.tries[key]
	p.mu.Unlock()
	return draw{key.number(try), try}
}

func (f *faultOrder) strikes(nth int64, d draw, age time.Duration) bool {
	switch {
	case nth < int64(f.From), f.To > 0 && nth > int64(f.To):
		return false
	case f.Every > 0 && nth%int64(f.Every) != 0:
		return false
	case f.First > 0 && d.try > uint64(f.First):
		return false
	case age < f.Since, f.Until > 0 && age >= f.Until:
		return false
	case f.Probability < 1 && d.hash.text(f.Kind).number(uint64(f.number)).unit() >= f.Probability:
		return false
	}
	return f.Times == 0 || f.struck.Add(1) <= int64(f.Times)
}
