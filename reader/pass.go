package reader

import "bytes"

// passSize is how much is read at once where rows are only passed over.
const passSize = 256 << 10

// Pass moves over the backup's first n rows without looking at what is in them, so that Records begins behind them, or
// over fewer, or none, where it takes more than a line end to tell where a row ends. It is many times as fast as
// reading them. each, if set, is shown every row that is passed over, as it stands in the input; it must not keep the
// bytes, and its error ends the passing and is returned. An error of the input comes with the records.
//
// It is to be called before Records, by the same goroutine.
func (r *Reader) Pass(n int64, each func(row int64, raw []byte) error) error {
	if r.format != NDJSON || r.used.Load() {
		return nil
	}
	p := passing{r: r, last: n, each: each}
	var buf []byte
	for err := p.lines(); ; err = p.lines() {
		rest := r.sample
		if err != nil || r.base.Row >= p.last || r.end != nil || len(rest) > r.cfg.MaxRowBytes+1 {
			return err // what is longer than a row may be is for Records to tell
		}
		if cap(buf) < len(rest)+passSize {
			buf = make([]byte, 2*len(rest)+passSize)
		}
		buf = buf[:len(rest)+passSize]
		copy(buf, rest)
		var more int
		more, r.end = r.src.Read(buf[len(rest):])
		r.sample = buf[:len(rest)+more]
	}
}

// passing moves over lines.
type passing struct {
	r    *Reader
	last int64 // the row behind which it ends
	each func(row int64, raw []byte) error
}

// lines passes over the rows whose line end has been read.
func (p *passing) lines() error {
	r := p.r
	for r.base.Row < p.last {
		size := bytes.IndexByte(r.sample, '\n')
		if size < 0 {
			return nil
		}
		line := trimReturn(r.sample[:size])
		if len(line) > r.cfg.MaxRowBytes {
			p.last = r.base.Row // nobody is to be shown that row
			return nil
		}
		r.sample = r.sample[size+1:]
		r.base.Line++
		r.base.Offset += int64(size) + 1
		if blank(line) {
			continue
		}
		r.base.Row++
		if p.each != nil {
			if err := p.each(r.base.Row, line); err != nil {
				return err
			}
		}
	}
	return nil
}
