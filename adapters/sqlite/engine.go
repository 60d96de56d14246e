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

// engine sends everything that writes over one connection, on which the statements stay prepared, and
// everything that reads over others.
type engine struct {
	writers, readers *sql.DB
	free             chan *writer // holds the connection that writes while it is not used
	closed           chan struct{}
	closing          sync.Once

	mu       sync.Mutex
	prepared map[string]*sql.Stmt // of readers
}

// writer is the connection that writes. A nil conn is opened when it is needed.
type writer struct {
	conn     *sql.Conn
	prepared map[string]*sql.Stmt
}

// close closes the connection, and its statements first: with them the driver keeps the file open.
func (w *writer) close() {
	if w.conn == nil {
		return
	}
	for _, statement := range w.prepared {
		_ = statement.Close()
	}
	_ = w.conn.Raw(func(any) error { return driver.ErrBadConn }) // so that the pool does not keep it
	_ = w.conn.Close()
	w.conn = nil
}

func newEngine(writers, readers *sql.DB) *engine {
	e := &engine{writers: writers, readers: readers, free: make(chan *writer, 1), closed: make(chan struct{}), prepared: make(map[string]*sql.Stmt)}
	e.free <- new(writer)
	return e
}

// Begin implements [sqlcommit.Engine]. It does not wait for writers outside of this store: the caller does.
func (e *engine) Begin(ctx context.Context) (sqlcommit.Tx, error) {
	var w *writer
	select {
	case w = <-e.free:
	case <-e.closed:
		return nil, errClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	t := &transaction{engine: e, writer: w}
	if err := t.begin(ctx); err != nil {
		return nil, err
	}
	return t, nil
}

// transaction is one of the store's own, over the connection that writes. Its statements are short, so that
// none is interrupted: the driver starts a goroutine for each context that can end.
type transaction struct {
	*engine
	*writer
	ended bool
}

func (t *transaction) begin(ctx context.Context) (err error) {
	if err = ctx.Err(); err == nil && t.conn == nil {
		t.conn, err = t.writers.Conn(ctx)
		t.writer.prepared = make(map[string]*sql.Stmt)
	}
	if err == nil {
		_, err = t.conn.ExecContext(context.WithoutCancel(ctx), "BEGIN IMMEDIATE")
	}
	if err == nil {
		return nil
	}
	t.ended = true
	t.giveBack(verdict(err) != sqlcommit.Locked && ctx.Err() == nil)
	return err
}

// giveBack gives the connection back. One that is broken is closed, and the next transaction opens another.
func (t *transaction) giveBack(broken bool) {
	if broken {
		t.writer.close()
	}
	t.free <- t.writer
}

func (t *transaction) statement(ctx context.Context, text string) (*sql.Stmt, error) {
	if statement := t.writer.prepared[text]; statement != nil {
		return statement, nil
	}
	statement, err := t.conn.PrepareContext(ctx, text)
	if err == nil {
		t.writer.prepared[text] = statement
	}
	return statement, err
}

// Query implements [sqlcommit.Querier].
func (t *transaction) Query(ctx context.Context, text string, args ...any) (sqlcommit.Rows, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	ctx = context.WithoutCancel(ctx)
	statement, err := t.statement(ctx, text) //nolint:sqlclosecheck // it is closed with the connection
	if err != nil {
		return nil, explained(err)
	}
	rows, err := statement.QueryContext(ctx, args...) //nolint:rowserrcheck // the caller's
	if err != nil {
		return nil, explained(err)
	}
	return rows, nil
}

// Exec implements [sqlcommit.Querier].
func (t *transaction) Exec(ctx context.Context, text string, args ...any) (int64, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	ctx = context.WithoutCancel(ctx)
	statement, err := t.statement(ctx, text) //nolint:sqlclosecheck // it is closed with the connection
	if err != nil {
		return 0, explained(err)
	}
	return changed(statement.ExecContext(ctx, args...))
}

func changed(result sql.Result, err error) (int64, error) {
	if err != nil {
		return 0, explained(err)
	}
	return result.RowsAffected()
}

// Commit implements [sqlcommit.Tx].
func (t *transaction) Commit(ctx context.Context) error {
	_, err := t.conn.ExecContext(context.WithoutCancel(ctx), "COMMIT")
	if err == nil {
		t.ended = true
		t.giveBack(false)
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
	t.giveBack(err != nil)
}

// Snapshot implements [sqlcommit.Engine].
func (e *engine) Snapshot(ctx context.Context) (sqlcommit.Tx, error) {
	tx, err := e.readers.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return nil, err
	}
	return &snapshot{engine: e, tx: tx}, nil
}

// snapshot is a transaction that reads.
type snapshot struct {
	*engine
	tx *sql.Tx
}

// Query implements [sqlcommit.Querier].
func (s *snapshot) Query(ctx context.Context, text string, args ...any) (sqlcommit.Rows, error) {
	statement, err := s.reading(ctx, text)
	if err != nil {
		return nil, err
	}
	if statement == nil {
		return query(s.tx.QueryContext(ctx, text, args...))
	}
	return query(s.tx.StmtContext(ctx, statement).QueryContext(ctx, args...)) //nolint:sqlclosecheck // it is closed with the transaction
}

func query(rows *sql.Rows, err error) (sqlcommit.Rows, error) {
	if err != nil {
		return nil, explained(err)
	}
	return rows, nil
}

// Exec implements [sqlcommit.Querier].
func (s *snapshot) Exec(context.Context, string, ...any) (int64, error) {
	return 0, errors.New("a transaction that reads does not write")
}

// Commit implements [sqlcommit.Tx].
func (s *snapshot) Commit(context.Context) error { return s.tx.Commit() }

// Rollback implements [sqlcommit.Tx].
func (s *snapshot) Rollback() { _ = s.tx.Rollback() }

// Reader implements [sqlcommit.Engine].
func (e *engine) Reader() sqlcommit.Querier { return reading{e} }

// reading sends single statements that read.
type reading struct{ *engine }

// Query implements [sqlcommit.Querier].
func (r reading) Query(ctx context.Context, text string, args ...any) (sqlcommit.Rows, error) {
	statement, err := r.reading(ctx, text) //nolint:sqlclosecheck // it is closed with the store
	if err != nil {
		return nil, err
	}
	if statement == nil {
		return query(r.readers.QueryContext(ctx, text, args...))
	}
	return query(statement.QueryContext(ctx, args...))
}

// Exec implements [sqlcommit.Querier].
func (r reading) Exec(ctx context.Context, _ string, _ ...any) (int64, error) {
	return (&snapshot{}).Exec(ctx, "")
}

// preparedMax bounds how many statements that read stay prepared: lists of any length make ever new ones.
const preparedMax = 256

// reading returns a prepared statement, or nil when there are too many.
func (e *engine) reading(ctx context.Context, text string) (*sql.Stmt, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if statement := e.prepared[text]; statement != nil || len(e.prepared) >= preparedMax {
		return statement, nil
	}
	statement, err := e.readers.PrepareContext(ctx, text) //nolint:sqlclosecheck // it is closed with the store
	if err != nil {
		return nil, explained(err)
	}
	e.prepared[text] = statement
	return statement, nil
}

var errClosed = errors.New("the store is closed")

// close ends all connections. One that writes is waited for.
func (e *engine) close(ctx context.Context) (err error) {
	e.closing.Do(func() {
		close(e.closed)
		select {
		case w := <-e.free:
			w.close()
		case <-ctx.Done():
			err = ctx.Err()
		}
		err = ports.Join(err, e.readers.Close(), e.writers.Close())
	})
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
