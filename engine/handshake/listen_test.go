package handshake

import (
	"errors"
	"net"
	"strings"
	"testing"
)

func TestListenAddress(t *testing.T) {
	for _, c := range []struct {
		addr          string
		local, remote string // what is bound, without AllowRemote and with it
		text          string // of the error
	}{
		{addr: "", local: "127.0.0.1:0"},
		{addr: ":", local: "127.0.0.1:0"},
		{addr: "0", local: "127.0.0.1:0"},
		{addr: "8080", local: "127.0.0.1:8080"},
		{addr: ":65535", local: "127.0.0.1:65535"},
		{addr: "localhost:80", local: "127.0.0.1:80"},
		{addr: "127.0.0.1:", local: "127.0.0.1:0"},
		{addr: "127.8.9.1:80", local: "127.8.9.1:80"},
		{addr: "[::1]:80", local: "[::1]:80"},
		{addr: "[::ffff:127.0.0.1]:80", local: "[::ffff:127.0.0.1]:80"},
		{addr: "0.0.0.0:80", remote: "0.0.0.0:80", text: "is not loopback"},
		{addr: "[::]:80", remote: "[::]:80", text: "is not loopback"},
		{addr: "192.168.0.7:80", remote: "192.168.0.7:80", text: "is not loopback"},
		{addr: "[fe80::1%eth0]:80", remote: "[fe80::1%eth0]:80", text: "is not loopback"},
		{addr: "example.org:80", remote: "example.org:80", text: "is not loopback"},
		{addr: "localhost.example.org:80", remote: "localhost.example.org:80", text: "is not loopback"},
		{addr: "http", text: "port is not 0 to 65535"},
		{addr: ":http", text: "port is not 0 to 65535"},
		{addr: ":65536", text: "port is not 0 to 65535"},
		{addr: "-1", text: "port is not 0 to 65535"},
		{addr: "::1", text: "is not host:port"},
		{addr: "[::1]", text: "is not host:port"},
		{addr: "1.2.3.4:5:6", text: "is not host:port"},
	} {
		t.Run(c.addr, func(t *testing.T) {
			if c.remote == "" {
				c.remote = c.local
			}
			for remote, want := range map[bool]string{false: c.local, true: c.remote} {
				got, err := listenAddress(c.addr, remote)
				if got != want || (err == nil) != (want != "") {
					t.Errorf("remote %t: %q, %v, want %q", remote, got, err, want)
				}
				if err != nil && (!errors.Is(err, ErrParams) || !strings.Contains(err.Error(), c.text)) {
					t.Errorf("remote %t: error %v, want ErrParams with %q", remote, err, c.text)
				}
			}
		})
	}
}

func TestListen(t *testing.T) {
	l, err := Listen("")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	bound := l.Addr().(*net.TCPAddr)
	if !bound.IP.IsLoopback() || bound.Port == 0 {
		t.Errorf("bound %v", bound)
	}
	if again, err := Listen(bound.String()); err == nil {
		again.Close()
		t.Error("one address is bound twice")
	} else if Cause(err) != causeOther || !strings.HasPrefix(err.Error(), "handshake: listen tcp 127.0.0.1:") {
		t.Errorf("error %v", err)
	}
	if l, err := Listen("0.0.0.0:0"); !errors.Is(err, ErrParams) {
		t.Errorf("listener %v, error %v, want ErrParams", l, err)
	}
	remote, err := Listen("0.0.0.0:0", AllowRemote)
	if err != nil {
		t.Fatal(err)
	}
	remote.Close()
}
