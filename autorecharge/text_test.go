package autorecharge_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/ports"
)

// TestEngine_errors/say_what_is_wrong_once_and_in_one_line: they name the wallet once, and what is
// known instead. They show no id that no record can have, and a provider's text in one line.
func TestEngine_errors(t *testing.T) {
	t.Parallel()
	t.Run("say_what_is_wrong_once_and_in_one_line", func(t *testing.T) {
		t.Parallel()
		w, at := delegating(t)
		e := w.engine
		unknown := usual()
		unknown.Methods = []ports.PaymentMethod{{Charger: "else", ID: "x"}}
		set := func(id string, terms ports.PolicyTerms) error {
			_, err := e.Set(t.Context(), setting(id, terms))
			return err
		}
		explain := func(id string) error {
			_, _, err := e.Explain(t.Context(), id)
			return err
		}
		disable := func(id string) error { _, err := e.Disable(t.Context(), acting(id, kim("x"))); return err }
		at.err = errors.New("down\nuntil tomorrow")
		for want, err := range map[string]error{
			"set policy of wallet w: invalid Methods: Charger: is not one of the service's (cards)":           set("w", unknown),
			"set policy of wallet none: not found":                                                            set("none", usual()),
			"set policy: invalid WalletID: is not printable UTF-8":                                            set("a\nb", usual()),
			"disable policy: invalid WalletID: is not printable UTF-8":                                        disable("a\nb"),
			"policy of wallet none: not found":                                                                disable("none"),
			"policy: invalid WalletID: is not printable UTF-8":                                                explain("a\nb"),
			"policy of wallet w: the provider is not configured as the policy says yet: down; until tomorrow": set("w", delegated()),
		} {
			require.EqualError(t, err, want)
		}
	})
}
