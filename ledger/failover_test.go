package ledger_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/memory"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
)

// failingOver is a primary with an asynchronous standby, which has all that is committed
// until it lags. After fail the standby is what everybody talks to.
type failingOver struct {
	ports.Store // who is asked now

	standby ports.Store
	lags    atomic.Bool
	then    func() // runs once, behind the next read of operations
}

func newFailingOver() *failingOver {
	return &failingOver{Store: memory.New(), standby: memory.New()}
}

func (s *failingOver) fail() { s.Store = s.standby }

func (s *failingOver) Commit(ctx context.Context, units []ports.Unit) []ports.Fate {
	fates := s.Store.Commit(ctx, units)
	if !s.lags.Load() && s.Store != s.standby {
		s.standby.Commit(ctx, units)
	}
	return fates
}

func (s *failingOver) Operations(ctx context.Context, ids []string) ([]ports.Operation, error) {
	found, err := s.Store.Operations(ctx, ids)
	if then := s.then; then != nil {
		s.then = nil
		then()
	}
	return found, err
}

// TestCapture_writes_no_lost_hold over the true one: a hold was captured, the store lost
// that, and another process has brought the hold to the same version since. The wallet is
// read anew, so that only the hold tells of what was lost.
func TestCapture_writes_no_lost_hold(t *testing.T) {
	t.Parallel()
	for name, wrote := range map[string]bool{"that the ledger wrote": true, "that was read before the failover": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx := t.Context()
			store := newFailingOver()
			a, err := ledger.New(store, ledger.Config{Parallel: 1, CacheBytes: 1}) // remembers one wallet and one hold
			require.NoError(t, err)
			for _, id := range []string{"w", "other"} {
				_, err = a.Open(ctx, ledger.OpenRequest{WalletID: id, Currency: "KRW"})
				require.NoError(t, err)
				_, err = a.Credit(ctx, ledger.CreditRequest{WalletID: id, Key: "first", Amount: won(10_000)})
				require.NoError(t, err)
			}
			held, err := a.Hold(ctx, ledger.HoldRequest{WalletID: "w", Key: "hold", Amount: won(100)})
			require.NoError(t, err)
			capture := func(l *ledger.Ledger, key string, amount int64) {
				_, err := l.Capture(ctx, ledger.CaptureRequest{HoldID: held.Hold.ID, Key: key, Amount: won(amount)})
				require.NoError(t, err)
			}
			b, err := ledger.New(store, ledger.Config{})
			require.NoError(t, err)
			store.lags.Store(true)
			lose := func() { store.fail(); capture(b, "theirs", 10) } // 90 are still held
			if wrote {
				capture(a, "lost", 90)
				lose()
			} else {
				capture(a, "lost", 90)
				a, err = ledger.New(store, ledger.Config{}) // remembers nothing
				require.NoError(t, err)
				store.then = lose
			}
			for i := range 64 { // a forgets wallet "w"
				_, err = a.Deduct(ctx, ledger.DeductRequest{WalletID: "other", Key: fmt.Sprint(i), Amount: won(1)})
				require.NoError(t, err)
			}
			capture(a, "mine", 5)
			require.Nil(t, store.then)
			hold, err := b.HoldByID(ctx, held.Hold.ID)
			require.NoError(t, err)
			requireDecimal(t, 85, hold.Remaining(), "still held")
			_, err = b.Verify(ctx, "w")
			require.NoError(t, err)
		})
	}
}

// TestDeduct_writes_no_lost_wallet over the true one: a wallet was debited, the store lost
// that, and another process has brought the wallet to the same version since.
func TestDeduct_writes_no_lost_wallet(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	store := newFailingOver()
	a, err := ledger.New(store, ledger.Config{})
	require.NoError(t, err)
	_, err = a.Open(ctx, ledger.OpenRequest{WalletID: "w", Currency: "KRW"})
	require.NoError(t, err)
	_, err = a.Credit(ctx, ledger.CreditRequest{WalletID: "w", Key: "first", Amount: won(10_000)})
	require.NoError(t, err)
	store.lags.Store(true)
	_, err = a.Deduct(ctx, ledger.DeductRequest{WalletID: "w", Key: "lost", Amount: won(100)})
	require.NoError(t, err)
	store.fail() // the primary is lost, and with it that deduct
	b, err := ledger.New(store, ledger.Config{})
	require.NoError(t, err)
	_, err = b.Credit(ctx, ledger.CreditRequest{WalletID: "w", Key: "card", Amount: won(5_000)})
	require.NoError(t, err)
	_, err = a.Deduct(ctx, ledger.DeductRequest{WalletID: "w", Key: "next", Amount: won(1)})
	require.NoError(t, err)
	w, err := b.Wallet(ctx, "w")
	require.NoError(t, err)
	requireDecimal(t, 10_000+5_000-1, w.Balance, "balance after the failover")
	_, err = b.Verify(ctx, "w")
	require.NoError(t, err)
}
