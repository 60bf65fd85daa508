package audit

import "time"

// Estimate is how long a restore takes at least: it makes one request a member, and more where requests fail.
type Estimate struct {
	Members             int64
	LargestChannel      int64 // members of it that would be sent
	Rate, ChannelRate   float64
	Time                time.Duration // 0: no rate is known
	ChannelRateIsTheOne bool          // the largest channel takes longer than all rows at the run's rate
}

func estimate(members, largest int64, cfg *Config) Estimate {
	e := Estimate{Members: members, LargestChannel: largest, Rate: cfg.Rate, ChannelRate: cfg.ChannelRate}
	if e.Rate > 0 {
		e.Time = seconds(members, e.Rate)
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
