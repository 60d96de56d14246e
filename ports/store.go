package ports

import (
	"context"
	"fmt"
)

// Store keeps wallets, entries and operation records. It decides nothing about
// money: it stores what the core computed, all or nothing, and refuses what was
// computed from a state that is no longer current.
//
// A Store is safe for concurrent use by any number of goroutines and, if it is
// durable, of processes. It copies what it is given and what it gives. Times
// come back in UTC with microsecond precision; amounts come back equal in value.
// A record comes back as it was written, in every field, however long its texts are and
// however many lots, lot changes, moves and pairs of metadata it has. Texts are compared byte
// by byte: two that differ in case, in blanks, or behind any number of equal bytes differ.
//
// Reads see every unit whose commit was reported before the read began, also one that
// another handle on the same data wrote. A read sees each unit whole or not at all; only a
// page of [EntryReader.Feed] may end within one. What a durable store reported as committed is
// still there when it is opened again, with its keys, its lanes and its cursors.
//
// The core writes on behalf of many callers at once, with a context that does not
// end when one of them leaves. So a store that does I/O bounds the time of each call
// by itself: a read that takes too long fails with [ErrUnavailable], a unit that
// another transaction keeps out gets [FateBusy], and a unit whose fate the store could
// not learn in time gets [FateUndecided]. When the context of a read ends, the read
// returns the error of the context. A record that
// is not one that the store writes is [ErrUnreadable].
//
// Optional abilities are [Locker] and [Checker]. A store that wraps another one passes its
// abilities on, and those of a [BoundStore], or they are lost. Package ports/portstest
// holds the suite that every Store passes.
type Store interface {
	WalletReader
	EntryReader
	OperationReader
	Committer
}

// BoundStore is a [Store] inside a transaction of the host. It is used from the host's
// goroutine alone, with the host's context, and nothing is batched.
type BoundStore interface {
	Store

	// LockWallets returns the wallets with the given ids as Wallets does, and keeps
	// other transactions from changing them until the transaction of the host ends.
	// It waits for wallets that another transaction has locked, and returns [ErrBusy]
	// when it has waited too long. Locks are taken in order of id.
	LockWallets(ctx context.Context, ids []string) ([]Wallet, error)
}

// Locker is an optional ability of a [Store] that several processes write: it locks a
// wallet before the core decides what to write. The core uses it for a wallet that
// others keep changing or locking, where a commit by version alone would lose again
// and again.
type Locker interface {
	// CommitLocked locks the wallet, calls decide, commits the units that decide
	// returns, and returns their fates as Commit does. While decide runs no other
	// transaction can change the wallet. decide reads through the store that it is
	// given, which is valid until it returns; it runs once, or not at all when
	// CommitLocked returns an error. For a wallet that does not exist decide runs without a
	// lock.
	//
	// CommitLocked waits for its turn, as the engine gives it: callers that wait are
	// served in about the order in which they came. It returns an error that matches
	// [ErrBusy] when it has waited too long. With an error nothing was written.
	CommitLocked(ctx context.Context, walletID string, decide func(locked Store) []Unit) ([]Fate, error)
}

// Checker is an optional ability of a [Store]: it compares what the store derives from
// records for its own use, such as the columns that it searches by, with the records.
type Checker interface {
	// CheckWallet returns what is wrong with what the store keeps of the wallet and of
	// its operations, each problem in one line, and nothing when all is right. It may run
	// at the same time as commits.
	CheckWallet(ctx context.Context, walletID string) (problems []string, err error)
}

// WalletReader reads wallets. In every reader a Limit that is not positive is
// [ErrInvalid], as is an id, key or reference that no record can have because it is not
// valid UTF-8 or holds a zero byte, and a time outside the years 1 to 9999 ([CheckTime]).
// A call may name any number of records, and a Limit may be any positive number.
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
	// A reader that goes from cursor to cursor sees each entry exactly once, those of
	// one wallet in order of Seq, and never misses one that was committed late.
	// An entry may show up later than its commit was reported. A page without
	// entries returns a cursor that is as good as the one given.
	//
	// Cursors are opaque text and stay valid for ever, also after a failover or a
	// restore, as long as the store still has what was read up to them. A cursor
	// behind entries that the store does not have (they were lost in a failover or a
	// restore, or the cursor is of another store) yields a [CursorError], which
	// matches [ErrCursor]; it never yields an empty page. Text that no store of this
	// kind returned yields [ErrInvalid].
	Feed(ctx context.Context, cursor string, limit int) (FeedPage, error)

	// LastReferring returns, for each named entry, the last entry of the given type in
	// its wallet that refers to it (RefersTo is its Seq), in any order. Entries to which
	// none refers yield nothing; that is no error.
	LastReferring(ctx context.Context, entryType EntryType, to []EntryRef) ([]Entry, error)

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
	// Independent includes waiting and failing: a locked wallet, a timeout or a broken
	// row affects the units that touch it, and no other.
	//
	// When FateCommitted is returned the unit is durable to the degree that the
	// store promises, and all of its records were written. When ctx ends, units whose
	// fate is not known then are FateUndecided. A fate other than FateUndecided is
	// final: nothing that the store sent before can change it later.
	Commit(ctx context.Context, units []Unit) []Fate
}

// Unit is a set of changes that are written together.
//
// Every record in it carries the Version that it will have, and was computed from
// the state with the version below: version 1 creates, and is refused when the
// record exists; version n is refused unless the stored version is n-1.
//
// A number alone does not name a state: after a rollback to a savepoint, a failover or a
// restore, another writer makes another version of the same number. So a wallet is also
// refused, with FateConflict, unless its stored Hash is the one that it was computed from:
// PrevHash of the first entry that the unit has of it, or, without entries, its own Hash.
//
// Each wallet, each operation and each idempotency key of a wallet appears at most
// once. Entries continue their wallet's history without a gap, in order of Seq, and
// every wallet they belong to is in the unit, at the Seq of its last entry. A unit
// that breaks these rules is FateFailed with [ErrInvalid], and nothing of it is
// written; where its wallets are not at the versions that it was computed from it may
// be FateConflict instead. A unit without any record is FateCommitted.
//
// Within a unit, operations leave their lanes before others take them. An operation that
// was open before may take the lane of one that ends in the unit, a new one also the
// lane of one that moves to another. Everything else is FateLaneTaken: two open operations
// of the unit that ask for one lane, and two that exchange theirs.
//
// The times of an operation's head are stored with microsecond precision. Other times
// in its record come back as [EncodeOperation] wrote them.
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
	// yet, or already) at the version and hash that the unit was computed from. IDs names
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
	// FateBusy: nothing was written, because another transaction has locked a record that
	// the unit writes, and still had when the store stopped waiting. IDs names the wallets and operations of the unit
	// that are kept, or all of them if the store cannot tell which. Trying again later
	// may succeed.
	FateBusy
)

var fateNames = [...]string{ //nolint:gochecknoglobals // constant table
	"undecided", "committed", "conflict", "key_taken", "operation_conflict", "lane_taken", "failed", "busy",
}

// String returns the name of the fate.
func (s FateStatus) String() string {
	if s < 0 || int(s) >= len(fateNames) {
		return fmt.Sprintf("FateStatus(%d)", int(s))
	}
	return fateNames[s]
}

// Fate is what became of one unit.
type Fate struct {
	Status FateStatus
	IDs    []string   // with FateConflict, FateOperationConflict, FateLaneTaken and FateBusy
	Keys   []EntryKey // with FateKeyTaken
	Err    error      // with FateUndecided and FateFailed; may explain FateBusy
}
