package ledger_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
)

// TestHold_points_that_expire_stay_usable: a lot that expires while a hold has it can
// still be captured; what the hold gives back of it expires at once.
func TestHold_points_that_expire_stay_usable(t *testing.T) {
	t.Parallel()
	f := setup(t)
	ctx := t.Context()
	_, err := f.Grant(ctx, ledger.GrantRequest{WalletID: "w", Key: "lot", Amount: won(100), ExpiresAt: f.clock.Now().Add(time.Hour)})
	require.NoError(t, err)
	held, err := f.Hold(ctx, ledger.HoldRequest{WalletID: "w", Key: "hold", Amount: won(60)})
	require.NoError(t, err)
	f.clock.advance(2 * time.Hour)
	wallet, err := f.Wallet(ctx, "w")
	require.NoError(t, err)
	requireDecimal(t, 60, wallet.Point, "what is not held is gone")
	requireDecimal(t, 0, wallet.AvailablePoint(f.clock.Now()), "what is held is not available")
	captured, err := f.Capture(ctx, ledger.CaptureRequest{HoldID: held.Hold.ID, Key: "part", Amount: won(45)})
	require.NoError(t, err)
	requireDecimal(t, -45, captured.Entry.PointAmount, "paid with the held points")
	requireDecimal(t, 15, captured.Hold.Remaining(), "left in the hold")
	_, err = f.Release(ctx, ledger.ReleaseRequest{HoldID: held.Hold.ID, Key: "release"})
	require.NoError(t, err)
	wallet, err = f.Wallet(ctx, "w")
	require.NoError(t, err)
	requireDecimal(t, 0, wallet.Point, "what came back expired at once")
	done, err := f.ExpireLots(ctx, 10)
	require.NoError(t, err)
	require.Equal(t, 1, done)
	_, err = f.Verify(ctx, "w")
	require.NoError(t, err)
}

func TestRefund_is_bounded_by_the_capture(t *testing.T) {
	t.Parallel()
	f := setup(t)
	ctx := t.Context()
	held, err := f.Hold(ctx, ledger.HoldRequest{WalletID: "w", Key: "hold", Amount: won(100)})
	require.NoError(t, err)
	_, err = f.Capture(ctx, ledger.CaptureRequest{HoldID: held.Hold.ID, Key: "capture", Amount: won(30), Final: true})
	require.NoError(t, err)
	refund := func(key string, amount int64) error {
		_, err := f.Refund(ctx, ledger.RefundRequest{WalletID: "w", Key: key, Of: "capture", Amount: won(amount)})
		return err
	}
	require.ErrorIs(t, refund("a", 31), ports.ErrRefundExceeds)
	require.NoError(t, refund("b", 20))
	require.ErrorIs(t, refund("c", 11), ports.ErrRefundExceeds)
	require.NoError(t, refund("d", 10))
	require.ErrorIs(t, refund("e", 1), ports.ErrRefundExceeds)
}

