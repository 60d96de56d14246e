package ledger_test

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/jigap/jigap/adapters/memory"
	"github.com/jigap/jigap/internal/books"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
)

// twin runs operations on a ledger and on the naive model side by side.
type twin struct {
	*rapid.T
	l     *ledger.Ledger
	store ports.Store
	m     *model
	keys  int
	done  *atomic.Int64
}

func won(n int64) decimal.Decimal { return decimal.New(n, 0) }

// TestLedger_agrees_with_a_simple_model proves that any sequence of operations, with
// replays, reused keys, clock jumps and worker steps in between, leaves the ledger
// exactly where plain integer arithmetic does, that refusals leave no trace, and
// that the books hold throughout. 100 runs of 120 operations each.
func TestLedger_agrees_with_a_simple_model(t *testing.T) {
	t.Parallel()
	var done atomic.Int64
	rapid.Check(t, func(rt *rapid.T) {
		now := rapid.SampledFrom([]time.Time{
			time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC), time.Date(2028, 2, 27, 12, 0, 0, 0, time.UTC),
		}).Draw(rt, "now")
		tw := &twin{T: rt, m: newModel(now), store: memory.New(), done: &done}
		l, err := ledger.New(tw.store, ledger.Config{
			Clock: ports.ClockFunc(func() time.Time { return tw.m.now }),
			// Every other run forgets wallets at once, so that both paths are walked.
			CacheBytes: rapid.SampledFrom([]int{1, 1 << 20}).Draw(rt, "cache"),
			Limits:     tw.limits,
		})
		require.NoError(rt, err)
		tw.l = l
		for _, id := range []string{"a", "b", "c"} {
			_, err := l.Open(context.Background(), ledger.OpenRequest{WalletID: id, Currency: "KRW"})
			require.NoError(rt, err)
			tw.m.wallets[id] = &modelWallet{id: id, seq: 1, keys: make(map[string]string), credited: make(map[string]int64), limits: tw.drawLimits()}
		}
		for range 120 {
			tw.step()
			tw.compare()
		}
		tw.audit()
	})
	if !testing.Short() {
		require.GreaterOrEqual(t, done.Load(), int64(10_000))
	}
	t.Logf("%d operations", done.Load())
}

// drawLimits gives every other wallet no limits at all.
func (t *twin) drawLimits() modelLimits {
	limits := modelLimits{-1, -1, -1, -1}
	if !rapid.Bool().Draw(t.T, "limited") {
		return limits
	}
	for _, limit := range []*int64{&limits.balance, &limits.day, &limits.month, &limits.point} {
		if rapid.Bool().Draw(t.T, "has the limit") {
			*limit = rapid.Int64Range(0, 600).Draw(t.T, "limit")
		}
	}
	return limits
}

// limits returns the limits of the model, as the ledger is told them.
func (t *twin) limits(w *ports.Wallet) ledger.Limits {
	bound := func(n int64) decimal.NullDecimal { return decimal.NullDecimal{Decimal: won(n), Valid: n >= 0} }
	l := t.m.wallets[w.ID].limits
	return ledger.Limits{
		Balance: bound(l.balance), CreditedPerDay: bound(l.day), CreditedPerMonth: bound(l.month), Point: bound(l.point),
		TimeZone: time.FixedZone("KST", 9*60*60),
	}
}

func (t *twin) step() {
	t.done.Add(1)
	w := t.m.wallets[rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t.T, "wallet")]
	amount := rapid.Int64Range(1, 120).Draw(t.T, "amount")
	how := ledger.Spend(rapid.IntRange(0, 3).Draw(t.T, "spend"))
	switch rapid.IntRange(0, 22).Draw(t.T, "op") {
	case 0, 1:
		t.recharge(w, amount)
	case 2, 3:
		t.grant(w, amount)
	case 4, 5, 6:
		t.deduct(w, amount, how)
	case 7:
		t.refund(w, amount)
	case 8:
		t.transfer(w, amount)
	case 9:
		t.adjust(w, amount)
	case 10:
		t.hold(w, amount, how)
	case 11, 12:
		t.endHold(amount)
	case 13:
		t.jump()
	case 14:
		t.freeze(w)
	case 15:
		t.work()
	case 16:
		t.rescale(w)
	case 17, 18:
		t.order(w, amount)
	case 19:
		t.endOrder(w, amount)
	case 20, 21:
		t.revoke(w)
	case 22:
		t.forfeit(w)
	}
}

