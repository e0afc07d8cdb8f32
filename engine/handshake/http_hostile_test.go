package handshake

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// httpAnswer is a status and the word of refusal that came with it; 0 is a
// connection that was closed.
type httpAnswer struct {
	status int
	word   string
}

// TestHostileHTTP sends what no client of this package would. The server answers,
// or closes the connection, within its limits; and goes on serving.
func TestHostileHTTP(t *testing.T) {
	const target = "POST " + HTTPPath + " HTTP/1.1\r\n"
	const header = "Host: pipe\r\nContent-Type: " + HTTPContentType + "\r\n"
	closed := httpAnswer{}
	malformed := httpAnswer{400, "malformed"} // after which the connection is closed
	for _, c := range []struct {
		name string
		send string
		want []httpAnswer
	}{
		{"noise", "\x16\x03\x01\x02\x00\r\n\r\n", []httpAnswer{{400, ""}, closed}},
		{"a newer HTTP", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", []httpAnswer{{404, "transport"}, closed}},
		{"no host", target + "Content-Length: 0\r\n\r\n", []httpAnswer{{400, ""}, closed}},
		{"no body", target + header + "\r\n", []httpAnswer{malformed, closed}},
		{"a body of nothing", target + header + "Content-Length: 0\r\n\r\n", []httpAnswer{malformed, closed}},
		{"half a body", target + header + "Content-Length: 100\r\n\r\nhello", []httpAnswer{{408, "transport"}, closed}},
		{"negative length", target + header + "Content-Length: -1\r\n\r\n", []httpAnswer{{400, ""}, closed}},
		{"two lengths", target + header + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nhi", []httpAnswer{{400, ""}, closed}},
		{"length and chunks", target + header + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n", []httpAnswer{malformed, closed}},
		{"unknown coding", target + header + "Transfer-Encoding: gzip\r\n\r\n", []httpAnswer{{501, ""}, closed}},
		{"length beyond all", target + header + "Content-Length: 99999999999999999999\r\n\r\n", []httpAnswer{{400, ""}, closed}},
		{"great length", target + header + "Content-Length: 9223372036854775807\r\n\r\n", []httpAnswer{{413, "malformed"}, closed}},
		{"one byte too long", target + header + fmt.Sprintf("Content-Length: %d\r\n\r\n", MaxMessage+1), []httpAnswer{{413, "malformed"}, closed}},
		{"chunks", target + header + "Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n", []httpAnswer{malformed, closed}},
		{"chunks with a trailer", target + header + "Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nX: y\r\n\r\n", []httpAnswer{malformed, closed}},
		{"chunk that is none", target + header + "Transfer-Encoding: chunked\r\n\r\nzz\r\nhi\r\n", []httpAnswer{{400, "transport"}, closed}},
		{"chunk of great length", target + header + "Transfer-Encoding: chunked\r\n\r\n7fffffffffffffff\r\nhi", []httpAnswer{{408, "transport"}, closed}},
		{"chunks without end", target + header + "Transfer-Encoding: chunked\r\n\r\n" + strings.Repeat("1\r\nx\r\n", MaxMessage+1), []httpAnswer{{413, "malformed"}, closed}},
		{"long header", target + header + "X: " + strings.Repeat("x", 1<<20) + "\r\n\r\n", []httpAnswer{{431, ""}, closed}},
		{"many headers", target + header + strings.Repeat("X: y\r\n", 1<<16) + "\r\n", []httpAnswer{{431, ""}, closed}},
		{"header without end", target + header, []httpAnswer{closed}},
		{"HTTP/1.0", strings.Replace(target, "1.1", "1.0", 1) + header + "Content-Length: 2\r\n\r\nhi", []httpAnswer{malformed, closed}},
		{"expectation", target + header + "Expect: 100-continue\r\nContent-Length: 2\r\n\r\nhi", []httpAnswer{{100, ""}, malformed, closed}},
		{"expectation of what is refused", target + header + "Expect: 100-continue\r\nContent-Length: 5000\r\n\r\n", []httpAnswer{{413, "malformed"}, closed}},
		{"other expectation", target + header + "Expect: tea\r\nContent-Length: 2\r\n\r\nhi", []httpAnswer{{417, ""}, closed}},
		{"upgrade", target + header + "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\nContent-Length: 2\r\n\r\nhi", []httpAnswer{malformed, closed}},
		{"connect", "CONNECT example.org:80 HTTP/1.1\r\nHost: example.org:80\r\n\r\n", []httpAnswer{{404, "transport"}, closed}},
		{"options for all", "OPTIONS * HTTP/1.1\r\nHost: pipe\r\n\r\n", []httpAnswer{{404, "transport"}, closed}},
		{"two at once", strings.Repeat(target+header+"Content-Length: 2\r\n\r\nhi", 2), []httpAnswer{malformed, closed}},
		{"noise after a message", target + header + "Content-Length: 2\r\n\r\nhi" + "\x00\x01\x02\r\n\r\n", []httpAnswer{malformed, closed}},
		{"message after a refused one", target + header + "Content-Length: 9999\r\n\r\n" + target + header + "Content-Length: 2\r\n\r\nhi", []httpAnswer{{413, "malformed"}, closed}},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := newPipeListener()
				p := newPairOver(t, l, ResponderConfig{}, ServerConfig{}, ClientConfig{})
				conn := l.connect(t)
				_ = conn.SetDeadline(time.Now().Add(DefaultHeaderTimeout + DefaultBodyTimeout))
				conn.send(c.send)
				var counted Refusals
				for i, want := range c.want {
					var got httpAnswer
					got.status, got.word = conn.status(t)
					if got != want {
						t.Errorf("answer %d is %v, want %v", i, got, want)
					}
					if want.word != "" {
						counted[slices.Index(Causes(), want.word)]++
					}
				}
				conn.Close()
				if err := p.run(); err != nil {
					t.Errorf("handshake after that: %v", err)
				}
				if got, want := p.server.Counters(), (ServerCounters{Taken: 3, Refused: counted}); got != want {
					t.Errorf("server counted %+v, want %+v", got, want)
				}
				p.pending(t, 0)
			})
		})
	}
}

