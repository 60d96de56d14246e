package ledger_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/internal/books"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
)

// heldWallet returns a fixture whose wallet "w" has 10,000 won in a hold that expires in an hour,
// and the id of the hold.
func heldWallet(t *testing.T) (*fixture, string) {
	t.Helper()
	f := setup(t)
	f.open(t, "other", "KRW", 0)
	held, err := f.Hold(t.Context(), ledger.HoldRequest{WalletID: "w", Key: "hold", Amount: won(10_000), ExpiresAt: f.clock.Now().Add(time.Hour)})
	require.NoError(t, err)
	return f, held.Hold.ID
}

// debits are the operations that take all of wallet "w", which has 10,000 won.
func debits() map[string]func(ctx context.Context, l *ledger.Ledger, key string) error {
	return map[string]func(context.Context, *ledger.Ledger, string) error{
		"deduct": func(ctx context.Context, l *ledger.Ledger, key string) error {
			_, err := l.Deduct(ctx, ledger.DeductRequest{WalletID: "w", Key: key, Amount: won(10_000)})
			return err
		},
		"hold": func(ctx context.Context, l *ledger.Ledger, key string) error {
			_, err := l.Hold(ctx, ledger.HoldRequest{WalletID: "w", Key: key, Amount: won(10_000)})
			return err
		},
		"transfer": func(ctx context.Context, l *ledger.Ledger, key string) error {
			_, err := l.Transfer(ctx, ledger.TransferRequest{FromID: "w", ToID: "other", Key: key, Amount: won(10_000)})
			return err
		},
		"adjust": func(ctx context.Context, l *ledger.Ledger, key string) error {
			_, err := l.Adjust(ctx, ledger.AdjustRequest{WalletID: "w", Key: key, Balance: won(-10_000), By: ports.By{Who: "kim", Why: "counted"}})
			return err
		},
		"booking of another package": func(ctx context.Context, l *ledger.Ledger, key string) error {
			_, err := l.Book(ctx, books.Booking{
				WalletID: "w", Key: key, Type: ports.EntryWithdraw, Balance: won(-10_000), Counterparty: ports.AccountPayable, Debit: true,
				Check: func(w *ports.Wallet) error {
					if !w.AvailableBalance().Equal(won(10_000)) {
						return ports.ErrInsufficient
					}
					return nil
				},
			})
			return err
		},
	}
}

// TestLedger_expired_hold asks every operation whether a hold that has expired, and that no
// worker has given back, is in its way.
func TestLedger_expired_hold(t *testing.T) {
	t.Parallel()
	for name, debit := range debits() {
		t.Run("is not in the way of a "+name, func(t *testing.T) {
			t.Parallel()
			f, id := heldWallet(t)
			f.clock.advance(time.Hour - time.Microsecond)
			f.requireUnchanged(t, func() {
				require.ErrorIs(t, debit(t.Context(), f.Ledger, "early"), ports.ErrInsufficient)
			})
			f.clock.advance(time.Microsecond)
			require.NoError(t, debit(t.Context(), f.Ledger, "in time"))
			entries, err := f.History(t.Context(), ports.EntryFilter{WalletID: "w", OperationID: id})
			require.NoError(t, err)
			require.Len(t, entries.Entries, 2)
			end := entries.Entries[1]
			require.Equal(t, ports.EntryHoldExpire, end.Type, "its end is booked first")
			require.Equal(t, f.clock.Now(), end.OccurredAt)
			hold, err := f.HoldByID(t.Context(), id)
			require.NoError(t, err)
			require.Equal(t, ports.HoldExpired, hold.Status)
			_, err = f.Verify(t.Context(), "w")
			require.NoError(t, err)
		})
	}
	t.Run("is not in the way of a close", func(t *testing.T) {
		t.Parallel()
		f := setup(t)
		f.open(t, "new", "KRW", 0)
		later := f.clock.Now().Add(time.Hour)
		_, err := f.Grant(t.Context(), ledger.GrantRequest{WalletID: "new", Key: "points", Amount: won(5), ExpiresAt: later})
		require.NoError(t, err)
		_, err = f.Hold(t.Context(), ledger.HoldRequest{WalletID: "new", Key: "hold", Amount: won(5), ExpiresAt: later})
		require.NoError(t, err)
		f.clock.advance(time.Hour)
		_, err = f.Close(t.Context(), ledger.StatusRequest{WalletID: "new", Key: "close", By: ports.By{Who: "kim", Why: "asked by mail"}})
		require.NoError(t, err, "its points came back from the hold, and expired")
		_, err = f.Verify(t.Context(), "new")
		require.NoError(t, err)
	})
}

