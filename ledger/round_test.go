package ledger_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/memory"
	"github.com/jigap/jigap/internal/books"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
)

// crowd lets requests queue behind one that waits in its commit, so that they share
// the next round in the order in which they came.
type crowd struct {
	*ledger.Ledger
	t     *testing.T
	store *countingStore
	all   sync.WaitGroup
}

func gather(t *testing.T, wallets ...string) *crowd {
	t.Helper()
	c := &crowd{t: t, store: &countingStore{Store: memory.New()}}
	l, err := ledger.New(c.store, ledger.Config{Parallel: 1})
	require.NoError(t, err)
	c.Ledger = l
	for _, id := range wallets {
		_, err := l.Open(t.Context(), ledger.OpenRequest{WalletID: id, Currency: "KRW"})
		require.NoError(t, err)
		_, err = l.Credit(t.Context(), ledger.CreditRequest{WalletID: id, Key: "first", Amount: won(10_000)})
		require.NoError(t, err)
	}
	return c
}

// begin makes the first request wait in its commit.
func (c *crowd) begin() {
	c.store.gate = make(chan struct{})
	c.join(func() error {
		_, err := c.Credit(c.t.Context(), ledger.CreditRequest{WalletID: "a", Key: "leads", Amount: won(1)})
		return err
	}, nil)
}

// join queues a request that must end with the error.
func (c *crowd) join(op func() error, want error) {
	c.all.Go(func() {
		if err := op(); want == nil && err != nil || want != nil && !isError(err, want) {
			c.t.Errorf("got %v, want %v", err, want)
		}
	})
	synctest.Wait()
}

func (c *crowd) end() {
	close(c.store.gate)
	c.all.Wait()
}

// TestTransfer_refused_leaves_its_peer_alone: though it shares a unit with a request that
// is booked, the wallet that it named is neither created nor touched.
func TestTransfer_refused_leaves_its_peer_alone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := gather(t, "a", "b")
		before, err := c.store.Wallets(t.Context(), []string{"b"})
		require.NoError(t, err)
		c.begin()
		transfer := func(from, to, key string, amount int64) func() error {
			return func() error {
				_, err := c.Transfer(t.Context(), ledger.TransferRequest{FromID: from, ToID: to, Key: key, Amount: won(amount)})
				return err
			}
		}
		c.join(transfer("a", "new", "1", 1), ports.ErrNotFound)
		c.join(transfer("newer", "a", "2", 1), ports.ErrNotFound)
		c.join(transfer("a", "b", "3", 99_999), ports.ErrInsufficient)
		c.join(func() error {
			_, err := c.Deduct(t.Context(), ledger.DeductRequest{WalletID: "a", Key: "4", Amount: won(1)})
			return err
		}, nil)
		c.end()
		for _, id := range []string{"new", "newer"} {
			_, err := c.Wallet(t.Context(), id)
			require.ErrorIs(t, err, ports.ErrNotFound)
			_, err = c.Open(t.Context(), ledger.OpenRequest{WalletID: id, Currency: "KRW"})
			require.NoError(t, err)
		}
		after, err := c.store.Wallets(t.Context(), []string{"b"})
		require.NoError(t, err)
		require.Equal(t, before, after)
	})
}

// TestQueue_same_keys_share_a_commit: replays that queue together, and captures of one
// hold, are answered by the commit of the first of them, however many they are.
func TestQueue_same_keys_share_a_commit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := gather(t, "a")
		held, err := c.Hold(t.Context(), ledger.HoldRequest{WalletID: "a", Key: "hold", Amount: won(2_000)})
		require.NoError(t, err)
		c.begin()
		c.store.commits.Store(0)
		var replayed atomic.Int64
		for i := range 500 {
			c.all.Go(func() {
				receipt, err := c.Deduct(t.Context(), ledger.DeductRequest{WalletID: "a", Key: "same", Amount: won(5)})
				if err != nil {
					t.Error(err)
				} else if receipt.Replayed {
					replayed.Add(1)
				}
			})
			c.all.Go(func() {
				_, err := c.Capture(t.Context(), ledger.CaptureRequest{HoldID: held.Hold.ID, Key: fmt.Sprint("c", i), Amount: won(4)})
				if err != nil {
					t.Error(err)
				}
			})
		}
		synctest.Wait()
		c.join(func() error {
			_, err := c.Deduct(t.Context(), ledger.DeductRequest{WalletID: "a", Key: "same", Amount: won(6)})
			return err
		}, ports.ErrKeyReused)
		c.end()
		require.EqualValues(t, 499, replayed.Load())
		require.EqualValues(t, 2, c.store.commits.Load(), "the one under way, and one for all that queued")
		hold, err := c.HoldByID(t.Context(), held.Hold.ID)
		require.NoError(t, err)
		require.Equal(t, ports.HoldCaptured, hold.Status)
		wallet, err := c.Wallet(t.Context(), "a")
		require.NoError(t, err)
		requireDecimal(t, 10_001-2_000-5, wallet.Balance, "each once")
		_, err = c.Verify(t.Context(), "a")
		require.NoError(t, err)
	})
}

