package sandbox

import (
	"net/http"
	"strconv"
	"time"
)

// slowPieces is in how many pieces a slow answer comes.
const slowPieces = 8

// answer applies the request and answers it, or does what a fault has it do. Half of the latency passes before the
// request is applied and half after, so that a client which gives up may or may not have been heard. The latency is
// counted from when the request came: what applying it takes is part of it.
func (s *Server) answer(x *exchange) {
	delay := s.faults.choose(x, x.clock.Sub(s.started))
	due := x.clock.Add(delay)
	x.wait(delay / 2)
	if f := x.fault; f != nil && !f.kind.applied {
		s.waitUntil(x, due)
		s.strike(x, f)
		return
	}
	if refused := s.run(x); refused != nil {
		x.fail(refused)
	}
	s.waitUntil(x, due)
	if x.fault != nil {
		s.strike(x, x.fault)
		return
	}
	s.send(x)
}

// wait lets d pass, or gives the request up when its client does.
func (x *exchange) wait(d time.Duration) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-x.req.Context().Done():
		panic(http.ErrAbortHandler)
	}
}

// struck is the name of the fault that the request met; empty: none.
func (x *exchange) struck() string {
	if x.fault == nil {
		return ""
	}
	return x.fault.Kind
}

// strike answers as the fault has it.
func (s *Server) strike(x *exchange, f *faultOrder) {
	switch f.kind.manner {
	case answers:
		x.fail(f.error(x))
		s.send(x)
	case shows:
		x.status, x.html, x.out = f.kind.status, true, appendPage(x.out[:0], f.kind.status)
		x.extra = retryAfter(f.RetryAfter, x.clock)
		s.send(x)
	case redirects:
		x.w.Header().Set("Location", "https://elsewhere.invalid"+x.path)
		x.status, x.html, x.out = f.kind.status, true, appendPage(x.out[:0], f.kind.status)
		s.send(x)
	case loses:
		panic(http.ErrAbortHandler)
	case hangs:
		<-x.req.Context().Done()
		panic(http.ErrAbortHandler)
	case cuts:
		s.sendPart(x, len(x.out)/2)
		panic(http.ErrAbortHandler)
	case slows:
		s.sendSlowly(x, f.Over)
	}
}

// busyCodes are the codes of a concurrent modification: the same row may be sent again.
var busyCodes = [...]int{codeBusy, codeMemberBusy, codeUserBusy, codeChannelBusy, codeConflict}

func (f *faultOrder) error(x *exchange) *apiError {
	e := &apiError{
		status: f.kind.status, code: f.kind.code, message: f.kind.message,
		retryAfter: retryAfter(f.RetryAfter, x.clock),
	}
	switch {
	case f.Code != 0:
		e.code = f.Code
	case f.kind.code == codeNotFound:
		e.message = x.missing().message
	case f.kind.code == codeBusy:
		e.code = busyCodes[int(x.draw.unit()*float64(len(busyCodes)))]
	}
	return e
}

// sendPart sends the head of the whole answer, and n bytes of its body.
func (s *Server) sendPart(x *exchange, n int) {
	if len(x.out) == 0 {
		return
	}
	x.setHeaders(&s.fixed, x.id, x.concurrent)
	x.sent = x.status
	x.w.Header()["Content-Length"] = []string{strconv.Itoa(len(x.out))}
	x.w.WriteHeader(x.status)
	_, _ = x.w.Write(x.out[:n])
	x.flush()
}

func (s *Server) sendSlowly(x *exchange, over time.Duration) {
	piece := over / slowPieces
	if len(x.out) == 0 {
		x.wait(over)
		s.send(x)
		return
	}
	sent := len(x.out) / slowPieces
	s.sendPart(x, sent)
	for i := range slowPieces {
		x.wait(piece)
		end := len(x.out) * (i + 1) / slowPieces
		if end > sent {
			_, _ = x.w.Write(x.out[sent:end])
			x.flush()
			sent = end
		}
	}
}

func (x *exchange) flush() {
	_ = http.NewResponseController(x.w).Flush() // a recorder that cannot has nothing to flush
}

// appendPage appends what a proxy in between shows instead of the API's answer.
func appendPage(out []byte, status int) []byte {
	title := strconv.Itoa(status) + " " + http.StatusText(status)
	out = append(out, "<!DOCTYPE html>\n<html><head><title>"...)
	out = append(out, title...)
	out = append(out, "</title></head>\n<body><h1>"...)
	out = append(out, title...)
	return append(out, "</h1></body></html>\n"...)
}
