package sandbox

import (
	"errors"
	"fmt"
	"math"
	"net/http"
	"strings"
	"sync/atomic"
	"time"
)

// Limits is how much the server takes. The zero value limits no rate.
type Limits struct {
	// ChannelWrites is how many writes of members, through the channel or through their users, and updates of the channel
	// one channel takes a second; more: 429/50063; 0: no limit.
	ChannelWrites float64
	ServiceWrites float64 // Channel, User and Role writes a second in one Service; more: 429/50074; 0: no limit

	// MemberWrites is how many member writes a second one Service takes over all its channels; more: 429/50074; 0: no
	// limit. It is documented nowhere: it stands for a capacity that a client has to find. [Server.SetServiceRate]
	// changes it while the server runs.
	MemberWrites float64

	Window      time.Duration // over which a rate is averaged; 0: the documented 5 s
	Concurrency int           // requests in flight in the account; more: 429/20429; 0: no limit

	ChannelMembers  int // members a channel, until the Service's own setting; more: 403/50403; 0: 1000
	UserChannels    int // channels a user, until the Service's own setting; more: 403/50208; 0: 1000
	AttributesBytes int // more: 400/50303; 0: 16384
	IdentityLength  int // characters; more: 400/50207; 0: 256

	// RetryAfter is the Retry-After header of an answer 429: empty for none, "date+5s" for an HTTP date so far ahead,
	// and any other text as it is, seconds or nonsense.
	RetryAfter string
}

const (
	documentedRate   = 30
	documentedWindow = 5 * time.Second

	defaultAttributesBytes = 16 << 10
	defaultIdentityLength  = 256
)

// DocumentedLimits returns the limits that Twilio documents: 30 writes a second in a channel and, for Channels, Users
// and Roles, in a Service, averaged over 5 s; 1,000 members a channel and 1,000 channels a user
// (https://www.twilio.com/docs/chat/chat-limits). How many requests may be in flight is not documented.
func DocumentedLimits() Limits {
	return Limits{
		ChannelWrites: documentedRate, ServiceWrites: documentedRate, Window: documentedWindow,
		ChannelMembers: maxServiceLimit, UserChannels: maxServiceLimit,
	}
}

// complete returns l with its defaults, or why it cannot be.
func (l Limits) complete() (Limits, error) {
	rates := []struct {
		name string
		rate float64
	}{{"ChannelWrites", l.ChannelWrites}, {"ServiceWrites", l.ServiceWrites}, {"MemberWrites", l.MemberWrites}}
	for _, r := range rates {
		if r.rate < 0 || math.IsNaN(r.rate) || math.IsInf(r.rate, 0) {
			return l, fmt.Errorf("%s is %v: expected writes a second, or 0 for no limit", r.name, r.rate)
		}
	}
	if l.Window < 0 || l.Concurrency < 0 || l.ChannelMembers < 0 || l.UserChannels < 0 || l.AttributesBytes < 0 ||
		l.IdentityLength < 0 {
		return l, errors.New("a limit is negative: expected a positive number, or 0 for the default")
	}
	if err := checkRetryAfter(l.RetryAfter); err != nil {
		return l, err
	}
	defaultTo(&l.Window, documentedWindow)
	defaultTo(&l.ChannelMembers, maxServiceLimit)
	defaultTo(&l.UserChannels, maxServiceLimit)
	defaultTo(&l.AttributesBytes, defaultAttributesBytes)
	defaultTo(&l.IdentityLength, defaultIdentityLength)
	return l, nil
}

func defaultTo[T comparable](value *T, fallback T) {
	var zero T
	if *value == zero {
		*value = fallback
	}
}

// SetServiceRate changes [Limits.MemberWrites] from now on; 0 takes the limit away.
func (s *Server) SetServiceRate(perSecond float64) {
	s.memberRate.Store(math.Float64bits(max(perSecond, 0)))
}

// admitChannelWrite counts one write against the channel's rate, and a member's against the Service's too: what one of
// them refuses is counted in neither.
func (s *Server) admitChannelWrite(x *exchange, ch *channel, ofMember bool) *apiError {
	at, inService := x.clock.Sub(s.started), rateOf(&s.memberRate)
	if !ofMember {
		inService = 0
	}
	if inService > 0 && !ch.service.memberWrites.take(at, inService, s.limits.Window) {
		return s.limited(x, codeServiceRate, "Global actions per second limit exceeded")
	}
	if s.limits.ChannelWrites > 0 && !ch.writes.take(at, s.limits.ChannelWrites, s.limits.Window) {
		if inService > 0 {
			ch.service.memberWrites.giveBack(at)
		}
		return s.limited(x, codeChannelRate, "Actions per second limit exceeded")
	}
	return nil
}

// admitServiceWrite counts one Channel, User or Role write against the Service's rate.
func (s *Server) admitServiceWrite(x *exchange, v *service) *apiError {
	if s.limits.ServiceWrites > 0 && !v.writes.take(x.clock.Sub(s.started), s.limits.ServiceWrites, s.limits.Window) {
		return s.limited(x, codeServiceRate, "Global actions per second limit exceeded")
	}
	return nil
}

func rateOf(bits *atomic.Uint64) float64 { return math.Float64frombits(bits.Load()) }

func (s *Server) limited(x *exchange, code int, message string) *apiError {
	fault := tooMany(code, message)
	fault.retryAfter = retryAfter(s.limits.RetryAfter, x.clock)
	return fault
}

const datePrefix = "date+"

// retryAfter makes the header's value of what was ordered.
func retryAfter(order string, now time.Time) string {
	text, dated := strings.CutPrefix(order, datePrefix)
	if !dated {
		return order
	}
	ahead, err := time.ParseDuration(text)
	if err != nil {
		return order
	}
	return now.Add(ahead).UTC().Format(http.TimeFormat)
}

func checkRetryAfter(order string) error {
	text, dated := strings.CutPrefix(order, datePrefix)
	if !dated {
		return nil
	}
	if _, err := time.ParseDuration(text); err != nil {
		return fmt.Errorf("retry-after %q: expected a duration behind %q, such as date+5s", order, datePrefix)
	}
	return nil
}
