package withdraw_test

import (
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/jigap/jigap/adapters/solapi"
	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/internal/ordertest"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/withdraw"
)

func exactly(amount string) decimal.Decimal { return decimal.RequireFromString(amount) }

// allOut asks for all that can be paid out of wallet "w", under the key "k".
func allOut() withdraw.Request {
	return withdraw.Request{WalletID: "w", Key: "k", Disburser: "bank", All: true, Who: "customer"}
}

// openFine opens a wallet that keeps two digits, with so much cash.
func openFine(t *testing.T, wallets *ledger.Ledger, id, cash string) {
	t.Helper()
	_, err := wallets.Open(t.Context(), ledger.OpenRequest{WalletID: id, Currency: "KRW", Scale: 2})
	require.NoError(t, err)
	_, err = wallets.Credit(t.Context(), ledger.CreditRequest{WalletID: id, Key: "in", Amount: exactly(cash)})
	require.NoError(t, err)
}

// TestFeeSchedule_QuoteAll/is_the_greatest_total_that_is_admitted: as trying every total finds it.
//
// TestFeeSchedule_QuoteAll/may_be_the_end_of_a_lower_tier: where the fee of the tier above it exceeds the total.
//
// TestFeeSchedule_QuoteAll/tells_why_nothing_is_admitted: by the greatest total.
func TestFeeSchedule_QuoteAll(t *testing.T) {
	t.Parallel()
	t.Run("is_the_greatest_total_that_is_admitted", func(t *testing.T) {
		t.Parallel()
		rapid.Check(t, func(rt *rapid.T) {
			s := withdraw.FeeSchedule{
				Currency: "KRW", Scale: rapid.Int32Range(0, 1).Draw(rt, "scale"), Fixed: won(rapid.Int64Range(0, 20).Draw(rt, "fixed")),
				Rounding: rapid.SampledFrom([]ports.Rounding{ports.RoundDown, ports.RoundUp, ports.RoundHalfEven}).Draw(rt, "rounding"),
				Rate:     ports.Percent(won(rapid.Int64Range(0, 99).Draw(rt, "rate"))),
			}
			if rapid.Bool().Draw(rt, "tiers") {
				s.Tiering = rapid.SampledFrom([]ports.Tiering{ports.EachPartAtItsRate, ports.WholeTotalAtOneRate}).Draw(rt, "tiering")
				s.Tiers = []ports.Tier{{UpTo: optional(30), Rate: s.Rate}, {UpTo: optional(60), Rate: percent("99")}, {Rate: percent("1")}}
				s.Rate = ports.Rate{}
			}
			if rapid.Bool().Draw(rt, "limits") {
				s.MinimumTotal, s.MaximumTotal = optional(rapid.Int64Range(1, 50).Draw(rt, "least")), optional(rapid.Int64Range(50, 90).Draw(rt, "most"))
			}
			require.NoError(rt, s.Check())
			available := decimal.New(rapid.Int64Range(0, 10_000).Draw(rt, "available"), -2)
			var best withdraw.Quote
			for total := available.Truncate(s.Scale); total.IsPositive(); total = total.Sub(decimal.New(1, -s.Scale)) {
				if q, err := s.Quote(total); err == nil && q.Net.IsPositive() {
					best = q
					break
				}
			}
			got, err := s.QuoteAll(available)
			require.Equal(rt, best.Total.IsPositive(), err == nil, "%s of %s: %v", best.Total, available, err)
			require.Truef(rt, best.Total.Equal(got.Total) && best.Fee.Equal(got.Fee), "got %s, %s can be paid of %s", got.Total, best.Total, available)
		})
	})
	t.Run("may_be_the_end_of_a_lower_tier", func(t *testing.T) {
		t.Parallel()
		s := withdraw.FeeSchedule{
			Currency: "KRW", Fixed: won(10), Tiering: ports.WholeTotalAtOneRate,
			Tiers: []ports.Tier{{UpTo: optional(30), Rate: percent("5")}, {UpTo: optional(60), Rate: percent("99")}, {Rate: percent("1")}},
		}
		q, err := s.QuoteAll(won(50))
		require.NoError(t, err)
		require.Equal(t, []string{"30", "11"}, []string{q.Total.String(), q.Fee.String()})
	})
	t.Run("tells_why_nothing_is_admitted", func(t *testing.T) {
		t.Parallel()
		s := withdraw.FeeSchedule(solapi.FeeSchedule())
		_, err := s.QuoteAll(won(9_999))
		require.ErrorIs(t, err, withdraw.ErrOutsideLimits)
		_, err = s.QuoteAll(exactly("0.9"))
		require.ErrorIs(t, err, ports.ErrInvalid)
		_, err = s.QuoteAll(decimal.New(1, 50_000_000))
		require.ErrorIs(t, err, ports.ErrInvalid)
		s = withdraw.FeeSchedule{Currency: "KRW", Fixed: won(500)}
		_, err = s.QuoteAll(won(499))
		require.ErrorIs(t, err, withdraw.ErrFeeExceeds)
	})
}

