package ports

import "context"

// Store keeps wallets, entries and operation records. It decides nothing about
// money: it stores what the core computed, all or nothing, and refuses what was
// computed from a state that is no longer current.
//
// A Store is safe for concurrent use by any number of goroutines and, if it is
// durable, of processes. It copies what it is given and what it gives. Times
// come back in UTC with microsecond precision; amounts come back equal in value.
//
// Reads see every unit whose commit was reported before the read began. The core
// writes on behalf of many callers at once, with a context that does not end when
// one of them leaves: a store that does I/O bounds the time of each call by itself.
// Package ports/portstest holds the suite that every Store passes.
type Store interface {
	WalletReader
	EntryReader
	OperationReader
	Committer
}

// BoundStore is a [Store] that belongs to one caller: one that writes in a transaction
// of the host. It is used from the caller's goroutine alone, with the caller's
// context, and nothing is batched.
type BoundStore interface {
	Store
	// Bound does nothing. It marks the store.
	Bound()
}

// WalletReader reads wallets.
type WalletReader interface {
	// Wallets returns the wallets with the given ids, in any order. Ids without a
	// wallet, and repeated ids, yield nothing more; that is no error.
	Wallets(ctx context.Context, ids []string) ([]Wallet, error)

	// FindWallets returns the first filter.Limit wallets that the filter selects,
	// in order of id, bytewise.
	FindWallets(ctx context.Context, filter WalletFilter) ([]Wallet, error)
}

// EntryReader reads entries.
type EntryReader interface {
	// EntriesByKey returns the entries that were booked under the given keys, in
	// any order. Keys that were never used yield nothing; that is no error. A
	// blank key names no entry.
	EntriesByKey(ctx context.Context, keys []EntryKey) ([]Entry, error)

	// Entries returns the first filter.Limit entries that the filter selects, in
	// the order it asks for. An unknown wallet has none; that is no error.
	Entries(ctx context.Context, filter EntryFilter) ([]Entry, error)

	// Feed returns up to limit entries of all wallets that follow the cursor, and
	// the cursor behind the last of them. A blank cursor is the beginning.
	//
	// Whoever reads from cursor to cursor sees each entry exactly once, those of
	// one wallet in order of Seq, and never misses one that was committed late.
	// An entry may show up later than its commit was reported. A page without
	// entries returns a cursor that is as good as the one given. Cursors are
	// opaque text and stay valid for ever; one that is not of this store yields
	// [ErrInvalid].
	Feed(ctx context.Context, cursor string, limit int) (FeedPage, error)

	// Totals returns, for each currency, the sum of all wallets under
	// [AccountWallets] and the sum of each account over all entries: less their
	// BalanceAmount and PointAmount on their Counterparty, plus their Moves. All
	// are of one moment. Accounts whose sums are zero may be missing.
	Totals(ctx context.Context) ([]Total, error)
}

// OperationReader reads operation records.
type OperationReader interface {
	// Operations returns the operations with the given ids, in any order. Unknown
	// and repeated ids yield nothing more; that is no error.
	Operations(ctx context.Context, ids []string) ([]Operation, error)

	// FindOperations returns the first filter.Limit operations that the filter
	// selects, in the order that [OperationFilter] says.
	FindOperations(ctx context.Context, filter OperationFilter) ([]Operation, error)
}

// Committer writes.
type Committer interface {
	// Commit writes units and returns the fate of each, in their order. A unit is
	// atomic: all of it is written or nothing. Units are independent of each
	// other: one that is refused does not hold back another. Units of one call
	// that touch the same wallet, operation or lane are decided one after
	// another, in their order.
	//
	// When FateCommitted is returned the unit is durable to the degree that the
	// store promises. When ctx ends, units whose fate is not known then are
	// FateUndecided.
	Commit(ctx context.Context, units []Unit) []Fate
}

// Unit is a set of changes that are written together.
//
// Every record in it carries the Version that it will have, and was computed from
// the state with the version below: version 1 creates, and is refused when the
// record exists; version n is refused unless the stored version is n-1.
//
// Each wallet, and each operation, appears at most once. Entries continue their
// wallet's history without a gap, in order of Seq, and every wallet they belong
// to is in the unit.
type Unit struct {
	Wallets    []Wallet
	Entries    []Entry
	Operations []Operation
}

// FateStatus says what became of a unit.
type FateStatus int

// The fates of a unit. The zero value is the one that assumes least.
const (
	// FateUndecided: the unit may or may not have been written, and the store could
	// not learn which. Err says why.
	FateUndecided FateStatus = iota
	// FateCommitted: the unit was written.
	FateCommitted
	// FateConflict: nothing was written, because a wallet is no longer (or not
	// yet, or already) at the version that the unit was computed from. IDs names
	// such wallets, at least one.
	FateConflict
	// FateKeyTaken: nothing was written, because an entry with the same wallet and
	// key exists. Keys names such keys, at least one. Wallet versions were current.
	FateKeyTaken
	// FateOperationConflict: nothing was written, because an operation is not at
	// the version that the unit was computed from. IDs names such operations, at
	// least one. Wallet versions were current and keys were free.
	FateOperationConflict
	// FateLaneTaken: nothing was written, because an operation that the unit opens
	// asks for a lane that another open operation has. IDs holds two ids: of the
	// operation in the unit that was refused, and of the one that has the lane.
	FateLaneTaken
	// FateFailed: nothing was written, for another reason. Err says which.
	FateFailed
)

// Fate is what became of one unit.
type Fate struct {
	Status FateStatus
	IDs    []string   // with FateConflict, FateOperationConflict and FateLaneTaken
	Keys   []EntryKey // with FateKeyTaken
	Err    error      // with FateUndecided and FateFailed
}
