package app

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"math"
	"os"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/urfave/cli/v2"

	"rejoin/audit"
	"rejoin/internal/prose"
	"rejoin/reader"
	"rejoin/rules"
)

func (a *app) auditCommand() *cli.Command {
	groups := []group{
		{"WHAT COUNTS", []cli.Flag{
			stringFlag("service", "", "the `SID` of the Service that all rows go to, IS… (default each row's own)"),
			stringFlag("channel-members", strconv.Itoa(audit.DefaultChannelMembers), "a channel can hold `N` members"),
			stringFlag("on-duplicate", "first", "which of several rows for one member counts: `WORD` is first or last"),
			boolFlag("strict", "warnings count as errors for the exit status"),
			stringFlag("rate", "25", "requests per second of the restore whose time is told: `N`, N/s, N/m or auto"),
			stringFlag("channel-rate", "25", "and writes per second in one channel: `N`; 0: no ceiling"),
		}},
		{"INTO ANOTHER SERVICE", mappingFlags()},
		{"HOW TO READ THE BACKUP", readingFlags()},
		{"WHAT IS WRITTEN", []cli.Flag{
			outputFlag(),
			stringFlag("problems", "", "every problem, one a line (NDJSON), in a new `FILE`"),
			boolFlag("redact", "hide the backup's values"),
			stringFlag("progress", "auto", "how far the audit is, on standard error: `WORD` is auto, bar, plain, json or none"),
			stringFlag("log-level", "info", "the least that is told on standard error: `WORD` is debug, info, warn or error"),
			stringFlag("log-format", "text", "and how: `WORD` is text or json"),
		}},
	}
	return &cli.Command{
		Name:      "audit",
		Usage:     "check a backup offline: may it be restored, and what is in it?",
		ArgsUsage: "BACKUP",
		Description: `EXAMPLES
   rejoin audit members.ndjson                            what is wrong, and what the backup holds
   rejoin audit --problems problems.ndjson members.csv    every single problem, with its line
   rejoin audit -o json members.ndjson | jq .contents     for scripts
   zcat old.csv.gz | rejoin audit -                       from standard input

   Nothing is sent, and no credentials are needed. rejoin help rules lists what is
   looked for.

EXIT STATUS
   0 no errors (with --strict: no warnings either)   1 the backup cannot be read to its end
   2 wrong usage   3 there are errors   129, 130, 131, 143 interrupted`,
		Flags:  flagsOf(groups),
		Action: a.audit,
	}
}

// auditSettings is what the flags of an audit say.
type auditSettings struct {
	settings       // of which an audit has those that say how to read, how fast, and how to show it
	channelMembers int
	strict         bool
	redact         bool
	problems       string
}

func readAuditSettings(c *cli.Context) (*auditSettings, error) {
	set := &auditSettings{strict: c.Bool("strict"), redact: c.Bool("redact"), problems: c.String("problems")}
	var err error
	if set.path, err = backupArg(c); err != nil {
		return nil, err
	}
	if err := set.readReading(c); err != nil {
		return nil, err
	}
	if err := set.readMapping(c); err != nil {
		return nil, err
	}
	if set.service, err = parse(c, "service", optional(serviceSID)); err != nil {
		return nil, err
	}
	if set.channelMembers, err = parse(c, "channel-members", membersOfAChannel); err != nil {
		return nil, err
	}
	if set.lastWins, err = parse(c, "on-duplicate", oneOf([]string{"first", "last"}, false, true)); err != nil {
		return nil, err
	}
	if set.pace, err = parse(c, "rate", readPace); err != nil {
		return nil, err
	}
	if set.channelRate, err = parse(c, "channel-rate", channelRate); err != nil {
		return nil, err
	}
	err = set.readTelling(c)
	return set, err
}

func membersOfAChannel(s string) (int, error) {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 1 || n > math.MaxInt32 {
		return 0, errors.New("expected a whole number from 1")
	}
	return int(n), nil
}

// audit is the command.
func (a *app) audit(c *cli.Context) (err error) {
	set, err := readAuditSettings(c)
	if err != nil {
		return err
	}
	judge, err := set.judge(set.redact)
	if err != nil {
		return err
	}
	b, err := openBackup(set.path, a.Stdin, set.reading)
	if err != nil {
		return err
	}
	defer b.close()
	problems, err := openProblems(set.problems, set.path)
	if err != nil {
		return err
	}
	s := newScreen(a.Stderr, set.progress, set.logs, a.Getenv)
	defer s.close()
	sig := catchSignals(a.kill, s.hint, "the audit ends; it has changed nothing")
	defer sig.close()
	// The text does not tell the fingerprint, and it costs a quarter of the time.
	res, info, err := examine(sig.ctx, b, s, look{fingerprint: set.json}, set.auditConfig(judge, problems))
	if set.redact {
		err = hidden(err)
	}
	if err = errors.Join(err, problems.close(err == nil)); err != nil {
		return audited(sig.ctx, err)
	}
	if res.Contents.Rows == 0 {
		s.warn(b.name + " holds no member: a restore of it would send nothing, and end with status " + strconv.Itoa(statusFailed) +
			"; export it again (--strict makes an error of it here, too)")
	}
	return a.tellAudit(set, b, info, res)
}

func (set *auditSettings) auditConfig(judge *rules.Rules, problems *problemFile) audit.Config {
	cfg := audit.Config{
		Rules: judge, ChannelMembers: set.channelMembers, Rate: set.pace.rate, ChannelRate: set.channelRate, LastCounts: set.lastWins,
	}
	if set.pace.auto {
		cfg.Rate = 0
	}
	if problems != nil {
		cfg.Every = problems.write
	}
	return cfg
}

