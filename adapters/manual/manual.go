// Package manual has bank transfers that people make: a [Disburser] for payouts, whose orders
// are taken, wait, and are reported paid or refused; and a [Charger] for transfers of customers
// (무통장입금), who are shown the host's account.
//
//	service, err := withdraw.New(store, wallets, withdraw.Config{Sealer: sealer}, withdraw.Route{
//		Disburser: manual.New("bank transfer"), Schedule: schedule, Approvals: 1,
//	})
//	…
//	op, err = service.ReportPaid(ctx, withdraw.Paid{
//		ID: op.ID, By: ports.By{Who: "kim", Why: "transfer of today"}, TransactionID: "20261101-17",
//	})
//
// # Errors
//
// A payout has none: an order is pending until a person reports on it. [NewCharger] and
// [Charger.Await] return [ports.ErrInvalid].
//
// # Concurrency
//
// A [Disburser] and a [Charger] are safe for concurrent use and keep nothing. Orders have no lane.
//
// # Time
//
// A worker looks at a waiting payout once a day, and finds it waiting. A transfer of a customer
// expires after the time that the Charger was made with.
package manual

import (
	"context"
	"time"

	"github.com/jigap/jigap/ports"
)

var _ ports.Disburser = (*Disburser)(nil)

// Disburser takes orders for a person to carry out. Make one with [New].
type Disburser struct{ name string }

// New returns a Disburser by the name under which records know it.
func New(name string) *Disburser { return &Disburser{name: name} }

// Name implements [ports.Disburser].
func (d *Disburser) Name() string { return d.name }

// Lane implements [ports.Disburser]: people can do several transfers at a time.
func (d *Disburser) Lane(ports.PayoutOrder) string { return "" }

// Prepare implements [ports.Disburser].
func (d *Disburser) Prepare(context.Context, ports.PayoutOrder) ([]byte, *ports.PayoutAnswer) {
	return nil, nil
}

// Disburse implements [ports.Disburser]: the order waits for a person.
func (d *Disburser) Disburse(context.Context, ports.PayoutOrder) ports.PayoutAnswer { return waiting() }

// Inquire implements [ports.Disburser]: only a person can tell.
func (d *Disburser) Inquire(context.Context, ports.PayoutOrder) ports.PayoutAnswer { return waiting() }

func waiting() ports.PayoutAnswer {
	return ports.PayoutAnswer{
		Answer: ports.Answer{Outcome: ports.OutcomePending, Message: "a person pays it and reports it", InquireAfter: 24 * time.Hour},
		Status: "waiting",
	}
}
