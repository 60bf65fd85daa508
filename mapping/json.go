package mapping

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
)

// json reads an object {"from": "to"}, or a list of objects with the keys from and to. Null stands for what is not
// mapped, as the empty text does.
func (c *collector) json(text []byte) {
	d := &document{collector: c, text: text, dec: json.NewDecoder(bytes.NewReader(text)), line: 1}
	open, err := d.dec.Token()
	if err == nil && open == json.Delim('{') {
		err = d.object(d.pair)
	} else if err == nil {
		err = d.list()
	}
	if err == nil {
		at := d.dec.InputOffset()
		if _, err = d.dec.Token(); errors.Is(err, io.EOF) {
			return
		}
		if err == nil {
			c.fault(d.lineAt(at), 0, "something stands behind the end of the JSON: expected one object or one list")
			return
		}
	}
	d.broken(err)
}

// document is a JSON text that is being read.
type document struct {
	*collector
	text []byte
	dec  *json.Decoder

	line      int   // of counted
	counted   int64 // bytes of the whole whose lines were counted
	lineStart int64
}

// broken tells where the JSON stops being it. Nothing behind that can be read. The decoder's own errors count the bytes
// of the values alone that it has read, so that the place is found by reading all of it once more.
func (d *document) broken(err error) {
	at := d.dec.InputOffset()
	if again := json.Unmarshal(d.text, new(json.RawMessage)); again != nil {
		err = again
	}
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		at = syntax.Offset
	}
	line := d.lineAt(at)
	d.fault(line, int(max(at-d.lineStart, 1)), "it is no JSON: %v", err)
}

// lineAt is the line of a byte. The bytes that are asked for do not go back by much.
func (d *document) lineAt(at int64) int {
	at = min(at, int64(len(d.text)))
	if at < d.counted {
		d.line, d.counted, d.lineStart = 1, 0, 0
	}
	part := d.text[d.counted:at]
	d.line += bytes.Count(part, []byte("\n"))
	if i := bytes.LastIndexByte(part, '\n'); i >= 0 {
		d.lineStart = d.counted + int64(i) + 1
	}
	d.counted = at
	return d.line
}

// object reads the keys and values of an object whose opening has been read.
func (d *document) object(member func(name string, value json.RawMessage, at int64)) error {
	for d.dec.More() {
		name, err := d.dec.Token()
		if err != nil {
			return err
		}
		at := d.dec.InputOffset()
		var value json.RawMessage
		if err := d.dec.Decode(&value); err != nil {
			return err
		}
		text, _ := name.(string) // a key is one
		member(text, value, at)
	}
	_, err := d.dec.Token()
	return err
}

// pair takes in a member of an object {"from": "to"}.
func (d *document) pair(from string, value json.RawMessage, at int64) {
	line := d.lineAt(at)
	if to, ok := textOf(value); ok {
		d.add(line, from, to, 0, 0)
		return
	}
	d.fault(line, 0, "%s is mapped to %s: expected text, or null for what is not mapped", quote(from), quote(string(value)))
}

// list reads the objects of a list whose opening has been read.
func (d *document) list() error {
	for d.dec.More() {
		var item json.RawMessage
		if err := d.dec.Decode(&item); err != nil {
			return err
		}
		start := d.dec.InputOffset() - int64(len(item))
		if item[0] != '{' {
			d.fault(d.lineAt(start), 0, `found %s in the list: expected {"from": …, "to": …}`, quote(string(item)))
			continue
		}
		if err := d.item(item, start); err != nil {
			return err
		}
	}
	_, err := d.dec.Token()
	return err
}

// item takes in an object of a list. What it holds beside from and to is for people.
func (d *document) item(item json.RawMessage, start int64) error {
	line := d.lineAt(start)
	inner := &document{collector: d.collector, text: d.text, dec: json.NewDecoder(bytes.NewReader(item))}
	if _, err := inner.dec.Token(); err != nil {
		return err
	}
	var names [2]string
	var given [2]bool
	fine := true
	err := inner.object(func(name string, value json.RawMessage, _ int64) {
		i := 0
		switch strings.ToLower(name) {
		case "from":
		case "to":
			i = 1
		default:
			return
		}
		text, ok := textOf(value)
		switch {
		case given[i]:
			d.fault(line, 0, "the key %q stands twice in one object: take one away", name)
		case !ok:
			d.fault(line, 0, "found %s as %s: expected text", quote(string(value)), name)
		}
		fine = fine && ok && !given[i]
		names[i], given[i] = text, true
	})
	switch {
	case err != nil || !fine:
	case !given[0] || !given[1]:
		d.fault(line, 0, `found %s: expected the keys from and to; to is "" for what is not mapped`, quote(string(item)))
	default:
		d.add(line, names[0], names[1], 0, 0)
	}
	return err
}

// textOf reads a text. Null is the empty one.
func textOf(value json.RawMessage) (text string, ok bool) {
	if string(value) == "null" {
		return "", true
	}
	if value[0] != '"' {
		return "", false
	}
	return text, json.Unmarshal(value, &text) == nil
}
