package sqlcommit

import (
	"context"
)

// Rows are the rows of a query, as [database/sql.Rows] has them.
type Rows interface {
	Next() bool
	Scan(targets ...any) error
	Err() error
	Close() error
}

// Querier sends statements over one connection.
type Querier interface {
	// Query sends a statement that returns rows.
	Query(ctx context.Context, statement string, args ...any) (Rows, error)
	// Exec sends a statement that returns none, and reports how many it changed.
	Exec(ctx context.Context, statement string, args ...any) (changed int64, err error)
}

// Tx is a transaction of the store's own.
type Tx interface {
	Querier
	Commit(ctx context.Context) error
	// Rollback undoes the transaction, unless Commit has returned nil, and gives its connection back.
	Rollback()
}

// Engine is a database. It must be safe for concurrent use.
type Engine interface {
	// Begin begins a transaction that writes.
	Begin(ctx context.Context) (Tx, error)
	// Snapshot begins a transaction that reads, and sees one state in all its statements.
	Snapshot(ctx context.Context) (Tx, error)
	// Reader returns what sends single statements that read.
	Reader() Querier
	// Judge reads the error of anything but a COMMIT.
	Judge(err error) Verdict
	// Unknown reports whether a COMMIT that returned this error may have been, or may yet be, carried out.
	Unknown(err error) bool
}

// Verdict is what an error says of the statement that met it.
type Verdict int

// Verdicts.
const (
	// Refused: the statement was refused for a reason of its own. Other units may be written.
	Refused Verdict = iota
	// Again: another transaction came between. The same may work when it is sent again.
	Again
	// Locked: another transaction has what the statement needs.
	Locked
	// Duplicate: another transaction made a record that was not there before.
	Duplicate
	// Unavailable: the engine cannot be reached, or cannot read or write.
	Unavailable
	// Damaged: the engine cannot read what is stored.
	Damaged
)

// Dialect is what statements differ in.
type Dialect struct {
	// Prefix comes before the name of each table.
	Prefix string
	// Lock ends a SELECT whose rows are to be locked, and that waits for them. LockNow ends one that does not
	// wait: what another transaction has is Locked then. Both are blank where one transaction writes at a time.
	Lock, LockNow string
	// Tuples makes, of a list such as "(?, ?), (?, ?)", what a tuple can be IN.
	Tuples func(list string) string
	// Index makes, of the name of an index, what has a SELECT use it, behind the name of the table.
	Index func(name string) string
	// Waiters is how many connections may wait for locks at a time, where LockNow is not blank.
	Waiters int
	// Rows is how many rows one INSERT writes at most. Defaults to one.
	Rows int
	// Upsert ends an INSERT that changes these columns of the rows that are there. Blank: rows are changed one by
	// one. Upserted is how many rows the engine says that it changed, for each of them.
	Upsert   func(columns []string) string
	Upserted int64
	// Alive returns an error where the engine has ended the transaction that a querier is of: a statement would be
	// a transaction of its own.
	Alive func(ctx context.Context, q Querier) error
	// Savepoints says whether a refused statement can be undone alone.
	Savepoints bool
}
