package ledger_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/memory"
	"github.com/jigap/jigap/internal/books"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
)

func most(n int64) decimal.NullDecimal { return decimal.NewNullDecimal(won(n)) }

func seoul(t *testing.T) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("Asia/Seoul")
	require.NoError(t, err)
	return zone
}

// limited is a ledger with an empty wallet "w" and the wallets "rich" (10,000 won) and "free",
// of which only "w" has limits. A test may change the limits.
type limited struct {
	*fixture
	limits ledger.Limits
	log    strings.Builder
}

func setupLimits(t *testing.T, limits ledger.Limits) *limited {
	t.Helper()
	f := &limited{limits: limits}
	f.fixture = &fixture{store: memory.New(), clock: &fakeClock{now: time.Date(2026, 11, 1, 9, 0, 0, 0, time.UTC)}}
	f.Ledger = f.process(t)
	for _, id := range []string{"w", "rich", "free"} {
		f.open(t, id, "KRW", 0)
	}
	require.NoError(t, f.credit(t, "rich", "first", 10_000))
	return f
}

// process returns another ledger on the store.
func (f *limited) process(t *testing.T) *ledger.Ledger {
	t.Helper()
	l, err := ledger.New(f.store, ledger.Config{
		Clock: f.clock, Logger: slog.New(slog.NewTextHandler(&f.log, nil)),
		Limits: func(w *ports.Wallet) ledger.Limits {
			if w.ID == "w" {
				return f.limits
			}
			return ledger.Limits{}
		},
	})
	require.NoError(t, err)
	return l
}

func (f *limited) credit(t *testing.T, id, key string, amount int64) error {
	t.Helper()
	_, err := f.Credit(t.Context(), ledger.CreditRequest{WalletID: id, Key: key, Amount: won(amount)})
	return err
}

func (f *limited) transfer(t *testing.T, key string, amount int64) error {
	t.Helper()
	_, err := f.Transfer(t.Context(), ledger.TransferRequest{FromID: "rich", ToID: "w", Key: key, Amount: won(amount)})
	return err
}

func (f *limited) grant(t *testing.T, key string, amount int64) error {
	t.Helper()
	_, err := f.Grant(t.Context(), ledger.GrantRequest{WalletID: "w", Key: key, Amount: won(amount)})
	return err
}

// announce opens a recharge as package recharge does.
func (f *limited) announce(t *testing.T, id string, amount int64) (*ports.Recharge, error) {
	t.Helper()
	op := &ports.Recharge{
		OperationHead: ports.OperationHead{ID: id, Kind: ports.KindRecharge, WalletID: "w", Version: 1, Open: true, CreatedAt: f.clock.Now(), UpdatedAt: f.clock.Now()},
		Status:        ports.RechargeSending, Amount: won(amount), Currency: "KRW",
	}
	_, err := f.Book(t.Context(), books.Booking{
		WalletID: "w", Key: id, Type: ports.EntryRechargeOpen, OperationID: id, Opened: 1, Operations: []ports.Operation{op},
		Announce: books.Incoming{Cash: op.Amount}, Announced: func(counted books.Incoming) { op.Announced = counted.Cash },
	})
	return op, err
}

// end ends a recharge with a credit of so much, or without one.
func (f *limited) end(t *testing.T, op *ports.Recharge, credited int64) (above *ports.LimitError) {
	t.Helper()
	op.Version++
	op.Open, op.Status = false, ports.RechargeFailed
	booking := books.Booking{
		WalletID: "w", Type: ports.EntryRechargeEnd, OperationID: op.ID, Opened: -1, Operations: []ports.Operation{op}, Concluded: books.Incoming{Cash: op.Announced},
		Above: func(over *ports.LimitError) { above = over },
	}
	if credited > 0 {
		booking.Type, booking.Balance, booking.Counterparty = ports.EntryRecharge, won(credited), ports.AccountClearing("bank")
	}
	_, err := f.Book(t.Context(), booking)
	require.NoError(t, err)
	return above
}

