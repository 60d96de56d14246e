package simulation_test

import (
	"errors"
	"fmt"
	"slices"

	"github.com/jigap/jigap/ports"
)

// estate is what a host knows of wallets that come and go. It closes one step by step,
// while everything else goes on, and opens another in its place.
type estate struct {
	first   int      // how many wallets there were
	opened  int      // that it asked for
	closed  []string // wallets
	ended   []string // holds
	leaving string   // the wallet that is to be closed; blank: none
	steps   int      // that it took so far
}

// windingUp is the kind of request that leads to the close of a wallet.
const windingUp = "close"

// mostStepsOut is after how many requests a host gives up closing a wallet.
const mostStepsOut = 12

// wallet draws the wallet of a request: now and then one that is closed, and less often
// than others the one that is to be closed.
func (h *host) wallet() string {
	if len(h.wallets) == 0 || len(h.closed) > 0 && h.random.IntN(12) == 0 {
		return h.closed[h.random.IntN(len(h.closed))]
	}
	id := h.wallets[h.random.IntN(len(h.wallets))]
	if id == h.leaving {
		id = h.wallets[h.random.IntN(len(h.wallets))]
	}
	return id
}

// openNew asks for a wallet in the place of one that was closed.
func (h *host) openNew(r *request) bool {
	h.first = max(h.first, len(h.wallets))
	if len(h.wallets) >= h.first {
		return false
	}
	h.opened++
	currency := inWon
	if h.random.IntN(4) == 0 {
		currency = inDollars
	}
	r.Wallet, r.Key = fmt.Sprintf("%s%s%d", h.name, currency, h.opened), ""
	return true
}

// windUp draws the next step towards the close of a wallet: what it holds is released,
// what it pays out is taken back, what is left is spent, or all is paid out. Now and then it
// skips a step.
func (h *host) windUp(r *request) bool {
	h.first = max(h.first, len(h.wallets))
	if h.leaving == "" {
		if len(h.wallets) == 0 {
			return false
		}
		h.leaving, h.steps = h.wallets[h.random.IntN(len(h.wallets))], 0
	}
	r.Wallet = h.leaving
	if h.steps++; h.steps == mostStepsOut {
		h.leaving = ""
	}
	if h.random.IntN(8) == 0 {
		return true
	}
	for _, held := range h.holds {
		if held.Wallet == r.Wallet && !slices.Contains(h.ended, held.Of) {
			r.Kind, r.Of = "release", held.Of
			return true
		}
	}
	if i := slices.IndexFunc(h.withdrawals, func(w request) bool { return w.Wallet == r.Wallet }); i >= 0 && h.random.IntN(3) == 0 {
		r.Kind, r.Key, r.Of, r.Who = "cancel withdrawal", "", h.withdrawals[i].Of, h.person()
		h.withdrawals = slices.Delete(h.withdrawals, i, i+1)
		return true
	}
	if h.random.IntN(3) == 0 {
		h.allOut(r)
		return true
	}
	if cash, point := h.look(r.Wallet); cash.Add(point).IsPositive() {
		_, scale := currencyOf(r.Wallet)
		r.Kind, r.Amount = "deduct", cash.Add(point).Shift(scale).IntPart()
	}
	return true
}

// hears notes what a refusal tells.
func (h *host) hears(r *request, err error) {
	switch {
	case errors.Is(err, ports.ErrClosed) && r.Peer == "":
		h.leave(r.Wallet)
	case errors.Is(err, ports.ErrNotOpen) && r.Kind == "release":
		h.end(r.Of)
	}
}

// leave notes that a wallet is closed.
func (h *host) leave(id string) {
	if h.leaving == id {
		h.leaving = ""
	}
	if i := slices.Index(h.wallets, id); i >= 0 {
		h.wallets = slices.Delete(h.wallets, i, i+1)
		h.closed = append(h.closed, id)
	}
}

func (h *host) end(hold string) { h.ended = append(h.ended, hold) }
