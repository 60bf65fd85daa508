package reader

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestRefused(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, text string
		cfg        Config
		want       string
	}{
		{"empty", "", Config{}, "the input is empty"},
		{"blank", " \n\r\n\t", Config{}, "the input is empty"},
		{"byte order mark alone", "\xef\xbb\xbf", Config{}, "the input is empty"},
		{"no identity", "user,role_sid\na,b\n", Config{}, `expected a header with a column identity, found "user", "role_sid": use --column NAME=identity`},
		{"slip", "identiy,role_sid\na,b\n", Config{}, `found no column identity, but "identiy": did you mean identity? If so, use --column identiy=identity`},
		{"swap", "idnetity;role_sid\na;b\n", Config{}, "did you mean identity?"},
		{"header twice", "identity,sid,sid\na,b,c\n", Config{}, `found the column "sid" twice`},
		{"unknown header twice", "identity,x,x\na,b,c\n", Config{}, `found the column "x" twice`},
		{"two names of one field", "identity,role_sid,RoleSid\na,b,c\n", Config{}, `found the columns "role_sid" and "RoleSid", expected one of them: both stand for role_sid`},
		{"named column missing", "identity,sid\na,b\n", Config{Columns: map[string]Field{"who": Identity}}, `found no column "who", which is to stand for identity`},
		{"open quote in the header", "identity,\"sid\na,b\n", Config{}, "found no end of the header"},
		{"header is not UTF-8", "identity,n\xffme\na,b\n", Config{}, "the header: found the byte 0xff"},
		{"web page", "<html>\n<body></body></html>\n", Config{}, "this looks like HTML or XML"},
		{"binary", "\x7fELF\x02\x01\x01\x00\x00\x00\x00", Config{}, "found binary data"},
		{"random bytes", "\x9d\x01\xb4\xe7\x8f\x02\xa0\xc1\xfe\x03\x88\x99\x04\x05\xaa\xbb", Config{}, "found binary data"},
		{"zip", "PK\x03\x04\x14\x00", Config{}, "found a ZIP archive or spreadsheet"},
		{"UTF-16 without a mark", "i\x00d\x00e\x00n\x00t\x00i\x00t\x00y\x00\n\x00a\x00\n\x00", Config{}, "UTF-16 without a byte order mark"},
		{"no header, and quotes", "IS1,general,\"jing\"\n", Config{}, `expected a header with a column identity, found "IS1", "general", "jing"`},
		{"no header, and quotes in all cells", "\"IS1\";\"general\"\n", Config{}, `expected a header with a column identity, found "IS1", "general"`},
		{"CSV by order, JSON by nature", `{"identity":"a"}` + "\n", Config{Format: CSV}, "the header: found a quote inside a cell"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.cfg.Name = "members.csv"
			_, err := New(strings.NewReader(tt.text), tt.cfg)
			var fatal *InputError
			require.ErrorAs(t, err, &fatal)
			assert.Contains(t, err.Error(), tt.want)
			assert.True(t, strings.HasPrefix(err.Error(), "members.csv:"), err.Error())
		})
	}
}

func TestConfigIsChecked(t *testing.T) {
	t.Parallel()
	for _, cfg := range []Config{{MaxRowBytes: -1}, {Workers: -1}, {Delimiter: '"'}, {Delimiter: '\n'}, {Delimiter: 0xe9}, {Columns: map[string]Field{"x": Field(NumFields)}}} {
		_, err := New(strings.NewReader("identity\na\n"), cfg)
		require.Error(t, err)
		assert.NotErrorAs(t, err, new(*InputError))
	}
}

func TestDirectory(t *testing.T) {
	t.Parallel()
	dir, err := os.Open(t.TempDir())
	require.NoError(t, err)
	defer func() { require.NoError(t, dir.Close()) }()
	_, err = New(dir, Config{Name: filepath.Base(dir.Name())})
	require.ErrorContains(t, err, "found a directory, expected a backup file")
}