func (f *limited) wallet(t *testing.T) *ports.Wallet {
	t.Helper()
	w, err := f.Wallet(t.Context(), "w")
	require.NoError(t, err)
	return &w
}

// requireLimit runs op, which must be refused with the limit, and asks that nothing changed.
func (f *limited) requireLimit(t *testing.T, want ports.LimitError, op func() error) {
	t.Helper()
	f.requireUnchanged(t, func() {
		err := op()
		var over *ports.LimitError
		require.ErrorAs(t, err, &over)
		require.ErrorIs(t, err, ports.ErrLimit)
		require.NotContains(t, err.Error(), "\n")
		require.Equal(t, want.Error(), over.Error())
		require.Equal(t, [2]string{want.WalletID, string(want.Limit)}, [2]string{over.WalletID, string(over.Limit)})
	})
}

func over(kind ports.LimitKind, most, has, incoming, wants int64) ports.LimitError {
	return ports.LimitError{WalletID: "w", Limit: kind, Most: won(most), Has: won(has), Incoming: won(incoming), Wants: won(wants)}
}

func TestLimits_Balance(t *testing.T) {
	t.Parallel()
	f := setupLimits(t, ledger.Limits{Balance: most(1_000)})
	require.NoError(t, f.credit(t, "w", "a", 400))
	f.requireLimit(t, over(ports.LimitBalance, 1_000, 400, 0, 601), func() error { return f.credit(t, "w", "one above", 601) })
	f.requireLimit(t, over(ports.LimitBalance, 1_000, 400, 0, 601), func() error { return f.transfer(t, "one above", 601) })
	require.NoError(t, f.transfer(t, "b", 500))
	require.NoError(t, f.credit(t, "w", "exactly", 100))
	f.requireLimit(t, over(ports.LimitBalance, 1_000, 1_000, 0, 1), func() error { return f.credit(t, "w", "c", 1) })

	held, err := f.Hold(t.Context(), ledger.HoldRequest{WalletID: "w", Key: "hold", Amount: won(300)})
	require.NoError(t, err)
	f.requireLimit(t, over(ports.LimitBalance, 1_000, 1_000, 0, 1), func() error { return f.credit(t, "w", "held counts", 1) })
	_, err = f.Capture(t.Context(), ledger.CaptureRequest{HoldID: held.Hold.ID, Key: "capture", Amount: won(300), Final: true})
	require.NoError(t, err)
	require.NoError(t, f.credit(t, "w", "spent", 300), "what is spent makes room")
	require.NoError(t, f.credit(t, "free", "any", 1_000_000), "a wallet without limits takes everything")
	require.Empty(t, f.log.String())
}

// TestLimits_lowered lowers a limit below the balance: nothing comes in, and what is there is used.
func TestLimits_lowered(t *testing.T) {
	t.Parallel()
	f := setupLimits(t, ledger.Limits{})
	require.NoError(t, f.credit(t, "w", "a", 1_000))
	require.NoError(t, f.grant(t, "p", 50))
	f.limits = ledger.Limits{Balance: most(100), Point: most(10)}
	f.requireLimit(t, over(ports.LimitBalance, 100, 1_000, 0, 1), func() error { return f.credit(t, "w", "b", 1) })
	f.requireLimit(t, over(ports.LimitPoint, 10, 50, 0, 1), func() error { return f.grant(t, "q", 1) })
	f.requireLimit(t, over(ports.LimitBalance, 100, 1_000, 0, 1), func() error { _, err := f.announce(t, "r", 1); return err })
	_, err := f.Deduct(t.Context(), ledger.DeductRequest{WalletID: "w", Key: "d", Amount: won(500)})
	require.NoError(t, err)
	_, err = f.Refund(t.Context(), ledger.RefundRequest{WalletID: "w", Key: "r", Of: "d", All: true})
	require.NoError(t, err, "refunds are always accepted, of cash and of points")
	_, err = f.Adjust(t.Context(), ledger.AdjustRequest{WalletID: "w", Key: "adjust", Balance: won(5), Point: won(5), By: ports.By{Who: "kim", Why: "counted"}})
	require.NoError(t, err, "a person may adjust")
	_, err = f.Transfer(t.Context(), ledger.TransferRequest{FromID: "w", ToID: "free", Key: "t", Amount: won(1_005)})
	require.NoError(t, err)
	require.NoError(t, f.credit(t, "w", "room again", 100))
}

