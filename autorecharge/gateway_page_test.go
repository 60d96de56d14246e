package autorecharge_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/kona"
	"github.com/jigap/jigap/adapters/kona/konatest"
	"github.com/jigap/jigap/adapters/solapi/solapitest"
	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/ports"
)

// outside is a provider with one account that can be charged, and a question before each
// charge that it can be made to refuse, once.
type outside struct {
	charger ports.Charger
	card    string
	refuse  func(status int)
}

func konaRefuses(question string) func(w *world) outside {
	return func(w *world) outside {
		provider := konatest.New(konatest.Config{Clock: w.clock, Seed: 1, Keys: konatest.NewKeys()})
		member, project := provider.NewMember(konatest.MemberConfig{Bank: won(1_000_000)}), provider.Project()
		key := kona.CryptoKey{ID: project.KeyID, Server: project.Server, Client: project.Client}
		client, err := kona.New(kona.NewCredentials(project.ASPID, project.AccessKey, project.Secret, key), kona.Config{
			BaseURL: "http://127.0.0.1", HTTPClient: &http.Client{Transport: provider.Transport()}, Clock: w.clock,
		})
		require.NoError(w.t, err)
		charger, err := kona.NewCharger(client, "main", kona.ChargerConfig{
			MerchantID: project.MerchantID,
			Card: func(context.Context, kona.Method) (kona.Card, error) {
				number, expiry := member.Card()
				return kona.Card{Number: number, Expiry: expiry}, nil
			},
		})
		require.NoError(w.t, err)
		method := kona.Method{UserID: kona.UserID(member.UserID()), PAR: member.PAR()}
		return outside{charger, method.String(), func(status int) {
			provider.Inject(konatest.Fault{Path: question, Kind: konatest.StatusBefore, Status: status})
		}}
	}
}

func solapiRefuses(question string) func(w *world) outside {
	return func(w *world) outside {
		charger, account, provider := solapiAccount(w)
		return outside{charger, account.AddCard(solapitest.Card{}), func(status int) {
			provider.Inject(solapitest.Fault{Path: question, Kind: solapitest.StatusBefore, Status: status})
		}}
	}
}

// TestEngine_page_of_a_gateway_suspends_nothing: something in front of the provider refuses a question
// before the charge. Nothing was sent, and what the page means is not known: it
// passes like an outage.
func TestEngine_page_of_a_gateway_suspends_nothing(t *testing.T) {
	t.Parallel()
	for name, connect := range map[string]func(w *world) outside{
		"kona's plans":     konaRefuses("/plans"),
		"kona's token":     konaRefuses("/onetimetoken"),
		"solapi's history": solapiRefuses("/history"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			provider := connect(w)
			w.process = w.startWith(crashtest.Immortal(), false, provider.charger)
			terms := usual()
			terms.Methods = []ports.PaymentMethod{{Charger: provider.charger.Name(), ID: provider.card}}
			w.set(terms)
			w.spend(9_500)
			for _, status := range []int{401, 403, 404, 405} {
				provider.refuse(status)
				w.step()
				require.Equal(t, ports.PolicyActive, w.policy().Status, "%d: %s", status, w.policy().State.Why)
				require.True(t, w.balance().Equal(won(500)), "%d", status)
				w.clock.Advance(time.Hour)
			}
			require.Equal(t, 4, w.policy().State.Outages)
			w.step()
			require.True(t, w.balance().Equal(won(100_000)))
		})
	}
}
