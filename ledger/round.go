package ledger

import (
	"context"
	"fmt"
	"iter"
	"time"

	"github.com/jigap/jigap/ports"
)

// maxLosses bounds how often a request is tried again because others were faster.
const maxLosses = 1000

// round is one attempt at a batch of requests: read what is missing, apply the
// rules, commit, and answer what is decided. What is not decided stays unsettled
// and goes into the next round.
type round struct {
	line     *line
	requests []*request
	now      time.Time

	units    []*unit
	spare    []*unit         // of earlier rounds, to be used again
	drafts   []*ports.Wallet // likewise
	writes   []ports.Unit
	byWallet map[string]*unit
	loaded   map[string]bool             // wallets that were read in this round
	touched  map[ports.EntryKey]*request // keys, records and lanes, and the request of this round that is about each

	originals  map[ports.EntryKey]*debit
	operations map[string]ports.Operation
	wrote      map[string]int64 // versions of operations that this round wrote
	wroteLast  map[string]int64 // likewise of the round before, during which this one's requests queued

	booking booking // of the request that is being applied
}

func newRound(q *line) *round {
	return &round{
		line: q, byWallet: make(map[string]*unit), loaded: make(map[string]bool),
		touched: make(map[ports.EntryKey]*request), originals: make(map[ports.EntryKey]*debit),
		operations: make(map[string]ports.Operation),
		wrote:      make(map[string]int64), wroteLast: make(map[string]int64),
	}
}

// begin makes the round ready for requests, with what memory it has from the round
// before.
func (r *round) begin(requests []*request) {
	r.line.trim()
	r.requests, r.now = requests, r.line.ledger.now()
	for _, u := range r.units {
		if !u.dropped { // else its wallets are another unit's
			r.drafts = append(r.drafts, u.wallets...)
		}
		u.clear()
		r.spare = append(r.spare, u)
	}
	r.units = r.units[:0]
	clear(r.writes)
	r.writes = r.writes[:0]
	clear(r.byWallet)
	clear(r.loaded)
	clear(r.touched)
	clear(r.originals)
	clear(r.operations)
	r.wrote, r.wroteLast = r.wroteLast, r.wrote
	clear(r.wrote)
}

// newUnit returns a unit about one wallet.
func (r *round) newUnit(walletID string) *unit {
	var u *unit
	if last := len(r.spare) - 1; last >= 0 {
		u, r.spare = r.spare[last], r.spare[:last]
	} else {
		u = new(unit)
	}
	r.units = append(r.units, u)
	r.draft(u, walletID)
	return u
}