// TestLedger_expired_hold_reads looks at a hold that has expired, and that no worker has given
// back.
func TestLedger_expired_hold_reads(t *testing.T) {
	t.Parallel()
	f, id := heldWallet(t)
	ctx := t.Context()
	at := f.clock.Now()
	_, err := f.Grant(ctx, ledger.GrantRequest{WalletID: "w", Key: "points", Amount: won(30), ExpiresAt: at.Add(2 * time.Hour)})
	require.NoError(t, err)
	points, err := f.Hold(ctx, ledger.HoldRequest{WalletID: "w", Key: "points held", Amount: won(20), ExpiresAt: at.Add(3 * time.Hour)})
	require.NoError(t, err)
	f.requireUnchanged(t, func() {
		for _, moment := range []struct {
			after                         time.Duration
			held, point, pointHeld, avail int64
			open                          int
			expired                       []string
		}{
			{59 * time.Minute, 10_000, 30, 20, 10, 2, nil},
			{time.Hour, 0, 30, 20, 10, 1, []string{id}},
			{2 * time.Hour, 0, 20, 20, 0, 1, []string{id}},
			{3 * time.Hour, 0, 0, 0, 0, 0, []string{id, points.Hold.ID}},
		} {
			f.clock.advance(at.Add(moment.after).Sub(f.clock.Now()))
			wallet, err := f.Wallet(ctx, "w")
			require.NoError(t, err)
			requireDecimal(t, moment.held, wallet.BalanceHeld, "cash held")
			requireDecimal(t, 10_000, wallet.Balance, "cash")
			requireDecimal(t, moment.point, wallet.Point, "points")
			requireDecimal(t, moment.pointHeld, wallet.PointHeld, "points held")
			requireDecimal(t, moment.avail, wallet.AvailablePoint(f.clock.Now()), "points available")
			require.Equal(t, moment.open, wallet.OpenOperations)
			balances, err := f.BalanceAt(ctx, "w", f.clock.Now())
			require.NoError(t, err)
			requireDecimal(t, moment.point, balances.Point, "points at that time")
			open, err := f.Holds(ctx, ledger.HoldListing{WalletID: "w", Open: true, Limit: 1})
			require.NoError(t, err)
			require.Len(t, open, min(moment.open, 1))
			for _, id := range moment.expired {
				hold, err := f.HoldByID(ctx, id)
				require.NoError(t, err)
				require.Equal(t, ports.HoldExpired, hold.Status)
				require.False(t, hold.Open)
				require.True(t, hold.Remaining().IsZero())
			}
		}
	})
	n, err := f.ExpireHolds(ctx, 10)
	require.NoError(t, err)
	require.Equal(t, 2, n)
	for after, want := range map[time.Duration]int64{time.Hour: 30, 2 * time.Hour: 20, 3 * time.Hour: 0} {
		balances, err := f.BalanceAt(ctx, "w", at.Add(after))
		require.NoError(t, err)
		requireDecimal(t, want, balances.Point, "points at that time, once it is booked")
	}
}

