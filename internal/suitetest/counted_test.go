package suitetest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/internal/suitetest"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/ports/portstest"
)

// counted is a Charger whose provider knows no id of ours: an order is found again because
// it was not there before. It ends orders for want of a trace.
type counted struct {
	*till
	flaw    string
	quiet   time.Duration
	pause   time.Duration // between inquiries, as it asks for; zero leaves it to the core
	endless bool          // it ends no order for want of a trace
}

// The flaws of such a Charger.
const (
	flawFirstPage  = "reads the first page only"
	flawAnyAmount  = "looks at new sales of any amount"
	flawAnySale    = "looks at sales of the amount, new or not"
	flawNewestSale = "takes the newest of several new sales for the order"
	flawOldestSale = "takes the oldest of several new sales for the order"
	flawNoPatience = "gives an order up after a second"
	flawLongStale  = "sends an order that waited for as long as an inquiry does"
	flawFromStart  = "counts the quiet period from the time at which the order was written down"

	flawFirstKnown   = "remembers the first page of what was there before"
	flawBreaksOff    = "takes a list that breaks off for whole"
	flawLaneOfWallet = "gives each wallet a lane"
	flawLateStale    = "sends an order until a minute before an inquiry gives it up"
	flawShortQuiet   = "gives orders up before its quiet period is over"
	flawSwallows     = "prepares as if there were no sales when it cannot ask"
	flawHalfPrepared = "prepares with half of a list that breaks off"
	flawHalfWaited   = "prepares with half of a list when its context ends"
	flawHalfLooked   = "takes a list for whole when its context ends"
	flawThreePages   = "reads three pages at most"
	flawNearAmount   = "takes an amount that differs by a won for that of the order"
	flawOtherWay     = "takes what was paid out for what was paid in"
	flawAnyKind      = "takes a gift for an order"
	flawSameDay      = "looks at the sales of one day only"
	flawTenMinutes   = "looks at the sales of ten minutes only"
	flawExactClock   = "looks at sales since SentAt by the clock of the adapter"
	flawAnyLater     = "takes a sale for the order however late it was"
	flawAnyEarlier   = "takes a sale for the order that was made before it and is shown later"
	flawFullLane     = "writes the payment method into the lane, however long it is"
)

