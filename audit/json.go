package audit

import (
	"encoding/json"
	"io"
	"time"

	"rejoin/chat"
	"rejoin/reader"
	"rejoin/rules"
)

// Schema is the version of the JSON that this package writes. Keys and rules may be added within a version; none is
// removed or changes its meaning.
const Schema = 1

// Head is what a document says of the audit beside its result.
type Head struct {
	Version  string // of rejoin
	Path     string
	Bytes    int64  // of the file; 0: not known
	SHA256   string // of the file's bytes; empty: not known
	Info     reader.Info
	ExitCode int
}

// document is the order of the document's keys. docs/audit.md explains them.
type document struct {
	Type     string        `json:"type"`
	Schema   int           `json:"schema"`
	Version  string        `json:"version"`
	Backup   backupJSON    `json:"backup"`
	Errors   int64         `json:"errors"`
	Warnings int64         `json:"warnings"`
	Rules    []findingJSON `json:"rules"`
	Contents contentsJSON  `json:"contents"`
	Estimate estimateJSON  `json:"estimate"`
	ExitCode int           `json:"exit_code"`
}

type backupJSON struct {
	Path        string `json:"path"`
	Bytes       int64  `json:"bytes,omitempty"`
	SHA256      string `json:"sha256,omitempty"`
	Format      string `json:"format"`
	Compression string `json:"compression,omitempty"`
	Encoding    string `json:"encoding"`
}

type findingJSON struct {
	Rule        string         `json:"rule"`
	Severity    rules.Severity `json:"severity"`
	Count       int64          `json:"count"`
	Description string         `json:"description"`
	Fix         string         `json:"fix,omitempty"`
	First       []problemJSON  `json:"first"`
}

type problemJSON struct {
	File       string         `json:"file,omitempty"`
	Row        int64          `json:"row,omitempty"`
	Line       int64          `json:"line,omitempty"`
	Byte       int            `json:"byte,omitempty"`
	Severity   rules.Severity `json:"severity"`
	Column     string         `json:"column,omitempty"`
	Rule       string         `json:"rule"`
	Found      string         `json:"found,omitempty"`
	Message    string         `json:"message"`
	Fix        string         `json:"fix,omitempty"`
	ServiceSID string         `json:"service_sid,omitempty"`
	Channel    string         `json:"channel,omitempty"`
	Identity   string         `json:"identity,omitempty"`
	FirstRow   int64          `json:"first_row,omitempty"`
	FirstLine  int64          `json:"first_line,omitempty"`
	Same       *bool          `json:"same,omitempty"`
}

type contentsJSON struct {
	Rows       int64       `json:"rows"`
	Unreadable int64       `json:"unreadable"`
	Invalid    int64       `json:"invalid"`
	Duplicates int64       `json:"duplicates"`
	Differing  int64       `json:"differing_duplicates"`
	Members    int64       `json:"members"`
	NoRoom     int64       `json:"no_room"`
	Channels   int64       `json:"channels"`
	Identities int64       `json:"identities"`
	Services   []groupJSON `json:"services"`
	Roles      []groupJSON `json:"roles"`
	NoRole     int64       `json:"without_role"`
	Created    spanJSON    `json:"date_created"`
	Updated    spanJSON    `json:"date_updated"`
	Consumed   spanJSON    `json:"last_consumption_timestamp"`
	With       int64       `json:"with_read_position"`
	Without    int64       `json:"without_read_position"`
	Bad        int64       `json:"bad_read_position"`
	Largest    int64       `json:"largest_channel"`
	PerChannel []binJSON   `json:"members_per_channel"`
}

type groupJSON struct {
	SID  string `json:"sid,omitempty"`
	Rows int64  `json:"rows"`
}

type spanJSON struct {
	Rows  int64  `json:"rows"`
	First string `json:"first,omitempty"`
	Last  string `json:"last,omitempty"`
}

type binJSON struct {
	From     int64 `json:"from"`
	To       int64 `json:"to,omitempty"`
	Channels int64 `json:"channels"`
}

