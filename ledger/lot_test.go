package ledger_test

import (
	"slices"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
)

// TestDeduct_spends_the_lot_that_expires_first: then the lower priority, then the older lot; lots
// that never expire come last. A refund gives back to the lots that were taken from.
func TestDeduct_spends_the_lot_that_expires_first(t *testing.T) {
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

// TestEntries_OccurredAt/points_expire_when_they_come_back: points that come back to a
// lot that has expired expire at that moment, so that the entries up to any moment, by
// OccurredAt, add up to what the wallet had.
func TestEntries_OccurredAt(t *testing.T) {
	t.Parallel()
	t.Run("points_expire_when_they_come_back", func(t *testing.T) {
		t.Parallel()
		for name, back := range map[string]func(t *testing.T, f *fixture, hold string){
			"refund": func(t *testing.T, f *fixture, _ string) {
				t.Helper()
				_, err := f.Refund(t.Context(), ledger.RefundRequest{WalletID: "w", Key: "back", Of: "spent", All: true})
				require.NoError(t, err)
			},
			"release": func(t *testing.T, f *fixture, hold string) {
				t.Helper()
				_, err := f.Release(t.Context(), ledger.ReleaseRequest{HoldID: hold, Key: "back"})
				require.NoError(t, err)
			},
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				f := setup(t)
				ctx := t.Context()
				expires := f.clock.Now().Add(time.Hour)
				_, err := f.Grant(ctx, ledger.GrantRequest{WalletID: "w", Key: "grant", Amount: won(1600), ExpiresAt: expires})
				require.NoError(t, err)
				_, err = f.Deduct(ctx, ledger.DeductRequest{WalletID: "w", Key: "spent", Amount: won(600)})
				require.NoError(t, err)
				held, err := f.Hold(ctx, ledger.HoldRequest{WalletID: "w", Key: "hold", Amount: won(600)})
				require.NoError(t, err)
				f.clock.advance(2 * time.Hour)
				back(t, f, held.Hold.ID)
				came := f.clock.Now()
				f.clock.advance(time.Hour)
				_, err = f.ExpireLots(ctx, 10)
				require.NoError(t, err)
				requireNeverNegative(t, f)
				var expired []time.Time
				for entry, err := range f.Entries(ctx, ports.EntryFilter{WalletID: "w", Types: []ports.EntryType{ports.EntryExpire}}) {
					require.NoError(t, err)
					expired = append(expired, entry.OccurredAt)
				}
				require.Equal(t, []time.Time{expires, came}, expired)
			})
		}
	})
}

// requireNeverNegative adds up the points of wallet "w" in order of OccurredAt.
func requireNeverNegative(t *testing.T, f *fixture) {
	t.Helper()
	var entries []ports.Entry
	for entry, err := range f.Entries(t.Context(), ports.EntryFilter{WalletID: "w"}) {
		require.NoError(t, err)
		entries = append(entries, entry)
	}
	slices.SortStableFunc(entries, func(a, b ports.Entry) int { return a.OccurredAt.Compare(b.OccurredAt) })
	var points decimal.Decimal
	for _, entry := range entries {
		points = points.Add(entry.PointAmount)
		require.False(t, points.IsNegative(), "%s points after %s of %s", points, entry.Type, entry.OccurredAt)
	}
}
