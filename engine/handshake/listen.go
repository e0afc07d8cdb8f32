package handshake

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// ListenOption is something that [Listen] does only when told to.
type ListenOption uint8

// AllowRemote lets Listen take an address that other machines can reach.
const AllowRemote ListenOption = 1

// Listen returns a TCP listener for [Server.Serve]. The address is "host:port",
// ":port", "port" or "", with a port of 0 to 65535; 0, or none, is chosen by the
// system. Without a host it is 127.0.0.1, whatever the options. A host that is
// not this machine's loopback (127.0.0.0/8, ::1 or localhost, which is taken for
// 127.0.0.1) needs [AllowRemote], or is refused with [ErrParams]; so is an
// address that cannot be read.
func Listen(addr string, options ...ListenOption) (net.Listener, error) {
	hostPort, err := listenAddress(addr, slices.Contains(options, AllowRemote))
	if err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", hostPort)
	if err != nil {
		return nil, fmt.Errorf("handshake: %w", err)
	}
	return l, nil
}

// listenAddress returns what to bind for an address as users write it.
func listenAddress(addr string, remote bool) (string, error) {
	host, port := "", addr
	if strings.ContainsAny(addr, ":[") {
		var err error
		if host, port, err = net.SplitHostPort(addr); err != nil {
			return "", refuse(ErrParams, "address %q is not host:port", addr)
		}
	}
	if port == "" {
		port = "0"
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return "", refuse(ErrParams, "address %q: port is not 0 to 65535", addr)
	}
	switch host {
	case "", "localhost":
		host = "127.0.0.1"
	}
	// Other names are not looked up: the answer could be any address.
	ip, err := netip.ParseAddr(host)
	if (err != nil || !ip.IsLoopback()) && !remote {
		return "", refuse(ErrParams, "address %q is not loopback, and nothing else is allowed", addr)
	}
	return net.JoinHostPort(host, port), nil
}
