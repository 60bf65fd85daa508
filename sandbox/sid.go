package sandbox

// isSID reports whether s is a SID of the given kind: two letters and 32 hexadecimal digits of either case, which is
// the pattern of every SID in the API's OpenAPI description.
func isSID(s, prefix string) bool {
	if len(s) != 34 || s[:2] != prefix {
		return false
	}
	for i := 2; i < len(s); i++ {
		switch c := s[i]; {
		case '0' <= c && c <= '9', 'a' <= c && c <= 'f', 'A' <= c && c <= 'F':
		default:
			return false
		}
	}
	return true
}
