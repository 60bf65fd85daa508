package ratelimit

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		cfg  Config
		want string
	}{
		"nothing":               {Config{}, "is zero"},
		"a negative rate":       {Config{Rate: -1}, "is negative"},
		"no number":             {Config{Rate: math.NaN()}, "is not a number"},
		"infinity":              {Config{Rate: math.Inf(1)}, "is more than"},
		"minus infinity":        {Config{Rate: math.Inf(-1)}, "is negative"},
		"too much":              {Config{Rate: 1e10}, "is more than"},
		"next to nothing":       {Config{Rate: 1e-9}, "less than one request in 30 days"},
		"auto below nothing":    {Config{Auto: true, Rate: -1}, "is negative"},
		"auto, no number":       {Config{Auto: true, Rate: math.NaN()}, "is not a number"},
		"a channel's no number": {Config{Rate: 1, ChannelRate: math.NaN()}, "channel"},
		"a channel's infinity":  {Config{Rate: 1, ChannelRate: math.Inf(1)}, "channel"},
		"a channel below zero":  {Config{Rate: 1, ChannelRate: -5}, "channel"},
		"workers below zero":    {Config{Rate: 1, Workers: -1}, "workers"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := New(tt.cfg)
			require.ErrorContains(t, err, tt.want)
		})
	}
}

func TestNewTakes(t *testing.T) {
	t.Parallel()
	for _, cfg := range []Config{
		{Rate: 1},
		{Rate: 0.001},
		{Rate: maxRate},
		{Auto: true},
		{Auto: true, Rate: 3},
		{Rate: 25, ChannelRate: 25, Workers: 32},
	} {
		_, err := New(cfg)
		assert.NoError(t, err, "%+v", cfg)
	}
}

func TestParseRate(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		rate float64
		auto bool
	}{
		"25": {rate: 25}, "25/s": {rate: 25}, "0.5": {rate: 0.5}, ".5": {rate: 0.5}, "90/m": {rate: 1.5},
		"5000/h": {rate: 5000.0 / 3600}, " 25 / s ": {rate: 25}, "+3": {rate: 3}, "60/MIN": {rate: 1},
		"auto": {auto: true}, "AUTO": {auto: true},
	}
	for in, want := range tests {
		rate, auto, err := ParseRate(in)
		require.NoError(t, err, in)
		assert.InDelta(t, want.rate, rate, 0, in)
		assert.Equal(t, want.auto, auto, in)
	}
}

func TestParseRateRefuses(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"": "missing", "/s": "missing", "fast": "no decimal number", "25/d": "none of s, m, h", "25/": "none of s, m, h",
		"25/s/s": "none of s, m, h", "0": "is zero", "-1": "is negative", "0/m": "is zero", "nan": "no decimal number",
		"inf": "no decimal number", "1e3": "no decimal number", "0x10": "no decimal number", "1_000": "no decimal number",
		"1,5": "no decimal number", "1.2.3": "no decimal number", "auto/s": "no decimal number",
		"99999999999": "more than", "0.0000001": "less than one request",
	} {
		_, _, err := ParseRate(in)
		require.ErrorIs(t, err, ErrRate, in)
		require.ErrorContains(t, err, want, in)
		require.ErrorContains(t, err, "expected a number", in)
	}
}

// FuzzParseRate: what is taken can be used, what is not is an ErrRate.
func FuzzParseRate(f *testing.F) {
	for _, seed := range []string{"25", "90/m", "5000/h", "auto", "nan", "1e309", "-0", "/"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		rate, auto, err := ParseRate(s)
		if err != nil {
			require.ErrorIs(t, err, ErrRate)
			return
		}
		_, err = New(Config{Rate: rate, Auto: auto})
		require.NoError(t, err)
	})
}
