package suitetest_test

import (
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/internal/suitetest"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/ports/portstest"
)

// careless is a harness with a flaw of its own, of a good Charger.
type careless struct {
	portstest.ChargerHarness
	flaw string
}

const (
	flawClockStands  = "has a clock that stands still"
	flawSameID       = "gives all orders one OperationID"
	flawOtherAmounts = "gives orders different amounts"
	flawNoBooks      = "shows no books"
	flawNoFaults     = "says that faults happen, and has none"
)

func (c careless) Advance(by time.Duration) {
	if c.flaw != flawClockStands {
		c.ChargerHarness.Advance(by)
	}
}

func (c careless) NewOrder() ports.ChargeOrder {
	order := c.ChargerHarness.NewOrder()
	switch c.flaw {
	case flawSameID:
		order.OperationID = "order"
	case flawOtherAmounts:
		order.Amount = order.Amount.Add(decimal.NewFromInt(int64(len(order.OperationID) + int(order.OperationID[len(order.OperationID)-1]))))
	}
	return order
}

func (c careless) Booked() []decimal.Decimal {
	if c.flaw == flawNoBooks {
		return nil
	}
	return c.ChargerHarness.Booked()
}

func (c careless) Break(fault portstest.Fault) bool {
	return c.flaw == flawNoFaults || c.ChargerHarness.Break(fault)
}

// TestCharger_flaws_of_harnesses breaks the harness and not the adapter: a scenario says so.
func TestCharger_flaws_of_harnesses(t *testing.T) {
	t.Parallel()
	var flaws []suitetest.Flaw[portstest.ChargerHarness]
	for _, flaw := range []string{flawClockStands, flawSameID, flawOtherAmounts, flawNoBooks, flawNoFaults} {
		flaws = append(flaws, suitetest.Flaw[portstest.ChargerHarness]{
			Name: flaw, Scenario: "the harness is sound",
			Of: func(good portstest.ChargerHarness) portstest.ChargerHarness { return careless{good, flaw} },
		})
	}
	suitetest.Run(t, suitetest.Subject[portstest.ChargerHarness]{Suite: portstest.TestCharger, New: newKeyed(keyedAsks)}, flaws)
}
