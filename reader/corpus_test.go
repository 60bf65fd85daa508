package reader

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"
)

// member is a row of a generated backup, written here apart from the reader's own types.
type member struct {
	SID           string  `json:"sid"`
	AccountSID    string  `json:"account_sid"`
	ChannelSID    string  `json:"channel_sid"`
	ServiceSID    string  `json:"service_sid"`
	Identity      string  `json:"identity"`
	DateCreated   string  `json:"date_created"`
	DateUpdated   string  `json:"date_updated"`
	RoleSID       string  `json:"role_sid"`
	LastConsumed  *int64  `json:"last_consumed_message_index"`
	LastTimestamp *string `json:"last_consumption_timestamp"`
	URL           string  `json:"url"`
	Attributes    string  `json:"attributes"`
}

// generate makes n members of the API's own shape, the same at each call.
func generate(n int) []member {
	rng := rand.New(rand.NewPCG(1, 2))
	start := time.Date(2016, 3, 24, 21, 5, 50, 0, time.UTC)
	sid := func(prefix string, kinds int) string { return fmt.Sprintf("%s%032x", prefix, rng.IntN(kinds)+1) }
	identities := []string{"jing", "anna.müller@example.org", "Zoë \"Z\" O'Neill", "李雷", "null", "a,b;c|d", "two\nlines", "tab\there", "émile \U0001F600"}
	out := make([]member, n)
	for i := range out {
		m := member{
			SID: fmt.Sprintf("MB%032x", i+1), AccountSID: sid("AC", 1), ChannelSID: sid("CH", 20), ServiceSID: sid("IS", 1),
			Identity:    fmt.Sprintf("%s-%d", identities[rng.IntN(len(identities))], i),
			DateCreated: start.Add(time.Duration(i) * time.Minute).Format(time.RFC3339),
			DateUpdated: start.Add(time.Duration(2*i) * time.Minute).Format(time.RFC3339),
			RoleSID:     sid("RL", 3),
		}
		m.URL = "https://chat.twilio.com/v2/Services/" + m.ServiceSID + "/Channels/" + m.ChannelSID + "/Members/" + m.SID
		if i%3 > 0 {
			m.LastConsumed = new(int64(rng.IntN(500)))
			m.LastTimestamp = new(start.Add(time.Duration(3*i) * time.Minute).Format(time.RFC3339))
		}
		m.Attributes = fmt.Sprintf(`{"nickname":"n%d","settings":{"theme":"dark","tags":["a","b"],"level":%d},"note":%q}`, i, i, strings.Repeat("x", rng.IntN(60)))
		if i%10 == 0 {
			m.Attributes = "{}"
		}
		out[i] = m
	}
	return out
}

// ndjson writes members as the API shows them, one a line.
func ndjson(members []member) []byte {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	for i := range members {
		if err := enc.Encode(&members[i]); err != nil {
			panic(err)
		}
	}
	return out.Bytes()
}

// nested writes members with their attributes as objects.
func nested(members []member) []byte {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	for _, m := range members {
		row := struct {
			member
			Attributes json.RawMessage `json:"attributes"`
		}{m, json.RawMessage(m.Attributes)}
		if err := enc.Encode(&row); err != nil {
			panic(err)
		}
	}
	return out.Bytes()
}

// cells returns the header and rows of members for a CSV backup.
func cells(members []member) [][]string {
	out := [][]string{{
		"sid", "account_sid", "channel_sid", "service_sid", "identity", "date_created", "date_updated", "role_sid",
		"last_consumed_message_index", "last_consumption_timestamp", "url", "attributes",
	}}
	for _, m := range members {
		row := []string{m.SID, m.AccountSID, m.ChannelSID, m.ServiceSID, m.Identity, m.DateCreated, m.DateUpdated, m.RoleSID, "", "", m.URL, m.Attributes}
		if m.LastConsumed != nil {
			row[8] = strconv.FormatInt(*m.LastConsumed, 10)
			row[9] = *m.LastTimestamp
		}
		out = append(out, row)
	}
	return out
}
