package sandbox_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"rejoin/sandbox"
)

const lastRow = "&RoleSid=" + roleSID + "&LastConsumedMessageIndex=20&LastConsumptionTimestamp=2016-03-24T21%3A05%3A52Z" +
	"&DateCreated=2016-03-24T21%3A05%3A50Z&DateUpdated=2016-03-24T21%3A05%3A51Z&Attributes=%7B%22a%22%3A1%7D"

var unlimited = sandbox.Config{Limits: sandbox.Limits{ChannelMembers: 1 << 30, UserChannels: 1 << 30}}

// spread is over how many channels the benchmarks create members, as a backup does.
const spread = 1000

func benchServer(b *testing.B) (*sandbox.Server, []string) {
	b.Helper()
	s, err := sandbox.New(unlimited)
	require.NoError(b, err)
	return s, benchPaths(b, s)
}

// benchPaths fills the server with channels and returns where members are created.
func benchPaths(b *testing.B, s *sandbox.Server) []string {
	b.Helper()
	require.NoError(b, s.AddService(serviceSID))
	require.NoError(b, s.AddRole(serviceSID, roleSID))
	paths := make([]string, spread)
	for i := range paths {
		name := "channel-" + strconv.Itoa(i)
		require.NoError(b, s.AddChannel(serviceSID, name))
		paths[i] = "http://chat.test" + channels + "/" + name + "/Members"
	}
	return paths
}

func perSecond(b *testing.B) {
	b.Helper()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "creates/s")
}

func newCreate(b *testing.B, path string, row int64) *http.Request {
	b.Helper()
	req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, path,
		strings.NewReader("Identity=member-"+strconv.FormatInt(row, 10)+lastRow))
	if err != nil {
		b.Error(err)
		return nil
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("X-Twilio-Webhook-Enabled", "false")
	req.SetBasicAuth("user", "password")
	return req
}

// BenchmarkHandler has no connection at all: what the server itself costs.
func BenchmarkHandler(b *testing.B) {
	s, paths := benchServer(b)
	b.ReportAllocs()
	row := int64(0)
	for b.Loop() {
		row++
		w := httptest.NewRecorder()
		s.ServeHTTP(w, newCreate(b, paths[row%spread], row))
		if w.Code != http.StatusCreated {
			b.Fatal(w.Code, w.Body)
		}
	}
	perSecond(b)
}

func BenchmarkPipe(b *testing.B) {
	pipe := sandbox.Pipe()
	s, paths := benchServer(b)
	benchClient(b, s, paths, pipe, &http.Client{Transport: &http.Transport{DialContext: pipe.DialContext, MaxIdleConnsPerHost: 64}})
}

func BenchmarkLoopback(b *testing.B) {
	l := loopback(b)
	s, paths := benchServer(b)
	benchClient(b, s, paths, l, clientOf(l.Addr()))
}

// BenchmarkState keeps all of it in a file: the creates that come together are written together.
func BenchmarkState(b *testing.B) {
	l := loopback(b)
	s, err := sandbox.Open(unlimited, b.TempDir())
	require.NoError(b, err)
	paths := benchPaths(b, s)
	require.NoError(b, s.Sync())
	benchClient(b, s, paths, l, clientOf(l.Addr()))
	require.NoError(b, s.Close())
}

// benchClient creates members over 32 connections.
func benchClient(b *testing.B, s *sandbox.Server, paths []string, l net.Listener, client *http.Client) {
	b.Helper()
	const workers = 32
	stop := s.Serve(l)
	rows := make(chan int64, workers)
	var group sync.WaitGroup
	for range workers {
		group.Go(func() {
			for row := range rows {
				createRow(b, client, paths[row%spread], row)
			}
		})
	}
	b.ReportAllocs()
	for row := int64(0); b.Loop(); row++ {
		rows <- row
	}
	close(rows)
	group.Wait()
	perSecond(b)
	client.CloseIdleConnections()
	require.NoError(b, stop())
}

func createRow(b *testing.B, client *http.Client, path string, row int64) {
	b.Helper()
	resp, err := client.Do(newCreate(b, path, row))
	if err != nil {
		b.Error(err)
		return
	}
	_, err = io.Copy(io.Discard, resp.Body)
	if err = errors.Join(err, resp.Body.Close()); err != nil || resp.StatusCode != http.StatusCreated {
		b.Error(resp.Status, err)
	}
}

// BenchmarkLateness shows how much later than its latency an answer comes to a client that asks over the network: what
// a client's own figures cannot be better than.
func BenchmarkLateness(b *testing.B) {
	const latency = 20 * time.Millisecond
	s, err := sandbox.New(sandbox.Config{Faults: sandbox.Faults{Latency: sandbox.Latency{Mean: latency}}})
	require.NoError(b, err)
	paths := benchPaths(b, s)
	l := loopback(b)
	stop := s.Serve(l)
	client := clientOf(l.Addr())
	row := int64(0)
	for b.Loop() {
		row++
		createRow(b, client, paths[row%spread], row)
	}
	b.ReportMetric(float64((b.Elapsed()/time.Duration(b.N) - latency).Microseconds()), "µs-late")
	client.CloseIdleConnections()
	require.NoError(b, stop())
}
