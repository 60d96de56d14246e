package withdraw_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/memory"
	"github.com/jigap/jigap/adapters/solapi"
	"github.com/jigap/jigap/adapters/solapi/solapitest"
	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/withdraw"
)

// provider is a simulated SOLAPI account that two wallets are paid out from.
type provider struct {
	t       *testing.T
	clock   *crashtest.Clock
	sim     *solapitest.Simulator
	account *solapitest.Account
	service *withdraw.Service
	wallets *ledger.Ledger
}

func newProvider(t *testing.T) *provider {
	t.Helper()
	p := &provider{t: t, clock: crashtest.NewClock()}
	p.sim = solapitest.New(solapitest.Config{Clock: p.clock, Seed: 1})
	p.account = p.sim.NewAccount(solapitest.AccountConfig{Balance: won(1_000_000), Bank: "0235235235"})
	key := p.account.NewKey(solapitest.RoleOwner)
	client, err := solapi.New(solapi.NewCredentials(key.APIKey, key.Secret), solapi.Config{
		HTTPClient: &http.Client{Transport: p.sim.Transport()}, Clock: p.clock,
	})
	require.NoError(t, err)
	disburser, err := solapi.NewDisburser(client, "main", solapi.DisburserConfig{
		Statuses: map[string]ports.Outcome{"COMPLETE": ports.OutcomeApproved, "REJECT": ports.OutcomeDeclined},
	})
	require.NoError(t, err)
	store := memory.New()
	p.wallets, err = ledger.New(store, ledger.Config{Clock: p.clock})
	require.NoError(t, err)
	p.service, err = withdraw.New(store, p.wallets, withdraw.Config{Clock: p.clock}, withdraw.Route{Disburser: disburser, Schedule: withdraw.FeeSchedule(solapi.FeeSchedule())})
	require.NoError(t, err)
	for _, id := range []string{"a", "b"} {
		_, err := p.wallets.Open(t.Context(), ledger.OpenRequest{WalletID: id, Currency: "KRW"})
		require.NoError(t, err)
		_, err = p.wallets.Credit(t.Context(), ledger.CreditRequest{WalletID: id, Key: "in", Amount: won(20_000)})
		require.NoError(t, err)
	}
	return p
}

// payOut asks for all that a wallet has.
func (p *provider) payOut(walletID string) *ports.Withdrawal {
	p.t.Helper()
	op, err := p.service.Request(p.t.Context(), withdraw.Request{
		WalletID: walletID, Key: "out", Disburser: "solapi:main", Total: won(20_000), Who: "customer",
	})
	require.NoError(p.t, err)
	return op
}

// follow lets a worker run, and returns what became of a withdrawal.
func (p *provider) follow(op *ports.Withdrawal, by time.Duration) *ports.Withdrawal {
	p.t.Helper()
	for range int(by / time.Minute) {
		_, err := p.service.Follow(p.t.Context(), 10)
		require.NoError(p.t, err)
		p.clock.Advance(time.Minute)
	}
	op, err := p.service.Get(p.t.Context(), op.ID)
	require.NoError(p.t, err)
	return op
}

func (p *provider) balance(walletID string) int64 {
	p.t.Helper()
	wallet, err := p.wallets.Wallet(p.t.Context(), walletID)
	require.NoError(p.t, err)
	return wallet.Balance.IntPart()
}
