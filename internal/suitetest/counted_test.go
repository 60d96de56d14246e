package suitetest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/jigap/jigap/internal/suitetest"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/ports/portstest"
)

// counted is a Charger whose provider knows no id of ours: an order is found again because
// it was not there before. It ends orders for want of a trace.
type counted struct{ *till }

const (
	countedStale = time.Minute      // no order is sent so long after its SentAt
	countedQuiet = 15 * time.Minute // an order that left no trace for so long was not sent
)

func (c counted) Charger() ports.Charger               { return c }
func (c counted) Name() string                         { return "counted" }
func (c counted) Lane(ports.ChargeOrder) string        { return "counted" }
func (c counted) Elsewhere() (ports.ChargeOrder, bool) { return ports.ChargeOrder{}, false }
func (c counted) QuietPeriod() time.Duration           { return countedQuiet }

// all returns every sale of the till.
func (c counted) all(ctx context.Context) ([]sale, error) {
	var all []sale
	for page := 0; ; page++ {
		sales, err := c.list(ctx, page)
		if err != nil || len(sales) == 0 {
			return all, err
		}
		all = append(all, sales...)
	}
}

func (c counted) Prepare(ctx context.Context, order ports.ChargeOrder) ([]byte, *ports.ChargeAnswer) {
	if refusal := checkCharge(order); refusal != nil {
		return nil, refusal
	}
	sales, err := c.all(ctx)
	if err != nil {
		return nil, &ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeNotSent}}
	}
	known := []string{}
	for _, s := range sales {
		known = append(known, s.ref)
	}
	evidence, _ := json.Marshal(known)
	return evidence, nil
}

func (c counted) Charge(ctx context.Context, order ports.ChargeOrder) ports.ChargeAnswer {
	var known []string
	if checkCharge(order) != nil || json.Unmarshal(order.Evidence, &known) != nil {
		return ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeFault, Code: "invalid"}}
	}
	if c.Now().Sub(order.SentAt) > countedStale {
		return ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeNotSent}}
	}
	c.mu.Lock()
	c.made++
	key := fmt.Sprint("request ", c.made) // the till's own, of which the adapter knows nothing
	c.mu.Unlock()
	ref, err := c.charge(ctx, key, order.Amount, "")
	answer := sent(ref, err, order.Transmissions)
	if order.Transmissions > 1 && answer.Outcome == ports.OutcomeDeclined {
		answer.Outcome = ports.OutcomeUnknown
	}
	return ports.ChargeAnswer{Answer: answer}
}

func (c counted) Inquire(ctx context.Context, order ports.ChargeOrder) ports.ChargeAnswer {
	var known []string
	if json.Unmarshal(order.Evidence, &known) != nil {
		return ports.ChargeAnswer{Answer: ports.Answer{Review: "the evidence cannot be read"}}
	}
	sales, err := c.all(ctx)
	if err != nil {
		return ports.ChargeAnswer{}
	}
	sales = slices.DeleteFunc(sales, func(s sale) bool { return slices.Contains(known, s.ref) || !s.amount.Equal(order.Amount) })
	switch {
	case len(sales) > 1:
		return ports.ChargeAnswer{Answer: ports.Answer{Review: "several new sales could be the order"}}
	case len(sales) == 1:
		return ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeApproved, ProviderRef: sales[0].ref}}
	case order.Transmissions == 1 && c.Now().Sub(order.SentAt) >= countedQuiet:
		return ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeNotSent}}
	}
	return ports.ChargeAnswer{}
}

func newCounted(*testing.T) portstest.ChargerHarness { return counted{newTill()} }

// A Charger whose provider knows no id of ours passes the suite.
func TestCharger_without_an_id(t *testing.T) {
	t.Parallel()
	portstest.TestCharger(t, newCounted)
}

func TestCharger_flaws_without_an_id(t *testing.T) {
	t.Parallel()
	suitetest.Run(t, suitetest.Subject[portstest.ChargerHarness]{Suite: portstest.TestCharger, New: newCounted},
		slices.Concat(suitetest.EvidenceChargerFlaws(), suitetest.TracingChargerFlaws()))
}
