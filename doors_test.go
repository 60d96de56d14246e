package jigap_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/manual"
	"github.com/jigap/jigap/adapters/memory"
	"github.com/jigap/jigap/autorecharge"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/recharge"
	"github.com/jigap/jigap/withdraw"
	"github.com/jigap/jigap/worker"
)

// rooms are the core over an empty memory store.
type rooms struct {
	wallets   *ledger.Ledger
	recharges *recharge.Service
	payouts   *withdraw.Service
	auto      *autorecharge.Engine
}

func newRooms(t *testing.T) *rooms {
	t.Helper()
	var r rooms
	var err error
	store := memory.New()
	r.wallets, err = ledger.New(store, ledger.Config{})
	require.NoError(t, err)
	r.recharges, err = recharge.New(store, r.wallets, recharge.Config{})
	require.NoError(t, err)
	r.payouts, err = withdraw.New(store, r.wallets, withdraw.Config{}, withdraw.Route{Disburser: manual.New("bank transfer")})
	require.NoError(t, err)
	r.auto, err = autorecharge.New(store, r.wallets, r.recharges, autorecharge.Config{})
	require.NoError(t, err)
	return &r
}

// TestReads/refuse_identifiers_that_no_record_can_have: the error is typed and does not
// repeat what was asked for.
func TestReads(t *testing.T) {
	t.Parallel()
	t.Run("refuse_identifiers_that_no_record_can_have", func(t *testing.T) {
		t.Parallel()
		r := newRooms(t)
		me := ports.By{Who: "me", Why: "gone"}
		reads := map[string]func(ctx context.Context, id string) error{
			"ledger.Wallet":      func(ctx context.Context, id string) error { _, err := r.wallets.Wallet(ctx, id); return err },
			"ledger.EntryByKey":  func(ctx context.Context, id string) error { _, err := r.wallets.EntryByKey(ctx, "w", id); return err },
			"ledger.Verify":      func(ctx context.Context, id string) error { _, err := r.wallets.Verify(ctx, id); return err },
			"ledger.HoldByID":    func(ctx context.Context, id string) error { _, err := r.wallets.HoldByID(ctx, id); return err },
			"autorecharge.Get":   func(ctx context.Context, id string) error { _, err := r.auto.Get(ctx, id); return err },
			"autorecharge.Drift": func(ctx context.Context, id string) error { _, err := r.auto.Drift(ctx, id); return err },
			"autorecharge.Disable": func(ctx context.Context, id string) error {
				_, err := r.auto.Disable(ctx, autorecharge.Act{WalletID: id, By: me})
				return err
			},
			"autorecharge.Reinstate": func(ctx context.Context, id string) error {
				_, err := r.auto.Reinstate(ctx, autorecharge.Act{WalletID: id, By: me})
				return err
			},
			"autorecharge.Evaluate": r.auto.Evaluate,
			"autorecharge.Delete": func(ctx context.Context, id string) error {
				return r.auto.Delete(ctx, autorecharge.Act{WalletID: id, By: me})
			},
			"autorecharge.Explain": func(ctx context.Context, id string) error {
				_, _, err := r.auto.Explain(ctx, id)
				return err
			},
			"autorecharge.Set": func(ctx context.Context, id string) error {
				_, err := r.auto.Set(ctx, autorecharge.SetRequest{WalletID: id, By: me})
				return err
			},
			"autorecharge.Abandon": func(ctx context.Context, id string) error {
				return r.auto.Abandon(ctx, autorecharge.Act{WalletID: id, By: me})
			},
			"recharge.Get":          func(ctx context.Context, id string) error { _, err := r.recharges.Get(ctx, id); return err },
			"recharge.Cancellation": func(ctx context.Context, id string) error { _, err := r.recharges.Cancellation(ctx, id); return err },
			"withdraw.Leave": func(ctx context.Context, id string) error {
				_, err := r.payouts.Leave(ctx, withdraw.LeaveRequest{WalletID: id, Key: "k", Disburser: "bank transfer", By: me})
				return err
			},
			"withdraw.PayFrozen": func(ctx context.Context, id string) error {
				_, err := r.payouts.PayFrozen(ctx, ports.Act{ID: id, By: me})
				return err
			},
			"ledger.Forfeit": func(ctx context.Context, id string) error {
				_, err := r.wallets.Forfeit(ctx, ledger.ForfeitRequest{WalletID: id, Key: "k", By: me})
				return err
			},
			"withdraw.Get": func(ctx context.Context, id string) error { _, err := r.payouts.Get(ctx, id); return err },
			"ledger.History": func(ctx context.Context, id string) error {
				_, err := r.wallets.History(ctx, ports.EntryFilter{WalletID: id})
				return err
			},
			"ledger.BalanceAt": func(ctx context.Context, id string) error {
				_, err := r.wallets.BalanceAt(ctx, id, time.Now())
				return err
			},
		}
		for name, read := range reads {
			for what, id := range map[string]string{"blank": "", "NUL": "a\x00b", "half a rune": "a\xff", "a megabyte": strings.Repeat("x", 1<<20)} {
				err := read(t.Context(), id)
				require.ErrorIs(t, err, ports.ErrInvalid, "%s: %s", name, what)
				require.Less(t, len(err.Error()), 300, "%s: %s", name, what)
			}
		}
		for what, id := range map[string]string{"NUL": "a\x00b", "half a rune": "a\xff"} {
			_, err := r.wallets.Holds(t.Context(), ledger.HoldListing{WalletID: id})
			require.ErrorIs(t, err, ports.ErrInvalid, "ledger.Holds: %s", what)
			_, err = r.wallets.Wallets(t.Context(), ledger.WalletListing{AfterID: id})
			require.ErrorIs(t, err, ports.ErrInvalid, "ledger.Wallets: %s", what)
			_, err = r.recharges.List(t.Context(), recharge.Listing{ProviderRef: id})
			require.ErrorIs(t, err, ports.ErrInvalid, "recharge.List: %s", what)
			_, err = r.payouts.List(t.Context(), withdraw.Listing{Reference: id})
			require.ErrorIs(t, err, ports.ErrInvalid, "withdraw.List: %s", what)
			_, err = r.auto.List(t.Context(), autorecharge.Listing{Provider: id})
			require.ErrorIs(t, err, ports.ErrInvalid, "autorecharge.List: %s", what)
		}
	})
}

