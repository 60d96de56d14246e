package ledger

import (
	"context"
	"fmt"
	"slices"

	"github.com/jigap/jigap/ports"
)

// answer answers the requests of the round by the fates of its units, and those that
// were refused by what is known of the state that refused them. It runs when the commit
// is over, behind a lock or not, and reads the ledger's store.
func (r *round) answer(ctx context.Context, fates []ports.Fate) {
	var unresolved []*request
	for _, u := range r.units {
		if !u.writes() {
			continue
		}
		fate := ports.Fate{Err: errNoFate}
		if len(fates) > 0 {
			fate, fates = fates[0], fates[1:]
		}
		unresolved = append(unresolved, r.answerUnit(u, fate)...)
	}
	r.committing = false
	for _, request := range r.requests {
		if request.refusal == nil || request.answered {
			continue
		}
		if r.current(request) {
			unresolved = append(unresolved, request)
		} else {
			request.refusal = nil
			request.lost++
			r.forget(request.command)
		}
	}
	r.resolve(ctx, unresolved)
	r.giveUp()
}

// answerUnit answers the requests of a unit by its fate, as far as that decides them.
// Those that it does not decide are tried again. It returns those whose key is
// taken.
func (r *round) answerUnit(u *unit, fate ports.Fate) (taken []*request) {
	switch fate.Status {
	case ports.FateCommitted:
		r.committed(u)
	case ports.FateConflict:
		r.forgetAll(u)
		r.outrun(u, fate.IDs)
	case ports.FateKeyTaken:
		taken = u.requestsOf(fate.Keys)
		r.decided(u, len(taken) > 0)
	case ports.FateOperationConflict:
		own := u.about(fate.IDs)
		u.answerForeign(fate.IDs, ports.ErrConflict)
		r.decided(u, own)
	case ports.FateLaneTaken:
		named := len(fate.IDs) == 2 && u.about(fate.IDs[:1])
		if named {
			u.answerForeign(fate.IDs[:1], u.laneTaken(fate.IDs))
		}
		r.decided(u, named)
	case ports.FateBusy:
		r.forgetAll(u)
		r.keep(u.requests, fate.IDs, busy(fate.Err))
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

// outrun notes that other writers of the wallets were faster. When they are so again and
// again the requests are kept: the lock of the wallet gives them their turn.
func (r *round) outrun(u *unit, ids []string) {
	var behind []*request
	for _, request := range u.requests {
		request.conflicts++
		if r.aside || r.ledger.locker != nil && request.conflicts >= fairLosses {
			behind = append(behind, request)
		}
	}
	r.keep(behind, ids, fmt.Errorf("%w: others were faster again and again", ports.ErrConflict))
}

// keep notes which of the requests are about the wallets or operations that are named,
// and are not to be tried again at once; all of them, if none is. A request over a store
// that is bound to its caller's transaction has waited long enough.
func (r *round) keep(requests []*request, ids []string, excuse error) {
	if r.ledger.bound != nil {
		fail(requests, excuse)
		return
	}
	named := make(map[string]bool, len(ids))
	for _, id := range ids {
		named[id] = true
	}
	found := false
	for _, request := range requests {
		if request.kept = request.command.about(named); request.kept != "" {
			request.excuse, found = excuse, true
		}
	}
	if found {
		return
	}
	for _, request := range requests {
		request.kept, request.excuse = request.command.walletID, excuse
	}
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
			r.cache.put(w)
		}
	}
	for _, op := range u.operations {
		r.wrote[op.Head().ID] = op.Head().Version
		if hold, ok := op.(*ports.Hold); ok {
			r.ledger.holds.put(hold, r.ledger.ticks.now())
		}
	}
	r.observe(u)
	for _, request := range u.requests {
		receipt := new(Receipt)
		if request.index >= 0 {
			receipt.Entry = u.entries[request.index]
		}
		request.answerTwins(receipt)
		request.answer(receipt, nil)
	}
}

// observe tells the host's observer of what a unit booked.
func (r *round) observe(u *unit) {
	observer := r.ledger.config.Observer
	if observer == nil {
		return
	}
	defer func() {
		if cause := recover(); cause != nil {
			r.ledger.config.Logger.Error("observer panicked", "cause", fmt.Sprint(cause))
		}
	}()
	for i, w := range u.wallets {
		switch {
		case !u.changed[i]:
		case len(u.written) == 1:
			observer.Booked(w, u.entries)
		default:
			observer.Booked(w, entriesOf(u, w.ID))
		}
	}
}

