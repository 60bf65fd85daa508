package ratelimit

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestFixedRateIsUsedAndNotPassed(t *testing.T) {
	t.Parallel()
	for _, perSecond := range []float64{1, 25, 100, 777, 5000} {
		synctest.Test(t, func(t *testing.T) {
			lim, err := New(Config{Rate: perSecond})
			require.NoError(t, err)
			begin := time.Now()
			n := 0
			for time.Since(begin) < 10*time.Second {
				require.NoError(t, lim.Wait(t.Context()))
				n++
			}
			assert.InDelta(t, 10*perSecond, float64(n), 1+perSecond/100)
		})
	}
}
