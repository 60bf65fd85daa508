package chat_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rejoin/chat"
)

// at is the instant that most cases write in their own way.
var at = time.Date(2016, 3, 24, 21, 5, 50, 0, time.UTC)

func TestParseTime(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Time{
		// RFC 3339 and ISO 8601.
		"2016-03-24T21:05:50Z":                     at,
		"2016-03-24t21:05:50z":                     at,
		"2016-03-24 21:05:50Z":                     at,
		"2016-03-24 21:05:50 UTC":                  at,
		"2016-03-24 21:05:50 GMT":                  at,
		"2016-03-24T21:05:50UTC":                   at,
		"2016-03-24T21:05:50 utc":                  at,
		"2016-03-24 21:05:50+00:00":                at,
		"2016-03-24 21:05:50 +0000":                at,
		"2016-03-24 21:05:50 +0000 UTC":            at,
		"2016-03-24 15:05:50 -0600 CST":            at,
		"2016-03-24T21:05:50-00:00":                at,
		"2016-03-24T23:05:50+02:00":                at,
		"2016-03-24T23:05:50+0200":                 at,
		"2016-03-24T23:05:50+02":                   at,
		"2016-03-25T02:50:50+05:45":                at,
		"2016-03-24T11:05:50-10":                   at,
		"2016-03-24T22:05:50+01:00[Europe/Berlin]": at,
		"2016-03-24T21:05:50Z[UTC]":                at,
		"20160324T210550Z":                         at,
		"20160324T230550+0200":                     at,
		"20160324 210550Z":                         at,
		"  2016-03-24T21:05:50Z\t":                 at,
		"2016-03-24T21:05Z":                        at.Truncate(time.Minute),
		"20160324T2105Z":                           at.Truncate(time.Minute),
		"2016-03-24T21:05:50.000Z":                 at,
		"2016-03-24T21:05:50.5Z":                   at.Add(500 * time.Millisecond),
		"2016-03-24T21:05:50,25Z":                  at.Add(250 * time.Millisecond),
		"2016-03-24T21:05:50.123456789Z":           at.Add(123456789),
		"2016-03-24T21:05:50.123456789000Z":        at.Add(123456789),
		"2016-03-24 23:05:50.000001+02:00":         at.Add(time.Microsecond),
		"20160324T210550.5Z":                       at.Add(500 * time.Millisecond),
		"2016-03-24T24:00:00Z":                     time.Date(2016, 3, 25, 0, 0, 0, 0, time.UTC),
		"2016-12-31T24:00Z":                        time.Date(2017, 1, 1, 0, 0, 0, 0, time.UTC),
		"2016-02-29T00:00:00Z":                     time.Date(2016, 2, 29, 0, 0, 0, 0, time.UTC),
		"2000-02-29T00:00:00Z":                     time.Date(2000, 2, 29, 0, 0, 0, 0, time.UTC),
		"0001-01-01T00:00:01Z":                     time.Date(1, 1, 1, 0, 0, 1, 0, time.UTC),
		"0001-01-01T00:00:00.000000001Z":           time.Date(1, 1, 1, 0, 0, 0, 1, time.UTC),
		"9999-12-31T23:59:59.999999999Z":           time.Date(9999, 12, 31, 23, 59, 59, 999999999, time.UTC),

		// The leap second of 2016, in UTC and elsewhere.
		"2016-12-31T23:59:60Z":      time.Date(2017, 1, 1, 0, 0, 0, 0, time.UTC),
		"2016-12-31T23:59:60.5Z":    time.Date(2017, 1, 1, 0, 0, 0, 5e8, time.UTC),
		"2017-01-01T05:44:60+05:45": time.Date(2017, 1, 1, 0, 0, 0, 0, time.UTC),

		// RFC 2822.
		"Thu, 24 Mar 2016 21:05:50 +0000":              at,
		"Thu, 24 Mar 2016 15:05:50 -0600":              at,
		"24 Mar 2016 21:05:50 +0000":                   at,
		"24 Mar 2016 21:05 +0000":                      at.Truncate(time.Minute),
		"Thu, 24 Mar 2016 21:05:50 GMT":                at,
		"Thu, 24 Mar 2016 21:05:50 UT":                 at,
		"Thu, 24 Mar 2016 21:05:50 Z":                  at,
		"thu, 24 mar 2016 21:05:50 gmt":                at,
		"Thu,  24  Mar  2016  21:05:50  +0000":         at,
		"Thu, 24 Mar 2016 21:05:50 +0000 (UTC)":        at,
		"Thu, 24 Mar 2016 16:05:50 EST":                at,
		"Thu, 24 Mar 2016 17:05:50 EDT":                at,
		"Thu, 24 Mar 2016 15:05:50 CST":                at,
		"Thu, 24 Mar 2016 16:05:50 CDT":                at,
		"Thu, 24 Mar 2016 14:05:50 MST":                at,
		"Thu, 24 Mar 2016 15:05:50 MDT":                at,
		"Thu, 24 Mar 2016 13:05:50 PST":                at,
		"Thu, 24 Mar 2016 14:05:50 PDT":                at,
		"24 Mar 16 21:05:50 GMT":                       at,
		"24 Mar 116 21:05:50 GMT":                      at,
		"Fri, 1 Apr 2016 00:00:00 +0000":               time.Date(2016, 4, 1, 0, 0, 0, 0, time.UTC),
		"1 Apr 99 00:00:00 +0000":                      time.Date(1999, 4, 1, 0, 0, 0, 0, time.UTC),
		"Sat, 31 Dec 2016 23:59:60 +0000":              time.Date(2017, 1, 1, 0, 0, 0, 0, time.UTC),
		"Thursday, 24 March 2016 21:05:50 +0000":       at,
		"Mon, 29 Feb 2016 21:05:50 +0000 (leap (yes))": time.Date(2016, 2, 29, 21, 5, 50, 0, time.UTC),

		// JavaScript's, as twilio-cli prints them.
		"Mar 24 2016 15:05:50 GMT-0600":                                  at,
		"Thu Mar 24 2016 15:05:50 GMT-0600 (Central Standard Time)":      at,
		"Thu Mar 24 2016 21:05:50 GMT+0000 (Coordinated Universal Time)": at,
		"Mar 24 2016 21:05:50 GMT":                                       at,
		"Mar 24 2016 21:05:50 UTC":                                       at,
		"Aug 12 2021 14:21:11 GMT-0700":                                  time.Date(2021, 8, 12, 21, 21, 11, 0, time.UTC),
	} {
		got, err := chat.ParseTime(text, nil)
		if assert.NoError(t, err, text) {
			assert.True(t, want.Equal(got), "%s: want %v, got %v", text, want, got)
			assert.Equal(t, time.UTC, got.Location(), text)
		}
	}
}

