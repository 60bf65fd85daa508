package app

import (
	"context"
	"fmt"

	"rejoin/rules"
	"rejoin/sandbox"
)

// seedRow makes, in a sandbox, the Service, the channel and the role that a row names. A row that breaks a rule is never
// sent, so that it needs nothing.
func seedRow(server *sandbox.Server, v rules.Verdict) error {
	m := &v.Member
	if len(v.Problems) > 0 {
		return nil
	}
	if err := server.AddService(m.ServiceSID); err != nil {
		return fmt.Errorf("the sandbox cannot hold the row's Service: %w", err)
	}
	if err := server.AddChannel(m.ServiceSID, m.Channel); err != nil {
		return fmt.Errorf("the sandbox cannot hold the row's channel: %w", err)
	}
	if m.RoleSID == "" {
		return nil
	}
	if err := server.AddRole(m.ServiceSID, m.RoleSID); err != nil {
		return fmt.Errorf("the sandbox cannot hold the row's role: %w", err)
	}
	return nil
}

// seeded is what was read of a seed file.
type seeded struct {
	rows    int // that name what the sandbox now holds
	skipped int // that cannot be read or break a rule
}

// seedFile makes, in a sandbox, what all rows of a backup name, without the members. The context ends it.
func seedFile(ctx context.Context, server *sandbox.Server, b *backup, judge *rules.Rules) (n seeded, err error) {
	pass, err := b.open(ctx)
	if err != nil {
		return n, err
	}
	defer func() { _ = pass.Close() }() // its errors came with the records
	for rec, err := range pass.Records() {
		if isRowError(err) {
			n.skipped++
			continue
		}
		if err != nil {
			return n, failed(fmt.Errorf("the seed file %s: %w", b.name, err))
		}
		verdict := judge.Judge(&rec)
		if err := seedRow(server, verdict); err != nil {
			return n, failed(fmt.Errorf("the seed file %s, row %d: %w", b.name, rec.Row, err))
		}
		if ctx.Err() != nil {
			return n, context.Cause(ctx)
		}
		if len(verdict.Problems) > 0 {
			n.skipped++
			continue
		}
		n.rows++
	}
	return n, nil
}