func TestLimits_Point(t *testing.T) {
	t.Parallel()
	f := setupLimits(t, ledger.Limits{Point: most(100)})
	require.NoError(t, f.grant(t, "a", 60))
	f.requireLimit(t, over(ports.LimitPoint, 100, 60, 0, 41), func() error { return f.grant(t, "one above", 41) })
	require.NoError(t, f.grant(t, "exactly", 40))
	require.NoError(t, f.credit(t, "w", "cash", 1_000_000), "the limit is on points alone")
}

// TestLimits_periods stands on both sides of the borders of days and months in Seoul, which has
// nine hours more than UTC.
func TestLimits_periods(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name       string
		before     string // the last instant of a day
		day, month bool   // which begins with the next instant
	}{
		{"a day in the middle of a month", "2026-11-21T14:59:59.999999Z", true, false},
		{"the last day of a month", "2026-11-30T14:59:59.999999Z", true, true},
		{"28 February of a year without a 29th", "2027-02-28T14:59:59.999999Z", true, true},
		{"28 February of a leap year", "2028-02-28T14:59:59.999999Z", true, false},
		{"29 February", "2028-02-29T14:59:59.999999Z", true, true},
		{"the last day of a year", "2026-12-31T14:59:59.999999Z", true, true},
		{"midnight of UTC", "2026-11-30T23:59:59.999999Z", false, false},
	} {
		for limit, limits := range map[ports.LimitKind]ledger.Limits{
			ports.LimitCreditedPerDay:   {CreditedPerDay: most(1_000), TimeZone: seoul(t)},
			ports.LimitCreditedPerMonth: {CreditedPerMonth: most(1_000), TimeZone: seoul(t)},
		} {
			t.Run(fmt.Sprint(tc.name, "/", limit), func(t *testing.T) {
				t.Parallel()
				f := setupLimits(t, limits)
				at, err := time.Parse(time.RFC3339Nano, tc.before)
				require.NoError(t, err)
				f.clock.advance(at.Sub(f.clock.Now()))
				require.NoError(t, f.credit(t, "w", "a", 600))
				require.NoError(t, f.transfer(t, "b", 400))
				_, err = f.Deduct(t.Context(), ledger.DeductRequest{WalletID: "w", Key: "d", Amount: won(1_000)})
				require.NoError(t, err)
				f.requireLimit(t, over(limit, 1_000, 1_000, 0, 1), func() error { return f.credit(t, "w", "spent money counts", 1) })
				f.clock.advance(time.Microsecond)
				if begins := limit == ports.LimitCreditedPerDay && tc.day || tc.month; !begins {
					f.requireLimit(t, over(limit, 1_000, 1_000, 0, 1), func() error { return f.credit(t, "w", "the same period", 1) })
					return
				}
				require.NoError(t, f.credit(t, "w", "the next period", 1_000))
				f.requireLimit(t, over(limit, 1_000, 1_000, 0, 1), func() error { return f.credit(t, "w", "full again", 1) })
				f.clock.advance(-time.Hour) // a process whose clock is behind books no earlier
				f.requireLimit(t, over(limit, 1_000, 1_000, 0, 1), func() error { return f.credit(t, "w", "behind", 1) })
			})
		}
	}
}