type estimateJSON struct {
	Requests    int64   `json:"requests"`
	Rate        float64 `json:"rate"`
	ChannelRate float64 `json:"channel_rate"`
	Seconds     float64 `json:"seconds"`
	BoundBy     string  `json:"bound_by,omitempty"`
}

// WriteJSON writes a result as one document, on one line.
func WriteJSON(w io.Writer, head *Head, res *Result) error {
	doc := document{
		Type: "audit", Schema: Schema, Version: head.Version,
		Backup: backupJSON{
			Path: head.Path, Bytes: head.Bytes, SHA256: head.SHA256,
			Format: head.Info.Format.String(), Compression: head.Info.Compression, Encoding: head.Info.Encoding,
		},
		Errors: res.Errors, Warnings: res.Warnings, Rules: []findingJSON{},
		Contents: contentsOf(&res.Contents), Estimate: estimateOf(&res.Estimate), ExitCode: head.ExitCode,
	}
	for i := range res.Findings {
		f := &res.Findings[i]
		out := findingJSON{Rule: f.Name, Severity: f.Severity, Count: f.Count, Description: f.Broken, Fix: f.Fix, First: []problemJSON{}}
		for j := range f.First {
			out.First = append(out.First, problemOf("", &f.First[j]))
		}
		doc.Rules = append(doc.Rules, out)
	}
	return encoder(w).Encode(&doc)
}

// ProblemWriter writes problems, one a line.
type ProblemWriter struct {
	file string
	enc  *json.Encoder
}

// NewProblemWriter returns a writer of problems of the backup that file names.
func NewProblemWriter(w io.Writer, file string) *ProblemWriter {
	return &ProblemWriter{file: file, enc: encoder(w)}
}

// Write writes one problem.
func (w *ProblemWriter) Write(p *Problem) error {
	line := problemOf(w.file, p)
	return w.enc.Encode(&line)
}

func encoder(w io.Writer) *json.Encoder {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return enc
}

func problemOf(file string, p *Problem) problemJSON {
	out := problemJSON{
		File: file, Row: p.Row, Line: p.Line, Byte: p.Byte, Severity: p.Severity, Column: p.Column, Rule: p.Rule, Found: p.Found,
		Message: p.Message, Fix: p.Fix, ServiceSID: p.Service, Channel: p.Channel, Identity: p.Identity,
		FirstRow: p.FirstRow, FirstLine: p.FirstLine,
	}
	if p.Rule == rules.Duplicate {
		out.Same = &p.Same
	}
	return out
}

func contentsOf(c *Contents) contentsJSON {
	out := contentsJSON{
		Rows: c.Rows, Unreadable: c.Unreadable, Invalid: c.Invalid, Duplicates: c.Duplicates, Differing: c.Differing, Members: c.Members, NoRoom: c.NoRoom,
		Channels: c.Channels, Identities: c.Identities, Services: groupsOf(c.Services), Roles: groupsOf(c.Roles), NoRole: c.NoRole,
		Created: spanOf(c.Created), Updated: spanOf(c.Updated), Consumed: spanOf(c.Consumed),
		With: c.WithIndex, Without: c.WithoutIndex, Bad: c.BadIndex, Largest: c.Largest, PerChannel: []binJSON{},
	}
	for _, b := range c.PerChannel {
		out.PerChannel = append(out.PerChannel, binJSON(b))
	}
	return out
}

func groupsOf(all []Group) []groupJSON {
	out := []groupJSON{}
	for _, g := range all {
		out = append(out, groupJSON{g.SID, g.Rows})
	}
	return out
}

func spanOf(s Span) spanJSON {
	if s.Rows == 0 {
		return spanJSON{}
	}
	return spanJSON{s.Rows, chat.FormatTime(s.First), chat.FormatTime(s.Last)}
}

func estimateOf(e *Estimate) estimateJSON {
	out := estimateJSON{Requests: e.Requests, Rate: e.Rate, ChannelRate: e.ChannelRate, Seconds: e.Time.Round(time.Millisecond).Seconds()}
	switch {
	case e.Time == 0:
	case e.ChannelRateIsTheOne:
		out.BoundBy = "channel_rate"
	default:
		out.BoundBy = "rate"
	}
	return out
}
