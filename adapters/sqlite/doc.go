// Package sqlite is a [ports.Store] on one file of SQLite: durable, without a server. It stands on
// modernc.org/sqlite, which needs no C compiler.
//
//	store, err := sqlite.Open(ctx, "wallets.db", sqlite.Config{})
//	…
//	defer store.Close()
//	err = store.Migrate(ctx) // makes the tables
//	…
//	wallets, err := ledger.New(store, ledger.Config{})
//
// [Store.WithTx] binds a store to a transaction of the host, so that an operation commits together with rows of
// the host's own, or not at all.
//
// The choices behind it are told in docs/sqlite.md.
//
// # Errors
//
// Reads return [ports.ErrUnavailable] when the file could not be read or did not answer in time,
// [ports.ErrUnreadable] when a row is not one that this package writes, [ports.ErrInvalid] for limits and texts
// that no query can have, and a [ports.CursorError] from Feed; behind each is the error of SQLite. [ErrFile] says
// that a file is not fit. The fates of Commit carry errors that match [ports.ErrBusy], [ports.ErrUndecided],
// [ports.ErrUnavailable] and [ports.ErrInvalid]. Calls in a transaction of the host may return [ErrBeginAgain].
//
// # Concurrency
//
// A [Store] is safe for concurrent use. Several processes on one machine may open one file: SQLite has one writer
// at a time, and a process that waits for another one looks again every few milliseconds. A [TxStore] is for one
// goroutine, like the transaction it is bound to.
//
// # Time
//
// Times are kept in microseconds and come back in UTC. The store reads no clock: only the table of migrations
// takes that of SQLite.
//
// # Caveats
//
// The file must be on a disk of the machine, not on a network share. Copy it with VACUUM INTO, not with cp.
package sqlite
