package ledger

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jigap/jigap/ports"
)

// A hold counts as given back from the moment at which it expires. A judgement books that
// before anything else; a read leaves the hold out. The wallet's HoldExpiry tells when there
// is something to look for.

const (
	// maxDue is how many holds one unit gives back because they have expired. Where there are
	// more, units of their own come before the one that is asked for.
	maxDue = 100
	// fewDue is how many holds are read at first: most often one or two have expired.
	fewDue = 8
	// maxLooks bounds how often a read of a wallet begins anew because the wallet was written
	// while its holds were read.
	maxLooks = 100
)

// latest is the last moment at which a hold can expire.
func latest() time.Time { return time.Date(9999, 12, 31, 23, 59, 59, 999_999_000, time.UTC) }

// moreDueError is a refusal for now: more holds of the wallet have expired than one unit
// gives back.
type moreDueError struct{ walletID string }

func (e *moreDueError) Error() string {
	return fmt.Sprintf("more than %d holds of wallet %s have expired", maxDue, e.walletID)
}

// dueHolds are open holds of a wallet that have expired, the longest expired first.
type dueHolds struct {
	holds []*ports.Hold
	next  time.Time // when the first of the others expires; zero: none does
	more  bool      // the first of the others has expired too
}

// holdsDue reports whether holds of the wallet may have expired at a time.
func holdsDue(w *ports.Wallet, at time.Time) bool {
	return !w.HoldExpiry.IsZero() && !w.HoldExpiry.After(at)
}

// expired reports whether the hold counts as given back at a time.
func expired(hold *ports.Hold, at time.Time) bool {
	return hold.Open && !hold.DueAt.IsZero() && !hold.DueAt.After(at)
}

// readDue reads up to most holds of the wallet that have expired at a time.
func readDue(ctx context.Context, from ports.OperationReader, walletID string, at time.Time, most int) (*dueHolds, error) {
	var found []ports.Operation
	for _, limit := range [...]int{min(fewDue, most+1), most + 1} {
		var err error
		found, err = from.FindOperations(ctx, ports.OperationFilter{
			Kind: ports.KindHold, WalletID: walletID, Open: true, DueBy: latest(), Limit: limit,
		})
		if err != nil {
			return nil, fmt.Errorf("find holds that have expired: %w", err)
		}
		if len(found) < limit || found[limit-1].Head().DueAt.After(at) {
			break
		}
	}
	due := new(dueHolds)
	for _, op := range found {
		hold, ok := op.(*ports.Hold)
		if !ok {
			continue
		}
		if len(due.holds) == most || !expired(hold, at) {
			due.next, due.more = hold.DueAt, expired(hold, at)
			break
		}
		due.holds = append(due.holds, hold)
	}
	return due, nil
}

// loadDue reads, for wallets of which holds may have expired, which have. It runs after the
// wallets were read: so the holds are as the wallets say, or a wallet has been written since,
// which its commit finds out. Refusals have no commit: a wallet that was read in this round,
// on which they may be judged, is read again.
func (r *round) loadDue(ctx context.Context, from ports.Store) error {
	wallets := r.walletsDue()
	if len(wallets) == 0 {
		return nil
	}
	unread := make(map[string]error)
	var again []string
	var down error // of a store that answers no read
	for _, w := range wallets {
		var due *dueHolds
		err := down
		if err == nil {
			due, err = readDue(ctx, from, w.ID, later(r.now, w.BookedAt), maxDue)
		}
		switch {
		case err == nil && r.loaded[w.ID] && r.apart():
			again = append(again, w.ID)
		case err != nil && !narrows(ctx, err):
			down = err
		}
		r.dues[w.ID], unread[w.ID] = due, err
	}
	if err := r.stillThere(ctx, from, again); err != nil {
		for _, id := range again {
			unread[id] = err
		}
	}
	return r.miss(func(c *command) error {
		if err := unread[c.walletID]; err != nil {
			return err
		}
		return unread[c.peerID]
	})
}

// walletsDue returns the wallets of the round's commands of which holds may have expired.
func (r *round) walletsDue() (list []*ports.Wallet) {
	for c := range r.commands() {
		for _, id := range [...]string{c.walletID, c.peerID} {
			w := r.cache.get(id)
			if w != nil && holdsDue(w, later(r.now, w.BookedAt)) && !slices.Contains(list, w) {
				list = append(list, w)
			}
		}
	}
	return list
}

// stillThere reads wallets again, and notes which have been written since they were read.
func (r *round) stillThere(ctx context.Context, from ports.Store, ids []string) error {
	if len(ids) == 0 {
		return nil
	}
	found, err := from.Wallets(ctx, ids)
	if err != nil {
		return err
	}
	for _, id := range ids {
		delete(r.loaded, id)
	}
	for i := range found {
		w := r.cache.get(found[i].ID)
		if w != nil && w.Version == found[i].Version && w.Hash == found[i].Hash {
			r.loaded[w.ID] = true
		}
	}
	return nil
}

