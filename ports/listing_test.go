package ports_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/ports"
)

// TestListing_Filter_carries_every_condition sets each field of a Listing.
func TestListing_Filter_carries_every_condition(t *testing.T) {
	t.Parallel()
	from, before := time.Unix(10, 0), time.Unix(20, 0)
	filter, err := ports.Listing[ports.RechargeStatus]{
		WalletID: "w", Statuses: []ports.RechargeStatus{ports.RechargeReview}, Open: true, Provider: "card", Reference: "order 1",
		ProviderRef: "tx1", CreatedFrom: from, CreatedBefore: before, NewestFirst: true, AfterID: "r1", Limit: 7,
	}.Filter(ports.KindRecharge)
	require.NoError(t, err)
	require.Equal(t, ports.OperationFilter{
		Kind: ports.KindRecharge, WalletID: "w", Statuses: []string{"review"}, Open: true, Providers: []string{"card"}, Reference: "order 1",
		ProviderRef: "tx1", CreatedFrom: from, CreatedBefore: before, NewestFirst: true, AfterID: "r1", Limit: 7,
	}, filter)
}

// TestPageLimit_bounds_a_page: zero is the default, a great limit is cut, a negative one is
// an error.
func TestPageLimit_bounds_a_page(t *testing.T) {
	t.Parallel()
	for asked, want := range map[int]int{0: 100, 1: 1, 1000: 1000, 1001: 1000} {
		limit, err := ports.PageLimit(asked)
		require.NoError(t, err)
		require.Equal(t, want, limit, "asked %d", asked)
	}
	_, err := ports.PageLimit(-1)
	require.ErrorIs(t, err, ports.ErrInvalid)
	_, err = ports.Listing[ports.HoldStatus]{Limit: -1}.Filter(ports.KindHold)
	require.ErrorIs(t, err, ports.ErrInvalid)
}
