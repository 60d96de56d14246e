package sqltest

import (
	"context"
	"database/sql/driver"
	"errors"
	"sync"
)

// Gate stands between a store and its file, as a disk that refuses, or that does not answer. While it is
// shut no statement goes on, whatever its context says: a disk does not look at contexts.
type Gate struct {
	mu            sync.Mutex
	shut          chan struct{} // nil: open
	before, after int           // how many of the next commits fail before and after they are written
	until         int           // how many commits are left until the gate shuts; zero: it does not
	late          chan struct{} // the next commit waits for it
	arrived       chan struct{} // is closed when that commit was written
}

var errDisk = errors.New("the disk does not answer")

// Stall has every statement wait until Resume.
func (g *Gate) Stall() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.shut = make(chan struct{})
}

// Resume lets statements go on.
func (g *Gate) Resume() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.shut != nil {
		close(g.shut)
		g.shut = nil
	}
}

func (g *Gate) pass() {
	g.mu.Lock()
	shut := g.shut
	g.mu.Unlock()
	if shut != nil {
		<-shut
	}
}

// FailBefore has so many commits fail before they are written.
func (g *Gate) FailBefore(n int) { g.mu.Lock(); defer g.mu.Unlock(); g.before = n }

// FailAfter has so many commits fail after they were written.
func (g *Gate) FailAfter(n int) { g.mu.Lock(); defer g.mu.Unlock(); g.after = n }

// FailLate keeps the next commit until the function that it returns is called, which waits until that
// commit was written.
func (g *Gate) FailLate() (arrived func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	late, done := make(chan struct{}), make(chan struct{})
	g.late, g.arrived = late, done
	return func() { close(late); <-done }
}

// StallAfter has every statement wait behind so many commits.
func (g *Gate) StallAfter(commits int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.until = commits
}

// commit carries a commit out, as the gate has it.
func (g *Gate) commit(do func() error) error {
	g.mu.Lock()
	if g.until > 0 {
		if g.until--; g.until == 0 {
			defer g.Stall()
		}
	}
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

// Through returns connections that the gate stands before.
func (g *Gate) Through(c driver.Connector) driver.Connector { return gatedConnector{c, g} }

type gatedConnector struct {
	driver.Connector
	gate *Gate
}

func (c gatedConnector) Connect(ctx context.Context) (driver.Conn, error) {
	c.gate.pass()
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return gatedConn{conn.(WholeConn), c.gate}, nil
}

// WholeConn is what connections of drivers can do.
type WholeConn interface {
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
	WholeConn
	gate *Gate
}

func (c gatedConn) ExecContext(ctx context.Context, text string, args []driver.NamedValue) (result driver.Result, err error) {
	c.gate.pass()
	if text != "COMMIT" {
		return c.WholeConn.ExecContext(ctx, text, args)
	}
	err = c.gate.commit(func() error {
		result, err = c.WholeConn.ExecContext(ctx, text, args)
		return err
	})
	return result, err
}

func (c gatedConn) QueryContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Rows, error) {
	c.gate.pass()
	return c.WholeConn.QueryContext(ctx, text, args)
}

func (c gatedConn) BeginTx(ctx context.Context, options driver.TxOptions) (driver.Tx, error) {
	c.gate.pass()
	return c.WholeConn.BeginTx(ctx, options)
}

func (c gatedConn) PrepareContext(ctx context.Context, text string) (driver.Stmt, error) {
	c.gate.pass()
	statement, err := c.WholeConn.PrepareContext(ctx, text)
	if err != nil {
		return nil, err
	}
	return gatedStatement{statement.(WholeStatement), c.gate}, nil
}

// WholeStatement is what statements of drivers can do.
type WholeStatement interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

type gatedStatement struct {
	WholeStatement
	gate *Gate
}

func (s gatedStatement) ExecContext(ctx context.Context, args []driver.NamedValue) (driver.Result, error) {
	s.gate.pass()
	return s.WholeStatement.ExecContext(ctx, args)
}

func (s gatedStatement) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	s.gate.pass()
	return s.WholeStatement.QueryContext(ctx, args)
}