// TestSlowPeers hold a connection and do not use it: each limit on time ends that,
// at its moment.
func TestSlowPeers(t *testing.T) {
	const header, body, idle, write = 3 * time.Second, 5 * time.Second, 7 * time.Second, 11 * time.Second
	const start = "POST " + HTTPPath + " HTTP/1.1\r\nHost: pipe\r\nContent-Type: " + HTTPContentType + "\r\nContent-Length: 200\r\n"
	for _, c := range []struct {
		name   string
		drip   string        // sent a byte a second
		before string        // sent at once, before that
		taken  bool          // after a message that is taken
		want   []httpAnswer  // and then the connection is closed
		after  time.Duration // from the start
	}{
		{"says nothing", "", "", false, nil, header},
		{"first line", start, "", false, []httpAnswer{{400, ""}}, header},
		{"header", start, "POST " + HTTPPath + " HTTP/1.1\r\n", false, []httpAnswer{{400, ""}}, header},
		{"body", strings.Repeat("x", 200), start + "\r\n", false, []httpAnswer{{408, "transport"}}, body},
		{"body that is refused", strings.Repeat("x", 200), strings.Replace(start, HTTPContentType, "text/plain", 1) + "\r\n", false, []httpAnswer{{415, "transport"}}, body},
		{"nothing more", "", "", true, []httpAnswer{{204, ""}}, idle},
		{"nothing after a refusal", "", post(nil), true, []httpAnswer{{204, ""}, {400, "malformed"}}, 0},
		// The library takes what comes before the fourth byte for idling.
		{"next header", start, "", true, []httpAnswer{{204, ""}, {400, ""}}, 3*time.Second + header},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := newPipeListener()
				p := newPairOver(t, l, ResponderConfig{}, ServerConfig{
					HeaderTimeout: header, BodyTimeout: body, IdleTimeout: idle, WriteTimeout: write,
				}, ClientConfig{})
				if c.taken {
					c.before = post(p.begin(t, "c").invitation(nil)) + c.before
				}
				began := time.Now()
				conn := l.connect(t)
				var sending sync.WaitGroup
				sending.Go(func() {
					_, err := conn.Write([]byte(c.before))
					for i := 0; err == nil && i < len(c.drip); i++ {
						_, err = conn.Write([]byte(c.drip[i : i+1]))
						time.Sleep(time.Second)
					}
				})
				for _, want := range append(c.want, httpAnswer{}) {
					var got httpAnswer
					if got.status, got.word = conn.status(t); got != want {
						t.Errorf("answer %v, want %v", got, want)
					}
				}
				after := time.Since(began)
				conn.Close()
				sending.Wait()
				// The library lets a client that is still sending see the answer first.
				const lingers = 500 * time.Millisecond
				if after < c.after || after > c.after+lingers {
					t.Errorf("closed after %v, want %v", after, c.after)
				}
			})
		})
	}
}

