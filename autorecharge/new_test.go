package autorecharge_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/memory"
	"github.com/jigap/jigap/autorecharge"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/recharge"
)

// TestNew/names_every_fault_in_a_fixed_order: also parts that are nil in an interface, and
// a ledger, a service and a trigger that were not made by their constructors.
func TestNew(t *testing.T) {
	t.Parallel()
	t.Run("names_every_fault_in_a_fixed_order", func(t *testing.T) {
		t.Parallel()
		const want = "autorecharge: invalid store: is a nil *memory.Store; invalid ledger: was not made by its New; " +
			"invalid recharges: was not made by its New; " +
			"invalid Clock: is a nil *autorecharge_test.absent; invalid IDs: is a nil *autorecharge_test.absent; " +
			"invalid Notifier: is a nil *autorecharge_test.absent; invalid Trigger: was not made by NewTrigger; " +
			"invalid Lease: is negative; invalid Parallel: is negative"
		var none *absent
		_, err := autorecharge.New((*memory.Store)(nil), &ledger.Ledger{}, &recharge.Service{}, autorecharge.Config{
			Clock: none, IDs: none, Notifier: none, Trigger: &autorecharge.Trigger{}, Lease: -1, Parallel: -1,
		})
		require.ErrorIs(t, err, ports.ErrInvalid)
		require.EqualError(t, err, want)
		_, err = autorecharge.New(nil, nil, nil, autorecharge.Config{})
		require.EqualError(t, err, "autorecharge: invalid store: is nil; invalid ledger: is a nil *ledger.Ledger; invalid recharges: is a nil *recharge.Service")
	})
}

// absent is a part of any kind that is never there.
type absent struct {
	ports.Clock
	ports.IDs
	ports.Notifier
}