// attempt runs one operation with a key: first as it is, then, if it was booked,
// again (a replay) and with other content (a reused key); if it was refused, the key
// must be free afterwards.
func (t *twin) attempt(w *modelWallet, content string, want error, entries int64,
	run func(key, memo string) (ledger.Receipt, error),
) {
	key := fmt.Sprintf("k%d", t.keys)
	t.keys++
	lapses := w.seq
	receipt, err := run(key, "")
	if want != nil {
		require.ErrorIs(t, err, want, content)
		_, err = t.l.EntryByKey(context.Background(), w.id, key)
		require.ErrorIs(t, err, ports.ErrNotFound, "a refused operation must not use its key up")
		return
	}
	require.NoError(t, err, content)
	require.False(t, receipt.Replayed)
	w.seq += entries
	require.GreaterOrEqual(t, w.seq, lapses)
	w.keys[key] = content
	again, err := run(key, "")
	require.NoError(t, err, "replay of %s", content)
	require.True(t, again.Replayed)
	require.Equal(t, receipt.Entry.Hash, again.Entry.Hash)
	_, err = run(key, "other content")
	require.ErrorIs(t, err, ports.ErrKeyReused)
}

func debitError(w *modelWallet, enough bool) error {
	switch {
	case w.frozen:
		return ports.ErrFrozen
	case !enough:
		return ports.ErrInsufficient
	}
	return nil
}

func (t *twin) recharge(w *modelWallet, amount int64) {
	var want error
	if !t.m.takes(w, amount) {
		want = ports.ErrLimit
	} else {
		w.lapse(t.m.now)
	}
	t.attempt(w, "recharge", want, 1, func(key, memo string) (ledger.Receipt, error) {
		return t.l.Credit(context.Background(), ledger.CreditRequest{
			WalletID: w.id, Key: key, Amount: won(amount), Note: ledger.Note{Memo: memo},
		})
	})
	if want == nil {
		t.m.credit(w, amount)
	}
}

// order opens a recharge, which announces its amount.
func (t *twin) order(w *modelWallet, amount int64) {
	var want error
	order := &modelOrder{id: fmt.Sprintf("order-%d", t.keys), amount: amount}
	if rapid.Bool().Draw(t.T, "with a bonus") {
		order.bonus, order.expires = rapid.Int64Range(1, 120).Draw(t.T, "bonus"), t.drawExpiry()
	}
	if !t.m.takes(w, amount) || !t.m.takesPoints(w, order.bonus) {
		want = ports.ErrLimit
	} else {
		w.lapse(t.m.now)
	}
	t.attempt(w, "order", want, 1, func(key, memo string) (ledger.Receipt, error) {
		op := &ports.Recharge{
			OperationHead: ports.OperationHead{ID: order.id, Kind: ports.KindRecharge, WalletID: w.id, Version: 1, Open: true},
			Status:        ports.RechargeSending, Amount: won(amount), Bonus: &ports.Bonus{Amount: won(order.bonus)},
		}
		return t.l.Book(context.Background(), books.Booking{
			WalletID: w.id, Key: key, Type: ports.EntryRechargeOpen, OperationID: op.ID, Opened: 1, Operations: []ports.Operation{op},
			Announce:  books.Incoming{Cash: op.Amount, Point: op.Bonus.Amount},
			Announced: func(counted books.Incoming) { op.Announced, op.Bonus.Announced = counted.Cash, counted.Point }, Note: books.Note{Memo: memo},
		})
	})
	if want != nil {
		return
	}
	if w.limits.cash() {
		order.announced = amount
		w.incoming += amount
	}
	if w.limits.point >= 0 {
		order.counted = order.bonus
		w.bonuses += order.bonus
	}
	w.openOps++
	w.orders = append(w.orders, order)
}

