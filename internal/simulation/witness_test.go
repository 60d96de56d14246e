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
	world     *world
	wallets   map[string]ports.Wallet
	open      map[string]map[string]ports.Operation // by wallet and id
	lanes     map[string]string
	records   map[string]ports.Operation // by id, those that ended too
	left      map[string]decimal.Decimal // what refunds have left of debits, by wallet and key
	windows   map[*window]bool           // of requests under way
	claims    map[string]claimed         // by the recharge that is not sent yet
	claimedAt map[string]time.Time       // by the recharge of an attempt that has not ended
	keys      map[string]string          // of debits, by wallet and number
	awaited   []string                   // recharges that customers were to pay, oldest first
	credited  map[string]decimal.Decimal // to wallets with limits, by wallet and Korean day or month
	counts    map[string]int             // attempts of policies, by wallet and Korean day or month
}

func newWitness(w *world) *witness {
	return &witness{
		world: w, wallets: make(map[string]ports.Wallet), open: make(map[string]map[string]ports.Operation),
		lanes: make(map[string]string), windows: make(map[*window]bool), records: make(map[string]ports.Operation), left: make(map[string]decimal.Decimal), keys: make(map[string]string), claims: make(map[string]claimed), claimedAt: make(map[string]time.Time), credited: make(map[string]decimal.Decimal), counts: make(map[string]int),
	}
}

// saw is told of units and what became of them.
func (v *witness) saw(units []ports.Unit, fates []ports.Fate) {
	for i := range fates {
		if fates[i].Status != ports.FateCommitted {
			continue
		}
		for _, step := range []func(*ports.Unit) error{v.policies, v.delegated, v.closed, v.currencies, v.captures, v.limits, v.adopt, v.purses, v.ended} {
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
		before, gone := v.wallets[w.ID], v.overdueAt(w.ID, judgedAt(unit, w.ID))
		for during := range v.windows {
			switch w.ID {
			case during.wallet:
				during.pass(&before, gone, unit.Entries)
			case during.peer:
				during.lookPeer(&w)
			}
		}
		v.wallets[w.ID] = w
	}
	for i := range unit.Entries {
		v.refunds(&unit.Entries[i])
	}
	if err := v.adoptOperations(unit); err != nil {
		return err
	}
	for i := range unit.Wallets {
		w := v.wallets[unit.Wallets[i].ID]
		for during := range v.windows {
			if during.wallet == w.ID {
				during.look(&w, v.overdue(w.ID))
			}
		}
	}
	return nil
}

// judgedAt returns when the entries of a wallet were judged: when they were booked, as their
// process says, which may have slept before it committed them.
func judgedAt(unit *ports.Unit, walletID string) time.Time {
	for i := range unit.Entries {
		if e := &unit.Entries[i]; e.WalletID == walletID && e.BookedAt.Before(time.Now()) {
			return e.BookedAt
		}
	}
	return time.Now()
}

func (v *witness) adoptOperations(unit *ports.Unit) error {
	for _, op := range unit.Operations {
		head := op.Head()
		v.world.count("statuses", string(head.Kind)+" "+op.StatusText())
		if op.StatusText() == string(ports.RechargeAwaiting) && !slices.Contains(v.awaited, head.ID) {
			v.awaited = append(v.awaited, head.ID)
		}
		v.records[head.ID] = op.Clone()
		for during := range v.windows {
			during.lookAt(v.records[head.ID])
		}
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

// refunds notes what a debit takes, and what a refund gives back of it.
func (v *witness) refunds(e *ports.Entry) {
	switch e.Type { //nolint:exhaustive // the others cannot be refunded
	case ports.EntryDeduct, ports.EntryCapture:
		key := e.WalletID + "\n" + e.Key
		v.keys[fmt.Sprint(e.WalletID, "\n", e.Seq)] = key
		v.left[key] = e.BalanceAmount.Add(e.PointAmount).Neg()
	case ports.EntryRefund:
		key := v.keys[fmt.Sprint(e.WalletID, "\n", e.RefersTo)]
		v.left[key] = v.left[key].Sub(e.BalanceAmount).Sub(e.PointAmount)
	}
}

// closed refuses whatever is written to a wallet that was closed, and what is opened on
// it. Records of what was opened before may still change: a provider may speak late.
func (v *witness) closed(unit *ports.Unit) error {
	isClosed := func(id string) bool { w := v.wallets[id]; return w.Status == ports.WalletClosed }
	for i := range unit.Wallets {
		if id := unit.Wallets[i].ID; isClosed(id) {
			return fmt.Errorf("wallet %s was closed, and is written", id)
		}
	}
	for _, op := range unit.Operations {
		if head := op.Head(); isClosed(head.WalletID) && head.Version == 1 {
			return fmt.Errorf("wallet %s was closed, and %s %s is opened on it", head.WalletID, head.Kind, head.ID)
		}
	}
	return nil
}

// captures refuses what is taken of a hold that has expired, and a hold that ends by itself
// before its time.
func (v *witness) captures(unit *ports.Unit) error {
	for i := range unit.Entries {
		e := &unit.Entries[i]
		op := v.records[e.OperationID]
		if op == nil || op.Head().Kind != ports.KindHold || op.Head().DueAt.IsZero() {
			continue
		}
		switch due := !op.Head().DueAt.After(e.BookedAt); {
		case e.Type == ports.EntryHoldExpire && !due:
			return fmt.Errorf("hold %s ends by itself before its time", e.OperationID)
		case e.Type != ports.EntryHoldExpire && e.Type != ports.EntryRefund && due: // what was captured may be given back at any time
			return fmt.Errorf("%s of hold %s, which has expired", e.Type, e.OperationID)
		}
	}
	return nil
}

// ended checks that no hold of the unit's wallets has expired and is open still: whatever else
// is booked comes after its end. A worker ends them step by step.
func (v *witness) ended(unit *ports.Unit) error {
	if len(unit.Entries) > 0 && !slices.ContainsFunc(unit.Entries, func(e ports.Entry) bool {
		return e.Type != ports.EntryHoldExpire && e.Type != ports.EntryExpire
	}) {
		return nil
	}
	for i := range unit.Wallets {
		w := &unit.Wallets[i]
		for id, op := range v.open[w.ID] {
			head := op.Head()
			if head.Kind == ports.KindHold && !head.DueAt.IsZero() && !head.DueAt.After(w.BookedAt) {
				return fmt.Errorf("wallet %s: hold %s has expired and is open still", w.ID, id)
			}
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
