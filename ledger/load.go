package ledger

import (
	"context"
	"errors"

	"github.com/jigap/jigap/ports"
)

// load reads the wallets that are not remembered and whatever else the commands
// need to know.
func (r *round) load(ctx context.Context, from ports.Store) error {
	var ids []string
	extra := false
	for _, request := range r.requests {
		c := request.command
		for _, id := range [...]string{c.walletID, c.peerID} {
			if id != "" && r.cache.get(id) == nil && !r.loaded[id] {
				r.loaded[id] = true
				ids = append(ids, id)
			}
		}
		extra = extra || c.originalKey != "" || c.operationID != ""
	}
	if len(ids) > 0 {
		wallets, err := r.readWallets(ctx, from, ids)
		if err != nil {
			return err
		}
		for i := range wallets {
			r.cache.put(normal(&wallets[i]))
		}
	}
	if !extra {
		return nil
	}
	if err := r.loadOriginals(ctx, from); err != nil {
		return err
	}
	return r.loadOperations(ctx, from)
}

// readWallets reads wallets that are going to be written. A store that is bound to a
// transaction of the host locks them, so that the transaction loses no race.
func (r *round) readWallets(ctx context.Context, from ports.Store, ids []string) ([]ports.Wallet, error) {
	if r.ledger.bound == nil {
		return from.Wallets(ctx, ids)
	}
	wallets, err := r.ledger.bound.LockWallets(ctx, ids)
	if errors.Is(err, ports.ErrBusy) {
		err = busy(err)
	}
	return wallets, err
}

func (r *round) loadOriginals(ctx context.Context, from ports.Store) error {
	var keys []ports.EntryKey
	seen := make(map[ports.EntryKey]bool)
	for _, request := range r.requests {
		if key, refers := request.command.original(); refers && !seen[key] {
			seen[key] = true
			keys = append(keys, key)
		}
	}
	if len(keys) == 0 {
		return nil
	}
	entries, err := from.EntriesByKey(ctx, keys)
	if err != nil {
		return err
	}
	var refs []ports.EntryRef
	for i := range entries {
		entry := &entries[i]
		r.originals[ports.EntryKey{WalletID: entry.WalletID, Key: entry.Key}] = &debit{entry: entry}
		if refundable(entry) {
			refs = append(refs, ports.EntryRef{WalletID: entry.WalletID, Seq: entry.Seq})
		}
	}
	return r.loadRefunds(ctx, from, refs)
}

// loadRefunds reads the last refund of each original.
func (r *round) loadRefunds(ctx context.Context, from ports.Store, refs []ports.EntryRef) error {
	if len(refs) == 0 {
		return nil
	}
	refunds, err := from.LastReferring(ctx, ports.EntryRefund, refs)
	if err != nil {
		return err
	}
	last := make(map[ports.EntryRef]*ports.Entry, len(refunds))
	for i := range refunds {
		last[ports.EntryRef{WalletID: refunds[i].WalletID, Seq: refunds[i].RefersTo}] = &refunds[i]
	}
	for _, d := range r.originals {
		if refund := last[ports.EntryRef{WalletID: d.entry.WalletID, Seq: d.entry.Seq}]; refund != nil {
			d.readRefund(refund)
		}
	}
	return nil
}

func (r *round) loadOperations(ctx context.Context, from ports.Store) error {
	var ids []string
	for _, request := range r.requests {
		c := request.command
		r.doubt(c)
		switch {
		case c.operationID == "":
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
	operations, err := from.Operations(ctx, ids)
	if err != nil {
		return err
	}
	for _, op := range operations {
		r.operations[op.Head().ID] = op
	}
	return nil
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