// TestService_Request_All/takes_what_is_available_and_can_be_paid: neither what is held, nor points, nor
// a fraction of a won.
//
// TestService_Request_All/takes_the_greatest_total_of_the_schedule: the rest stays.
//
// TestService_Request_All/a_retry_returns_the_withdrawal_that_was_taken: though the wallet has other
// cash now, and no Total is asked for.
//
// TestService_Request_All/is_reckoned_on_the_wallet_that_is_written: another writer was faster.
//
// TestService_Request_All/refuses: nothing is booked, and the key is free.
//
// TestService_Request_All/asks_the_guard_about_what_it_leaves: and not about what it was asked for.
func TestService_Request_All(t *testing.T) {
	t.Parallel()
	t.Run("takes_what_is_available_and_can_be_paid", func(t *testing.T) {
		t.Parallel()
		w, _ := newWorld(t, paysAtOnce, 0)
		s, wallets := w.process(t, crashtest.Immortal())
		openFine(t, wallets, "f", "30000.37")
		_, err := wallets.Hold(t.Context(), ledger.HoldRequest{WalletID: "f", Key: "hold", Amount: won(10_000), Spend: ledger.CashOnly})
		require.NoError(t, err)
		_, err = wallets.Grant(t.Context(), ledger.GrantRequest{WalletID: "f", Key: "points", Amount: won(500)})
		require.NoError(t, err)
		request := allOut()
		request.WalletID, request.AgreedFee = "f", optional(1_500)
		op, err := s.Request(t.Context(), request)
		require.NoError(t, err)
		require.Equal(t, ports.WithdrawalCompleted, op.Status)
		require.True(t, op.All)
		require.Equal(t, []string{"20000", "1500", "18500"}, []string{op.Total.String(), op.Fee.String(), op.Net.String()})
		quote, err := withdraw.QuoteOf(op)
		require.NoError(t, err)
		require.True(t, quote.Total.Equal(won(20_000)))
		wallet, err := wallets.Wallet(t.Context(), "f")
		require.NoError(t, err)
		require.Equal(t, []string{"10000.37", "500.00"}, []string{wallet.Balance.String(), wallet.Point.StringFixed(2)})
		_, err = wallets.Verify(t.Context(), "f")
		require.NoError(t, err)
	})
	t.Run("takes_the_greatest_total_of_the_schedule", func(t *testing.T) {
		t.Parallel()
		w, _ := newWorld(t, pays, 1)
		s, wallets := w.process(t, crashtest.Immortal())
		_, err := wallets.Credit(t.Context(), ledger.CreditRequest{WalletID: "w", Key: "more", Amount: won(10_000_000)})
		require.NoError(t, err)
		op, err := s.Request(t.Context(), allOut())
		require.NoError(t, err)
		require.Equal(t, "10000000", op.Total.String())
		ordertest.RequireBalance(t, wallets, 50_000)
	})
	t.Run("a_retry_returns_the_withdrawal_that_was_taken", func(t *testing.T) {
		t.Parallel()
		w, _ := newWorld(t, pays, 1)
		s, wallets := w.process(t, crashtest.Immortal())
		first, err := s.Request(t.Context(), allOut())
		require.NoError(t, err)
		require.Equal(t, "50000", first.Total.String())
		_, err = wallets.Credit(t.Context(), ledger.CreditRequest{WalletID: "w", Key: "more", Amount: won(70_000)})
		require.NoError(t, err)
		again, err := s.Request(t.Context(), allOut())
		require.NoError(t, err)
		require.Equal(t, first, again)
		fixed := payOut("k")
		fixed.Total = won(50_000)
		_, err = s.Request(t.Context(), fixed)
		var reused *ports.KeyReusedError
		require.ErrorAs(t, err, &reused)
		require.Equal(t, []string{"All"}, reused.Fields)
		closing := allOut()
		closing.CloseWhenEmpty, closing.DespiteFreeze = true, &ports.By{Who: "kim", Why: "court"}
		_, err = s.Request(t.Context(), closing)
		require.ErrorAs(t, err, &reused)
		require.Equal(t, []string{"CloseWhenEmpty", "DespiteFreeze"}, reused.Fields)
	})
	t.Run("is_reckoned_on_the_wallet_that_is_written", func(t *testing.T) {
		t.Parallel()
		w, _ := newWorld(t, pays, 1)
		_, other := w.process(t, crashtest.Immortal())
		w.store = &meddler{Store: w.store, before: func() {
			_, err := other.Deduct(t.Context(), ledger.DeductRequest{WalletID: "w", Key: "use", Amount: won(12_345)})
			require.NoError(t, err)
		}}
		s, wallets := w.process(t, crashtest.Immortal())
		op, err := s.Request(t.Context(), allOut())
		require.NoError(t, err)
		require.Equal(t, []string{"37655", "2382", "35273"}, []string{op.Total.String(), op.Fee.String(), op.Net.String()})
		require.Equal(t, op, get(t, s, op.ID))
		ordertest.RequireBalance(t, wallets, 0)
	})
	t.Run("refuses", func(t *testing.T) {
		t.Parallel()
		w, _ := newWorld(t, pays, 1)
		s, wallets := w.process(t, crashtest.Immortal())
		openFine(t, wallets, "poor", "9999")
		openFine(t, wallets, "fine", "0.37")
		for name, tc := range map[string]struct {
			change func(*withdraw.Request)
			want   error
		}{
			"a_total_too":          {func(r *withdraw.Request) { r.Total = won(20_000) }, ports.ErrInvalid},
			"less_than_the_least":  {func(r *withdraw.Request) { r.WalletID = "poor" }, withdraw.ErrOutsideLimits},
			"only_a_fraction":      {func(r *withdraw.Request) { r.WalletID = "fine" }, ports.ErrInsufficient},
			"another_fee":          {func(r *withdraw.Request) { r.AgreedFee = optional(1) }, withdraw.ErrFeeChanged},
			"a_person_with_no_why": {func(r *withdraw.Request) { r.DespiteFreeze = &ports.By{Who: "kim"} }, ports.ErrInvalid},
		} {
			request := allOut()
			tc.change(&request)
			_, err := s.Request(t.Context(), request)
			require.ErrorIs(t, err, tc.want, name)
			_, err = wallets.EntryByKey(t.Context(), request.WalletID, "k")
			require.ErrorIs(t, err, ports.ErrNotFound, name)
		}
		ordertest.RequireBalance(t, wallets, 50_000)
	})
	t.Run("asks_the_guard_about_what_it_leaves", func(t *testing.T) {
		t.Parallel()
		for below, want := range map[int64]error{0: nil, 1: withdraw.ErrTripsRecharge} {
			w, _ := newWorld(t, pays, 1)
			_, wallets := w.process(t, crashtest.Immortal())
			s, err := withdraw.New(w.store, wallets, withdraw.Config{Clock: w.clock, Guard: &tripwire{below: won(below)}}, withdraw.Route{Disburser: w.disburser, Approvals: 1})
			require.NoError(t, err)
			_, err = s.Request(t.Context(), allOut())
			require.ErrorIs(t, err, want)
		}
	})
}
