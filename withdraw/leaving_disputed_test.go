package withdraw_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/recharge"
	"github.com/jigap/jigap/withdraw"
)

// byCard credits 10,000 to wallet "w" by a payment that a person saw, and returns the recharge.
func byCard(t *testing.T, w *world, wallets *ledger.Ledger) (*recharge.Service, *ports.Recharge) {
	t.Helper()
	recharges, err := recharge.New(w.store, wallets, recharge.Config{Clock: w.clock})
	require.NoError(t, err)
	op, err := recharges.Credit(t.Context(), recharge.CreditRequest{WalletID: "w", Key: "card", Charger: "cards", ProviderRef: "p1", Amount: won(10_000), By: kimSays("paid")})
	require.NoError(t, err)
	return recharges, op
}

func kimSays(why string) ports.By { return ports.By{Who: "kim", Why: why} }

// TestService_Leave_of_a_wallet_that_is_disputed_meanwhile: the payout waits for an approval while a charge of the wallet is
// disputed. It is paid, and the wallet stays open, so that the chargeback can be booked.
func TestService_Leave_of_a_wallet_that_is_disputed_meanwhile(t *testing.T) {
	t.Parallel()
	w, _ := newWorld(t, paysAtOnce, 1)
	s, wallets := w.process(t, crashtest.Immortal())
	recharges, op := byCard(t, w, wallets)
	d, err := s.Leave(t.Context(), leave("out"))
	require.NoError(t, err)
	_, err = recharges.Dispute(t.Context(), ports.Act{ID: op.ID, By: kimSays("chargeback")})
	require.NoError(t, err)
	_, err = s.Approve(t.Context(), ports.Act{ID: d.Withdrawal.ID, By: ports.By{Who: "lee", Why: "fine"}})
	require.NoError(t, err)
	w.rest(t, s)
	_, err = recharges.ReverseOwing(t.Context(), ports.Act{ID: op.ID, By: kimSays("chargeback")})
	require.NoError(t, err)
}

// TestService_Leave_repeated_leaves_a_disputed_wallet_open until the dispute is ended.
func TestService_Leave_repeated_leaves_a_disputed_wallet_open(t *testing.T) {
	t.Parallel()
	w, _ := newWorld(t, pays, 0)
	s, wallets := w.process(t, crashtest.Immortal())
	recharges, op := byCard(t, w, wallets)
	_, err := s.Leave(t.Context(), leave("out"))
	require.NoError(t, err)
	_, err = wallets.Credit(t.Context(), ledger.CreditRequest{WalletID: "w", Key: "late", Amount: won(1)})
	require.NoError(t, err)
	w.rest(t, s)
	d, err := s.Leave(t.Context(), leave("out"))
	require.NoError(t, err)
	require.Equal(t, "wallet is not empty", d.Stays)
	_, err = recharges.Dispute(t.Context(), ports.Act{ID: op.ID, By: kimSays("chargeback")})
	require.NoError(t, err)
	_, err = wallets.Deduct(t.Context(), ledger.DeductRequest{WalletID: "w", Key: "use", Amount: won(1)})
	require.NoError(t, err)
	d, err = s.Leave(t.Context(), leave("out"))
	require.NoError(t, err)
	require.Equal(t, "an operation is disputed", d.Stays)
	_, err = recharges.Keep(t.Context(), recharge.KeepRequest{ID: op.ID, By: kimSays("it was a mistake")})
	require.NoError(t, err)
	d, err = s.Leave(t.Context(), leave("out"))
	require.NoError(t, err)
	require.True(t, d.Closed)
}

// TestService_Leave_of_an_empty_wallet_with_an_active_policy is refused as with cash in it.
func TestService_Leave_of_an_empty_wallet_with_an_active_policy(t *testing.T) {
	t.Parallel()
	w, _ := newWorld(t, paysAtOnce, 0)
	s, wallets := w.process(t, crashtest.Immortal())
	op := &ports.Policy{OperationHead: ports.OperationHead{
		ID: "p", Kind: ports.KindPolicy, WalletID: "w", Version: 1, Open: true, Lane: ports.PolicyLane("w"), CreatedAt: w.clock.Now(), UpdatedAt: w.clock.Now(),
	}, Status: ports.PolicyActive, PolicyTerms: ports.PolicyTerms{
		Methods: []ports.PaymentMethod{{Charger: "cards", ID: "first"}}, MinimumCash: won(1_000), RechargeTo: won(100_000),
	}}
	require.Equal(t, ports.FateCommitted, w.store.Commit(t.Context(), []ports.Unit{{Operations: []ports.Operation{op}}})[0].Status)
	_, err := s.Leave(t.Context(), leave("first"))
	require.ErrorIs(t, err, withdraw.ErrTripsRecharge, "with cash it is refused")
	_, err = wallets.Deduct(t.Context(), ledger.DeductRequest{WalletID: "w", Key: "all", Amount: won(50_000)})
	require.NoError(t, err)
	_, err = s.Leave(t.Context(), leave("out"))
	require.ErrorIs(t, err, withdraw.ErrTripsRecharge)
}

