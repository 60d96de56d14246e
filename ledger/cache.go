package ledger

import (
	"sync"

	"github.com/jigap/jigap/ports"
)

// What records weigh in memory, about: the record and its slot in a map, its amounts, and
// each lot with its amounts. Strings count by their length.
const (
	walletBytes  = 560
	lotBytes     = 200
	holdBytes    = 700
	heldLotBytes = 130
)

// holdShare is which part of what the ledger may remember is for holds.
const holdShare = 8

// cache remembers wallets, up to a number of bytes.
type cache struct {
	wallets map[string]*ports.Wallet
	bytes   int // what wallets weigh
	limit   int
}

func newCache(limit int) cache { return cache{wallets: make(map[string]*ports.Wallet), limit: limit} }

func (c *cache) get(id string) *ports.Wallet { return c.wallets[id] }

// put keeps a copy of a wallet.
func (c *cache) put(w *ports.Wallet) {
	held := c.wallets[w.ID]
	if held == nil {
		held = new(ports.Wallet)
		c.wallets[w.ID] = held
	} else {
		c.bytes -= walletWeight(held)
	}
	*held = *w
	c.bytes += walletWeight(held)
}

func (c *cache) forget(id string) {
	if held := c.wallets[id]; held != nil {
		c.bytes -= walletWeight(held)
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
// of bytes. Callers read it, and rounds write it. What it has may be old: the version
// tells when it is written.
type holdCache struct {
	mu    sync.Mutex
	holds map[string]*ports.Hold // never changed, only replaced
	bytes int
	limit int
}

func newHoldCache(limit int) *holdCache {
	return &holdCache{holds: make(map[string]*ports.Hold), limit: limit}
}

// get returns the hold, which must not be changed, or nil.
func (c *holdCache) get(id string) *ports.Hold {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.holds[id]
}

// put keeps a copy of a hold that was written; one that has ended is forgotten.
func (c *holdCache) put(hold *ports.Hold) {
	if !hold.Open {
		c.forget(hold.ID)
		return
	}
	kept := *hold
	kept.Lots = append([]ports.HeldLot(nil), hold.Lots...)
	c.mu.Lock()
	defer c.mu.Unlock()
	if held := c.holds[kept.ID]; held != nil {
		if held.Version > kept.Version {
			return // written by another round, which was told later and came first
		}
		c.bytes -= holdWeight(held)
	}
	c.holds[kept.ID] = &kept
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
		c.bytes -= holdWeight(held)
		delete(c.holds, id)
	}
}

// holdWeight estimates what a hold takes in memory.
func holdWeight(h *ports.Hold) int {
	return holdBytes + len(h.ID) + len(h.WalletID) + len(h.Reference) + len(h.Memo) + cap(h.Lots)*heldLotBytes
}
