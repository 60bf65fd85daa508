//go:build ignore

// Command generate writes members.ndjson and members.csv: one small backup of one Service, the same members in both.
// Every value is made of a hash of its own name, so the files are the same wherever and whenever they are made.
//
//	go run testdata/generate.go           writes the files
//	go run testdata/generate.go -check    fails if a file is not what would be written
package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/csv"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
)

// member is a row, with the keys and the order of the list endpoint's members.
type member struct {
	SID                      string  `json:"sid"`
	AccountSID               string  `json:"account_sid"`
	ServiceSID               string  `json:"service_sid"`
	ChannelSID               string  `json:"channel_sid"`
	Identity                 string  `json:"identity"`
	RoleSID                  string  `json:"role_sid"`
	LastConsumedMessageIndex *uint64 `json:"last_consumed_message_index"`
	LastConsumptionTimestamp *string `json:"last_consumption_timestamp"`
	DateCreated              string  `json:"date_created"`
	DateUpdated              string  `json:"date_updated"`
	Attributes               *string `json:"attributes,omitempty"`
	URL                      string  `json:"url"`
}

// channel is a channel of the Service; last is the index of its last message.
type channel struct {
	name    string
	members int
	last    uint64
}

var channels = []channel{
	{"general", 62, 4812},
	{"incidents", 31, 977},
	{"town-hall", 27, 143}, // the one whose rows name it by its unique name
	{"design", 24, 1650},
	{"support-tier-2", 21, 20118},
	{"日本チーム", 16, 388},
	{"release-2021-04", 12, 61},
	{"quiet", 7, 0}, // one message
}

// identities are what people use: names, addresses, keys of their own databases, in their own scripts.
var identities = strings.Fields(`
	jing amira björk chloé dmitri.volkov émile_zola fatima gïta hana ines-k johan.svensson kofi łukasz marta Nikolaj
	noor oisín o'brien pavel priya.raman quentin rosa søren tomás ulrike vàng wanjiru xiomara yusuf zoë
	李雷 韩梅梅 田中さくら 佐藤健 김민준 박서연 Ελένη Γιώργος Ольга Сергій מאיה محمد_علي ลำไย नेहा தமிழ் 🦊fox
	alice@example.com bob.smith+chat@example.com carol@example.org d.o'neill@example.net erin@mail.example.org
	frank@例え.example grace@example.com heidi@example.org ivan@example.net judy+ops@example.com mallory@example.com
	user-000017 user-000229 user-001024 user-004096 8f14e45f-ceea-467f-9b53-1a2b3c4d5e6f 90210 007 guest:4711
	agent/eu/12 agent/us/7 50%off #ops-bot [bridge] kiosk=lobby`)

// attributes are JSON texts as applications leave them; the API keeps them as the string they came in.
var attributes = []string{
	`{}`,
	`{"nickname":"J"}`,
	`{"muted":true,"badge":null}`,
	`{"title":"Zoë’s \"second\" account\nline two","tags":["vip","türkçe","🎉"]}`,
	`{"preferences":{"theme":"dark","notify":{"email":false,"push":{"from":"08:00","to":"18:30"}}},"locale":"de-CH"}`,
	`{"crm":{"id":9007199254740993,"score":0.10,"history":[{"at":"2020-02-29T23:59:59Z","delta":-1.5e-3},[]]}}`,
	`{ "spaced" : [ 1, 2 , 3 ], "path":"C:\\chat\\1", "html":"<b>&amp;</b>" }`,
	`["not","an","object"]`,
}

func main() {
	check := flag.Bool("check", false, "compare instead of writing")
	flag.Parse()
	if err := run(*check); err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}

func run(check bool) error {
	rows := members()
	for name, encode := range map[string]func([]member) ([]byte, error){
		"testdata/members.ndjson": ndjson,
		"testdata/members.csv":    table,
	} {
		want, err := encode(rows)
		if err != nil {
			return err
		}
		if !check {
			if err := os.WriteFile(name, want, 0o644); err != nil {
				return err
			}
			continue
		}
		got, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		if !bytes.Equal(got, want) {
			return errors.New(name + " is not what generate.go makes: run go run testdata/generate.go")
		}
	}
	return nil
}

