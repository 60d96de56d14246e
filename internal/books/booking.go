// Package books is what the ledger does for the packages above it and for no host: it books
// entries of their types together with their operation records. A host has the operations of
// package ledger.
package books

import (
	"context"
	"time"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/ports"
)

// Note is what may be added to any entry. Package ledger has the public type of the same
// fields.
type Note struct {
	Reference  string
	Memo       string
	Metadata   map[string]string
	OccurredAt time.Time
}

// Booking is one entry of any type, with operation records that are to be written
// in the same unit. Packages recharge, withdraw and autorecharge book with it.
type Booking struct {
	WalletID string
	Key      string // blank when the records' versions make it safe to repeat
	Content  string // what the caller asked under Key, for the digest
	Type     ports.EntryType

	Balance      decimal.Decimal // signed change of cash
	Counterparty ports.Account   // blank when Balance is zero
	Moves        []ports.Move    // which must sum to zero
	OperationID  string
	RefersTo     int64 // an entry of the wallet; the types EntryReverse and EntryReverseBack must have it

	// Reckon, when not nil, returns the change of cash in place of Balance, which is zero then. It
	// is called with the wallet as it is before the booking is applied, on the state that the unit
	// is written on, and refuses the booking with its error. Like Fill it may be called again.
	Reckon func(*ports.Wallet) (decimal.Decimal, error)
	// Closing, when not nil, closes the wallet: with an entry of type EntryClose this is all that is
	// booked, and what keeps the wallet open refuses the booking; with another type it is done behind
	// the entry, in the same unit, unless something keeps the wallet open.
	Closing *Closing

	// Opened is how many operations on the wallet this opens, less how many it
	// ends.
	Opened int
	// Announce is what is to be credited by a later booking. It is refused with a
	// [ports.LimitError] if it would take the wallet beyond a limit. Otherwise Announced is called
	// with what the wallet counts as incoming for it: Announce, or zero for cash or points where the
	// wallet has no limit on them. Like Fill it may be called again. Announced must be set with Announce.
	Announce  Incoming
	Announced func(Incoming)
	// Concluded is what was announced before and ends with this booking: what is incoming falls by it.
	Concluded Incoming
	// Points, when not nil, is a change of points that is booked after the entry, in the same unit.
	Points *Points
	// Above, when not nil, is called with the limit that the wallet is above once the booking has
	// credited cash, or with nil. Like Fill it may be called again.
	Above func(*ports.LimitError)
	// Debit says that a frozen wallet refuses it.
	Debit bool
	// Watch, when not nil, replaces the wallet's watch.
	Watch *ports.Watch
	// Operations are written as they are: see [ports.Unit]. They belong to the ledger
	// until Book returns, and for good when it answers [ports.ErrUndecided].
	Operations []ports.Operation
	// Check, when not nil, judges the wallet as it is before the booking is applied, on
	// the state that the unit is written on; its error refuses the booking. It must be
	// quick, change nothing, and may be called again when another writer was faster.
	Check func(*ports.Wallet) error
	// Fill, when not nil, is called with the entry as it is about to be written,
	// so that its number can be kept in one of Operations. It may be called again
	// when another writer was faster.
	Fill func(*ports.Entry)
	Note
}

// Closing is how a wallet is wound up: what is left in it is forfeited, as far as it may be, and
// the wallet is closed.
type Closing struct {
	By            ports.By        // the entries keep both
	Points        bool            // points may be forfeited
	Cash          decimal.Decimal // is forfeited; a wallet that has cash, and not exactly so much, stays open
	DespiteFreeze bool            // a frozen wallet may be closed
	// Done is called with the number of the entry that closes the wallet, or with zero and what keeps
	// the wallet open: [ports.ErrOpenOperations], [ports.ErrNotEmpty] or [ports.ErrFrozen]. Nil with an
	// entry of type EntryClose. Like Fill it may be called again.
	Done func(seq int64, stays error)
}

// Attached is an operation that is written atomically with a recharge: a claim, so that one of
// two processes that ask for the same need gets [ports.ErrConflict].
type Attached struct {
	Operation ports.Operation           // of the same wallet, at its next version
	Watch     *ports.Watch              // as in [Booking]
	Check     func(*ports.Wallet) error // as in [Booking]

	// Wanted, when not nil, is asked once both are written and before anything is sent:
	// a refusal ends the order, as one of [ports.Charger].Prepare does. At that point all
	// earlier writes are visible.
	Wanted func(context.Context) (refusal *ports.ChargeAnswer)
}

// Incoming is what an open recharge is going to bring: it counts against the limits of the wallet.
type Incoming struct {
	Cash  decimal.Decimal // in whole units of the wallet's currency, like Point
	Point decimal.Decimal
}

// Points is a change of the points of one lot that goes with a booking, as an entry of its own. It
// never refuses the booking: what cannot be granted, taken back or given back is left out.
type Points struct {
	// Wants returns the change, with at most so many digits after the decimal point. It is granted as
	// a new lot where Lot has no id. Otherwise it is given back to Lot, or, where it is negative, taken
	// back from Lot as far as it is there and not held.
	Wants func(scale int32) decimal.Decimal
	Lot   ports.LotChange // the id and the terms; its amounts are not read
	Memo  string
	// Done is called with the number of the entry and the signed change, or with zeros where no
	// entry was booked. Like Fill it may be called again.
	Done func(seq int64, change decimal.Decimal)
}
