package page

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestLabelsAreRound(t *testing.T) {
	t.Parallel()
	fifth := 0.2
	for ms, want := range map[float64]string{
		0: "0 ms", 3 * fifth: "0.6 ms", 12: "12 ms", 999: "999 ms", 1500: "1.5 s", 90e3: "1.5 min", 5400e3: "1.5 h",
	} {
		assert.Equal(t, want, milliseconds(ms))
	}
}
