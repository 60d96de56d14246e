package recharge_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/ports"
)

// miscounted is a store whose wallet counts no open operation, as after a restore of some
// tables only. It counts how often records are read, and fails in the end.
type miscounted struct {
	ports.Store
	wrong atomic.Bool
	reads atomic.Int64
}

func (s *miscounted) Wallets(ctx context.Context, ids []string) ([]ports.Wallet, error) {
	wallets, err := s.Store.Wallets(ctx, ids)
	for i := range wallets {
		if s.wrong.Load() {
			wallets[i].OpenOperations = 0
		}
	}
	return wallets, err
}

func (s *miscounted) Operations(ctx context.Context, ids []string) ([]ports.Operation, error) {
	if s.reads.Add(1) > 10_000 {
		return nil, errors.New("enough")
	}
	return s.Store.Operations(ctx, ids)
}

// TestService_Jobs_wallet_miscounts: the booking of an answer meets a conflict each time, while
// the record stays as it is. The step ends with ErrConflict.
func TestService_Jobs_wallet_miscounts(t *testing.T) {
	t.Parallel()
	w, _ := newWorld(t, pendsApproves)
	store := &miscounted{Store: w.store}
	w.store = store
	s, _ := w.process(t, crashtest.Immortal(), nil)
	mustRecharge(t, s, "k")
	store.wrong.Store(true)
	s, _ = w.process(t, crashtest.Immortal(), nil) // remembers no wallet
	store.reads.Store(0)
	w.clock.Advance(time.Hour)
	var problems []error
	for _, job := range s.Jobs() {
		_, err := job.Step(t.Context(), 100)
		problems = append(problems, err)
	}
	require.ErrorIs(t, errors.Join(problems...), ports.ErrConflict)
	require.Less(t, store.reads.Load(), int64(100))
}
