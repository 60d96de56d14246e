package simulation_test

import (
	"cmp"
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/ports"
)

// bookkeeper reads the history of a wallet as a person would, and looks for what should
// not be there: it shares no code with the rules that wrote it.
type bookkeeper struct {
	frozen bool
	closed bool
	lots   map[int64]*lot
	taken  map[int64]decimal.Decimal // by each entry
	given  map[int64]decimal.Decimal // back to it by refunds
}

type lot struct {
	id        int64
	free      decimal.Decimal // neither spent nor held
	expiresAt time.Time
	priority  int32
	revoked   decimal.Decimal
}

func newBookkeeper() *bookkeeper {
	return &bookkeeper{lots: make(map[int64]*lot), taken: make(map[int64]decimal.Decimal), given: make(map[int64]decimal.Decimal)}
}

// next reads the entry that follows.
func (b *bookkeeper) next(e *ports.Entry) error {
	if b.closed {
		return fmt.Errorf("entry %d: %s of a closed wallet", e.Seq, e.Type)
	}
	switch e.Type { //nolint:exhaustive // the others ask for nothing
	case ports.EntryClose:
		b.closed = true
		if !e.NewBalance.IsZero() || !e.NewPoint.IsZero() {
			return fmt.Errorf("entry %d: closed with %s and %s points", e.Seq, e.NewBalance, e.NewPoint)
		}
	case ports.EntryFreeze:
		b.frozen = true
	case ports.EntryUnfreeze:
		b.frozen = false
	case ports.EntryDeduct, ports.EntryHold, ports.EntryCapture, ports.EntryTransferOut, ports.EntryWithdraw:
		if b.frozen {
			return fmt.Errorf("entry %d: %s of a frozen wallet", e.Seq, e.Type)
		}
	case ports.EntryRefund:
		b.given[e.RefersTo] = b.given[e.RefersTo].Add(e.BalanceAmount).Add(e.PointAmount)
		if b.given[e.RefersTo].GreaterThan(b.taken[e.RefersTo]) {
			return fmt.Errorf("entry %d: refunds of entry %d give back %s of %s", e.Seq, e.RefersTo, b.given[e.RefersTo], b.taken[e.RefersTo])
		}
	}
	b.taken[e.Seq] = e.BalanceAmount.Add(e.PointAmount).Neg()
	for i := range e.Lots {
		if err := b.apply(e, &e.Lots[i]); err != nil {
			return err
		}
	}
	if e.Type == ports.EntryDeduct || e.Type == ports.EntryHold {
		return b.spent(e)
	}
	return nil
}

// apply keeps what an entry does to a lot: no more is revoked than is there and not held, and no more comes
// back than revocations took.
func (b *bookkeeper) apply(e *ports.Entry, c *ports.LotChange) error {
	l := b.lots[c.LotID]
	if l == nil {
		l = &lot{id: c.LotID, expiresAt: c.ExpiresAt, priority: c.Priority}
		b.lots[c.LotID] = l
	}
	l.free = l.free.Add(c.Amount).Sub(c.HeldAmount)
	if e.Type == ports.EntryRevoke || e.Type == ports.EntryRevokeBack {
		l.revoked = l.revoked.Sub(c.Amount)
	}
	if l.free.IsNegative() || l.revoked.IsNegative() {
		return fmt.Errorf("entry %d: %s leaves %s of lot %d, of which %s are revoked", e.Seq, e.Type, l.free, l.id, l.revoked)
	}
	return nil
}

// spent checks that no expired lot was used, and none while one was left that goes
// first.
func (b *bookkeeper) spent(e *ports.Entry) error {
	for i := range e.Lots {
		used := b.lots[e.Lots[i].LotID]
		if used.expired(e.BookedAt) {
			return fmt.Errorf("entry %d: uses lot %d, which has expired", e.Seq, used.id)
		}
		for _, other := range b.lots {
			if other.before(used) && other.free.IsPositive() && !other.expired(e.BookedAt) {
				return fmt.Errorf("entry %d: uses lot %d, and leaves %s of lot %d", e.Seq, used.id, other.free, other.id)
			}
		}
	}
	return nil
}

func (l *lot) expired(now time.Time) bool { return !l.expiresAt.IsZero() && !now.Before(l.expiresAt) }

// before reports whether l is to be spent before other: the nearer expiry, then the
// lower priority, then the older.
func (l *lot) before(other *lot) bool {
	never := time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)
	end := func(l *lot) time.Time {
		if l.expiresAt.IsZero() {
			return never
		}
		return l.expiresAt
	}
	return cmp.Or(end(l).Compare(end(other)), cmp.Compare(l.priority, other.priority), cmp.Compare(l.id, other.id)) < 0
}
