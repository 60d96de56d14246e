package withdraw_test

import (
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/solapi/solapitest"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/withdraw"
)

// TestService_rejection_credits_one_wallet: two withdrawals of one total are refused, and the
// provider gives back one total or both. The wallets never get more back than the provider
// gave, in whatever order the refusals come.
func TestService_rejection_credits_one_wallet(t *testing.T) {
	t.Parallel()
	type refusal struct {
		second, giveBack bool
		after            time.Duration
	}
	for name, tc := range map[string]struct {
		refusals []refusal
		credited int64
	}{
		"the first is given back":               {[]refusal{{giveBack: true}, {second: true}}, 0},
		"the second is given back":              {[]refusal{{}, {second: true, giveBack: true}}, 0},
		"the first, before the other's refusal": {[]refusal{{giveBack: true}, {second: true, after: time.Hour}}, 20_000},
		"the second, after the other's refusal": {[]refusal{{}, {second: true, giveBack: true, after: time.Hour}}, 0},
		"both are given back":                   {[]refusal{{giveBack: true}, {second: true, giveBack: true}}, 40_000},
		"both, one after the other":             {[]refusal{{giveBack: true}, {second: true, giveBack: true, after: time.Hour}}, 40_000},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newProvider(t)
			first := p.payOut("a")
			p.clock.Advance(time.Minute)
			second := p.payOut("b")
			for _, r := range tc.refusals {
				first, second = p.follow(first, r.after), p.follow(second, 0)
				p.clock.Advance(time.Minute)
				payout := first
				if r.second {
					payout = second
				}
				require.True(t, p.account.Decide(payout.ProviderRef, solapitest.Decision{Status: "REJECT", GiveBack: r.giveBack}))
			}
			first, second = p.follow(first, time.Hour), p.follow(second, 0)
			require.Equal(t, tc.credited, p.balance("a")+p.balance("b"))
			for _, op := range []*ports.Withdrawal{first, second} {
				if op.Open {
					require.Equal(t, ports.WithdrawalReview, op.Status)
					require.Contains(t, op.Why, "given back")
				}
			}
		})
	}
}

// TestService_return_is_no_rejection: the bank sends one payout back and the provider credits
// its total; another payout of that total is rejected, and nothing is given back for it.
func TestService_return_is_no_rejection(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	first := p.payOut("a")
	p.clock.Advance(time.Minute)
	second := p.payOut("b")
	require.True(t, p.account.Decide(first.ProviderRef, solapitest.Decision{Status: "COMPLETE", TransactionID: "tx"}))
	first = p.follow(first, time.Hour)
	require.Equal(t, ports.WithdrawalCompleted, first.Status)
	p.account.Credit("MANUAL", won(20_000))
	p.clock.Advance(time.Minute)
	_, err := p.service.ReportReturned(t.Context(), withdraw.Returned{
		ID: first.ID, By: ports.By{Who: "kim", Why: "the bank sent it back"}, Amount: decimal.NewNullDecimal(won(20_000)),
	})
	require.NoError(t, err)
	require.True(t, p.account.Decide(second.ProviderRef, solapitest.Decision{Status: "REJECT"}))
	second = p.follow(second, time.Hour)
	require.Equal(t, ports.WithdrawalReview, second.Status)
	require.EqualValues(t, 20_000, p.balance("a")+p.balance("b"))
}
