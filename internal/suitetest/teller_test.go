package suitetest_test

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/internal/suitetest"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/ports/portstest"
)

// teller is a Disburser with an idempotency key whose provider works on orders first.
type teller struct{ *till }

var fee = decimal.NewFromInt(300)

const sealed = "sealed:"

func (d teller) Disburser() ports.Disburser           { return d }
func (d teller) Name() string                         { return "teller" }
func (d teller) Lane(ports.PayoutOrder) string        { return "" }
func (d teller) Elsewhere() (ports.PayoutOrder, bool) { return d.NewOrder(), true }

func (d teller) Break(fault portstest.Fault) bool { return d.recorded(fault) }

func (d teller) NewOrder() ports.PayoutOrder {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.made++
	return ports.PayoutOrder{
		OperationID: "op" + strconv.Itoa(d.made), WalletID: "w", Total: won, Fee: decimal.NewFromInt(500), Net: won.Sub(decimal.NewFromInt(500)),
		Currency: "KRW", Destination: d.Destinations()[0],
	}
}

func (d teller) Destinations() []ports.Destination {
	return []ports.Destination{
		{BankCode: "004", Holder: "kim", Masked: "***6789", Sealed: []byte(sealed + "110-123-456789")},
		{BankCode: "088", Holder: "lee", Masked: "***4321", Sealed: []byte(sealed + "220-987-654321")},
		{BankCode: "004", Holder: "kim", Masked: "***6789", Sealed: []byte(sealed + "110-999-996789")},
	}
}

func (d teller) Paid() []portstest.Payment {
	var payments []portstest.Payment
	for _, s := range d.executed() {
		i := slices.IndexFunc(d.Destinations(), func(to ports.Destination) bool { return string(to.Sealed) == sealed+s.to })
		payments = append(payments, portstest.Payment{Fee: fee, Net: s.amount.Sub(fee), Destination: d.Destinations()[i]})
	}
	return payments
}

// Keys returns the OperationIDs, as the till has them.
func (d teller) Keys() []string { return d.keys() }

// checkPayout refuses what the till does not take.
func checkPayout(order ports.PayoutOrder) (account string, refusal *ports.PayoutAnswer) {
	account, unsealed := strings.CutPrefix(string(order.Destination.Sealed), sealed)
	if !unsealed || !order.Total.IsPositive() || !order.Total.IsInteger() || order.Currency != "KRW" {
		return "", &ports.PayoutAnswer{Answer: ports.Answer{Outcome: ports.OutcomeFault, Code: "invalid"}}
	}
	return account, nil
}

func (d teller) Prepare(_ context.Context, order ports.PayoutOrder) ([]byte, *ports.PayoutAnswer) {
	_, refusal := checkPayout(order)
	return nil, refusal
}

func (d teller) Disburse(ctx context.Context, order ports.PayoutOrder) ports.PayoutAnswer {
	account, refusal := checkPayout(order)
	if refusal != nil {
		return *refusal
	}
	ref, err := d.charge(ctx, order.OperationID, order.Total, account)
	return figured(order, sent(ref, err, order.Transmissions))
}

// figured adds what the till takes and pays.
func figured(order ports.PayoutOrder, answer ports.Answer) ports.PayoutAnswer {
	full := ports.PayoutAnswer{Answer: answer}
	if answer.Outcome == ports.OutcomeApproved || answer.Outcome == ports.OutcomePending {
		full.Total, full.Fee, full.Net = decimal.NewNullDecimal(order.Total), decimal.NewNullDecimal(fee), decimal.NewNullDecimal(order.Total.Sub(fee))
	}
	return full
}

func (d teller) Inquire(ctx context.Context, order ports.PayoutOrder) ports.PayoutAnswer {
	ref, known, err := d.find(ctx, order.OperationID)
	return figured(order, asked(ref, known, err, order.Last.Answer))
}

func newTeller(*testing.T) portstest.DisburserHarness {
	d := teller{newTill()}
	d.works, d.dated = true, true
	return d
}

// A Disburser with an idempotency key passes the suite.
func TestDisburser(t *testing.T) {
	t.Parallel()
	portstest.TestDisburser(t, newTeller)
}

func TestDisburser_flaws(t *testing.T) {
	t.Parallel()
	suitetest.Run(t, suitetest.Subject[portstest.DisburserHarness]{Suite: portstest.TestDisburser, New: newTeller},
		slices.Concat(suitetest.DisburserFlaws(), suitetest.NamingDisburserFlaws(), suitetest.DestinationFlaws(), suitetest.KeepingDisburserFlaws(), suitetest.RefusedDisburserFlaws(),
			suitetest.ParallelDisburserFlaws(), suitetest.SaltedDisburserFlaws()))
}
