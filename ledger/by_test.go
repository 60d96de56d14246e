package ledger_test

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
)

// personAct is an act of a person on wallet "w", under the key "act", and what makes the
// wallet ready for it.
type personAct struct {
	ready func(context.Context, *ledger.Ledger) error
	act   func(context.Context, *ledger.Ledger, ports.By, ledger.Note) (ledger.Receipt, error)
}

// personActs are the operations that must name who asks and why.
func personActs() map[string]personAct {
	nothing := func(context.Context, *ledger.Ledger) error { return nil }
	frozen := func(ctx context.Context, l *ledger.Ledger) error {
		_, err := l.Freeze(ctx, ledger.StatusRequest{WalletID: "w", Key: "freeze", By: ports.By{Who: "lee", Why: "a hunch"}})
		return err
	}
	emptied := func(ctx context.Context, l *ledger.Ledger) error {
		_, err := l.Deduct(ctx, ledger.DeductRequest{WalletID: "w", Key: "all", Amount: won(10_000)})
		return err
	}
	rewarded := func(ctx context.Context, l *ledger.Ledger) error {
		_, err := l.Grant(ctx, ledger.GrantRequest{WalletID: "w", Key: "points", Amount: won(100)})
		return err
	}
	return map[string]personAct{
		"forfeit": {rewarded, func(ctx context.Context, l *ledger.Ledger, by ports.By, n ledger.Note) (ledger.Receipt, error) {
			return l.Forfeit(ctx, ledger.ForfeitRequest{WalletID: "w", Key: "act", By: by, Note: n})
		}},
		"adjust": {nothing, func(ctx context.Context, l *ledger.Ledger, by ports.By, n ledger.Note) (ledger.Receipt, error) {
			return l.Adjust(ctx, ledger.AdjustRequest{WalletID: "w", Key: "act", Balance: won(5), By: by, Note: n})
		}},
		"freeze": {nothing, func(ctx context.Context, l *ledger.Ledger, by ports.By, n ledger.Note) (ledger.Receipt, error) {
			return l.Freeze(ctx, ledger.StatusRequest{WalletID: "w", Key: "act", By: by, Note: n})
		}},
		"unfreeze": {frozen, func(ctx context.Context, l *ledger.Ledger, by ports.By, n ledger.Note) (ledger.Receipt, error) {
			return l.Unfreeze(ctx, ledger.StatusRequest{WalletID: "w", Key: "act", By: by, Note: n})
		}},
		"rescale": {nothing, func(ctx context.Context, l *ledger.Ledger, by ports.By, n ledger.Note) (ledger.Receipt, error) {
			return l.Rescale(ctx, ledger.RescaleRequest{WalletID: "w", Key: "act", Scale: 2, By: by, Note: n})
		}},
		"close": {emptied, func(ctx context.Context, l *ledger.Ledger, by ports.By, n ledger.Note) (ledger.Receipt, error) {
			return l.Close(ctx, ledger.StatusRequest{WalletID: "w", Key: "act", By: by, Note: n})
		}},
	}
}

// TestLedger_acts_of_people shows for each act of a person that it names who asks and why,
// and that the history keeps both.
func TestLedger_acts_of_people(t *testing.T) {
	t.Parallel()
	for name, test := range personActs() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := setup(t)
			by := ports.By{Who: "kim", Why: "the bank called"}
			note := ledger.Note{Reference: "case-7"}
			require.NoError(t, test.ready(t.Context(), f.Ledger))
			f.requireUnchanged(t, func() {
				for field, bad := range map[string]ports.By{
					"Who": {Why: "the bank called"}, "Why": {Who: "kim"},
				} {
					_, err := test.act(t.Context(), f.Ledger, bad, note)
					requireInvalid(t, err, field)
				}
				_, err := test.act(t.Context(), f.Ledger, ports.By{Who: "kim", Why: strings.Repeat("x", 501)}, note)
				requireInvalid(t, err, "Why")
				_, err = test.act(t.Context(), f.Ledger, by, ledger.Note{Memo: "another reason"})
				requireInvalid(t, err, "Memo")
			})
			receipt, err := test.act(t.Context(), f.Ledger, by, note)
			require.NoError(t, err)
			entry, err := f.EntryByKey(t.Context(), "w", "act")
			require.NoError(t, err)
			require.Equal(t, receipt.Entry, entry)
			require.Equal(t, []string{"kim", "the bank called", "case-7"}, []string{entry.Who, entry.Memo, entry.Reference})
			again, err := test.act(t.Context(), f.Ledger, by, note)
			require.NoError(t, err)
			require.True(t, again.Replayed)
			_, err = test.act(t.Context(), f.Ledger, ports.By{Who: "lee", Why: by.Why}, note)
			require.ErrorIs(t, err, ports.ErrKeyReused, "another person asks for something else")
			_, err = test.act(t.Context(), f.Ledger, ports.By{Who: by.Who, Why: "a guess"}, note)
			require.ErrorIs(t, err, ports.ErrKeyReused, "another reason is another request")
			_, err = f.Verify(t.Context(), "w")
			require.NoError(t, err)
		})
	}
}
