package report

// The keys of an outcome's line.
const (
	keyType = iota
	keyRow
	keyLine
	keyOutcome
	keyService
	keyChannelSID
	keyChannel
	keyIdentity
	keyBackupSID
	keyMemberSID
	keyFingerprint
	keyAttempts
	keyRecovered
	keyStatus
	keyCode
	keyError
	keyRequestID
	keyNotApplied
	keyDifferences
	keyProblems
	keyDuplicateOf
	keySame
	keyElapsed
	keyAt
	keySeal
	keyUnknown
)

// keyTexts are the keys as they stand in a line, with their colons.
var keyTexts = [keyUnknown]string{
	`"type":`,
	`"row":`,
	`"line":`,
	`"outcome":`,
	`"service_sid":`,
	`"channel_sid":`,
	`"channel":`,
	`"identity":`,
	`"backup_sid":`,
	`"member_sid":`,
	`"fingerprint":`,
	`"attempts":`,
	`"recovered":`,
	`"http_status":`,
	`"error_code":`,
	`"error":`,
	`"request_id":`,
	`"not_applied":`,
	`"differences":`,
	`"problems":`,
	`"duplicate_of":`,
	`"same":`,
	`"elapsed_ms":`,
	`"at":`,
	`"crc":`,
}

// keyOf finds a key by its name.
func keyOf(name []byte) int {
	switch string(name) {
	case "type":
		return keyType
	case "row":
		return keyRow
	case "line":
		return keyLine
	case "outcome":
		return keyOutcome
	case "service_sid":
		return keyService
	case "channel_sid":
		return keyChannelSID
	case "channel":
		return keyChannel
	case "identity":
		return keyIdentity
	case "backup_sid":
		return keyBackupSID
	case "member_sid":
		return keyMemberSID
	case "fingerprint":
		return keyFingerprint
	case "attempts":
		return keyAttempts
	case "recovered":
		return keyRecovered
	case "http_status":
		return keyStatus
	case "error_code":
		return keyCode
	case "error":
		return keyError
	case "request_id":
		return keyRequestID
	case "not_applied":
		return keyNotApplied
	case "differences":
		return keyDifferences
	case "problems":
		return keyProblems
	case "duplicate_of":
		return keyDuplicateOf
	case "same":
		return keySame
	case "elapsed_ms":
		return keyElapsed
	case "at":
		return keyAt
	case "crc":
		return keySeal
	}
	return keyUnknown
}
