package suitetest_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/ports/portstest"
)

var (
	errNoCharge  = errors.New("there is no such charge")
	errTakenBack = errors.New("the charge was taken back")
)

// desk is a provider that takes charges back. A cancellation has a number, which is reserved
// beforehand and executed once. The desk gives back what it is asked for, however often: it
// leaves it to the adapter to ask once.
type desk struct {
	*till
	charges  map[string]decimal.Decimal // by the provider's id
	numbers  map[string]string          // reserved, by CancelID
	taken    map[string]bool            // by a person
	part     bool
	newest   string // the charge that was made last
	reserved string // the number that was reserved last
}

func newDesk() *desk {
	d := &desk{
		till: newTill(), charges: map[string]decimal.Decimal{}, numbers: map[string]string{}, taken: map[string]bool{},
	}
	d.dated = true
	return d
}

func (d *desk) NewCharge() ports.ChargeOrder {
	order := d.NewOrder()
	d.mu.Lock()
	defer d.mu.Unlock()
	ref := fmt.Sprintf("charge-%d", len(d.charges)+1)
	d.charges[ref], d.newest = order.Amount, ref
	order.RequestedAt, order.SentAt, order.Transmissions, order.Evidence = d.now, d.now, 1, []byte("charge")
	order.Last = ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeApproved, ProviderRef: ref}}
	return order
}