// endOrder ends a recharge without money, or with money, which is booked whatever its amount.
func (t *twin) endOrder(w *modelWallet, amount int64) {
	if len(w.orders) == 0 {
		return
	}
	order := w.orders[0]
	w.orders = w.orders[1:]
	found, err := t.store.Operations(context.Background(), []string{order.id})
	require.NoError(t, err)
	require.Len(t, found, 1)
	op := found[0].(*ports.Recharge)
	requireDecimal(t, order.announced, op.Announced, "announced")
	requireDecimal(t, order.counted, op.Bonus.Announced, "announced points")
	op.Version, op.Open, op.Status = 2, false, ports.RechargeDeclined
	booking := books.Booking{
		WalletID: w.id, Type: ports.EntryRechargeEnd, OperationID: op.ID, Opened: -1, Operations: []ports.Operation{op},
		Concluded: books.Incoming{Cash: op.Announced, Point: op.Bonus.Announced},
	}
	w.lapse(t.m.now)
	w.incoming -= order.announced
	w.bonuses -= order.counted
	w.openOps--
	w.seq++
	above, bonus := false, func() {}
	if rapid.Bool().Draw(t.T, "approved") {
		if rapid.Bool().Draw(t.T, "as ordered") {
			amount = order.amount
		}
		booking.Type, booking.Balance, booking.Counterparty = ports.EntryRecharge, won(amount), ports.AccountClearing("bank")
		t.m.credit(w, amount)
		above = !t.m.takes(w, 0)
		bonus = t.bonus(w, order, &booking)
	}
	told := false
	booking.Above = func(over *ports.LimitError) { told = over != nil }
	_, err = t.l.Book(context.Background(), booking)
	require.NoError(t, err)
	require.Equal(t, above, told, "the wallet is above a limit")
	bonus()
}

// bonus grants the bonus of an order with its credit, above the limit on points or not, unless it
// has expired. It returns the check of what the booking granted.
func (t *twin) bonus(w *modelWallet, order *modelOrder, booking *books.Booking) func() {
	var granted decimal.Decimal
	booking.Points = &books.Points{
		Wants: func(int32) decimal.Decimal { return won(order.bonus) }, Lot: ports.LotChange{ExpiresAt: order.expires},
		Done: func(_ int64, change decimal.Decimal) { granted = change },
	}
	want := int64(0)
	if order.bonus > 0 && (order.expires.IsZero() || order.expires.After(t.m.now)) {
		want = order.bonus
		w.grant(want, order.expires, 0)
		w.seq++
	}
	return func() { requireDecimal(t, want, granted, "granted") }
}

// drawExpiry draws when points expire, some days from now or never.
func (t *twin) drawExpiry() time.Time {
	if days := rapid.IntRange(0, 5).Draw(t.T, "days"); days > 0 {
		return t.m.now.AddDate(0, 0, days)
	}
	return time.Time{}
}

func (t *twin) grant(w *modelWallet, amount int64) {
	expires, prio := t.drawExpiry(), rapid.Int32Range(-1, 1).Draw(t.T, "priority")
	var want error
	if !t.m.takesPoints(w, amount) {
		want = ports.ErrLimit
	} else {
		w.lapse(t.m.now)
		w.grant(amount, expires, prio)
	}
	t.attempt(w, "grant", want, 1, func(key, memo string) (ledger.Receipt, error) {
		return t.l.Grant(context.Background(), ledger.GrantRequest{
			WalletID: w.id, Key: key, Amount: won(amount), ExpiresAt: expires, Priority: prio, Note: ledger.Note{Memo: memo},
		})
	})
}

// revoke takes back what is left of a lot and not held, and tells what is missing.
func (t *twin) revoke(w *modelWallet) {
	if len(w.lots) == 0 {
		_, err := t.l.Revoke(context.Background(), ledger.RevokeRequest{WalletID: w.id, Key: "r", LotID: w.seq + 1, By: ports.By{Who: "kim", Why: "mistake"}})
		require.ErrorIs(t, err, ports.ErrNotFound)
		return
	}
	lot := w.lots[rapid.IntRange(0, len(w.lots)-1).Draw(t.T, "lot")]
	free := lot.amount - w.held(lot, t.m.now)
	if !lot.expires.IsZero() && !lot.expires.After(t.m.now) {
		free = 0
	}
	var want error
	if free == 0 {
		want = ports.ErrInsufficient
	} else {
		w.lapse(t.m.now)
		lot.amount -= free
		lot.revoked += free
	}
	missing := lot.granted - lot.revoked
	t.attempt(w, "revoke", want, 1, func(key, memo string) (ledger.Receipt, error) {
		receipt, err := t.l.Revoke(context.Background(), ledger.RevokeRequest{
			WalletID: w.id, Key: key, LotID: lot.id, By: ports.By{Who: "kim", Why: "mistake" + memo},
		})
		if err == nil {
			requireDecimal(t, lot.granted, receipt.Granted, "granted")
			requireDecimal(t, missing, receipt.Missing, "missing")
		}
		return receipt.Receipt, err
	})
}

