package ledger_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
)

// TestReceipt_of_requests_whose_units_join: a transfer that joins the units of two wallets
// leaves to each request the entry that it made.
func TestReceipt_of_requests_whose_units_join(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := gather(t, "a", "b")
		c.begin()
		deduct := func(wallet string, amount int64) {
			c.join(func() error {
				receipt, err := c.Deduct(t.Context(), ledger.DeductRequest{WalletID: wallet, Key: fmt.Sprint("k", amount), Amount: won(amount)})
				if err == nil && (receipt.Entry.WalletID != wallet || !receipt.Entry.BalanceAmount.Equal(won(-amount))) {
					return fmt.Errorf("got %+v", receipt.Entry)
				}
				return err
			}, nil)
		}
		deduct("a", 10)
		deduct("b", 20)
		deduct("b", 30)
		c.join(func() error {
			receipt, err := c.Transfer(t.Context(), ledger.TransferRequest{FromID: "a", ToID: "b", Key: "joins", Amount: won(40)})
			if err == nil && !receipt.Entry.BalanceAmount.Equal(won(-40)) {
				return fmt.Errorf("got %+v", receipt.Entry)
			}
			return err
		}, nil)
		c.end()
	})
}

// TestAdjust_lots: a wallet with as many lots as it may have takes no further points.
func TestAdjust_lots(t *testing.T) {
	t.Parallel()
	f := setup(t)
	for i := range ports.MaxLots {
		_, err := f.Grant(t.Context(), ledger.GrantRequest{WalletID: "w", Key: fmt.Sprint("lot ", i), Amount: won(1)})
		require.NoError(t, err)
	}
	_, err := f.Adjust(t.Context(), ledger.AdjustRequest{WalletID: "w", Key: "more", Point: won(1), By: ports.By{Who: "kim", Why: "x"}})
	require.ErrorIs(t, err, ports.ErrLimit)
}

func TestHistory_zero_byte(t *testing.T) {
	t.Parallel()
	f := setup(t)
	for _, text := range []string{"\x00", "\x00x", "x\x00"} {
		_, err := f.History(t.Context(), ports.EntryFilter{WalletID: "w", Reference: text})
		requireInvalid(t, err, "Reference")
	}
}

// TestBalanceAt_before_an_expiry_is_booked: the points of a hold had expired, and came back
// when the hold expired. A time after that and before the next entry counts them as gone.
func TestBalanceAt_before_an_expiry_is_booked(t *testing.T) {
	t.Parallel()
	f := setup(t)
	ctx, start := t.Context(), f.clock.Now()
	_, err := f.Grant(ctx, ledger.GrantRequest{WalletID: "w", Key: "points", Amount: won(500), ExpiresAt: start.Add(time.Hour)})
	require.NoError(t, err)
	_, err = f.Hold(ctx, ledger.HoldRequest{WalletID: "w", Key: "hold", Amount: won(500), ExpiresAt: start.Add(2 * time.Hour)})
	require.NoError(t, err)
	f.clock.advance(4 * time.Hour)
	_, err = f.Deduct(ctx, ledger.DeductRequest{WalletID: "w", Key: "books", Amount: won(1)})
	require.NoError(t, err)
	for at, want := range map[time.Duration]int64{90 * time.Minute: 500, 3 * time.Hour: 0} {
		balances, err := f.BalanceAt(ctx, "w", start.Add(at))
		require.NoError(t, err)
		require.True(t, balances.Point.Equal(won(want)), "after %s: %s points", at, balances.Point)
	}
}

// refusing is a store that refuses units of some wallets, and may show holds as they were.
type refusing struct {
	ports.Store
	wallets map[string]bool
	stale   []ports.Operation
	finds   int
}

var errDisk = errors.New("disk full")

func (s *refusing) Commit(ctx context.Context, units []ports.Unit) []ports.Fate {
	for i := range units {
		for _, change := range units[i].Wallets {
			if s.wallets[change.ID] {
				fates := make([]ports.Fate, len(units))
				for k := range fates {
					fates[k] = ports.Fate{Status: ports.FateFailed, Err: errDisk}
				}
				return fates
			}
		}
	}
	return s.Store.Commit(ctx, units)
}

