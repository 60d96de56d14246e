package ledger

import (
	"context"
	"errors"
	"iter"

	"github.com/jigap/jigap/ports"
)

// load reads the wallets that are not remembered and whatever else the commands need to
// know. Requests whose own reads fail are answered so, and take no part in the round. Behind
// a lock, where a read that failed may have broken the transaction, the first error ends it.
func (r *round) load(ctx context.Context, from ports.Store) error {
	if err := r.loadWallets(ctx, from); err != nil {
		return err
	}
	if err := r.loadDue(ctx, from); err != nil {
		return err
	}
	extra := false
	for c := range r.commands() {
		extra = extra || c.originalKey != "" || c.operationID != ""
	}
	if !extra {
		return nil
	}
	if err := r.loadOriginals(ctx, from); err != nil {
		return err
	}
	return r.loadOperations(ctx, from)
}

// commands yields the commands of the requests that have no answer yet.
func (r *round) commands() iter.Seq[*command] {
	return func(yield func(*command) bool) {
		for _, request := range r.requests {
			if !request.answered && !yield(request.command) {
				return
			}
		}
	}
}

// apart reports whether reads that fail are tried again in parts.
func (r *round) apart() bool { return !r.locked && r.ledger.bound == nil }

// miss answers requests by the errors of their reads, or returns one of these when the
// round ends by it.
func (r *round) miss(errorOf func(c *command) error) error {
	for _, request := range r.requests {
		if request.answered {
			continue
		}
		err := errorOf(request.command)
		if err != nil && r.locked {
			return err
		}
		if err != nil {
			request.answer(nil, err)
		}
	}
	return nil
}

func (r *round) loadWallets(ctx context.Context, from ports.Store) error {
	var ids []string
	for c := range r.commands() {
		for _, id := range [...]string{c.walletID, c.peerID} {
			if id != "" && r.cache.get(id) == nil && !r.loaded[id] {
				r.loaded[id] = true
				ids = append(ids, id)
			}
		}
	}
	if len(ids) == 0 {
		return nil
	}
	wallets := reading[string, ports.Wallet]{read: from.Wallets}
	if r.ledger.bound != nil {
		wallets.read = r.lockWallets
	}
	wallets.all(ctx, r.apart(), ids)
	for i := range wallets.found {
		r.cache.put(normal(&wallets.found[i]))
	}
	return r.miss(func(c *command) error {
		if err := wallets.unread[c.walletID]; err != nil {
			return err
		}
		return wallets.unread[c.peerID]
	})
}

// lockWallets reads wallets that are going to be written. A store that is bound to a
// transaction of the host locks them, so that the transaction loses no race.
func (r *round) lockWallets(ctx context.Context, ids []string) ([]ports.Wallet, error) {
	wallets, err := r.ledger.bound.LockWallets(ctx, ids)
	if errors.Is(err, ports.ErrBusy) {
		err = busy(err)
	}
	return wallets, err
}

func (r *round) loadOriginals(ctx context.Context, from ports.Store) error {
	var keys []ports.EntryKey
	seen := make(map[ports.EntryKey]bool)
	for c := range r.commands() {
		if key, refers := c.original(); refers && !seen[key] {
			seen[key] = true
			keys = append(keys, key)
		}
	}
	if len(keys) == 0 {
		return nil
	}
	entries := reading[ports.EntryKey, ports.Entry]{read: from.EntriesByKey}
	entries.all(ctx, r.apart(), keys)
	var refs []ports.EntryRef
	for i := range entries.found {
		entry := &entries.found[i]
		r.originals[ports.EntryKey{WalletID: entry.WalletID, Key: entry.Key}] = &debit{entry: entry}
		if refundable(entry) {
			refs = append(refs, ports.EntryRef{WalletID: entry.WalletID, Seq: entry.Seq})
		}
	}
	err := r.miss(func(c *command) error {
		key, _ := c.original()
		return entries.unread[key]
	})
	if err != nil || len(refs) == 0 {
		return err
	}
	return r.loadRefunds(ctx, from, refs)
}

// loadRefunds reads the last refund of each original.
func (r *round) loadRefunds(ctx context.Context, from ports.Store, refs []ports.EntryRef) error {
	refunds := reading[ports.EntryRef, ports.Entry]{read: func(ctx context.Context, refs []ports.EntryRef) ([]ports.Entry, error) {
		return from.LastReferring(ctx, ports.EntryRefund, refs)
	}}
	refunds.all(ctx, r.apart(), refs)
	last := make(map[ports.EntryRef]*ports.Entry, len(refunds.found))
	for i := range refunds.found {
		refund := &refunds.found[i]
		last[ports.EntryRef{WalletID: refund.WalletID, Seq: refund.RefersTo}] = refund
	}
	for _, d := range r.originals {
		if refund := last[d.ref()]; refund != nil {
			d.readRefund(refund)
		}
	}
	return r.miss(func(c *command) error {
		key, _ := c.original()
		if d := r.originals[key]; d != nil {
			return refunds.unread[d.ref()]
		}
		return nil
	})
}

func (r *round) loadOperations(ctx context.Context, from ports.Store) error {
	var ids []string
	for _, request := range r.requests {
		c := request.command
		r.doubt(c)
		switch {
		case c.operationID == "" || request.answered:
		case request.guesses():
			hold := c.found.hold
			if known := r.operations[c.operationID]; known == nil || known.Head().Version < hold.Version {
				r.operations[c.operationID] = hold
			}
		default:
			ids = append(ids, c.operationID)
			r.ledger.holds.forget(c.operationID) // what is remembered was of no use
		}
	}
	if len(ids) == 0 {
		return nil
	}
	operations := reading[string, ports.Operation]{read: from.Operations}
	operations.all(ctx, r.apart(), ids)
	for _, op := range operations.found {
		r.operations[op.Head().ID] = op
	}
	return r.miss(func(c *command) error { return operations.unread[c.operationID] })
}

// doubt drops the operation as it was known before when it cannot be the current one: it is
// old, or the wallet was not known yet, or was forgotten since. A commit of the wallet as it
// is known then says nothing of the operation.
func (r *round) doubt(c *command) {
	if c.found != nil && c.found.hold.Version < r.wroteLast[c.operationID] {
		c.found = r.ledger.holds.get(c.operationID)
	}
	if c.found != nil && !r.cache.knew(c.walletID, c.found.at) {
		c.found = nil
	}
}
