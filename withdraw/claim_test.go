package withdraw_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/solapi"
	"github.com/jigap/jigap/adapters/solapi/solapitest"
	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/internal/ordertest"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/withdraw"
)

// mistakenBank loses every order but the first, and takes the first for each of them.
type mistakenBank struct {
	*bank
	first ports.PayoutOrder
}

func (b *mistakenBank) Disburse(ctx context.Context, order ports.PayoutOrder) ports.PayoutAnswer {
	if b.first.OperationID != "" {
		return ports.PayoutAnswer{}
	}
	b.first = order
	return b.bank.Disburse(ctx, order)
}

func (b *mistakenBank) Inquire(ctx context.Context, _ ports.PayoutOrder) ports.PayoutAnswer {
	return b.bank.Inquire(ctx, b.first)
}

// TestService_payout_ends_one_withdrawal: an answer about a payout counts for the withdrawal
// that the payout was made for. Another withdrawal for which the provider names the same payout
// goes to review.
func TestService_payout_ends_one_withdrawal(t *testing.T) {
	t.Parallel()
	for name, does := range map[string]behaviour{"paid": pays, "paid at once": paysAtOnce, "refused": rejects} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, b := newWorld(t, does, 0)
			w.disburser = &mistakenBank{bank: b}
			s, wallets := w.process(t, crashtest.Immortal())
			first := mustRequest(t, s, "k1")
			w.clock.Advance(time.Second)
			second := mustRequest(t, s, "k2")
			for range 8 {
				w.follow(t, s)
			}
			first = get(t, s, first.ID)
			require.False(t, first.Open, first.Status)
			second = get(t, s, second.ID)
			require.Equal(t, ports.WithdrawalReview, second.Status)
			require.Contains(t, second.Why, first.ProviderRef+", which is that of withdrawal "+first.ID)
			require.Empty(t, second.ProviderRef, "it has no payout of its own")
			second, err := s.Inquire(t.Context(), ports.Act{ID: second.ID, By: ports.By{Who: "kim", Why: "look again"}})
			require.NoError(t, err)
			ordertest.Step(t, s)
			second = get(t, s, second.ID)
			require.Equal(t, ports.WithdrawalReview, second.Status, "asking again changes nothing")
			_, err = s.ReportRefused(t.Context(), ports.Act{ID: second.ID, By: ports.By{Who: "kim", Why: "the bank has one payout"}})
			require.NoError(t, err)
			wallet, err := wallets.Wallet(t.Context(), "w")
			require.NoError(t, err)
			require.True(t, wallet.Balance.Equal(won(50_000).Sub(b.paid)), wallet.Balance)
		})
	}
}

// TestService_references_of_two_Disbursers: two Disbursers may give the same id to their
// payouts.
func TestService_references_of_two_Disbursers(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, paysAtOnce, 0)
	s, wallets := w.process(t, crashtest.Immortal())
	first := mustRequest(t, s, "k1")
	other := namedBank{bank: &bank{clock: w.clock, does: paysAtOnce, orders: make(map[string]*bankOrder)}, name: "other"}
	s, err := withdraw.New(w.store, wallets, withdraw.Config{Clock: w.clock}, withdraw.Route{Disburser: other, Schedule: withdraw.FeeSchedule(solapi.FeeSchedule())})
	require.NoError(t, err)
	request := payOut("k2")
	request.Disburser = "other"
	second, err := s.Request(t.Context(), request)
	require.NoError(t, err)
	require.Equal(t, first.ProviderRef, second.ProviderRef)
	require.Equal(t, ports.WithdrawalCompleted, second.Status, second.Why)
	require.Equal(t, 1, b.pays)
}

type namedBank struct {
	*bank
	name string
}

func (b namedBank) Name() string { return b.name }

// TestService_payout_that_shows_late: the provider takes an order and does not show it yet when
// the next order is lost on the way.
func TestService_payout_that_shows_late(t *testing.T) {
	t.Parallel()
	for _, between := range []time.Duration{0, time.Second, 10 * time.Second} {
		t.Run(between.String(), func(t *testing.T) {
			t.Parallel()
			p := newProvider(t)
			p.account.SetLag(30 * time.Second)
			first := p.payOut("a")
			require.Equal(t, ports.WithdrawalPending, first.Status)
			p.clock.Advance(between)
			p.sim.Inject(solapitest.Fault{Method: http.MethodPost, Kind: solapitest.CloseBefore})
			second := p.payOut("b")
			p.follow(first, 10*time.Minute)
			require.True(t, p.account.Decide(first.ProviderRef, solapitest.Decision{Status: "COMPLETE", TransactionID: "tx"}))
			first = p.follow(first, time.Hour)
			require.Equal(t, ports.WithdrawalCompleted, first.Status)
			require.Len(t, p.account.Books().Withdrawals, 1)
			second = p.follow(second, 0)
			require.NotEqual(t, ports.WithdrawalCompleted, second.Status, "nothing was paid")
			if second.Open {
				require.Equal(t, ports.WithdrawalReview, second.Status)
				require.NotEmpty(t, second.Why)
			}
		})
	}
}
