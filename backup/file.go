package backup

import (
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"rejoin/internal/filelock"
)

// How much, and for how long, a [File] gathers before it puts a block on the disk: what a run that is killed has to read
// again.
const (
	blockBytes = 2 << 20
	blockEvery = time.Second
)

// File is a sink that makes a file, whole or not at all. It is not safe for concurrent use, but for Has.
//
// The backup is written to FILE.partial, in blocks of whole channels. A block is on the disk before FILE.state tells of
// it. [File.Finish] gives the file its name.
type File struct {
	path    string
	partial *os.File // nil: the file is whole and has its name
	state   *os.File
	packer  *packer
	has     map[string]int64 // rows by channel, of earlier runs
	kept    int              // channels on the disk

	pending  []byte // text that is in no block
	channels []stateChannel
	since    time.Time // of the first of it
	offset   int64     // of the last block's end
	crc      uint32
	whole    bool // the state says so
	made     bool // the files are this run's own, or it has opened them
	err      error

	// Reached is told of each step, and blocks are put on the disk when they have BlockBytes: tests end the process at
	// some step, and have many.
	Reached    func(Step)
	BlockBytes int
}

// Step is a step in the making of a file, between two of which a process may be killed.
type Step string

// The steps.
const (
	BeforeBlock Step = "before-block" // channels are whole, and none of their bytes are in the file
	AfterBlock  Step = "after-block"  // the block is in the file, and nothing tells of it
	AfterState  Step = "after-state"  // the state tells of the block
	BeforeName  Step = "before-name"  // the file is whole, and has not its name
	AfterName   Step = "after-name"   // it has its name, and the other one, too
	AfterClean  Step = "after-clean"  // the other name is gone, and the state is there
)

var _ Sink = (*File)(nil)

func partialPath(path string) string { return path + ".partial" }
func statePath(path string) string   { return path + ".state" }

var crcTable = crc32.MakeTable(crc32.Castagnoli)

// Create makes the files of a new backup, with mode 0600. Nothing is overwritten: where path is there, or an earlier
// backup to it was not finished, the error is [fs.ErrExist].
func Create(path string, h Head) (*File, error) {
	how, _, err := ByEnding(path)
	if err != nil {
		return nil, err
	}
	if _, err := os.Lstat(path); err == nil {
		return nil, fmt.Errorf("%s is there already (%w), and nothing is ever overwritten: name another file", path, fs.ErrExist)
	}
	f, err := newFile(path, how)
	if err != nil {
		return nil, err
	}
	f.state, err = os.OpenFile(statePath(path), os.O_CREATE|os.O_EXCL|os.O_RDWR|os.O_APPEND, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil, unfinished(path, err)
	}
	if err != nil {
		return nil, fmt.Errorf("the backup %s cannot be made: %w", path, err)
	}
	err = f.begin(&h, how)
	if err != nil {
		return nil, errors.Join(err, f.Discard())
	}
	return f, nil
}

func unfinished(path string, err error) error {
	return fmt.Errorf("an earlier backup to %s was not finished (%w): go on with it with --resume, or remove %s and %s",
		path, err, partialPath(path), statePath(path))
}

func newFile(path string, how Compression) (*File, error) {
	p, err := newPacker(how)
	if err != nil {
		return nil, err
	}
	return &File{path: path, packer: p, Reached: func(Step) {}, BlockBytes: blockBytes}, nil
}

// begin makes the file of a new backup, whose state is there.
func (f *File) begin(h *Head, how Compression) error {
	if err := filelock.Lock(f.state); err != nil {
		return fmt.Errorf("lock %s: %w", f.state.Name(), err)
	}
	var err error
	f.partial, err = os.OpenFile(partialPath(f.path), os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return unfinished(f.path, err)
	}
	if err != nil {
		return fmt.Errorf("the backup %s cannot be made: %w", f.path, err)
	}
	f.made = true
	if err := f.tell(headLine(h, how)); err != nil {
		return err
	}
	return f.settle()
}

// settle puts on the disk what the state says, and the names.
func (f *File) settle() error {
	if err := f.state.Sync(); err != nil {
		return f.fail("sync its state", err)
	}
	if err := filelock.SyncFolder(filepath.Dir(f.path)); err != nil {
		return f.fail("sync its folder", err)
	}
	return nil
}

// Has tells of a channel that an earlier run has put into the file. It is safe for concurrent use.
func (f *File) Has(channelSID string) (rows int64, ok bool) {
	rows, ok = f.has[channelSID]
	return rows, ok
}

// Kept is how many channels are in the file on the disk.
func (f *File) Kept() int { return f.kept }

// Size is how many bytes the file has on the disk.
func (f *File) Size() int64 { return f.offset }

// Begin puts the header above the first row. A file that is gone on with has it.
func (f *File) Begin(header []byte) error {
	if f.offset == 0 && len(f.pending) == 0 {
		f.gather(header)
	}
	return f.err
}

// Write gathers the channel's rows, and puts a block on the disk where it is time to.
func (f *File) Write(c Channel) error {
	if f.err != nil {
		return f.err
	}
	f.gather(c.Text)
	f.channels = append(f.channels, stateChannel{c.SID, c.Rows})
	if len(f.pending) < f.BlockBytes && time.Since(f.since) < blockEvery {
		return nil
	}
	return f.block()
}

