package ledger_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/jigap/jigap/adapters/memory"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fakeClock is a clock that a test moves.
type fakeClock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *fakeClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *fakeClock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// fixture is a ledger on a memory store with an open wallet "w" of 10,000 won.
type fixture struct {
	*ledger.Ledger
	store ports.Store
	clock *fakeClock
}

func setup(t *testing.T) *fixture {
	t.Helper()
	f := &fixture{store: memory.New(), clock: &fakeClock{now: time.Date(2026, 11, 1, 9, 0, 0, 0, time.UTC)}}
	l, err := ledger.New(f.store, ledger.Config{Clock: f.clock})
	require.NoError(t, err)
	f.Ledger = l
	f.open(t, "w", "KRW", 0)
	_, err = l.Credit(t.Context(), ledger.CreditRequest{WalletID: "w", Key: "first", Amount: won(10_000)})
	require.NoError(t, err)
	return f
}

func (f *fixture) open(t *testing.T, id, currency string, scale int32) {
	t.Helper()
	_, err := f.Open(t.Context(), ledger.OpenRequest{WalletID: id, Currency: currency, Scale: scale})
	require.NoError(t, err)
}

// requireUnchanged runs op and asks that wallet "w" and its history are as before.
func (f *fixture) requireUnchanged(t *testing.T, op func()) {
	t.Helper()
	before, err := f.store.Wallets(t.Context(), []string{"w"})
	require.NoError(t, err)
	op()
	after, err := f.store.Wallets(t.Context(), []string{"w"})
	require.NoError(t, err)
	require.Equal(t, before, after)
}

func isError(err, target error) bool { return errors.Is(err, target) }

func withTimeout(t *testing.T, d time.Duration) (context.Context, context.CancelFunc) {
	t.Helper()
	return context.WithTimeout(t.Context(), d)
}
