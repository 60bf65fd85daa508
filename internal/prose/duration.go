package prose

import (
	"fmt"
	"time"
)

// Lasting is a length of time that is estimated, as people say it: no more exact than it can be known.
func Lasting(d time.Duration) string {
	switch {
	case d < time.Second:
		return "a second"
	case d < 2*time.Minute:
		return fmt.Sprintf("%.0f s", d.Seconds())
	case d < 2*time.Hour:
		return fmt.Sprintf("%.0f min", d.Minutes())
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h %d min", int(d.Hours()), int(d.Minutes())%60)
	}
	return fmt.Sprintf("%s %d h", Counted(int64(d.Hours())/24, "day"), int(d.Hours())%24)
}

// Elapsed is a length of time that was measured: to a hundredth of a second, and from a minute on to a second.
func Elapsed(d time.Duration) string {
	if d < time.Minute {
		return d.Round(10 * time.Millisecond).String()
	}
	return d.Round(time.Second).String()
}
