package audit

import "time"

// Estimate is how long a restore takes at least: it makes one request a member, and more where requests fail. Of the
// members for which a channel has no room, one is sent: the others are then refused without a request.
type Estimate struct {
	Requests            int64
	LargestChannel      int64 // requests for it
	Rate, ChannelRate   float64
	Time                time.Duration // 0: no rate is known
	ChannelRateIsTheOne bool          // the largest channel takes longer than all rows at the run's rate
}

func estimate(requests, largest int64, cfg *Config) Estimate {
	e := Estimate{Requests: requests, LargestChannel: largest, Rate: cfg.Rate, ChannelRate: cfg.ChannelRate}
	if e.Rate > 0 {
		e.Time = seconds(requests, e.Rate)
	}
	if e.ChannelRate > 0 {
		if t := seconds(largest, e.ChannelRate); t > e.Time {
			e.Time, e.ChannelRateIsTheOne = t, true
		}
	}
	return e
}

func seconds(n int64, rate float64) time.Duration {
	s := float64(n) / rate
	if s > float64(maxTime/time.Second) {
		return maxTime
	}
	return time.Duration(s * float64(time.Second))
}

const maxTime time.Duration = 1 << 62 // about 146 years
