package simulation_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/jigap/jigap/ports"
)

// checkAlways checks what holds at any moment of a run.
func (w *world) checkAlways() error {
	if err := w.blamed(); err != nil {
		return err
	}
	if w.feed.fault != nil {
		return w.feed.fault
	}
	a, err := newAudit(w.ctx, w.store)
	if err != nil {
		return err
	}
	return a.always()
}

// checkAtRest checks everything once nothing is under way.
func (w *world) checkAtRest() error {
	if err := w.checkAlways(); err != nil {
		return err
	}
	return checkAll(w.ctx, w.store, w.providers, &w.feed, w.asked, w.repeat, w.count)
}

// checkAll checks a store at rest: by itself, against the providers' books, against what
// the reader of the feed saw, and against what hosts were told.
func checkAll(ctx context.Context, store ports.Store, p *providers, feed *reader, made []*asked,
	repeat func(*request) (string, error), count func(group, name string),
) error {
	a, err := newAudit(ctx, store)
	if err != nil {
		return err
	}
	if err := a.always(); err != nil {
		return err
	}
	if err := a.atRest(p.books()); err != nil {
		return err
	}
	if err := a.asAsked(made); err != nil {
		return err
	}
	if err := a.delegations(p, made); err != nil {
		return err
	}
	for _, op := range a.ops {
		count("operations ended", string(op.Head().Kind)+" "+op.StatusText())
		if r, ok := op.(*ports.Recharge); ok {
			count("bonuses", bonusName(r))
			if p.fell(r.ID) {
				count("deposits that failed", r.StatusText())
			}
			if r.Charger == viaCards {
				count("cards at Toss", awaitedName(r))
			}
			if isAwaited(r.Charger) {
				count("awaited", awaitedName(r))
			}
		}
		if w, ok := op.(*ports.Withdrawal); ok && w.Leaving != nil {
			count("wound up", map[bool]string{true: "kept open", false: "closed"}[w.Leaving.ClosedSeq == 0]+", "+op.StatusText())
		}
	}
	if err := a.feed(feed); err != nil {
		return err
	}
	return a.keys(feed, made, repeat)
}

// feed reads the rest of the feed: then each entry was seen once.
func (a *audit) feed(r *reader) error {
	for {
		entries, err := a.ledger.Feed(a.ctx, r.cursor, 1_000)
		if err != nil {
			return err
		}
		for i := range entries {
			r.keep(&entries[i])
		}
		if len(entries) == 0 {
			break
		}
	}
	for i := range a.wallets {
		if id := a.wallets[i].ID; r.seen[id] != a.wallets[i].Seq {
			return fmt.Errorf("feed: saw %d entries of wallet %s, which has %d", r.seen[id], id, a.wallets[i].Seq)
		}
	}
	return r.fault
}

// keys makes every request again: an acknowledged one was booked as it was asked for and
// gives the same answer, one that was refused left nothing under its key; and nothing is
// booked by asking.
func (a *audit) keys(feed *reader, made []*asked, repeat func(*request) (string, error)) error {
	before := feed.total
	for _, m := range made {
		if m.Key == "" {
			continue
		}
		entry, err := a.ledger.EntryByKey(a.ctx, m.Wallet, m.Key)
		switch {
		case m.ending == refused && err == nil:
			return fmt.Errorf("request %d (%s) was refused, and is booked", m.Number, m.request)
		case m.ending == acknowledged && err != nil:
			return fmt.Errorf("request %d (%s) was acknowledged: %w", m.Number, m.request, err)
		case m.ending != acknowledged:
			continue
		case !m.fits(&entry):
			return fmt.Errorf("request %d (%s) was acknowledged, and booked as %s of %s and %s points", m.Number, m.request, entry.Type, entry.BalanceAmount, entry.PointAmount)
		}
		if m.Kind == "leave" { // asked again, it closes a wallet that something kept open
			continue
		}
		if answer, err := repeat(m.request); err != nil || answer != m.answer {
			return fmt.Errorf("request %d (%s) was answered %q, then %q: %w", m.Number, m.request, m.answer, answer, err)
		}
		if err := otherContent(m.request, repeat); err != nil {
			return err
		}
	}
	if err := a.feed(feed); err != nil {
		return err
	}
	if feed.total != before {
		return fmt.Errorf("asking again booked %d entries", feed.total-before)
	}
	return nil
}

// otherContent makes a request of another amount under the same key.
func otherContent(r *request, repeat func(*request) (string, error)) error {
	if r.Amount == 0 || r.All {
		return nil
	}
	other := *r
	other.Amount *= 2
	if answer, err := repeat(&other); !errors.Is(err, ports.ErrKeyReused) {
		return fmt.Errorf("request %d (%s) with another amount was answered %q: %w", r.Number, r, answer, err)
	}
	return nil
}

// fits reports whether an entry moves what the request asked for.
func (r *request) fits(e *ports.Entry) bool {
	asked, moved := r.amount(), e.BalanceAmount.Add(e.PointAmount)
	if r.TooFine || r.crosses() {
		return false // it had to be refused
	}
	switch r.Kind {
	case "revoke":
		return e.Type == ports.EntryRevoke && e.RefersTo == r.Lot && moved.IsNegative()
	case "deposit", "grant":
		return moved.Equal(asked)
	case "refund":
		return moved.Equal(asked) || r.All
	case "deduct", "transfer", "capture", "withdraw", "cancel part":
		return moved.Equal(asked.Neg())
	case "hold":
		return e.BalanceHeldAmount.Add(e.PointHeldAmount).Equal(asked)
	}
	return true
}
