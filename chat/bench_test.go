package chat_test

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"testing"

	"rejoin/chat"
)

// BenchmarkCreateMember measures a call over loopback against a service that costs next to nothing: it looks for the
// end of the request's headers and answers with bytes made beforehand.
func BenchmarkCreateMember(b *testing.B) {
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // a benchmark's own port
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close() //nolint:errcheck // a benchmark's own port
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go answerForEver(conn)
		}
	}()
	cfg := config()
	cfg.BaseURL = "http://" + l.Addr().String()
	c, err := chat.NewClient(cfg)
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	m := everyField()
	b.Run("one", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := c.CreateMember(b.Context(), m); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("many", func(b *testing.B) {
		b.SetParallelism(16)
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				if _, err := c.CreateMember(b.Context(), m); err != nil {
					b.Error(err)
				}
			}
		})
	})
}

func answerForEver(conn net.Conn) {
	defer conn.Close() //nolint:errcheck // loopback
	reply := fmt.Appendf(nil, "HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nTwilio-Request-Id: %s\r\n"+
		"Date: Thu, 24 Mar 2016 21:05:50 GMT\r\nContent-Length: %d\r\n\r\n%s", requestID, len(memberBody), memberBody)
	buf := make([]byte, 8<<10)
	for {
		n, err := conn.Read(buf) // a request of this size comes in one piece
		if err != nil {
			return
		}
		if bytes.HasPrefix(buf[:n], []byte("POST ")) {
			if _, err := io.Copy(conn, bytes.NewReader(reply)); err != nil {
				return
			}
		}
	}
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