// audited is the end of an audit that could not be done.
func audited(ctx context.Context, err error) error {
	if signal, ok := errors.AsType[*interrupted](context.Cause(ctx)); ok {
		return &exit{status: signal.status(), err: signal}
	}
	return failed(err)
}

// hidden is an error without what the reader quotes of the backup in it: of a table without a header, the names that it
// found are values.
func hidden(err error) error {
	input, ok := errors.AsType[*reader.InputError](err)
	if !ok {
		return err
	}
	short := *input
	if at := strings.IndexAny(short.Msg, `"'`); at >= 0 {
		short.Msg = short.Msg[:at] + "… (the rest is hidden, because of --redact)"
	}
	return failed(&short)
}

// tellAudit prints what was found.
func (a *app) tellAudit(set *auditSettings, b *backup, info reader.Info, res *audit.Result) error {
	status := statusDone
	if res.Errors > 0 || set.strict && res.Warnings > 0 {
		status = statusNotRestored
	}
	if set.json {
		head := &audit.Head{Version: version, Path: b.path, Bytes: b.size, SHA256: b.sha256, Info: info, ExitCode: status}
		if err := a.printed(audit.WriteJSON(a.out, head, res)); err != nil {
			return err
		}
	} else {
		title := b.name + ": " + auditTitle(info, b.size)
		if err := a.printed(audit.WriteText(a.out, title, res, a.style())); err != nil {
			return err
		}
	}
	if status != statusDone {
		return &exit{status: status, err: errors.New("the backup has problems"), silent: true}
	}
	return nil
}

// auditTitle is what was found out about a backup, without the columns that are no part of it: they are warned of.
func auditTitle(info reader.Info, size int64) string {
	info.Unknown = nil
	text := info.String()
	if size > 0 {
		text += ", " + prose.Size(size)
	}
	return text
}

// look says what an audit's pass over a backup is for beside the audit.
type look struct {
	fingerprint bool  // of the bytes
	toSend      bool  // the rows are read again to be sent, and are then to be the same
	behind      int64 // so many rows are passed over
}

// examine audits a backup in one pass, and shows how far it is. A stream can be passed over once.
func examine(ctx context.Context, b *backup, s *screen, look look, cfg audit.Config) (*audit.Result, reader.Info, error) {
	place, _ := b.index.Before(look.behind)
	src, sum := b.toEnd(ctx, place), sha256.New()
	if look.fingerprint && cfg.Limit == 0 {
		src = io.TeeReader(src, sum)
	}
	if look.toSend {
		b.looked = new(rowSum)
	}
	r, err := b.reader(src, place)
	if err != nil {
		return nil, reader.Info{}, err
	}
	defer func() { _ = r.Close() }() // its errors came with the records
	cfg.Info, cfg.Rows = r.Info, new(atomic.Int64)
	cfg.Rows.Store(place.Row)
	defer s.reading(b, cfg.Rows)()
	err = r.Pass(look.behind, func(row int64, _ []byte) error {
		cfg.Rows.Store(row)
		return nil
	})
	if err != nil {
		return nil, r.Info(), failed(err)
	}
	res, err := audit.Run(ctx, behind(ctx, r.Records(), look.behind, b.looked), cfg)
	if err != nil {
		return nil, r.Info(), failed(err)
	}
	if err := b.passedOver(ctx, src, sum, look.fingerprint, cfg.Limit == 0); err != nil {
		res.Twins.Close()
		return nil, r.Info(), err
	}
	return res, r.Info(), nil
}

// passedOver ends a pass that an audit has made: it learns the file's size, and its fingerprint. Where the audit ended
// before its end the reader may still read ahead, and the pass is nobody else's.
func (b *backup) passedOver(ctx context.Context, src io.Reader, sum hash.Hash, fingerprint, whole bool) error {
	if !whole {
		if fingerprint {
			return b.fingerprint(ctx)
		}
		return nil
	}
	if _, err := io.Copy(io.Discard, src); err != nil { // what stands behind the last record
		return failed(err)
	}
	if fingerprint {
		b.sha256 = hex.EncodeToString(sum.Sum(nil))
	}
	if b.file != nil {
		b.size = b.seen.Load() // it may have grown since it was opened
	}
	return nil
}

// problemFile is where every problem is written. Nil is none.
type problemFile struct {
	path string
	file *os.File
	buf  *bufio.Writer
	out  *audit.ProblemWriter
}

func openProblems(path, backup string) (*problemFile, error) {
	if path == "" {
		return nil, nil //nolint:nilnil // none was asked for
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, failed(fmt.Errorf("the file for the problems cannot be made: %w", err))
	}
	p := &problemFile{path: path, file: file, buf: bufio.NewWriterSize(file, 64<<10)}
	p.out = audit.NewProblemWriter(p.buf, backup)
	return p, nil
}

func (p *problemFile) write(problem *audit.Problem) error {
	if err := p.out.Write(problem); err != nil {
		return fmt.Errorf("%s cannot be written: %w", p.path, err)
	}
	return nil
}

// close ends the file. One that is not whole is taken away, so that it is not taken for one that is.
func (p *problemFile) close(whole bool) error {
	if p == nil {
		return nil
	}
	err := errors.Join(p.buf.Flush(), p.file.Close())
	if err != nil {
		err = fmt.Errorf("%s could not be written to its end, and is taken away: %w", p.path, err)
	}
	if err != nil || !whole {
		err = errors.Join(err, os.Remove(p.path))
	}
	return err
}
