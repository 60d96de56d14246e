package withdraw_test

import (
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/internal/ordertest"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/withdraw"
)

func TestService_ReportReturned_credits_once(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		back, fee, clearing, balance int64
		amount                       decimal.NullDecimal
	}{
		"what was paid":           {back: 18_500, fee: 1_500, clearing: 0, balance: 48_500},
		"the fee too":             {back: 20_000, fee: 0, clearing: 0, balance: 50_000, amount: decimal.NewNullDecimal(won(20_000))},
		"less than what was paid": {back: 18_000, fee: 1_500, clearing: 500, balance: 48_000, amount: decimal.NewNullDecimal(won(18_000))},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, _ := newWorld(t, pays, 0)
			s, wallets := w.process(t, crashtest.Immortal())
			paid := mustRequest(t, s, "k")
			w.rest(t, s)
			paid = get(t, s, paid.ID)
			require.Equal(t, ports.WithdrawalCompleted, paid.Status)
			report := withdraw.Returned{ID: paid.ID, By: ports.By{Who: "lee", Why: "account closed"}, Amount: tc.amount}
			for range 2 {
				op, err := s.ReportReturned(t.Context(), report)
				require.NoError(t, err)
				require.Equal(t, ports.WithdrawalReturned, op.Status)
				require.True(t, op.Returned.Equal(won(tc.back)))
			}
			report.Amount = decimal.NewNullDecimal(won(tc.back - 1))
			_, err := s.ReportReturned(t.Context(), report)
			require.ErrorIs(t, err, ports.ErrNotOpen, "it came back once")
			wallet, err := wallets.Wallet(t.Context(), "w")
			require.NoError(t, err)
			require.True(t, wallet.Balance.Equal(won(tc.balance)), wallet.Balance)
			balance, err := wallets.TrialBalance(t.Context())
			require.NoError(t, err)
			require.NoError(t, balance.Check())
			sums := make(map[ports.Account]decimal.Decimal)
			for _, total := range balance.Totals {
				sums[total.Account] = sums[total.Account].Add(total.Balance)
			}
			require.True(t, sums[ports.AccountFee].Equal(won(tc.fee)), sums[ports.AccountFee])
			require.True(t, sums[ports.AccountPayable].IsZero())
			require.True(t, sums[ports.AccountClearing("bank")].Equal(won(tc.clearing)), sums[ports.AccountClearing("bank")])
			_, err = wallets.Verify(t.Context(), "w")
			require.NoError(t, err)
			entry, err := wallets.History(t.Context(), ports.EntryFilter{WalletID: "w", Types: []ports.EntryType{ports.EntryReturn}})
			require.NoError(t, err)
			require.Len(t, entry.Entries, 1)
			require.Equal(t, paid.EndSeq, entry.Entries[0].RefersTo)
		})
	}
}

func TestService_ReportReturned_refuses(t *testing.T) {
	t.Parallel()
	w, _ := newWorld(t, pays, 1)
	s, wallets := w.process(t, crashtest.Immortal())
	waiting := mustRequest(t, s, "k")
	_, err := s.ReportReturned(t.Context(), withdraw.Returned{ID: waiting.ID, By: ports.By{Who: "lee", Why: "closed"}})
	require.ErrorIs(t, err, ports.ErrNotOpen, "it was not paid")
	_, err = s.Approve(t.Context(), ports.Act{ID: waiting.ID, By: ports.By{Who: "kim", Why: "seen"}})
	require.NoError(t, err)
	w.rest(t, s)
	for name, report := range map[string]withdraw.Returned{
		"nobody":             {By: ports.By{Why: "closed"}},
		"no reason":          {By: ports.By{Who: "lee"}},
		"more than was paid": {By: ports.By{Who: "lee", Why: "closed"}, Amount: decimal.NewNullDecimal(won(20_001))},
		"nothing":            {By: ports.By{Who: "lee", Why: "closed"}, Amount: decimal.NewNullDecimal(won(0))},
		"a broken won":       {By: ports.By{Who: "lee", Why: "closed"}, Amount: decimal.NewNullDecimal(decimal.New(15, -1))},
	} {
		report.ID = waiting.ID
		_, err := s.ReportReturned(t.Context(), report)
		require.ErrorIs(t, err, ports.ErrInvalid, name)
	}
	ordertest.RequireBalance(t, wallets, 30_000)
	_, err = wallets.Freeze(t.Context(), ledger.StatusRequest{WalletID: "w", Key: "freeze", By: ports.By{Who: "kim", Why: "asked by mail"}})
	require.NoError(t, err)
	_, err = s.ReportReturned(t.Context(), withdraw.Returned{ID: waiting.ID, By: ports.By{Who: "lee", Why: "closed"}})
	require.NoError(t, err, "money that arrives is booked on a frozen wallet")
}

// TestService_ReportReturned_at_the_same_moment: two reports of one return at the same moment
// have the same answer.
func TestService_ReportReturned_at_the_same_moment(t *testing.T) {
	t.Parallel()
	w, _ := newWorld(t, pays, 0)
	s, wallets := w.process(t, crashtest.Immortal())
	paid := mustRequest(t, s, "k")
	w.rest(t, s)
	report := withdraw.Returned{ID: paid.ID, By: ports.By{Who: "lee", Why: "closed"}}
	w.store = &meddler{Store: w.store, before: func() {
		_, err := s.ReportReturned(t.Context(), report)
		require.NoError(t, err)
	}}
	slow, _ := w.process(t, crashtest.Immortal())
	op, err := slow.ReportReturned(t.Context(), report)
	require.NoError(t, err)
	require.Equal(t, ports.WithdrawalReturned, op.Status)
	ordertest.RequireBalance(t, wallets, 48_500)
}
