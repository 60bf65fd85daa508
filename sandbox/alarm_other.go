//go:build !linux

package sandbox

import (
	"context"
	"errors"
	"sync"
	"time"
)

// alarms are for systems whose alarms are known.
type alarms struct{ idle sync.Pool }

type alarm struct{}

func newAlarm() (*alarm, error) { return nil, errors.ErrUnsupported }

func (*alarm) wait(context.Context, time.Duration) bool { return false }

func (*alarm) close() {}
