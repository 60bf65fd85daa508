package chat_test

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rejoin/chat"
)

// canned is a connection on which text comes, so many bytes at a time, and then the end.
type canned struct {
	net.Conn
	text   string
	pieces int
}

func (c *canned) Read(p []byte) (int, error) {
	if c.text == "" {
		return 0, io.EOF
	}
	n := copy(p[:min(len(p), c.pieces)], c.text)
	c.text = c.text[n:]
	return n, nil
}

// meant is what net/http makes of an answer.
func meant(text string) (status int, id, body string, keeps bool, err error) {
	in := bufio.NewReaderSize(strings.NewReader(text), 8<<10)
	for {
		resp, err := http.ReadResponse(in, nil) //nolint:bodyclose // there is nothing to close
		if err != nil {
			return 0, "", "", false, err
		}
		if resp.StatusCode/100 == 1 && resp.StatusCode != http.StatusSwitchingProtocols {
			continue
		}
		b, err := io.ReadAll(resp.Body)
		keeps := err == nil && !resp.Close && resp.StatusCode > 199 && in.Buffered() == 0
		return resp.StatusCode, resp.Header.Get("Twilio-Request-Id"), string(b), keeps, err
	}
}

var oddAnswers = []string{
	"", "\r\n", "H", "HTTP/1.1 201", "HTTP/1.1 201\r\n\r\n", "HTTP/1.1 201 \r\nContent-Length: 0\r\n\r\n",
	"HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\n{}", "HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\n{}x",
	"HTTP/1.1 201 Created\r\ncontent-length:2\r\nTWILIO-REQUEST-ID:RQ1 \r\n\r\n{}", "HTTP/1.1 201 Created\nContent-Length: 2\n\n{}",
	"HTTP/1.1 201 Created\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\n{}", "HTTP/1.1 201 Created\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}x",
	"HTTP/1.1 201 Created\r\nContent-Length: +2\r\n\r\n{}", "HTTP/1.1 201 Created\r\nContent-Length: 02\r\n\r\n{}", "HTTP/1.1 201 Created\r\nContent-Length: 2, 2\r\n\r\n{}",
	"HTTP/1.1 201 Created\r\nContent-Length:\r\n\r\n{}", "HTTP/1.1 201 Created\r\nContent-Length: -1\r\n\r\n{}", "HTTP/1.1 201 Created\r\nContent-Length: 99999999999999999999\r\n\r\n{}",
	"HTTP/1.1 201 Created\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n", "HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\nA: b\r\n\r\n",
	"HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n0x2\r\n{}\r\n0\r\n\r\n", "HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n{}",
	"HTTP/1.1 201 Created\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", "HTTP/1.1 201 Created\r\nTransfer-Encoding: identity\r\nContent-Length: 2\r\n\r\n{}",
	"HTTP/1.1 201 Created\r\nContent-Length : 2\r\n\r\n{}", "HTTP/1.1 201 Created\r\n Content-Length: 2\r\n\r\n{}", "HTTP/1.1 201 Created\r\nA: b\r\n c\r\nContent-Length: 2\r\n\r\n{}",
	"HTTP/1.1 201 Created\r\nA: b\rContent-Length: 2\r\n\r\n{}", "HTTP/1.1 201 Created\r\nA\r\nContent-Length: 2\r\n\r\n{}", "HTTP/1.1 201 Created\r\n: b\r\nContent-Length: 2\r\n\r\n{}",
	"HTTP/1.1 201 Created\r\nA: \x00\r\nContent-Length: 2\r\n\r\n{}", "HTTP/1.1 201 Created\r\nA: \x7f\r\nContent-Length: 2\r\n\r\n{}", "HTTP/1.1 201 Created\r\nA: \xff\tb\r\nContent-Length: 2\r\n\r\n{}",
	"HTTP/1.1 201 Created\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}", "HTTP/1.1 201 Created\r\nConnection: Keep-Alive\r\nContent-Length: 2\r\n\r\n{}",
	"HTTP/1.1 201 Created\r\nConnection: keep-alive, close\r\nContent-Length: 2\r\n\r\n{}", "HTTP/1.0 201 Created\r\nContent-Length: 2\r\n\r\n{}", "HTTP/1.0 201 Created\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\n{}",
	"HTTP/1.1 201 Created\r\n\r\n{}", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\nHTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\n{}",
	"HTTP/1.1 101 Switching Protocols\r\nUpgrade: a\r\nConnection: upgrade\r\n\r\n", "HTTP/1.1 204 No Content\r\n\r\n", "HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\n{}", "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n",
	"HTTP/1.1 099 Odd\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 2010 Odd\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 20 Odd\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1  201 Odd\r\nContent-Length: 0\r\n\r\n", "HTTP/2 201 Odd\r\nContent-Length: 0\r\n\r\n",
	"HTTP/1.1 201 Created\r\nContent-Length: 2\r\nTwilio-Request-Id: a\r\nTWILIO-Request-Id: b\r\n\r\n{}", "HTTP/1.1 201 Created\r\nContent-Length: 2\r\nTwilio-Request-Id:\r\nTWILIO-Request-Id: b\r\n\r\n{}",
	"HTTP/1.1 201 Created\r\nContent-Length: 2\r\nTrailer: A\r\n\r\n{}", "HTTP/1.1 201 Created\r\nContent-Length: 3\r\n\r\n{}", "HTTP/1.1 201 Created\r\nContent-Length: 2\r\nA: " + strings.Repeat("b", 9000) + "\r\n\r\n{}",
	"HTTP/1.1 201 Created\r\nContent-Length: 9000\r\n\r\n" + strings.Repeat("b", 9000), "HTTP/1.1 201 Created\r\nContent-Length: 8150\r\n\r\n" + strings.Repeat("b", 8150),
	"HTTP/1.1 20: Created\r\nContent-Length: 2\r\n\r\n{}", "HTTP/1.1 1\xd01 Created\r\nContent-Length: 2\r\n\r\n{}",
}

