package app

import (
	"time"

	"github.com/urfave/cli/v2"
)

// requests is how requests are made, whatever they are for.
type requests struct {
	pace    pace
	workers int
	retries int
	timeout time.Duration
	outage  time.Duration // after which the run gives up on a service that does not answer
}

// readRequests reads the flags that say so.
func readRequests(c *cli.Context) (q requests, err error) {
	if q.pace, err = parse(c, "rate", readPace); err != nil {
		return q, err
	}
	workers, err := parse(c, "workers", wholeNumber(1, 10_000))
	if err != nil {
		return q, err
	}
	retries, err := parse(c, "retries", wholeNumber(0, 1_000_000))
	if err != nil {
		return q, err
	}
	q.workers, q.retries = int(workers), int(retries)
	if q.timeout, err = parse(c, "timeout", duration); err != nil {
		return q, err
	}
	q.outage, err = parse(c, "outage-timeout", duration)
	return q, err
}