// TestCapture_expired_hold asks to spend and to give back a hold, before and after a worker
// came by.
func TestCapture_expired_hold(t *testing.T) {
	t.Parallel()
	for name, op := range map[string]func(context.Context, *ledger.Ledger, string) error{
		"capture": func(ctx context.Context, l *ledger.Ledger, id string) error {
			_, err := l.Capture(ctx, ledger.CaptureRequest{HoldID: id, Key: "end", Amount: won(1)})
			return err
		},
		"release": func(ctx context.Context, l *ledger.Ledger, id string) error {
			_, err := l.Release(ctx, ledger.ReleaseRequest{HoldID: id, Key: "end"})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, id := heldWallet(t)
			f.clock.advance(time.Hour - time.Microsecond)
			require.NoError(t, op(t.Context(), f.Ledger, id))
			f, id = heldWallet(t)
			f.clock.advance(time.Hour)
			var before error
			f.requireUnchanged(t, func() {
				before = op(t.Context(), f.Ledger, id)
				require.ErrorIs(t, before, ports.ErrNotOpen)
			})
			n, err := f.ExpireHolds(t.Context(), 10)
			require.NoError(t, err)
			require.Equal(t, 1, n)
			after := op(t.Context(), f.Ledger, id)
			require.ErrorIs(t, after, ports.ErrNotOpen)
			require.Equal(t, before.Error(), after.Error(), "one answer, whether or not a worker came by")
		})
	}
	t.Run("by a clock that is behind", func(t *testing.T) {
		t.Parallel()
		f, id := heldWallet(t)
		behind, err := ledger.New(f.store, ledger.Config{Clock: &fakeClock{now: f.clock.Now()}})
		require.NoError(t, err)
		f.clock.advance(time.Hour)
		_, err = f.Deduct(t.Context(), ledger.DeductRequest{WalletID: "w", Key: "mine", Amount: won(10_000)})
		require.NoError(t, err)
		_, err = behind.Capture(t.Context(), ledger.CaptureRequest{HoldID: id, Key: "late", All: true})
		require.ErrorIs(t, err, ports.ErrNotOpen)
		receipt, err := behind.Credit(t.Context(), ledger.CreditRequest{WalletID: "w", Key: "more", Amount: won(1)})
		require.NoError(t, err)
		require.Equal(t, f.clock.Now(), receipt.Entry.BookedAt, "times never run backwards")
		_, err = f.Verify(t.Context(), "w")
		require.NoError(t, err)
	})
}

// widest is a store that notes how many operations the largest unit has, and how many pages of
// operations were read.
type widest struct {
	ports.Store
	operations int
	finds      int
	then       func() // runs once, before holds are looked for
	fails      error
}

func (s *widest) Commit(ctx context.Context, units []ports.Unit) []ports.Fate {
	for i := range units {
		s.operations = max(s.operations, len(units[i].Operations))
	}
	return s.Store.Commit(ctx, units)
}

func (s *widest) FindOperations(ctx context.Context, filter ports.OperationFilter) ([]ports.Operation, error) {
	s.finds++
	if then := s.then; then != nil {
		s.then = nil
		then()
	}
	if s.fails != nil && filter.WalletID == "w" {
		return nil, s.fails
	}
	return s.Store.FindOperations(ctx, filter)
}

func (f *fixture) over(t *testing.T) (*widest, *ledger.Ledger) {
	t.Helper()
	store := &widest{Store: f.store}
	l, err := ledger.New(store, ledger.Config{Clock: f.clock})
	require.NoError(t, err)
	return store, l
}

// holdMany makes holds of 1 won that expire one second after another.
func (f *fixture) holdMany(t *testing.T, n int) {
	t.Helper()
	for i := range n {
		_, err := f.Hold(t.Context(), ledger.HoldRequest{
			WalletID: "w", Key: fmt.Sprint("hold ", i), Amount: won(1), ExpiresAt: f.clock.Now().Add(time.Hour + time.Duration(i)*time.Second),
		})
		require.NoError(t, err)
	}
}

