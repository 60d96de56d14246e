package ledger_test

import (
	"cmp"
	"slices"
	"sort"
	"time"

	"github.com/jigap/jigap/ledger"
)

// model is the naive twin of the ledger: whole amounts, plain integers, no hashes,
// no batches, one thing after another. Property tests run the same operations on
// both and compare everything that can be seen.
type model struct {
	now     time.Time
	wallets map[string]*modelWallet
	holds   []*modelHold
}

type modelWallet struct {
	id       string
	frozen   bool
	scale    int32
	cash     int64
	cashHeld int64
	lots     []*modelLot
	seq      int64
	keys     map[string]string // key to the content it was used for
	debits   []*modelDebit
	holds    []*modelHold
	openOps  int

	limits   modelLimits
	credited map[string]int64 // by day and by month of Seoul
	incoming int64
	bonuses  int64 // that open orders announced
	orders   []*modelOrder
}

// modelLimits are the limits of a wallet; -1: none.
type modelLimits struct{ balance, day, month, point int64 }

// modelOrder is a recharge that is open, and what the wallet counts for it.
type modelOrder struct {
	id        string
	amount    int64
	announced int64
	bonus     int64 // points
	expires   time.Time
	counted   int64 // of the bonus
}

type modelLot struct {
	id      int64
	amount  int64
	held    int64
	expires time.Time
	prio    int32
	granted int64
	revoked int64
}

type modelPart struct {
	lot    *modelLot
	amount int64
}

type modelDebit struct {
	key   string
	cash  int64
	parts []modelPart // as taken, less what was given back
}

type modelHold struct {
	id        string
	wallet    *modelWallet
	cash      int64
	parts     []modelPart
	cashFirst bool
	expires   time.Time
	open      bool
}

func newModel(now time.Time) *model { return &model{now: now, wallets: make(map[string]*modelWallet)} }

func (w *modelWallet) ordered() []*modelLot {
	lots := slices.Clone(w.lots)
	sort.SliceStable(lots, func(i, j int) bool {
		a, b := lots[i], lots[j]
		if !a.expires.Equal(b.expires) {
			if a.expires.IsZero() || b.expires.IsZero() {
				return b.expires.IsZero()
			}
			return a.expires.Before(b.expires)
		}
		if a.prio != b.prio {
			return a.prio < b.prio
		}
		return a.id < b.id
	})
	return lots
}

// due returns the open holds that have expired at now, the longest expired first.
func (w *modelWallet) due(now time.Time) (list []*modelHold) {
	for _, h := range w.holds {
		if h.open && !h.expires.IsZero() && !h.expires.After(now) {
			list = append(list, h)
		}
	}
	slices.SortFunc(list, func(a, b *modelHold) int {
		return cmp.Or(a.expires.Compare(b.expires), cmp.Compare(a.id, b.id))
	})
	return list
}

// held returns what is held of a lot at now.
func (w *modelWallet) held(lot *modelLot, now time.Time) int64 {
	held := lot.held
	for _, h := range w.due(now) {
		for _, part := range h.parts {
			if part.lot == lot {
				held -= part.amount
			}
		}
	}
	return held
}

// heldCash returns what is held of the cash at now, and how many operations are open.
func (w *modelWallet) heldCash(now time.Time) (cash int64, open int) {
	cash, open = w.cashHeld, w.openOps
	for _, h := range w.due(now) {
		cash -= h.cash
		open--
	}
	return cash, open
}

func (w *modelWallet) freeCash(now time.Time) int64 {
	held, _ := w.heldCash(now)
	return w.cash - held
}

// lapse does what comes before each operation: what is not held of expired lots goes, each
// such lot in one entry, and then each hold that has expired gives back, in one entry, and
// what expires by that goes.
func (w *modelWallet) lapse(now time.Time) {
	w.lapseLots(now)
	for _, h := range w.due(now) {
		h.release()
		h.open = false
		w.openOps--
		w.seq++
		w.lapseLots(now)
	}
}

func (w *modelWallet) lapseLots(now time.Time) {
	for _, lot := range w.lots {
		if !lot.expires.IsZero() && !lot.expires.After(now) && lot.amount > lot.held {
			lot.amount = lot.held
			w.seq++
		}
	}
}

// points returns what of the lots is there, and what of that is free, at now.
func (w *modelWallet) points(now time.Time) (all, free int64) {
	for _, lot := range w.lots {
		amount := lot.amount
		held := w.held(lot, now)
		if !lot.expires.IsZero() && !lot.expires.After(now) {
			amount = held
		}
		all += amount
		free += amount - held
	}
	return all, free
}

