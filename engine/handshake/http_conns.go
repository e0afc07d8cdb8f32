package handshake

import (
	"net"
	"sync"
)

// limited is a listener that gives out no more connections than fit into open,
// which several may share. Room is taken once there is a connection for it: a
// listener that waits for its next one keeps none from the others.
type limited struct {
	net.Listener
	open   chan struct{}
	closed chan struct{}
	close  sync.Once
}

func limit(l net.Listener, open chan struct{}) net.Listener {
	return &limited{Listener: l, open: open, closed: make(chan struct{})}
}

// Accept waits for a connection, then until there is room for it.
func (l *limited) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	select {
	case l.open <- struct{}{}:
		return &counted{Conn: c, open: l.open}, nil
	case <-l.closed:
		_ = c.Close() // nothing was said on it
		return nil, net.ErrClosed
	}
}

func (l *limited) Close() error {
	l.close.Do(func() { close(l.closed) })
	return l.Listener.Close()
}

// counted is a connection that makes room for another when it is closed.
type counted struct {
	net.Conn
	open  chan struct{}
	close sync.Once
}

func (c *counted) Close() error {
	err := c.Conn.Close()
	c.close.Do(func() { <-c.open })
	return err
}

// CloseWrite is what the library calls before it leaves a connection whose
// client may still be sending, so that the client sees the reply.
func (c *counted) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}