// members makes the rows channel by channel, the oldest member first, which is the order in which lists are kept.
func members() []member {
	var rows []member
	for i, ch := range channels {
		var of []member
		for _, identity := range pick(ch) {
			of = append(of, newMember(i, ch, identity))
		}
		slices.SortFunc(of, func(a, b member) int { return strings.Compare(a.DateCreated+a.SID, b.DateCreated+b.SID) })
		rows = append(rows, of...)
	}
	return rows
}

// pick returns as many identities as the channel has members, no two the same.
func pick(ch channel) []string {
	drawn := slices.Clone(identities)
	slices.SortFunc(drawn, func(a, b string) int {
		return strings.Compare(sid("", ch.name, a), sid("", ch.name, b))
	})
	return drawn[:ch.members]
}

func newMember(i int, ch channel, identity string) member {
	address := sid("CH", ch.name)
	if ch.name == "town-hall" {
		address = ch.name
	}
	draw := func(what string, n uint64) uint64 { return number(ch.name, identity, what) % n }

	created := time.Date(2018, time.March, 1+40*i, 9, 0, 0, 0, time.UTC).Add(time.Duration(draw("created", 90*24*3600)) * time.Second)
	updated := created
	m := member{
		SID:         sid("MB", ch.name, identity),
		AccountSID:  sid("AC", "account"),
		ServiceSID:  sid("IS", "service"),
		ChannelSID:  address,
		Identity:    identity,
		RoleSID:     sid("RL", "channel user"),
		DateCreated: stamp(created),
	}
	if draw("role", 9) == 0 {
		m.RoleSID = sid("RL", "channel admin")
	}
	switch draw("read", 6) {
	case 0: // never read anything: no index and no time
	case 1: // read the first message, which is not the same
		m.read(0, created.Add(time.Minute))
	default:
		m.read(draw("index", ch.last+1), created.Add(time.Duration(draw("when", 900*24*3600))*time.Second))
	}
	if n := draw("attributes", uint64(len(attributes))+2); n < uint64(len(attributes)) {
		m.Attributes = &attributes[n]
	}
	if draw("updated", 3) == 0 {
		updated = created.Add(time.Duration(draw("later", 400*24*3600)) * time.Second)
	}
	m.DateUpdated = stamp(updated)
	m.URL = "https://chat.twilio.com/v2/Services/" + m.ServiceSID + "/Channels/" + address + "/Members/" + m.SID
	return m
}

func (m *member) read(index uint64, at time.Time) {
	text := stamp(at)
	m.LastConsumedMessageIndex, m.LastConsumptionTimestamp = &index, &text
}

func stamp(t time.Time) string { return t.Format("2006-01-02T15:04:05Z") }

func sid(prefix string, name ...string) string {
	return fmt.Sprintf("%s%x", prefix, digest(name)[:16])
}

func number(name ...string) uint64 {
	return binary.BigEndian.Uint64(digest(name))
}

func digest(name []string) []byte {
	sum := sha256.Sum256([]byte(strings.Join(name, "\x00")))
	return sum[:]
}

func ndjson(rows []member) ([]byte, error) {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	for _, m := range rows {
		if err := enc.Encode(m); err != nil {
			return nil, err
		}
	}
	return out.Bytes(), nil
}

// table leaves a cell empty for a null and for a key that is not there: a CSV has no other way to say either.
func table(rows []member) ([]byte, error) {
	var out bytes.Buffer
	w := csv.NewWriter(&out)
	header := []string{
		"sid", "account_sid", "service_sid", "channel_sid", "identity", "role_sid", "last_consumed_message_index",
		"last_consumption_timestamp", "date_created", "date_updated", "attributes", "url",
	}
	if err := w.Write(header); err != nil {
		return nil, err
	}
	for _, m := range rows {
		var index, at, attrs string
		if m.LastConsumedMessageIndex != nil {
			index, at = strconv.FormatUint(*m.LastConsumedMessageIndex, 10), *m.LastConsumptionTimestamp
		}
		if m.Attributes != nil {
			attrs = *m.Attributes
		}
		row := []string{
			m.SID, m.AccountSID, m.ServiceSID, m.ChannelSID, m.Identity, m.RoleSID, index, at, m.DateCreated, m.DateUpdated,
			attrs, m.URL,
		}
		if err := w.Write(row); err != nil {
			return nil, err
		}
	}
	w.Flush()
	return out.Bytes(), w.Error()
}
