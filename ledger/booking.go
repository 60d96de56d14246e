package ledger

import (
	"time"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/ports"
)

// unit is a [ports.Unit] being put together from the commands of one round, with
// the wallets as those commands leave them.
type unit struct {
	wallets    []*ports.Wallet
	changed    []bool         // which of wallets a command changed
	written    []ports.Wallet // the changed wallets as the store takes them
	entries    []ports.Entry
	operations []ports.Operation
	requests   []*request
	dropped    bool // joined with another unit
	committed  bool
}

// clear makes the unit ready to be used again.
func (u *unit) clear() {
	clear(u.wallets)
	clear(u.written)
	clear(u.entries)
	clear(u.operations)
	clear(u.requests)
	*u = unit{
		wallets: u.wallets[:0], changed: u.changed[:0], written: u.written[:0], entries: u.entries[:0],
		operations: u.operations[:0], requests: u.requests[:0],
	}
}

// change notes that a command changed the wallet.
func (u *unit) change(id string) {
	for i, w := range u.wallets {
		if w.ID == id {
			u.changed[i] = true
		}
	}
}

// hasChanged reports whether any command changed the wallet.
func (u *unit) hasChanged(id string) bool {
	for i, w := range u.wallets {
		if w.ID == id {
			return u.changed[i]
		}
	}
	return false
}

func (u *unit) wallet(id string) *ports.Wallet {
	for _, w := range u.wallets {
		if w.ID == id {
			return w
		}
	}
	return nil
}

// booking is what the rule of one command sees and changes: the unit it becomes
// part of, and what was read for it.
type booking struct {
	*unit
	command    *command
	now        time.Time
	original   *debit          // the entry under command.originalKey
	operation  ports.Operation // the operation of command.operationID
	receipt    int             // index in entries of the entry to answer with; -1: none
	replaced   ports.Operation // what hold put a later state in the place of, to be restored on a refusal
	replacedAt int             // where in operations; -1: nowhere
	newID      func() string
}

// own returns the wallet of the command, ready to be changed. Points that have
// expired are booked out first, so that rules need not know of them.
func (b *booking) own() (*ports.Wallet, error) { return b.ready(b.command.walletID) }

func (b *booking) ready(id string) (*ports.Wallet, error) {
	w := b.wallet(id)
	switch {
	case w == nil || w.Seq == 0:
		return nil, ports.ErrNotFound
	case w.Status == ports.WalletClosed:
		return nil, ports.ErrClosed
	}
	if err := b.expire(w); err != nil {
		return nil, err
	}
	return w, nil
}

// debitable is own for an operation that takes something away.
func (b *booking) debitable() (*ports.Wallet, error) {
	w, err := b.own()
	if err == nil && w.Status == ports.WalletFrozen {
		return nil, ports.ErrFrozen
	}
	return w, err
}

// expire books an entry for each lot of w that has lapsed.
func (b *booking) expire(w *ports.Wallet) error {
	if len(w.Lots) == 0 {
		return nil
	}
	now := later(b.now, w.BookedAt)
	for lot := lapsed(w.Lots, now); lot != nil; lot = lapsed(w.Lots, now) {
		c := lapse(lot)
		entry := ports.Entry{Type: ports.EntryExpire, Counterparty: ports.AccountPointExpense, OccurredAt: lot.ExpiresAt}
		if _, err := b.append(w, &entry, &c); err != nil {
			return err
		}
	}
	return nil
}

// book appends the entry of the command itself, with its key, digest and note.
func (b *booking) book(w *ports.Wallet, entry *ports.Entry, c *change) (*ports.Entry, error) {
	note := &b.command.note
	entry.Key, entry.Digest = b.command.key, b.command.digest
	entry.Reference, entry.Memo, entry.Metadata = note.Reference, note.Memo, note.Metadata
	entry.OccurredAt = ports.Instant(note.OccurredAt)
	booked, err := b.append(w, entry, c)
	if err != nil {
		return nil, err
	}
	b.receipt = len(b.entries) - 1
	return booked, nil
}

// append carries c out on w and appends the entry that tells of it to the wallet's
// history. The entry it returns is good until the next one is appended.
func (b *booking) append(w *ports.Wallet, entry *ports.Entry, c *change) (*ports.Entry, error) {
	entry.OldBalance, entry.OldPoint = w.Balance, w.Point
	if err := apply(w, c); err != nil {
		return nil, err
	}
	w.Seq++
	w.BookedAt = later(b.now, w.BookedAt)
	entry.WalletID, entry.Seq, entry.Currency = w.ID, w.Seq, w.Currency
	entry.BalanceAmount, entry.PointAmount = c.balance, c.point
	entry.NewBalance, entry.NewPoint = w.Balance, w.Point
	entry.BalanceHeldAmount, entry.PointHeldAmount = c.balanceHeld, c.pointHeld
	entry.Lots = c.lots
	entry.BookedAt = w.BookedAt
	if entry.OccurredAt.IsZero() {
		entry.OccurredAt = entry.BookedAt
	}
	entry.PrevHash = w.Hash
	entry.Hash = Hash(entry)
	w.Hash = entry.Hash
	b.entries = append(b.entries, *entry)
	return &b.entries[len(b.entries)-1], nil
}

// inScale writes the caller's Amount in the wallet's scale.
func inScale(asked decimal.Decimal, w *ports.Wallet) (decimal.Decimal, error) {
	return ports.CheckAmount("Amount", asked, w.Scale)
}

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}
