package app

import (
	"context"
	"iter"

	"rejoin/audit"
	"rejoin/internal/bychannel"
	"rejoin/reader"
	"rejoin/restore"
	"rejoin/rules"
)

// byChannel gives the rows of a dry run channel by channel: it looks for the members of each in its list pages, and reads
// those of a channel once where all its rows are there together.
func (r *run) byChannel(source restore.Source, cfg *restore.Config) restore.Source {
	if !r.engine.DryRun || r.grouped {
		return source
	}
	if r.twins != nil {
		found := &foundTwins{twins: r.twins, rows: make(map[int64]foundTwin)}
		source, cfg.Twins = found.lookingUp(source), found
	}
	part := r.engine.Part
	return func(ctx context.Context) iter.Seq2[reader.Record, error] {
		read := r.settled.Rows
		return bychannel.Records(ctx, source(ctx), bychannel.Config{Rules: r.rules, Enough: func(v *rules.View) bool {
			if part.Has(string(v.Named.Channel), string(v.Channel)) {
				read++
			}
			return part.Limit > 0 && read >= part.Limit
		}})
	}
}

// foundTwins are an audit's twins for one who asks for them in any order: they are looked up as the rows are read. It
// holds about 60 bytes for each row that has one.
type foundTwins struct {
	twins *audit.Twins
	rows  map[int64]foundTwin
}

type foundTwin struct {
	line int64
	same bool
}

// Twin tells whether another row counts for a row's member.
func (f *foundTwins) Twin(row int64) (line int64, same, ok bool, err error) {
	t, ok := f.rows[row]
	return t.line, t.same, ok, nil
}

func (f *foundTwins) lookingUp(source restore.Source) restore.Source {
	return func(ctx context.Context) iter.Seq2[reader.Record, error] {
		return func(yield func(reader.Record, error) bool) {
			for rec, err := range source(ctx) {
				line, same, ok, lookErr := f.twins.Twin(rec.Row)
				if lookErr != nil {
					yield(reader.Record{}, lookErr)
					return
				}
				if ok {
					f.rows[rec.Row] = foundTwin{line, same}
				}
				if !yield(rec, err) {
					return
				}
			}
		}
	}
}
