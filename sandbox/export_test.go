package sandbox

import "strings"

// Dump is everything that the server holds, as a state's file has it.
func (s *Server) Dump() (string, error) {
	var out strings.Builder
	var text []byte
	for e := range s.entries {
		var err error
		if text, err = appendEntry(text[:0], &e); err != nil {
			return "", err
		}
		out.Write(append(text, '\n'))
	}
	return out.String(), nil
}

// CompactAt has the state written anew when so many bytes of changes are in its file.
func (s *Server) CompactAt(bytes int64) {
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	s.store.compactAt = bytes
}

// AppendFrame appends a line of a state.
func AppendFrame(out, entries []byte) []byte { return appendFrame(out, entries) }

// BreakFile takes the state's file away from under the server, as a disk does that fails.
func (s *Server) BreakFile() error {
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	return s.store.file.Close()
}