// countedFlaws are these flaws.
func countedFlaws() []suitetest.Flaw[portstest.ChargerHarness] {
	const (
		finds    = "Inquire finds out what became of an order that was, or may have been, sent."
		trace    = "For want of a trace it answers OutcomeNotSent only once no Charge can be about to send the order, and the provider can no longer start it"
		ref      = "No other order of the adapter has it"
		givenUp  = "Charge must move no money for an order that an inquiry may have given up."
		before   = "an order is not taken for the one before it"
		unasked  = "A question of Prepare that failed says nothing of the order: Prepare goes without it, or refuses with OutcomeNotSent or OutcomeFault."
		everyDay = "the lane of an order is the same on every day, and one that a record can have"
	)
	return []suitetest.Flaw[portstest.ChargerHarness]{
		countedThat(flawFirstPage, finds, "an order is found among those of others"),
		countedThat(flawAnyAmount, ref, "an order is found among those of others"),
		countedThat(flawAnySale, ref, before),
		countedThat(flawNewestSale, ref, "an order is not taken for those of others"),
		countedThat(flawOldestSale, ref, "an order is not taken for those of others"),
		countedThat(flawNoPatience, trace, "provider: connection lost, and the effect happens minutes later"),
		countedThat(flawLongStale, givenUp, "an order that an inquiry gave up is not sent"),
		countedThat(flawFromStart, trace, "provider: connection lost, and the effect happens minutes later"),
		countedThat(flawFirstKnown, finds, "an order is found among many of its own kind"),
		countedThat(flawBreaksOff, "A question that failed, or that ctx ended, is no answer: it returns OutcomeUnknown, or OutcomePending when that is what was known.", "an answer that ends too early is no answer"),
		countedThat(flawLaneOfWallet, "Lane returns the lane in which the order must travel: while an order is open no other is sent in its lane.", "orders of several wallets are kept apart"),
		countedThat(flawLateStale, givenUp, "an order that is sent at the last moment ends as it was executed"),
		countedThat(flawShortQuiet, "from ChargeOrder.SentAt or PayoutOrder.SentAt on, and for a Canceler from CancelOrder.SentAt on.", "no order ends within the quiet period for want of a trace"),
		countedThat(flawHalfPrepared, unasked, "Prepare that gets half of an answer moves nothing"),
		countedThat(flawHalfWaited, unasked, "Prepare whose context ends halfway moves nothing"),
		countedThat(flawHalfLooked, "A question that failed, or that ctx ended, is no answer: it returns OutcomeUnknown, or OutcomePending when that is what was known.", "an answer that ends with the context is no answer"),
		countedThat(flawThreePages, finds, "an order is found among very many of others"),
		countedThat(flawNearAmount, ref, "an order is not taken for others that differ by little"),
		countedThat(flawOtherWay, ref, "an order is not taken for others that differ by little"),
		countedThat(flawAnyKind, ref, "an order is not taken for what is no order"),
		countedThat(flawSameDay, finds, "an order that is sent before midnight and executed after it is found"),
		countedThat(flawTenMinutes, finds, "an order that is sent before midnight and executed after it is found"),
		countedThat(flawExactClock, finds, "an order is found where the clocks of provider and adapter differ"),
		countedThat(flawAnyLater, ref, "an order is not taken for another that was made days later"),
		countedThat(flawAnyEarlier, ref, "an order is not taken for another that was made before it and is shown late"),
		countedThat(flawFullLane, "at most MaxID bytes of printable UTF-8 without a blank at either end, however long the fields of the order are.", everyDay),
		countedThat(flawSwallows, "Prepare gathers what an inquiry will need to recognise the order, and sends nothing that moves money.", "Prepare that cannot ask moves nothing: "+string(portstest.FaultBlind)),
	}
}

// countedThat is a counted with a flaw of its own.
func countedThat(flaw, breaks, scenario string) suitetest.Flaw[portstest.ChargerHarness] {
	return suitetest.Flaw[portstest.ChargerHarness]{Name: flaw, Breaks: breaks, Scenario: scenario, Of: func(good portstest.ChargerHarness) portstest.ChargerHarness {
		c, _ := good.(counted)
		c.flaw = flaw
		return c
	}}
}

const (
	countedStale = time.Minute      // no order is sent so long after its SentAt
	countedQuiet = 15 * time.Minute // an order that left no trace for so long was not sent
)

func (c counted) Charger() ports.Charger { return c }
func (c counted) Name() string           { return "counted" }

func (c counted) Lane(order ports.ChargeOrder) string {
	switch c.flaw {
	case flawLaneOfWallet:
		return "counted " + order.WalletID
	case flawFullLane:
		return "counted" + strings.TrimPrefix(order.PaymentMethod, "card")
	}
	return "counted"
}

func (c counted) Elsewhere() (ports.ChargeOrder, bool) { return ports.ChargeOrder{}, false }
func (c counted) QuietPeriod() time.Duration           { return c.quiet }

// all returns every sale of the till.
func (c counted) all(ctx context.Context) ([]sale, error) {
	var all []sale
	for page := 0; ; page++ {
		sales, err := c.list(ctx, page)
		if err != nil && page > 0 && c.flaw == flawBreaksOff {
			return all, nil
		}
		if err != nil || len(sales) == 0 {
			return all, err
		}
		all = append(all, sales...)
		if c.flaw == flawFirstPage || c.flaw == flawThreePages && page == 2 {
			return all, nil
		}
	}
}

