// Package ledger holds wallets: cash and points, what every operation does to them,
// and a history that can be proved right.
//
//	wallets, err := ledger.New(memory.New(), ledger.Config{})
//	…
//	_, err = wallets.Open(ctx, ledger.OpenRequest{WalletID: "w1", Currency: "KRW"})
//	_, err = wallets.Credit(ctx, ledger.CreditRequest{
//		WalletID: "w1", Key: "deposit-1", Amount: decimal.NewFromInt(10000),
//	})
//	receipt, err := wallets.Deduct(ctx, ledger.DeductRequest{
//		WalletID: "w1", Key: "message-1", Amount: decimal.NewFromInt(18),
//	})
//
// Every change of a wallet appends one [ports.Entry] to its history, numbered
// without a gap and chained by hashes: [Ledger.Verify] finds what was changed in it,
// or in the records that it gave rise to (but see Caveats), [Ledger.BalanceAt] tells the balances at any time, and
// [Ledger.TrialBalance] that the books sum to zero.
//
// Rules run here, on records read from a [ports.Store]; the store decides nothing
// about money. A unit is computed from a version of a wallet and written only if
// that version is still current. While one commit is under way, what arrives queues,
// and the next commit takes all that queued, so that one busy wallet is as fast as
// many idle ones.
//
// # Idempotency
//
// Every operation that moves money takes the caller's key, unique per wallet, for
// ever. The same key with the same content returns the first entry, marked as
// replayed; with other content, [ports.ErrKeyReused], which names what differs where the
// entry tells. All fields of a request are its content. A refused operation does not use its key up.
//
// # Errors
//
// Bad input is a [ports.InvalidError] that names the field. What the state of the
// wallet does not allow is one of the sentinels of package ports: ErrNotFound,
// ErrInsufficient, ErrFrozen, ErrClosed, ErrKeyReused and so on. Either way nothing
// was changed. [ports.ErrUndecided] alone means that the operation may have been
// booked: the same call with the same key tells. [ports.ErrBusy] means that another
// transaction kept the wallet, or an operation of it, for too long, and [ports.ErrConflict]
// that other writers were faster again and again: nothing was changed, and the same call
// may succeed later. Any other error is the store's, and nothing was changed.
//
// # Concurrency
//
// A [Ledger] is safe for concurrent use, and operations on one wallet are
// linearizable over any number of ledgers and processes on one store. There is
// nothing to close: goroutines live as long as there are requests to answer, which is
// no longer than the store takes for them, or the bound of waits for wallets that are
// kept ([Config]).
//
// A caller whose context ends stops waiting. If its turn had not come, nothing
// happened and the error is the context's; if it had, the error also is
// [ports.ErrUndecided].
//
// A wallet that another transaction keeps locked holds up the operations on it, and no
// others. Operations on one wallet wait for the lock where the store can lock
// ([ports.Locker]), and so get their turn also if others keep changing the wallet. Transfers,
// and all operations where the store cannot lock, try again after pauses, and may lose to
// faster writers until [Config.BusyTimeout] has passed.
//
// A caller that itself has a transaction open in which the wallet was changed waits for
// itself, until the bound: calls inside a transaction need a ledger over the transaction's
// own store ([ports.BoundStore]). Such a ledger locks the wallets that it is going to write
// when it reads them.
//
// # Time
//
// Entries are booked at the time of the [ports.Clock], in UTC and microseconds,
// never before the entry before. Points and holds expire at their time, whether or not a
// worker has booked it yet: no balance shows an expired lot or hold, and no operation is
// judged by one. What has expired in a wallet is booked with the next operation on it, before
// that. A unit gives back up to 100 holds; where more have expired, units of their own come
// before that of the operation.
//
// # Limits
//
// [Config.Limits] bounds what comes into a wallet: the cash and the points that it holds, and what is
// credited in a day and a month. [Limits] says what counts and what is always booked. What limits
// are compared with is in the wallet ([ports.Wallet].Incoming and Credited), and is written with the
// entry that changes it. It is counted only while a limit needs it.
//
// # Preview
//
// [Ledger.Preview] tells what an operation would do now: the entries that it would book, and the
// wallets and the hold as they would be, or its refusal. It runs the operation itself, over a store
// that writes nothing.
//
// # Caveats
//
// Cash and points of one wallet share one currency and scale. A wallet with
// [ports.MaxLots] lots of points is granted no more. Entries are never booked before
// the entry before: a process whose clock is far ahead takes the wallets that it books
// on with it, their points' expiry included.
//
// The chain of hashes has no key. It finds what an accident, a bug or a hand in the
// database changed here and there. A person who may write the whole database can change an
// entry and compute all hashes after it anew, and [Ledger.Verify] finds nothing. Against
// that, keep hashes elsewhere: a consumer of the change feed ([Ledger.Feed]) writes
// number and hash of the entries, or of each wallet's last one, to a place that those
// who write the database cannot write. A history that was written anew does not go
// through them; the example of Verify shows both sides.
package ledger