// take plans what a debit takes: cash and parts of lots. ok is false when there is
// not enough.
func (w *modelWallet) take(amount int64, how ledger.Spend, now time.Time) (cash int64, parts []modelPart, ok bool) {
	_, freePoints := w.points(now)
	freeCash := w.freeCash(now)
	var points int64
	switch how {
	case ledger.PointsFirst:
		points = min(amount, freePoints)
		cash = amount - points
	case ledger.CashFirst:
		cash = min(amount, freeCash)
		points = amount - cash
	case ledger.CashOnly:
		cash = amount
	case ledger.PointsOnly:
		points = amount
	}
	if cash > freeCash || points > freePoints {
		return 0, nil, false
	}
	for _, lot := range w.ordered() {
		expired := !lot.expires.IsZero() && !lot.expires.After(now)
		if free := lot.amount - w.held(lot, now); free > 0 && points > 0 && !expired {
			n := min(points, free)
			parts = append(parts, modelPart{lot, n})
			points -= n
		}
	}
	return cash, parts, true
}

// openAt reports whether the hold is open and has not expired.
func (h *modelHold) openAt(now time.Time) bool {
	return h.open && (h.expires.IsZero() || h.expires.After(now))
}

func (h *modelHold) remaining() int64 {
	sum := h.cash
	for _, part := range h.parts {
		sum += part.amount
	}
	return sum
}

// capture spends amount out of the hold.
func (h *modelHold) capture(amount int64, key string) {
	w := h.wallet
	points := h.remaining() - h.cash
	cash := amount - min(points, amount)
	if h.cashFirst {
		cash = min(h.cash, amount)
	}
	points = amount - cash
	debit := &modelDebit{key: key, cash: cash}
	h.cash -= cash
	w.cash -= cash
	w.cashHeld -= cash
	for i := range h.parts {
		n := min(points, h.parts[i].amount)
		if n == 0 {
			continue
		}
		h.parts[i].amount -= n
		h.parts[i].lot.amount -= n
		h.parts[i].lot.held -= n
		points -= n
		debit.parts = append(debit.parts, modelPart{h.parts[i].lot, n})
	}
	w.debits = append(w.debits, debit)
}

// release gives back what is left.
func (h *modelHold) release() {
	h.wallet.cashHeld -= h.cash
	h.cash = 0
	for i := range h.parts {
		h.parts[i].lot.held -= h.parts[i].amount
		h.parts[i].amount = 0
	}
}

func (d *modelDebit) left() int64 {
	sum := d.cash
	for _, part := range d.parts {
		sum += part.amount
	}
	return sum
}

// refund gives amount back: cash first, then the lot taken last first.
func (d *modelDebit) refund(w *modelWallet, amount int64) {
	cash := min(amount, d.cash)
	d.cash -= cash
	w.cash += cash
	amount -= cash
	for i := len(d.parts) - 1; i >= 0; i-- {
		n := min(amount, d.parts[i].amount)
		d.parts[i].amount -= n
		d.parts[i].lot.amount += n
		amount -= n
	}
}

func (l *modelLimits) cash() bool { return l.balance >= 0 || l.day >= 0 || l.month >= 0 }

// periods returns the day and the month in Seoul, which is nine hours ahead of UTC.
func (m *model) periods() (day, month string) {
	there := m.now.Add(9 * time.Hour)
	return there.Format("2006-01-02"), there.Format("2006-01")
}

// takes reports whether the limits of the wallet admit so much more cash.
func (m *model) takes(w *modelWallet, cash int64) bool {
	day, month := m.periods()
	within := func(most, has int64) bool { return most < 0 || has+w.incoming+cash <= most }
	return within(w.limits.balance, w.cash) && within(w.limits.day, w.credited[day]) && within(w.limits.month, w.credited[month])
}

// takesPoints reports whether the limits of the wallet admit so many more points.
func (m *model) takesPoints(w *modelWallet, points int64) bool {
	has, _ := w.points(m.now)
	return points == 0 || w.limits.point < 0 || has+w.bonuses+points <= w.limits.point
}

// grant adds a lot, as the next entry.
func (w *modelWallet) grant(points int64, expires time.Time, prio int32) {
	w.lots = append(w.lots, &modelLot{id: w.seq + 1, amount: points, granted: points, expires: expires, prio: prio})
}

// credit adds cash that came in from outside.
func (m *model) credit(w *modelWallet, cash int64) {
	day, month := m.periods()
	w.cash += cash
	w.credited[day] += cash
	w.credited[month] += cash
}
