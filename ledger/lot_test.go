package ledger_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
)

// TestLotsAreSpentNearestExpiryFirst: then the lower priority, then the older lot; lots
// that never expire come last. A refund gives back to the lots that were taken from.
func TestLotsAreSpentNearestExpiryFirst(t *testing.T) {
	t.Parallel()
	f := setup(t)
	ctx := t.Context()
	soon, late := f.clock.Now().Add(time.Hour), f.clock.Now().Add(48*time.Hour)
	lots := make(map[int64]string)
	for _, lot := range []struct {
		name     string
		expires  time.Time
		priority int32
	}{
		{"never", time.Time{}, -1},
		{"late, second", late, 2},
		{"late, first", late, 1},
		{"soon, older", soon, 5},
		{"soon, younger", soon, 5},
	} {
		receipt, err := f.Grant(ctx, ledger.GrantRequest{
			WalletID: "w", Key: lot.name, Amount: won(10), ExpiresAt: lot.expires, Priority: lot.priority,
		})
		require.NoError(t, err)
		lots[receipt.Entry.Seq] = lot.name
	}
	order := func(changes []ports.LotChange) (names []string) {
		for _, change := range changes {
			names = append(names, lots[change.LotID])
		}
		return names
	}
	spent, err := f.Deduct(ctx, ledger.DeductRequest{WalletID: "w", Key: "debit", Amount: won(45)})
	require.NoError(t, err)
	require.Equal(t, []string{"soon, older", "soon, younger", "late, first", "late, second", "never"}, order(spent.Entry.Lots))
	requireDecimal(t, -5, spent.Entry.Lots[4].Amount, "of the last lot")

	back, err := f.Refund(ctx, ledger.RefundRequest{WalletID: "w", Key: "refund", Of: "debit", All: true})
	require.NoError(t, err)
	require.ElementsMatch(t, order(spent.Entry.Lots), order(back.Entry.Lots))
	wallet, err := f.Wallet(ctx, "w")
	require.NoError(t, err)
	requireDecimal(t, 50, wallet.Point, "points")
}
