package ledger

import (
	"context"
	"fmt"
	"slices"

	"github.com/jigap/jigap/ports"
)

// commit writes the units of the round and answers the requests whose fate it
// learns. It returns those whose key turned out to be taken.
func (r *round) commit(ctx context.Context) (taken []*request) {
	for _, u := range r.units {
		if u.writes() {
			r.writes = append(r.writes, u.write())
		}
	}
	if len(r.writes) == 0 {
		return nil
	}
	r.line.committing = true
	fates := r.line.ledger.store.Commit(ctx, r.writes)
	r.line.committing = false
	for _, u := range r.units {
		if !u.writes() {
			continue
		}
		fate := ports.Fate{Err: errNoFate}
		if len(fates) > 0 {
			fate, fates = fates[0], fates[1:]
		}
		taken = append(taken, r.settle(u, fate)...)
	}
	return taken
}

// writes reports whether any command left something to be written.
func (u *unit) writes() bool { return len(u.requests) > 0 && !u.dropped }

// write returns the unit as the store takes it. From here on the wallets carry the
// version that they will have.
func (u *unit) write() ports.Unit {
	for i, w := range u.wallets {
		if u.changed[i] {
			w.Version++
			u.written = append(u.written, *w)
		}
	}
	return ports.Unit{Wallets: u.written, Entries: u.entries, Operations: u.operations}
}

// settle answers the requests of a unit by its fate, as far as that decides them.
// Those that it does not decide are tried again. It returns those whose key is
// taken.
func (r *round) settle(u *unit, fate ports.Fate) (taken []*request) {
	switch fate.Status {
	case ports.FateCommitted:
		r.committed(u)
	case ports.FateConflict:
		r.forgetAll(u)
	case ports.FateKeyTaken:
		taken = u.requestsOf(fate.Keys)
		r.decided(u, len(taken) > 0)
	case ports.FateOperationConflict:
		own := u.about(fate.IDs)
		u.answerForeign(fate.IDs, func() error { return ports.ErrConflict })
		r.decided(u, own)
	case ports.FateLaneTaken:
		named := len(fate.IDs) == 2 && u.about(fate.IDs[:1])
		if named {
			u.answerForeign(fate.IDs[:1], func() error { return u.laneTaken(fate.IDs) })
		}
		r.decided(u, named)
	case ports.FateFailed:
		r.forgetAll(u)
		fail(u.requests, orUnknown(fate.Err))
	case ports.FateUndecided:
		r.undecided(u, fate.Err)
	default: // a fate of a later version: assume least
		r.undecided(u, errNoFate)
	}
	return taken
}

func (r *round) undecided(u *unit, err error) {
	r.forgetAll(u)
	fail(u.requests, fmt.Errorf("%w: %w", ports.ErrUndecided, orUnknown(err)))
}

// decided fails the requests of a unit whose refusal named nothing in it: trying them
// again would go on for ever.
func (r *round) decided(u *unit, named bool) {
	if !named {
		r.forgetAll(u)
		fail(u.requests, errNoFate)
	}
}

// about reports whether the unit writes any of the operations.
func (u *unit) about(ids []string) bool {
	for _, op := range u.operations {
		if slices.Contains(ids, op.Head().ID) {
			return true
		}
	}
	return false
}

func (r *round) committed(u *unit) {
	u.committed = true
	for i, w := range u.wallets {
		if u.changed[i] {
			r.line.remember(w)
		}
	}
	for _, op := range u.operations {
		r.wrote[op.Head().ID] = op.Head().Version
	}
	r.line.observe(u)
	for _, request := range u.requests {
		receipt := new(Receipt)
		if request.index >= 0 {
			receipt.Entry = u.entries[request.index]
		}
		request.answerTwins(receipt)
		request.answer(receipt, nil)
	}
}

// answerTwins answers requests of the same round under the same key, now that the
// first of them is booked.
func (r *request) answerTwins(receipt *Receipt) {
	for _, twin := range r.twins {
		if twin.command.digest == r.command.digest {
			twin.answer(&Receipt{Entry: receipt.Entry.Clone(), Replayed: true}, nil)
		} else {
			twin.answer(nil, ports.ErrKeyReused)
		}
	}
}

func (r *round) forgetAll(u *unit) {
	for _, w := range u.wallets {
		delete(r.line.cache, w.ID)
	}
}

// requestsOf returns the requests that use one of the keys.
func (u *unit) requestsOf(keys []ports.EntryKey) (found []*request) {
	for _, request := range u.requests {
		for _, key := range keys {
			if request.command.walletID == key.WalletID && request.command.key == key.Key {
				found = append(found, request)
				break
			}
		}
	}
	return found
}

// answerForeign answers requests that write one of the operations, if the caller
// computed it: only the caller can compute it again. The ledger's own holds are
// read again in the next round.
func (u *unit) answerForeign(ids []string, answer func() error) {
	for _, request := range u.requests {
		for _, id := range ids {
			if request.command.writes(id) && !request.settled {
				request.answer(nil, answer())
			}
		}
	}
}

func (u *unit) laneTaken(ids []string) error {
	for _, op := range u.operations {
		if head := op.Head(); head.ID == ids[0] {
			return &ports.LaneTakenError{Lane: head.Lane, OperationID: ids[1]}
		}
	}
	return ports.ErrLaneTaken
}

func orUnknown(err error) error {
	if err == nil {
		return errNoFate
	}
	return err
}
