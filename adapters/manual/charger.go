package manual

import (
	"context"
	"time"

	"github.com/jigap/jigap/ports"
)

var _ ports.Awaiter = (*Charger)(nil)

// The names of what a [Charger] asks for and shows.
const (
	// FieldDepositor is who transfers the money, as the bank will show it: at most 40
	// characters. It is required, and shown again.
	FieldDepositor = "depositor"
	// ShownBank, ShownNumber and ShownHolder are the account that takes the money in.
	ShownBank   = "bank"
	ShownNumber = "number"
	ShownHolder = "holder"
)

const maxDepositor = 120 // bytes: 40 characters of three

// Account is a bank account of the host that customers transfer money to. Every customer sees
// it, so it is no secret.
type Account struct {
	Bank   string // "우리은행"
	Number string
	Holder string
}

// Charger takes bank transfers of customers (무통장입금): the customer is shown the account, and a
// person, or a program that reads the bank's rows, approves the recharge when the money is there.
// Make one with [NewCharger].
type Charger struct {
	name    string
	account Account
	valid   time.Duration
}

// NewCharger returns a Charger by the name under which records know it. A customer may pay for as
// long as valid says, from when the recharge was begun. Errors are [ports.ErrInvalid].
func NewCharger(name string, account Account, valid time.Duration) (*Charger, error) {
	err := ports.Join(
		ports.CheckID("name", name), ports.CheckID("account.Bank", account.Bank), ports.CheckID("account.Number", account.Number),
		ports.CheckID("account.Holder", account.Holder),
	)
	if valid <= 0 {
		err = ports.Join(err, ports.Invalid("valid", "is not above zero"))
	}
	if err != nil {
		return nil, err
	}
	return &Charger{name: name, account: account, valid: valid}, nil
}

// Name implements [ports.Charger].
func (c *Charger) Name() string { return c.name }

// Lane implements [ports.Charger]: any number of customers may pay at a time.
func (c *Charger) Lane(ports.ChargeOrder) string { return "" }

// Await implements [ports.Awaiter]: it shows the account, and the depositor's name that must be
// on the transfer. It refuses an amount that is not positive, a missing name and other fields with
// [ports.ErrInvalid].
func (c *Charger) Await(order ports.ChargeOrder, fields map[string]string) (ports.Await, error) {
	if _, err := ports.CheckAmount("Amount", order.Amount, ports.MaxScale); err != nil {
		return ports.Await{}, err
	}
	depositor := fields[FieldDepositor]
	if err := ports.CheckText("Fields: "+FieldDepositor, depositor, maxDepositor); err != nil {
		return ports.Await{}, err
	}
	if depositor == "" {
		return ports.Await{}, ports.Invalid("Fields", "has no %s: the name that the bank will show", FieldDepositor)
	}
	for name := range fields {
		if name != FieldDepositor {
			return ports.Await{}, ports.Invalid("Fields", "has %s, and %s takes %s only", name, c.name, FieldDepositor)
		}
	}
	return ports.Await{Until: order.RequestedAt.Add(c.valid), Shown: map[string]string{
		FieldDepositor: depositor, ShownBank: c.account.Bank, ShownNumber: c.account.Number, ShownHolder: c.account.Holder,
	}}, nil
}

// Prepare implements [ports.Charger]. It refuses: nothing can be charged, customers pay by
// themselves.
func (c *Charger) Prepare(context.Context, ports.ChargeOrder) ([]byte, *ports.ChargeAnswer) {
	return nil, &ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeFault, Message: "a bank transfer is begun, and not charged: see recharge.Service.Begin"}}
}

// Charge implements [ports.Charger], as Prepare.
func (c *Charger) Charge(ctx context.Context, order ports.ChargeOrder) ports.ChargeAnswer {
	_, refusal := c.Prepare(ctx, order)
	return *refusal
}

// Inquire implements [ports.Charger]: only a person, or the bank's rows, can tell.
func (c *Charger) Inquire(context.Context, ports.ChargeOrder) ports.ChargeAnswer {
	return ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomePending, Message: "a person approves it when the transfer is there"}}
}
