package ratelimit

import (
	"fmt"
	"time"
)

const (
	// maxRate and minRate bound what a token bucket can count exactly: above
	// the first a request is shorter than the clock's nanosecond; below the
	// second the next request is further away than anybody waits.
	maxRate = 1e9
	minRate = 1.0 / (30 * 24 * 3600)
)

// MaxPause is the longest pause that is taken from a Retry-After header or from
// a caller: a service that asks for more is asked again after this time.
const MaxPause = 5 * time.Minute

// Config says how fast a run may be. The zero value is not valid.
type Config struct {
	// Rate is the run's ceiling in requests per second. It has to be positive,
	// or with Auto 0: no ceiling of its own.
	Rate float64
	// Auto asks the limiter to find the highest rate that the service accepts
	// and to follow it. With a Rate the search ends there.
	Auto bool
	// ChannelRate is the ceiling of each channel in writes per second, 0: none.
	ChannelRate float64
	// Workers is how many requests are in flight at most, 0: not known. It
	// bounds how many answers after a cut are taken for answers to requests
	// that were sent before it.
	Workers int
}

// validate says what is wrong with the first field that is wrong.
func (c Config) validate() error {
	if !c.Auto || c.Rate != 0 {
		if problem := rateProblem(c.Rate); problem != "" {
			return fmt.Errorf("the rate of the run, %v, %s; expected a positive number of requests per second", c.Rate, problem)
		}
	}
	if c.ChannelRate != 0 {
		if problem := rateProblem(c.ChannelRate); problem != "" {
			return fmt.Errorf("the rate of a channel, %v, %s; expected a positive number of writes per second, or 0 for none", c.ChannelRate, problem)
		}
	}
	if c.Workers < 0 {
		return fmt.Errorf("the number of workers, %d, is negative; expected how many requests are in flight at most, or 0", c.Workers)
	}
	return nil
}