// TestLedger_many_expired_holds gives back more holds than one unit takes.
func TestLedger_many_expired_holds(t *testing.T) {
	t.Parallel()
	for _, n := range []int{7, 8, 9, 99, 100, 101, 250} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			t.Parallel()
			f := setup(t)
			f.holdMany(t, n)
			_, err := f.Hold(t.Context(), ledger.HoldRequest{WalletID: "w", Key: "stays", Amount: won(1), ExpiresAt: f.clock.Now().Add(9 * time.Hour)})
			require.NoError(t, err)
			f.clock.advance(2 * time.Hour)
			store, l := f.over(t)
			wallet, err := l.Wallet(t.Context(), "w")
			require.NoError(t, err)
			requireDecimal(t, 1, wallet.BalanceHeld, "held")
			request := ledger.DeductRequest{WalletID: "w", Key: "all", Amount: won(9_999)}
			receipt, err := l.Deduct(t.Context(), request)
			require.NoError(t, err)
			require.False(t, receipt.Replayed)
			require.LessOrEqual(t, store.operations, 100, "holds in one unit")
			again, err := l.Deduct(t.Context(), request)
			require.NoError(t, err)
			require.True(t, again.Replayed)
			finds := store.finds
			_, err = l.Credit(t.Context(), ledger.CreditRequest{WalletID: "w", Key: "more", Amount: won(1)})
			require.NoError(t, err)
			require.Equal(t, finds, store.finds, "nothing is looked for until the next expires")
			_, err = l.Verify(t.Context(), "w")
			require.NoError(t, err)
		})
	}
	t.Run("a worker gives back so many at once", func(t *testing.T) {
		t.Parallel()
		f := setup(t)
		f.holdMany(t, 250)
		f.clock.advance(2 * time.Hour)
		for _, step := range []struct{ limit, done int }{{1, 1}, {120, 120}, {1_000, 129}, {1_000, 0}} {
			n, err := f.ExpireHolds(t.Context(), step.limit)
			require.NoError(t, err)
			require.Equal(t, step.done, n)
		}
		_, err := f.Verify(t.Context(), "w")
		require.NoError(t, err)
	})
}

// TestLedger_hold_expiry_too_early looks for holds that ended before they expired.
func TestLedger_hold_expiry_too_early(t *testing.T) {
	t.Parallel()
	f, id := heldWallet(t)
	store, l := f.over(t)
	_, err := l.Capture(t.Context(), ledger.CaptureRequest{HoldID: id, Key: "part", Amount: won(9_000), Final: true})
	require.NoError(t, err)
	wallet, err := l.Wallet(t.Context(), "w")
	require.NoError(t, err)
	require.Zero(t, wallet.HoldExpiry, "no operation is open")
	first, err := l.Hold(t.Context(), ledger.HoldRequest{WalletID: "w", Key: "hold 1", Amount: won(1), ExpiresAt: f.clock.Now().Add(time.Hour)})
	require.NoError(t, err)
	second, err := l.Hold(t.Context(), ledger.HoldRequest{WalletID: "w", Key: "hold 2", Amount: won(1), ExpiresAt: f.clock.Now().Add(2 * time.Hour)})
	require.NoError(t, err)
	_, err = l.Release(t.Context(), ledger.ReleaseRequest{HoldID: first.Hold.ID, Key: "release"})
	require.NoError(t, err)
	require.Zero(t, store.finds)
	f.clock.advance(time.Hour)
	_, err = l.Credit(t.Context(), ledger.CreditRequest{WalletID: "w", Key: "more", Amount: won(1)})
	require.NoError(t, err)
	require.Equal(t, 1, store.finds)
	wallet, err = l.Wallet(t.Context(), "w")
	require.NoError(t, err)
	require.Equal(t, second.Hold.DueAt, wallet.HoldExpiry)
	requireDecimal(t, 1, wallet.BalanceHeld, "held")
}