func (f *File) gather(text []byte) {
	if len(f.channels) == 0 && len(f.pending) == 0 {
		f.since = time.Now()
	}
	f.pending = append(f.pending, text...)
}

// block puts what was gathered on the disk, and then tells of it.
func (f *File) block() error {
	if f.err != nil || f.whole {
		return f.err
	}
	f.Reached(BeforeBlock)
	bytes, err := f.packer.pack(f.pending)
	if err != nil {
		return f.fail("compress", err)
	}
	if _, err := f.partial.WriteAt(bytes, f.offset); err != nil {
		return f.fail("write", err)
	}
	if err := f.partial.Sync(); err != nil {
		return f.fail("sync", err)
	}
	f.Reached(AfterBlock)
	end, crc := f.offset+int64(len(bytes)), crc32.Update(f.crc, crcTable, bytes)
	if err := f.tell(&stateLine{Type: "block", Offset: &end, CRC32C: &crc, Channels: f.channels}); err != nil {
		return err
	}
	f.offset, f.crc = end, crc
	f.kept += len(f.channels)
	f.pending, f.channels = f.pending[:0], f.channels[:0]
	f.Reached(AfterState)
	return nil
}

// tell appends a line to the state.
func (f *File) tell(l *stateLine) error {
	text, err := json.Marshal(l)
	if err != nil {
		return f.fail("write its state", err)
	}
	if _, err := f.state.Write(append(text, '\n')); err != nil {
		return f.fail("write its state", err)
	}
	return nil
}

// fail keeps the first error: nothing is written behind something that was not.
func (f *File) fail(doing string, err error) error {
	if f.err == nil {
		f.err = fmt.Errorf("%s %s: %w", doing, f.path, err)
	}
	return f.err
}

// Close ends a backup that is not whole. What was gathered is put on the disk, for [Resume] to go on behind it.
func (f *File) Close() error {
	if f.partial == nil && f.state == nil {
		return nil
	}
	err := f.err
	if len(f.channels) > 0 && err == nil {
		err = f.block()
	}
	if err == nil && f.state != nil {
		err = f.state.Sync()
	}
	return errors.Join(err, f.close())
}

func (f *File) close() (err error) {
	if f.state != nil {
		_ = filelock.Unlock(f.state) // that it cannot be given back means that it never was locked
		err = f.state.Close()
	}
	if f.partial != nil {
		err = errors.Join(err, f.partial.Close())
	}
	f.state, f.partial = nil, nil
	return err
}

// Discard closes a backup and takes its files away.
func (f *File) Discard() error {
	err := f.close()
	if f.made {
		err = errors.Join(err, remove(partialPath(f.path)))
	}
	return errors.Join(err, remove(statePath(f.path)))
}

func remove(path string) error {
	err := os.Remove(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// Finish puts the rest on the disk and gives the file its name. Where it fails, the file has it not, or is whole.
func (f *File) Finish() error {
	if f.partial == nil {
		return f.err
	}
	if len(f.pending) > 0 || len(f.channels) > 0 || f.offset == 0 {
		if err := f.block(); err != nil {
			return errors.Join(err, f.close())
		}
	}
	if !f.whole {
		if err := f.tell(&stateLine{Type: "whole"}); err != nil {
			return errors.Join(err, f.close())
		}
		f.whole = true
	}
	if err := f.settle(); err != nil {
		return errors.Join(err, f.close())
	}
	f.Reached(BeforeName)
	if err := f.partial.Close(); err != nil {
		f.partial = nil
		return errors.Join(f.fail("close", err), f.close())
	}
	f.partial = nil
	if err := name(partialPath(f.path), f.path); err != nil {
		return errors.Join(f.fail("name", err), f.close())
	}
	return f.clean()
}

// name gives a file another name, unless there is a file of that name: renaming would overwrite it.
func name(from, to string) error {
	err := os.Link(from, to)
	if err == nil || errors.Is(err, fs.ErrExist) {
		return err
	}
	if _, there := os.Lstat(to); there == nil { // a file system without links
		return fs.ErrExist
	}
	return os.Rename(from, to)
}

// clean takes away what was beside the file while it was made.
func (f *File) clean() error {
	f.Reached(AfterName)
	if err := remove(partialPath(f.path)); err != nil {
		return errors.Join(f.fail("take the other name from", err), f.close())
	}
	f.Reached(AfterClean)
	err := f.close()
	if removed := remove(statePath(f.path)); removed != nil {
		err = errors.Join(err, removed)
	}
	if synced := filelock.SyncFolder(filepath.Dir(f.path)); synced != nil {
		err = errors.Join(err, synced)
	}
	if err != nil {
		return f.fail("end", err)
	}
	return nil
}

// checkSum is the check value of the first n bytes of r.
func checkSum(r io.ReaderAt, n int64) (uint32, error) {
	sum := crc32.New(crcTable)
	if _, err := io.Copy(sum, io.NewSectionReader(r, 0, n)); err != nil {
		return 0, err
	}
	return sum.Sum32(), nil
}
