package sqlite_test

import (
	"context"
	"database/sql/driver"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/sqlite"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/ports/portstest"
)

// gate stands between a store and its file, as a disk that refuses, or that does not answer. While it is
// shut no statement goes on, whatever its context says: a disk does not look at contexts.
type gate struct {
	mu            sync.Mutex
	shut          chan struct{} // nil: open
	before, after int           // how many of the next commits fail before and after they are written
	late          chan struct{} // the next commit waits for it
	arrived       chan struct{} // is closed when that commit was written
}

var errDisk = errors.New("the disk does not answer")

func (g *gate) stall() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.shut = make(chan struct{})
}

func (g *gate) resume() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.shut != nil {
		close(g.shut)
		g.shut = nil
	}
}

func (g *gate) pass() {
	g.mu.Lock()
	shut := g.shut
	g.mu.Unlock()
	if shut != nil {
		<-shut
	}
}

// failBefore and failAfter have so many commits fail.
func (g *gate) failBefore(n int) { g.mu.Lock(); defer g.mu.Unlock(); g.before = n }
func (g *gate) failAfter(n int)  { g.mu.Lock(); defer g.mu.Unlock(); g.after = n }

// failLate keeps the next commit until the function that it returns is called, which waits until that
// commit was written.
func (g *gate) failLate() (arrived func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	late, done := make(chan struct{}), make(chan struct{})
	g.late, g.arrived = late, done
	return func() { close(late); <-done }
}

// commit carries a commit out, as the gate has it.
func (g *gate) commit(do func() error) error {
	g.mu.Lock()
	fail := 0
	switch {
	case g.before > 0:
		g.before--
		fail = 1
	case g.after > 0:
		g.after--
		fail = 2
	}
	late, arrived := g.late, g.arrived
	g.late, g.arrived = nil, nil
	g.mu.Unlock()
	if fail == 1 {
		return errDisk
	}
	if late != nil {
		<-late
		defer close(arrived)
	}
	err := do()
	if fail == 2 && err == nil {
		return errDisk
	}
	return err
}

func (g *gate) through(c driver.Connector) driver.Connector { return gatedConnector{c, g} }

type gatedConnector struct {
	driver.Connector
	gate *gate
}

func (c gatedConnector) Connect(ctx context.Context) (driver.Conn, error) {
	c.gate.pass()
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return gatedConn{conn.(wholeConn), c.gate}, nil
}

// wholeConn is what connections of the driver can do.
type wholeConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
	driver.Pinger
	driver.SessionResetter
	driver.Validator
}

type gatedConn struct {
	wholeConn
	gate *gate
}

func (c gatedConn) ExecContext(ctx context.Context, text string, args []driver.NamedValue) (result driver.Result, err error) {
	c.gate.pass()
	if text != "COMMIT" {
		return c.wholeConn.ExecContext(ctx, text, args)
	}
	err = c.gate.commit(func() error {
		result, err = c.wholeConn.ExecContext(ctx, text, args)
		return err
	})
	return result, err
}

func (c gatedConn) QueryContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Rows, error) {
	c.gate.pass()
	return c.wholeConn.QueryContext(ctx, text, args)
}

func (c gatedConn) BeginTx(ctx context.Context, options driver.TxOptions) (driver.Tx, error) {
	c.gate.pass()
	return c.wholeConn.BeginTx(ctx, options)
}

func (c gatedConn) PrepareContext(ctx context.Context, text string) (driver.Stmt, error) {
	c.gate.pass()
	statement, err := c.wholeConn.PrepareContext(ctx, text)
	if err != nil {
		return nil, err
	}
	return gatedStatement{statement.(wholeStatement), c.gate}, nil
}

type wholeStatement interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

type gatedStatement struct {
	wholeStatement
	gate *gate
}

func (s gatedStatement) ExecContext(ctx context.Context, args []driver.NamedValue) (driver.Result, error) {
	s.gate.pass()
	return s.wholeStatement.ExecContext(ctx, args)
}

func (s gatedStatement) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	s.gate.pass()
	return s.wholeStatement.QueryContext(ctx, args)
}

// openGated opens a file through a gate.
func openGated(t *testing.T, path string, config sqlite.Config) (*sqlite.Store, *gate) {
	t.Helper()
	g := new(gate)
	store, err := sqlite.OpenThrough(t.Context(), path, config, g.through)
	require.NoError(t, err)
	t.Cleanup(func() { g.resume(); _ = store.Close() })
	require.NoError(t, store.Migrate(t.Context()))
	return store, g
}

func TestStoreBounds(t *testing.T) {
	t.Parallel()
	portstest.TestStoreBounds(t, portstest.StoreBounds{
		Bound: 20 * time.Second, // the store's own is half a second
		New: func(t *testing.T) portstest.StalledStore {
			t.Helper()
			store, g := openGated(t, newFile(t), sqlite.Config{Timeout: 500 * time.Millisecond, TotalsTimeout: 500 * time.Millisecond})
			return portstest.StalledStore{Store: store, Stall: g.stall, Resume: g.resume}
		},
	})
}

func TestStoreDurable(t *testing.T) {
	t.Parallel()
	portstest.TestStoreDurable(t, portstest.StoreDurable{
		New: func(t *testing.T) portstest.DurableStore {
			t.Helper()
			file := newFile(t)
			store, g := openGated(t, file, sqlite.Config{Timeout: 2 * time.Second})
			return portstest.DurableStore{
				Store:      store,
				FailBefore: func() { g.failBefore(1) },
				FailAfter:  func() { g.failAfter(1) },
				FailLate:   g.failLate,
				Reopen:     func() ports.Store { require.NoError(t, store.Close()); return openStore(t, file, patient) },
				Second:     func() ports.Store { return openStore(t, file, patient) },
			}
		},
	})
}
