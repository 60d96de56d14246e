// Package memory is a [ports.Store] that keeps everything in the memory of one
// process: the embedded default of jigap, and the reference that other stores are
// compared with.
//
//	store := memory.New()
//	wallets, err := ledger.New(store, ledger.Config{})
//
// Nothing outlives the process. A commit is visible to every reader when it
// returns.
//
// # Errors
//
// A call whose context has ended answers the context's error and does nothing. A cursor
// of the change feed names the last entry that was read, by number and hash: behind one
// that the store does not have, Feed answers a [ports.CursorError]. No cursor outlives the
// process.
//
// # Concurrency
//
// A Store is safe for concurrent use. Readers run at the same time; a commit
// runs alone.
//
// # Caveats
//
// Memory grows with every entry, by about 700 bytes each. Totals and searches by
// reference look at everything.
package memory
