package audit

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"rejoin/reader"
	"rejoin/rules"
)

const (
	serviceA = "ISaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	serviceB = "ISbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
	roleA    = "RLaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
)

var now = time.Date(2024, 5, 1, 12, 0, 0, 0, time.UTC)

// row is a row of a made-up backup, by column.
type row map[string]string

var columns = []string{
	"sid", "account_sid", "service_sid", "channel_sid", "identity", "role_sid", "last_consumed_message_index", "last_consumption_timestamp",
	"date_created", "date_updated", "attributes", "url",
}

// clean is a row without a fault: no two of different numbers are of one member.
func clean(i, perChannel int) row {
	at := func(year int) string {
		return time.Date(year, 3, 2, 9, 16, 29, 0, time.UTC).Add(time.Duration(i%1_000_000) * time.Second).Format(time.RFC3339)
	}
	channel := fmt.Sprintf("CH%032x", i/perChannel)
	sid := fmt.Sprintf("MB%032x", i)
	return row{
		"sid": sid, "account_sid": "AC9af211329b2fc82e5efe906062c73008", "service_sid": serviceA, "channel_sid": channel,
		"identity": fmt.Sprintf("user-%06d", i*7919%1_000_003), "role_sid": roleA,
		"last_consumed_message_index": strconv.Itoa(i % 5000), "last_consumption_timestamp": at(2020), "date_created": at(2018),
		"date_updated": at(2019), "attributes": "{\"title\":\"Zoë’s \\\"second\\\" account\",\n \"n\":" + strconv.Itoa(i) + "}",
		"url": "https://chat.twilio.com/v2/Services/" + serviceA + "/Channels/" + channel + "/Members/" + sid,
	}
}

func cleanRows(n, perChannel int) []row {
	rows := make([]row, n)
	for i := range rows {
		rows[i] = clean(i, perChannel)
	}
	return rows
}

// ndjson and table write rows; a row that holds raw stands for itself.
const raw = "raw"

func ndjson(tb testing.TB, rows []row) []byte {
	tb.Helper()
	var out bytes.Buffer
	for _, r := range rows {
		if text, ok := r[raw]; ok {
			out.WriteString(text + "\n")
			continue
		}
		out.WriteByte('{')
		comma := ""
		for _, c := range columns {
			if v, ok := r[c]; ok {
				text, err := json.Marshal(v)
				require.NoError(tb, err)
				fmt.Fprintf(&out, "%s%q:%s", comma, c, text)
				comma = ","
			}
		}
		out.WriteString("}\n")
	}
	return out.Bytes()
}

func table(tb testing.TB, rows []row) []byte {
	tb.Helper()
	var out bytes.Buffer
	w := csv.NewWriter(&out)
	require.NoError(tb, w.Write(columns))
	for _, r := range rows {
		if text, ok := r[raw]; ok {
			w.Flush()
			out.WriteString(text + "\n")
			continue
		}
		cells := make([]string, len(columns))
		for i, c := range columns {
			cells[i] = r[c]
		}
		require.NoError(tb, w.Write(cells))
	}
	w.Flush()
	require.NoError(tb, w.Error())
	return out.Bytes()
}

// audit audits a backup, and notes every problem.
func audit(tb testing.TB, backup []byte, how rules.Config, cfg Config) (*Result, []Problem) {
	tb.Helper()
	var all []Problem
	every := cfg.Every
	cfg.Every = func(p *Problem) error {
		all = append(all, *p)
		if every != nil {
			return every(p)
		}
		return nil
	}
	return run(tb, bytes.NewReader(backup), how, cfg), all
}

func run(tb testing.TB, src io.Reader, how rules.Config, cfg Config) *Result {
	tb.Helper()
	r, err := reader.New(src, reader.Config{})
	require.NoError(tb, err)
	if how.Now.IsZero() {
		how.Now = now
	}
	cfg.Rules, err = rules.New(how)
	require.NoError(tb, err)
	cfg.Info = r.Info
	if cfg.TempDir == "" {
		cfg.TempDir = tb.TempDir()
	}
	res, err := Run(context.Background(), r.Records(), cfg)
	require.NoError(tb, err)
	return res
}
