package autorecharge_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/autorecharge"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
)

// TestEngine_Set_takes_terms_at_their_bounds, and refuses them beyond.
func TestEngine_Set_takes_terms_at_their_bounds(t *testing.T) {
	t.Parallel()
	methods := func(n int) (list []ports.PaymentMethod) {
		for i := range n {
			list = append(list, ports.PaymentMethod{Charger: "cards", ID: fmt.Sprint(i)})
		}
		return list
	}
	for name, c := range map[string]struct {
		edit    func(*ports.PolicyTerms)
		invalid string
	}{
		"most methods":              {func(p *ports.PolicyTerms) { p.Methods = methods(10) }, ""},
		"too many methods":          {func(p *ports.PolicyTerms) { p.Methods = methods(11) }, "Methods"},
		"one failure suspends":      {func(p *ports.PolicyTerms) { p.SuspendAfter = 1 }, ""},
		"most failures":             {func(p *ports.PolicyTerms) { p.SuspendAfter = 100 }, ""},
		"too many failures":         {func(p *ports.PolicyTerms) { p.SuspendAfter = 101 }, "SuspendAfter"},
		"shortest backoff":          {func(p *ports.PolicyTerms) { p.BackoffFirst, p.BackoffMax = time.Second, time.Second }, ""},
		"backoff that is too short": {func(p *ports.PolicyTerms) { p.BackoffFirst, p.BackoffMax = time.Second-1, time.Minute }, "BackoffFirst"},
		"backoff that shrinks":      {func(p *ports.PolicyTerms) { p.BackoffFirst, p.BackoffMax = 2*time.Minute, time.Minute }, "BackoffMax"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, terms := newWorld(t), usual()
			c.edit(&terms)
			_, err := w.engine.Set(t.Context(), setting("w", terms))
			if c.invalid == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, "invalid "+c.invalid)
		})
	}
}

// TestNew_takes_the_most_goroutines that an engine may have.
func TestNew_takes_the_most_goroutines(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, err := autorecharge.New(w.store, w.wallets, w.recharges, autorecharge.Config{Parallel: 1_000})
	require.NoError(t, err)
	_, err = autorecharge.New(w.store, w.wallets, w.recharges, autorecharge.Config{Parallel: 1_001})
	require.ErrorContains(t, err, "invalid Parallel")
}

// TestEngine_Evaluate_pauses: how long a policy waits until the next look.
func TestEngine_Evaluate_pauses(t *testing.T) {
	t.Parallel()
	t.Run("ten minutes while the wallet is frozen", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		w.set(usual())
		w.spend(9_500)
		_, err := w.wallets.Freeze(t.Context(), ledger.StatusRequest{WalletID: "w", Key: "f", By: kim("fraud")})
		require.NoError(t, err)
		w.step()
		require.Equal(t, w.clock.Now().Add(10*time.Minute), w.policy().DueAt)
	})
	t.Run("ten seconds while an order is due before that", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		w.cards.answer("first", ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomePending, ProviderRef: "p", InquireAfter: 3 * time.Second}})
		w.set(usual())
		w.spend(9_500)
		w.step()
		require.Equal(t, 10*time.Second, w.policy().DueAt.Sub(w.clock.Now()))
	})
}
