package sandbox

import (
	"context"
	"fmt"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// alarms are the alarms that nobody waits for. The zero value has none. It is safe for concurrent use.
type alarms struct{ idle sync.Pool }

// alarm is a timer of the system's own, which says to the microsecond that its time has come. To package os it is a file
// that can be read then.
type alarm struct {
	fd   int
	file *os.File
	rung [8]byte // how often, since it was read
}

func newAlarm() (*alarm, error) {
	fd, err := unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_NONBLOCK|unix.TFD_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("sandbox: make a timer: %w", err)
	}
	return &alarm{fd: fd, file: os.NewFile(uintptr(fd), "timerfd")}, nil
}

// wait lets d pass, which is more than nothing. It reports false where the context ended first, or the alarm is broken:
// then it is of no more use.
func (a *alarm) wait(ctx context.Context, d time.Duration) bool {
	spec := unix.ItimerSpec{Value: unix.NsecToTimespec(d.Nanoseconds())}
	if err := unix.TimerfdSettime(a.fd, 0, &spec, nil); err != nil {
		return false
	}
	ended := context.AfterFunc(ctx, func() { _ = a.file.SetReadDeadline(time.Unix(1, 0)) }) // long ago
	_, err := a.file.Read(a.rung[:])
	return ended() && err == nil
}

func (a *alarm) close() { _ = a.file.Close() } // nothing was written
