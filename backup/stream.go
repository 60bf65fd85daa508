package backup

import "io"

// Stream is a sink that writes to a stream, which is not whole unless the run came to its end.
type Stream struct{ W io.Writer }

var _ Sink = Stream{}

// Has knows of no channel: a stream cannot be gone on with.
func (s Stream) Has(string) (rows int64, ok bool) { return 0, false }

// Begin writes the header.
func (s Stream) Begin(header []byte) error { return s.write(header) }

// Write writes the channel's rows.
func (s Stream) Write(c Channel) error { return s.write(c.Text) }

func (s Stream) write(text []byte) error {
	if len(text) == 0 {
		return nil
	}
	_, err := s.W.Write(text)
	return err
}