// TestLimits/refuse_what_is_not_positive: a limit that is not positive is refused, and
// no call with one runs for ever.
func TestLimits(t *testing.T) {
	t.Parallel()
	t.Run("refuse_what_is_not_positive", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			r := newRooms(t)
			limited := map[string]func(ctx context.Context, limit int) error{
				"ledger.ExpireHolds": func(ctx context.Context, n int) error { _, err := r.wallets.ExpireHolds(ctx, n); return err },
				"ledger.ExpireLots":  func(ctx context.Context, n int) error { _, err := r.wallets.ExpireLots(ctx, n); return err },
				"recharge.Follow":    func(ctx context.Context, n int) error { _, err := r.recharges.Follow(ctx, n); return err },
				"withdraw.Follow":    func(ctx context.Context, n int) error { _, err := r.payouts.Follow(ctx, n); return err },
				"autorecharge.Sweep": func(ctx context.Context, n int) error { _, err := r.auto.Sweep(ctx, n); return err },
			}
			for name, call := range limited {
				for _, limit := range []int{0, -1} {
					require.ErrorIs(t, call(t.Context(), limit), ports.ErrInvalid, "%s(%d)", name, limit)
				}
			}
			listed := map[string]func(ctx context.Context, limit int) error{ // for which zero is the default
				"ledger.History": func(ctx context.Context, n int) error {
					_, err := r.wallets.History(ctx, ports.EntryFilter{WalletID: "w", Limit: n})
					return err
				},
				"ledger.Holds": func(ctx context.Context, n int) error {
					_, err := r.wallets.Holds(ctx, ledger.HoldListing{WalletID: "w", Limit: n})
					return err
				},
				"ledger.Feed": func(ctx context.Context, n int) error { _, err := r.wallets.Feed(ctx, "", n); return err },
				"ledger.Wallets": func(ctx context.Context, n int) error {
					_, err := r.wallets.Wallets(ctx, ledger.WalletListing{Limit: n})
					return err
				},
				"recharge.List": func(ctx context.Context, n int) error {
					_, err := r.recharges.List(ctx, recharge.Listing{Limit: n})
					return err
				},
				"recharge.Cancellations": func(ctx context.Context, n int) error {
					_, err := r.recharges.Cancellations(ctx, recharge.CancelListing{Limit: n})
					return err
				},
				"withdraw.List": func(ctx context.Context, n int) error {
					_, err := r.payouts.List(ctx, withdraw.Listing{Limit: n})
					return err
				},
				"autorecharge.List": func(ctx context.Context, n int) error {
					_, err := r.auto.List(ctx, autorecharge.Listing{Limit: n})
					return err
				},
			}
			for name, call := range listed {
				require.ErrorIs(t, call(t.Context(), -1), ports.ErrInvalid, "%s(-1)", name)
			}
		})
	})
}

// TestParallel/is_bounded: a number of goroutines that no machine has is refused.
func TestParallel(t *testing.T) {
	t.Parallel()
	t.Run("is bounded", func(t *testing.T) {
		t.Parallel()
		store := memory.New()
		const many = 1 << 20
		_, err := ledger.New(store, ledger.Config{Parallel: many})
		require.ErrorIs(t, err, ports.ErrInvalid)
		wallets, err := ledger.New(store, ledger.Config{})
		require.NoError(t, err)
		recharges, err := recharge.New(store, wallets, recharge.Config{})
		require.NoError(t, err)
		_, err = autorecharge.New(store, wallets, recharges, autorecharge.Config{Parallel: many})
		require.ErrorIs(t, err, ports.ErrInvalid)
		job := worker.Job{Name: "job", Step: func(context.Context, int) (int, error) { return 0, nil }, Parallel: many}
		_, err = worker.New(worker.Config{}, job)
		require.ErrorIs(t, err, ports.ErrInvalid)
	})
}