// TestLimits_periods_what_counts: only cash that comes in from outside counts, and stays counted.
func TestLimits_periods_what_counts(t *testing.T) {
	t.Parallel()
	f := setupLimits(t, ledger.Limits{CreditedPerDay: most(1_000), CreditedPerMonth: most(1_500), TimeZone: seoul(t)})
	require.NoError(t, f.credit(t, "w", "a", 1_000))
	_, err := f.Deduct(t.Context(), ledger.DeductRequest{WalletID: "w", Key: "d", Amount: won(700)})
	require.NoError(t, err)
	_, err = f.Refund(t.Context(), ledger.RefundRequest{WalletID: "w", Key: "r", Of: "d", All: true})
	require.NoError(t, err)
	_, err = f.Adjust(t.Context(), ledger.AdjustRequest{WalletID: "w", Key: "adjust", Balance: won(70), By: ports.By{Who: "kim", Why: "counted"}})
	require.NoError(t, err)
	for i, entry := range []books.Booking{
		{Type: ports.EntryReverse, Balance: won(-500), RefersTo: 2},
		{Type: ports.EntryReverseBack, Balance: won(500), RefersTo: 2},
		{Type: ports.EntryWithdraw, Balance: won(-300)},
		{Type: ports.EntryReturn, Balance: won(300)},
	} {
		entry.WalletID, entry.Key, entry.Counterparty = "w", fmt.Sprint("e", i), ports.AccountClearing("bank")
		_, err = f.Book(t.Context(), entry)
		require.NoError(t, err)
	}
	w := f.wallet(t)
	require.Equal(t, [2]string{"2026-11-01", "2026-11"}, [2]string{w.Credited.Day, w.Credited.Month})
	requireDecimal(t, 1_000, w.Credited.DayAmount, "of the day")
	requireDecimal(t, 1_000, w.Credited.MonthAmount, "of the month")
	f.clock.advance(24 * time.Hour)
	f.requireLimit(t, over(ports.LimitCreditedPerMonth, 1_500, 1_000, 0, 501), func() error { return f.credit(t, "w", "b", 501) })
	require.NoError(t, f.credit(t, "w", "c", 500))
}

// TestLimits_introduced_later: nothing is counted before a limit is there.
func TestLimits_introduced_later(t *testing.T) {
	t.Parallel()
	f := setupLimits(t, ledger.Limits{Balance: most(10_000)})
	require.NoError(t, f.credit(t, "w", "a", 900))
	require.Zero(t, f.wallet(t).Credited)
	f.limits = ledger.Limits{CreditedPerDay: most(1_000)}
	require.NoError(t, f.credit(t, "w", "b", 1_000))
	require.Equal(t, "2026-11-01", f.wallet(t).Credited.Day)
	require.Empty(t, f.wallet(t).Credited.Month)
	require.Error(t, f.credit(t, "w", "c", 1))
}

// TestLimits_Incoming: what open recharges announced counts until they end, whatever their end.
func TestLimits_Incoming(t *testing.T) {
	t.Parallel()
	for limit, limits := range map[ports.LimitKind]ledger.Limits{
		ports.LimitBalance:          {Balance: most(1_000)},
		ports.LimitCreditedPerDay:   {CreditedPerDay: most(1_000)},
		ports.LimitCreditedPerMonth: {CreditedPerMonth: most(1_000)},
	} {
		t.Run(string(limit), func(t *testing.T) {
			t.Parallel()
			f := setupLimits(t, limits)
			require.NoError(t, f.credit(t, "w", "a", 100))
			op, err := f.announce(t, "r1", 600)
			require.NoError(t, err)
			requireDecimal(t, 600, op.Announced, "announced")
			requireDecimal(t, 600, f.wallet(t).Incoming, "incoming")
			refused := over(limit, 1_000, 100, 600, 301)
			f.requireLimit(t, refused, func() error { return f.credit(t, "w", "b", 301) })
			f.requireLimit(t, refused, func() error { return f.transfer(t, "b", 301) })
			f.requireLimit(t, refused, func() error { _, err := f.announce(t, "r2", 301); return err })
			require.ErrorIs(t, f.CheckCredit(f.wallet(t), won(301)), ports.ErrLimit)
			require.NoError(t, f.CheckCredit(f.wallet(t), won(300)))
			other, err := f.announce(t, "r2", 300)
			require.NoError(t, err)
			require.Nil(t, f.end(t, op, 600))
			requireDecimal(t, 300, f.wallet(t).Incoming, "incoming")
			f.requireLimit(t, over(limit, 1_000, 700, 300, 1), func() error { return f.credit(t, "w", "c", 1) })
			_ = f.end(t, other, 0)
			require.True(t, f.wallet(t).Incoming.IsZero())
			require.NoError(t, f.credit(t, "w", "c", 300))
			_, err = f.Verify(t.Context(), "w")
			require.NoError(t, err)
		})
	}
}

