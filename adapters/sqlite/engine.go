package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"strings"
	"sync"

	"modernc.org/sqlite"

	"github.com/jigap/jigap/adapters/internal/sqlcommit"
	"github.com/jigap/jigap/ports"
)

// engine sends everything that writes over one connection, and everything that reads over some others. Statements
// stay prepared on each.
type engine struct {
	writers, readers *sql.DB
	writer, reader   chan *connection // holds those that are not used
	closed           chan struct{}
	closing          sync.Once
}

func newEngine(writers, readers *sql.DB, reading int) *engine {
	e := &engine{writers: writers, readers: readers, writer: make(chan *connection, 1), reader: make(chan *connection, reading), closed: make(chan struct{})}
	e.writer <- &connection{db: writers}
	for range reading {
		e.reader <- &connection{db: readers}
	}
	return e
}

// connection is one connection, which is opened when it is needed, and its prepared statements.
type connection struct {
	db       *sql.DB
	conn     *sql.Conn // nil: closed
	prepared map[string]*sql.Stmt
}

func (c *connection) open(ctx context.Context) (err error) {
	if c.conn == nil {
		c.conn, err = c.db.Conn(ctx)
		c.prepared = make(map[string]*sql.Stmt)
	}
	return err
}

// preparedMax bounds how many statements stay prepared: lists of any length make ever new ones.
const preparedMax = 256

func (c *connection) statement(ctx context.Context, text string) (*sql.Stmt, error) {
	if statement := c.prepared[text]; statement != nil {
		return statement, nil
	}
	if len(c.prepared) >= preparedMax {
		c.forget()
	}
	statement, err := c.conn.PrepareContext(ctx, text)
	if err != nil {
		return nil, explained(err)
	}
	c.prepared[text] = statement
	return statement, nil
}

func (c *connection) forget() {
	for _, statement := range c.prepared {
		_ = statement.Close()
	}
	clear(c.prepared)
}

// close closes the connection, and its statements first: with them the driver keeps the file open.
func (c *connection) close() {
	if c.conn == nil {
		return
	}
	c.forget()
	_ = c.conn.Raw(func(any) error { return driver.ErrBadConn }) // so that the pool does not keep it
	_ = c.conn.Close()
	c.conn = nil
}

func (c *connection) exec(ctx context.Context, text string, args ...any) (int64, error) {
	statement, err := c.statement(ctx, text) //nolint:sqlclosecheck // it is closed with the connection
	if err != nil {
		return 0, err
	}
	return changed(statement.ExecContext(ctx, args...))
}

func (c *connection) query(ctx context.Context, text string, args ...any) (*sql.Rows, error) {
	statement, err := c.statement(ctx, text) //nolint:sqlclosecheck // it is closed with the connection
	if err != nil {
		return nil, err
	}
	rows, err := statement.QueryContext(ctx, args...)
	return rows, explained(err)
}

func changed(result sql.Result, err error) (int64, error) {
	if err != nil {
		return 0, explained(err)
	}
	return result.RowsAffected()
}

var errClosed = errors.New("the store is closed")

