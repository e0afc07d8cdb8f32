package handshake

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/SAGE-X-project/sagetop/engine/session"
)

// childVariable makes the test binary play a part instead of testing; see play.
const childVariable = "SAGETOP_HANDSHAKE_CHILD"

// play is what a child process does. It ends when its standard input does, so that
// no child outlives a test that was killed.
func play(part string) error {
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_, _ = io.Copy(io.Discard, os.Stdin)
	}()
	arguments := strings.Fields(part)
	switch arguments[0] {
	case "server":
		return playServer(arguments[1], ended)
	case "client":
		return playClient(arguments[1], arguments[2], arguments[3], ended)
	}
	return fmt.Errorf("no part %q", part)
}

// playServer serves handshakes, and sealed messages at another path: it answers
// each with its text in capitals. It prints URL and public key. If it is to hang
// in "authorize" or "accept", it says so when it is there.
func playServer(hang string, ended <-chan struct{}) error {
	sessions, err := session.NewManager(session.Config{})
	if err != nil {
		return err
	}
	defer sessions.Close()
	reach := func(what string) {
		if what == hang {
			fmt.Println("hanging")
			<-ended
		}
	}
	id := NewIdentity()
	responder, err := NewResponder(ResponderConfig{Identity: id, Authorize: func(ed25519.PublicKey) bool {
		reach("authorize")
		return true
	}})
	if err != nil {
		return err
	}
	handshakes, err := NewServer(ServerConfig{Responder: responder, Accept: func(r *Result) error {
		reach("accept")
		_, err := sessions.Create(r.Params())
		return err
	}})
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.Handle(HTTPPath, handshakes)
	mux.HandleFunc("POST /sealed/{id}", func(w http.ResponseWriter, r *http.Request) {
		answer, err := capitals(sessions, r)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		_, _ = w.Write(answer)
	})
	l, err := Listen("")
	if err != nil {
		return err
	}
	server := &http.Server{Handler: mux, ReadHeaderTimeout: time.Minute}
	go func() { _ = server.Serve(l) }()
	defer server.Close()
	fmt.Printf("http://%s %x\n", l.Addr(), id.Public())
	<-ended
	return nil
}

func capitals(sessions *session.Manager, r *http.Request) ([]byte, error) {
	var id session.ID
	raw, err := hex.DecodeString(r.PathValue("id"))
	if err != nil || len(raw) != len(id) {
		return nil, errors.New("bad id")
	}
	copy(id[:], raw)
	s, err := sessions.Get(id)
	if err != nil {
		return nil, err
	}
	sealed, err := io.ReadAll(http.MaxBytesReader(nil, r.Body, 1<<16))
	if err != nil {
		return nil, err
	}
	text, err := s.Open(nil, sealed, nil)
	if err != nil {
		return nil, err
	}
	return s.Seal(nil, bytes.ToUpper(text), nil)
}

// playClient agrees on a session by each suite and exchanges sealed messages. If
// it is to hang after the reply to a phase, it says so when it is there.
func playClient(url, key, hang string, ended <-chan struct{}) error {
	peer, err := hex.DecodeString(key)
	if err != nil {
		return err
	}
	client, err := NewClient(url, ClientConfig{})
	if err != nil {
		return err
	}
	defer client.Close()
	sessions, err := session.NewManager(session.Config{})
	if err != nil {
		return err
	}
	defer sessions.Close()
	hangs := &atPhase{Transport: client, phase: NumPhases, after: func() {
		fmt.Println("hanging")
		<-ended
	}}
	for p := range Phase(NumPhases) {
		if p.String() == hang {
			hangs.phase = p
		}
	}
	for _, suite := range Suites() {
		in := Initiator{Identity: NewIdentity(), Suite: suite}
		result, _, err := in.Run(context.Background(), hangs, peer, "")
		if err != nil {
			return err
		}
		s, err := sessions.Create(result.Params())
		result.Wipe()
		if err != nil {
			return err
		}
		for _, text := range []string{"good morning", "good night"} {
			answer, err := exchangeSealed(url, s, text)
			if err != nil {
				return err
			}
			fmt.Printf("%s: %s\n", suite, answer)
		}
	}
	return nil
}

// exchangeSealed sends a sealed message and opens the answer.
func exchangeSealed(url string, s session.Session, text string) (string, error) {
	sealed, err := s.Seal(nil, []byte(text), nil)
	if err != nil {
		return "", err
	}
	id := s.ID()
	resp, err := http.Post(fmt.Sprintf("%s/sealed/%x", url, id[:]), "application/octet-stream", bytes.NewReader(sealed))
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return "", err
	}
	if resp.StatusCode != http.StatusOK {
		return "", fmt.Errorf("%s: %s", resp.Status, body)
	}
	opened, err := s.Open(nil, body, nil)
	return string(opened), err
}

// child is a process that plays a part.
type child struct {
	cmd   *exec.Cmd
	stdin io.Closer
	lines *bufio.Scanner
}

func newChild(t *testing.T, part ...string) *child {
	t.Helper()
	if testing.Short() {
		t.Skip("starts processes")
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := &child{cmd: exec.Command(self)}
	c.cmd.Env = append(os.Environ(), childVariable+"="+strings.Join(part, " "))
	c.cmd.Stderr = os.Stderr
	if c.stdin, err = c.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	c.lines = bufio.NewScanner(out)
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.kill)
	return c
}

