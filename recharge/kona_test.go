package recharge_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/kona"
	"github.com/jigap/jigap/adapters/kona/konatest"
	"github.com/jigap/jigap/adapters/memory"
	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/recharge"
)

// konaKeys are made once: RSA keys take time.
var konaKeys = sync.OnceValue(konatest.NewKeys)

// konaCell is what the provider does in a cell of the matrix.
type konaCell struct {
	fault    konatest.Fault
	scenario konatest.Scenario
}

// TestCrashMatrix_Kona is the crash matrix with the Kona adapter and its simulator over
// real HTTP: a provider with idempotent sequence ids and pending answers, some of which
// settle while no process is alive.
func TestCrashMatrix_Kona(t *testing.T) {
	t.Parallel()
	on := func(kind konatest.Kind) konaCell {
		return konaCell{fault: konatest.Fault{Path: "/no-hce", Kind: kind, Status: http.StatusBadGateway}}
	}
	cells, charges, ends := 0, 0, make(map[string]int)
	for name, cell := range map[string]konaCell{
		"approves":                      {},
		"declines":                      {scenario: konatest.Scenario{Code: "007_004"}},
		"pending, then approves":        {scenario: konatest.Scenario{Pending: true, After: 12 * time.Minute}},
		"pending, then fails":           {scenario: konatest.Scenario{Pending: true, After: 12 * time.Minute, Fail: true}},
		"approves and drops the answer": on(konatest.CloseAfter), "drops the request": on(konatest.CloseBefore),
		"502 before the effect": on(konatest.StatusBefore), "502 after the effect": on(konatest.StatusAfter),
		"leaves isPending out": on(konatest.NoPending),
	} {
		for _, first := range crashtest.Lives(5) {
			for _, second := range crashtest.Lives(2) {
				cells++
				label := fmt.Sprintf("%s, dies %s, worker dies %s", name, first.Name, second.Name)
				op, charged := crashKona(t, label, cell, 0, first.Life(), second.Life())
				charges += charged
				ends[op.StatusText()]++
			}
		}
	}
	t.Logf("%d cells, %d charges, ends: %v", cells, charges, ends)
}

// TestService_Kona_charge_before_midnight: at 23:58 in Korea there is hardly a check left on the
// day of the request. What settles in time is found; what stays open goes to review,
// with the lane still taken and nothing credited.
func TestService_Kona_charge_before_midnight(t *testing.T) {
	t.Parallel()
	late := 14*time.Hour + 58*time.Minute // after 09:00 KST
	pending := konaCell{scenario: konatest.Scenario{Pending: true, After: 30 * time.Minute}}
	op, charged := crashKona(t, "settles after midnight", pending, late, crashtest.Immortal(), crashtest.Immortal())
	require.Equal(t, ports.RechargeReview, op.Status, op.Why)
	require.NotEmpty(t, op.Why)
	require.True(t, op.Open)
	require.Zero(t, charged)
	pending.scenario.After = time.Minute
	op, charged = crashKona(t, "settles in time", pending, late-10*time.Minute, crashtest.Immortal(), crashtest.Immortal())
	require.Equal(t, ports.RechargeApproved, op.Status, op.Why)
	require.Equal(t, 1, charged)
}

func crashKona(t *testing.T, name string, cell konaCell, at time.Duration, first, second *crashtest.Life) (*ports.Recharge, int) {
	t.Helper()
	clock := crashtest.NewClock()
	clock.Advance(at)
	sim := konatest.New(konatest.Config{Clock: clock, Seed: 1, Keys: konaKeys()})
	server := httptest.NewServer(sim)
	defer server.Close()
	member := sim.NewMember(konatest.MemberConfig{Bank: won(1_000_000)})
	charger := konaCharger(t, sim, member, server.URL, clock)
	if cell.fault.Kind != konatest.None {
		sim.Inject(cell.fault)
	}
	member.Next(cell.scenario)
	w := &world{store: memory.New(), clock: clock, charger: charger}
	_, wallets := w.process(t, crashtest.Immortal(), nil)
	_, err := wallets.Open(t.Context(), ledger.OpenRequest{WalletID: "w", Currency: "KRW"})
	require.NoError(t, err)
	request := recharge.Request{
		WalletID: "w", Key: "k", Charger: charger.Name(), Amount: won(30_000),
		PaymentMethod: kona.Method{UserID: kona.UserID(member.UserID()), PAR: member.PAR()}.String(),
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

	books, charges := decimal.Zero, 0
	for _, transaction := range sim.Books().Transactions {
		if transaction.Status == konatest.Completed {
			books = books.Add(transaction.Amount)
			charges++
		}
	}
	wallet, err := wallets.Wallet(t.Context(), "w")
	require.NoError(t, err)
	require.True(t, wallet.Balance.Equal(books), "%s: wallet %s, provider charged %s; %s %s", name, wallet.Balance, books, op.Status, op.Why)
	require.LessOrEqual(t, charges, 1, name)
	require.True(t, !op.Open || op.Status == ports.RechargeReview && op.Why != "", "%s: %s", name, op.Status)
	_, err = wallets.Verify(t.Context(), "w")
	require.NoError(t, err, name)
	return op, charges
}

func konaCharger(t *testing.T, sim *konatest.Simulator, member *konatest.Member, url string, clock ports.Clock) ports.Charger {
	t.Helper()
	p := sim.Project()
	client, err := kona.New(
		kona.NewCredentials(p.ASPID, p.AccessKey, p.Secret, kona.CryptoKey{ID: p.KeyID, Server: p.Server, Client: p.Client}),
		kona.Config{BaseURL: url, HTTPClient: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}, Clock: clock},
	)
	require.NoError(t, err)
	charger, err := kona.NewCharger(client, "main", kona.ChargerConfig{
		MerchantID: p.MerchantID, Codes: map[string]kona.Meaning{konatest.CodeNoSequence: kona.MeansNoSuchSequence},
		Card: func(context.Context, kona.Method) (kona.Card, error) {
			number, expiry := member.Card()
			return kona.Card{Number: number, Expiry: expiry}, nil
		},
	})
	require.NoError(t, err)
	return charger
}