func (d *desk) GivenBack(charge ports.ChargeOrder) decimal.Decimal {
	sum := decimal.Zero
	for _, s := range d.executed() {
		if s.to == charge.Last.ProviderRef && s.state == done {
			sum = sum.Add(s.amount)
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.taken[charge.Last.ProviderRef] {
		sum = sum.Add(charge.Amount)
	}
	return sum
}

func (d *desk) TakeBack(charge ports.ChargeOrder) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.taken[charge.Last.ProviderRef] = true
	return true
}

// Settle ends the cancellations that are pending. No charge is taken back twice.
func (d *desk) Settle(done bool) bool {
	return d.end(func(number string) bool { return done && !d.taken[d.sales[number].to] })
}

func (d *desk) Break(fault portstest.Fault) bool {
	switch fault { //nolint:exhaustive // the others are those of any order
	case portstest.FaultKept, portstest.FaultWrongAmount, portstest.FaultOtherAccount:
		return false
	case portstest.FaultPart:
	default:
		return d.recorded(fault)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.part = true
	return true
}

// reserve returns the number of a cancellation, the same however often it is asked.
func (d *desk) reserve(ctx context.Context, cancelID string) (string, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.asked(ctx); err != nil {
		return "", err
	}
	if d.numbers[cancelID] == "" {
		d.numbers[cancelID] = "number-" + strconv.Itoa(len(d.numbers)+1)
	}
	d.reserved = d.numbers[cancelID]
	return d.reserved, nil
}

// back gives a charge back under a number.
func (d *desk) back(ctx context.Context, number, charge string, amount decimal.Decimal) (decimal.Decimal, string, error) {
	d.mu.Lock()
	_, there := d.charges[charge]
	taken := d.taken[charge] && !slices.Contains(d.faults, portstest.FaultDecline)
	if d.part {
		d.part, amount = false, amount.Mul(decimal.New(5, -1))
	}
	d.mu.Unlock()
	switch {
	case taken:
		return decimal.Zero, "", errTakenBack
	case !there:
		return decimal.Zero, "", errNoCharge
	}
	ref, err := d.charge(ctx, number, amount, charge)
	return amount, ref, err
}

// lookUp tells what became of a number.
func (d *desk) lookUp(ctx context.Context, number string) (amount decimal.Decimal, ref string, known bool, err error) {
	ref, known, err = d.find(ctx, number)
	d.mu.Lock()
	defer d.mu.Unlock()
	if s := d.sales[number]; known && s != nil {
		amount = s.amount
	}
	return amount, ref, known, err
}

// standing tells how much of a charge was not taken back.
func (d *desk) standing(ctx context.Context, charge string) (decimal.Decimal, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.asked(ctx); err != nil || d.taken[charge] {
		return decimal.Zero, err
	}
	stands := d.charges[charge]
	for _, s := range d.sales {
		if s.to == charge && s.state == done {
			stands = stands.Sub(s.amount)
		}
	}
	return stands, nil
}

// refunder is a Canceler at a desk. It reserves a number and keeps it in the Evidence, or
// makes a number of the CancelID and has a lost cancellation sent again. A flaw breaks one
// sentence of the port.
type refunder struct {
	*desk
	resends bool
	parts   bool // it takes back parts
	flaw    string
	mu      *sync.Mutex
	memory  map[string]string // what a process with a flaw remembers
}

// Charger returns a new process.
func (r refunder) Charger() ports.Charger {
	r.mu, r.memory = new(sync.Mutex), map[string]string{}
	if r.parts {
		return partRefunder{r}
	}
	return r
}

// Keys returns the CancelIDs, as the desk has them where it reserves no numbers.
func (r refunder) Keys() []string {
	if !r.resends {
		return nil
	}
	return r.keys()
}

// partRefunder is a refunder that takes back parts.
type partRefunder struct{ refunder }

func (r partRefunder) CheckPart(order ports.CancelOrder) error {
	switch odd := oddPart(order); {
	case r.flaw == flawChecksNothing, odd && !r.takes(order):
		return ports.Invalid("Amount", "is not given back")
	case odd && r.flaw == flawChecksError:
		return errors.New("not given back")
	case r.flaw == flawChecksThere:
		_, err := r.standing(context.Background(), "")
		return err
	}
	return nil
}

// takes reports whether the flaw of CheckPart lets an amount through that the desk does not give
// back, or refuses it in another way.
func (r partRefunder) takes(order ports.CancelOrder) bool {
	switch r.flaw {
	case flawChecksAny, flawChecksError:
		return true
	case flawChecksNoSign:
		return !order.Amount.IsPositive()
	case flawChecksNoLeft:
		return order.Amount.GreaterThan(order.Left)
	case flawChecksNoHalf:
		return !order.Amount.IsInteger()
	}
	return false
}

func (r refunder) Name() string                  { return "refunder" }
func (r refunder) QuietPeriod() time.Duration    { return refundQuiet }
func (r refunder) Lane(ports.ChargeOrder) string { return "" }

func (r refunder) Prepare(context.Context, ports.ChargeOrder) ([]byte, *ports.ChargeAnswer) {
	return nil, nil
}

func (r refunder) Charge(context.Context, ports.ChargeOrder) ports.ChargeAnswer {
	return ports.ChargeAnswer{}
}

func (r refunder) Inquire(context.Context, ports.ChargeOrder) ports.ChargeAnswer {
	return ports.ChargeAnswer{}
}

// rows returns how many rows the desk has.
func (r refunder) rows() int {
	r.desk.mu.Lock()
	defer r.desk.mu.Unlock()
	return len(r.order)
}

// noted is the Evidence of a cancellation.
type noted struct{ Number string }

func outcome(outcome ports.Outcome) ports.ChargeAnswer {
	return ports.ChargeAnswer{Answer: ports.Answer{Outcome: outcome}}
}

func (r refunder) remember(key, value string) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	if value != "" {
		r.memory[key] = value
	}
	return r.memory[key]
}

func (r refunder) PrepareCancel(ctx context.Context, order ports.CancelOrder) ([]byte, *ports.ChargeAnswer) {
	if r.odd(order) {
		answer := outcome(ports.OutcomeFault)
		return nil, &answer
	}
	if r.resends {
		return nil, nil
	}
	number, err := r.reserve(ctx, order.CancelID)
	if err != nil {
		answer := outcome(ports.OutcomeNotSent)
		return nil, &answer
	}
	r.remember(order.CancelID, number)
	r.remember("last", number)
	evidence, _ := json.Marshal(noted{number})
	if r.flaw == flawRemembers {
		return nil, nil
	}
	return evidence, nil
}

// odd reports whether no cancellation can be made of an order.
func (r refunder) odd(order ports.CancelOrder) bool {
	part := !order.Amount.Equal(order.Left)
	return order.CancelID == "" && r.flaw != flawNoCancelID || order.Charge.Last.ProviderRef == "" && r.flaw != flawUnnamed || oddPart(order) ||
		part && !r.parts && r.flaw != flawPartAsWhole && r.flaw != flawPartForWhole
}

// oddPart reports whether the desk, which takes whole won, never gives an amount back.
func oddPart(order ports.CancelOrder) bool {
	return !order.Amount.IsPositive() || order.Amount.GreaterThan(order.Left) || !order.Amount.IsInteger()
}

// number is what the desk knows a cancellation by.
func (r refunder) number(order ports.CancelOrder) string {
	if r.resends {
		return order.CancelID
	}
	switch r.flaw {
	case flawRemembers:
		return r.remember(order.CancelID, "")
	case flawMixes:
		return r.remember("last", "")
	}
	var kept noted
	_ = json.Unmarshal(order.Evidence, &kept)
	return kept.Number
}

// What a desk needs: no cancellation is sent for later than this after it was written down,
// and one that left no trace for so long was not sent.
const (
	refundStale = 5 * time.Minute
	refundQuiet = 20 * time.Minute
)

func (r refunder) Cancel(ctx context.Context, order ports.CancelOrder) ports.ChargeAnswer {
	answer := r.cancel(ctx, order)
	if r.flaw == flawRefusalStands || r.flaw == flawTakenStands || r.flaw == flawOldStands {
		return answer
	}
	return r.declined(ctx, order, answer)
}

// declined lets a cancellation be declined only if the charge stands.
func (r refunder) declined(ctx context.Context, order ports.CancelOrder, answer ports.ChargeAnswer) ports.ChargeAnswer {
	if answer.Outcome != ports.OutcomeDeclined {
		return answer
	}
	stands, err := r.standing(ctx, order.Charge.Last.ProviderRef)
	switch {
	case r.flaw == flawShortHistory && r.rows() > 100:
	case err != nil && r.flaw == flawBlindStands:
	case err != nil:
		answer.Outcome = ports.OutcomeUnknown
	case r.flaw == flawPartRefused && stands.LessThan(order.Charge.Amount):
		answer.Outcome = ports.OutcomeApproved
	case stands.LessThan(order.Left):
		answer.Outcome, answer.Review = ports.OutcomeUnknown, "the charge was taken back by others"
	}
	return answer
}

func (r refunder) cancel(ctx context.Context, order ports.CancelOrder) ports.ChargeAnswer {
	charge := order.Charge.Last.ProviderRef
	switch {
	case r.odd(order):
		return outcome(ports.OutcomeFault)
	case r.flaw == flawOldStands && r.Now().Sub(order.Charge.SentAt) > 30*24*time.Hour:
		return outcome(ports.OutcomeDeclined)
	case !r.resends && r.Now().Sub(order.SentAt) > refundStale:
		return outcome(ports.OutcomeNotSent)
	}
	number, amount := r.number(order), order.Amount
	switch r.flaw {
	case flawNewest, flawUnnamed:
		r.desk.mu.Lock()
		charge = r.newest
		r.desk.mu.Unlock()
	case flawAsksForPart:
		amount = amount.Mul(decimal.New(5, -1))
	case flawPartAsWhole, flawPartTakesAll:
		amount = order.Charge.Amount
	case flawPartTakesLeft:
		amount = order.Left
	case flawPartForWhole:
		if !amount.Equal(order.Left) {
			return outcome(ports.OutcomeApproved)
		}
	}
	back, ref, err := r.back(ctx, number, charge, amount)
	if r.flaw == flawTwice && err == nil {
		_, _, _ = r.back(ctx, number+" again", charge, amount)
	}
	answer := ports.ChargeAnswer{Answer: ports.Answer{ProviderRef: ref}}
	if r.flaw == flawNoID {
		answer.ProviderRef = charge
	}
	switch {
	case err == nil:
		answer.Outcome, answer.Amount = ports.OutcomeApproved, decimal.NewNullDecimal(back)
		switch r.flaw {
		case flawPartIsWhole:
			answer.Amount = decimal.NewNullDecimal(amount)
		case flawPartInAll:
			answer.Amount = decimal.NewNullDecimal(order.Charge.Amount.Sub(order.Left).Add(back))
		case flawPartOneID:
			answer.ProviderRef = "refund of " + charge
		}
	case errors.Is(err, errPending):
		answer.Outcome = ports.OutcomePending
	case errors.Is(err, errNoCharge) && r.flaw == flawNoChargeIsTaken:
		answer.Outcome = ports.OutcomeApproved
	case errors.Is(err, errTakenBack) && r.flaw != flawTakenStands:
		answer.Review = "the charge was taken back by others"
	case errors.Is(err, errDeclined), errors.Is(err, errNoCharge), errors.Is(err, errTakenBack):
		answer.Outcome = ports.OutcomeDeclined
	case order.Transmissions > 1: // an earlier one may have been executed
	case errors.Is(err, errUnreached), errors.Is(err, errThrottled):
		answer.Outcome = ports.OutcomeNotSent
	case errors.Is(err, errKey):
		answer.Outcome = ports.OutcomeFault
	}
	return answer
}

func (r refunder) InquireCancel(ctx context.Context, order ports.CancelOrder) ports.ChargeAnswer {
	answer := r.inquireCancel(ctx, order)
	lost := answer.Outcome == ports.OutcomeNotSent || answer.Outcome == ports.OutcomeUnknown && answer.Review == ""
	switch {
	case r.flaw == flawFailedStands:
		return answer
	case r.flaw == flawLostStands && answer.Outcome == ports.OutcomeNotSent:
		return outcome(ports.OutcomeDeclined)
	case r.flaw == flawTakenDeclines && lost:
		if stands, err := r.standing(ctx, order.Charge.Last.ProviderRef); err == nil && stands.LessThan(order.Left) {
			return outcome(ports.OutcomeDeclined)
		}
	}
	return r.declined(ctx, order, answer)
}

func (r refunder) inquireCancel(ctx context.Context, order ports.CancelOrder) ports.ChargeAnswer {
	switch {
	case r.resends:
		return ports.ChargeAnswer{Answer: ports.Answer{Resend: true}}
	case order.Last.Review != "":
		return order.Last
	case r.flaw == flawAsksOfCharge: // and not of the cancellation
		return outcome(ports.OutcomeApproved)
	}
	back, ref, known, err := r.lookUp(ctx, r.number(order))
	waited := r.Now().Sub(order.SentAt)
	open := ports.ChargeAnswer{}
	if order.Last.Outcome == ports.OutcomePending {
		open.Outcome = ports.OutcomePending
	}
	switch {
	case errors.Is(err, errDeclined):
		return outcome(ports.OutcomeDeclined)
	case errors.Is(err, errPending):
		return outcome(ports.OutcomePending)
	case errors.Is(err, errOdd):
		open.Review = err.Error()
		return open
	case err != nil:
		return open
	case known:
		answer := outcome(ports.OutcomeApproved)
		answer.ProviderRef, answer.Amount = ref, decimal.NewNullDecimal(back)
		switch r.flaw {
		case flawNoID:
			answer.ProviderRef = order.Charge.Last.ProviderRef
		case flawPartIsWhole:
			answer.Amount = decimal.NullDecimal{}
		case flawPartInAll:
			answer.Amount = decimal.NewNullDecimal(order.Charge.Amount.Sub(order.Left).Add(back))
		}
		return answer
	case r.flaw == flawPartBefore:
		if stands, err := r.standing(ctx, order.Charge.Last.ProviderRef); err == nil && stands.LessThan(order.Charge.Amount) {
			return outcome(ports.OutcomeApproved)
		}
	case r.flaw == flawAsksCharge:
		if stands, err := r.standing(ctx, order.Charge.Last.ProviderRef); err == nil && stands.LessThan(order.Left) {
			return outcome(ports.OutcomeApproved)
		}
	}
	if order.Transmissions == 1 && waited >= refundQuiet && open.Outcome != ports.OutcomePending {
		return outcome(ports.OutcomeNotSent)
	}
	return open
}
