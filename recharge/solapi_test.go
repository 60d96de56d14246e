package recharge_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/memory"
	"github.com/jigap/jigap/adapters/solapi"
	"github.com/jigap/jigap/adapters/solapi/solapitest"
	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/recharge"
)

// TestCrashMatrix_SOLAPI is the crash matrix with the SOLAPI adapter and its simulator
// over real HTTP: a provider without idempotency keys, whose truth is in its history.
func TestCrashMatrix_SOLAPI(t *testing.T) {
	t.Parallel()
	post := func(kind solapitest.Kind) *solapitest.Fault {
		return &solapitest.Fault{Method: http.MethodPost, Kind: kind, Status: http.StatusBadGateway}
	}
	cells, charges, ends := 0, 0, make(map[string]int)
	for name, fault := range map[string]*solapitest.Fault{
		"approves":                      nil,
		"declines":                      {Method: http.MethodPost, Kind: solapitest.StatusBefore, Status: http.StatusPaymentRequired, Code: "BalanceInsufficient"},
		"approves and drops the answer": post(solapitest.CloseAfter), "drops the request": post(solapitest.CloseBefore),
		"502 before the effect": post(solapitest.StatusBefore), "502 after the effect": post(solapitest.StatusAfter),
		"answers an empty object": post(solapitest.EmptyObject), "cuts its answer off": post(solapitest.Truncate),
	} {
		for _, first := range crashtest.Lives(5) {
			for _, second := range crashtest.Lives(2) {
				cells++
				cell := fmt.Sprintf("%s, dies %s, worker dies %s", name, first.Name, second.Name)
				op, charged := crashSOLAPI(t, cell, fault, first.Life(), second.Life())
				charges += charged
				ends[op.StatusText()]++
			}
		}
	}
	t.Logf("%d cells, %d charges, ends: %v", cells, charges, ends)
	require.Zero(t, ends[string(ports.RechargeReview)], "this provider can always tell in the end")
}

func crashSOLAPI(t *testing.T, name string, fault *solapitest.Fault, first, second *crashtest.Life) (*ports.Recharge, int) {
	t.Helper()
	clock := crashtest.NewClock()
	sim := solapitest.New(solapitest.Config{Clock: clock, Seed: 1})
	server := httptest.NewServer(sim)
	defer server.Close()
	account := sim.NewAccount(solapitest.AccountConfig{Balance: decimal.NewFromInt(5_000)})
	key := account.NewKey(solapitest.RoleOwner)
	transport := &http.Transport{DisableKeepAlives: true}
	client, err := solapi.New(solapi.NewCredentials(key.APIKey, key.Secret), solapi.Config{
		BaseURL: server.URL, HTTPClient: &http.Client{Transport: transport}, Clock: clock,
	})
	require.NoError(t, err)
	charger, err := solapi.NewCharger(client, "main")
	require.NoError(t, err)
	if fault != nil {
		sim.Inject(*fault)
	}
	w := &world{store: memory.New(), clock: clock, charger: charger}
	_, wallets := w.process(t, crashtest.Immortal(), nil)
	_, err = wallets.Open(t.Context(), ledger.OpenRequest{WalletID: "w", Currency: "KRW"})
	require.NoError(t, err)
	request := recharge.Request{
		WalletID: "w", Key: "k", Charger: charger.Name(), Amount: won(10_000),
		PaymentMethod: account.AddCard(solapitest.Card{}),
	}

	service, _ := w.process(t, first, nil)
	if _, err = service.Recharge(t.Context(), request); err != nil {
		require.ErrorIs(t, err, ports.ErrUndecided, name)
	}
	clock.Advance(5 * time.Minute) // past the lease
	dying, _ := w.process(t, second, nil)
	for range 3 {
		if _, err := dying.Follow(t.Context(), 10); err != nil && !errors.Is(err, ports.ErrUndecided) {
			require.NoError(t, err, name)
		}
		clock.Advance(5 * time.Minute)
	}
	last, _ := w.process(t, crashtest.Immortal(), nil)
	w.rest(t, last)
	op, err := last.Recharge(t.Context(), request) // the host asks again
	require.NoError(t, err, name)
	w.rest(t, last)
	op, err = last.Get(t.Context(), op.ID)
	require.NoError(t, err, name)

	books := decimal.Zero
	for _, charge := range account.Books().Charges {
		books = books.Add(charge.Amount)
	}
	wallet, err := wallets.Wallet(t.Context(), "w")
	require.NoError(t, err, name)
	require.True(t, wallet.Balance.Equal(books), "%s: wallet %s, provider charged %s; %s %s", name, wallet.Balance, books, op.Status, op.Why)
	require.LessOrEqual(t, len(account.Books().Charges), 1, name)
	require.False(t, op.Open, "%s: %s %s", name, op.Status, op.Why)
	require.Zero(t, wallet.OpenOperations, name)
	_, err = wallets.Verify(t.Context(), "w")
	require.NoError(t, err, name)
	return op, len(account.Books().Charges)
}

// TestService_charge_that_shows_late_credits_one_recharge: a charge was approved, and the provider does
// not show it yet when the next order is lost on the way. What was charged once is
// credited once.
func TestService_charge_that_shows_late_credits_one_recharge(t *testing.T) {
	t.Parallel()
	for _, between := range []time.Duration{0, time.Second, 10 * time.Second} {
		t.Run(between.String(), func(t *testing.T) {
			t.Parallel()
			clock := crashtest.NewClock()
			sim := solapitest.New(solapitest.Config{Clock: clock, Seed: 1})
			account := sim.NewAccount(solapitest.AccountConfig{Balance: won(5_000)})
			account.SetLag(30 * time.Second)
			key := account.NewKey(solapitest.RoleOwner)
			client, err := solapi.New(solapi.NewCredentials(key.APIKey, key.Secret), solapi.Config{
				HTTPClient: &http.Client{Transport: sim.Transport()}, Clock: clock,
			})
			require.NoError(t, err)
			charger, err := solapi.NewCharger(client, "main")
			require.NoError(t, err)
			w := &world{store: memory.New(), clock: clock, charger: charger}
			s, wallets := w.process(t, crashtest.Immortal(), nil)
			card := account.AddCard(solapitest.Card{})
			balances := decimal.Zero
			for _, id := range []string{"a", "b"} {
				_, err := wallets.Open(t.Context(), ledger.OpenRequest{WalletID: id, Currency: "KRW"})
				require.NoError(t, err)
				_, err = s.Recharge(t.Context(), recharge.Request{
					WalletID: id, Key: "k", Charger: charger.Name(), Amount: won(10_000), PaymentMethod: card,
				})
				require.NoError(t, err)
				clock.Advance(between)
				sim.Inject(solapitest.Fault{Method: http.MethodPost, Kind: solapitest.CloseBefore}) // the next one never arrives
			}
			w.rest(t, s)
			for _, id := range []string{"a", "b"} {
				wallet, err := wallets.Wallet(t.Context(), id)
				require.NoError(t, err)
				balances = balances.Add(wallet.Balance)
			}
			require.Len(t, account.Books().Charges, 1)
			require.True(t, balances.Equal(won(10_000)), "credited %s", balances)
		})
	}
}
