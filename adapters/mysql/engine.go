package mysql

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/go-sql-driver/mysql"

	"github.com/jigap/jigap/adapters/internal/sqlcommit"
)

// engine is a pool of connections to a server.
type engine struct {
	db      *sql.DB
	timeout time.Duration
}

// Begin implements [sqlcommit.Engine].
func (e *engine) Begin(ctx context.Context) (sqlcommit.Tx, error) {
	return e.begin(ctx, "START TRANSACTION")
}

// Snapshot implements [sqlcommit.Engine].
func (e *engine) Snapshot(ctx context.Context) (sqlcommit.Tx, error) {
	return e.begin(ctx, "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ", "START TRANSACTION WITH CONSISTENT SNAPSHOT")
}

func (e *engine) begin(ctx context.Context, statements ...string) (sqlcommit.Tx, error) {
	conn, err := e.db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	t := &transaction{querier{conn}, conn, e.timeout, false}
	for _, statement := range statements {
		if _, err := conn.ExecContext(ctx, statement); err != nil {
			t.Rollback() //nolint:contextcheck // it ends whatever became of ctx
			return nil, err
		}
	}
	return t, nil
}

// transaction is one of the store's own.
type transaction struct {
	querier
	conn    *sql.Conn
	timeout time.Duration
	ended   bool
}

// Commit implements [sqlcommit.Tx].
func (t *transaction) Commit(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, t.timeout) // so that the connection does not wait for ever
	defer cancel()
	_, err := t.conn.ExecContext(ctx, "COMMIT")
	if err == nil {
		t.ended = true
		_ = t.conn.Close()
	}
	return err
}

// Rollback implements [sqlcommit.Tx].
func (t *transaction) Rollback() {
	if t.ended {
		return
	}
	t.ended = true
	ctx, cancel := context.WithTimeout(context.Background(), t.timeout)
	defer cancel()
	if _, err := t.conn.ExecContext(ctx, "ROLLBACK"); err != nil {
		_ = t.conn.Raw(func(any) error { return driver.ErrBadConn }) // so that the pool does not keep it
	}
	_ = t.conn.Close()
}

// sender is what connections, pools and transactions have in common.
type sender interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

type querier struct{ sender sender }

// Query implements [sqlcommit.Querier].
func (q querier) Query(ctx context.Context, text string, args ...any) (sqlcommit.Rows, error) {
	rows, err := q.sender.QueryContext(ctx, text, args...) //nolint:rowserrcheck // the caller's
	if err != nil {
		return nil, explained(err)
	}
	return rows, nil
}

// Exec implements [sqlcommit.Querier].
func (q querier) Exec(ctx context.Context, text string, args ...any) (int64, error) {
	result, err := q.sender.ExecContext(ctx, text, args...)
	if err != nil {
		return 0, explained(err)
	}
	return result.RowsAffected()
}

// Reader implements [sqlcommit.Engine].
func (e *engine) Reader() sqlcommit.Querier { return querier{e.db} }

// Judge implements [sqlcommit.Engine].
func (e *engine) Judge(err error) sqlcommit.Verdict { return verdict(err) }

// Codes of errors: https://dev.mysql.com/doc/mysql-errors/8.4/en/server-error-reference.html and, of MariaDB,
// https://mariadb.com/kb/en/mariadb-error-code-reference/. Those above 8000 are TiDB's:
// https://docs.pingcap.com/tidb/stable/error-codes.
const (
	codeTooManyConnections = 1040
	codeShutdown           = 1053
	codeDuplicate          = 1062
	codeNoTable            = 1146
	codeLockWait           = 1205
	codeDeadlock           = 1213
	codeReadOnlyOption     = 1290
	codeInterrupted        = 1317
	codeReadOnly           = 1792
	codeReadOnlyMode       = 1836
	codeKilled             = 1927 // MariaDB
	codeTimeout            = 1969 // MariaDB
	codeTimeoutMySQL       = 3024
	codeNoWait             = 3572
	codeWriteConflict      = 9007
	codeTxnRetry           = 8002
	codeCommitFailed       = 8022
	codeSchemaChanged      = 8028
)

// again are the errors after which a transaction is over, and the same may work in another. A COMMIT that returns
// one was not carried out.
var again = []uint16{codeDeadlock, codeWriteConflict, codeTxnRetry, codeCommitFailed, codeSchemaChanged} //nolint:gochecknoglobals // a constant

// troubled are the errors of a server that cannot serve, or not write.
var troubled = []uint16{ //nolint:gochecknoglobals // a constant
	codeTooManyConnections, codeShutdown, codeReadOnlyOption, codeInterrupted, codeReadOnly, codeReadOnlyMode, codeKilled, codeTimeout, codeTimeoutMySQL,
}

func verdict(err error) sqlcommit.Verdict {
	var refused *mysql.MySQLError
	switch {
	case err == nil, errors.Is(err, ErrServer):
		return sqlcommit.Unavailable
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return sqlcommit.Locked
	case !errors.As(err, &refused): // of the driver or of the network
		return sqlcommit.Unavailable
	case slices.Contains(again, refused.Number):
		return sqlcommit.Again
	case refused.Number == codeLockWait, refused.Number == codeNoWait:
		return sqlcommit.Locked
	case refused.Number == codeDuplicate:
		return sqlcommit.Duplicate
	case slices.Contains(troubled, refused.Number):
		return sqlcommit.Unavailable
	}
	return sqlcommit.Refused
}

// Unknown implements [sqlcommit.Engine].
func (e *engine) Unknown(err error) bool {
	var refused *mysql.MySQLError
	return !errors.As(err, &refused) || !slices.Contains(again, refused.Number) && refused.Number != codeLockWait
}

// explained says what to do where tables are missing.
func explained(err error) error {
	var refused *mysql.MySQLError
	if errors.As(err, &refused) && refused.Number == codeNoTable {
		return fmt.Errorf("%w: its tables are not there: run Migrate: %w", ErrServer, err)
	}
	return err
}