// TestLedger_expired_hold_races lets another process end the hold between the read of the
// wallet and that of its holds: neither a refusal nor a read may show it as held.
func TestLedger_expired_hold_races(t *testing.T) {
	t.Parallel()
	for name, op := range map[string]func(context.Context, *ledger.Ledger) error{
		"deduct": func(ctx context.Context, l *ledger.Ledger) error {
			_, err := l.Deduct(ctx, ledger.DeductRequest{WalletID: "w", Key: "all", Amount: won(10_000)})
			return err
		},
		"read": func(ctx context.Context, l *ledger.Ledger) error {
			wallet, err := l.Wallet(ctx, "w")
			if err == nil && !wallet.AvailableBalance().Equal(won(10_000)) {
				return ports.ErrInsufficient
			}
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, _ := heldWallet(t)
			f.clock.advance(time.Hour)
			store, l := f.over(t)
			store.then = func() {
				n, err := f.ExpireHolds(context.Background(), 10)
				require.NoError(t, err)
				require.Equal(t, 1, n)
			}
			require.NoError(t, op(t.Context(), l))
		})
	}
}

// TestLedger_expired_hold_unreadable: holds that cannot be read fail the operations on their
// wallet, and no others.
func TestLedger_expired_hold_unreadable(t *testing.T) {
	t.Parallel()
	f, _ := heldWallet(t)
	f.clock.advance(time.Hour)
	store, l := f.over(t)
	store.fails = ports.ErrUnreadable
	f.requireUnchanged(t, func() {
		_, err := l.Credit(t.Context(), ledger.CreditRequest{WalletID: "w", Key: "k", Amount: won(1)})
		require.ErrorIs(t, err, ports.ErrUnreadable)
		_, err = l.Wallet(t.Context(), "w")
		require.ErrorIs(t, err, ports.ErrUnreadable)
		_, err = l.Transfer(t.Context(), ledger.TransferRequest{FromID: "other", ToID: "w", Key: "k", Amount: won(1)})
		require.ErrorIs(t, err, ports.ErrUnreadable)
	})
	_, err := l.Credit(t.Context(), ledger.CreditRequest{WalletID: "other", Key: "k", Amount: won(1)})
	require.NoError(t, err)
	n, err := l.ExpireHolds(t.Context(), 10)
	require.Zero(t, n)
	require.ErrorIs(t, err, ports.ErrUnreadable)
}

// TestVerify_hold_expiry changes when the wallet looks for holds that have expired.
func TestVerify_hold_expiry(t *testing.T) {
	t.Parallel()
	f, _ := heldWallet(t)
	for name, test := range map[string]struct {
		by    time.Duration
		wrong bool
	}{
		"early": {-time.Minute, false}, "as it is": {0, false}, "late": {time.Microsecond, true}, "never": {-time.Hour * 1e6, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l, err := ledger.New(&shifted{Store: f.store, by: test.by}, ledger.Config{Clock: f.clock})
			require.NoError(t, err)
			_, err = l.Verify(t.Context(), "w")
			if test.wrong {
				require.ErrorIs(t, err, ledger.ErrCorrupt)
			} else {
				require.NoError(t, err)
			}
		})
	}
}

// shifted is a store whose wallets look for holds that have expired at another time, or never
// when that is before the wallet was opened.
type shifted struct {
	ports.Store
	by time.Duration
}

func (s *shifted) Wallets(ctx context.Context, ids []string) ([]ports.Wallet, error) {
	wallets, err := s.Store.Wallets(ctx, ids)
	for i := range wallets {
		w := &wallets[i]
		if w.HoldExpiry = w.HoldExpiry.Add(s.by); w.HoldExpiry.Before(w.OpenedAt) {
			w.HoldExpiry = time.Time{}
		}
	}
	return wallets, err
}
