package simulation_test

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
)

// theLimits are those of every second wallet, in runs that have limits.
func theLimits(walletID string) ledger.Limits {
	most := func(n int64) decimal.NullDecimal { return decimal.NewNullDecimal(won(n)) }
	limits := ledger.Limits{Balance: most(90_000), CreditedPerMonth: most(120_000), Point: most(5_000), TimeZone: korea}
	if !isDollars(walletID) {
		limits.CreditedPerDay, limits.CreditedPerMonth = most(140_000), most(180_000)
	}
	return limits
}

// isLimited reports whether a wallet has limits, in runs that have some.
func isLimited(walletID string) bool {
	return walletID != probeWallet && walletID[len(walletID)-1]%2 == 1
}

// limits is what the ledgers of a run are configured with.
func (m *mood) limits() func(*ports.Wallet) ledger.Limits {
	if !m.limited {
		return nil
	}
	return func(w *ports.Wallet) ledger.Limits {
		if isLimited(w.ID) {
			return theLimits(w.ID)
		}
		return ledger.Limits{}
	}
}

// load is what counts against the limits of a wallet, with what is on its way.
type load struct{ cash, day, month, point decimal.Decimal }

func (l *load) String() string {
	return fmt.Sprintf("%s, of the day %s, of the month %s, and %s points", l.cash, l.day, l.month, l.point)
}

// raise makes the load at least the other.
func (l *load) raise(other *load) {
	l.cash, l.point = decimal.Max(l.cash, other.cash), decimal.Max(l.point, other.point)
	l.day, l.month = decimal.Max(l.day, other.day), decimal.Max(l.month, other.month)
}

// over returns the limit that the load exceeds, or nothing.
func (l *load) over(walletID string, cash, point bool) ports.LimitKind {
	most := theLimits(walletID)
	switch {
	case cash && l.cash.GreaterThan(most.Balance.Decimal):
		return ports.LimitBalance
	case cash && most.CreditedPerDay.Valid && l.day.GreaterThan(most.CreditedPerDay.Decimal):
		return ports.LimitCreditedPerDay
	case cash && l.month.GreaterThan(most.CreditedPerMonth.Decimal):
		return ports.LimitCreditedPerMonth
	case point && l.point.GreaterThan(most.Point.Decimal):
		return ports.LimitPoint
	}
	return ""
}

// periods are the Korean day and month of a time, for a wallet.
func periods(walletID string, at time.Time) (day, month string) {
	at = at.In(korea)
	return walletID + at.Format(" 2006-01-02"), walletID + at.Format(" 2006-01")
}

// loadAt is the load of a wallet that has so much, at a time.
func (v *witness) loadAt(walletID string, at time.Time, balance, incoming, points, incomingPoints decimal.Decimal) load {
	day, month := periods(walletID, at)
	return load{balance.Add(incoming), v.credited[day].Add(incoming), v.credited[month].Add(incoming), points.Add(incomingPoints)}
}

// loadNow is the load of a wallet, by any clock.
func (v *witness) loadNow(walletID string) (l load) {
	w := v.wallets[walletID]
	for _, at := range []time.Time{time.Now().Add(-skew), time.Now().Add(skew)} {
		now := v.loadAt(walletID, at, w.Balance, w.Incoming, w.Point, w.IncomingPoint)
		l.raise(&now)
	}
	return l
}

// limits checks that a unit lets nothing into a wallet that a limit does not admit, but for what had arrived,
// and that what is on its way is what open recharges announced.
func (v *witness) limits(unit *ports.Unit) error {
	for i := range unit.Wallets {
		w := &unit.Wallets[i]
		if !v.world.mood.limited || !isLimited(w.ID) {
			if !w.Incoming.IsZero() || !w.IncomingPoint.IsZero() {
				return fmt.Errorf("wallet %s has no limits, and %s and %s points are on their way", w.ID, w.Incoming, w.IncomingPoint)
			}
			continue
		}
		if err := v.limited(unit, w); err != nil {
			return err
		}
	}
	return nil
}

func (v *witness) limited(unit *ports.Unit, w *ports.Wallet) error {
	before := v.wallets[w.ID]
	cash, point := before.Incoming, before.IncomingPoint
	for i := range unit.Entries {
		e := &unit.Entries[i]
		if e.WalletID != w.ID {
			continue
		}
		moreCash, morePoint := v.announced(unit, e)
		cash, point = cash.Add(moreCash), point.Add(morePoint)
		day, month := periods(w.ID, e.BookedAt)
		if e.Type == ports.EntryRecharge || e.Type == ports.EntryTransferIn {
			v.credited[day], v.credited[month] = v.credited[day].Add(e.BalanceAmount), v.credited[month].Add(e.BalanceAmount)
		}
		l := v.loadAt(w.ID, e.BookedAt, e.NewBalance, cash, e.NewPoint, point)
		for during := range v.windows {
			during.raise(w.ID, &l)
		}
		switch over := l.over(w.ID, e.BalanceAmount.Add(moreCash).IsPositive(), e.PointAmount.Add(morePoint).IsPositive()); {
		case over == "":
		case asksToEnter(e):
			return fmt.Errorf("entry %d of wallet %s: %s exceeds the limit %s: %s", e.Seq, w.ID, e.Type, over, &l)
		default:
			v.world.count("limits", "exceeded by what had arrived, or came back")
		}
	}
	if err := v.counted(w); err != nil {
		return err
	}
	if !cash.Equal(w.Incoming) || !point.Equal(w.IncomingPoint) {
		return fmt.Errorf("wallet %s: %s and %s points are on their way, by the entries %s and %s", w.ID, w.Incoming, w.IncomingPoint, cash, point)
	}
	return nil
}

