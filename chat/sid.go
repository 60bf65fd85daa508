package chat

// sidLength is the length of every SID: two letters and 32 hexadecimal digits.
const sidLength = 34

// IsServiceSID reports whether s has the form of a Service's SID, ^IS[0-9a-fA-F]{32}$ (the reference page).
func IsServiceSID(s string) bool { return isSID(s, 'I', 'S') }

// IsChannelSID reports whether s has the form of a Channel's SID, ^CH[0-9a-fA-F]{32}$ (the reference page).
func IsChannelSID(s string) bool { return isSID(s, 'C', 'H') }

// IsRoleSID reports whether s has the form of a Role's SID, ^RL[0-9a-fA-F]{32}$ (the reference page).
func IsRoleSID(s string) bool { return isSID(s, 'R', 'L') }

// IsUserSID reports whether s has the form of a User's SID, ^US[0-9a-fA-F]{32}$. The API refuses an identity of that
// form with error 50206.
func IsUserSID(s string) bool { return isSID(s, 'U', 'S') }

// IsMemberSID reports whether s has the form of a Member's SID, ^MB[0-9a-fA-F]{32}$ (the reference page).
func IsMemberSID(s string) bool { return isSID(s, 'M', 'B') }

func isSID(s string, first, second byte) bool {
	if len(s) != sidLength || s[0] != first || s[1] != second {
		return false
	}
	for i := 2; i < sidLength; i++ {
		if !isHex(s[i]) {
			return false
		}
	}
	return true
}

func isHex(c byte) bool {
	return isDigit(c) || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
