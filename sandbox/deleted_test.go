package sandbox

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A request that found its channel, or its Service, just before another deleted it is refused all the same. The moment
// is too short to be met by chance, so that the test stands in it.
func TestFoundAndThenDeleted(t *testing.T) {
	t.Parallel()
	const sid, channel = "IS00000000000000000000000000000001", "CH00000000000000000000000000000001"
	for _, path := range []string{"/v2/Services/" + sid + "/Channels/" + channel, "/v2/Services/" + sid} {
		s, err := New(Config{})
		require.NoError(t, err)
		require.NoError(t, s.AddService(sid))
		require.NoError(t, s.AddChannel(sid, channel))
		v := s.services[sid]
		ch := v.channel(channel)

		x := &exchange{
			w: httptest.NewRecorder(), path: path, now: now(), names: [4]string{sid, channel},
			req: httptest.NewRequestWithContext(t.Context(), http.MethodDelete, path, http.NoBody),
		}
		require.Nil(t, x.route())
		require.Nil(t, x.op.run(s, x))

		_, refused := s.addMember(x, ch, "jing", &memberPatch{})
		require.NotNil(t, refused, path)
		assert.Equal(t, codeNotFound, refused.code)
		assert.Empty(t, v.users, "nobody joined")
		if _, refused = s.insertChannel(x, v, publicChannel, channelInfo{}); v.deleted {
			require.NotNil(t, refused)
			assert.Equal(t, codeNotFound, refused.code)
		} else {
			refused = ch.update(x, &channelPatch{given: map[string]bool{"UniqueName": true}, info: channelInfo{uniqueName: "n"}})
			require.NotNil(t, refused)
			assert.Nil(t, v.channel("n"))
		}
	}
}