func TestParseTimeRefuses(t *testing.T) {
	t.Parallel()
	for text, why := range map[string]string{
		"":                                    "not a time",
		"null":                                "not a time",
		"yesterday":                           "not a time",
		"24/03/2016 21:05:50Z":                "not a time",
		"2016":                                "not a time",
		"2016-03":                             "not a time",
		"2016-3-24T21:05:50Z":                 "not a time",
		"2016/03/24T21:05:50Z":                "not a time",
		"2016-03-24_21:05:50Z":                "not a time",
		"２０１６-03-24T21:05:50Z":                "not a time",
		"1458853550":                          "a bare number",
		"1458853550000":                       "a bare number",
		"2016-03-24":                          "no time of day",
		"20160324":                            "no time of day",
		"Thu, 24 Mar 2016":                    "no time of day",
		"Mar 24 2016":                         "no time of day",
		"2016-03-24T":                         "time of day cannot be read",
		"2016-03-24T21Z":                      "time of day cannot be read",
		"2016-03-24T1:05:50Z":                 "time of day cannot be read",
		"2016-03-24T21:05:Z":                  "seconds cannot be read",
		"2016-03-24T21:05:5Z":                 "seconds cannot be read",
		"2016-03-24T21:05:50.Z":               "no digits",
		"2016-03-24T21:05:50.1234567891Z":     "finer than a nanosecond",
		"2016-03-24T21:05.5Z":                 "no zone",
		"2016-02-30T00:00:00Z":                "February 2016 has 1 to 29",
		"2015-02-29T00:00:00Z":                "February 2015 has 1 to 28",
		"1900-02-29T00:00:00Z":                "February 1900 has 1 to 28",
		"2016-04-31T00:00:00Z":                "April 2016 has 1 to 30",
		"2016-01-00T00:00:00Z":                "day 0",
		"2016-00-01T00:00:00Z":                "month 0",
		"2016-13-01T00:00:00Z":                "month 13",
		"0000-01-01T00:00:00Z":                "year 0",
		"2016-03-24T24:00:01Z":                "hour 24",
		"2016-03-24T24:00:00.5Z":              "hour 24",
		"2016-03-24T25:00:00Z":                "hour 25",
		"2016-03-24T21:60:00Z":                "minute 60",
		"2016-03-24T21:05:61Z":                "second 61",
		"2016-03-24T21:05:60Z":                "leap second",
		"2016-12-30T23:59:60Z":                "leap second",
		"2016-12-31T23:59:60-01:00":           "leap second",
		"2016-03-24T21:05:50+1:00":            "offset",
		"2016-03-24T21:05:50+24:00":           "offset",
		"2016-03-24T21:05:50+00:60":           "offset",
		"2016-03-24T21:05:50+000":             "offset",
		"2016-03-24T21:05:50+":                "offset",
		"2016-03-24T21:05:50 EST":             "not known by that name",
		"2016-03-24T21:05:50 CET":             "not known by that name",
		"2016-03-24T21:05:50A":                "not known by that name",
		"2016-03-24T21:05:50ZZ":               "not known by that name",
		"2016-03-24T21:05:50Z5":               "behind the time",
		"2016-03-24T21:05:50Z, and more":      "behind the time",
		"2016-03-24T21:05:50+01:00:00":        "behind the time",
		"0001-01-01T00:00:00Z":                "first instant of year 1",
		"0001-01-01T00:00:00+01:00":           "between 0001 and 9999",
		"9999-12-31T23:59:59-01:00":           "between 0001 and 9999",
		"9999-12-31T24:00:00Z":                "between 0001 and 9999",
		"Fri, 24 Mar 2016 21:05:50 +0000":     "the date is a Thursday, not a Friday",
		"Thu, 24 Mar 2016 21:05:50 CET":       "not known by that name",
		"Thu, 24 Mar 2016 21:05:50 A":         "not known by that name",
		"Thu, 24 Mar 2016 21:05:50 EST-0500":  "behind the time",
		"Thu, 31 Feb 2016 21:05:50 +0000":     "February 2016",
		"Thu, 24 Foo 2016 21:05:50 +0000":     "not a time",
		"Thu, 24 Mar 12016 21:05:50 +0000":    "not a time",
		"Thu, 024 Mar 2016 21:05:50 +0000":    "not a time",
		"Thu, 24 Mar 2016 9:05:50 +0000":      "time of day cannot be read",
		"Thu, 24 Mar 2016 210550 +0000":       "time of day cannot be read",
		"2016-03-24T21:05:50Z (never closed":  "behind the time",
		"Mar 24 2016 15:05:50 GMT-0600 (a) b": "behind the time",
	} {
		_, err := chat.ParseTime(text, nil)
		assert.ErrorContains(t, err, why, "%q", text)
	}
}