// FuzzAnswer holds that an answer is read as net/http reads it, whichever way it is read, or refused where net/http
// refuses it, and that the same follows for the connection.
func FuzzAnswer(f *testing.F) {
	for _, text := range oddAnswers {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 60<<10 || strings.Contains(strings.ToLower(text), "gzip") {
			return // the limit of the headers, and unpacking, are not net/http's
		}
		status, id, body, keeps, err := meant(text)
		for _, want := range []int{200, 201, 204} {
			for _, pieces := range []int{1 << 20, 7, 1} {
				status2, id2, body2, keeps2, err2 := chat.ReadAnswer(&canned{text: text, pieces: pieces}, want, 1<<20)
				if status == http.StatusSwitchingProtocols {
					require.Error(t, err2)
					continue
				}
				if err != nil {
					require.Error(t, err2, "net/http: %v", err)
					require.False(t, keeps2)
					continue
				}
				require.NoError(t, err2)
				require.Equal(t, status, status2)
				require.Equal(t, id, id2)
				require.Equal(t, body, string(body2))
				if pieces > len(text) { // else what comes behind the answer has not come yet
					require.Equal(t, keeps, keeps2)
				}
			}
		}
	})
}

// TestPlainAnswers holds that the fast way is taken for what the API answers, and for nothing that needs more.
func TestPlainAnswers(t *testing.T) {
	t.Parallel()
	const usual = "HTTP/1.1 201 Created\r\nDate: Thu, 24 Mar 2016 21:05:50 GMT\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: 812\r\n" +
		"Connection: keep-alive\r\nTwilio-Concurrent-Requests: 1\r\nTwilio-Request-Id: " + requestID + "\r\nTwilio-Request-Duration: 0.021\r\n" +
		"X-Home-Region: us1\r\nStrict-Transport-Security: max-age=31536000\r\nX-Powered-By: AT-5000\r\n\r\n"
	assert.True(t, chat.IsPlain(usual, 201))
	assert.True(t, chat.IsPlain("HTTP/1.1 204 No Content\r\nDate: x\r\n\r\n", 204))
	assert.False(t, chat.IsPlain(usual, 200))
	for _, more := range []string{
		"Connection: close", "Transfer-Encoding: chunked", "Content-Encoding: gzip", "Trailer: A", "Upgrade: A", "Content-Length: 812", " fold", "A", "A : b", "A: b\n", "A: \x01",
		"Twilio-Request-Id: RQ2",
	} {
		assert.False(t, chat.IsPlain(strings.Replace(usual, "\r\n\r\n", "\r\n"+more+"\r\n\r\n", 1), 201), more)
	}
}