func entriesOf(u *unit, walletID string) []ports.Entry {
	entries := make([]ports.Entry, 0, len(u.entries))
	for i := range u.entries {
		if u.entries[i].WalletID == walletID {
			entries = append(entries, u.entries[i])
		}
	}
	return entries
}

// answerTwins answers requests of the same round under the same key, now that the
// first of them is booked.
func (r *request) answerTwins(receipt *Receipt) {
	for _, twin := range r.twins {
		if twin.command.digest == r.command.digest {
			twin.answer(&Receipt{Entry: receipt.Entry.Clone(), Replayed: true}, nil)
		} else {
			twin.answer(nil, twin.command.reused(&receipt.Entry))
		}
	}
}

func (r *round) forgetAll(u *unit) {
	for _, w := range u.wallets {
		r.cache.forget(w.ID)
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
func (u *unit) answerForeign(ids []string, err error) {
	for _, request := range u.requests {
		if slices.ContainsFunc(ids, request.command.writes) {
			request.answer(nil, err)
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

// current reports whether the command was refused on a state that is known to have
// been current: one that was written over, or one read in this round and not changed
// since. An operation that was read before the round must have been written over.
func (r *round) current(request *request) bool {
	c := request.command
	if request.guesses() && !r.writtenOver(c) {
		return false
	}
	for _, id := range [...]string{c.walletID, c.peerID} {
		if id == "" {
			continue
		}
		u := r.byWallet[id]
		switch changed := u != nil && u.hasChanged(id); {
		case changed && u.committed:
		case !changed && r.loaded[id]:
		default:
			return false
		}
	}
	return true
}

// writtenOver reports whether the operation of the command was written in this round. It
// does not look at the record, which may be its caller's by now.
func (r *round) writtenOver(c *command) bool {
	_, wrote := r.wrote[c.operationID]
	return wrote
}

// forget makes the next round read the wallets of the command again.
func (r *round) forget(c *command) {
	r.cache.forget(c.walletID)
	r.cache.forget(c.peerID)
}

// resolve answers requests that were refused, or whose key is taken, by what is
// booked under their keys.
func (r *round) resolve(ctx context.Context, requests []*request) {
	if len(requests) == 0 {
		return
	}
	keys := make([]ports.EntryKey, 0, len(requests))
	for _, request := range requests {
		if c := request.command; c.key != "" {
			keys = append(keys, ports.EntryKey{WalletID: c.walletID, Key: c.key})
		}
	}
	entries := reading[ports.EntryKey, ports.Entry]{read: r.ledger.store.EntriesByKey}
	if len(keys) > 0 {
		entries.all(ctx, r.ledger.bound == nil, keys)
	}
	booked := make(map[ports.EntryKey]*ports.Entry, len(entries.found))
	for i := range entries.found {
		entry := &entries.found[i]
		booked[ports.EntryKey{WalletID: entry.WalletID, Key: entry.Key}] = entry
	}
	for _, request := range requests {
		if request.answered {
			continue
		}
		c := request.command
		key := ports.EntryKey{WalletID: c.walletID, Key: c.key}
		entry := booked[key]
		switch {
		case entries.unread[key] != nil:
			request.answer(nil, entries.unread[key])
		case entry != nil && entry.Digest == c.digest:
			request.answer(&Receipt{Entry: entry.Clone(), Replayed: true}, nil)
		case entry != nil:
			request.answer(nil, c.reused(entry))
		case request.refusal != nil:
			request.answer(nil, request.refusal)
		}
	}
}

// giveUp gives up on requests that lost too often. Those that are kept do not race.
func (r *round) giveUp() {
	for _, u := range r.units {
		for _, request := range u.requests {
			if request.kept == "" {
				request.lost++
			}
		}
	}
	for _, request := range r.requests {
		if !request.answered && request.lost >= maxLosses {
			request.answer(nil, fmt.Errorf("%w: gave up after %d attempts", ports.ErrConflict, maxLosses))
		}
	}
}
