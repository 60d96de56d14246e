package recharge_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/internal/ordertest"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/recharge"
)

// TestCancel takes a charge back at a provider that does each of the things that it
// may do; at rest the wallet and the provider's books agree.
func TestCancel(t *testing.T) {
	t.Parallel()
	for does, want := range map[behaviour]ports.CancellationStatus{
		approves: ports.CancellationApproved, declines: ports.CancellationDeclined,
		pendsApproves: ports.CancellationApproved, dropsAfter: ports.CancellationApproved,
	} {
		t.Run(string(does), func(t *testing.T) {
			t.Parallel()
			w, b := newWorld(t, approves)
			s, wallets := w.process(t, crashtest.Immortal(), nil)
			op := mustRecharge(t, s, "k")
			b.does = does
			request := ports.Act{ID: op.ID, By: ports.By{Who: "kim", Why: "customer asked"}}
			canceled, err := s.Cancel(t.Context(), request)
			require.NoError(t, err)
			if does == pendsApproves || does == dropsAfter {
				wallet, err := wallets.Wallet(t.Context(), "w")
				require.NoError(t, err)
				require.True(t, wallet.Balance.IsZero(), "money under way cannot be spent")
				_, err = s.Reverse(t.Context(), ports.Act{ID: op.ID, By: ports.By{Who: "kim", Why: "twice"}})
				require.ErrorIs(t, err, ports.ErrNotOpen, "it is taken back once")
				again, err := s.Cancel(t.Context(), request)
				require.NoError(t, err)
				require.Equal(t, canceled.ID, again.ID)
			}
			w.rest(t, s)
			canceled, err = s.Cancellation(t.Context(), canceled.ID)
			require.NoError(t, err)
			require.Equal(t, want, canceled.Status)
			wallet, err := wallets.Wallet(t.Context(), "w")
			require.NoError(t, err)
			require.True(t, wallet.Balance.Equal(b.charged.Sub(b.canceled)), "wallet %s", wallet.Balance)
			require.Zero(t, wallet.OpenOperations)
			op = get(t, s, op.ID)
			require.Equal(t, want == ports.CancellationApproved, op.Status == ports.RechargeReversed)
			_, err = wallets.Verify(t.Context(), "w")
			require.NoError(t, err)
			books, err := wallets.TrialBalance(t.Context())
			require.NoError(t, err)
			require.NoError(t, books.Check())
		})
	}
}

func TestService_Cancel_refuses(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, declines)
	s, wallets := w.process(t, crashtest.Immortal(), nil)
	declined := mustRecharge(t, s, "declined")
	cancel := func(id string) error {
		_, err := s.Cancel(t.Context(), ports.Act{ID: id, By: ports.By{Who: "kim", Why: "x"}})
		return err
	}
	require.ErrorIs(t, cancel(declined.ID), ports.ErrNotOpen)
	require.ErrorIs(t, cancel("nobody"), ports.ErrNotFound)
	b.does = approves
	op := mustRecharge(t, s, "k")
	_, err := s.Cancel(t.Context(), ports.Act{ID: op.ID})
	require.ErrorIs(t, err, ports.ErrInvalid)
	_, err = wallets.Deduct(t.Context(), ledger.DeductRequest{WalletID: "w", Key: "spent", Amount: won(1)})
	require.NoError(t, err)
	require.ErrorIs(t, cancel(op.ID), ports.ErrInsufficient)
	w.charger = scripted(t, ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeApproved}})
	s, _ = w.process(t, crashtest.Immortal(), nil)
	require.ErrorIs(t, cancel(op.ID), recharge.ErrNoCancel)
}

func TestService_ResolveCancel(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, approves)
	s, wallets := w.process(t, crashtest.Immortal(), nil)
	op := mustRecharge(t, s, "k")
	b.does = pendsApproves
	canceled, err := s.Cancel(t.Context(), ports.Act{ID: op.ID, By: ports.By{Who: "kim", Why: "customer asked"}})
	require.NoError(t, err)
	require.Equal(t, ports.CancellationPending, canceled.Status)
	canceled, err = carryOutCancel(t.Context(), s, resolution{
		ID: canceled.ID, Decision: ports.DecisionDecline, By: ports.By{Who: "lee", Why: "the bank says it stands"},
	})
	require.NoError(t, err)
	require.Equal(t, ports.CancellationDeclined, canceled.Status)
	ordertest.RequireBalance(t, wallets, 10_000)
}

// TestService_Cancel_without_its_Charger_goes_to_review: a cancellation whose Charger the
// service does not have goes to review. Cancellations lists it; List does not, because the
// recharge itself is approved.
func TestService_Cancel_without_its_Charger_goes_to_review(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, approves)
	s, wallets := w.process(t, crashtest.Immortal(), nil)
	op := mustRecharge(t, s, "k")
	b.does = pendsApproves
	canceled, err := s.Cancel(t.Context(), ports.Act{ID: op.ID, By: ports.By{Who: "kim", Why: "customer asked"}})
	require.NoError(t, err)
	waiting := func() []string {
		cancellations, err := s.Cancellations(t.Context(), recharge.CancelListing{Statuses: []ports.CancellationStatus{ports.CancellationReview}, Open: true, Limit: 10})
		require.NoError(t, err)
		ids := make([]string, 0, len(cancellations))
		for _, c := range cancellations {
			ids = append(ids, c.ID)
		}
		return ids
	}
	require.Empty(t, waiting(), "it is pending")
	w.charger = scripted(t, ports.ChargeAnswer{})
	without, _ := w.process(t, crashtest.Immortal(), nil)
	w.rest(t, without)
	require.Equal(t, []string{canceled.ID}, waiting())
	charges, err := s.List(t.Context(), reviews())
	require.NoError(t, err)
	require.Empty(t, charges)
	_, err = carryOutCancel(t.Context(), s, resolution{
		ID: canceled.ID, Decision: ports.DecisionApprove, By: ports.By{Who: "lee", Why: "in the bank's list"},
	})
	require.NoError(t, err)
	require.Empty(t, waiting())
	wallet, err := wallets.Wallet(t.Context(), "w")
	require.NoError(t, err)
	require.True(t, wallet.Balance.IsZero())
}

// openReader keeps whether it was asked for open operations alone.
type openReader struct {
	ports.Store
	open []bool
}

func (r *openReader) FindOperations(ctx context.Context, filter ports.OperationFilter) ([]ports.Operation, error) {
	r.open = append(r.open, filter.Open)
	return r.Store.FindOperations(ctx, filter)
}

// TestService_CancelReviews_reads_open_cancellations_alone: a store keeps open operations at
// hand, while those that have ended become ever more.
func TestService_CancelReviews_reads_open_cancellations_alone(t *testing.T) {
	t.Parallel()
	w, _ := newWorld(t, approves)
	reader := &openReader{Store: w.store}
	w.store = reader
	s, _ := w.process(t, crashtest.Immortal(), nil)
	_, err := s.Cancellations(t.Context(), recharge.CancelListing{Statuses: []ports.CancellationStatus{ports.CancellationReview}, Open: true, Limit: 10})
	require.NoError(t, err)
	require.Equal(t, []bool{true}, reader.open)
}
