package portstest //nolint:testpackage // it reads what the suite prints

import (
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestDifferences names the fields that differ, and no other.
func TestDifferences(t *testing.T) {
	t.Parallel()
	s := &storeTest{Assertions: require.New(t), t: t}
	want := filledWallet().Wallets[0]
	got := want.Clone()
	got.BalanceHeld = got.BalanceHeld.Truncate(0)
	got.Lots[2].Priority++
	require.Equal(t, []string{
		"BalanceHeld: written " + want.BalanceHeld.String() + ", read " + got.BalanceHeld.String(),
		"Lots[2].Priority: written 23, read 24",
	}, s.differences("", reflect.ValueOf(want), reflect.ValueOf(got)))
	got.Lots = got.Lots[:3]
	require.Contains(t, s.differences("", reflect.ValueOf(want), reflect.ValueOf(got)), "Lots: written 12, read 3 elements")

	op := filledOperations()[0]
	next := touched(op)
	require.Len(t, s.differences("", reflect.ValueOf(op).Elem(), reflect.ValueOf(next).Elem()), 1, "Version alone")
}
