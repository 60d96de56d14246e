package postgres_test

import (
	"bytes"
	"io"
	"net"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// fault is what the proxy does to the next request.
type fault int

const (
	none      fault = iota
	cutBefore       // the request never reaches the server
	cutMiddle       // half of it does
	cutAfter        // all of it does, the answer is lost
	late            // the client is cut off, the request reaches the server later
	halfOpen        // nothing goes through any more, and neither end is told
	slow            // everything goes through, later
)

var faultNames = map[fault]string{
	none: "none", cutBefore: "cut before", cutMiddle: "cut in the middle", cutAfter: "cut after", late: "late",
	halfOpen: "half open", slow: "slow",
}

const lateness = 150 * time.Millisecond

// proxy stands between a pool and its server.
type proxy struct {
	listener net.Listener
	server   string
	mu       sync.Mutex
	next     fault
	on       string        // strikes only at a request that holds this text
	deaf     bool          // nothing comes back, over any connection
	gate     chan struct{} // not nil: requests wait until it is closed
	down     bool          // refuses new connections
	onFault  func()        // called when a fault has struck, before the client can know
	open     map[net.Conn]bool
	running  sync.WaitGroup
}

func newProxy(t *testing.T, port int) *proxy {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	p := &proxy{listener: listener, server: net.JoinHostPort("127.0.0.1", strconv.Itoa(port)), open: make(map[net.Conn]bool)}
	p.running.Go(p.serve)
	t.Cleanup(func() {
		_ = listener.Close()
		p.cut()
		p.running.Wait()
	})
	return p
}

func (p *proxy) port() int { return p.listener.Addr().(*net.TCPAddr).Port }

// strike arms a fault for the next request.
func (p *proxy) strike(next fault, onFault func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.next, p.onFault = next, onFault
}

// strikeOn arms a fault for the next request that holds a text.
func (p *proxy) strikeOn(text string, next fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.next, p.on, p.onFault = next, text, nil
}

// setDeaf lets no answer through any more, or again.
func (p *proxy) setDeaf(deaf bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.deaf = deaf
}

// stall lets requests wait, over every connection.
func (p *proxy) stall() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.gate = make(chan struct{})
}

// resume lets requests through again, those that wait included.
func (p *proxy) resume() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.gate != nil {
		close(p.gate)
		p.gate = nil
	}
}

// pass waits while requests are stalled.
func (p *proxy) pass() {
	p.mu.Lock()
	gate := p.gate
	p.mu.Unlock()
	if gate != nil {
		<-gate
	}
}

// isDeaf reports whether no answer goes through.
func (p *proxy) isDeaf() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.deaf
}

// setDown cuts all connections and refuses new ones, or takes them again.
func (p *proxy) setDown(down bool) {
	p.mu.Lock()
	p.down = down
	p.mu.Unlock()
	if down {
		p.cut()
	}
}

func (p *proxy) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for conn := range p.open {
		_ = conn.Close()
	}
}

// take returns the fault that is armed for a request, and disarms it.
func (p *proxy) take(piece []byte) (fault, func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.on != "" && !bytes.Contains(piece, []byte(p.on)) {
		return none, func() {}
	}
	p.on = ""
	next, onFault := p.next, p.onFault
	p.next, p.onFault = none, nil
	if onFault == nil {
		onFault = func() {}
	}
	return next, onFault
}

// track notes a connection, and reports whether it may go on.
func (p *proxy) track(conn net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.down {
		_ = conn.Close()
		return false
	}
	p.open[conn] = true
	return true
}

func (p *proxy) serve() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		if !p.track(client) {
			continue
		}
		server, err := net.Dial("tcp", p.server) //nolint:noctx // ends with the proxy
		if err != nil {
			_ = client.Close()
			continue
		}
		p.track(server)
		link := &link{proxy: p, client: client, server: server}
		p.running.Go(link.requests)
		p.running.Go(link.answers)
	}
}

// link is one connection through the proxy.
type link struct {
	proxy          *proxy
	client, server net.Conn
	mu             sync.Mutex
	swallow        func() // set: the next answer is lost, and this is called
	deaf           bool   // answers go nowhere
}

func (l *link) close() {
	_ = l.client.Close()
	_ = l.server.Close()
}

// requests carries what the client sends, in pieces as they come. A request of the
// size that these tests send comes in one piece.
func (l *link) requests() {
	defer l.close()
	buf := make([]byte, 1<<20)
	for {
		n, err := l.client.Read(buf)
		if err != nil {
			return
		}
		if !l.forward(buf[:n]) {
			return
		}
	}
}

func (l *link) forward(piece []byte) bool {
	l.proxy.pass()
	next, struck := l.proxy.take(piece)
	switch next {
	case cutBefore:
		struck()
		l.close()
		return false
	case cutMiddle:
		_, _ = l.server.Write(piece[:len(piece)/2])
		struck()
		l.close()
		return false
	case cutAfter:
		l.set(struck, false)
	case late:
		_ = l.client.Close()
		<-time.After(lateness)
		_, _ = l.server.Write(piece)
		<-time.After(lateness) // closing at once could stop the server before it is through
		struck()
		return false
	case halfOpen:
		l.set(nil, true)
		struck()
		_, _ = io.Copy(io.Discard, l.client)
		return false
	case slow:
		<-time.After(lateness)
	case none:
	}
	_, err := l.server.Write(piece)
	return err == nil
}

func (l *link) set(swallow func(), deaf bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.swallow, l.deaf = swallow, deaf
}

func (l *link) answers() {
	defer l.close()
	buf := make([]byte, 1<<20)
	for {
		n, err := l.server.Read(buf)
		if err != nil {
			return
		}
		l.mu.Lock()
		swallow, deaf := l.swallow, l.deaf || l.proxy.isDeaf()
		l.mu.Unlock()
		switch {
		case swallow != nil:
			swallow()
			l.close()
			return
		case deaf:
		default:
			if _, err := l.client.Write(buf[:n]); err != nil {
				return
			}
		}
	}
}
