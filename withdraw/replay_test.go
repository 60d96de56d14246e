package withdraw_test

import (
	"context"
	"errors"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/solapi"
	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/withdraw"
)

// plain seals with a letter.
type plain struct{}

func (plain) Seal(_ context.Context, number string) ([]byte, error) {
	return []byte("x" + number), nil
}

func (plain) Unseal(_ context.Context, sealed []byte) (string, error) {
	return string(sealed[1:]), nil
}

// TestService_Request_replays_what_it_would_refuse_now: the route, its limits and the wallet
// change, and the answer to the first request stands.
func TestService_Request_replays_what_it_would_refuse_now(t *testing.T) {
	t.Parallel()
	w, bank := newWorld(t, pays, 0)
	s, wallets := w.process(t, crashtest.Immortal())
	first := mustRequest(t, s, "k")
	strict := withdraw.FeeSchedule(solapi.FeeSchedule())
	strict.MinimumTotal = decimal.NewNullDecimal(won(50_000))
	for name, routes := range map[string][]withdraw.Route{
		"the route is gone":   {},
		"its limits are lean": {{Disburser: w.disburser, Schedule: strict}},
	} {
		later, err := withdraw.New(w.store, wallets, withdraw.Config{Clock: w.clock}, routes...)
		require.NoError(t, err)
		again, err := later.Request(t.Context(), payOut("k"))
		require.NoError(t, err, name)
		require.Equal(t, first.ID, again.ID)
		_, err = later.Request(t.Context(), payOut("another"))
		require.ErrorIs(t, err, ports.ErrInvalid, name)
		other := payOut("k")
		other.Total = won(20_001)
		_, err = later.Request(t.Context(), other)
		require.ErrorIs(t, err, ports.ErrKeyReused, name)
	}
	_, err := wallets.Deduct(t.Context(), ledger.DeductRequest{WalletID: "w", Key: "all", Amount: won(30_000)})
	require.NoError(t, err)
	again, err := s.Request(t.Context(), payOut("k"))
	require.NoError(t, err, "the wallet is empty by now")
	require.Equal(t, first.ID, again.ID)
	require.Len(t, bank.orders, 1)
}

// TestService_Request_accounts_that_look_alike: only the last four digits are shown, and all
// are compared.
func TestService_Request_accounts_that_look_alike(t *testing.T) {
	t.Parallel()
	w, _ := newWorld(t, pays, 1)
	w.sealer = plain{}
	s, _ := w.process(t, crashtest.Immortal())
	request := payOut("k")
	request.Destination = &withdraw.Account{BankCode: "004", Number: "1111222233334444", Holder: "Kim"}
	first, err := s.Request(t.Context(), request)
	require.NoError(t, err)
	again, err := s.Request(t.Context(), request)
	require.NoError(t, err)
	require.Equal(t, first.ID, again.ID)
	request.Destination = &withdraw.Account{BankCode: "004", Number: "9999222233334444", Holder: "Kim"}
	_, err = s.Request(t.Context(), request)
	require.ErrorIs(t, err, ports.ErrKeyReused)
	require.NotContains(t, err.Error(), "3333")
}

// TestService_Request_guard_reads_the_wallet_as_it_is when the money leaves, not when the request was read.
func TestService_Request_guard_reads_the_wallet_as_it_is(t *testing.T) {
	t.Parallel()
	w, _ := newWorld(t, pays, 1)
	s, wallets := w.process(t, crashtest.Immortal())
	policy := &ports.Policy{OperationHead: ports.OperationHead{
		ID: "p", Kind: ports.KindPolicy, WalletID: "w", Version: 1, Open: true, Lane: ports.PolicyLane("w"),
	}, Status: ports.PolicyActive, PolicyTerms: ports.PolicyTerms{MinimumCash: won(20_000)}}
	fates := w.store.Commit(t.Context(), []ports.Unit{{Operations: []ports.Operation{policy}}})
	require.Equal(t, ports.FateCommitted, fates[0].Status)
	w.store = &meddler{Store: w.store, before: func() {
		_, err := wallets.Deduct(t.Context(), ledger.DeductRequest{WalletID: "w", Key: "meanwhile", Amount: won(15_000)})
		require.NoError(t, err)
	}}
	slow, _ := w.process(t, crashtest.Immortal())
	_, err := slow.Request(t.Context(), payOut("k"))
	require.ErrorIs(t, err, withdraw.ErrTripsRecharge)
	request := payOut("k")
	request.LiftGuard = true
	_, err = s.Request(t.Context(), request)
	require.NoError(t, err)
}

// meddler is a store in which something happens before the first commit.
type meddler struct {
	ports.Store
	before func()
}

func (m *meddler) Commit(ctx context.Context, units []ports.Unit) []ports.Fate {
	if before := m.before; before != nil {
		m.before = nil
		before()
	}
	return m.Store.Commit(ctx, units)
}

// deaf cannot read what it sealed.
type deaf struct{ plain }

func (deaf) Unseal(context.Context, []byte) (string, error) { return "", errors.New("kms is down") }

// TestService_Request_number_that_cannot_be_read: neither with a Sealer that fails nor
// without one.
func TestService_Request_number_that_cannot_be_read(t *testing.T) {
	t.Parallel()
	w, _ := newWorld(t, pays, 1)
	w.sealer = deaf{}
	s, _ := w.process(t, crashtest.Immortal())
	request := payOut("k")
	request.Destination = &withdraw.Account{BankCode: "004", Number: "1111222233334444", Holder: "Kim"}
	_, err := s.Request(t.Context(), request)
	require.NoError(t, err)
	request.Destination = &withdraw.Account{BankCode: "004", Number: "9999222233334444", Holder: "Kim"}
	_, err = s.Request(t.Context(), request)
	require.ErrorIs(t, err, withdraw.ErrSealed)
	require.ErrorContains(t, err, "kms is down")
	w.sealer = nil
	s, _ = w.process(t, crashtest.Immortal())
	_, err = s.Request(t.Context(), request)
	require.ErrorIs(t, err, withdraw.ErrSealed)
	require.NotContains(t, err.Error(), "4444")
}