// TestCutOff cuts each kind of backup at every byte: no cut may look like the end of the backup, where that can be seen.
func TestCutOff(t *testing.T) {
	t.Parallel()
	lines := ndjson(generate(3))
	array := []byte("[\n" + strings.ReplaceAll(strings.TrimSpace(string(lines)), "\n", ",\n") + "\n]")
	for _, s := range []struct {
		name   string
		backup []byte
		ends   func(cut int) bool // whether a backup of so many bytes is whole
	}{
		{"gzip", gzipped(t, lines), nil},
		{"zstd", zstded(t, lines), nil},
		{"xz", xzed(t, lines), nil},
		{"json", array, nil},
		{"page", []byte(listPages(generate(3), "meta", "members")), func(cut int) bool { return cut == len(listPages(generate(3), "meta", "members"))-1 }},
		{"ndjson", lines, func(cut int) bool { return lines[cut] == '\n' || lines[cut-1] == '\n' }},
		{"utf-16", toUTF16(string(lines), true), func(cut int) bool {
			return cut%2 == 0 && (toUTF16(string(lines), true)[cut+1] == '\n' || toUTF16(string(lines), true)[cut-1] == '\n')
		}},
	} {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			for cut := 1; cut < len(s.backup); cut++ {
				items, _, err := read(t, bytes.NewReader(s.backup[:cut]), Config{Workers: 1})
				if s.ends != nil && s.ends(cut) {
					require.NoError(t, err, "cut at %d", cut)
					require.NotContains(t, rules(items), "fatal", "cut at %d", cut)
					continue
				}
				if err == nil {
					require.NotEmpty(t, items, "cut at %d", cut)
					err = items[len(items)-1].fatal
				}
				require.Error(t, err, "cut at %d of %d", cut, len(s.backup))
			}
		})
	}
}

func TestBzip2CutOff(t *testing.T) {
	t.Parallel()
	bz, err := os.ReadFile("testdata/members.ndjson.bz2")
	require.NoError(t, err)
	for _, cut := range []int{11, 100, len(bz) / 2, len(bz) - 1} {
		items, _, err := read(t, bytes.NewReader(bz[:cut]), Config{})
		if err == nil {
			err = items[len(items)-1].fatal
		}
		require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	}
}

func TestDamaged(t *testing.T) {
	t.Parallel()
	lines := ndjson(generate(100))
	for name, pack := range map[string]func(testing.TB, []byte) []byte{"gzip": gzipped, "zstd": zstded, "xz": xzed} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for what, backup := range map[string][]byte{
				"garbage behind it": append(pack(t, lines), "garbage"...),
				"a flipped byte":    flip(pack(t, lines)),
			} {
				items, _, err := read(t, bytes.NewReader(backup), Config{})
				if err == nil {
					err = items[len(items)-1].fatal
				}
				require.Error(t, err, what)
			}
		})
	}
}

// How the input ended is known however it arrived.
func TestTheLastBytes(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"aYZ": "YZ", "aYZ\x00\x00": "YZ", "aY\x00Z": "\x00Z", "Y\x00\x00Z\x00": "\x00Z", "Y\x00aZ\x00": "aZ", "\x00": "\x00\x00",
	} {
		for _, wrap := range []func(io.Reader) io.Reader{iotest.OneByteReader, iotest.HalfReader, iotest.DataErrReader} {
			taps := &tap{in: wrap(strings.NewReader(text))}
			_, err := io.Copy(io.Discard, taps)
			require.NoError(t, err)
			assert.Equal(t, want, string(taps.last[:]), "%q", text)
		}
	}
}

func flip(s []byte) []byte {
	s[len(s)*2/3] ^= 0x55
	return s
}