// TestLimits_Incoming_without_limits: a wallet without a limit on cash announces nothing, so that
// its record stays as it was before there were limits.
func TestLimits_Incoming_without_limits(t *testing.T) {
	t.Parallel()
	f := setupLimits(t, ledger.Limits{Point: most(5)})
	op, err := f.announce(t, "r", 600)
	require.NoError(t, err)
	require.True(t, op.Announced.IsZero())
	require.Zero(t, f.wallet(t).Incoming)
	f.limits = ledger.Limits{Balance: most(500)} // meanwhile
	require.NoError(t, f.credit(t, "w", "a", 500))
	above := f.end(t, op, 600)
	require.NotNil(t, above, "money that has arrived is booked")
	want := over(ports.LimitBalance, 500, 1_100, 0, 0)
	require.Equal(t, want.Error(), above.Error())
	requireDecimal(t, 1_100, f.wallet(t).Balance, "balance")
	require.Contains(t, f.log.String(), `level=WARN msg="money arrived, and the wallet is above a limit" wallet=w operation=r entry=recharge limit=balance most=500 has=1100 incoming=0`)
	_, err = f.Verify(t.Context(), "w")
	require.NoError(t, err)
}

// TestLimits_retry: the same key gets the first result after the limit is reached.
func TestLimits_retry(t *testing.T) {
	t.Parallel()
	f := setupLimits(t, ledger.Limits{Balance: most(1_000), CreditedPerDay: most(1_000), Point: most(10)})
	first, err := f.Credit(t.Context(), ledger.CreditRequest{WalletID: "w", Key: "a", Amount: won(1_000)})
	require.NoError(t, err)
	again, err := f.Credit(t.Context(), ledger.CreditRequest{WalletID: "w", Key: "a", Amount: won(1_000)})
	require.NoError(t, err)
	require.True(t, again.Replayed)
	require.Equal(t, first.Entry.Hash, again.Entry.Hash)
	require.NoError(t, f.grant(t, "p", 10))
	require.NoError(t, f.grant(t, "p", 10))
	require.ErrorIs(t, f.grant(t, "p", 9), ports.ErrKeyReused)
	require.ErrorIs(t, f.credit(t, "w", "b", 1), ports.ErrLimit)
	_, err = f.EntryByKey(t.Context(), "w", "b")
	require.ErrorIs(t, err, ports.ErrNotFound, "a refusal does not use the key up")
}

