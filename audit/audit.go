package audit

import (
	"bytes"
	"context"
	"errors"
	"hash/maphash"
	"iter"

	"rejoin/internal/spill"
	"rejoin/reader"
	"rejoin/rules"
)

// Result is what an audit found.
type Result struct {
	Findings []Finding // the rules that are broken: errors first, in the order of [rules.All]
	Errors   int64     // problems that are errors
	Warnings int64     // and that are warnings

	Contents Contents
	Estimate Estimate
}

// Run audits the records of a backup. It fails where they cannot be read to their end, with the reader's error, where
// the context ends, with its cause, where the temporary file cannot be made, and where Config.Every fails.
func Run(ctx context.Context, records iter.Seq2[reader.Record, error], cfg Config) (*Result, error) {
	cfg, err := cfg.complete()
	if err != nil {
		return nil, err
	}
	file := spill.NewFile(cfg.TempDir, cfg.chunk)
	defer file.Close()
	a := &auditor{
		cfg: cfg, tally: newTally(cfg.Every), contents: newCounter(),
		file: file, members: newMembers(file, cfg.keep), names: spill.New(file, cfg.keep/4), part: -1,
		seed: maphash.MakeSeed(),
	}
	a.view.Brief = a.tally.brief
	if err := a.read(ctx, records); err != nil {
		return nil, err
	}
	return a.finish(ctx)
}

// auditor is an audit that is going on.
type auditor struct {
	cfg      Config
	tally    *tally
	contents *counter
	file     *spill.File
	members  *members     // what is kept of each row that names a member
	names    *spill.Spill // hashes of identities
	seed     maphash.Seed

	view rules.View
	buf  []byte

	service, channel []byte // of the row before
	part             int    // of its channel; -1: there is none yet
}

// checkEvery is after how many rows the context and the reader of problems are asked.
const checkEvery = 256

func (a *auditor) read(ctx context.Context, records iter.Seq2[reader.Record, error]) error {
	for rec, err := range records {
		if err == nil {
			err = a.record(&rec)
		} else if bad, ok := errors.AsType[*reader.RowError](err); ok {
			a.unreadable(bad)
			err = nil
		}
		if err == nil {
			err = a.tally.err
		}
		if err != nil {
			return err
		}
		a.cfg.Rows.Store(rec.Row)
		if rec.Row%checkEvery == 0 && ctx.Err() != nil {
			return context.Cause(ctx)
		}
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return nil
}

func (a *auditor) unreadable(bad *reader.RowError) {
	a.contents.Rows++
	a.contents.Unreadable++
	a.tally.add(&Problem{Problem: a.cfg.Rules.Unreadable(bad), Row: bad.Row, Line: bad.Line, Byte: bad.Column})
}

func (a *auditor) record(rec *reader.Record) error {
	v := &a.view
	a.cfg.Rules.Examine(rec, v)
	broken := len(v.Problems) > 0
	a.cfg.Rules.Warn(rec, v)
	if len(v.Problems) > 0 {
		a.problems(rec, v)
	}
	a.contents.add(rec, v, broken)
	if a.cfg.Each != nil {
		a.cfg.Each(v, broken)
	}
	if len(v.Identity) > 0 {
		a.buf = appendUint64(a.buf[:0], maphash.Bytes(a.seed, v.Identity))
		if err := a.names.Put(int(a.buf[0]), a.buf); err != nil {
			return err
		}
	}
	if len(v.Identity) == 0 || len(v.Channel) == 0 || len(v.Service) == 0 {
		return nil
	}
	return a.keep(rec, v, broken)
}

func (a *auditor) problems(rec *reader.Record, v *rules.View) {
	for i := range v.Problems {
		p := Problem{Problem: v.Problems[i], Row: rec.Row, Line: rec.Line}
		if p.Message != "" && !a.cfg.Rules.Redacts() {
			p.Service, p.Channel, p.Identity = string(v.Service), string(v.Channel), string(v.Identity)
		}
		a.tally.add(&p)
	}
}

// keep puts what is kept of a row where the rows of its channel are.
func (a *auditor) keep(rec *reader.Record, v *rules.View, broken bool) error {
	if a.part < 0 || !bytes.Equal(a.channel, v.Channel) || !bytes.Equal(a.service, v.Service) {
		a.service = append(a.service[:0], v.Service...)
		a.channel = append(a.channel[:0], v.Channel...)
		a.part = partOf(mix(mix(0, a.service), a.channel))
	}
	m := member{row: rec.Row, line: rec.Line, broken: broken, service: a.service, channel: a.channel, identity: v.Identity}
	if !broken {
		m.values = a.values(v)
	}
	return a.members.put(a.part, &m)
}

// values is a hash of all that would be sent of a row beside its address and identity.
func (a *auditor) values(v *rules.View) uint64 {
	b := append(append(a.buf[:0], v.Role...), 0)
	b = append(v.AppendAttributes(b), 0)
	if v.Index.Set {
		b = appendUint64(append(b, 1), uint64(v.Index.N))
	}
	for _, t := range [...]int64{v.Consumed.Unix(), v.Created.Unix(), v.Updated.Unix()} {
		b = appendUint64(b, uint64(t))
	}
	for _, t := range [...]int{v.Consumed.Nanosecond(), v.Created.Nanosecond(), v.Updated.Nanosecond()} {
		b = appendUint64(b, uint64(t))
	}
	a.buf = b
	return maphash.Bytes(a.seed, b)
}

// finish looks at what only shows across records, and sums up.
func (a *auditor) finish(ctx context.Context) (*Result, error) {
	across := newAcross(a)
	if err := across.run(ctx); err != nil {
		return nil, err
	}
	identities, err := distinct(ctx, a.names)
	if err != nil {
		return nil, err
	}
	a.contents.Identities = identities
	a.whole(across)
	if a.cfg.Rules.Redacts() {
		a.contents.redact()
	}
	if a.tally.err != nil {
		return nil, a.tally.err
	}
	return &Result{
		Findings: a.tally.broken(), Errors: a.tally.errors, Warnings: a.tally.warnings,
		Contents: a.contents.sum(), Estimate: estimate(a.contents.Members, a.contents.LargestToSend, &a.cfg),
	}, nil
}