func (t *twin) deduct(w *modelWallet, amount int64, how ledger.Spend) {
	cash, parts, ok := w.take(amount, how, t.m.now)
	want := debitError(w, ok)
	key := fmt.Sprintf("k%d", t.keys)
	if want == nil {
		w.lapse(t.m.now)
	}
	t.attempt(w, "deduct", want, 1, func(key, memo string) (ledger.Receipt, error) {
		return t.l.Deduct(context.Background(), ledger.DeductRequest{
			WalletID: w.id, Key: key, Amount: won(amount), Spend: how, Note: ledger.Note{Memo: memo},
		})
	})
	if want != nil {
		return
	}
	w.cash -= cash
	for _, part := range parts {
		part.lot.amount -= part.amount
	}
	w.debits = append(w.debits, &modelDebit{key: key, cash: cash, parts: parts})
}

func (t *twin) refund(w *modelWallet, amount int64) {
	if len(w.debits) == 0 {
		_, err := t.l.Refund(context.Background(), ledger.RefundRequest{WalletID: w.id, Key: "r", Of: "no such debit", All: true})
		require.ErrorIs(t, err, ports.ErrNotFound)
		return
	}
	debit := w.debits[rapid.IntRange(0, len(w.debits)-1).Draw(t.T, "debit")]
	all := rapid.Bool().Draw(t.T, "all")
	given := amount
	if all {
		given = debit.left()
	}
	var want error
	if given == 0 || given > debit.left() {
		want = ports.ErrRefundExceeds
	} else {
		w.lapse(t.m.now)
	}
	t.attempt(w, "refund", want, 1, func(key, memo string) (ledger.Receipt, error) {
		return t.l.Refund(context.Background(), ledger.RefundRequest{
			WalletID: w.id, Key: key, Of: debit.key, Amount: won(amount), All: all, Note: ledger.Note{Memo: memo},
		})
	})
	if want == nil {
		debit.refund(w, given)
	}
}

func (t *twin) transfer(w *modelWallet, amount int64) {
	to := t.m.wallets[rapid.SampledFrom(slices.DeleteFunc([]string{"a", "b", "c"}, func(id string) bool { return id == w.id })).Draw(t.T, "to")]
	want := debitError(w, w.freeCash(t.m.now) >= amount)
	if want == nil && !t.m.takes(to, amount) {
		want = ports.ErrLimit
	}
	if want == nil {
		w.lapse(t.m.now)
		to.lapse(t.m.now)
		to.seq++
		t.m.credit(to, amount)
		w.cash -= amount
	}
	t.attempt(w, "transfer", want, 1, func(key, memo string) (ledger.Receipt, error) {
		return t.l.Transfer(context.Background(), ledger.TransferRequest{
			FromID: w.id, ToID: to.id, Key: key, Amount: won(amount), Note: ledger.Note{Memo: memo},
		})
	})
}

func (t *twin) adjust(w *modelWallet, amount int64) {
	cash := rapid.Int64Range(-amount, amount).Draw(t.T, "cash")
	points := rapid.Int64Range(-amount, amount).Draw(t.T, "points")
	if cash == 0 && points == 0 {
		return
	}
	_, free := w.points(t.m.now)
	var want error
	if -points > free || -cash > w.freeCash(t.m.now) {
		want = ports.ErrInsufficient
	} else {
		w.lapse(t.m.now)
		if points > 0 {
			w.grant(points, time.Time{}, 0)
		} else {
			_, parts, _ := w.take(-points, ledger.PointsOnly, t.m.now)
			for _, part := range parts {
				part.lot.amount -= part.amount
			}
		}
		w.cash += cash
	}
	t.attempt(w, "adjust", want, 1, func(key, memo string) (ledger.Receipt, error) {
		return t.l.Adjust(context.Background(), ledger.AdjustRequest{
			WalletID: w.id, Key: key, Balance: won(cash), Point: won(points), By: ports.By{Who: "kim", Why: "counted again" + memo},
		})
	})
}