// counted checks what a wallet counts as credited in the day and the month of its last entry.
func (v *witness) counted(w *ports.Wallet) error {
	day, month := periods(w.ID, w.BookedAt)
	ofDay, ofMonth := w.Credited.On(day[len(w.ID)+1:], month[len(w.ID)+1:])
	if theLimits(w.ID).CreditedPerDay.Valid && !ofDay.Equal(v.credited[day]) || !ofMonth.Equal(v.credited[month]) {
		return fmt.Errorf("wallet %s counts %s as credited in the day, and %s in the month; by the entries it is %s and %s", w.ID, ofDay, ofMonth, v.credited[day], v.credited[month])
	}
	return nil
}

// asksToEnter reports whether an entry is of what a limit may refuse.
func asksToEnter(e *ports.Entry) bool {
	switch e.Type { //nolint:exhaustive // the others are of what had arrived, or comes back
	case ports.EntryRecharge, ports.EntryGrant:
		return e.OperationID == ""
	case ports.EntryTransferIn, ports.EntryRechargeOpen:
		return true
	}
	return false
}

// announced is what an entry adds to what is on its way: what is ordered when a recharge is opened, and less that when it ends.
func (v *witness) announced(unit *ports.Unit, e *ports.Entry) (cash, point decimal.Decimal) {
	was, _ := v.records[e.OperationID].(*ports.Recharge)
	i := slices.IndexFunc(unit.Operations, func(op ports.Operation) bool { return op.Head().ID == e.OperationID })
	switch {
	case i >= 0 && e.Type == ports.EntryRechargeOpen:
		r := unit.Operations[i].(*ports.Recharge)
		if r.Bonus != nil {
			point = r.Bonus.Amount
		}
		return r.Amount, point
	case was != nil && was.Open && (e.Type == ports.EntryRecharge || e.Type == ports.EntryRechargeEnd):
		if was.Bonus != nil {
			point = was.Bonus.Announced.Neg()
		}
		return was.Announced.Neg(), point
	}
	return cash, point
}

// raise notes what counted against the limits of a wallet of the request.
func (d *window) raise(walletID string, l *load) {
	if d.wallet == walletID {
		d.own.raise(l)
	}
	if d.peer == walletID {
		d.other.raise(l)
	}
}

// overLimit: at some moment there was more than the limit, with what the request asked for.
func (v *witness) overLimit(d *window, a *asked) bool {
	var over *ports.LimitError
	l, id := d.own, a.Wallet
	if a.Kind == "transfer" {
		l, id = d.other, a.Peer
	}
	if !errors.As(a.err, &over) || !isLimited(id) {
		return false
	}
	v.world.count("limits", "refused by "+string(over.Limit))
	points, asks := over.Limit == ports.LimitPoint, a.amount()
	if points && (a.Kind == "recharge" || a.Kind == "begin") {
		asks = money(a.Wallet, a.Bonus)
	}
	l = load{l.cash.Add(asks), l.day.Add(asks), l.month.Add(asks), l.point.Add(asks)}
	var only load
	switch over.Limit {
	case ports.LimitBalance:
		only = load{cash: l.cash}
	case ports.LimitCreditedPerDay:
		only = load{day: l.day}
	case ports.LimitCreditedPerMonth:
		only = load{month: l.month}
	case ports.LimitPoint:
		only = load{point: l.point}
	}
	return only.over(id, !points, points) == over.Limit
}

// incoming checks that what a wallet has on its way is what its open recharges announced.
func incoming(w *ports.Wallet, ops []ports.Operation) error {
	var cash, point decimal.Decimal
	for _, op := range ops {
		if r, ok := op.(*ports.Recharge); ok && r.WalletID == w.ID && r.Open {
			cash = cash.Add(r.Announced)
			if r.Bonus != nil {
				point = point.Add(r.Bonus.Announced)
			}
		}
	}
	if !cash.Equal(w.Incoming) || !point.Equal(w.IncomingPoint) {
		return fmt.Errorf("open recharges announced %s and %s points, the wallet has %s and %s on their way", cash, point, w.Incoming, w.IncomingPoint)
	}
	return nil
}
