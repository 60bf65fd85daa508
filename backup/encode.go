package backup

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"strings"
	"time"

	"rejoin/chat"
)

// row is a member as it is written: the API's own fields (https://www.twilio.com/docs/chat/rest/member-resource) but for
// url, which names the same again, and the channel's unique name, which is not a member's. A nil is null.
type row struct {
	SID                      *string `json:"sid"`
	AccountSID               *string `json:"account_sid"`
	ServiceSID               *string `json:"service_sid"`
	ChannelSID               *string `json:"channel_sid"`
	ChannelUniqueName        *string `json:"channel_unique_name"`
	Identity                 *string `json:"identity"`
	RoleSID                  *string `json:"role_sid"`
	Attributes               *string `json:"attributes"`
	LastConsumedMessageIndex *int64  `json:"last_consumed_message_index"`
	LastConsumptionTimestamp *string `json:"last_consumption_timestamp"`
	DateCreated              *string `json:"date_created"`
	DateUpdated              *string `json:"date_updated"`
}

// columns are the names of the fields, in the order in which they are written.
var columns = []string{
	"sid", "account_sid", "service_sid", "channel_sid", "channel_unique_name", "identity", "role_sid", "attributes",
	"last_consumed_message_index", "last_consumption_timestamp", "date_created", "date_updated",
}

// newRow is the row of m, a member of the channel t. What the answer leaves out of the address is filled in.
func newRow(m *chat.Resource, service string, t *target) row {
	channel := m.ChannelSID
	if channel == "" {
		channel = t.sid
	}
	if m.ServiceSID != "" {
		service = m.ServiceSID
	}
	r := row{
		SID: text(m.SID), AccountSID: text(m.AccountSID), ServiceSID: text(service), ChannelSID: text(channel),
		ChannelUniqueName: text(t.uniqueName), Identity: text(m.Identity), RoleSID: text(m.RoleSID), Attributes: text(m.Attributes),
		LastConsumptionTimestamp: instant(m.LastConsumptionTimestamp),
		DateCreated:              instant(m.DateCreated), DateUpdated: instant(m.DateUpdated),
	}
	if m.LastConsumedMessageIndex.Set {
		r.LastConsumedMessageIndex = &m.LastConsumedMessageIndex.N
	}
	return r
}

// text is s, or null where there is none: that is how an answer's null comes here.
func text(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func instant(t time.Time) *string {
	if t.IsZero() {
		return nil
	}
	return new(chat.FormatTime(t))
}

// encoder appends rows to a buffer. It belongs to one goroutine.
type encoder struct {
	json *json.Encoder
	csv  *csv.Writer

	cells []string
}

func newEncoder(f Format, to *bytes.Buffer) *encoder {
	if f == CSV {
		return &encoder{csv: csv.NewWriter(to), cells: make([]string, len(columns))}
	}
	e := &encoder{json: json.NewEncoder(to)}
	e.json.SetEscapeHTML(false)
	return e
}

// encode appends a line. It fails on nothing that a member can hold: a buffer takes all.
func (e *encoder) encode(r *row) error {
	if e.json != nil {
		return e.json.Encode(r)
	}
	for i, value := range []*string{
		r.SID, r.AccountSID, r.ServiceSID, r.ChannelSID, r.ChannelUniqueName, r.Identity, r.RoleSID, r.Attributes,
		nil, r.LastConsumptionTimestamp, r.DateCreated, r.DateUpdated,
	} {
		e.cells[i] = ""
		if value != nil {
			e.cells[i] = *value
		}
	}
	if r.LastConsumedMessageIndex != nil {
		e.cells[indexColumn] = chat.Index{N: *r.LastConsumedMessageIndex, Set: true}.String()
	}
	if e.cells[attributesColumn] == "null" {
		// A cell with null means that there is nothing. With a space before it, it is the JSON text that it is.
		e.cells[attributesColumn] = " null"
	}
	if err := e.csv.Write(e.cells); err != nil {
		return err
	}
	e.csv.Flush()
	return e.csv.Error()
}

const attributesColumn, indexColumn = 7, 8

// header is what stands above all rows.
func (f Format) header() []byte {
	if f != CSV {
		return nil
	}
	return []byte(strings.Join(columns, ",") + "\n")
}

// binary reports whether the CSV text of rows holds a control character that lets a file be taken for something else
// than text. NDJSON has none: there they are written as escapes.
func binary(rows []byte) bool {
	return bytes.ContainsFunc(rows, func(r rune) bool { return r < ' ' && r != '\n' && r != '\r' && r != '\t' && r != '\f' })
}
