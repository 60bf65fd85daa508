package chat_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rejoin/chat"
)

// FuzzDecodeMember holds that the fast way of reading a member reads what encoding/json reads, as it reads it.
func FuzzDecodeMember(f *testing.F) {
	for _, s := range []string{
		memberBody, strings.ReplaceAll(memberBody, "\n", ""), `{}`, `{"sid":"a","sid":null}`, `{"sid":"a\"\\\/\b\f\n\r\tb"}`,
		`{"sid":"\u00fc"}`, `{"sid":"ü"}`, "{\"sid\":\"\xff\"}", "{\"sid\":\"a\x01\"}", `{"SID":"a"}`, `{"x":{},"sid":"a"}`,
		`{"last_consumed_message_index":-0}`, `{"last_consumed_message_index":007}`, `{"last_consumed_message_index":-}`,
		`{"last_consumed_message_index":1.0}`, `{"last_consumed_message_index":9223372036854775808}`, `{"sid":"a",}`,
		`{"last_consumed_message_index":7,"last_consumed_message_index":null}`, `{"sid":nul}`, `{"sid":"a"}x`, `{"sid":"a`, `{"sid":"a\`,
		`{"last_consumed_message_index":1-1}`, `{"sid":nullx}`, `{"sid" : "a" , "url" : "b" }`, `null`, ` `,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if fast, ok := chat.ScanMember(s); ok {
			slow, err := chat.UnmarshalMember(s)
			require.NoError(t, err, "%q", s)
			require.Equal(t, slow, fast, "%q", s)
		}
	})
}

// TestScanMemberReadsWhatTheAPIAnswers holds that the fast way is taken, for a way that is never taken is not fast.
func TestScanMemberReadsWhatTheAPIAnswers(t *testing.T) {
	t.Parallel()
	for _, s := range []string{
		memberBody,
		strings.Replace(memberBody, `"{}"`, `"{\"a\":\"ü\\n\"}"`, 1),
		strings.Replace(memberBody, `_index": null`, `_index": 20`, 1),
	} {
		_, ok := chat.ScanMember(s)
		assert.True(t, ok, s)
	}
}

func TestDecodeMemberAllocations(t *testing.T) {
	body := []byte(strings.Replace(memberBody, `_index": null`, `_index": 20`, 1))
	var r chat.Resource
	n := testing.AllocsPerRun(100, func() {
		if err := chat.DecodeMember(body, &r); err != nil {
			t.Error(err)
		}
	})
	assert.LessOrEqual(t, n, 2.0, "the text and the index")
}