// TestAnswersOfEveryForm holds what a call makes of answers on the wire, and whether the next call finds the
// connection again.
func TestAnswersOfEveryForm(t *testing.T) {
	t.Parallel()
	length := "Content-Length: " + itoa(len(memberBody)) + "\r\n"
	chunked := "Transfer-Encoding: chunked\r\n\r\n" + strings.ToUpper(hex(len(memberBody))) + ";a=b\r\n" + memberBody + "\r\n0\r\n"
	for name, c := range map[string]struct {
		raw   string
		fails string // what the error says; empty: there is none
		keeps bool
	}{
		"plain":                    {"HTTP/1.1 201 Created\r\n" + length + "\r\n" + memberBody, "", true},
		"interim":                  {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 201 Created\r\n" + length + "\r\n" + memberBody, "", true},
		"chunked":                  {"HTTP/1.1 201 Created\r\n" + chunked + "\r\n", "", true},
		"chunked, trailers":        {"HTTP/1.1 201 Created\r\n" + chunked + "A: b\r\n\r\n", "", true},
		"chunked and a length":     {"HTTP/1.1 201 Created\r\n" + length + chunked + "\r\n", "", true},
		"until the end":            {"HTTP/1.1 201 Created\r\n\r\n" + memberBody, "", false},
		"close":                    {"HTTP/1.1 201 Created\r\nConnection: close\r\n" + length + "\r\n" + memberBody, "", false},
		"HTTP/1.0":                 {"HTTP/1.0 201 Created\r\n" + length + "\r\n" + memberBody, "", false},
		"HTTP/1.0, kept":           {"HTTP/1.0 201 Created\r\nConnection: keep-alive\r\n" + length + "\r\n" + memberBody, "", true},
		"more than an answer":      {"HTTP/1.1 201 Created\r\n" + length + "\r\n" + memberBody + "HTTP/1.1 201 Created\r\n", "", false},
		"two lengths":              {"HTTP/1.1 201 Created\r\n" + length + "Content-Length: 5\r\n\r\n" + memberBody, "multiple Content-Length", false},
		"the same length twice":    {"HTTP/1.1 201 Created\r\n" + length + length + "\r\n" + memberBody, "", true},
		"a length in words":        {"HTTP/1.1 201 Created\r\nContent-Length: many\r\n\r\n" + memberBody, "bad Content-Length", false},
		"no colon":                 {"HTTP/1.1 201 Created\r\nnonsense\r\n" + length + "\r\n" + memberBody, "malformed MIME header", false},
		"a chunk in words":         {"HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\nmany\r\n", "invalid byte in chunk length", false},
		"another coding":           {"HTTP/1.1 201 Created\r\nTransfer-Encoding: zip\r\n\r\n", "unsupported transfer encoding", false},
		"another version":          {"HTTP/3.1.2 201 Created\r\n\r\n", "malformed HTTP version", false},
		"no HTTP":                  {"SSH-2.0-OpenSSH_9.2\r\n\r\n", "malformed HTTP", false},
		"too many headers":         {"HTTP/1.1 201 Created\r\n" + strings.Repeat("A: b\r\n", 20_000) + length + "\r\n" + memberBody, "headers are longer than 65536 bytes", false},
		"too long a header":        {"HTTP/1.1 201 Created\r\nA: " + strings.Repeat("b", 70_000) + "\r\n" + length + "\r\n" + memberBody, "headers are longer than 65536 bytes", false},
		"too many interim answers": {strings.Repeat("HTTP/1.1 100 Continue\r\n\r\n", 3_000), "headers are longer than 65536 bytes", false},
		"too long a body":          {"HTTP/1.1 201 Created\r\nContent-Length: 1048577\r\n\r\n" + memberBody, "longer than 1048576 bytes", false},
		"long headers":             {"HTTP/1.1 201 Created\r\nA: " + strings.Repeat("b", 20_000) + "\r\n" + length + "\r\n" + memberBody, "", true},
	} {
		synctest.Test(t, func(t *testing.T) {
			var taken atomic.Int64
			client, network := piped(t, func(n int64, conn net.Conn) {
				for take(conn) {
					taken.Add(1)
					if n == 1 && taken.Load() == 1 {
						_, _ = io.WriteString(conn, c.raw)
						if c.fails == "" && name != "until the end" {
							continue
						}
						return
					}
					give(conn, http.StatusCreated, memberBody)
				}
			})
			got, err := client.CreateMember(t.Context(), jing())
			if c.fails == "" {
				require.NoError(t, err, name)
				assert.Equal(t, theMember, got.Member, name)
			} else {
				require.ErrorContains(t, err, c.fails, name)
				assert.True(t, asError(t, err).Sent, name)
				assert.False(t, asError(t, err).Timeout, name)
			}
			synctest.Wait()
			_, err = client.CreateMember(t.Context(), jing())
			require.NoError(t, err, name)
			assert.Equal(t, c.keeps, network.made.Load() == 1, "%s: %d connections", name, network.made.Load())
			assert.EqualValues(t, 2, taken.Load(), name)
			client.Close()
		})
	}
}

// TestLongAnswer holds that a body that has no room in the connection's buffer is read whole, at every length around it.
func TestLongAnswer(t *testing.T) {
	t.Parallel()
	const head = "HTTP/1.1 201 Created\r\nContent-Length: 9999\r\n\r\n"
	for length := 8<<10 - len(head) - 10; length < 8<<10+10; length++ {
		body := bytes.Repeat([]byte("b"), length)
		text := strings.Replace(head, "9999", itoa(length), 1) + string(body)
		for _, pieces := range []int{1 << 20, 1000} {
			_, _, got, keeps, err := chat.ReadAnswer(&canned{text: text, pieces: pieces}, 201, 1<<20)
			require.NoError(t, err)
			require.Equal(t, string(body), string(got))
			require.True(t, keeps)
		}
	}
}
