package page

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"html/template"
	"io"
	"time"

	"rejoin/report"
)

// Config says how a page is made.
type Config struct {
	// Redact leaves identities, channels' names, errors' texts and fields' values out. Channels have numbers instead.
	Redact bool
	// Version is of the program that makes the page, Made is when.
	Version string
	Made    time.Time
}

//go:embed page.html page.css page.js
var files embed.FS

// Write reads the reports' rows and writes the page of them. It returns what they sum up to, so that the rows need not
// be read once more. An error of reading a report comes before anything is written.
func Write(w io.Writer, reports *report.Reports, cfg Config) (*report.Totals, error) {
	c := newCollector(cfg.Redact)
	totals, err := reports.Totals(c.add)
	if err != nil {
		return nil, err
	}
	page, err := newContent(totals, c, cfg)
	if err != nil {
		return nil, err
	}
	text, err := files.ReadFile("page.html")
	if err != nil {
		return nil, err
	}
	form, err := template.New("page").Parse(string(text))
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer // so that what cannot be made is not begun
	if err := form.Execute(&out, page); err != nil {
		return nil, err
	}
	_, err = w.Write(out.Bytes())
	return totals, err
}

// source is a file that is part of the page, and what the page's policy calls it.
func source(name string) (text, allowed string, err error) {
	raw, err := files.ReadFile(name)
	sum := sha256.Sum256(raw)
	return string(raw), "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'", err
}
