package chat_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"rejoin/chat"
)

// benchService is the variable that turns the test binary into a service for a benchmark, which then runs in a process
// of its own: its work is not the client's.
const benchService = "REJOIN_CHAT_BENCH_SERVICE"

func TestMain(m *testing.M) {
	if os.Getenv(benchService) != "" {
		serveBench()
		return
	}
	m.Run()
}

// serveBench serves on loopback, prints where, and ends with its standard input.
func serveBench() {
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // a benchmark's own port
	if err != nil {
		panic(err)
	}
	_, _ = fmt.Fprintln(os.Stdout, l.Addr())
	go answerAll(l)
	_, _ = io.Copy(io.Discard, os.Stdin)
}

// answerAll serves whoever connects.
func answerAll(l net.Listener) {
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		go answerForEver(conn)
	}
}

// answerForEver costs next to nothing: it looks for a request's first word and answers with bytes made beforehand.
func answerForEver(conn net.Conn) {
	defer conn.Close() //nolint:errcheck // loopback
	reply := fmt.Appendf(nil, "HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nTwilio-Request-Id: %s\r\n"+
		"Date: Thu, 24 Mar 2016 21:05:50 GMT\r\nContent-Length: %d\r\n\r\n%s", requestID, len(rowBody), rowBody)
	buf := make([]byte, 8<<10)
	for {
		n, err := conn.Read(buf) // a request of this size comes in one piece
		if err != nil {
			return
		}
		if bytes.HasPrefix(buf[:n], []byte("POST ")) {
			if _, err := conn.Write(reply); err != nil {
				return
			}
		}
	}
}

// row is a member of about 700 bytes in a backup, and rowBody the answer to its create.
var (
	row = chat.Member{
		ServiceSID: serviceSID, Channel: channelSID, Identity: "user-0000001@example.com", RoleSID: roleSID,
		LastConsumedMessageIndex: chat.Index{N: 17, Set: true}, LastConsumptionTimestamp: at, DateCreated: at, DateUpdated: at,
		Attributes: `{"name": "User Number 1", "team": {"id": 1, "tags": ["a", "b", "c"]}, "bio": "` + strings.Repeat("x", 60) + `"}`,
	}
	rowBody = strings.NewReplacer(
		`"jing"`, `"`+row.Identity+`"`, `"{}"`, fmt.Sprintf("%q", row.Attributes),
		`_index": null`, `_index": 17`, `_timestamp": null`, `_timestamp": "2016-03-24T21:05:50Z"`,
	).Replace(memberBody)
)

// benchServer starts the service in a process of its own and returns its URL.
func benchServer(b *testing.B) string {
	b.Helper()
	ctx, cancel := context.WithCancel(b.Context())
	cmd := exec.CommandContext(ctx, os.Args[0])
	cmd.Env = append(os.Environ(), benchService+"=1")
	in, err := cmd.StdinPipe()
	require.NoError(b, err)
	out, err := cmd.StdoutPipe()
	require.NoError(b, err)
	require.NoError(b, cmd.Start())
	b.Cleanup(func() {
		_ = in.Close()
		_ = cmd.Wait()
		cancel()
	})
	addr, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(b, err)
	return "http://" + strings.TrimSpace(addr)
}

// BenchmarkCreateMember measures a call over loopback.
func BenchmarkCreateMember(b *testing.B) {
	cfg := config()
	cfg.BaseURL = benchServer(b)
	c, err := chat.NewClient(cfg)
	require.NoError(b, err)
	b.Cleanup(c.Close)
	ctx, cancel := context.WithCancel(b.Context())
	defer cancel()
	for name, workers := range map[string]int{"one": 1, "many": 16} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			spent := cpuTime()
			inParallel(b, workers, b.N, func() error {
				_, err := c.CreateMember(ctx, &row)
				return err
			})
			b.ReportMetric(float64((cpuTime()-spent).Nanoseconds())/float64(b.N), "cpu-ns/op")
		})
	}
}

// BenchmarkAgainstNetHTTP measures the CPU time of creates, 16 at once, and that of a bare loop over net/http which
// posts the same forms to the same service and reads the same answers. It takes the two by turns, and prints their
// ratio.
func BenchmarkAgainstNetHTTP(b *testing.B) {
	url := benchServer(b)
	cfg := config()
	cfg.BaseURL = url
	c, err := chat.NewClient(cfg)
	require.NoError(b, err)
	b.Cleanup(c.Close)
	ctx, cancel := context.WithCancel(b.Context())
	defer cancel()
	ours := func() error {
		_, err := c.CreateMember(ctx, &row)
		return err
	}
	bare := bareLoop(ctx, url)
	const workers, turn = 16, 2000
	var us, them time.Duration
	n := 0
	for b.Loop() {
		n += turn
		start := cpuTime()
		inParallel(b, workers, turn, ours)
		middle := cpuTime()
		inParallel(b, workers, turn, bare)
		us, them = us+middle-start, them+cpuTime()-middle
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(us.Seconds()*1e6/float64(n), "chat-µs/row")
	b.ReportMetric(them.Seconds()*1e6/float64(n), "net/http-µs/row")
	b.ReportMetric(us.Seconds()/them.Seconds(), "ratio")
}

// bareLoop is a create as one writes it over net/http.
func bareLoop(ctx context.Context, url string) func() error {
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 32, DisableCompression: true}, Timeout: 30 * time.Second}
	url += "/v2/Services/" + row.ServiceSID + "/Channels/" + row.Channel + "/Members"
	return func() error {
		form := chat.AppendCreateForm(make([]byte, 0, chat.FormSize(&row)), &row)
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(form))
		if err != nil {
			return err
		}
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Accept", "application/json")
		req.Header.Set("X-Twilio-Webhook-Enabled", "false")
		req.SetBasicAuth(user, secret)
		resp, err := client.Do(req)
		if err != nil {
			return err
		}
		defer resp.Body.Close() //nolint:errcheck // read
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			return err
		}
		var r chat.Resource
		return chat.DecodeMember(body, &r)
	}
}

// inParallel makes n calls, so many at a time.
func inParallel(b *testing.B, workers, n int, call func() error) {
	b.Helper()
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for i := w; i < n; i += workers {
				if err := call(); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
}

func BenchmarkDecodeMember(b *testing.B) {
	body := []byte(memberBody)
	b.ReportAllocs()
	for b.Loop() {
		var r chat.Resource
		if err := chat.DecodeMember(body, &r); err != nil {
			b.Fatal(err)
		}
	}
}
