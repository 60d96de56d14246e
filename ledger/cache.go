package ledger

import (
	"sync"
	"sync/atomic"

	"github.com/jigap/jigap/ports"
)

// What records weigh in memory, about: the record and its slot in a map, its amounts, and
// each lot with its amounts. Strings count by their length.
const (
	walletBytes  = 640
	lotBytes     = 200
	holdBytes    = 700
	heldLotBytes = 130
)

// holdShare is which part of what the ledger may remember is for holds.
const holdShare = 8

// ticks number, for all caches of a ledger, what is read and remembered.
type ticks struct{ last atomic.Int64 }

func (t *ticks) now() int64  { return t.last.Load() }
func (t *ticks) next() int64 { return t.last.Add(1) }

// cache remembers wallets, up to a number of bytes.
type cache struct {
	ticks   *ticks
	wallets map[string]*known
	bytes   int // what wallets weigh
	limit   int
}

// known is a wallet that is remembered without a break since a tick, as it was read then,
// and as the commits since left it.
type known struct {
	ports.Wallet
	since int64
}

func newCache(limit int, t *ticks) cache {
	return cache{ticks: t, wallets: make(map[string]*known), limit: limit}
}

func (c *cache) get(id string) *ports.Wallet {
	if held := c.wallets[id]; held != nil {
		return &held.Wallet
	}
	return nil
}

// knew reports whether the wallet has been remembered without a break since the tick or
// before it.
func (c *cache) knew(id string, tick int64) bool {
	held := c.wallets[id]
	return held != nil && held.since <= tick
}

// put keeps a copy of a wallet.
func (c *cache) put(w *ports.Wallet) {
	held := c.wallets[w.ID]
	if held == nil {
		held = &known{since: c.ticks.next()}
		c.wallets[w.ID] = held
	} else {
		c.bytes -= walletWeight(&held.Wallet)
	}
	held.Wallet = *w
	c.bytes += walletWeight(&held.Wallet)
}

func (c *cache) forget(id string) {
	if held := c.wallets[id]; held != nil {
		c.bytes -= walletWeight(&held.Wallet)
		delete(c.wallets, id)
	}
}

func (c *cache) clear() {
	clear(c.wallets)
	c.bytes = 0
}

// trim forgets wallets until the rest is within the limit, but for the last one. It runs
// between rounds: a round needs what it has read.
func (c *cache) trim() {
	if c.bytes <= c.limit {
		return
	}
	for id := range c.wallets { // maps begin anywhere
		if c.bytes <= c.limit || len(c.wallets) == 1 {
			return
		}
		c.forget(id)
	}
}

// walletWeight estimates what a wallet takes in memory, without a look at its lots.
func walletWeight(w *ports.Wallet) int {
	return walletBytes + len(w.ID) + len(w.Currency) + cap(w.Lots)*lotBytes
}

// holdCache remembers open holds as they were last written by this ledger, up to a number
// of bytes. Callers read it, and rounds write it. What it has may be old, which the version
// tells when it is written, or of a history that the store has lost, where the version tells
// nothing. So a round goes by it only if it knew the wallet when the hold was written.
type holdCache struct {
	mu    sync.Mutex
	holds map[string]*foundHold // never changed, only replaced
	bytes int
	limit int
}

// foundHold is a hold as it was at a tick.
type foundHold struct {
	hold *ports.Hold
	at   int64
}

func newHoldCache(limit int) *holdCache {
	return &holdCache{holds: make(map[string]*foundHold), limit: limit}
}

// get returns the hold, which must not be changed, or nil.
func (c *holdCache) get(id string) *foundHold {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.holds[id]
}

// put keeps a copy of a hold that was written before the tick; one that has ended is
// forgotten.
func (c *holdCache) put(hold *ports.Hold, tick int64) {
	if !hold.Open {
		c.forget(hold.ID)
		return
	}
	kept := *hold
	kept.Lots = append([]ports.HeldLot(nil), hold.Lots...)
	c.mu.Lock()
	defer c.mu.Unlock()
	if held := c.holds[kept.ID]; held != nil {
		if held.hold.Version > kept.Version {
			return // written by another round, which was told later and came first
		}
		c.bytes -= holdWeight(held.hold)
	}
	c.holds[kept.ID] = &foundHold{hold: &kept, at: tick}
	c.bytes += holdWeight(&kept)
	for id := range c.holds { // maps begin anywhere
		if c.bytes <= c.limit || len(c.holds) == 1 {
			return
		}
		c.drop(id)
	}
}

func (c *holdCache) forget(id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.drop(id)
}

// drop is forget with the mutex held.
func (c *holdCache) drop(id string) {
	if held := c.holds[id]; held != nil {
		c.bytes -= holdWeight(held.hold)
		delete(c.holds, id)
	}
}

// holdWeight estimates what a hold takes in memory.
func holdWeight(h *ports.Hold) int {
	return holdBytes + len(h.ID) + len(h.WalletID) + len(h.Reference) + len(h.Memo) + cap(h.Lots)*heldLotBytes
}