// forfeit takes the points that are free, also of a frozen wallet.
func (t *twin) forfeit(w *modelWallet) {
	var want error
	if _, free := w.points(t.m.now); free == 0 {
		want = ports.ErrInsufficient
	} else {
		w.lapse(t.m.now)
		for _, lot := range w.lots {
			lot.amount = w.held(lot, t.m.now)
		}
	}
	t.attempt(w, "forfeit", want, 1, func(key, memo string) (ledger.Receipt, error) {
		return t.l.Forfeit(context.Background(), ledger.ForfeitRequest{WalletID: w.id, Key: key, By: ports.By{Who: "kim", Why: "given up" + memo}})
	})
}

func (t *twin) hold(w *modelWallet, amount int64, how ledger.Spend) {
	var expires time.Time
	if hours := rapid.IntRange(0, 72).Draw(t.T, "hours"); hours > 0 {
		expires = t.m.now.Add(time.Duration(hours) * time.Hour)
	}
	cash, parts, ok := w.take(amount, how, t.m.now)
	want := debitError(w, ok)
	if want == nil {
		w.lapse(t.m.now)
	}
	held := &modelHold{wallet: w, cash: cash, parts: parts, cashFirst: how == ledger.CashFirst, expires: expires, open: true}
	t.attempt(w, "hold", want, 1, func(key, memo string) (ledger.Receipt, error) {
		receipt, err := t.l.Hold(context.Background(), ledger.HoldRequest{
			WalletID: w.id, Key: key, Amount: won(amount), Spend: how, ExpiresAt: expires, Note: ledger.Note{Memo: memo},
		})
		if err == nil {
			held.id = receipt.Hold.ID
		}
		return receipt.Receipt, err
	})
	if want != nil {
		return
	}
	w.cashHeld += cash
	w.openOps++
	for _, part := range parts {
		part.lot.held += part.amount
	}
	t.m.holds = append(t.m.holds, held)
	w.holds = append(w.holds, held)
}

// endHold captures or releases a hold, open or not.
func (t *twin) endHold(amount int64) {
	if len(t.m.holds) == 0 {
		return
	}
	h := t.m.holds[rapid.IntRange(0, len(t.m.holds)-1).Draw(t.T, "hold")]
	if rapid.IntRange(0, 2).Draw(t.T, "release") == 0 {
		t.release(h)
		return
	}
	all, final := rapid.Bool().Draw(t.T, "all"), rapid.Bool().Draw(t.T, "final")
	if all {
		amount = h.remaining()
	}
	var want error
	switch {
	case !h.openAt(t.m.now):
		want = ports.ErrNotOpen
	case h.wallet.frozen:
		want = ports.ErrFrozen
	case amount > h.remaining():
		want = ports.ErrInsufficient
	}
	key := fmt.Sprintf("k%d", t.keys)
	entries := int64(1)
	if want == nil {
		h.wallet.lapse(t.m.now)
		if final && amount < h.remaining() {
			entries = 2
		}
		h.capture(amount, key)
		if final || h.remaining() == 0 {
			h.release()
			h.open = false
			h.wallet.openOps--
		}
	}
	t.attempt(h.wallet, "capture", want, entries, func(key, memo string) (ledger.Receipt, error) {
		receipt, err := t.l.Capture(context.Background(), ledger.CaptureRequest{
			HoldID: h.id, Key: key, Amount: won(max(1, amount)), All: all, Final: final, Note: ledger.Note{Memo: memo},
		})
		return receipt.Receipt, err
	})
}

func (t *twin) release(h *modelHold) {
	var want error
	if !h.openAt(t.m.now) {
		want = ports.ErrNotOpen
	} else {
		h.wallet.lapse(t.m.now)
		h.release()
		h.open = false
		h.wallet.openOps--
	}
	t.attempt(h.wallet, "release", want, 1, func(key, memo string) (ledger.Receipt, error) {
		receipt, err := t.l.Release(context.Background(), ledger.ReleaseRequest{HoldID: h.id, Key: key, Note: ledger.Note{Memo: memo}})
		return receipt.Receipt, err
	})
}

