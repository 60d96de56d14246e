package solapi_test

import (
	"net/http"
	"testing"

	"github.com/jigap/jigap/adapters/solapi"
	"github.com/jigap/jigap/adapters/solapi/solapitest"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/ports/portstest"
)

func TestDelegate(t *testing.T) {
	t.Parallel()
	for name, reach := range map[string]func(t *testing.T) *harness{"in memory": inMemory, "over a network": overNetwork} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			portstest.TestDelegate(t, newDelegateHarness(reach))
		})
	}
}

func newDelegateHarness(reach func(t *testing.T) *harness) func(t *testing.T) portstest.DelegateHarness {
	return func(t *testing.T) portstest.DelegateHarness {
		t.Helper()
		h := reach(t)
		h.path, h.method = "/cash/v1/payment", http.MethodPut
		other := h.sim.NewAccount(solapitest.AccountConfig{Balance: won(500_000)})
		other.SetAutoRecharge(solapitest.Setting{
			On: true, PaymentIDs: []string{other.AddCard(solapitest.Card{})}, MinimumCash: won(1_000), RechargeTo: won(40_000),
		})
		cards := []string{h.card}
		for range 24 { // more than a page
			cards = append(cards, h.account.AddCard(solapitest.Card{}))
		}
		return &delegateHarness{harness: h, other: other, cards: cards}
	}
}

// delegateHarness makes the suite's faults happen to settings.
type delegateHarness struct {
	*harness
	other *solapitest.Account
	cards []string
}

// Delegate returns the Charger of a new client.
func (h *delegateHarness) Delegate() ports.Delegate {
	charger, err := solapi.NewCharger(h.connect(), "main")
	h.NoError(err)
	return charger
}

// Break makes a fault of the suite one of the simulator.
func (h *delegateHarness) Break(fault portstest.Fault) bool {
	if fault == portstest.FaultIgnore {
		h.sim.Inject(solapitest.Fault{Method: h.method, Kind: solapitest.StatusBefore, Status: http.StatusOK, Body: "{}"})
		return true
	}
	return h.harness.Break(fault)
}

func (h *delegateHarness) Settings() (first, second ports.Delegation) {
	first = ports.Delegation{On: true, Methods: []string{h.cards[1], h.cards[0]}, MinimumCash: won(2_000), RechargeTo: won(50_000), Currency: "KRW"}
	second = ports.Delegation{On: true, Methods: []string{h.cards[2], h.cards[1]}, MinimumCash: won(3_000), RechargeTo: won(60_000), Currency: "KRW"}
	return first, second
}

// AllMethods returns the cards of the account.
func (h *delegateHarness) AllMethods() []string { return h.cards }

// Refused returns settings with fractions of a won, in another currency, and below the least
// figures of the provider's console.
func (h *delegateHarness) Refused() []ports.Delegation {
	var refused []ports.Delegation
	for _, spoil := range []func(to *ports.Delegation){
		func(to *ports.Delegation) { to.MinimumCash = won(20_005).Shift(-1) },
		func(to *ports.Delegation) { to.RechargeTo = won(500_005).Shift(-1) },
		func(to *ports.Delegation) { to.Currency = "USD" },
		func(to *ports.Delegation) { to.MinimumCash = won(199) },
		func(to *ports.Delegation) { to.RechargeTo = won(11_999) },
	} {
		to, _ := h.Settings()
		spoil(&to)
		refused = append(refused, to)
	}
	return refused
}

func (h *delegateHarness) Set(to ports.Delegation) {
	h.account.SetAutoRecharge(solapitest.Setting{On: to.On, PaymentIDs: to.Methods, MinimumCash: to.MinimumCash, RechargeTo: to.RechargeTo})
}

func (h *delegateHarness) State() ports.Delegation { return settingsOf(h.account) }
func (h *delegateHarness) Other() ports.Delegation { return settingsOf(h.other) }
func (h *delegateHarness) Requests() int           { return h.sim.Requests() }

// settingsOf returns the newest settings of an account.
func settingsOf(account *solapitest.Account) ports.Delegation {
	all := account.Books().Settings
	if len(all) == 0 {
		return ports.Delegation{}
	}
	set := all[len(all)-1]
	return ports.Delegation{On: set.On, Methods: set.PaymentIDs, MinimumCash: set.MinimumCash, RechargeTo: set.RechargeTo}
}