func TestReadErrorHasItsPlace(t *testing.T) {
	t.Parallel()
	row := `{"identity":"a"}` + "\n"
	for name, text := range map[string]string{"ndjson": row + row + row[:9], "json": "[" + row + "," + row + "," + row[:8]} {
		for _, cause := range []error{errors.New("disk on fire"), context.Canceled} {
			t.Run(fmt.Sprintf("%s/%v", name, cause), func(t *testing.T) {
				t.Parallel()
				items, _, err := read(t, io.MultiReader(strings.NewReader(text), iotest.ErrReader(cause)), Config{Name: "x"})
				require.NoError(t, err)
				require.Equal(t, []string{"-", "-", "fatal"}, rules(items))
				require.ErrorIs(t, items[2].fatal, cause)
				var fatal *InputError
				require.ErrorAs(t, items[2].fatal, &fatal)
				assert.Equal(t, int64(len(text)), fatal.Offset)
				assert.Equal(t, int64(3), fatal.Line)
				assert.Contains(t, fatal.Error(), "x:3: the input cannot be read on: ")
			})
		}
	}
	for _, pack := range []func(testing.TB, []byte) []byte{gzipped, zstded, xzed} {
		whole := pack(t, ndjson(generate(1000)))
		items, _, err := read(t, io.MultiReader(bytes.NewReader(whole[:len(whole)/2]), iotest.ErrReader(context.Canceled)), Config{})
		if err == nil {
			err = items[len(items)-1].fatal
		}
		require.ErrorIs(t, err, context.Canceled, "a decompressor must not hide what its input said")
	}
	_, err := New(iotest.ErrReader(context.Canceled), Config{})
	require.ErrorIs(t, err, context.Canceled)
}

func TestFatalInTheContainer(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, text string
		rows       int
		line       int64
		offset     int64
		want       string
	}{
		{"open quote", "identity,sid\na,b\nc,\"d\ne,f\ng,h\n", 1, 3, 19, "a quote that opened here never closes"},
		{"open quote, long", "identity,sid\na,b\nc,\"d\n" + strings.Repeat("e,f\n", 100), 1, 3, 19, "a quote that opened here never closes"},
		{"quote that closes too far down", "identity,sid\na,b\nc,\"d\n" + strings.Repeat("e,f\n", 100) + "\"g\"h\n", 1, 3, 19, "a quote that opened here closes 403 bytes further down inside a cell"},
		{"comma missing", `[{"identity":"a"} {"identity":"b"}]`, 1, 1, 18, "found '{', expected a comma or ]"},
		{"comma too many", "[{\"identity\":\"a\"},\n]", 1, 2, 19, "found ']', expected a member behind the comma"},
		{"no member", "[\n", 0, 2, 2, "found the end of the input, expected a member or ]"},
		{"garbage behind", "[{\"identity\":\"a\"}]\nxyz", 1, 2, 19, "found 'x', expected an array, a list page or a member"},
		{"cut off", "[{\"identity\":\"a\"},\n{\"identity\":\"b", 1, 2, 19, "the value that starts here"},
		{"page without its end", `{"meta":{},"members":[{"identity":"a"}],`, 1, 1, 40, "expected a key"},
		{"page with a broken part", `{"meta":{"a":x},"members":[{"identity":"a"}]}`, 0, 1, 13, "found 'x', expected a value"},
		{"last line cut off", "{\"identity\":\"a\"}\n{\"identity\":", 1, 2, 29, "found the end of the input inside a row"},
		{"something else", `{"name":"x","Identiy":1}`, 0, 1, 0, `found the keys "name", "Identiy" (did you mean identity?`},
		{"nothing of members", `{"type":"RECORD","stream":"users","record":{"identity":"a"}}`, 0, 0, 60, "found 1 message, none of them"},
	}
	for _, tt := range tests {
		for _, piece := range []int{0, 1, 30} {
			t.Run(fmt.Sprintf("%s/%d", tt.name, piece), func(t *testing.T) {
				t.Parallel()
				items, _, err := read(t, strings.NewReader(tt.text), Config{piece: piece, MaxRowBytes: 100})
				require.NoError(t, err)
				require.Len(t, items, tt.rows+1)
				var fatal *InputError
				require.ErrorAs(t, items[tt.rows].fatal, &fatal)
				assert.Contains(t, fatal.Error(), tt.want)
				assert.Equal(t, tt.line, fatal.Line)
				if tt.offset >= 0 {
					assert.Equal(t, tt.offset, fatal.Offset)
				}
			})
		}
	}
}

func TestInputsOwnErrorComesBeforeWhatADecompressorMakesOfIt(t *testing.T) {
	t.Parallel()
	own := errors.New("disk on fire")
	s := &source{tap: &tap{err: own}, text: iotest.ErrReader(errors.New("bad checksum")), compression: "gzip"}
	_, err := s.Read(make([]byte, 8))
	require.ErrorIs(t, err, own)
	assert.Equal(t, "the input cannot be read on", s.problem(err))
}