// TestCapture_refused_leaves_the_hold_as_it_was: of captures that queue together one asks for
// too much; the hold is as the others left it.
func TestCapture_refused_leaves_the_hold_as_it_was(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := gather(t, "a")
		held, err := c.Hold(t.Context(), ledger.HoldRequest{WalletID: "a", Key: "hold", Amount: won(100)})
		require.NoError(t, err)
		c.begin()
		capture := func(key string, amount int64, final bool) func() error {
			return func() error {
				_, err := c.Capture(t.Context(), ledger.CaptureRequest{HoldID: held.Hold.ID, Key: key, Amount: won(amount), Final: final})
				return err
			}
		}
		c.join(capture("1", 30, false), nil)
		c.join(capture("2", 71, false), ports.ErrInsufficient)
		c.join(capture("3", 50, true), nil)
		c.join(capture("4", 1, false), ports.ErrNotOpen)
		c.end()
		wallet, err := c.Wallet(t.Context(), "a")
		require.NoError(t, err)
		requireDecimal(t, 10_001-80, wallet.Balance, "30 and 50")
		requireDecimal(t, 0, wallet.BalanceHeld, "the rest came back")
		_, err = c.Verify(t.Context(), "a")
		require.NoError(t, err)
	})
}

// TestHold_caller_leaves: the race detector watches what the leader and the caller
// who left share.
func TestHold_caller_leaves(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := gather(t, "a")
		c.begin()
		ctx, leave := withTimeout(t, time.Second)
		defer leave()
		for i := range 10 {
			c.all.Go(func() {
				_, err := c.Hold(ctx, ledger.HoldRequest{WalletID: "a", Key: fmt.Sprint(i), Amount: won(1)})
				if err == nil {
					t.Error("the gate was shut")
				}
			})
		}
		synctest.Wait()
		<-ctx.Done()
		synctest.Wait()
		c.end()
	})
}

func TestBook_refuses_bad_bookings(t *testing.T) {
	t.Parallel()
	f := setup(t)
	op := func(wallet, id string) ports.Operation {
		return &ports.Recharge{OperationHead: ports.OperationHead{ID: id, Kind: ports.KindRecharge, WalletID: wallet, Version: 1}}
	}
	f.requireUnchanged(t, func() {
		for field, booking := range map[string]books.Booking{
			"Type":       {Type: ports.EntryExpire},
			"Moves":      {Type: "x", Moves: []ports.Move{{Account: "x", Amount: decimal.New(1, 1_000_000_000)}, {Account: "y", Amount: won(-1)}}},
			"Operations": {Type: "x", Operations: []ports.Operation{op("w", "1"), op("w", "1")}},
			"OccurredAt": {Type: "x", Note: books.Note{OccurredAt: time.Date(20_000, 1, 1, 0, 0, 0, 0, time.UTC)}},
		} {
			booking.WalletID = "w"
			_, err := f.Book(t.Context(), booking)
			requireInvalid(t, err, field)
		}
		_, err := f.Book(t.Context(), books.Booking{WalletID: "w", Type: "x", Opened: -1})
		require.ErrorIs(t, err, ports.ErrConflict, "what it would end has ended")
		_, err = f.Book(t.Context(), books.Booking{WalletID: "w", Key: "k"})
		requireInvalid(t, err, "Type")
		_, err = f.Book(t.Context(), books.Booking{WalletID: "w", Type: "x", Operations: []ports.Operation{op("other", "1")}})
		requireInvalid(t, err, "Operations")
		_, err = f.Capture(t.Context(), ledger.CaptureRequest{HoldID: "h", Key: "k", Amount: decimal.New(1, 1_000_000_000)})
		requireInvalid(t, err, "Amount")
		_, err = f.Hold(t.Context(), ledger.HoldRequest{WalletID: "w", Key: "k", Amount: won(1), ExpiresAt: time.Date(20_000, 1, 1, 0, 0, 0, 0, time.UTC)})
		requireInvalid(t, err, "ExpiresAt")
	})
}

// TestClose_nothing_is_left_to_expire: a caller that comes late with the end of an
// operation must read its record again, and must not take the close for a refusal.
func TestClose_nothing_is_left_to_expire(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.open(t, "x", "KRW", 0)
	_, err := f.Close(t.Context(), ledger.StatusRequest{WalletID: "x", Key: "close", By: ports.By{Who: "kim", Why: "asked by mail"}})
	require.NoError(t, err)
	_, err = f.Book(t.Context(), books.Booking{WalletID: "x", Type: ports.EntryRechargeEnd, Opened: -1})
	require.ErrorIs(t, err, ports.ErrConflict)
	_, err = f.Book(t.Context(), books.Booking{WalletID: "x", Type: ports.EntryRechargeOpen, Opened: 1})
	require.ErrorIs(t, err, ports.ErrClosed)
}

// TestCapture_behind_another_in_one_round: it read the hold while the other was being
// written, and takes it as it is after that.
func TestCapture_behind_another_in_one_round(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := gather(t, "a")
		held, err := c.Hold(t.Context(), ledger.HoldRequest{WalletID: "a", Key: "hold", Amount: won(100)})
		require.NoError(t, err)
		c.store.commits.Store(0)
		c.store.gate = make(chan struct{})
		for i := range 2 {
			c.join(func() error {
				_, err := c.Capture(t.Context(), ledger.CaptureRequest{HoldID: held.Hold.ID, Key: fmt.Sprint(i), Amount: won(10)})
				return err
			}, nil)
		}
		c.end()
		require.EqualValues(t, 2, c.store.commits.Load(), "a refused commit would be one more")
	})
}
