package withdraw_test

import (
	"context"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/withdraw"
)

// tripwire is a guard of an auto-recharge that charges below an amount. It counts how often
// it was asked.
type tripwire struct {
	below decimal.Decimal
	err   error
	asked int
}

func (w *tripwire) Trips(context.Context, string) (func(decimal.Decimal) bool, error) {
	w.asked++
	return w.below.GreaterThan, w.err
}

// TestConfig_Guard/refuses_what_trips_it: what the withdrawal would leave is what counts.
//
// TestConfig_Guard/is_not_asked_about_what_may_trip_it, or about a retry.
//
// TestConfig_Guard/that_fails_refuses_the_withdrawal: nothing leaves the wallet.
//
// TestConfig_Guard/that_is_left_out_lets_no_wallet_with_an_active_policy_pay_out: a host that
// forgot the guard hears of it; without a policy, and with LiftGuard, the wallet pays.
func TestConfig_Guard(t *testing.T) {
	t.Parallel()
	guarded := func(t *testing.T, guard withdraw.Guard) (*withdraw.Service, *ledger.Ledger) {
		t.Helper()
		w, _ := newWorld(t, pays, 1)
		_, wallets := w.process(t, crashtest.Immortal())
		s, err := withdraw.New(w.store, wallets, withdraw.Config{Clock: w.clock, Guard: guard}, withdraw.Route{Disburser: w.disburser, Approvals: 1})
		require.NoError(t, err)
		policy := &ports.Policy{OperationHead: ports.OperationHead{
			ID: "p", Kind: ports.KindPolicy, WalletID: "w", Version: 1, Open: true, Lane: ports.PolicyLane("w"),
		}, Status: ports.PolicyActive, PolicyTerms: ports.PolicyTerms{MinimumCash: won(40_000)}}
		require.Equal(t, ports.FateCommitted, w.store.Commit(t.Context(), []ports.Unit{{Operations: []ports.Operation{policy}}})[0].Status)
		return s, wallets
	}
	t.Run("refuses_what_trips_it", func(t *testing.T) {
		t.Parallel()
		for below, want := range map[int64]error{30_000: nil, 30_001: withdraw.ErrTripsRecharge} {
			s, _ := guarded(t, &tripwire{below: won(below)})
			_, err := s.Request(t.Context(), payOut("k"))
			require.ErrorIs(t, err, want)
		}
	})
	t.Run("is_not_asked_about_what_may_trip_it", func(t *testing.T) {
		t.Parallel()
		guard := &tripwire{below: won(50_000)}
		s, _ := guarded(t, guard)
		lifted := payOut("k")
		lifted.LiftGuard = true
		for range 2 {
			_, err := s.Request(t.Context(), lifted)
			require.NoError(t, err)
		}
		require.Zero(t, guard.asked)
	})
	t.Run("that_fails_refuses_the_withdrawal", func(t *testing.T) {
		t.Parallel()
		s, wallets := guarded(t, &tripwire{err: ports.ErrUnavailable})
		_, err := s.Request(t.Context(), payOut("k"))
		require.ErrorIs(t, err, ports.ErrUnavailable)
		wallet, err := wallets.Wallet(t.Context(), "w")
		require.NoError(t, err)
		require.True(t, wallet.Balance.Equal(won(50_000)))
	})
	t.Run("that_is_left_out_lets_no_wallet_with_an_active_policy_pay_out", func(t *testing.T) {
		t.Parallel()
		s, wallets := guarded(t, nil)
		_, err := s.Request(t.Context(), payOut("k"))
		var invalid *ports.InvalidError
		require.ErrorAs(t, err, &invalid)
		require.Equal(t, "Guard", invalid.Field)
		lifted := payOut("lifted")
		lifted.LiftGuard = true
		_, err = s.Request(t.Context(), lifted)
		require.NoError(t, err)
		_, err = wallets.Open(t.Context(), ledger.OpenRequest{WalletID: "other", Currency: "KRW"})
		require.NoError(t, err)
		_, err = wallets.Credit(t.Context(), ledger.CreditRequest{WalletID: "other", Key: "cash", Amount: won(50_000)})
		require.NoError(t, err)
		free := payOut("k")
		free.WalletID = "other"
		_, err = s.Request(t.Context(), free)
		require.NoError(t, err)
	})
}