func (c counted) Prepare(ctx context.Context, order ports.ChargeOrder) ([]byte, *ports.ChargeAnswer) {
	if refusal := checkCharge(order); refusal != nil {
		return nil, refusal
	}
	sales, err := c.all(ctx)
	if c.flaw == flawFirstKnown {
		sales = sales[:min(pageOfSales, len(sales))]
	}
	half := c.flaw == flawHalfPrepared && len(sales) > 0 || c.flaw == flawHalfWaited && ctx.Err() != nil
	if err != nil && c.flaw != flawSwallows && !half {
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
	stale := countedStale
	switch c.flaw {
	case flawLongStale:
		stale = countedQuiet + time.Minute
	case flawLateStale:
		stale = countedQuiet - time.Minute
	}
	if c.Now().Sub(order.SentAt) > stale {
		return ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeNotSent}}
	}
	c.mu.Lock()
	c.made++
	key := fmt.Sprint("request ", c.made) // the till's own, of which the adapter knows nothing
	c.mu.Unlock()
	ref, err := c.charge(ctx, key, order.Amount, order.PaymentMethod)
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
	if err != nil && (c.flaw != flawHalfLooked || ctx.Err() == nil) {
		return ports.ChargeAnswer{}
	}
	sales = slices.DeleteFunc(sales, func(s sale) bool {
		return c.flaw != flawAnySale && slices.Contains(known, s.ref) || s.gift && c.flaw != flawAnyKind || !c.fits(s.amount, order.Amount) || !c.mayBeOf(s.at, order.SentAt)
	})
	sentAt, quiet := order.SentAt, c.quiet
	switch c.flaw {
	case flawNewestSale:
		sales = sales[:min(1, len(sales))]
	case flawOldestSale:
		sales = sales[max(0, len(sales)-1):]
	case flawNoPatience:
		quiet = time.Second
	case flawShortQuiet:
		quiet = 6 * time.Minute
	case flawFromStart:
		sentAt = order.RequestedAt
	}
	switch {
	case len(sales) > 1:
		return ports.ChargeAnswer{Answer: ports.Answer{Review: "several new sales could be the order"}}
	case len(sales) == 1:
		return ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeApproved, ProviderRef: sales[0].ref}}
	case order.Transmissions == 1 && c.Now().Sub(sentAt) >= quiet && !c.endless:
		return ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeNotSent}}
	}
	return ports.ChargeAnswer{Answer: ports.Answer{InquireAfter: c.pause}}
}

// fits reports whether a sale of an amount may be the order.
func (c counted) fits(amount, ordered decimal.Decimal) bool {
	switch c.flaw {
	case flawAnyAmount:
		return true
	case flawNearAmount:
		return amount.Sub(ordered).Abs().LessThanOrEqual(decimal.NewFromInt(1))
	case flawOtherWay:
		return amount.Abs().Equal(ordered)
	}
	return amount.Equal(ordered)
}

// clocks is by how much the clocks of the adapter and of the till may differ.
const clocks = 5 * time.Minute

// mayBeOf reports whether a sale of a time may be an order that was sent at another.
func (c counted) mayBeOf(at, sentAt time.Time) bool {
	first, last := sentAt.Add(-clocks), sentAt.Add(countedQuiet+clocks)
	switch c.flaw {
	case flawSameDay:
		return at.Format(time.DateOnly) == sentAt.Format(time.DateOnly)
	case flawTenMinutes:
		last = sentAt.Add(10 * time.Minute)
	case flawExactClock:
		first = sentAt
	case flawAnyLater:
		return !at.Before(first)
	case flawAnyEarlier, flawHalfPrepared, flawHalfWaited: // or the date would make good for the list
		return !at.After(last)
	}
	return !at.Before(first) && !at.After(last)
}

func newCounted(*testing.T) portstest.ChargerHarness {
	c := counted{till: newTill(), quiet: countedQuiet}
	c.cards, c.dated = c.Methods(), true
	return c
}

// A Charger whose provider knows no id of ours passes the suite.
func TestCharger_without_an_id(t *testing.T) {
	t.Parallel()
	portstest.TestCharger(t, newCounted)
}

func TestCharger_flaws_without_an_id(t *testing.T) {
	t.Parallel()
	suitetest.Run(t, suitetest.Subject[portstest.ChargerHarness]{Suite: portstest.TestCharger, New: newCounted},
		slices.Concat(suitetest.EvidenceChargerFlaws(), suitetest.PreparingChargerFlaws(), suitetest.TracingChargerFlaws(), countedFlaws()))
}
