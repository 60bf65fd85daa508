package rules

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"rejoin/reader"
)

const someAttributes = `{"preferences":{"theme":"dark","notify":{"email":false,"push":{"from":"08:00","to":"18:30"}}},"locale":"de-CH"}`

func benchRecord() *reader.Record {
	return record(map[reader.Field]reader.Value{
		reader.RoleSID: text(roleA), reader.LastConsumedMessageIndex: number("3065"),
		reader.LastConsumptionTimestamp: text("2020-03-12T18:21:45Z"), reader.DateCreated: text("2018-03-02T09:16:29Z"),
		reader.DateUpdated: text("2018-03-02T09:16:29Z"), reader.Attributes: text(someAttributes),
	})
}

func BenchmarkExamine(b *testing.B) {
	r, err := New(Config{})
	require.NoError(b, err)
	rec := benchRecord()
	var v View
	b.ReportAllocs()
	for b.Loop() {
		r.Examine(rec, &v)
		r.Warn(rec, &v)
	}
	require.Empty(b, v.Problems)
}

func BenchmarkJudge(b *testing.B) {
	r, err := New(Config{})
	require.NoError(b, err)
	rec, series := benchRecord(), r.Series()
	b.ReportAllocs()
	for b.Loop() {
		series.Judge(rec)
	}
}

func BenchmarkValidJSON(b *testing.B) {
	for name, valid := range map[string]func([]byte) bool{"rules": validJSON, "encoding-json": json.Valid} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(someAttributes)))
			for b.Loop() {
				valid([]byte(someAttributes))
			}
		})
	}
}

func TestExamineAllocatesNothing(t *testing.T) {
	r, err := New(Config{})
	require.NoError(t, err)
	rec := benchRecord()
	var v View
	require.Zero(t, testing.AllocsPerRun(100, func() {
		r.Examine(rec, &v)
		r.Warn(rec, &v)
	}))
}
