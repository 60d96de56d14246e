package ledger

import (
	"log/slog"
	"slices"
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
	buffers    []lotBuffers
	dropped    bool // joined with another unit
	committed  bool
}

// lotBuffers are slices for the lots of a wallet of the unit.
type lotBuffers struct {
	wallet *ports.Wallet
	lots   [2][]ports.PointLot
}

// clear makes the unit ready to be used again.
func (u *unit) clear() {
	clear(u.wallets)
	clear(u.written)
	clear(u.entries)
	clear(u.operations)
	clear(u.requests)
	clear(u.buffers)
	*u = unit{
		wallets: u.wallets[:0], changed: u.changed[:0], written: u.written[:0], entries: u.entries[:0],
		operations: u.operations[:0], requests: u.requests[:0], buffers: u.buffers[:0],
	}
}

// cut takes back entries and operations behind the first so many.
func (u *unit) cut(entries, operations int) {
	clear(u.entries[entries:])
	clear(u.operations[operations:])
	u.entries, u.operations = u.entries[:entries], u.operations[:operations]
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

// draft is what the rule of one command sees and changes: the unit it becomes
// part of, and what was read for it.
type draft struct {
	*unit
	command    *command
	now        time.Time
	original   *debit               // the entry under command.originalKey
	operation  ports.Operation      // the operation of command.operationID
	dues       map[string]*dueHolds // holds that have expired, by wallet
	receipt    int                  // index in entries of the entry to answer with; -1: none
	replaced   ports.Operation      // what hold put a later state in the place of, to be restored on a refusal
	replacedAt int                  // where in operations; -1: nowhere
	copied     [2]*ports.Wallet     // whose lots this command has in a copy of its own
	newID      func() string
	limits     func(*ports.Wallet) Limits // of the ledger's Config; nil: none
	logger     *slog.Logger
}

// own returns the wallet of the command, ready to be changed. Points that have expired are
// booked out first, and holds that have expired given back, so that rules need not know of
// either.
func (b *draft) own() (*ports.Wallet, error) { return b.ready(b.command.walletID) }

func (b *draft) ready(id string) (*ports.Wallet, error) {
	w := b.wallet(id)
	switch {
	case w == nil || w.Seq == 0:
		return nil, ports.ErrNotFound
	case w.Status == ports.WalletClosed:
		return nil, ports.ErrClosed
	}
	if err := b.expire(w, w.BookedAt); err != nil {
		return nil, err
	}
	if err := b.endDue(w); err != nil {
		return nil, err
	}
	return w, nil
}

// debitable is own for an operation that takes something away.
func (b *draft) debitable() (*ports.Wallet, error) {
	w, err := b.own()
	if err == nil && w.Status == ports.WalletFrozen {
		return nil, ports.ErrFrozen
	}
	return w, err
}

// expire books an entry for each lot of w that has lapsed: what is not held of it goes.
// It happened when the lot expired. Points that are in a lot which had expired before came
// back to it since, with the last entry or the end of a hold, for every operation books out
// before anything else: they expired when they came back.
func (b *draft) expire(w *ports.Wallet, back time.Time) error {
	now := later(b.now, w.BookedAt)
	first := lapsed(w.Lots, now)
	if first < 0 {
		return nil
	}
	b.ownLots(w)
	lots := w.Lots
	kept := lots[:first] // in place: what is kept moves up
	var changes []ports.LotChange
	for i := first; i < len(lots); i++ {
		lot := lots[i]
		if !lot.Expired(now) {
			kept = append(kept, lots[i:]...)
			break
		}
		if gone := minus(lot.Amount, lot.Held).Neg(); !gone.IsZero() {
			changes = append(changes, ports.LotChange{LotID: lot.ID, Amount: gone, ExpiresAt: lot.ExpiresAt, Priority: lot.Priority})
		}
		if lot.Amount = lot.Held; !lot.Held.IsZero() {
			kept = append(kept, lot)
		}
	}
	b.entries = slices.Grow(b.entries, len(changes))
	for i := range changes {
		c := change{point: changes[i].Amount, lots: changes[i : i+1 : i+1]}
		entry := ports.Entry{Type: ports.EntryExpire, Counterparty: ports.AccountPointExpense, OccurredAt: later(changes[i].ExpiresAt, back)}
		if _, err := b.appendTo(w, &entry, &c, &change{point: c.point}); err != nil {
			return err
		}
	}
	clear(lots[len(kept):])
	w.Lots = kept
	return nil
}

// ownLots lets the command change the lots of w in place: from then on w has them in a
// copy. What w had before stays as it is, for a refusal to go back to. What it had before
// that in this unit is of no use any more, and the copy is made there.
func (b *draft) ownLots(w *ports.Wallet) {
	switch {
	case b.copied[0] == w || b.copied[1] == w:
		return
	case b.copied[0] == nil:
		b.copied[0] = w
	default:
		b.copied[1] = w // a transfer changes two wallets, and nothing changes three
	}
	buffers := b.buffersOf(w)
	free := &buffers[0]
	if sameArray(*free, w.Lots) {
		free = &buffers[1]
	}
	if cap(*free) < len(w.Lots) {
		*free = make([]ports.PointLot, 0, len(w.Lots)+1)
	}
	*free = append((*free)[:0], w.Lots...)
	w.Lots = *free
}

// buffersOf returns the two slices in which the lots of w are, by turns, while the unit is
// put together. They are the unit's as long as it is: then the one that w has is kept.
func (u *unit) buffersOf(w *ports.Wallet) *[2][]ports.PointLot {
	for i := range u.buffers {
		if u.buffers[i].wallet == w {
			return &u.buffers[i].lots
		}
	}
	u.buffers = append(u.buffers, lotBuffers{wallet: w})
	return &u.buffers[len(u.buffers)-1].lots
}

// sameArray reports whether two slices begin at the same place.
func sameArray(a, b []ports.PointLot) bool {
	return cap(a) > 0 && cap(b) > 0 && &a[:1][0] == &b[:1][0]
}

// book appends the entry of the command itself, with its key, digest and note.
func (b *draft) book(w *ports.Wallet, entry *ports.Entry, c *change) (*ports.Entry, error) {
	note := &b.command.note
	entry.Key, entry.Digest = b.command.key, b.command.digest
	entry.Reference, entry.Memo, entry.Metadata = note.Reference, note.Memo, note.Metadata
	entry.Who = b.command.who
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
func (b *draft) append(w *ports.Wallet, entry *ports.Entry, c *change) (*ports.Entry, error) {
	return b.appendTo(w, entry, c, c)
}

// appendTo is append of an entry about c when only rest of it is to be carried out.
func (b *draft) appendTo(w *ports.Wallet, entry *ports.Entry, c, rest *change) (*ports.Entry, error) {
	entry.OldBalance, entry.OldPoint = w.Balance, w.Point
	if len(rest.lots) > 0 {
		b.ownLots(w)
	}
	if err := apply(w, rest); err != nil {
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