// TestLimits_at_once: callers of several processes ask at the same moment for more than the limit
// admits, as credits, transfers, grants and recharges.
func TestLimits_at_once(t *testing.T) {
	t.Parallel()
	f := setupLimits(t, ledger.Limits{Balance: most(1_000), CreditedPerDay: most(1_000), CreditedPerMonth: most(1_000), Point: most(1_000)})
	processes := []*limited{f}
	for range 2 {
		other := &limited{limits: f.limits}
		other.fixture = &fixture{store: f.store, clock: f.clock}
		other.Ledger = other.process(t)
		processes = append(processes, other)
	}
	var cash, points, refused atomic.Int64
	count := func(sum *atomic.Int64, err error) {
		if err == nil {
			sum.Add(130)
			return
		}
		refused.Add(1)
		if !isError(err, ports.ErrLimit) {
			t.Error(err)
		}
	}
	var all sync.WaitGroup
	start := make(chan struct{})
	for i := range 48 {
		process := processes[i%len(processes)]
		all.Go(func() {
			<-start
			key := fmt.Sprint("k", i)
			switch i / len(processes) % 4 {
			case 0:
				count(&cash, process.credit(t, "w", key, 130))
			case 1:
				count(&cash, process.transfer(t, key, 130))
			case 2:
				_, err := process.announce(t, key, 130)
				count(&cash, err)
			case 3:
				count(&points, process.grant(t, key, 130))
			}
		})
	}
	close(start)
	all.Wait()
	w := f.wallet(t)
	require.EqualValues(t, 910, cash.Load(), "7 of 130 fit into 1,000")
	require.EqualValues(t, 910, points.Load())
	requireDecimal(t, 910, w.Balance.Add(w.Incoming), "balance and incoming")
	requireDecimal(t, 910, w.Credited.DayAmount.Add(w.Incoming), "of the day and incoming")
	requireDecimal(t, 910, w.Point, "points")
	_, err := f.Verify(t.Context(), "w")
	require.NoError(t, err)
}

// TestLimits_Incoming_is_counted_again: a process of an earlier version ended a recharge and left
// Incoming as it was. The refusal that comes of it corrects the wallet.
func TestLimits_Incoming_is_counted_again(t *testing.T) {
	t.Parallel()
	f := setupLimits(t, ledger.Limits{Balance: most(1_000)})
	op, err := f.announce(t, "r1", 600)
	require.NoError(t, err)
	_, err = f.announce(t, "r2", 100)
	require.NoError(t, err)
	op.Announced = decimal.Decimal{} // the earlier version ignores it
	_ = f.end(t, op, 0)
	requireDecimal(t, 700, f.wallet(t).Incoming, "incoming")
	_, err = f.Verify(t.Context(), "w")
	require.ErrorIs(t, err, ledger.ErrCorrupt)
	require.ErrorContains(t, err, "counts 700 of announced recharges, and those that are open announced 100")
	require.NoError(t, f.transfer(t, "a", 900))
	requireDecimal(t, 100, f.wallet(t).Incoming, "incoming")
	require.Contains(t, f.log.String(), `msg="announced recharges counted again" wallet=w had=700 are=100`)
	_, err = f.Verify(t.Context(), "w")
	require.NoError(t, err)
	f.requireLimit(t, over(ports.LimitBalance, 1_000, 900, 100, 1), func() error { return f.credit(t, "w", "b", 1) })
}

// TestLimits_Incoming_that_was_dropped: the count is gone, and the recharge is booked all the same.
func TestLimits_Incoming_that_was_dropped(t *testing.T) {
	t.Parallel()
	f := setupLimits(t, ledger.Limits{Balance: most(1_000)})
	op, err := f.announce(t, "r1", 600)
	require.NoError(t, err)
	w, err := f.store.Wallets(t.Context(), []string{"w"})
	require.NoError(t, err)
	w[0].Incoming = decimal.Decimal{}
	w[0].Version++
	require.Equal(t, ports.FateCommitted, f.store.Commit(t.Context(), []ports.Unit{{Wallets: w}})[0].Status)
	f.Ledger = f.process(t)
	require.Nil(t, f.end(t, op, 600))
	require.True(t, f.wallet(t).Incoming.IsZero())
	requireDecimal(t, 600, f.wallet(t).Balance, "balance")
}

