package solapi_test

import (
	"testing"

	"github.com/jigap/jigap/adapters/solapi/solapitest"
	"github.com/jigap/jigap/ports"
)

func TestDelegate_sets_and_takes_back(t *testing.T) {
	t.Parallel()
	w := setup(t)
	second := w.account.AddCard(solapitest.Card{})
	want := ports.Delegation{On: true, Methods: []string{second, w.card}, MinimumCash: won(1_000), RechargeTo: won(100_000)}
	for range 2 {
		w.NoError(w.charger().Delegate(t.Context(), want))
		got, err := w.charger().Delegation(t.Context())
		w.NoError(err)
		w.True(got.On)
		w.Equal(want.Methods, got.Methods)
		requireDecimal(t, 1_000, got.MinimumCash)
		requireDecimal(t, 100_000, got.RechargeTo)
	}
	w.NoError(w.charger().Delegate(t.Context(), ports.Delegation{}))
	got, err := w.charger().Delegation(t.Context())
	w.NoError(err)
	w.False(got.On)
	w.Equal(want.Methods, got.Methods, "what it would do is kept")

	w.ErrorIs(w.charger().Delegate(t.Context(), ports.Delegation{On: true}), ports.ErrInvalid)
	w.False(w.account.Books().Auto)
}

func TestDelegate_is_in_won(t *testing.T) {
	t.Parallel()
	w := setup(t)
	to := ports.Delegation{On: true, Methods: []string{w.card}, MinimumCash: won(1_000), RechargeTo: won(100_000), Currency: "KRW"}
	w.NoError(w.charger().CheckDelegation(to))
	to.Currency = "USD"
	w.ErrorIs(w.charger().CheckDelegation(to), ports.ErrInvalid)
}
