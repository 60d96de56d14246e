package ledger

import "github.com/jigap/jigap/ports"

// What records weigh in memory, about: the record and its slot in a map, its amounts, and
// each lot with its amounts. Strings count by their length.
const (
	walletBytes = 600
	lotBytes    = 200
)

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
