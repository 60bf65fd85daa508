package app

import (
	"context"
	"errors"
	"net"

	"rejoin/metrics"
	"rejoin/ratelimit"
	"rejoin/restore"
)

// hostPort reads an address to listen on.
func hostPort(s string) (string, error) {
	if _, _, err := net.SplitHostPort(s); err != nil {
		return "", errors.New("expected HOST:PORT, like 127.0.0.1:9464")
	}
	return s, nil
}

// showMetrics begins to serve a run's metrics, if they are wanted.
func (r *run) showMetrics(ctx context.Context, total int64, p *restore.Progress, l *ratelimit.Limiter) (*metrics.Server, error) {
	if r.metrics == "" {
		return nil, nil //nolint:nilnil // none are wanted, and a nil server can be closed
	}
	s, err := metrics.Serve(ctx, r.metrics, metrics.Run{
		Command: r.command, Version: version, DryRun: r.engine.DryRun, Total: total, Progress: p, Limiter: l,
	})
	if err != nil {
		return nil, failed(err)
	}
	r.screen.hint("metrics are at " + s.URL())
	return s, nil
}
