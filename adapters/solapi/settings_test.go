package solapi_test

import (
	"net/http"
	"testing"
	"testing/synctest"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/solapi"
	"github.com/jigap/jigap/adapters/solapi/solapitest"
	"github.com/jigap/jigap/ports"
)

// Settings are read back after an unknown answer, and set again when they are not
// there: whatever happens to the request, the setting is made.
func TestClient_AutoRecharge_unknown_answer(t *testing.T) {
	t.Parallel()
	settings := []struct {
		name string
		set  func(w *world) error
		made func(w *world) bool
	}{
		{"auto-recharge", func(w *world) error {
			return w.client.SetAutoRecharge(w.t.Context(), solapi.AutoRecharge{PaymentIDs: []string{w.card}, MinimumCash: won(200), RechargeTo: won(20_000)})
		}, func(w *world) bool {
			state, err := w.client.AutoRecharge(w.t.Context())
			w.NoError(err)
			return len(state.PaymentIDs) == 1 && state.RechargeTo.Equal(won(20_000)) && !state.On
		}},
		{"alert", func(w *world) error {
			return w.client.SetAlert(w.t.Context(), []decimal.Decimal{won(5_000), won(200)}, []string{"SMS"})
		}, func(w *world) bool {
			alert, err := w.client.Alert(w.t.Context())
			w.NoError(err)
			return len(alert.Balances) == 2 && alert.Balances[1].Is(won(200))
		}},
		{"alert switch", func(w *world) error { return w.client.SwitchAlert(w.t.Context(), true) }, func(w *world) bool {
			alert, err := w.client.Alert(w.t.Context())
			w.NoError(err)
			return bool(alert.Enabled)
		}},
		{"removal of a card", func(w *world) error { return w.client.RemovePaymentMethod(w.t.Context(), w.card) }, func(w *world) bool {
			for _, err := range w.client.PaymentMethods(w.t.Context()) {
				w.NoError(err)
				return false
			}
			return true
		}},
		{"removal of the bank account", func(w *world) error { return w.client.RemoveBankAccount(w.t.Context()) }, func(w *world) bool {
			account, err := w.client.BankAccount(w.t.Context())
			w.NoError(err)
			return !account.Registered
		}},
		{"bank account", func(w *world) error {
			w.NoError(w.client.RemoveBankAccount(w.t.Context()))
			return w.client.RegisterBankAccount(w.t.Context(), solapi.BankRegistration{AccountNumber: "0235", BankCode: "004", HolderName: "H"})
		}, func(w *world) bool {
			account, err := w.client.BankAccount(w.t.Context())
			w.NoError(err)
			return account.Registered && account.BankCode == "004"
		}},
	}
	faults := map[string]solapitest.Kind{
		"nothing": solapitest.None, "closed before": solapitest.CloseBefore, "closed after": solapitest.CloseAfter,
		"garbage": solapitest.Garbage, "an empty object": solapitest.EmptyObject,
	}
	for _, setting := range settings {
		for name, kind := range faults {
			t.Run(setting.name+" with "+name, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					w := setup(t)
					for _, method := range []string{http.MethodPut, http.MethodDelete, http.MethodPost} {
						w.sim.Inject(solapitest.Fault{Method: method, Kind: kind})
					}
					w.NoError(setting.set(w))
					w.True(setting.made(w))
					w.NoError(setting.set(w), "again")
					w.True(setting.made(w))
				})
			})
		}
	}
}

// The switch of auto-recharge is a toggle: repeated, it undoes itself.
func TestClient_SwitchAutoRecharge_is_not_repeated(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name    string
		fault   solapitest.Fault
		err     bool
		on      bool
		toggles int
	}{
		{"that works", solapitest.Fault{Method: "PUT"}, false, true, 1},
		{"closed after", solapitest.Fault{Method: "PUT", Kind: solapitest.CloseAfter}, false, true, 1},
		{"closed before", solapitest.Fault{Method: "PUT", Kind: solapitest.CloseBefore}, true, false, 1},
		{"a failure of the server after", solapitest.Fault{Method: "PUT", Kind: solapitest.StatusAfter, Status: 502}, false, true, 1},
		{"an empty object", solapitest.Fault{Method: "PUT", Kind: solapitest.EmptyObject}, false, true, 1},
		{"an answer that says the opposite", solapitest.Fault{Method: "PUT", Kind: solapitest.StatusBefore, Status: 200, Body: `{"autoRecharge":false}`}, true, false, 1},
		{"a refusal", solapitest.Fault{Method: "PUT", Kind: solapitest.StatusBefore, Status: 403, Code: "Forbidden"}, true, false, 1},
		{"a balance that cannot be read", solapitest.Fault{Method: "GET", Kind: solapitest.StatusBefore, Status: 403, Code: "Forbidden"}, true, false, 0},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			w.sim.Inject(tc.fault)
			toggles := 0
			w.sim.OnRequest(func(r *http.Request) {
				if r.Method == http.MethodPut {
					toggles++
				}
			})
			err := w.client.SwitchAutoRecharge(t.Context(), true)
			w.Equal(tc.err, err != nil, "%v", err)
			w.Equal(tc.on, w.account.Books().Auto)
			w.Equal(tc.toggles, toggles)
			w.NoError(w.client.SwitchAutoRecharge(t.Context(), true))
			w.NoError(w.client.SwitchAutoRecharge(t.Context(), true))
			w.True(w.account.Books().Auto)
			w.NoError(w.client.SwitchAutoRecharge(t.Context(), false))
			w.False(w.account.Books().Auto)
		})
	}
}

