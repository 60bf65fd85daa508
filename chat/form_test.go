package chat_test

import (
	"math/rand/v2"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"testing/quick"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rejoin/chat"
)

// TestFormValueAsTheStandardLibraryEncodes compares with [url.QueryEscape], byte by byte and for drawn text.
func TestFormValueAsTheStandardLibraryEncodes(t *testing.T) {
	t.Parallel()
	for b := range 256 {
		s := string([]byte{byte(b)})
		assert.Equal(t, url.QueryEscape(s), string(chat.AppendFormValue(nil, s)), "%q", s)
	}
	same := func(s string) bool { return url.QueryEscape(s) == string(chat.AppendFormValue(nil, s)) }
	require.NoError(t, quick.Check(same, nil))
}

func TestSegmentDecodesToItself(t *testing.T) {
	t.Parallel()
	check := func(s string) bool {
		escaped := string(chat.AppendSegment(nil, s))
		got, err := url.PathUnescape(escaped)
		return err == nil && got == s && !strings.ContainsAny(escaped, "/?#+ &;=@:") && strings.Trim(escaped, printable) == ""
	}
	for b := range 256 {
		assert.True(t, check(string([]byte{byte(b)})), b)
	}
	require.NoError(t, quick.Check(check, nil))
}

const printable = "%-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// TestFormHoldsWhatIsSet draws members and reads their forms back with the standard library.
func TestFormHoldsWhatIsSet(t *testing.T) {
	t.Parallel()
	check := func(seed uint64, identity, role, attributes string) bool {
		rng := rand.New(rand.NewPCG(seed, 2))
		m := &chat.Member{Identity: identity, RoleSID: role, Attributes: attributes}
		want := url.Values{}
		set := func(key, value string) {
			if value != "" {
				want.Set(key, value)
			}
		}
		set("RoleSid", role)
		set("Attributes", attributes)
		if rng.IntN(2) == 0 {
			m.LastConsumedMessageIndex = chat.Index{N: rng.Int64() - rng.Int64(), Set: true}
			set("LastConsumedMessageIndex", strconv.FormatInt(m.LastConsumedMessageIndex.N, 10))
		}
		for key, to := range map[string]*time.Time{
			"LastConsumptionTimestamp": &m.LastConsumptionTimestamp, "DateCreated": &m.DateCreated, "DateUpdated": &m.DateUpdated,
		} {
			if rng.IntN(2) == 0 {
				*to = time.Unix(rng.Int64N(4e9), rng.Int64N(1e9))
				set(key, to.UTC().Format(time.RFC3339Nano))
			}
		}
		update, err := url.ParseQuery(string(chat.AppendUpdateForm(nil, m)))
		ok := assert.NoError(t, err) && assert.Equal(t, want, update)
		set("Identity", identity)
		create, err := url.ParseQuery(string(chat.AppendCreateForm([]byte("kept"), m)[len("kept"):]))
		return ok && assert.NoError(t, err) && assert.Equal(t, want, create)
	}
	require.NoError(t, quick.Check(check, nil))
}

func TestFormAllocatesNothing(t *testing.T) {
	buf := make([]byte, 0, 1024)
	m := everyField()
	assert.Zero(t, testing.AllocsPerRun(100, func() { buf = chat.AppendCreateForm(buf[:0], m) }))
	assert.GreaterOrEqual(t, chat.FormSize(m), len(buf), "and the room made for it is enough")
}

func BenchmarkForm(b *testing.B) {
	buf := make([]byte, 0, 1024)
	m := everyField()
	b.ReportAllocs()
	for b.Loop() {
		buf = chat.AppendCreateForm(buf[:0], m)
	}
}
