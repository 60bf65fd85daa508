package audit

import (
	"bytes"
	"context"
	"errors"
	"hash/maphash"
	"iter"
	"slices"

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

	// Twins are the duplicates, if they were asked for. They are to be closed.
	Twins *Twins
}

// Run audits the records of a backup. It fails where they cannot be read to their end, with the reader's error, where
// the context ends, with its cause, where the temporary file cannot be made, and where Config.Every fails.
func Run(ctx context.Context, records iter.Seq2[reader.Record, error], cfg Config) (*Result, error) {
	cfg, err := cfg.complete()
	if err != nil {
		return nil, err
	}
	a := newAuditor(cfg)
	defer a.file.Close()
	if err := a.read(ctx, records); err != nil {
		return nil, err
	}
	res, err := a.finish(ctx)
	if err != nil {
		a.twins.Close()
	}
	return res, err
}

// auditor is an audit that is going on.
type auditor struct {
	cfg      Config
	tally    *tally
	contents *counter
	file     *spill.File
	members  *members     // what is kept of each row that names a member
	names    *spill.Spill // hashes of identities
	twins    *Twins       // nil: not asked for
	seed     maphash.Seed
	last     int64 // the row that was read last

	view rules.View
	buf  []byte

	// Of the row before. In a backup sorted by channel the next row has the same.
	service, channel []byte
	named            []byte // its channel as the record names it, before it is mapped
	isPart           bool   // its channel's rows are looked at
	fresh            bool   // it is of another channel than the one before it
	part             int    // where they are kept; -1: it is not known yet
}

func newAuditor(cfg Config) *auditor {
	file := spill.NewFile(cfg.TempDir, cfg.chunk)
	a := &auditor{
		cfg: cfg, tally: newTally(cfg.Every), contents: newCounter(cfg.ChannelMembers),
		file: file, members: newMembers(file, cfg.keep), names: spill.New(file, cfg.keep/4), part: -1,
		seed: maphash.MakeSeed(),
	}
	a.view.Brief = a.tally.brief
	return a
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
		a.last = rec.Row
		a.cfg.Rows.Store(rec.Row)
		if rec.Row%checkEvery == 0 && ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if a.cfg.Limit > 0 && a.contents.Rows >= a.cfg.Limit {
			break
		}
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return nil
}

func (a *auditor) unreadable(bad *reader.RowError) {
	if a.cfg.Part != nil && !a.cfg.Part("", "") {
		return
	}
	a.contents.Rows++
	a.contents.Unreadable++
	p := a.cfg.Rules.Unreadable(bad)
	if a.cfg.Rules.Redacts() {
		p.Column = "" // a key is whatever stands in the row
	}
	a.tally.add(&Problem{Problem: p, Row: bad.Row, Line: bad.Line, Byte: bad.Column})
}

func (a *auditor) record(rec *reader.Record) error {
	v := &a.view
	a.cfg.Rules.Examine(rec, v)
	if !a.look(v) {
		return nil
	}
	invalid := len(v.Problems) > 0
	// A row that lacks but its Service counts all the same, among those that lack it: what is wrong with them is to be
	// seen before --service is given, and not after.
	lacksService := invalid && slices.ContainsFunc(v.Problems, func(p rules.Problem) bool { return p.Rule == rules.MissingService })
	counts := !invalid || lacksService && len(v.Problems) == 1
	a.cfg.Rules.Warn(rec, v)
	if len(v.Problems) > 0 {
		a.problems(rec, v)
	}
	a.contents.add(rec, v, invalid)
	if a.cfg.Each != nil {
		a.cfg.Each(v, invalid)
	}
	if len(v.Identity) > 0 {
		a.buf = appendUint64(a.buf[:0], maphash.Bytes(a.seed, v.Identity))
		if err := a.names.Put(int(a.buf[0]), a.buf); err != nil {
			return err
		}
	}
	if len(v.Identity) == 0 || len(v.Channel) == 0 || len(v.Service) == 0 && !lacksService {
		return nil
	}
	m := member{
		row: rec.Row, line: rec.Line, counts: counts, invalid: invalid,
		service: a.service, channel: a.channel, identity: v.Identity,
	}
	if m.counts {
		m.values = a.values(v)
	}
	if a.fresh {
		a.fresh = false
		a.contents.run(a.channel)
	}
	return a.members.put(a.part, &m)
}

// look notes a row's channel, and reports whether the row is to be looked at.
func (a *auditor) look(v *rules.View) bool {
	if a.part < 0 || !bytes.Equal(a.channel, v.Channel) || !bytes.Equal(a.service, v.Service) || !bytes.Equal(a.named, v.Named.Channel) {
		a.service = append(a.service[:0], v.Service...)
		a.channel = append(a.channel[:0], v.Channel...)
		a.named = append(a.named[:0], v.Named.Channel...)
		a.part = partOf(mix(mix(0, a.service), a.channel))
		a.fresh = true
		a.isPart = a.cfg.Part == nil || a.cfg.Part(string(a.named), string(a.channel))
	}
	return a.isPart
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
	identities := distinct{file: a.file, most: a.cfg.most}
	if err := identities.count(ctx, a.names, 1); err != nil {
		return nil, err
	}
	a.contents.Identities = identities.n
	if a.cfg.Twins {
		a.twins = newTwins(a.cfg.TempDir, a.last)
	}
	across := newAcross(a)
	if err := across.run(ctx); err != nil {
		return nil, err
	}
	across.fullPages()
	a.whole()
	if a.cfg.Rules.Redacts() {
		a.contents.redact()
	}
	if a.tally.err != nil {
		return nil, a.tally.err
	}
	return &Result{
		Findings: a.tally.broken(), Errors: a.tally.errors, Warnings: a.tally.warnings,
		Contents: a.contents.sum(), Estimate: estimate(a.contents.Requests, a.contents.LargestToSend, &a.cfg), Twins: a.twins,
	}, nil
}
