package simulation_test

import (
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/ports"
)

// window is what was so, at some moment, while a request was under way: what was never
// so may not be why it was refused.
type window struct {
	wallet, peer      string
	cash, point, both decimal.Decimal // the least of the wallet: what would have been enough at every moment may not be refused
	lot               int64
	ofLot             decimal.Decimal // the least of the lot
	own, other        load            // the most of the wallet and of the peer

	active, frozen, closed bool
	filled                 bool // it had money or points
	busy                   bool // it had open operations
	disputed               bool // it had disputed ones
	peerClosed             bool

	begun, ended  time.Time
	of            string            // the record that it is about
	seen          []ports.Operation // what that came to, oldest first
	policies      []*ports.Policy   // likewise of the policies of the wallet
	withoutPolicy bool
	lanes         map[string]bool // lanes with the operation in them
}

// policy reports whether a policy of the wallet was so.
func (d *window) policy(was func(*ports.Policy) bool) bool {
	return slices.ContainsFunc(d.policies, was)
}

// skew is more than two clocks are apart.
const skew = 20 * time.Second

// available is what a wallet has now.
func (v *witness) available(walletID string) (cash, point decimal.Decimal) {
	w, gone := v.wallets[walletID], v.overdue(walletID)
	return w.AvailableBalance().Add(gone.cash), w.AvailablePoint(time.Now()).Add(gone.point)
}

// overdue is what holds keep that expired longer ago than two clocks are apart: it counts as
// given back, whether or not that was booked.
type overdue struct {
	cash, point decimal.Decimal
	holds       map[string]bool
}

func (v *witness) overdue(walletID string) *overdue { return v.overdueAt(walletID, time.Now()) }

// overdueAt is overdue as a process judged it at a time, which may have slept since.
func (v *witness) overdueAt(walletID string, at time.Time) *overdue {
	o := &overdue{holds: make(map[string]bool)}
	for id, op := range v.open[walletID] {
		hold, ok := op.(*ports.Hold)
		if !ok || hold.DueAt.IsZero() || hold.DueAt.After(at.Add(-skew)) {
			continue
		}
		o.holds[id] = true
		o.cash = o.cash.Add(hold.Balance)
		for _, lot := range hold.Lots {
			if lot.ExpiresAt.IsZero() || lot.ExpiresAt.After(time.Now().Add(skew)) {
				o.point = o.point.Add(lot.Amount)
			}
		}
	}
	return o
}

// begins opens the window of a request.
func (v *witness) begins(r *request) *window {
	w, peer := v.wallets[r.Wallet], v.wallets[r.Peer]
	d := &window{
		begun: time.Now(), wallet: r.Wallet, peer: r.Peer, of: r.Of, withoutPolicy: true, lanes: make(map[string]bool),
		cash: w.Balance, point: w.Point, both: w.Balance.Add(w.Point), lot: r.Lot, ofLot: unheld(&w, r.Lot),
	}
	d.look(&w, v.overdue(r.Wallet))
	d.lookPeer(&peer)
	for _, op := range v.records {
		d.disputed = d.disputed || isDisputed(op, r.Wallet)
	}
	if of := v.records[r.Of]; of != nil {
		d.seen = append(d.seen, of)
	}
	for _, op := range v.open[r.Wallet] {
		if policy, ok := op.(*ports.Policy); ok {
			d.policies, d.withoutPolicy = append(d.policies, policy), false
		}
	}
	for lane, id := range v.lanes {
		d.lanes[lane+"\n"+id] = true
	}
	d.own, d.other = v.loadNow(d.wallet), v.loadNow(d.peer)
	v.windows[d] = true
	return d
}

// look notes what a wallet has now. Points that are about to expire count as gone.
func (d *window) look(w *ports.Wallet, gone *overdue) {
	cash, point := w.AvailableBalance(), w.AvailablePoint(time.Now().Add(skew))
	d.note(cash.Add(gone.cash), point.Add(gone.point))
	d.ofLot = decimal.Min(d.ofLot, unheld(w, d.lot))
	d.active = d.active || w.Status == ports.WalletActive
	d.frozen = d.frozen || w.Status == ports.WalletFrozen
	d.closed = d.closed || w.Status == ports.WalletClosed
	d.filled = d.filled || !w.Balance.IsZero() || !w.Point.IsZero()
	d.busy = d.busy || w.OpenOperations > len(gone.holds)
}

// lookAt notes what a record has come to.
func (d *window) lookAt(op ports.Operation) {
	head := op.Head()
	d.disputed = d.disputed || isDisputed(op, d.wallet)
	if head.ID == d.of {
		d.seen = append(d.seen, op)
	}
	if policy, ok := op.(*ports.Policy); ok && head.WalletID == d.wallet {
		d.policies = append(d.policies, policy)
		d.withoutPolicy = d.withoutPolicy || !head.Open
	}
	if head.Open && head.Lane != "" {
		d.lanes[head.Lane+"\n"+head.ID] = true
	}
}

func isDisputed(op ports.Operation, walletID string) bool {
	return op.Head().WalletID == walletID && op.StatusText() == string(ports.WithdrawalDisputed)
}

func (d *window) lookPeer(w *ports.Wallet) {
	d.peerClosed = d.peerClosed || w.Status == ports.WalletClosed
}

func (d *window) note(cash, point decimal.Decimal) {
	d.cash, d.point, d.both = decimal.Min(d.cash, cash), decimal.Min(d.point, point), decimal.Min(d.both, cash.Add(point))
}

// pass notes what a wallet had between the entries of one unit.
func (d *window) pass(before *ports.Wallet, gone *overdue, entries []ports.Entry) {
	d.look(before, gone)
	cash, point := before.AvailableBalance(), before.AvailablePoint(time.Now().Add(skew))
	cash, point = cash.Add(gone.cash), point.Add(gone.point)
	left := unheld(before, d.lot)
	for i := range entries {
		if e := &entries[i]; e.WalletID == before.ID && !gone.holds[e.OperationID] {
			cash = cash.Add(e.BalanceAmount).Sub(e.BalanceHeldAmount)
			point = point.Add(e.PointAmount).Sub(e.PointHeldAmount)
			d.note(cash, point)
			left = left.Add(ofLot(e, d.lot))
			d.ofLot = decimal.Min(d.ofLot, left)
			d.frozen = d.frozen || e.Type == ports.EntryFreeze
			d.active = d.active || e.Type == ports.EntryUnfreeze
			d.filled = d.filled || !e.NewBalance.IsZero() || !e.NewPoint.IsZero()
			d.busy = d.busy || e.OperationID != ""
		}
	}
}

// ends closes the window of a request.
func (v *witness) ends(d *window) {
	delete(v.windows, d)
	d.ended = time.Now()
	w, peer := v.wallets[d.wallet], v.wallets[d.peer]
	d.look(&w, v.overdue(d.wallet))
	d.lookPeer(&peer)
	own, other := v.loadNow(d.wallet), v.loadNow(d.peer)
	d.own.raise(&own)
	d.other.raise(&other)
}
