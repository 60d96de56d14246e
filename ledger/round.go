package ledger

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"time"

	"github.com/jigap/jigap/ports"
)

// maxLosses bounds how often a request is tried again because others were faster. Where
// the store can lock, it is set aside long before.
const maxLosses = 100

// fairLosses is how many races a request loses, by the version of a wallet, before it is
// set aside, if the store can lock.
const fairLosses = 3

// round is one attempt at a batch of requests: read what is missing, apply the rules,
// commit, and answer what is decided. What is not decided stays unanswered and goes into
// the next round. Each step takes the store that it is to use: a round of a queue uses
// the ledger's, one behind a lock the locked one.
type round struct {
	ledger   *Ledger
	aside    bool  // of requests that were set aside: nothing is remembered from round to round
	cache    cache // wallets as last read or committed
	requests []*request
	now      time.Time

	units    []*unit
	spare    []*unit         // of earlier rounds, to be used again
	room     int             // of spare, for entries
	drafts   []*ports.Wallet // likewise
	writes   []ports.Unit
	byWallet map[string]*unit
	loaded   map[string]bool             // wallets that were read in this round
	touched  map[ports.EntryKey]*request // keys, records and lanes, and the request of this round that is about each

	originals  map[ports.EntryKey]*debit
	operations map[string]ports.Operation
	dues       map[string]*dueHolds // holds that have expired, by wallet
	wrote      map[string]int64     // versions of operations that this round wrote
	wroteLast  map[string]int64     // likewise of the round before, during which this one's requests queued

	locked     bool  // load reads behind a lock
	draft      draft // of the request that is being applied
	committing bool  // units were sent to the store: what is broken off now may have been written
}

func newRound(l *Ledger, aside bool) *round {
	forWallets := l.config.CacheBytes - l.config.CacheBytes/holdShare
	return &round{
		ledger: l, aside: aside, cache: newCache(forWallets/l.config.Parallel, &l.ticks), byWallet: make(map[string]*unit),
		loaded: make(map[string]bool), touched: make(map[ports.EntryKey]*request), originals: make(map[ports.EntryKey]*debit),
		operations: make(map[string]ports.Operation), dues: make(map[string]*dueHolds), wrote: make(map[string]int64), wroteLast: make(map[string]int64),
	}
}

// attempt answers the requests as far as one round over the ledger's store can, and
// returns those that are not answered.
func (r *round) attempt(ctx context.Context, requests []*request) []*request {
	finished := false
	defer func() {
		if !finished {
			r.broken(requests, recover())
		}
		r.end()
	}()
	store := r.ledger.store
	r.begin(requests)
	if err := r.load(ctx, store); err != nil {
		fail(requests, err)
	} else {
		r.answer(ctx, r.commit(ctx, store, r.apply()))
	}
	finished = true
	return unanswered(requests)
}

// broken answers the requests of a round in which a store or clock panicked, or ended the
// goroutine (then there is no cause), so that none of their callers waits for ever.
func (r *round) broken(requests []*request, cause any) {
	err := errPanicked // before anything was sent to the store
	if r.committing {
		err = fmt.Errorf("%w: %w", ports.ErrUndecided, errPanicked)
	}
	r.committing = false
	r.cache.clear()
	fail(requests, err)
	r.ledger.config.Logger.Error("round panicked", "cause", fmt.Sprint(cause))
}

// begin makes the round ready for requests, with what memory it has from the round
// before.
func (r *round) begin(requests []*request) {
	r.requests, r.now = requests, r.ledger.now()
	for _, request := range requests {
		request.begin()
	}
	r.wrote, r.wroteLast = r.wroteLast, r.wrote
	clear(r.wrote)
}

// end lets go of what the round was about, but for the wallets that are to be remembered.
func (r *round) end() {
	r.cache.trim()
	if r.aside {
		r.cache.clear()
	}
	for _, u := range r.units {
		r.reuse(u)
	}
	clear(r.units)
	r.units = r.units[:0]
	r.requests, r.draft = nil, draft{}
	r.locked, r.committing = false, false
	clear(r.writes)
	r.writes = r.writes[:0]
	clear(r.byWallet)
	clear(r.loaded)
	clear(r.touched)
	clear(r.originals)
	clear(r.operations)
	clear(r.dues)
}

