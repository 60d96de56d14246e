// Package postgres is a [ports.Store] on PostgreSQL: durable, and safe for any number
// of processes on one database. It supports versions 14 to 18.
//
//	pool, err := pgxpool.New(ctx, "postgres://…")
//	…
//	store, err := postgres.New(pool, postgres.Config{})
//	…
//	err = store.Migrate(ctx) // makes the tables, in the schema "jigap"
//	…
//	wallets, err := ledger.New(store, ledger.Config{})
//
// A call of Commit is one statement, one round trip and one transaction for all its
// units, as long as no two of them touch the same record. The wallets of a call are
// locked in order of id, so that calls do not deadlock, and a wallet that another
// transaction has locked holds back its own unit only. Each call is bounded in time.
//
// [Store.WithTx] binds a store to a transaction of the host, so that an operation
// commits together with rows of the host's own, or not at all.
//
// The choices behind the tables and the statements are told in docs/postgres.md.
//
// # Errors
//
// Reads return [ports.ErrUnavailable] when the server could not be reached or did not
// answer in time, [ports.ErrUnreadable] when a row is not one that this package writes,
// [ports.ErrInvalid] for limits and texts that no query can have, and a
// [ports.CursorError] from Feed; behind each is the error of pgx. [ErrServer] says that a
// server is not fit. The fates of Commit carry errors that match [ports.ErrBusy],
// [ports.ErrUndecided], [ports.ErrUnavailable] and [ports.ErrInvalid]. Calls in a
// transaction of the host may return [ErrBeginAgain].
//
// # Concurrency
//
// A [Store] is safe for concurrent use. A [TxStore] is for one goroutine, like the
// transaction it is bound to.
//
// # Time
//
// Times are kept in microseconds and come back in UTC. The store reads no clock: only
// the table of migrations takes the server's.
//
// # Caveats
//
// An entry shows in the feed once its own transaction has committed and a reader with the
// rights to number it has come to the end of the feed: see docs/postgres.md.
//
// Text with a zero byte, text that is not UTF-8, and times outside the years 1 to 9999 are
// refused; the unit that holds them fails alone.
//
// After a restore run [Store.Migrate] and [Store.CheckFeed] before anything is written.
package postgres
