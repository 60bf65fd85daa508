package rules

import (
	"bytes"
	"encoding/json"
	"errors"
	"time"

	"rejoin/chat"
	"rejoin/mapping"
	"rejoin/reader"
)

// The stable names of the rules that one record can break. Those of a record that cannot be read at all are the
// reader's own (see [reader.RowError]).
const (
	MissingService  = "missing-service"  // neither the row nor --service names the Service
	BadServiceSID   = "bad-service-sid"  // not IS and 32 hexadecimal digits
	MissingChannel  = "missing-channel"  // no channel
	BadChannel      = "bad-channel"      // a channel that cannot be part of an address: "." or ".."
	UnmappedChannel = "unmapped-channel" // of another Service than the target, and no map says what it is there
	MissingIdentity = "missing-identity" // no identity
	BadIdentity     = "bad-identity"     // not text, or text that is a User's SID
	BadRoleSID      = "bad-role-sid"     // not RL and 32 hexadecimal digits
	UnmappedRole    = "unmapped-role"    // of another Service than the target, and no map says what it is there
	BadIndex        = "bad-index"        // not a whole number from 0
	BadTimestamp    = "bad-timestamp"    // no date and time
	NoTimeZone      = "no-time-zone"     // a date and time that does not say where
	BadAttributes   = "bad-attributes"   // not JSON
)

// The stable names of what deserves a look in one record that can be sent.
const (
	LongIdentity         = "long-identity"          // more than 256 characters
	ReservedIdentity     = "reserved-identity"      // URI-reserved characters
	NumberIdentity       = "number-identity"        // a JSON number, sent as text
	SpaceAround          = "space-around"           // of an identity or a channel, sent as it stands
	DamagedChannelSID    = "damaged-channel-sid"    // taken for a unique name
	LargeAttributes      = "large-attributes"       // more than 4 KB
	UpdatedBeforeCreated = "updated-before-created" // date_updated before date_created
	FutureDate           = "future-date"            // later than now
	EarlyDate            = "early-date"             // before 2010
	ReadWithoutIndex     = "read-without-index"     // last_consumption_timestamp alone
)

// The stable names of what only shows across records, or of the backup as a whole. They are here to stand beside the
// others; this package does not look for them.
const (
	Duplicate       = "duplicate"        // two rows for one member
	TooManyMembers  = "too-many-members" // more members than a channel can hold
	CaseVariants    = "case-variants"    // identities of one channel that differ only by case
	NoMembers       = "no-members"       // a well-formed backup without a row
	FullPages       = "full-pages"       // channels of exactly 50 members, and none of more
	SeveralServices = "several-services" // rows of several Services
	UnknownColumn   = "unknown-column"   // a column that stands for nothing
)

// The stable names of what only the Service can say of a record that breaks no rule: they are told in reports.
const (
	RoleNotThere       = "role-not-there"        // the Service has no such role
	RoleNotForChannels = "role-not-for-channels" // its role is one of the whole Service
	AlreadyThere       = "already-there"         // its member is there, and was not to be
)

// Config says how records are to be understood.
type Config struct {
	// Service is the Service that every row goes to. Empty: each row's own.
	Service string

	// Map says what Services, channels and roles of the backup are in the Service that is restored into. Nil: nothing.
	// With a map, a row that names no Service of its own is taken to be of another Service than Service.
	Map *mapping.Map

	// DropRoles leaves the role out of a row of another Service where the map does not name it: the member gets its
	// default role. Otherwise such a row breaks a rule.
	DropRoles bool

	// Zone is what a time without a zone means. Nil: such a time breaks a rule.
	Zone *time.Location

	// Now is what dates in the future are later than. Zero: the time of [New].
	Now time.Time

	// Redact hides the backup's values in problems.
	Redact bool
}

// Rules judges records. It is safe for concurrent use.
type Rules struct {
	service string
	mapping *mapping.Map
	drop    bool
	zone    *time.Location
	now     time.Time
	redact  bool
}