// maxSpare bounds for how many entries the units that are kept have room.
const maxSpare = 4 * maxRound

// reuse keeps the memory of a unit for later rounds.
func (r *round) reuse(u *unit) {
	if !u.dropped { // else its wallets are another unit's
		for _, w := range u.wallets {
			*w = ports.Wallet{}
		}
		r.drafts = append(r.drafts, u.wallets...)
	}
	u.clear()
	if r.room+cap(u.entries) <= maxSpare {
		r.room += cap(u.entries)
		r.spare = append(r.spare, u)
	}
}

// newUnit returns a unit about one wallet.
func (r *round) newUnit(walletID string) *unit {
	var u *unit
	if last := len(r.spare) - 1; last >= 0 {
		u, r.spare = r.spare[last], r.spare[:last]
		r.room -= cap(u.entries)
	} else {
		u = new(unit)
	}
	r.units = append(r.units, u)
	r.addWallet(u, walletID)
	return u
}

// apply applies the rules of all requests and returns the units that are to be written.
func (r *round) apply() []ports.Unit {
	for _, request := range r.requests {
		if !request.answered {
			r.applyOne(request)
		}
	}
	for _, u := range r.units {
		if u.writes() {
			r.writes = append(r.writes, u.write())
		}
	}
	return r.writes
}

// applyOne runs the rule of one request and makes it part of a unit, or notes the
// refusal. A request about a key, entry or operation that an earlier one of the
// round is about waits for the next round.
func (r *round) applyOne(request *request) {
	c := request.command
	if first := r.first(c); first != nil {
		if c.key != "" && first.command.key == c.key && first.command.walletID == c.walletID {
			first.twins = append(first.twins, request)
		}
		return
	}
	u := r.unit(c)
	b := &r.draft
	*b = draft{
		unit: u, command: c, now: r.now, receipt: -1, replacedAt: -1, newID: r.ledger.config.IDs.NewID,
		operation: r.operations[c.operationID], dues: r.dues, limits: r.ledger.config.Limits, logger: r.ledger.config.Logger,
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
	if err := r.rule(b); err != nil {
		u.cut(entries, operations)
		if b.replacedAt >= 0 {
			u.operations[b.replacedAt] = b.replaced
		}
		*own = saved
		if peer != nil {
			*peer = savedPeer
		}
		if errors.Is(err, errRulePanicked) {
			request.answer(nil, err)
		} else {
			request.refusal = err
		}
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

// rule applies the rule of the draft's command. One that panics is answered so, and what
// it did is taken back as after a refusal.
func (r *round) rule(b *draft) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			r.ledger.config.Logger.Error("rule panicked", "operation", string(b.command.entryType()), "wallet", b.command.walletID, "cause", fmt.Sprint(cause))
			err = fmt.Errorf("%w: %s", errRulePanicked, strings.Join(strings.Fields(fmt.Sprint(cause)), " "))
		}
	}()
	return b.command.apply(b)
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
		r.addWallet(u, c.peerID)
	default:
		r.join(u, other)
	}
	return u
}

// addWallet adds to u a copy of the remembered wallet to work on; its lots are replaced,
// never changed, by rules.
func (r *round) addWallet(u *unit, id string) {
	w := new(ports.Wallet)
	if last := len(r.drafts) - 1; last >= 0 {
		w, r.drafts = r.drafts[last], r.drafts[:last]
	}
	if held := r.cache.get(id); held != nil {
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

// errNoFate is a store that breaks its contract; errPanicked and errRulePanicked are
// programs that do.
var (
	errNoFate       = errors.New("store gave no fate, or one that names nothing of the unit")
	errPanicked     = errors.New("panic, or end of the goroutine, in a store or clock")
	errRulePanicked = errors.New("panic in the rule of an operation")
)