func (t *twin) jump() {
	t.m.now = t.m.now.Add(time.Duration(rapid.IntRange(1, 48).Draw(t.T, "jump")) * time.Hour)
}

func (t *twin) freeze(w *modelWallet) {
	op, want := t.l.Freeze, error(nil)
	if w.frozen {
		op = t.l.Unfreeze
	}
	w.lapse(t.m.now)
	t.attempt(w, "status", want, 1, func(key, memo string) (ledger.Receipt, error) {
		return op(context.Background(), ledger.StatusRequest{WalletID: w.id, Key: key, By: ports.By{Who: "kim", Why: "checked" + memo}})
	})
	w.frozen = !w.frozen
}

// rescale has a wallet keep one digit more: no amount changes.
func (t *twin) rescale(w *modelWallet) {
	if w.scale == ports.MaxScale {
		return
	}
	w.scale++
	w.lapse(t.m.now)
	t.attempt(w, "rescale", nil, 1, func(key, memo string) (ledger.Receipt, error) {
		return t.l.Rescale(context.Background(), ledger.RescaleRequest{
			WalletID: w.id, Key: key, Scale: w.scale, By: ports.By{Who: "kim", Why: "finer prices" + memo},
		})
	})
}

// work runs the worker's jobs, twice: the second time there is nothing to do.
func (t *twin) work() {
	due := 0
	for _, w := range t.m.wallets {
		if holds := len(w.due(t.m.now)); holds > 0 {
			due += holds
			w.lapse(t.m.now)
		}
	}
	done, err := t.l.ExpireHolds(context.Background(), 1000)
	require.NoError(t, err)
	require.Equal(t, due, done)
	lapsing := 0
	for _, w := range t.m.wallets {
		before := w.seq
		if w.lapse(t.m.now); w.seq > before {
			lapsing++
		}
	}
	done, err = t.l.ExpireLots(context.Background(), 1000)
	require.NoError(t, err)
	require.Equal(t, lapsing, done)
	for _, expire := range []func(context.Context, int) (int, error){t.l.ExpireHolds, t.l.ExpireLots} {
		again, err := expire(context.Background(), 1000)
		require.NoError(t, err)
		require.Zero(t, again, "everything was done once")
	}
}

// compare looks at every wallet from outside.
func (t *twin) compare() {
	for _, id := range []string{"a", "b", "c"} {
		w := t.m.wallets[id]
		got, err := t.l.Wallet(context.Background(), id)
		require.NoError(t, err)
		points, free := w.points(t.m.now)
		requireDecimal(t, w.cash, got.Balance, "balance")
		heldCash, open := w.heldCash(t.m.now)
		requireDecimal(t, heldCash, got.BalanceHeld, "balance held")
		requireDecimal(t, w.cash-heldCash, got.AvailableBalance(), "available = balance - held")
		requireDecimal(t, points, got.Point, "points")
		requireDecimal(t, free, got.AvailablePoint(t.m.now), "available points")
		require.Equal(t, open, got.OpenOperations)
		require.Equal(t, w.seq, got.Seq, "entries of wallet %s", id)
		t.compareLots(w, &got)
		t.compareCounts(w, &got)
	}
}

// compareCounts looks at what the wallet counts for its limits.
func (t *twin) compareCounts(w *modelWallet, got *ports.Wallet) {
	requireDecimal(t, w.incoming, got.Incoming, "incoming")
	requireDecimal(t, w.bonuses, got.IncomingPoint, "incoming points")
	day, month := t.m.periods()
	ofDay, ofMonth := got.Credited.On(day, month)
	if w.limits.day >= 0 {
		requireDecimal(t, w.credited[day], ofDay, "credited in the day")
	}
	if w.limits.month >= 0 {
		requireDecimal(t, w.credited[month], ofMonth, "credited in the month")
	}
	if w.limits == (modelLimits{-1, -1, -1, -1}) {
		require.Zero(t, got.Credited)
		require.True(t, got.Incoming.IsZero())
	}
}

