package recharge_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/kona"
	"github.com/jigap/jigap/adapters/kona/konatest"
	"github.com/jigap/jigap/adapters/memory"
	"github.com/jigap/jigap/adapters/solapi"
	"github.com/jigap/jigap/adapters/solapi/solapitest"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/recharge"
)

// bare decorates a Charger and hides what it can do; traced does not hide it.
type (
	bare   struct{ ports.Charger }
	traced struct{ ports.Charger }
)

func (t traced) Unwrap() ports.Charger { return t.Charger }

// abilities names what a Charger can do besides charging.
func abilities(charger ports.Charger) (names []string) {
	if _, can := ports.As[ports.Canceler](charger); can {
		names = append(names, "cancel")
	}
	if _, can := ports.As[ports.Delegate](charger); can {
		names = append(names, "delegate")
	}
	return names
}

// TestNew_decorators: a decorated adapter keeps its abilities, or is refused.
func TestNew_decorators(t *testing.T) {
	t.Parallel()
	account := solapitest.New(solapitest.Config{Seed: 1})
	key := account.NewAccount(solapitest.AccountConfig{}).NewKey(solapitest.RoleOwner)
	client, err := solapi.New(solapi.NewCredentials(key.APIKey, key.Secret), solapi.Config{HTTPClient: &http.Client{Transport: account.Transport()}})
	require.NoError(t, err)
	bySOLAPI, err := solapi.NewCharger(client, "main")
	require.NoError(t, err)
	p := konatest.New(konatest.Config{Seed: 1}).Project()
	client2, err := kona.New(kona.NewCredentials(p.ASPID, p.AccessKey, p.Secret, kona.CryptoKey{ID: p.KeyID, Server: p.Server, Client: p.Client}),
		kona.Config{BaseURL: kona.SandboxURL})
	require.NoError(t, err)
	byKona, err := kona.NewCharger(client2, "main", kona.ChargerConfig{
		MerchantID: p.MerchantID, Card: func(context.Context, kona.Method) (kona.Card, error) { return kona.Card{}, nil },
	})
	require.NoError(t, err)
	for name, tc := range map[string]struct {
		charger ports.Charger
		can     []string
	}{
		"SOLAPI": {bySOLAPI, []string{"delegate"}},
		"Kona":   {byKona, []string{"cancel"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tc.can, abilities(tc.charger))
			require.Equal(t, tc.can, abilities(traced{traced{tc.charger}}))
			require.Empty(t, abilities(bare{tc.charger}))
			store := memory.New()
			wallets, err := ledger.New(store, ledger.Config{})
			require.NoError(t, err)
			for _, charger := range []ports.Charger{tc.charger, traced{tc.charger}, &traced{tc.charger}} {
				_, err = recharge.New(store, wallets, recharge.Config{}, charger)
				require.NoError(t, err)
			}
			for _, charger := range []ports.Charger{bare{tc.charger}, &bare{tc.charger}, bare{traced{tc.charger}}} {
				_, err = recharge.New(store, wallets, recharge.Config{}, charger)
				require.ErrorIs(t, err, ports.ErrInvalid)
				require.ErrorContains(t, err, "Unwrap")
			}
		})
	}
}