// endDue books the end of the holds of w that have expired, each with what then expires of
// the points that it had kept.
func (b *draft) endDue(w *ports.Wallet) error {
	if !holdsDue(w, later(b.now, w.BookedAt)) {
		return nil
	}
	due, sweeps := b.dues[w.ID], b.command.sweeps
	switch {
	case due == nil: // loadDue reads them for every wallet of the round
		return errInvariant
	case due.more && sweeps == 0:
		return &moreDueError{w.ID}
	case len(due.holds) > 0 && b.hasEnded(due.holds[0].ID): // by a command before, of this unit
		if sweeps > 0 {
			return errNothing
		}
		return &moreDueError{w.ID}
	}
	holds := due.holds
	if sweeps > 0 {
		holds = holds[:min(len(holds), sweeps)]
	}
	for _, found := range holds {
		if err := b.endExpired(w, found); err != nil {
			return err
		}
	}
	if w.HoldExpiry = due.next; len(holds) < len(due.holds) {
		w.HoldExpiry = due.holds[len(holds)].DueAt
	}
	return nil
}

// hasEnded reports whether the unit ends the hold.
func (b *draft) hasEnded(id string) bool {
	return slices.ContainsFunc(b.operations, func(op ports.Operation) bool {
		head := op.Head()
		return head.ID == id && !head.Open
	})
}

// endExpired books the end of a hold that has expired. It happened when the hold expired.
func (b *draft) endExpired(w *ports.Wallet, found *ports.Hold) error {
	ended := *found
	hold, at := &ended, found.DueAt
	hold.Version++
	hold.UpdatedAt = b.now
	b.close(w, hold, ports.HoldExpired)
	rest := released(hold)
	b.operations = append(b.operations, hold)
	entry := ports.Entry{Type: ports.EntryHoldExpire, OperationID: hold.ID, OccurredAt: at}
	if _, err := b.append(w, &entry, &rest); err != nil {
		return err
	}
	return b.expire(w, at)
}

// endHolds gives back up to most holds of a wallet that have expired, and returns how many.
func (l *Ledger) endHolds(ctx context.Context, walletID string, most int) (int, error) {
	c := &command{name: "expire holds of", walletID: walletID, sweeps: min(most, maxDue)}
	done := 0
	c.apply = func(b *draft) error {
		before := len(b.operations)
		if _, err := b.own(); err != nil {
			return err
		}
		if done = len(b.operations) - before; done == 0 {
			return errNothing
		}
		return nil
	}
	_, err := l.queue(walletID).do(ctx, c)
	if errors.Is(err, errNothing) || errors.Is(err, ports.ErrClosed) { // a closed wallet has no holds
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	return done, nil
}

// withoutDue returns the wallet, as it was read, less the holds that have expired at a time,
// which may be that of the wallet's last entry.
func (l *Ledger) withoutDue(ctx context.Context, w *ports.Wallet, at func(*ports.Wallet) time.Time) (*ports.Wallet, error) {
	for range maxLooks {
		if !holdsDue(w, at(w)) {
			return w, nil
		}
		due, err := readAllDue(ctx, l.store, w.ID, at(w))
		if err != nil {
			return nil, err
		}
		again, err := l.store.Wallets(ctx, []string{w.ID})
		switch {
		case err != nil:
			return nil, err
		case len(again) == 0:
			return nil, ports.ErrNotFound
		case again[0].Version == w.Version && again[0].Hash == w.Hash:
			return less(w, due), nil
		}
		w = &again[0]
	}
	return nil, fmt.Errorf("%w: it was written again and again while it was read", ports.ErrConflict)
}

// readAllDue reads all holds of the wallet that have expired.
func readAllDue(ctx context.Context, from ports.OperationReader, walletID string, at time.Time) (*dueHolds, error) {
	for most := maxDue; ; most *= 10 {
		due, err := readDue(ctx, from, walletID, at, most)
		if err != nil || !due.more {
			return due, err
		}
	}
}

// less returns the wallet without the holds.
func less(w *ports.Wallet, due *dueHolds) *ports.Wallet {
	c := w.Clone()
	for _, hold := range due.holds {
		c.OpenOperations--
		c.BalanceHeld = minus(c.BalanceHeld, hold.Balance)
		c.PointHeld = minus(c.PointHeld, hold.Point())
		for i := range hold.Lots {
			kept := &hold.Lots[i]
			at := slices.IndexFunc(c.Lots, func(lot ports.PointLot) bool { return lot.ID == kept.LotID })
			if at >= 0 {
				c.Lots[at].Held = minus(c.Lots[at].Held, kept.Amount)
			}
		}
	}
	c.HoldExpiry = due.next
	return &c
}

// presentHold makes of the hold, and returns, what it is at now: one that has expired has ended.
func presentHold(hold *ports.Hold, now time.Time) *ports.Hold {
	if expired(hold, now) {
		hold.Status, hold.Open, hold.DueAt = ports.HoldExpired, false, time.Time{}
		released(hold)
	}
	return hold
}
