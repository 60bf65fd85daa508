package metrics

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Server serves a run's metrics.
type Server struct {
	listener net.Listener
	http     *http.Server
	ended    chan error
}

// Serve begins to serve the run's metrics at http://ADDR/metrics, and those of the process beside them. The address is
// opened before it returns, so that one that cannot be had is told before anything is sent.
func Serve(ctx context.Context, addr string, run Run) (*Server, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("the metrics' address %q cannot be listened on: %w", addr, err)
	}
	registry := prometheus.NewRegistry()
	for _, c := range []prometheus.Collector{
		newCollector(run), collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	} {
		if err := registry.Register(c); err != nil {
			return nil, errors.Join(fmt.Errorf("the metrics cannot be shown: %w", err), l.Close())
		}
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	s := &Server{listener: l, ended: make(chan error, 1), http: &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}}
	go func() { s.ended <- s.http.Serve(l) }()
	return s, nil
}

// URL is where the metrics are.
func (s *Server) URL() string { return "http://" + s.listener.Addr().String() + "/metrics" }

// Close ends it at once. A nil server has nothing to end.
func (s *Server) Close() {
	if s == nil {
		return
	}
	_ = s.http.Close() // its listener may have failed before, which changes nothing for the run
	<-s.ended          //nolint:errcheck // it says that it was closed
}