func (t *twin) compareLots(w *modelWallet, got *ports.Wallet) {
	lots := slices.DeleteFunc(w.ordered(), func(l *modelLot) bool {
		return l.amount == 0 || !l.expires.IsZero() && !l.expires.After(t.m.now) && w.held(l, t.m.now) == 0
	})
	require.Len(t, got.Lots, len(lots))
	for i, lot := range lots {
		require.Equal(t, lot.id, got.Lots[i].ID, "order of lots")
		requireDecimal(t, w.held(lot, t.m.now), got.Lots[i].Held, "held of lot")
	}
}

// audit holds the books to account at the end of a run.
func (t *twin) audit() {
	ctx := context.Background()
	for id, w := range t.m.wallets {
		n, err := t.l.Verify(ctx, id)
		require.NoError(t, err)
		require.Equal(t, w.seq, n)
		t.auditHolds(w)
		t.auditBalanceAt(id)
	}
	books, err := t.l.TrialBalance(ctx)
	require.NoError(t, err)
	require.NoError(t, books.Check())
}

// auditHolds: the sum of open holds is what is held, per purse and lot.
func (t *twin) auditHolds(w *modelWallet) {
	got, err := t.l.Wallet(context.Background(), w.id)
	require.NoError(t, err)
	holds, err := t.l.Holds(context.Background(), ledger.HoldListing{WalletID: w.id, Open: true, Limit: 1000})
	require.NoError(t, err)
	cash, lots := decimal.Zero, make(map[int64]decimal.Decimal)
	for _, h := range holds {
		cash = cash.Add(h.Balance)
		for _, part := range h.Lots {
			lots[part.LotID] = lots[part.LotID].Add(part.Amount)
		}
	}
	require.Truef(t, got.BalanceHeld.Equal(cash), "held %s, open holds %s", got.BalanceHeld, cash)
	for _, lot := range got.Lots {
		require.True(t, lot.Held.Equal(lots[lot.ID]))
	}
}

// auditBalanceAt: the balance at any time is what a replay of the history gives.
func (t *twin) auditBalanceAt(id string) {
	var entries []ports.Entry
	for entry, err := range t.l.Entries(context.Background(), ports.EntryFilter{WalletID: id, Limit: 7}) {
		require.NoError(t, err)
		entries = append(entries, entry)
	}
	at := entries[rapid.IntRange(0, len(entries)-1).Draw(t.T, "at")].BookedAt.Add(
		time.Duration(rapid.IntRange(-3, 100).Draw(t.T, "hours later")) * time.Hour)
	got, err := t.l.BalanceAt(context.Background(), id, at)
	require.NoError(t, err)
	expires := make(map[string]time.Time) // of holds
	for _, h := range t.m.holds {
		if expires[h.id] = h.expires; h.expires.IsZero() {
			expires[h.id] = at.Add(time.Hour)
		}
	}
	cash, points := decimal.Zero, decimal.Zero
	lots := make(map[int64]ports.PointLot)
	for _, entry := range entries {
		if entry.BookedAt.After(at) {
			break
		}
		cash, points = cash.Add(entry.BalanceAmount), points.Add(entry.PointAmount)
		for _, c := range entry.Lots {
			lot := lots[c.LotID]
			lot.Amount, lot.ExpiresAt = lot.Amount.Add(c.Amount), c.ExpiresAt
			if entry.OperationID == "" || expires[entry.OperationID].After(at) {
				lot.Held = lot.Held.Add(c.HeldAmount)
			}
			lots[c.LotID] = lot
		}
	}
	for _, lot := range lots {
		if lot.Expired(at) {
			points = points.Sub(lot.Amount).Add(lot.Held)
		}
	}
	require.Truef(t, got.Balance.Equal(cash), "cash at %s: %s, replay says %s", at, got.Balance, cash)
	require.Truef(t, got.Point.Equal(points), "points at %s: %s, replay says %s", at, got.Point, points)
}

type tester interface {
	Errorf(format string, args ...any)
	FailNow()
}

func requireDecimal(t tester, want int64, got decimal.Decimal, what string) {
	require.Truef(t, won(want).Equal(got), "%s: got %s, want %d", what, got, want)
}
