package main

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"strconv"
	"strings"
)

const (
	accountSID = "AC00000000000000000000000000000000"
	serviceSID = "IS0123456789abcdef0123456789abcdef"
	roleSID    = "RL0123456789abcdef0123456789abcdef"
)

// A member is a row as the API's own lists have it.
type member struct {
	SID                      string `json:"sid"`
	AccountSID               string `json:"account_sid"`
	ServiceSID               string `json:"service_sid"`
	ChannelSID               string `json:"channel_sid"`
	Identity                 string `json:"identity"`
	RoleSID                  string `json:"role_sid"`
	LastConsumedMessageIndex int    `json:"last_consumed_message_index"`
	LastConsumptionTimestamp string `json:"last_consumption_timestamp"`
	DateCreated              string `json:"date_created"`
	DateUpdated              string `json:"date_updated"`
	Attributes               string `json:"attributes"`
	URL                      string `json:"url"`
}

// memberOf makes the row with that number, from 0: without a fault.
func memberOf(i, perChannel int) member {
	m := member{
		SID: fmt.Sprintf("MB%032x", i+1), AccountSID: accountSID, ServiceSID: serviceSID,
		ChannelSID: fmt.Sprintf("CH%032x", i/perChannel+1), Identity: fmt.Sprintf("user-%07d", i), RoleSID: roleSID,
		LastConsumedMessageIndex: i % 5000, LastConsumptionTimestamp: "2020-03-07T18:21:45Z",
		DateCreated: fmt.Sprintf("2018-03-%02dT09:%02d:29Z", i%28+1, i%60), DateUpdated: "2019-03-02T09:16:29Z",
	}
	m.Attributes = fmt.Sprintf(`{"name":"User %d","tags":["b%d"],"prefs":{"theme":"dark","push":{"from":"08:00"}}}`, i, i%97)
	m.URL = "https://chat.twilio.com/v2/Services/" + m.ServiceSID + "/Channels/" + m.ChannelSID + "/Members/" + m.SID
	return m
}

// create makes a file of the temporary folder, line by line.
func (b *bench) create(name string, lines int, line func(buf []byte, i int) []byte) (err error) {
	f, err := os.Create(b.path(name))
	if err != nil {
		return err
	}
	w := bufio.NewWriterSize(f, 1<<20)
	var buf []byte
	for i := range lines {
		buf = append(line(buf[:0], i), '\n')
		if _, err := w.Write(buf); err != nil {
			return err
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return f.Close()
}

// ndjson writes a backup, sorted by channel as the API's lists are.
func (b *bench) ndjson(name string, rows, perChannel int) error {
	return b.create(name, rows, func(buf []byte, i int) []byte {
		line, err := json.Marshal(memberOf(i, perChannel))
		if err != nil {
			panic(err) // a struct of strings
		}
		return append(buf, line...)
	})
}

// large makes the backup of the parts that read many rows, unless one of them has made it.
func (b *bench) large() error {
	if _, err := os.Stat(b.path("rows.ndjson")); err == nil {
		return nil
	}
	return b.ndjson("rows.ndjson", b.rows, perChannel)
}

// csv writes the same as a table.
func (b *bench) csv(name string, rows, perChannel int) error {
	return b.create(name, rows+1, func(buf []byte, i int) []byte {
		if i == 0 {
			return append(buf, "sid,account_sid,service_sid,channel_sid,identity,role_sid,last_consumed_message_index,"+
				"last_consumption_timestamp,date_created,date_updated,attributes,url"...)
		}
		m := memberOf(i-1, perChannel)
		return append(buf, strings.Join([]string{
			m.SID, m.AccountSID, m.ServiceSID, m.ChannelSID, m.Identity, m.RoleSID, strconv.Itoa(m.LastConsumedMessageIndex),
			m.LastConsumptionTimestamp, m.DateCreated, m.DateUpdated, `"` + strings.ReplaceAll(m.Attributes, `"`, `""`) + `"`, m.URL,
		}, ",")...)
	})
}

// form is what is posted for a row.
func (m *member) form() url.Values {
	return url.Values{
		"Identity": {m.Identity}, "RoleSid": {m.RoleSID}, "Attributes": {m.Attributes},
		"LastConsumedMessageIndex": {strconv.Itoa(m.LastConsumedMessageIndex)},
		"LastConsumptionTimestamp": {m.LastConsumptionTimestamp}, "DateCreated": {m.DateCreated}, "DateUpdated": {m.DateUpdated},
	}
}

// targets writes what vegeta takes: each row's request, ready to be sent.
func (b *bench) targets(name, base string, rows, perChannel int) error {
	return b.create(name, rows, func(buf []byte, i int) []byte {
		m := memberOf(i, perChannel)
		return fmt.Appendf(buf, `{"method":"POST","url":"%s/v2/Services/%s/Channels/%s/Members","body":"%s","header":{`+
			`"Content-Type":["application/x-www-form-urlencoded"],"X-Twilio-Webhook-Enabled":["false"],"Authorization":["Basic %s"]}}`,
			base, m.ServiceSID, m.ChannelSID, base64.StdEncoding.EncodeToString([]byte(m.form().Encode())),
			base64.StdEncoding.EncodeToString([]byte(accountSID+":any")))
	})
}
