package rules

import (
	"errors"
	"time"

	"rejoin/chat"
	"rejoin/reader"
)

// The stable names of the rules that one record can break. Those of a record that cannot be read at all are the
// reader's own (see [reader.RowError]).
const (
	MissingService  = "missing-service"  // neither the row nor --service names the Service
	BadServiceSID   = "bad-service-sid"  // not IS and 32 hexadecimal digits
	MissingChannel  = "missing-channel"  // no channel
	BadChannel      = "bad-channel"      // a channel that cannot be part of an address: "." or ".."
	MissingIdentity = "missing-identity" // no identity
	BadIdentity     = "bad-identity"     // not text, or text that is a User's SID
	BadRoleSID      = "bad-role-sid"     // not RL and 32 hexadecimal digits
	BadIndex        = "bad-index"        // not a whole number from 0
	BadTimestamp    = "bad-timestamp"    // no date and time
	NoTimeZone      = "no-time-zone"     // a date and time that does not say where
	BadAttributes   = "bad-attributes"   // not JSON
)

// Config says how records are to be understood.
type Config struct {
	// Service is the Service that every row goes to. Empty: each row's own.
	Service string

	// Zone is what a time without a zone means. Nil: such a time breaks a rule.
	Zone *time.Location
}

// Rules judges records. It is safe for concurrent use.
type Rules struct {
	service string
	zone    *time.Location
}

// New returns the rules for a configuration. It fails where the Service is no Service's SID.
func New(cfg Config) (*Rules, error) {
	if cfg.Service != "" && !chat.IsServiceSID(cfg.Service) {
		return nil, errors.New("the service " + quote([]byte(cfg.Service)) + " is not a Service's SID: expected " + serviceShape)
	}
	return &Rules{service: cfg.Service, zone: cfg.Zone}, nil
}

// Verdict is what the rules say of one record.
type Verdict struct {
	Member    chat.Member
	BackupSID string    // the member's SID in the Service that was backed up; it cannot be restored
	Problems  []Problem // none: the member may be sent
}

// Judge turns a record into a member and names every rule that it breaks. What a broken field would have given is left
// empty in the member; the others are there, so that a problem can be told with its channel and identity. The member
// keeps nothing of the record's memory.
func (r *Rules) Judge(rec *reader.Record) Verdict {
	j := judge{rec: rec, zone: r.zone}
	m := &j.verdict.Member
	m.ServiceSID = j.service(r.service)
	m.Channel = j.channel()
	m.Identity = j.identity()
	m.RoleSID = j.role()
	m.LastConsumedMessageIndex = j.index()
	m.LastConsumptionTimestamp = j.time(reader.LastConsumptionTimestamp)
	m.DateCreated = j.time(reader.DateCreated)
	m.DateUpdated = j.time(reader.DateUpdated)
	m.Attributes = j.attributes()
	j.verdict.BackupSID = j.backupSID()
	return j.verdict
}
