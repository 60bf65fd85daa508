package main

import (
	"bufio"
	"context"
	"fmt"
	"strings"
	"syscall"
)

// withService starts a sandbox that holds the backup's channels and none of its members, calls f with its base URL, and
// ends it. Its limits are off.
func (b *bench) withService(ctx context.Context, backup string, f func(url string) (cost, error), flags ...string) (_ cost, err error) {
	cmd := b.command(ctx, b.rejoin, append([]string{"sandbox", "--limits", "none", "--seed-file", backup}, flags...)...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		return cost{}, err
	}
	if err := cmd.Start(); err != nil {
		return cost{}, err
	}
	defer func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		if ended := cmd.Wait(); err == nil && ended != nil {
			err = fmt.Errorf("the sandbox: %w", ended)
		}
	}()
	url, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return cost{}, fmt.Errorf("the sandbox does not say where it serves: %w", err)
	}
	return f(strings.TrimSpace(url))
}