// TestLimits_panic: a panic of Limits is an error of the call that met it, and changes nothing.
func TestLimits_panic(t *testing.T) {
	t.Parallel()
	f := setup(t)
	l, err := ledger.New(f.store, ledger.Config{Clock: f.clock, Limits: func(*ports.Wallet) ledger.Limits { panic("no such tariff") }})
	require.NoError(t, err)
	f.requireUnchanged(t, func() {
		_, err = l.Credit(t.Context(), ledger.CreditRequest{WalletID: "w", Key: "k", Amount: won(1)})
		require.ErrorContains(t, err, "no such tariff")
	})
	_, err = l.Deduct(t.Context(), ledger.DeductRequest{WalletID: "w", Key: "d", Amount: won(1)})
	require.NoError(t, err, "what takes nothing in does not ask for limits")
	_, err = l.Book(t.Context(), books.Booking{WalletID: "w", Type: ports.EntryRecharge, Balance: won(5), Counterparty: ports.AccountClearing("bank")})
	require.NoError(t, err, "money that has arrived is booked")
}

func TestLedger_CheckCredit_refuses_bad_input(t *testing.T) {
	t.Parallel()
	f := setup(t)
	w, err := f.Wallet(t.Context(), "w")
	require.NoError(t, err)
	require.ErrorIs(t, f.CheckCredit(nil, won(1)), ports.ErrInvalid)
	require.ErrorIs(t, f.CheckCredit(&w, won(0)), ports.ErrInvalid)
	require.NoError(t, f.CheckCredit(&w, won(1)), "a ledger without limits admits everything")
}

func TestSameLimits(t *testing.T) {
	t.Parallel()
	l, err := ledger.New(memory.New(), ledger.Config{Limits: ledger.SameLimits(ledger.Limits{Balance: most(5)})})
	require.NoError(t, err)
	for _, id := range []string{"a", "b"} {
		_, err = l.Open(context.Background(), ledger.OpenRequest{WalletID: id, Currency: "KRW"})
		require.NoError(t, err)
		_, err = l.Credit(context.Background(), ledger.CreditRequest{WalletID: id, Key: "k", Amount: won(6)})
		require.ErrorIs(t, err, ports.ErrLimit)
		require.EqualError(t, err, "credit wallet "+id+": limit exceeded: balance is at most 5: has 0, wants 6")
	}
}

// opener is a store that opens another recharge of the wallet once its open operations were read.
type opener struct {
	ports.Store
	open func()
}

func (o *opener) FindOperations(ctx context.Context, filter ports.OperationFilter) ([]ports.Operation, error) {
	found, err := o.Store.FindOperations(ctx, filter)
	if o.open != nil {
		open := o.open
		o.open = nil
		open()
	}
	return found, err
}

// TestLimits_Incoming_is_counted_again_on_one_state: a recharge that is opened while the open ones
// are counted stays counted.
func TestLimits_Incoming_is_counted_again_on_one_state(t *testing.T) {
	t.Parallel()
	f := setupLimits(t, ledger.Limits{Balance: most(1_000)})
	op, err := f.announce(t, "r1", 600)
	require.NoError(t, err)
	op.Announced = decimal.Decimal{}
	_ = f.end(t, op, 0)
	store := &opener{Store: f.store}
	slow := &limited{limits: f.limits}
	slow.fixture = &fixture{store: store, clock: f.clock}
	slow.Ledger = slow.process(t)
	store.open = func() {
		_, err := f.announce(t, "r2", 200)
		require.NoError(t, err)
	}
	require.ErrorIs(t, slow.credit(t, "w", "a", 500), ports.ErrLimit, "another recharge was faster: the refusal stands")
	requireDecimal(t, 800, f.wallet(t).Incoming, "incoming")
	require.NoError(t, slow.credit(t, "w", "a", 500))
	requireDecimal(t, 200, f.wallet(t).Incoming, "incoming")
	_, err = f.Verify(t.Context(), "w")
	require.NoError(t, err)
}
