package ledger

import "github.com/jigap/jigap/ports"

// cache remembers wallets.
type cache struct {
	wallets map[string]*ports.Wallet
	limit   int
}

func newCache(limit int) cache {
	return cache{wallets: make(map[string]*ports.Wallet), limit: max(1, limit)}
}

func (c *cache) get(id string) *ports.Wallet { return c.wallets[id] }

// put keeps a copy of a wallet.
func (c *cache) put(w *ports.Wallet) {
	if held := c.wallets[w.ID]; held != nil {
		*held = *w
		return
	}
	held := *w
	c.wallets[w.ID] = &held
}

func (c *cache) forget(id string) { delete(c.wallets, id) }

func (c *cache) clear() { clear(c.wallets) }

// trim forgets wallets beyond the limit. It runs between rounds: a round needs what it
// has read.
func (c *cache) trim() {
	over := len(c.wallets) - c.limit
	for id := range c.wallets { // maps begin anywhere
		if over--; over < 0 {
			return
		}
		delete(c.wallets, id)
	}
}
