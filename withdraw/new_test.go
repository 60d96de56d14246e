package withdraw_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/memory"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/withdraw"
)

// TestNew/names_every_fault_in_a_fixed_order: also parts that are nil in an interface, and a
// ledger that its New did not make.
func TestNew(t *testing.T) {
	t.Parallel()
	t.Run("names_every_fault_in_a_fixed_order", func(t *testing.T) {
		t.Parallel()
		const want = "withdraw: invalid store: is a nil *memory.Store; invalid ledger: was not made by its New; " +
			"invalid Clock: is a nil *withdraw_test.absent; invalid IDs: is a nil *withdraw_test.absent; " +
			"invalid Sealer: is a nil *withdraw_test.absent; invalid Notifier: is a nil *withdraw_test.absent; " +
			"invalid Timeout: is negative; invalid InquireAfter: is negative; invalid ReviewAfter: is negative; " +
			"invalid Guard: is a nil *withdraw_test.absent; invalid routes: has one without a disburser"
		var none *absent
		for range 20 {
			_, err := withdraw.New((*memory.Store)(nil), &ledger.Ledger{}, withdraw.Config{
				Clock: none, IDs: none, Sealer: none, Notifier: none, Guard: none, Timeout: -1, InquireAfter: -1, ReviewAfter: -1,
			}, withdraw.Route{Disburser: (*bank)(nil)})
			require.ErrorIs(t, err, ports.ErrInvalid)
			require.EqualError(t, err, want)
		}
		_, err := withdraw.New(nil, nil, withdraw.Config{})
		require.EqualError(t, err, "withdraw: invalid store: is nil; invalid ledger: is a nil *ledger.Ledger")
	})
	t.Run("refuses_a_ReviewAfter_that_is_shorter_than_a_quiet_period", func(t *testing.T) {
		t.Parallel()
		store := memory.New()
		wallets, err := ledger.New(store, ledger.Config{})
		require.NoError(t, err)
		for reviewAfter, want := range map[time.Duration]string{
			0: "", 30 * time.Minute: "", -1: "withdraw: invalid ReviewAfter: is negative",
			30*time.Minute - 1: "withdraw: invalid ReviewAfter: is shorter than the quiet period of quiet, 30m0s",
		} {
			for _, part := range []ports.Disburser{quieter{}, wrapped{quieter{}}} {
				_, err := withdraw.New(store, wallets, withdraw.Config{ReviewAfter: reviewAfter}, withdraw.Route{Disburser: part})
				if want == "" {
					require.NoError(t, err)
					continue
				}
				require.ErrorIs(t, err, ports.ErrInvalid)
				require.EqualError(t, err, want)
			}
		}
	})
}

// absent is a part of any kind that is never there.
type absent struct {
	ports.Clock
	ports.IDs
	ports.Sealer
	ports.Notifier
	withdraw.Guard
}

// quieter is an adapter with a quiet period, and wrapped is one that decorates it.
type quieter struct{ ports.Disburser }

func (quieter) Name() string               { return "quiet" }
func (quieter) QuietPeriod() time.Duration { return 30 * time.Minute }

type wrapped struct{ ports.Disburser }

func (w wrapped) Unwrap() ports.Disburser { return w.Disburser }
