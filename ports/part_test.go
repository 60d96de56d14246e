package ports_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/ports"
)

type part struct{ made bool }

// TestCheckPart/refuses_nil_and_a_nil_in_an_interface: a zero value is no fault, unless
// only a constructor can make one.
func TestCheckPart(t *testing.T) {
	t.Parallel()
	t.Run("refuses_nil_and_a_nil_in_an_interface", func(t *testing.T) {
		t.Parallel()
		require.ErrorContains(t, ports.CheckPart("store", nil), "store: is nil")
		require.ErrorContains(t, ports.CheckPart("store", (*part)(nil)), "store: is a nil *ports_test.part")
		require.ErrorIs(t, ports.CheckPart("store", (func())(nil)), ports.ErrInvalid)
		require.NoError(t, ports.CheckPart("store", &part{}))
		require.NoError(t, ports.CheckPart("store", part{}))
		require.NoError(t, ports.CheckOption("store", nil))
		require.ErrorIs(t, ports.CheckOption("store", (*part)(nil)), ports.ErrInvalid)
		require.ErrorIs(t, ports.CheckMade[part]("ledger", nil), ports.ErrInvalid)
		require.ErrorContains(t, ports.CheckMade("ledger", &part{}), "ledger: was not made by its New")
		require.NoError(t, ports.CheckMade("ledger", &part{made: true}))
	})
}
