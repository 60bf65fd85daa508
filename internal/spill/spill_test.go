package spill

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What was put comes back in its order and in whole pieces, whether it stayed in memory or not.
func TestPartsComeBack(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ keep, chunk int }{{1 << 20, 64}, {1000, 64}, {1, 64}, {0, 1}, {300, 16 << 10}} {
		t.Run(fmt.Sprintf("%+v", c), func(t *testing.T) {
			t.Parallel()
			random := rand.New(rand.NewPCG(uint64(c.keep), uint64(c.chunk)))
			file := NewFile(t.TempDir(), c.chunk)
			defer file.Close()
			s := New(file, c.keep)
			var want [Parts][]byte
			ends := map[int]map[int]bool{}
			for i := range 5000 {
				n := random.IntN(Parts) >> random.IntN(8) // parts of very different sizes
				data := bytes.Repeat([]byte{byte(i)}, random.IntN(200))
				require.NoError(t, s.Put(n, data))
				want[n] = append(want[n], data...)
				if ends[n] == nil {
					ends[n] = map[int]bool{}
				}
				ends[n][len(want[n])] = true
			}
			if c.keep == 1 {
				require.Positive(t, file.size, "the file was not used")
			}
			var buf []byte
			for n := range Parts {
				assert.Equal(t, int64(len(want[n])), s.Size(n))
				var seen []byte
				require.NoError(t, s.Look(n, func(chunk []byte) error {
					seen = append(seen, chunk...)
					return nil
				}))
				require.True(t, bytes.Equal(want[n], seen), "part %d, looked at", n)
				if n%2 == 0 {
					var err error
					buf, err = s.Load(n, buf)
					require.NoError(t, err)
					require.True(t, bytes.Equal(want[n], buf), "part %d", n)
				} else {
					at := 0
					require.NoError(t, s.Chunks(n, func(chunk []byte) error {
						require.True(t, bytes.Equal(want[n][at:at+len(chunk)], chunk), "part %d at %d", n, at)
						at += len(chunk)
						assert.True(t, ends[n][at], "part %d was cut at %d", n, at)
						return nil
					}))
					assert.Equal(t, len(want[n]), at)
				}
				assert.Zero(t, s.Size(n), "taken out")
			}
			assert.GreaterOrEqual(t, s.left, c.keep, "the memory is free again")
		})
	}
}

// What goes from one spill into another that shares the file takes the room that it leaves.
func TestRoomIsUsedAgain(t *testing.T) {
	t.Parallel()
	file := NewFile(t.TempDir(), 128)
	defer file.Close()
	s := New(file, 0)
	for range 10_000 {
		require.NoError(t, s.Put(3, []byte("0123456789")))
	}
	size := file.size
	for range 5 {
		next := New(file, 0)
		require.NoError(t, s.Chunks(3, func(chunk []byte) error { return next.Put(3, chunk) }))
		s = next
	}
	assert.LessOrEqual(t, file.size, size+128)
	data, err := s.Load(3, nil)
	require.NoError(t, err)
	assert.True(t, bytes.Equal(bytes.Repeat([]byte("0123456789"), 10_000), data))
}

// Memory that is free again is not given to what stands behind something in the file: its order would be lost.
func TestOrderWhereMemoryIsFreeAgain(t *testing.T) {
	t.Parallel()
	file := NewFile(t.TempDir(), 64)
	defer file.Close()
	s := New(file, 1000)
	var want []byte
	put := func(n int, c byte) {
		data := bytes.Repeat([]byte{c}, 50)
		require.NoError(t, s.Put(n, data))
		if n == 1 {
			want = append(want, data...)
		}
	}
	for range 30 {
		put(0, '.') // fills the memory
	}
	for i := range 20 {
		put(1, 'a'+byte(i))
	}
	_, err := s.Load(0, nil)
	require.NoError(t, err)
	for i := range 20 {
		put(1, 'A'+byte(i))
	}
	got, err := s.Load(1, nil)
	require.NoError(t, err)
	assert.Equal(t, string(want), string(got))
}

// What is kept in memory, and no more, is not written.
func TestKeepIsKept(t *testing.T) {
	t.Parallel()
	file := NewFile(filepath.Join(t.TempDir(), "nowhere"), 100)
	defer file.Close()
	s := New(file, 1000)
	put := 0
	var err error
	for ; err == nil && put < 10_000; put += 100 {
		err = s.Put(0, make([]byte, 100))
	}
	require.Error(t, err, "a limit of memory")
	assert.Greater(t, put, 800)
	assert.LessOrEqual(t, put, 1300)
}

func TestTheFileIsGone(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := NewFile(dir, 64)
	s := New(file, 0)
	for range 100 {
		require.NoError(t, s.Put(0, []byte("some data")))
	}
	info, err := file.file.Stat()
	require.NoError(t, err)
	assert.Positive(t, info.Size())
	if runtime.GOOS != "windows" {
		assert.Equal(t, os.FileMode(0o600), info.Mode().Perm())
		assert.Empty(t, names(t, dir), "it has no name while it is in use")
	}
	file.Close()
	file.Close()
	assert.Empty(t, names(t, dir))
	NewFile(dir, 64).Close()
}

func names(t *testing.T, dir string) []os.DirEntry {
	t.Helper()
	all, err := os.ReadDir(dir)
	require.NoError(t, err)
	return all
}

func TestErrorsSayWhatToDo(t *testing.T) {
	t.Parallel()
	fill := func(s *Spill) error {
		for range 100 {
			if err := s.Put(7, []byte("some data")); err != nil {
				return err
			}
		}
		return nil
	}
	dir := filepath.Join(t.TempDir(), "nowhere")
	err := fill(New(NewFile(dir, 64), 0))
	require.ErrorIs(t, err, os.ErrNotExist)
	require.ErrorContains(t, err, dir)
	require.ErrorContains(t, err, "TMPDIR")

	file := NewFile(t.TempDir(), 64)
	s := New(file, 0)
	require.NoError(t, fill(s))
	good := file.file
	file.file = readOnly(t) // as where the disk is full, a write fails
	err = fill(s)
	require.ErrorContains(t, err, "cannot be written")
	require.ErrorContains(t, err, "TMPDIR")
	require.ErrorContains(t, s.Look(7, func([]byte) error { return nil }), "cannot be read again")
	_, err = s.Load(7, nil)
	require.ErrorContains(t, err, "cannot be read again")
	require.ErrorContains(t, err, "TMPDIR")
	require.NoError(t, file.file.Close())
	file.file = good
	file.Close()

	stop := errors.New("stop")
	file = NewFile(t.TempDir(), 64)
	defer file.Close()
	s = New(file, 100)
	require.NoError(t, fill(s))
	calls := 0
	require.ErrorIs(t, s.Look(7, func([]byte) error { calls++; return stop }), stop)
	require.ErrorIs(t, s.Chunks(7, func([]byte) error { calls++; return stop }), stop)
	assert.Equal(t, 2, calls)
}

// readOnly is an empty file that cannot be written.
func readOnly(t *testing.T) *os.File {
	t.Helper()
	path := filepath.Join(t.TempDir(), "empty")
	require.NoError(t, os.WriteFile(path, nil, 0o600))
	file, err := os.Open(path)
	require.NoError(t, err)
	return file
}