func TestClient_AutoRecharge_changed_by_others(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.sim.Inject(solapitest.Fault{Method: "PUT", Path: "/payment", Kind: solapitest.StatusBefore, Status: 200, Body: "{}"})
	err := w.client.SetAutoRecharge(t.Context(), solapi.AutoRecharge{On: true, PaymentIDs: []string{w.card}, MinimumCash: won(200), RechargeTo: won(20_000)})
	w.ErrorIs(err, ports.ErrConflict)
}

func TestClient_AutoRecharge_below_the_minima(t *testing.T) {
	t.Parallel()
	good := func() solapi.AutoRecharge {
		return solapi.AutoRecharge{PaymentIDs: []string{"a", "b"}, MinimumCash: won(200), RechargeTo: won(10_200)}
	}
	for name, spoil := range map[string]func(want *solapi.AutoRecharge){
		"no payment methods":        func(want *solapi.AutoRecharge) { want.PaymentIDs = nil },
		"a duplicate":               func(want *solapi.AutoRecharge) { want.PaymentIDs = []string{"a", "a"} },
		"a blank id":                func(want *solapi.AutoRecharge) { want.PaymentIDs = []string{""} },
		"a minimum that is too low": func(want *solapi.AutoRecharge) { want.MinimumCash = won(199) },
		"too small a step":          func(want *solapi.AutoRecharge) { want.RechargeTo = won(10_199) },
		"a fraction":                func(want *solapi.AutoRecharge) { want.RechargeTo = won(102_001).Shift(-1) },
	} {
		w := setup(t)
		want := good()
		spoil(&want)
		require.ErrorIs(t, w.client.SetAutoRecharge(t.Context(), want), ports.ErrInvalid, name)
		require.Zero(t, w.sim.Requests(), name)
	}
}

func TestClient_settings_refused_locally(t *testing.T) {
	t.Parallel()
	w := setup(t)
	for name, err := range map[string]error{
		"no levels":        w.client.SetAlert(t.Context(), nil, nil),
		"four levels":      w.client.SetAlert(t.Context(), []decimal.Decimal{won(200), won(300), won(400), won(500)}, nil),
		"a low level":      w.client.SetAlert(t.Context(), []decimal.Decimal{won(199)}, nil),
		"no card":          func() error { _, err := w.client.RegisterCard(t.Context(), solapi.Card{}); return err }(),
		"no bank":          w.client.RegisterBankAccount(t.Context(), solapi.BankRegistration{}),
		"nobody":           w.client.Transfer(t.Context(), "", won(1)),
		"nothing":          w.client.Transfer(t.Context(), "1", won(0)),
		"a nameless card":  w.client.RemovePaymentMethod(t.Context(), ""),
		"half a won":       func() error { _, err := w.client.Withdraw(t.Context(), won(5).Shift(-1)); return err }(),
		"nothing recharge": func() error { _, err := w.client.Recharge(t.Context(), "x", won(0)); return err }(),
	} {
		require.ErrorIs(t, err, ports.ErrInvalid, name)
		require.Equal(t, solapi.ClassFault, w.failed(err).Class, name)
	}
	w.Zero(w.sim.Requests())
}

func TestClient_Transfer(t *testing.T) {
	t.Parallel()
	w := setup(t)
	target := w.sim.NewAccount(solapitest.AccountConfig{ID: "214727"})
	w.NoError(w.client.Transfer(t.Context(), "214727", won(1_000)))
	requireDecimal(t, 9_130, w.account.Books().Balance)
	requireDecimal(t, 1_000, target.Books().Balance)

	for _, kind := range []solapitest.Kind{solapitest.CloseAfter, solapitest.Garbage, solapitest.EmptyObject} {
		w.sim.Inject(onPost(kind))
		w.Equal(solapi.ClassUnknown, w.failed(w.client.Transfer(t.Context(), "214727", won(1_000))).Class)
	}
	requireDecimal(t, 4_000, target.Books().Balance)
	w.Equal(solapi.ClassFault, w.failed(w.client.Transfer(t.Context(), "214727", won(100_000))).Class)
}

func TestClient_Cards(t *testing.T) {
	t.Parallel()
	w := setup(t)
	registered, err := w.client.RegisterCard(t.Context(), card)
	w.NoError(err)
	w.Equal("[VISA] 1111 01/19", registered.Description)
	w.Equal("2019/01", registered.ExpDate)
	for range 45 {
		w.account.AddCard(solapitest.Card{})
	}
	count := 0
	for method, err := range w.client.PaymentMethods(t.Context()) {
		w.NoError(err)
		w.NotEmpty(method.PaymentID)
		count++
	}
	w.Equal(47, count)
	w.NoError(w.client.RemovePaymentMethod(t.Context(), registered.PaymentID))
	w.NoError(w.client.RemovePaymentMethod(t.Context(), registered.PaymentID), "what is gone is removed")
}
