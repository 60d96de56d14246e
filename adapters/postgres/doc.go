// Package postgres is a [ports.Store] on PostgreSQL: durable, and safe for any number
// of processes on one database. It is written for version 14 and later, and tested on
// 15.
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
// locked in order of id, so that calls do not deadlock.
//
// [Store.WithTx] binds a store to a transaction of the host, so that an operation
// commits together with rows of the host's own, or not at all.
//
// The choices behind the tables and the statements are told in docs/postgres.md.
//
// # Errors
//
// Reads return the errors of pgx, with what was read in front. The fates of Commit
// carry errors that match [ports.ErrUndecided] when a connection was lost and could
// not be replaced in time to learn what became of a unit, and [ports.ErrInvalid] for
// units that break the rules of [ports.Unit]; behind each is the error of pgx.
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
// An entry shows in the feed when all transactions that ran on the server at its
// commit have ended, those of other databases included: one that is left open holds
// up the feed, and nothing else.
//
// Text with a zero byte is refused by PostgreSQL; the unit that holds it fails alone.
//
// After a dump was restored into another cluster, run [Store.Migrate] before anything
// is written.
package postgres