// New returns the rules for a configuration. It fails where the Service is no Service's SID.
func New(cfg Config) (*Rules, error) {
	if cfg.Service != "" && !chat.IsServiceSID(cfg.Service) {
		return nil, errors.New("the service " + quote([]byte(cfg.Service)) + " is not a Service's SID: expected " + serviceShape)
	}
	if cfg.Now.IsZero() {
		cfg.Now = time.Now()
	}
	return &Rules{
		service: cfg.Service, mapping: cfg.Map, drop: cfg.DropRoles, zone: cfg.Zone, now: cfg.Now, redact: cfg.Redact,
	}, nil
}

// Redacts reports whether problems hide the backup's values.
func (r *Rules) Redacts() bool { return r.redact }

// Service returns the Service that every row goes to, or nothing.
func (r *Rules) Service() string { return r.service }

// Verdict is what the rules say of one record.
type Verdict struct {
	Member    chat.Member // with the Service, channel and role that it has where it is sent to
	Channel   string      // as the backup names it; empty where it is missing or cannot be read
	BackupSID string      // the member's SID in the Service that was backed up; it cannot be restored
	Problems  []Problem   // none: the member may be sent
}

// Judge turns a record into a member and names every rule that it breaks. What a broken field would have given is left
// empty in the member; the others are there, so that a problem can be told with its channel and identity. The member
// keeps nothing of the record's memory.
func (r *Rules) Judge(rec *reader.Record) Verdict { return r.Series().Judge(rec) }

// backupSID is told in the report beside the member's new SID. It is never sent, so nothing about it is a problem.
func backupSID(rec *reader.Record) []byte {
	if v := &rec.Values[reader.SID]; v.Kind == reader.String {
		return v.Text
	}
	return nil
}

// Unreadable is the problem of a row that cannot be read.
func (r *Rules) Unreadable(bad *reader.RowError) Problem {
	rule, _ := Lookup(bad.Rule)
	p := Problem{Column: bad.Field, Rule: bad.Rule, Message: bad.Msg, Fix: rule.Fix}
	if r.redact {
		p.Message = rule.Broken // the reader quotes the character that it stopped at
	}
	return p
}

// View is a record as the rules understand it. Its texts lie in the record's memory or the map's, and are empty where
// the field is missing or breaks a rule.
type View struct {
	Service  []byte // the Service to send to
	Channel  []byte // a SID or a unique name there
	Identity []byte
	Role     []byte // a SID there

	// Named is what the record itself names, before it is mapped.
	Named Names

	Index    chat.Index
	Consumed time.Time // last_consumption_timestamp
	Created  time.Time
	Updated  time.Time

	Problems []Problem // the errors; none: the member may be sent

	// Brief, if set, is asked whether it is enough to name a rule that is broken: its problem then has no message, which
	// costs more to write than the record to judge.
	Brief func(rule string) bool

	attributes []byte // JSON text
	spaced     bool   // the text may hold white space that is not sent
}

// Names are the Service, the channel and the role that a record names. They are empty where it names none, or in a way
// that cannot be read; the Service is whatever stands there, if every row goes to another.
type Names struct{ Service, Channel, Role []byte }

// AppendAttributes appends the attributes as they are sent: a string's text unchanged, since it is what the API itself
// gave out, and an object compactly, its numbers' text kept: through a float, 2^60 would come back as another number.
func (v *View) AppendAttributes(dst []byte) []byte {
	if !v.spaced {
		return append(dst, v.attributes...)
	}
	compact := bytes.NewBuffer(dst)
	_ = json.Compact(compact, v.attributes) // it is valid
	return compact.Bytes()
}

// Examine fills v with what a record says, and with every rule that it breaks. It is [Rules.Judge] for those who look at
// a record and do not keep it: it allocates nothing for a record without a fault.
func (r *Rules) Examine(rec *reader.Record, v *View) {
	*v = View{Problems: v.Problems[:0], Brief: v.Brief}
	j := judge{rules: r, rec: rec, view: v}
	v.Service = j.service()
	v.Channel = j.channel()
	v.Identity = j.identity()
	v.Role = j.role()
	v.Index = j.index()
	v.Consumed = j.time(reader.LastConsumptionTimestamp)
	v.Created = j.time(reader.DateCreated)
	v.Updated = j.time(reader.DateUpdated)
	v.attributes, v.spaced = j.attributes()
}