// line returns the next line that the process prints, or "" when it has ended.
func (c *child) line(t *testing.T) string {
	t.Helper()
	var text string
	within(t, "process says something", func() {
		if c.lines.Scan() {
			text = c.lines.Text()
		}
	})
	return text
}

// kill ends the process as SIGKILL does. It may be called again.
func (c *child) kill() {
	if c.cmd.ProcessState == nil {
		_ = c.cmd.Process.Kill()
		_ = c.cmd.Wait() // says that it was killed
	}
}

// end lets the process end by itself.
func (c *child) end(t *testing.T) {
	t.Helper()
	c.stdin.Close()
	within(t, "process", func() {
		if err := c.cmd.Wait(); err != nil {
			t.Error(err)
		}
	})
}

// startServer starts a server process, and returns where it is.
func startServer(t *testing.T, hang string) (c *child, url string, peer ed25519.PublicKey) {
	t.Helper()
	c = newChild(t, "server", hang)
	url, key, _ := strings.Cut(c.line(t), " ")
	raw, err := hex.DecodeString(key)
	if err != nil || len(raw) != ed25519.PublicKeySize {
		t.Fatalf("server says %q %q", url, key)
	}
	return c, url, raw
}

// TestTwoProcesses has a server and a client, each a process, agree on a session by
// each suite, and send each other sealed messages.
func TestTwoProcesses(t *testing.T) {
	server, url, peer := startServer(t, "-")
	client := newChild(t, "client", url, hex.EncodeToString(peer), "-")
	for _, suite := range Suites() {
		for _, want := range []string{"GOOD MORNING", "GOOD NIGHT"} {
			if got := client.line(t); got != suite.String()+": "+want {
				t.Fatalf("client says %q", got)
			}
		}
	}
	client.end(t)
	server.end(t)
}

// TestServerKilled kills the server's process before each message, and while it
// examines one: the initiator has an error of this package, and keeps nothing.
func TestServerKilled(t *testing.T) {
	for _, c := range []struct {
		name   string
		hang   string // of the server, which is killed there
		before Phase  // or the message before which it is killed
	}{
		{"before invitation", "-", Invitation},
		{"before request", "-", Request},
		{"before complete", "-", Complete},
		{"in invitation", "authorize", NumPhases},
		{"in complete", "accept", NumPhases},
	} {
		t.Run(c.name, func(t *testing.T) {
			server, url, peer := startServer(t, c.hang)
			before := goleak.IgnoreCurrent()
			client, err := NewClient(url, ClientConfig{})
			if err != nil {
				t.Fatal(err)
			}
			killed := make(chan struct{})
			if c.hang == "-" {
				close(killed)
			} else {
				go func() {
					defer close(killed)
					if server.lines.Scan() {
						server.kill()
					}
				}()
			}
			kills := &atPhase{Transport: client, phase: c.before, before: server.kill}
			in := Initiator{Identity: NewIdentity()}
			within(t, "handshake", func() {
				result, _, err := in.Run(context.Background(), kills, peer, "")
				if result != nil || !errors.Is(err, ErrTransport) {
					t.Errorf("result %v, error %v, want ErrTransport", result, err)
				}
			})
			<-killed
			client.Close()
			if err := goleak.Find(before); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestClientKilled kills the client's process after each reply, and while its
// first message is examined: after the time limit nothing is pending, and when the
// server is shut down nothing is left.
func TestClientKilled(t *testing.T) {
	for _, after := range []string{"invitation", "request", "complete", "-"} {
		t.Run(after, func(t *testing.T) {
			if testing.Short() {
				t.Skip("starts processes")
			}
			before := goleak.IgnoreCurrent()
			examining, release := make(chan struct{}, 1), make(chan struct{})
			cfg := ResponderConfig{PendingTimeout: time.Second}
			if after == "-" {
				cfg.Authorize = func(ed25519.PublicKey) bool {
					examining <- struct{}{}
					<-release
					return true
				}
			}
			l, err := Listen("")
			if err != nil {
				t.Fatal(err)
			}
			p := newPair(t, cfg)
			server, err := NewServer(ServerConfig{Responder: p.responder, Accept: func(*Result) error { return nil }})
			if err != nil {
				t.Fatal(err)
			}
			serving := make(chan error, 1)
			go func() { serving <- server.Serve(l) }()

			client := newChild(t, "client", "http://"+l.Addr().String(), hex.EncodeToString(p.responder.Public()), after)
			if after == "-" {
				<-examining
			} else if got := client.line(t); got != "hanging" {
				t.Errorf("client says %q", got)
			}
			client.kill()
			close(release)
			eventually(t, "connection of the killed process is gone", func() bool { return len(server.open) == 0 })
			eventually(t, "nothing is pending", func() bool { return p.responder.Pending() == 0 })
			if err := server.Shutdown(t.Context()); err != nil {
				t.Error(err)
			}
			if err := <-serving; err != nil {
				t.Error(err)
			}
			if err := goleak.Find(before); err != nil {
				t.Error(err)
			}
		})
	}
}