func (s *refusing) FindOperations(ctx context.Context, filter ports.OperationFilter) ([]ports.Operation, error) {
	if s.finds++; s.finds > 20 {
		return nil, errors.New("the search does not end")
	}
	if s.stale != nil && filter.WalletID == "" {
		return s.stale[:min(filter.Limit, len(s.stale))], nil
	}
	return s.Store.FindOperations(ctx, filter)
}

// TestExpireHolds_wallets_that_fail: holds of wallets that cannot be written do not keep
// those behind them from ending, and the search has an end.
func TestExpireHolds_wallets_that_fail(t *testing.T) {
	t.Parallel()
	f := setup(t)
	ctx := t.Context()
	store := &refusing{Store: f.store, wallets: make(map[string]bool)}
	for i := range 7 {
		id := fmt.Sprint("w", i)
		f.open(t, id, "KRW", 0)
		_, err := f.Credit(ctx, ledger.CreditRequest{WalletID: id, Key: "first", Amount: won(10)})
		require.NoError(t, err)
		for n := range 2 {
			_, err = f.Hold(ctx, ledger.HoldRequest{WalletID: id, Key: fmt.Sprint("hold ", n), Amount: won(1), ExpiresAt: f.clock.Now().Add(time.Hour + time.Duration(i)*time.Second)})
			require.NoError(t, err)
		}
		store.wallets[id] = i < 5
	}
	l, err := ledger.New(store, ledger.Config{Clock: f.clock})
	require.NoError(t, err)
	f.clock.advance(2 * time.Hour)
	done, err := l.ExpireHolds(ctx, 3)
	require.ErrorIs(t, err, errDisk)
	require.Equal(t, 3, done, "of the four of the wallets that can be written")
	store.finds = 0
	done, err = l.ExpireHolds(ctx, 3)
	require.ErrorIs(t, err, errDisk)
	require.Equal(t, 1, done)
}

// TestExpireHolds_of_which_none_is_left: a page of holds that another process has ended ends
// the search.
func TestExpireHolds_of_which_none_is_left(t *testing.T) {
	t.Parallel()
	f := setup(t)
	ctx := t.Context()
	f.holdMany(t, 3)
	f.clock.advance(2 * time.Hour)
	store := &refusing{Store: f.store}
	var err error
	store.stale, err = f.store.FindOperations(ctx, ports.OperationFilter{Kind: ports.KindHold, Open: true, Limit: 3})
	require.NoError(t, err)
	require.Len(t, store.stale, 3)
	done, err := f.ExpireHolds(ctx, 10)
	require.NoError(t, err)
	require.Equal(t, 3, done)
	l, err := ledger.New(store, ledger.Config{Clock: f.clock})
	require.NoError(t, err)
	done, err = l.ExpireHolds(ctx, 3)
	require.NoError(t, err)
	require.Zero(t, done)
	require.Equal(t, 1, store.finds)
}

// TestExpireLots_of_a_wallet_that_fails: the error names the wallet, and the others go on.
func TestExpireLots_of_a_wallet_that_fails(t *testing.T) {
	t.Parallel()
	f := setup(t)
	ctx := t.Context()
	store := &refusing{Store: f.store, wallets: map[string]bool{"w": true}}
	f.open(t, "x", "KRW", 0)
	for _, id := range []string{"w", "x"} {
		_, err := f.Grant(ctx, ledger.GrantRequest{WalletID: id, Key: "points", Amount: won(5), ExpiresAt: f.clock.Now().Add(time.Hour)})
		require.NoError(t, err)
	}
	f.clock.advance(2 * time.Hour)
	l, err := ledger.New(store, ledger.Config{Clock: f.clock})
	require.NoError(t, err)
	done, err := l.ExpireLots(ctx, 10)
	require.ErrorIs(t, err, errDisk)
	require.Equal(t, 1, done)
}
