package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"syscall"
	"time"
)

// A cost is what one process took from its start to its end.
type cost struct {
	wall time.Duration
	cpu  time.Duration // user and system
	peak int64         // bytes of memory at the most
}

// A task is one of the things that take turns.
type task struct {
	name string
	run  func(context.Context) (cost, error)
}

// measure runs a program without input, throws its output away, and returns what it took. Exit status 0 is expected.
func (b *bench) measure(ctx context.Context, name string, args ...string) (cost, error) {
	return costOf(b.command(ctx, name, args...))
}

// measurePiped does the same with a file that comes through a pipe.
func (b *bench) measurePiped(ctx context.Context, file, name string, args ...string) (c cost, err error) {
	from, to, err := os.Pipe()
	if err != nil {
		return cost{}, err
	}
	cat := b.command(ctx, "cat", file)
	cat.Stdout = to
	err = cat.Start()
	_ = to.Close() // cat's own is another
	if err != nil {
		return cost{}, errors.Join(err, from.Close())
	}
	cmd := b.command(ctx, name, args...)
	cmd.Stdin = from
	c, err = costOf(cmd)
	_ = from.Close() // or cat might wait for somebody who reads
	return c, errors.Join(err, cat.Wait())
}

// costOf runs a command.
func costOf(cmd *exec.Cmd) (cost, error) {
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	start := time.Now()
	err := cmd.Run()
	wall := time.Since(start)
	if err != nil {
		return cost{}, fmt.Errorf("%s: %w\n%s", cmd, err, bytes.TrimSpace(stderr.Bytes()))
	}
	usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok {
		return cost{}, errors.New("this system does not tell what a process has used")
	}
	return cost{wall, cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), usage.Maxrss << 10}, nil
}

// command is a program in the temporary folder, with credentials that the sandbox takes and nothing of this run's own
// environment that would change what rejoin or a peer does.
func (b *bench) command(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...) //nolint:gosec // the programs under measurement
	cmd.Dir = b.dir
	cmd.Env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME"), "TMPDIR=" + b.dir,
		"TWILIO_ACCOUNT_SID=" + accountSID, "TWILIO_AUTH_TOKEN=any",
	}
	return cmd
}

// program is the task of one command.
func (b *bench) program(title, name string, args ...string) task {
	return task{title, func(ctx context.Context) (cost, error) { return b.measure(ctx, name, args...) }}
}

// piped is the task of one command that reads a file through a pipe.
func (b *bench) piped(title, file, name string, args ...string) task {
	return task{title, func(ctx context.Context) (cost, error) { return b.measurePiped(ctx, file, name, args...) }}
}

// takeTurns runs all tasks once a turn, one after the other, and returns the costs of each, turn by turn.
func (b *bench) takeTurns(ctx context.Context, tasks []task) ([][]cost, error) {
	costs := make([][]cost, len(tasks))
	for range b.turns {
		for i, t := range tasks {
			c, err := t.run(ctx)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", t.name, err)
			}
			costs[i] = append(costs[i], c)
		}
	}
	return costs, nil
}

// wall, cpu and peak pick a figure of a cost, the times in seconds and the memory in bytes.
func wall(c cost) float64 { return c.wall.Seconds() }
func cpu(c cost) float64  { return c.cpu.Seconds() }
func peak(c cost) float64 { return float64(c.peak) }

// median is that of a figure over all turns.
func median(costs []cost, figure func(cost) float64) float64 {
	var all []float64
	for _, c := range costs {
		all = append(all, figure(c))
	}
	slices.Sort(all)
	return all[len(all)/2]
}

// ratio is the median, over the turns, of the first's figure over the second's of the same turn.
func ratio(of, to []cost, figure func(cost) float64) float64 {
	var all []float64
	for i := range of {
		all = append(all, figure(of[i])/figure(to[i]))
	}
	slices.Sort(all)
	return all[len(all)/2]
}