// take takes a connection that is not used, and opens it.
func (e *engine) take(ctx context.Context, from chan *connection) (c *connection, err error) {
	select {
	case <-e.closed:
		return nil, errClosed
	default:
	}
	select {
	case c = <-from:
	case <-e.closed:
		return nil, errClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if err = ctx.Err(); err == nil {
		err = c.open(ctx)
	}
	if err != nil {
		e.giveBack(from, c, true)
		return nil, err
	}
	return c, nil
}

// giveBack gives a connection back. One that is broken is closed, and opened anew by the next that takes it.
func (e *engine) giveBack(to chan *connection, c *connection, broken bool) {
	select {
	case <-e.closed:
		broken = true
	default:
	}
	if broken {
		c.close()
	}
	to <- c
}

// close ends all connections. Those that are used are waited for.
func (e *engine) close(ctx context.Context) (err error) {
	e.closing.Do(func() {
		close(e.closed)
		for _, from := range []chan *connection{e.reader, e.writer} {
			for range cap(from) {
				select {
				case c := <-from:
					c.close()
				case <-ctx.Done():
					err = fmt.Errorf("a call goes on, and keeps the file open: %w", ctx.Err())
				}
			}
		}
		err = ports.Join(err, e.readers.Close(), e.writers.Close())
	})
	return err
}

// Begin implements [sqlcommit.Engine]. It does not wait for writers outside of this store: the caller does.
func (e *engine) Begin(ctx context.Context) (sqlcommit.Tx, error) {
	c, err := e.take(ctx, e.writer)
	if err != nil {
		return nil, err
	}
	if _, err := c.conn.ExecContext(context.WithoutCancel(ctx), "BEGIN IMMEDIATE"); err != nil {
		e.giveBack(e.writer, c, verdict(err) != sqlcommit.Locked)
		return nil, err
	}
	return &transaction{engine: e, connection: c}, nil
}

// transaction is one that writes. Its statements are short, so that none is interrupted: the driver starts a
// goroutine for each context that can end, and SQLite undoes the whole transaction of a statement that is interrupted.
type transaction struct {
	*engine
	*connection
	ended bool
}

// Query implements [sqlcommit.Querier].
func (t *transaction) Query(ctx context.Context, text string, args ...any) (sqlcommit.Rows, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return orError(t.query(context.WithoutCancel(ctx), text, args...))
}

func orError(rows *sql.Rows, err error) (sqlcommit.Rows, error) {
	if err != nil {
		return nil, err
	}
	return rows, nil
}

// Exec implements [sqlcommit.Querier].
func (t *transaction) Exec(ctx context.Context, text string, args ...any) (int64, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	return t.exec(context.WithoutCancel(ctx), text, args...)
}

// Commit implements [sqlcommit.Tx].
func (t *transaction) Commit(ctx context.Context) error {
	_, err := t.conn.ExecContext(context.WithoutCancel(ctx), "COMMIT")
	if err == nil {
		t.ended = true
		t.giveBack(t.writer, t.connection, false)
	}
	return err
}

// Rollback implements [sqlcommit.Tx].
func (t *transaction) Rollback() {
	if t.ended {
		return
	}
	t.ended = true
	_, err := t.conn.ExecContext(context.Background(), "ROLLBACK")
	t.giveBack(t.writer, t.connection, err != nil)
}

// Snapshot implements [sqlcommit.Engine].
func (e *engine) Snapshot(ctx context.Context) (sqlcommit.Tx, error) {
	c, err := e.take(ctx, e.reader)
	if err != nil {
		return nil, err
	}
	if _, err := c.conn.ExecContext(ctx, "BEGIN"); err != nil {
		e.giveBack(e.reader, c, true)
		return nil, err
	}
	return &snapshot{e, c}, nil
}

// snapshot is a transaction that reads.
type snapshot struct {
	*engine
	*connection
}

// Query implements [sqlcommit.Querier].
func (s *snapshot) Query(ctx context.Context, text string, args ...any) (sqlcommit.Rows, error) {
	return orError(s.query(ctx, text, args...))
}

var errReads = errors.New("what reads does not write")

// Exec implements [sqlcommit.Querier].
func (s *snapshot) Exec(context.Context, string, ...any) (int64, error) { return 0, errReads }

// Commit implements [sqlcommit.Tx].
func (s *snapshot) Commit(context.Context) error { return errReads }

// Rollback implements [sqlcommit.Tx].
func (s *snapshot) Rollback() {
	_, err := s.conn.ExecContext(context.Background(), "ROLLBACK")
	s.giveBack(s.reader, s.connection, err != nil)
}

// Reader implements [sqlcommit.Engine].
func (e *engine) Reader() sqlcommit.Querier { return reading{e} }

// reading sends single statements that read.
type reading struct{ *engine }

// Query implements [sqlcommit.Querier].
func (r reading) Query(ctx context.Context, text string, args ...any) (sqlcommit.Rows, error) {
	c, err := r.take(ctx, r.reader)
	if err != nil {
		return nil, err
	}
	rows, err := c.query(ctx, text, args...) //nolint:rowserrcheck // the caller's
	if err != nil {
		r.giveBack(r.reader, c, false)
		return nil, err
	}
	return &lentRows{Rows: rows, back: func() { r.giveBack(r.reader, c, false) }}, nil
}

// Exec implements [sqlcommit.Querier].
func (r reading) Exec(context.Context, string, ...any) (int64, error) { return 0, errReads }

// lentRows are rows whose connection is given back when they are closed.
type lentRows struct {
	*sql.Rows
	once sync.Once
	back func()
}

// Close implements [sqlcommit.Rows].
func (r *lentRows) Close() error {
	err := r.Rows.Close()
	r.once.Do(r.back)
	return err
}

// Judge implements [sqlcommit.Engine].
func (e *engine) Judge(err error) sqlcommit.Verdict { return verdict(err) }

// Codes of results of SQLite: https://www.sqlite.org/rescode.html. The low byte is the primary code.
const (
	codeBusy         = 5
	codeLocked       = 6
	codeNoMemory     = 7
	codeReadOnly     = 8
	codeInterrupt    = 9
	codeIO           = 10
	codeCorrupt      = 11
	codeFull         = 13
	codeCannotOpen   = 14
	codeProtocol     = 15
	codeConstraint   = 19
	codeNoDatabase   = 26
	codeBusySnapshot = codeBusy | 2<<8 // another connection wrote since this one began to read
)

func codeOf(err error) (code int) {
	var refused *sqlite.Error
	if errors.As(err, &refused) {
		code = refused.Code()
	}
	return code
}

func verdict(err error) sqlcommit.Verdict {
	code := codeOf(err)
	switch {
	case err == nil, errors.Is(err, ErrFile):
		return sqlcommit.Unavailable
	case code == codeBusySnapshot:
		return sqlcommit.Again
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return sqlcommit.Locked
	}
	switch code & 0xff {
	case codeBusy, codeLocked:
		return sqlcommit.Locked
	case codeCorrupt, codeNoDatabase:
		return sqlcommit.Damaged
	case codeNoMemory, codeReadOnly, codeInterrupt, codeIO, codeFull, codeCannotOpen, codeProtocol, 0: // 0: of the driver
		return sqlcommit.Unavailable
	}
	return sqlcommit.Refused
}

// Unknown implements [sqlcommit.Engine]. A transaction that was refused for these reasons ends undone: its
// last page is never written whole to a disk that is full.
func (e *engine) Unknown(err error) bool {
	switch codeOf(err) & 0xff {
	case codeBusy, codeLocked, codeConstraint, codeFull, codeReadOnly:
		return false
	}
	return true
}

// explained says what to do where tables are missing.
func explained(err error) error {
	if err != nil && strings.Contains(err.Error(), "no such table: jigap_") {
		return fmt.Errorf("%w: its tables are not there: run Migrate: %w", ErrFile, err)
	}
	return err
}