func TestHolds_are_listed_and_found_by_reference(t *testing.T) {
	t.Parallel()
	f := setup(t)
	ctx := t.Context()
	f.open(t, "other", "KRW", 0)
	var ids []string
	for _, key := range []string{"a", "b", "c"} {
		held, err := f.Hold(ctx, ledger.HoldRequest{WalletID: "w", Key: key, Amount: won(1), ExpiresAt: f.clock.Now().Add(time.Hour), Note: ledger.Note{Reference: "batch " + key}})
		require.NoError(t, err)
		ids = append(ids, held.Hold.ID)
	}
	_, err := f.Release(ctx, ledger.ReleaseRequest{HoldID: ids[1], Key: "r"})
	require.NoError(t, err)
	list := func(filter ledger.HoldListing) (got []string) {
		holds, err := f.Holds(ctx, filter)
		require.NoError(t, err)
		for _, h := range holds {
			got = append(got, h.ID)
		}
		return got
	}
	require.Equal(t, ids, list(ledger.HoldListing{WalletID: "w"}))
	require.Equal(t, []string{ids[0], ids[2]}, list(ledger.HoldListing{WalletID: "w", Open: true}))
	require.Equal(t, ids[1:2], list(ledger.HoldListing{Reference: "batch b"}))
	require.Equal(t, ids[2:], list(ledger.HoldListing{WalletID: "w", AfterID: ids[1]}))
	require.Empty(t, list(ledger.HoldListing{WalletID: "other"}))
	_, err = f.Credit(ctx, ledger.CreditRequest{WalletID: "other", Key: "cash", Amount: won(1)})
	require.NoError(t, err)
	elsewhere, err := f.Hold(ctx, ledger.HoldRequest{WalletID: "other", Key: "a", Amount: won(1), ExpiresAt: f.clock.Now().Add(time.Hour)})
	require.NoError(t, err)
	all := append(ids, elsewhere.Hold.ID)
	require.Equal(t, all, list(ledger.HoldListing{}), "of all wallets")
	require.Equal(t, []string{all[3], all[2]}, list(ledger.HoldListing{NewestFirst: true, Limit: 2}))
	require.Equal(t, []string{ids[1]}, list(ledger.HoldListing{Statuses: []ports.HoldStatus{ports.HoldReleased}}))
	f.clock.advance(2 * time.Hour) // beyond the expiry of all of them, and no worker runs
	require.Equal(t, []string{all[0], all[2], all[3]}, list(ledger.HoldListing{Statuses: []ports.HoldStatus{ports.HoldExpired}}))
	require.Empty(t, list(ledger.HoldListing{Statuses: []ports.HoldStatus{ports.HoldHeld}}))
	require.Empty(t, list(ledger.HoldListing{Open: true}))
}

// lookedAt is a store that tells when operations were read.
type lookedAt struct {
	ports.Store
	reads int
	then  func() // runs once, behind the first read
}

func (s *lookedAt) Operations(ctx context.Context, ids []string) ([]ports.Operation, error) {
	s.reads++
	found, err := s.Store.Operations(ctx, ids)
	if then := s.then; then != nil {
		s.then = nil
		then()
	}
	return found, err
}

// TestCapture_of_a_hold_that_others_change: it reads the hold once, and again only when
// another caller was faster, or the wallet was not known before; what was read too early
// refuses nothing and spends nothing.
func TestCapture_of_a_hold_that_others_change(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		meanwhile func(l *ledger.Ledger, hold string) error
		amount    int64
		known     bool // the wallet
		reads     int
		err       error
	}{
		"no rival":                     {nil, 60, true, 1, nil},
		"enough is left":               {capture(40), 60, true, 2, nil},
		"too little left":              {capture(41), 60, true, 2, ports.ErrInsufficient},
		"nothing is left":              {capture(100), 60, true, 2, ports.ErrNotOpen},
		"more than it was":             {nil, 101, true, 2, ports.ErrInsufficient},
		"no rival, an unknown wallet":  {nil, 60, false, 2, nil},
		"nothing left, unknown wallet": {capture(100), 60, false, 2, ports.ErrNotOpen},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := setup(t)
			held, err := f.Hold(t.Context(), ledger.HoldRequest{WalletID: "w", Key: "hold", Amount: won(100)})
			require.NoError(t, err)
			store := &lookedAt{Store: f.store}
			l, err := ledger.New(store, ledger.Config{Clock: f.clock})
			require.NoError(t, err)
			if test.known {
				_, err = l.Credit(t.Context(), ledger.CreditRequest{WalletID: "w", Key: "known", Amount: won(1)})
				require.NoError(t, err)
			}
			if test.meanwhile != nil {
				store.then = func() { require.NoError(t, test.meanwhile(f.Ledger, held.Hold.ID)) }
			}
			after, err := l.Capture(t.Context(), ledger.CaptureRequest{HoldID: held.Hold.ID, Key: "mine", Amount: won(test.amount)})
			require.ErrorIs(t, err, test.err)
			require.Equal(t, test.reads, store.reads)
			if err == nil {
				requireDecimal(t, test.amount, after.Entry.BalanceAmount.Neg(), "spent")
			}
			_, err = f.Verify(t.Context(), "w")
			require.NoError(t, err)
		})
	}
}

func capture(amount int64) func(l *ledger.Ledger, hold string) error {
	return func(l *ledger.Ledger, hold string) error {
		_, err := l.Capture(context.Background(), ledger.CaptureRequest{HoldID: hold, Key: "other", Amount: won(amount)})
		return err
	}
}

