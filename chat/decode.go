package chat

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// errNoSID is why an answer that is JSON is still not a resource.
var errNoSID = errors.New("the answer holds no sid")

// memberJSON is a member as the reference page shows it. Everything in it may be null.
type memberJSON struct {
	SID                      string `json:"sid"`
	AccountSID               string `json:"account_sid"`
	ServiceSID               string `json:"service_sid"`
	ChannelSID               string `json:"channel_sid"`
	Identity                 string `json:"identity"`
	RoleSID                  string `json:"role_sid"`
	Attributes               string `json:"attributes"`
	URL                      string `json:"url"`
	LastConsumedMessageIndex *int64 `json:"last_consumed_message_index"`
	LastConsumptionTimestamp string `json:"last_consumption_timestamp"`
	DateCreated              string `json:"date_created"`
	DateUpdated              string `json:"date_updated"`
}

func (r Resource) id() string { return r.SID }

// UnmarshalJSON reads a member as the API answers it.
func (r *Resource) UnmarshalJSON(body []byte) error {
	var m memberJSON
	if !scanMember(string(body), &m) {
		var err error
		if m, err = unmarshalMember(body); err != nil {
			return err
		}
	}
	*r = Resource{
		SID: m.SID, AccountSID: m.AccountSID, ServiceSID: m.ServiceSID, ChannelSID: m.ChannelSID,
		Identity: m.Identity, RoleSID: m.RoleSID, Attributes: m.Attributes, URL: m.URL,
	}
	if m.LastConsumedMessageIndex != nil {
		r.LastConsumedMessageIndex = Index{N: *m.LastConsumedMessageIndex, Set: true}
	}
	var err error
	if r.LastConsumptionTimestamp, err = fieldTime("last_consumption_timestamp", m.LastConsumptionTimestamp); err != nil {
		return err
	}
	if r.DateCreated, err = fieldTime("date_created", m.DateCreated); err != nil {
		return err
	}
	r.DateUpdated, err = fieldTime("date_updated", m.DateUpdated)
	return err
}

// fieldTime returns the time that a field holds; the zero time where it is null.
func fieldTime(name, text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	t, err := ParseTime(text, time.UTC) // "the date and time in GMT" (the reference page)
	if err != nil {
		return time.Time{}, fmt.Errorf("%s: %w", name, err)
	}
	return t, nil
}

func unmarshalMember(body []byte) (memberJSON, error) {
	var m memberJSON
	err := json.Unmarshal(body, &m)
	return m, err
}

// decodeMember reads a body that should be a member.
func decodeMember(body []byte, r *Resource) error {
	if err := r.UnmarshalJSON(body); err != nil {
		return fmt.Errorf("understand the answer: %w", err)
	}
	if r.SID == "" {
		return errNoSID
	}
	return nil
}
