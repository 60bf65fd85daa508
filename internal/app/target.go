package app

import (
	"context"
	"iter"
	"strings"

	"rejoin/chat"
	"rejoin/reader"
	"rejoin/restore"
	"rejoin/rules"
	"rejoin/sandbox"
)

// target is the Chat API that a run speaks to: Twilio's, or the one in this process.
type target struct {
	url    string // as the report names it
	client *chat.Client

	sandbox *sandbox.Server // nil: a real one
	stop    func() error
}

// sandboxURL is how a report names the embedded Chat API, and how the client addresses it. There is no such port: the
// connections are pipes in this process.
const sandboxURL = "http://localhost/sandbox"

// targetURL is the target as the report names it.
func (set *settings) targetURL() string {
	if set.sandbox {
		return sandboxURL
	}
	return strings.TrimSuffix(set.baseURL, "/")
}

func (r *run) connect() (target, error) {
	cfg := chat.Config{
		BaseURL: r.baseURL, Credentials: r.creds, Timeout: r.timeout, Connections: r.engine.Workers,
		UserAgent: chat.UserAgent(version),
	}
	if !r.sandbox {
		client, err := chat.NewClient(cfg)
		if err != nil {
			return target{}, usageError(err)
		}
		r.tellHalfPair(r.screen)
		return target{url: r.targetURL(), client: client}, nil
	}
	server, err := sandbox.New(sandbox.Config{})
	if err != nil {
		return target{}, failed(err)
	}
	pipe := sandbox.Pipe()
	stop := server.Serve(pipe)
	cfg.BaseURL, cfg.DialContext = "http://localhost", pipe.DialContext
	cfg.Credentials = chat.Credentials{User: "sandbox", Password: "sandbox"}
	client, err := chat.NewClient(cfg)
	if err != nil {
		return target{}, failed(err)
	}
	r.screen.banner("SANDBOX: the embedded Chat API answers; nothing leaves this machine, and nothing is restored")
	return target{url: r.targetURL(), client: client, sandbox: server, stop: stop}, nil
}

// checkTarget refuses a target that cannot be right before anything is opened.
func checkTarget(set *settings) error {
	client, err := chat.NewClient(chat.Config{BaseURL: set.baseURL, Credentials: set.creds, Timeout: set.timeout})
	if err != nil {
		return usageError(err)
	}
	client.Close()
	return nil
}

func (t *target) close() {
	if t.client != nil {
		t.client.Close()
	}
	if t.stop != nil {
		_ = t.stop() // it held nothing that must be kept
	}
}

// seeding makes, in the sandbox, the Services, channels and roles that the records name, each before the record is
// given on; a real target is left alone.
func (t *target) seeding(source restore.Source, judge *rules.Rules) restore.Source {
	if t.sandbox == nil {
		return source
	}
	return func(ctx context.Context) iter.Seq2[reader.Record, error] {
		return func(yield func(reader.Record, error) bool) {
			for rec, err := range source(ctx) {
				if err == nil {
					err = seedRow(t.sandbox, judge.Judge(&rec))
				}
				if !yield(rec, err) {
					return
				}
			}
		}
	}
}