// TestCapture_goes_by_the_hold_that_the_ledger_wrote: it reads no hold that it remembers,
// and reads it again when another process was faster. A refusal always reads it.
func TestCapture_goes_by_the_hold_that_the_ledger_wrote(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		meanwhile func(l *ledger.Ledger, hold string) error
		amount    int64
		reads     int
		err       error
	}{
		"it is as it was":     {nil, 60, 0, nil},
		"enough is left":      {capture(30), 60, 1, nil},
		"too little is left":  {capture(31), 60, 1, ports.ErrInsufficient},
		"nothing is left":     {capture(90), 60, 1, ports.ErrNotOpen},
		"more than was there": {nil, 91, 1, ports.ErrInsufficient},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := setup(t)
			store := &lookedAt{Store: f.store}
			l, err := ledger.New(store, ledger.Config{Clock: f.clock})
			require.NoError(t, err)
			held, err := l.Hold(t.Context(), ledger.HoldRequest{WalletID: "w", Key: "hold", Amount: won(100)})
			require.NoError(t, err)
			first, err := l.Capture(t.Context(), ledger.CaptureRequest{HoldID: held.Hold.ID, Key: "first capture", Amount: won(10)})
			require.NoError(t, err)
			*held.Hold, *first.Hold = ports.Hold{}, ports.Hold{} // they are the caller's
			require.Zero(t, store.reads)
			if test.meanwhile != nil {
				require.NoError(t, test.meanwhile(f.Ledger, first.Entry.OperationID))
			}
			after, err := l.Capture(t.Context(), ledger.CaptureRequest{HoldID: first.Entry.OperationID, Key: "mine", Amount: won(test.amount)})
			require.ErrorIs(t, err, test.err)
			require.Equal(t, test.reads, store.reads)
			if err == nil {
				requireDecimal(t, test.amount, after.Entry.BalanceAmount.Neg(), "spent")
			}
			_, err = f.Verify(t.Context(), "w")
			require.NoError(t, err)
		})
	}
}

// TestRelease_reads_a_hold_that_has_ended: what has ended is not remembered.
func TestRelease_reads_a_hold_that_has_ended(t *testing.T) {
	t.Parallel()
	f := setup(t)
	store := &lookedAt{Store: f.store}
	l, err := ledger.New(store, ledger.Config{Clock: f.clock})
	require.NoError(t, err)
	held, err := l.Hold(t.Context(), ledger.HoldRequest{WalletID: "w", Key: "hold", Amount: won(100)})
	require.NoError(t, err)
	_, err = l.Release(t.Context(), ledger.ReleaseRequest{HoldID: held.Hold.ID, Key: "release"})
	require.NoError(t, err)
	require.Zero(t, store.reads)
	_, err = l.Capture(t.Context(), ledger.CaptureRequest{HoldID: held.Hold.ID, Key: "capture", All: true})
	require.ErrorIs(t, err, ports.ErrNotOpen)
	again, err := l.Release(t.Context(), ledger.ReleaseRequest{HoldID: held.Hold.ID, Key: "release"})
	require.NoError(t, err)
	require.True(t, again.Replayed)
	require.Equal(t, ports.HoldReleased, again.Hold.Status)
}

// TestCapture_hands_its_hold_over to the caller, who does what it likes with it while the round
// judges a request that was refused. Run with -race.
func TestCapture_hands_its_hold_over(t *testing.T) {
	t.Parallel()
	for i := range 20 {
		c := gather(t, "a", "b")
		held, err := c.Hold(t.Context(), ledger.HoldRequest{WalletID: "a", Key: "hold", Amount: won(100)})
		require.NoError(t, err)
		var all sync.WaitGroup
		for caller := range 8 {
			all.Go(func() {
				for n := range 10 {
					receipt, err := c.Capture(t.Context(), ledger.CaptureRequest{HoldID: held.Hold.ID, Key: fmt.Sprint(i, caller, n), Amount: won(10)})
					if err == nil {
						*receipt.Hold = ports.Hold{}
					}
				}
			})
		}
		all.Wait()
		_, err = c.Verify(t.Context(), "a")
		require.NoError(t, err)
	}
}