// TestService_Leave_gives_up_no_cash_that_came_in_later: what the customer gave up is spent since, and other cash has come.
func TestService_Leave_gives_up_no_cash_that_came_in_later(t *testing.T) {
	t.Parallel()
	w, _ := newWorld(t, pays, 0)
	s, wallets := w.process(t, crashtest.Immortal())
	_, err := wallets.Credit(t.Context(), ledger.CreditRequest{WalletID: "w", Key: "more", Amount: won(10_000_000 - 50_000 + 9_999)})
	require.NoError(t, err)
	request := leave("out")
	request.ForfeitCash = won(9_999)
	d, err := s.Leave(t.Context(), request)
	require.NoError(t, err)
	require.Equal(t, "9999", d.Withdrawal.Leaving.ForfeitCash.String())
	_, err = wallets.Deduct(t.Context(), ledger.DeductRequest{WalletID: "w", Key: "use", Amount: won(9_999)})
	require.NoError(t, err)
	_, err = wallets.Credit(t.Context(), ledger.CreditRequest{WalletID: "w", Key: "late", Amount: won(9_000)})
	require.NoError(t, err)
	w.rest(t, s)
	require.Equal(t, "0", booked(t, wallets, ports.AccountForfeited).String(), "new money of the customer became income")
}

// strict is a bank that transfers nothing of nothing, as every bank.
type strict struct{ *bank }

func (s strict) Disburse(ctx context.Context, order ports.PayoutOrder) ports.PayoutAnswer {
	if !order.Net.IsPositive() {
		return ports.PayoutAnswer{Answer: ports.Answer{Outcome: ports.OutcomeDeclined, Message: "the amount is zero"}}
	}
	return s.bank.Disburse(ctx, order)
}

// TestService_Leave_of_what_the_fee_eats_up: nothing is paid out, and what is left can be given up.
func TestService_Leave_of_what_the_fee_eats_up(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, paysAtOnce, 0)
	_, wallets := w.process(t, crashtest.Immortal())
	_, err := wallets.Deduct(t.Context(), ledger.DeductRequest{WalletID: "w", Key: "use", Amount: won(49_500)})
	require.NoError(t, err)
	s, err := withdraw.New(w.store, wallets, withdraw.Config{Clock: w.clock}, withdraw.Route{Disburser: strict{b}, Schedule: withdraw.FeeSchedule{
		Currency: "KRW", Fixed: won(500), Version: "v",
	}})
	require.NoError(t, err)
	_, err = s.Leave(t.Context(), leave("out"))
	var left *withdraw.LeftoverError
	require.ErrorAs(t, err, &left)
	require.Equal(t, "500", left.Cash.String())
	request := leave("out")
	request.ForfeitCash = won(500)
	d, err := s.Leave(t.Context(), request)
	require.NoError(t, err)
	require.True(t, d.Closed)
	require.Equal(t, "500", booked(t, wallets, ports.AccountForfeited).String())
}

// TestService_Request_All_of_what_the_fee_eats_up is refused: the customer would get nothing.
func TestService_Request_All_of_what_the_fee_eats_up(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, paysAtOnce, 0)
	_, wallets := w.process(t, crashtest.Immortal())
	_, err := wallets.Deduct(t.Context(), ledger.DeductRequest{WalletID: "w", Key: "use", Amount: won(49_500)})
	require.NoError(t, err)
	s, err := withdraw.New(w.store, wallets, withdraw.Config{Clock: w.clock}, withdraw.Route{Disburser: b, Schedule: withdraw.FeeSchedule{
		Currency: "KRW", Fixed: won(500), Version: "v",
	}})
	require.NoError(t, err)
	_, err = s.Request(t.Context(), allOut())
	require.ErrorIs(t, err, withdraw.ErrFeeExceeds)
}

// TestService_Leave_repeated_with_an_active_policy does not close the wallet.
func TestService_Leave_repeated_with_an_active_policy(t *testing.T) {
	t.Parallel()
	w, _ := newWorld(t, pays, 0)
	s, wallets := w.process(t, crashtest.Immortal())
	_, err := s.Leave(t.Context(), leave("out"))
	require.NoError(t, err)
	_, err = wallets.Credit(t.Context(), ledger.CreditRequest{WalletID: "w", Key: "late", Amount: won(1)})
	require.NoError(t, err)
	w.rest(t, s)
	op := &ports.Policy{OperationHead: ports.OperationHead{
		ID: "p", Kind: ports.KindPolicy, WalletID: "w", Version: 1, Open: true, Lane: ports.PolicyLane("w"), CreatedAt: w.clock.Now(), UpdatedAt: w.clock.Now(),
	}, Status: ports.PolicyActive, PolicyTerms: ports.PolicyTerms{
		Methods: []ports.PaymentMethod{{Charger: "cards", ID: "first"}}, MinimumCash: won(1_000), RechargeTo: won(100_000),
	}}
	require.Equal(t, ports.FateCommitted, w.store.Commit(t.Context(), []ports.Unit{{Operations: []ports.Operation{op}}})[0].Status)
	_, err = wallets.Deduct(t.Context(), ledger.DeductRequest{WalletID: "w", Key: "use", Amount: won(1)})
	require.NoError(t, err)
	_, err = s.Leave(t.Context(), leave("out"))
	require.ErrorIs(t, err, withdraw.ErrTripsRecharge)
}
