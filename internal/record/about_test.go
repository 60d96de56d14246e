package record_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/internal/record"
	"github.com/jigap/jigap/ports"
)

// TestAbout/says_each_thing_once_and_in_one_line: whatever the error says, and whatever id
// was asked for.
//
// TestAbout/keeps_the_error: callers find what they look for.
func TestAbout(t *testing.T) {
	t.Parallel()
	t.Run("says_each_thing_once_and_in_one_line", func(t *testing.T) {
		t.Parallel()
		for text, want := range map[string]string{
			"wallet w: not found":               "withdraw from wallet w: not found",
			"withdraw wallet w: frozen":         "withdraw from wallet w: frozen",
			"withdraw: invalid Memo: is long":   "withdraw from wallet w: invalid Memo: is long",
			"withdraw_end: conflict":            "withdraw from wallet w: conflict",
			"wallet: invalid ID: is blank":      "withdraw from wallet w: invalid ID: is blank",
			"seal: wallet w: is said later":     "withdraw from wallet w: seal: wallet w: is said later",
			"one\ntwo\r\nthree":                 "withdraw from wallet w: one; two; three",
			"wallet w2: another one":            "withdraw from wallet w: wallet w2: another one",
			"withdrawals are closed: until May": "withdraw from wallet w: withdrawals are closed: until May",
		} {
			require.EqualError(t, record.About("withdraw from", "wallet", "w", errors.New(text)), want)
		}
		for _, id := range []string{"", "a\nb", strings.Repeat("x", 1<<20)} {
			require.EqualError(t, record.About("withdraw from", "wallet", id, errors.New("invalid ID")), "withdraw from wallet: invalid ID")
		}
	})
	t.Run("keeps_the_error", func(t *testing.T) {
		t.Parallel()
		err := record.About("withdraw from", "wallet", "w", fmt.Errorf("wallet w: %w", ports.Invalid("Total", "is odd")))
		var invalid *ports.InvalidError
		require.ErrorAs(t, err, &invalid)
		require.ErrorIs(t, err, ports.ErrInvalid)
	})
}

// TestUnknownName/lists_at_most_ten_names: the names are in order, and an empty list is said to be one.
func TestUnknownName(t *testing.T) {
	t.Parallel()
	t.Run("lists_at_most_ten_names", func(t *testing.T) {
		t.Parallel()
		require.EqualError(t, record.UnknownName("Charger", []string{"solapi", "kona"}), "invalid Charger: is not one of the service's (kona, solapi)")
		require.EqualError(t, record.UnknownName("Charger", nil), "invalid Charger: is not one of the service's: it has none")
		require.EqualError(t, record.UnknownName("Charger", strings.Split("bacdefghijkl", "")),
			"invalid Charger: is not one of the service's (a, b, c, d, e, f, g, h, i, j, …)")
	})
}
