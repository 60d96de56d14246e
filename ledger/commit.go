package ledger

import (
	"context"
	"fmt"

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
	fates := r.line.ledger.store.Commit(ctx, r.writes)
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
	for _, w := range u.wallets {
		w.Version++
		u.written = append(u.written, *w)
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
		return u.requestsOf(fate.Keys)
	case ports.FateOperationConflict:
		u.answerForeign(fate.IDs, func() error { return ports.ErrConflict })
	case ports.FateLaneTaken:
		if len(fate.IDs) == 2 {
			u.answerForeign(fate.IDs[:1], func() error { return u.laneTaken(fate.IDs) })
		}
	case ports.FateFailed:
		r.forgetAll(u)
		fail(u.requests, fate.Err)
	case ports.FateUndecided:
		r.forgetAll(u)
		fail(u.requests, fmt.Errorf("%w: %w", ports.ErrUndecided, orUnknown(fate.Err)))
	}
	return nil
}

func (r *round) committed(u *unit) {
	u.committed = true
	for _, w := range u.wallets {
		r.line.remember(w)
	}
	r.line.observe(u)
	for _, request := range u.requests {
		receipt := new(Receipt)
		if request.index >= 0 {
			receipt.Entry = u.entries[request.index]
		}
		request.answer(receipt, nil)
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
