package withdraw_test

import (
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/solapi"
	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/internal/ordertest"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/withdraw"
)

// TestService_Request_fee/is_of_the_wallets_currency: a wallet of another currency is
// refused by the name of the schedule, and a schedule without a currency by New.
//
// TestService_Request_fee/is_the_one_that_was_agreed: when the schedule gives another fee,
// both are told and nothing changes.
//
// TestService_Request_fee/of_a_retry_is_that_of_the_first_request: whatever the schedule
// has become.
func TestService_Request_fee(t *testing.T) {
	t.Parallel()
	dearer := withdraw.FeeSchedule(solapi.FeeSchedule())
	dearer.Fixed = won(600)
	t.Run("is_of_the_wallets_currency", func(t *testing.T) {
		t.Parallel()
		w, bank := newWorld(t, pays, 0)
		s, wallets := w.process(t, crashtest.Immortal())
		_, err := wallets.Open(t.Context(), ledger.OpenRequest{WalletID: "d", Currency: "USD"})
		require.NoError(t, err)
		_, err = wallets.Credit(t.Context(), ledger.CreditRequest{WalletID: "d", Key: "in", Amount: won(50_000)})
		require.NoError(t, err)
		request := payOut("k")
		request.WalletID = "d"
		_, err = s.Request(t.Context(), request)
		require.ErrorIs(t, err, ports.ErrCurrency)
		require.ErrorContains(t, err, "fee schedule solapi-2026 is for KRW, the wallet has USD")
		require.Empty(t, bank.orders)
		nameless := withdraw.FeeSchedule(solapi.FeeSchedule())
		nameless.Currency = ""
		_, err = withdraw.New(w.store, wallets, withdraw.Config{}, withdraw.Route{Disburser: w.disburser, Schedule: nameless})
		var invalid *ports.InvalidError
		require.ErrorAs(t, err, &invalid)
		require.Equal(t, "Currency", invalid.Field)
		free, err := withdraw.New(w.store, wallets, withdraw.Config{Clock: w.clock}, withdraw.Route{Disburser: w.disburser})
		require.NoError(t, err)
		op, err := free.Request(t.Context(), request)
		require.NoError(t, err)
		require.True(t, op.Fee.IsZero())
	})
	t.Run("is_the_one_that_was_agreed", func(t *testing.T) {
		t.Parallel()
		w, bank := newWorld(t, pays, 0)
		w.lenient = func(r *withdraw.Route) { r.Schedule = dearer }
		s, wallets := w.process(t, crashtest.Immortal())
		request := payOut("k")
		request.AgreedFee = optional(1_500)
		_, err := s.Request(t.Context(), request)
		require.ErrorIs(t, err, withdraw.ErrFeeChanged)
		var changed *withdraw.FeeChangedError
		require.ErrorAs(t, err, &changed)
		require.True(t, changed.Agreed.Equal(won(1_500)))
		require.True(t, changed.Fee.Equal(won(1_600)))
		require.ErrorContains(t, err, "1500 was agreed, it is 1600 now")
		ordertest.RequireBalance(t, wallets, 50_000)
		require.Empty(t, bank.orders)
		request.AgreedFee = decimal.NewNullDecimal(decimal.New(1, 1_000_000_000))
		_, err = s.Request(t.Context(), request)
		require.ErrorIs(t, err, ports.ErrInvalid)
		request.AgreedFee = optional(1_600)
		op, err := s.Request(t.Context(), request)
		require.NoError(t, err)
		require.True(t, op.Fee.Equal(won(1_600)))
	})
	t.Run("of_a_retry_is_that_of_the_first_request", func(t *testing.T) {
		t.Parallel()
		w, _ := newWorld(t, pays, 0)
		s, _ := w.process(t, crashtest.Immortal())
		request := payOut("k")
		request.AgreedFee = optional(1_500)
		first, err := s.Request(t.Context(), request)
		require.NoError(t, err)
		w.lenient = func(r *withdraw.Route) { r.Schedule = dearer }
		later, _ := w.process(t, crashtest.Immortal())
		again, err := later.Request(t.Context(), request)
		require.NoError(t, err)
		require.Equal(t, first.ID, again.ID)
		request.AgreedFee = optional(1_600)
		_, err = later.Request(t.Context(), request)
		require.ErrorIs(t, err, ports.ErrKeyReused)
		require.NotErrorIs(t, err, withdraw.ErrFeeChanged)
	})
}