func (r *round) run(ctx context.Context) {
	if err := r.load(ctx); err != nil {
		fail(r.requests, err)
		return
	}
	for _, request := range r.requests {
		r.apply(request)
	}
	unresolved := r.commit(ctx)
	for _, request := range r.requests {
		if request.refusal == nil || request.settled {
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
	r.tire()
}

// load reads the wallets that are not remembered and whatever else the commands
// need to know.
func (r *round) load(ctx context.Context) error {
	var ids []string
	extra := false
	for _, request := range r.requests {
		c := request.command
		for _, id := range [...]string{c.walletID, c.peerID} {
			if id != "" && r.line.cache[id] == nil && !r.loaded[id] {
				r.loaded[id] = true
				ids = append(ids, id)
			}
		}
		extra = extra || c.originalKey != "" || c.operationID != ""
	}
	if len(ids) > 0 {
		wallets, err := r.line.ledger.store.Wallets(ctx, ids)
		if err != nil {
			return err
		}
		for i := range wallets {
			r.line.remember(normal(&wallets[i]))
		}
	}
	if !extra {
		return nil
	}
	if err := r.loadOriginals(ctx); err != nil {
		return err
	}
	return r.loadOperations(ctx)
}

func (r *round) loadOriginals(ctx context.Context) error {
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
	entries, err := r.line.ledger.store.EntriesByKey(ctx, keys)
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
	return r.loadRefunds(ctx, refs)
}

// loadRefunds reads the last refund of each original.
func (r *round) loadRefunds(ctx context.Context, refs []ports.EntryRef) error {
	if len(refs) == 0 {
		return nil
	}
	refunds, err := r.line.ledger.store.LastReferring(ctx, ports.EntryRefund, refs)
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

func (r *round) loadOperations(ctx context.Context) error {
	var ids []string
	for _, request := range r.requests {
		c := request.command
		if c.found != nil && c.found.Head().Version < r.wroteLast[c.operationID] {
			c.found = nil // it is known to be old
		}
		switch {
		case c.operationID == "":
		case request.guesses():
			if known := r.operations[c.operationID]; known == nil || known.Head().Version < c.found.Head().Version {
				r.operations[c.operationID] = c.found
			}
		default:
			ids = append(ids, c.operationID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	operations, err := r.line.ledger.store.Operations(ctx, ids)
	if err != nil {
		return err
	}
	for _, op := range operations {
		r.operations[op.Head().ID] = op
	}
	return nil
}

// apply runs the rule of one request and makes it part of a unit, or notes the
// refusal. A request about a key, entry or operation that an earlier one of the
// round is about waits for the next round.
func (r *round) apply(request *request) {
	c := request.command
	if first := r.first(c); first != nil {
		if c.key != "" && first.command.key == c.key && first.command.walletID == c.walletID {
			first.twins = append(first.twins, request)
		}
		return
	}
	u := r.unit(c)
	b := &r.booking
	*b = booking{
		unit: u, command: c, now: r.now, receipt: -1, replacedAt: -1, newID: r.line.ledger.config.IDs.NewID,
		operation: r.operations[c.operationID],
	}
	if key, refers := c.original(); refers {
		b.original = r.originals[key]
	}
	entries, operations := len(u.entries), len(u.operations)
	own, peer := u.wallet(c.walletID), u.wallet(c.peerID)
	saved := *own
	var savedPeer ports.Wallet
	if peer != nil {
		savedPeer = *peer
	}
	if err := c.apply(b); err != nil {
		u.entries, u.operations = u.entries[:entries], u.operations[:operations]
		if b.replacedAt >= 0 {
			u.operations[b.replacedAt] = b.replaced
		}
		*own = saved
		if peer != nil {
			*peer = savedPeer
		}
		request.refusal = err
		return
	}
	if b.original != nil {
		b.original.refunded = u.entries[b.receipt].Refunded
	}
	request.index = b.receipt
	u.requests = append(u.requests, request)
	u.change(c.walletID)
	u.change(c.peerID)
	r.touch(request)
}

// first returns the request of this round that the command must wait for: one about the
// same key, record or lane, or one that books the entry that the command refers to.
func (r *round) first(c *command) *request {
	if len(r.touched) == 0 {
		return nil
	}
	if key, refers := c.original(); refers {
		if request := r.touched[key]; request != nil {
			return request
		}
	}
	for mark := range marks(c) {
		if request := r.touched[mark]; request != nil {
			return request
		}
	}
	return nil
}

func (r *round) touch(request *request) {
	if len(r.requests) == 1 {
		return
	}
	for mark := range marks(request.command) {
		r.touched[mark] = request
	}
}

// marks yields what at most one request of a round may be about: its key, and the
// records that its caller computed, with their lanes. The ledger's own holds are not
// among them, nor are debits that are given back: what happens to one in a round goes
// one after another.
func marks(c *command) iter.Seq[ports.EntryKey] {
	return func(yield func(ports.EntryKey) bool) {
		if c.key != "" && !yield(ports.EntryKey{WalletID: c.walletID, Key: c.key}) {
			return
		}
		for _, op := range c.foreign {
			head := op.Head()
			if !yield(ports.EntryKey{Key: head.ID}) || head.Lane != "" && !yield(ports.EntryKey{Key: "lane\x00" + head.Lane}) {
				return
			}
		}
	}
}

// unit returns the unit that the wallets of the command belong to, joining two if
// need be.
func (r *round) unit(c *command) *unit {
	u := r.byWallet[c.walletID]
	if u == nil {
		u = r.newUnit(c.walletID)
	}
	if c.peerID == "" {
		return u
	}
	switch other := r.byWallet[c.peerID]; other {
	case u:
	case nil:
		r.draft(u, c.peerID)
	default:
		r.join(u, other)
	}
	return u
}

// draft adds to u a copy of the remembered wallet to work on; its lots are replaced,
// never changed, by whoever changes them.
func (r *round) draft(u *unit, id string) {
	w := new(ports.Wallet)
	if last := len(r.drafts) - 1; last >= 0 {
		w, r.drafts = r.drafts[last], r.drafts[:last]
	}
	if held := r.line.cache[id]; held != nil {
		*w = *held
	} else {
		*w = ports.Wallet{ID: id}
	}
	u.wallets = append(u.wallets, w)
	u.changed = append(u.changed, false)
	r.byWallet[id] = u
}

func (r *round) join(u, other *unit) {
	for _, request := range other.requests {
		if request.index >= 0 {
			request.index += len(u.entries)
		}
	}
	u.wallets = append(u.wallets, other.wallets...)
	u.changed = append(u.changed, other.changed...)
	u.entries = append(u.entries, other.entries...)
	u.operations = append(u.operations, other.operations...)
	u.requests = append(u.requests, other.requests...)
	for _, w := range other.wallets {
		r.byWallet[w.ID] = u
	}
	other.dropped = true
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

// writtenOver reports whether the operation of the command was written in this round.
func (r *round) writtenOver(c *command) bool {
	u := r.byWallet[c.walletID]
	return u != nil && u.committed && u.about([]string{c.operationID})
}

// forget makes the next round read the wallets of the command again.
func (r *round) forget(c *command) {
	delete(r.line.cache, c.walletID)
	delete(r.line.cache, c.peerID)
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
	booked := make(map[ports.EntryKey]*ports.Entry)
	if len(keys) > 0 {
		entries, err := r.line.ledger.store.EntriesByKey(ctx, keys)
		if err != nil {
			fail(requests, err)
			return
		}
		for i := range entries {
			booked[ports.EntryKey{WalletID: entries[i].WalletID, Key: entries[i].Key}] = &entries[i]
		}
	}
	for _, request := range requests {
		if request.settled {
			continue
		}
		c := request.command
		entry := booked[ports.EntryKey{WalletID: c.walletID, Key: c.key}]
		switch {
		case entry != nil && entry.Digest == c.digest:
			request.answer(&Receipt{Entry: entry.Clone(), Replayed: true}, nil)
		case entry != nil:
			request.answer(nil, ports.ErrKeyReused)
		case request.refusal != nil:
			request.answer(nil, request.refusal)
		}
	}
}

// tire gives up on requests that lost too often.
func (r *round) tire() {
	for _, u := range r.units {
		for _, request := range u.requests {
			request.lost++
		}
	}
	for _, request := range r.requests {
		if request.settled {
			continue
		}
		request.refusal, request.twins = nil, nil
		if request.lost >= maxLosses {
			request.answer(nil, fmt.Errorf("%w: gave up after %d attempts", ports.ErrConflict, maxLosses))
		}
	}
}