func TestParseTimeWithoutZone(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"2016-03-24T21:05:50", "2016-03-24 21:05:50.000", "20160324T210550", "2016-03-24T21:05:50.0 ",
		"Thu, 24 Mar 2016 21:05:50", "Mar 24 2016 21:05:50", "Thu, 24 Mar 2016 21:05:50 (somewhere)",
	} {
		_, err := chat.ParseTime(text, nil)
		require.ErrorIs(t, err, chat.ErrNoZone, text)
		got, err := chat.ParseTime(text, time.FixedZone("", -6*3600))
		require.NoError(t, err, text)
		assert.Equal(t, at.Add(6*time.Hour), got, text)
	}
	_, err := chat.ParseTime("2016-03-24", time.UTC)
	require.ErrorIs(t, err, chat.ErrNoTimeOfDay, "a zone gives no time of day")
}

// TestParseTimeZoneGiven holds that a zone is for times without one and changes no other.
func TestParseTimeZoneGiven(t *testing.T) {
	t.Parallel()
	zone := time.FixedZone("", 3600)
	for _, text := range []string{"2016-03-24T21:05:50Z", "Thu, 24 Mar 2016 21:05:50 GMT", "2016-03-24T21:05:50 UTC"} {
		got, err := chat.ParseTime(text, zone)
		require.NoError(t, err)
		assert.Equal(t, at, got)
	}
}

func TestParseTimeWhereClocksChange(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ zone, text, want string }{
		// Set forward from 02:00 to 03:00, and back from 03:00 to 02:00.
		{"Europe/Berlin", "2016-03-27T01:59:59", "2016-03-27T00:59:59Z"},
		{"Europe/Berlin", "2016-03-27T02:00:00", ""},
		{"Europe/Berlin", "2016-03-27T02:59:59", ""},
		{"Europe/Berlin", "2016-03-27T03:00:00", "2016-03-27T01:00:00Z"},
		{"Europe/Berlin", "2016-10-30T01:59:59", "2016-10-29T23:59:59Z"},
		{"Europe/Berlin", "2016-10-30T02:00:00", "2016-10-30T00:00:00Z"},
		{"Europe/Berlin", "2016-10-30T02:59:59", "2016-10-30T00:59:59Z"},
		{"Europe/Berlin", "2016-10-30T03:00:00", "2016-10-30T02:00:00Z"},
		// The same west of Greenwich.
		{"America/New_York", "2016-03-13T02:30:00", ""},
		{"America/New_York", "2016-11-06T01:30:00", "2016-11-06T05:30:00Z"},
		{"America/New_York", "2016-11-06T00:59:59", "2016-11-06T04:59:59Z"},
		{"America/New_York", "2016-11-06T02:00:00", "2016-11-06T07:00:00Z"},
		// Half an hour, and a day that a country left out.
		{"Australia/Lord_Howe", "2016-10-02T02:15:00", ""},
		{"Australia/Lord_Howe", "2016-04-03T01:45:00", "2016-04-02T14:45:00Z"},
		{"Pacific/Apia", "2011-12-30T12:00:00", ""},
		{"Europe/Berlin", "2017-01-01T00:59:60", "2017-01-01T00:00:00Z"},
	} {
		zone, err := time.LoadLocation(c.zone)
		require.NoError(t, err)
		got, err := chat.ParseTime(c.text, zone)
		if c.want == "" {
			require.ErrorContains(t, err, "set forward", "%s %s", c.zone, c.text)
			continue
		}
		require.NoError(t, err, "%s %s", c.zone, c.text)
		assert.Equal(t, c.want, chat.FormatTime(got), "%s %s", c.zone, c.text)
	}
}
