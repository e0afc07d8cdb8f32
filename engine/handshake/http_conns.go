package handshake

import (
	"net"
	"sync"
)

// limited is a listener that accepts no more connections than fit into open.
type limited struct {
	net.Listener
	open   chan struct{}
	closed chan struct{}
	close  sync.Once
}

func limit(l net.Listener, open chan struct{}) net.Listener {
	return &limited{Listener: l, open: open, closed: make(chan struct{})}
}

// Accept waits until there is room for a connection, then for the connection.
func (l *limited) Accept() (net.Conn, error) {
	select {
	case l.open <- struct{}{}:
	case <-l.closed:
		return nil, net.ErrClosed
	}
	c, err := l.Listener.Accept()
	if err != nil {
		<-l.open
		return nil, err
	}
	return &counted{Conn: c, open: l.open}, nil
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
