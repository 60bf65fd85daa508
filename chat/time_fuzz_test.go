package chat_test

import (
	"math/rand/v2"
	"strings"
	"testing"
	"testing/quick"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rejoin/chat"
)

// FuzzParseTime holds [chat.ParseTime] against [time.Parse] for what is RFC 3339: what that reads, this reads as the
// same instant, except where the two differ on purpose.
func FuzzParseTime(f *testing.F) {
	seeds := []string{
		"2016-03-24T21:05:50Z", "2016-03-24T21:05:50.123456789+05:45", "2016-12-31T23:59:60Z", "2016-02-30T00:00:00Z",
		"0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999999-23:59", "2016-03-24T21:05:50,5Z", "20160324T210550Z",
		"Thu, 24 Mar 2016 21:05:50 +0000", "Mar 24 2016 15:05:50 GMT-0600", "2016-03-24 21:05:50 UTC",
		"2016-03-24T21:05:50", "2016-03-24", "1458853550", "24 Mar 16 21:05 EST", "2016-03-24T24:00:00Z",
	}
	for _, s := range seeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, err := chat.ParseTime(s, nil)
		want, wantErr := time.Parse(time.RFC3339Nano, s)
		switch {
		case wantErr == nil && err != nil:
			require.True(t, refusedOnPurpose(s, want), "%q: %v", s, err)
		case wantErr == nil:
			require.True(t, want.Equal(got), "%q: want %v, got %v", s, want, got)
		}
		if err != nil {
			require.True(t, got.IsZero())
			return
		}
		require.False(t, got.IsZero(), "%q reads as the time that is not sent", s)
		again, err := chat.ParseTime(chat.FormatTime(got), nil)
		require.NoError(t, err)
		require.True(t, got.Equal(again), "%q: %v, formatted and read again %v", s, got, again)
	})
}

// refusedOnPurpose reports whether s is one of the texts that [time.Parse] reads and [chat.ParseTime] refuses: a
// fraction that would be cut, an offset of more than a day, an hour of one digit, a time outside the years 1 to 9999,
// the time that stands for none.
func refusedOnPurpose(s string, read time.Time) bool {
	_, offset := read.Zone()
	year := read.UTC().Year()
	_, fraction, _ := strings.Cut(strings.ReplaceAll(s, ",", "."), ".")
	digits := len(fraction) - len(strings.TrimLeft(fraction, "0123456789"))
	oddOffset := !strings.HasSuffix(s, "Z") && (s[len(s)-5:] >= "24:00" || s[len(s)-2:] > "59")
	oneDigitHour := len(s) > 12 && s[12] == ':'
	return digits > 9 || offset <= -86400 || offset >= 86400 || oddOffset || oneDigitHour || year < 1 || year > 9999 ||
		read.Year() < 1 || read.IsZero()
}

// TestParseTimeReadsWhatTimeFormats draws instants and offsets and reads them in the forms that [time.Time.Format]
// writes.
func TestParseTimeReadsWhatTimeFormats(t *testing.T) {
	t.Parallel()
	layouts := []string{
		time.RFC3339Nano, "2006-01-02 15:04:05.999999999Z07:00", "2006-01-02T15:04:05,999999999-0700",
		"20060102T150405.999999999Z0700", "2006-01-02 15:04:05.999999999 -0700", "2006-01-02T15:04:05.000000000Z07:00",
	}
	whole := []string{
		time.RFC1123Z, "2 Jan 2006 15:04:05 -0700", "Mon Jan 02 2006 15:04:05 GMT-0700", "Jan 2 2006 15:04:05 GMT-0700 (X)",
	}
	check := func(seed uint64) bool {
		rng := rand.New(rand.NewPCG(seed, 1))
		const first, last = -62135596800 + 86400, 253402300799 - 86400
		unix := first + rng.Int64N(last-first)
		offset := (rng.IntN(2*1439) - 1439) * 60
		when := time.Unix(unix, rng.Int64N(1e9)).In(time.FixedZone("", offset))
		ok := true
		for _, layout := range layouts {
			got, err := chat.ParseTime(when.Format(layout), nil)
			ok = ok && assert.NoError(t, err) && assert.True(t, when.Equal(got), "%s: got %v", when.Format(layout), got)
		}
		for _, layout := range whole {
			got, err := chat.ParseTime(when.Format(layout), nil)
			ok = ok && assert.NoError(t, err) && assert.Equal(t, when.Unix(), got.Unix(), when.Format(layout))
		}
		return ok
	}
	require.NoError(t, quick.Check(check, &quick.Config{MaxCount: 2000}))
}

// TestParseTimeEveryDay holds the calendar against the standard library's, day by day.
func TestParseTimeEveryDay(t *testing.T) {
	t.Parallel()
	buf := make([]byte, 0, 32)
	for day := time.Date(1, 1, 2, 12, 0, 0, 0, time.UTC); day.Year() <= 9999; day = day.AddDate(0, 0, 1) {
		buf = day.AppendFormat(buf[:0], time.RFC3339)
		got, err := chat.ParseTime(string(buf), nil)
		if err != nil || !got.Equal(day) {
			t.Fatalf("%s: got %v, %v", buf, got, err)
		}
	}
}

func TestParseTimeAllocatesNothing(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	for _, s := range []string{
		"2016-03-24T21:05:50Z", "2016-03-24T21:05:50.123Z", "2016-03-24 21:05:50+00:00", "2016-03-24 21:05:50 UTC",
		"20160324T210550Z", "Thu, 24 Mar 2016 21:05:50 +0000", "Mar 24 2016 15:05:50 GMT-0600", "2016-03-24 21:05:50",
	} {
		n := testing.AllocsPerRun(100, func() {
			if _, err := chat.ParseTime(s, berlin); err != nil {
				t.Error(err)
			}
		})
		assert.Zero(t, n, s)
	}
}

func TestFormatTimeNeverCuts(t *testing.T) {
	t.Parallel()
	for want, when := range map[string]time.Time{
		"2016-03-24T21:05:50Z":           at,
		"2016-03-24T21:05:50.5Z":         at.Add(500 * time.Millisecond),
		"2016-03-24T21:05:50.000000001Z": at.Add(1),
		"2016-03-24T21:05:50.12Z":        at.Add(120 * time.Millisecond).In(time.FixedZone("", 3600)),
		"0001-01-01T00:00:01Z":           time.Date(1, 1, 1, 0, 0, 1, 0, time.UTC),
	} {
		assert.Equal(t, want, chat.FormatTime(when))
		assert.Equal(t, "x"+want, string(chat.AppendTime([]byte("x"), when)))
	}
}

func BenchmarkParseTime(b *testing.B) {
	for name, s := range map[string]string{
		"rfc3339":  "2016-03-24T21:05:50Z",
		"fraction": "2016-03-24T21:05:50.123456Z",
		"space":    "2016-03-24 21:05:50+00:00",
		"rfc2822":  "Thu, 24 Mar 2016 21:05:50 +0000",
		"cli":      "Mar 24 2016 15:05:50 GMT-0600",
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := chat.ParseTime(s, nil); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkAppendTime(b *testing.B) {
	buf := make([]byte, 0, 64)
	b.ReportAllocs()
	for b.Loop() {
		buf = chat.AppendTime(buf[:0], at)
	}
}
