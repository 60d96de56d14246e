package ledger_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/memory"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
)

// TestDeduct_of_points_says_what_is_missing: the wallet has cash and no points.
func TestDeduct_of_points_says_what_is_missing(t *testing.T) {
	t.Parallel()
	l, err := ledger.New(memory.New(), ledger.Config{})
	require.NoError(t, err)
	_, err = l.Open(t.Context(), ledger.OpenRequest{WalletID: "w", Currency: "KRW"})
	require.NoError(t, err)
	_, err = l.Credit(t.Context(), ledger.CreditRequest{WalletID: "w", Key: "c", Amount: won(5000)})
	require.NoError(t, err)
	_, err = l.Deduct(t.Context(), ledger.DeductRequest{WalletID: "w", Key: "d", Amount: won(100), Spend: ledger.PointsOnly})
	require.ErrorIs(t, err, ports.ErrInsufficient)
	require.EqualError(t, err, "deduct wallet w: insufficient funds: wants 100 points, has 0")
}

// TestHolds_refuse_text_that_no_record_can_have: in every field of the listing.
func TestHolds_refuse_text_that_no_record_can_have(t *testing.T) {
	t.Parallel()
	l, err := ledger.New(memory.New(), ledger.Config{})
	require.NoError(t, err)
	long := strings.Repeat("x", ports.MaxID+1)
	for name, listing := range map[string]ledger.HoldListing{
		"AfterID": {AfterID: long}, "Provider": {Provider: long}, "ProviderRef": {ProviderRef: "a\x01b"}, "Status": {Statuses: []ports.HoldStatus{"a\x01"}},
	} {
		_, err := l.Holds(t.Context(), listing)
		require.ErrorIs(t, err, ports.ErrInvalid, name)
	}
}
