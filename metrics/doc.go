// Package metrics shows a run to Prometheus while it goes on: rows by outcome, answers by what they meant, how long
// requests take, the rate and whether it is held down, the window.
//
// It promises that a run costs nothing for it: all numbers are read from the counters that the engine keeps anyway, at
// the moment at which somebody asks; and that nothing of a row, an identity or a credential is in any of them.
//
// It does not keep a run's last numbers once the run has ended: the report does.
package metrics