// TestReplyNotTaken has a client that does not read what it is told.
func TestReplyNotTaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newPipeListener()
		p := newPairOver(t, l, ResponderConfig{}, ServerConfig{WriteTimeout: time.Second}, ClientConfig{})
		conn := l.connect(t)
		conn.send(post(nil))
		time.Sleep(time.Second) // a pipe holds nothing, so the server waits to write
		synctest.Wait()
		if status, _ := conn.status(t); status != 0 {
			t.Errorf("status %d from a connection that should be closed", status)
		}
		if err := p.run(); err != nil {
			t.Error(err)
		}
	})
}

// TestMaxConns takes all connections: others wait, and are served when there is
// room.
func TestMaxConns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const limit = 3
		l := newPipeListener()
		p := newPairOver(t, l, ResponderConfig{}, ServerConfig{MaxConns: limit}, ClientConfig{Timeout: time.Second})
		var conns []*rawConn
		for range limit {
			conns = append(conns, l.connect(t))
		}
		if err := p.run(); Cause(err) != "timeout" {
			t.Errorf("handshake without room: %v, want a timeout", err)
		}
		for i, conn := range conns {
			conn.send(post(p.begin(t, fmt.Sprint("c", i)).invitation(nil)))
			if status, _ := conn.status(t); status != http.StatusNoContent {
				t.Errorf("status %d", status)
			}
		}
		if err := p.run(); Cause(err) != "timeout" {
			t.Errorf("handshake beside those that are kept: %v, want a timeout", err)
		}
		conns[0].Close()
		if err := p.run(); err != nil {
			t.Errorf("handshake with room: %v", err)
		}
		time.Sleep(DefaultIdleTimeout) // after which idle ones make room, too
		synctest.Wait()
		if n := len(p.server.open); n != 0 {
			t.Errorf("%d connections are counted after all are gone", n)
		}
	})
}

// TestRefusedKeepNoConnection takes all connections and sends on them, again and
// again, what is refused, each time before an idle one would be closed: the first
// refusal ends each, and others are let in.
func TestRefusedKeepNoConnection(t *testing.T) {
	noise := post([]byte("noise"))
	for name, junk := range map[string]string{
		"noise":         noise,
		"elsewhere":     strings.Replace(noise, HTTPPath, "/", 1),
		"by get":        strings.Replace(noise, "POST", "GET", 1),
		"another type":  strings.Replace(noise, HTTPContentType, "text/plain", 1),
		"said too long": post(make([]byte, MaxMessage+1)),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				const limit = 2
				l := newPipeListener()
				p := newPairOver(t, l, ResponderConfig{}, ServerConfig{MaxConns: limit}, ClientConfig{Timeout: time.Second})
				var conns []*rawConn
				for range limit {
					conns = append(conns, l.connect(t))
				}
				for range 3 {
					for _, conn := range conns {
						conn.send(junk)
						conn.status(t)
					}
					time.Sleep(DefaultIdleTimeout / 4)
				}
				if n := len(p.server.open); n != 0 {
					t.Errorf("%d connections are open after refusals", n)
				}
				if err := p.run(); err != nil {
					t.Error(err)
				}
				if n := p.server.Counters().Refused.Total(); n != limit {
					t.Errorf("%d refusals over %d connections", n, limit)
				}
			})
		})
	}
}

// TestServerMounted has the handler in a server of somebody else's, which has no
// limits, under a prefix.
func TestServerMounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPair(t, ResponderConfig{})
		handler, err := NewServer(ServerConfig{Responder: p.responder, Accept: func(r *Result) error {
			*p.accepted = *r
			time.Sleep(time.Minute) // longer than all limits but the initiator's
			return nil
		}})
		if err != nil {
			t.Fatal(err)
		}
		mux := http.NewServeMux()
		mux.Handle("/api"+HTTPPath, http.StripPrefix("/api", handler))
		l := newPipeListener()
		server := &http.Server{Handler: mux}
		go func() { _ = server.Serve(l) }()
		defer server.Close()

		slow := l.connect(t)
		slow.send("POST /api" + HTTPPath + " HTTP/1.1\r\nHost: pipe\r\nContent-Type: " + HTTPContentType + "\r\nContent-Length: 200\r\n\r\n")
		if status, word := slow.status(t); status != 408 || word != "transport" {
			t.Errorf("slow body: %d %q, want 408", status, word)
		}
		client, err := newClient("http://pipe/api/", ClientConfig{Timeout: time.Hour}, l.dial)
		if err != nil {
			t.Fatal(err)
		}
		defer client.Close()
		for range 2 {
			result, _, err := p.initiator.Run(context.Background(), client, p.responder.Public(), "")
			if err != nil {
				t.Fatal(err)
			}
			if result.Seed != p.accepted.Seed {
				t.Error("the ends disagree")
			}
		}
		if n := l.dialed.Load(); n != 2 {
			t.Errorf("%d connections, want 2", n)
		}
	})
}
