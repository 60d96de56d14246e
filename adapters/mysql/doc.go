// Package mysql is a [ports.Store] on MySQL 8.0 and later or MariaDB 10.6 and later: durable, and safe for any number of
// processes on one database.
//
//	store, err := mysql.Open(ctx, "user:password@tcp(localhost:3306)/wallets?tls=true", mysql.Config{})
//	…
//	defer store.Close()
//	err = store.Migrate(ctx) // makes the tables
//	…
//	wallets, err := ledger.New(store, ledger.Config{})
//
// [Store.WithTx] binds a store to a transaction of the host, so that an operation commits together with rows of the
// host's own, or not at all.
//
// The choices behind it are told in docs/mysql.md.
//
// # Errors
//
// Reads return [ports.ErrUnavailable] when the server could not be reached or did not answer in time,
// [ports.ErrUnreadable] when a row is not one that this package writes, [ports.ErrInvalid] for limits and texts that no
// query can have, and a [ports.CursorError] from Feed; behind each is the error of the driver. [ErrServer] says that a
// server is not fit. The fates of Commit carry errors that match [ports.ErrBusy], [ports.ErrUndecided],
// [ports.ErrUnavailable] and [ports.ErrInvalid]. Calls in a transaction of the host may return [ErrBeginAgain]. No error
// has the password.
//
// # Concurrency
//
// A [Store] is safe for concurrent use. A [TxStore] is for one goroutine, like the transaction it is bound to.
//
// # Time
//
// Times are kept in microseconds since 1970, whatever the time zone of the session. The store reads no clock: only the
// table of migrations takes the server's.
//
// # Caveats
//
// Migrations are no transactions here: each command may run again.
package mysql
