package withdraw_test

import (
	"testing"
	"time"

	"github.com/jigap/jigap/adapters/memory"
	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/internal/ordertest"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/withdraw"
)

// TestNew also has parts that are nil in an interface, and a ledger that its New did not make.
func TestNew(t *testing.T) {
	t.Parallel()
	build := func(store ports.Store, wallets *ledger.Ledger, config withdraw.Config, routes ...withdraw.Route) error {
		_, err := withdraw.New(store, wallets, config, routes...)
		return err
	}
	var none *ordertest.Absent
	faulty := withdraw.Config{Clock: none, IDs: none, Sealer: none, Notifier: none, Guard: (*absentGuard)(nil), Timeout: -1, InquireAfter: -1, ReviewAfter: -1}
	ordertest.TestNew(t, ordertest.Faults{
		Room: "withdraw",
		None: func() error { return build(nil, nil, withdraw.Config{}) },
		All: func() error {
			return build((*memory.Store)(nil), &ledger.Ledger{}, faulty, withdraw.Route{Disburser: (*bank)(nil)})
		},
		Build: func(reviewAfter time.Duration, decorated bool) error {
			var quiet ports.Disburser = ordertest.QuietDisburser{}
			if decorated {
				quiet = traced{quiet}
			}
			store := memory.New()
			return build(store, ordertest.Ledger(t, store, crashtest.NewClock()), withdraw.Config{ReviewAfter: reviewAfter}, withdraw.Route{Disburser: quiet})
		},
		Want: "invalid store: is a nil *memory.Store; invalid ledger: was not made by its New; invalid Clock: is a nil *ordertest.Absent; " +
			"invalid IDs: is a nil *ordertest.Absent; invalid Sealer: is a nil *ordertest.Absent; invalid Notifier: is a nil *ordertest.Absent; " +
			"invalid Timeout: is negative; invalid InquireAfter: is negative; invalid ReviewAfter: is negative; " +
			"invalid Guard: is a nil *withdraw_test.absentGuard; invalid routes: has one without a disburser",
	})
}

// traced decorates a Disburser.
type traced struct{ ports.Disburser }

// absentGuard is a Guard that is never there.
type absentGuard struct{ withdraw.Guard }

func (t traced) Unwrap() ports.Disburser { return t.Disburser }
