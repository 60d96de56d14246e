package simulation_test

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/ports"
)

// witness sees every unit at the moment at which it is committed, and knows what was
// before: what may be judged only then is judged here. It keeps its own records, and
// does not ask the store.
type witness struct {
	world   *world
	wallets map[string]ports.Wallet
	open    map[string]map[string]ports.Operation // by wallet and id
	lanes   map[string]string
	windows map[*window]bool   // of requests under way
	claims  map[string]claimed // by the recharge that is not sent yet
	counts  map[string]int     // attempts of policies, by wallet and Korean day or month
}

func newWitness(w *world) *witness {
	return &witness{
		world: w, wallets: make(map[string]ports.Wallet), open: make(map[string]map[string]ports.Operation),
		lanes: make(map[string]string), windows: make(map[*window]bool), claims: make(map[string]claimed), counts: make(map[string]int),
	}
}

// saw is told of units and what became of them.
func (v *witness) saw(units []ports.Unit, fates []ports.Fate) {
	for i := range fates {
		if fates[i].Status != ports.FateCommitted {
			continue
		}
		for _, step := range []func(*ports.Unit) error{v.policies, v.adopt, v.purses} {
			if err := step(&units[i]); err != nil {
				v.world.blame(fmt.Errorf("%w, by %s", err, describe(units[i:i+1])))
				return
			}
		}
	}
}

// adopt makes the unit what is known. No lane may come to have two operations.
func (v *witness) adopt(unit *ports.Unit) error {
	for i := range unit.Wallets {
		w := unit.Wallets[i].Clone()
		before := v.wallets[w.ID]
		for during := range v.windows {
			if during.wallet == w.ID {
				during.pass(&before, unit.Entries)
				during.look(&w)
			}
		}
		v.wallets[w.ID] = w
	}
	for _, op := range unit.Operations {
		head := op.Head()
		v.world.count("statuses", string(head.Kind)+" "+head.Status)
		if v.open[head.WalletID] == nil {
			v.open[head.WalletID] = make(map[string]ports.Operation)
		}
		if was := v.open[head.WalletID][head.ID]; was != nil && v.lanes[was.Head().Lane] == head.ID {
			delete(v.lanes, was.Head().Lane)
		}
		delete(v.open[head.WalletID], head.ID)
		if head.Open {
			v.open[head.WalletID][head.ID] = op.Clone()
		}
		if head.Open && head.Lane != "" {
			if other := v.lanes[head.Lane]; other != "" {
				return fmt.Errorf("lane %s has two operations: %s and %s", head.Lane, other, head.ID)
			}
			v.lanes[head.Lane] = head.ID
		}
	}
	return nil
}

// purses checks the wallets that the unit touched.
func (v *witness) purses(unit *ports.Unit) error {
	touched := make(map[string]bool)
	for i := range unit.Wallets {
		touched[unit.Wallets[i].ID] = true
	}
	for _, op := range unit.Operations {
		touched[op.Head().WalletID] = true
	}
	for _, id := range slices.Sorted(maps.Keys(touched)) {
		w := v.wallets[id]
		if err := checkWallet(&w, slices.Collect(maps.Values(v.open[id]))); err != nil {
			return fmt.Errorf("wallet %s: %w", id, err)
		}
	}
	return nil
}

// window is the least that a wallet had while a request was under way: what would have
// been enough for it at every moment may not be refused.
type window struct {
	wallet            string
	cash, point, both decimal.Decimal
	frozen            bool // at some moment
}

// skew is more than two clocks are apart.
const skew = 20 * time.Second

// begins opens the window of a request to a wallet.
func (v *witness) begins(walletID string) *window {
	w := v.wallets[walletID]
	d := &window{wallet: walletID, cash: w.AvailableBalance(), point: w.Point, both: w.AvailableBalance().Add(w.Point)}
	d.look(&w)
	v.windows[d] = true
	return d
}

// look notes what a wallet has now. Points that are about to expire count as gone.
func (d *window) look(w *ports.Wallet) {
	cash, point := w.AvailableBalance(), w.AvailablePoint(time.Now().Add(skew))
	d.note(cash, point)
	d.frozen = d.frozen || w.Status == ports.WalletFrozen
}

func (d *window) note(cash, point decimal.Decimal) {
	d.cash, d.point, d.both = decimal.Min(d.cash, cash), decimal.Min(d.point, point), decimal.Min(d.both, cash.Add(point))
}

// pass notes what a wallet had between the entries of one unit.
func (d *window) pass(before *ports.Wallet, entries []ports.Entry) {
	d.look(before)
	cash, point := before.AvailableBalance(), before.AvailablePoint(time.Now().Add(skew))
	for i := range entries {
		if e := &entries[i]; e.WalletID == before.ID {
			cash = cash.Add(e.BalanceAmount).Sub(e.BalanceHeldAmount)
			point = point.Add(e.PointAmount).Sub(e.PointHeldAmount)
			d.note(cash, point)
			d.frozen = d.frozen || e.Type == ports.EntryFreeze
		}
	}
}

// ends closes the window of a request.
func (v *witness) ends(d *window) {
	delete(v.windows, d)
	w := v.wallets[d.wallet]
	d.look(&w)
}
