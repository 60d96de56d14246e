package recharge_test

import (
	"testing"
	"time"

	"github.com/jigap/jigap/adapters/memory"
	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/internal/ordertest"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/recharge"
)

// TestNew also has parts that are nil in an interface, and a ledger that its New did not make.
func TestNew(t *testing.T) {
	t.Parallel()
	var none *ordertest.Absent
	ordertest.TestNew(t, ordertest.Faults{
		Room: "recharge",
		All: func() error {
			_, err := recharge.New((*memory.Store)(nil), &ledger.Ledger{}, recharge.Config{
				Clock: none, IDs: none, Notifier: none, Timeout: -1, InquireAfter: -1, ReviewAfter: -1,
			}, (*bank)(nil))
			return err
		},
		Want: "invalid store: is a nil *memory.Store; invalid ledger: was not made by its New; " +
			"invalid Clock: is a nil *ordertest.Absent; invalid IDs: is a nil *ordertest.Absent; invalid Notifier: is a nil *ordertest.Absent; " +
			"invalid Timeout: is negative; invalid InquireAfter: is negative; invalid ReviewAfter: is negative; invalid chargers: has one that is nil",
		None: func() error { _, err := recharge.New(nil, nil, recharge.Config{}); return err },
		Build: func(reviewAfter time.Duration, decorated bool) error {
			var charger ports.Charger = ordertest.QuietCharger{}
			if decorated {
				charger = traced{charger}
			}
			store := memory.New()
			_, err := recharge.New(store, ordertest.Ledger(t, store, crashtest.NewClock()), recharge.Config{ReviewAfter: reviewAfter}, charger)
			return err
		},
	})
}
