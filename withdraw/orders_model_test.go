package withdraw_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/internal/ordertest"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/withdraw"
)

// TestService_orders_model draws courses of several withdrawals from two wallets: two processes
// on one store pay, inquire and let people decide, the provider answers with any of three
// payouts or none, and the store loses answers and refuses commits. After each step it checks
// what must hold of any course: see orders.check.
func TestService_orders_model(t *testing.T) {
	t.Parallel()
	ordertest.EachSeed(t, 600, func(t *testing.T, seed uint64) {
		t.Helper()
		newOrders(t, seed).run()
	})
}

// begin is what each wallet has at the beginning.
const begin = 100_000

// orders is a course of several withdrawals.
type orders struct {
	*ordertest.Orders
	services []*withdraw.Service          // of two processes
	all      map[string]*ports.Withdrawal // as they were after the last step
	machine  bool                         // the last step was no act of a person
}

func newOrders(t *testing.T, seed uint64) *orders {
	t.Helper()
	c := &orders{Orders: ordertest.NewOrders(t, seed), all: make(map[string]*ports.Withdrawal)}
	for range 2 {
		route := withdraw.Route{Disburser: (*drawingDisburser)(c), Approvals: c.Random.IntN(2)}
		s, err := withdraw.New(c.Store, c.Process(), withdraw.Config{Clock: c.Clock}, route)
		require.NoError(t, err)
		c.services = append(c.services, s)
	}
	for _, id := range []string{"v", "w"} {
		_, err := c.Wallets.Credit(t.Context(), ledger.CreditRequest{WalletID: id, Key: "cash", Amount: won(begin)})
		require.NoError(t, err)
	}
	return c
}

func (c *orders) run() {
	c.Run([]error{ports.ErrNotOpen, ports.ErrInvalid, withdraw.ErrSamePerson}, c.step, c.check)
}

// drawingDisburser is a Disburser that draws its answers.
type drawingDisburser orders

func (*drawingDisburser) Name() string                  { return "bank" }
func (*drawingDisburser) Lane(ports.PayoutOrder) string { return "" }

func (*drawingDisburser) Prepare(context.Context, ports.PayoutOrder) ([]byte, *ports.PayoutAnswer) {
	return nil, nil
}

func (d *drawingDisburser) Disburse(context.Context, ports.PayoutOrder) ports.PayoutAnswer {
	return d.draw("payout")
}

func (d *drawingDisburser) Inquire(context.Context, ports.PayoutOrder) ports.PayoutAnswer {
	return d.draw("inquiry")
}

func (d *drawingDisburser) draw(of string) ports.PayoutAnswer {
	outcomes := []ports.Outcome{
		ports.OutcomeApproved, ports.OutcomeApproved, ports.OutcomePending, ports.OutcomeDeclined, ports.OutcomeNotSent, ports.OutcomeUnknown,
	}
	a := ports.PayoutAnswer{Answer: ports.Answer{
		Outcome:     outcomes[d.Random.IntN(len(outcomes))],
		ProviderRef: []string{"", "p A", "p A", "p B", "p C"}[d.Random.IntN(5)],
	}}
	if a.Outcome == ports.OutcomeApproved && d.Random.IntN(4) == 0 {
		a.Fee = decimal.NewNullDecimal(won([]int64{0, 300}[d.Random.IntN(2)]))
	}
	d.Say("  %s: %s %s", of, a.Outcome, a.ProviderRef)
	return a
}

// step does one thing in one of the processes.
func (c *orders) step() (err error) {
	s, ctx := c.services[c.Random.IntN(len(c.services))], c.T.Context()
	switch c.Random.IntN(8) {
	case 0, 1, 2:
		wallet, key := []string{"v", "w"}[c.Random.IntN(2)], fmt.Sprint("k", c.Random.IntN(6)) // some are used again
		c.Say("withdraw from %s %s", wallet, key)
		_, err = s.Request(ctx, withdraw.Request{WalletID: wallet, Key: key, Disburser: "bank", Total: won(20_000), Who: "customer"})
	case 3, 4:
		c.Say("follow")
		c.Clock.Advance(time.Hour)
		_, err = s.Follow(ctx, 10)
	default:
		c.machine = false
		return c.decide(ctx, s)
	}
	c.machine = true
	return err
}

// decide lets a person decide about a withdrawal.
func (c *orders) decide(ctx context.Context, s *withdraw.Service) (err error) {
	op, ok := ordertest.DrawRecord(c.Orders, c.all)
	if !ok {
		return nil
	}
	act := ports.Act{ID: op.ID, By: ports.By{Who: ordertest.Draw(c.Orders, "kim", "lee", "customer"), Why: "seen"}}
	what := c.DrawAct(withdraw.Acts(op), ports.DecisionApprove, ports.DecisionDecline, ports.DecisionCancel, ports.DecisionPaid,
		ports.DecisionRefused, ports.DecisionReturned, ports.DecisionInquire, ports.DecisionDispute, ports.DecisionKeep)
	c.Say("%s: %s %s", act.Who, what, op.ID[len(op.ID)-4:])
	switch what { //nolint:exhaustive // the others are of recharges and policies
	case ports.DecisionPaid:
		paid := withdraw.Paid{ID: op.ID, By: act.By, TransactionID: "t", TransactedAt: c.Clock.Now()}
		if c.Random.IntN(2) == 0 {
			paid.Fee = decimal.NewNullDecimal(won(100))
		}
		_, err = s.ReportPaid(ctx, paid)
	case ports.DecisionReturned:
		returned := withdraw.Returned{ID: op.ID, By: act.By}
		if c.Random.IntN(2) == 0 {
			returned.Amount = decimal.NewNullDecimal(won(15_000))
		}
		_, err = s.ReportReturned(ctx, returned)
	default:
		_, err = map[ports.DecisionKind]func(context.Context, ports.Act) (*ports.Withdrawal, error){
			ports.DecisionApprove: s.Approve, ports.DecisionDecline: s.Decline, ports.DecisionCancel: s.Cancel, ports.DecisionRefused: s.ReportRefused,
			ports.DecisionInquire: s.Inquire, ports.DecisionDispute: s.Dispute, ports.DecisionKeep: s.Keep,
		}[what](ctx, act)
	}
	return err
}

// check checks what holds after each step: the machine completes no two withdrawals by one
// payout, each wallet has what the records say, and a decision that was refused changed
// nothing.
func (c *orders) check(refused bool) {
	found, err := c.Store.FindOperations(c.T.Context(), ports.OperationFilter{Kind: ports.KindWithdrawal, Limit: 1000})
	require.NoError(c.T, err)
	out, now := make(map[string]decimal.Decimal), make(map[string]*ports.Withdrawal)
	for _, each := range found {
		op, ok := each.(*ports.Withdrawal)
		require.True(c.T, ok)
		was := c.all[op.ID]
		c.Require(!refused || was != nil && was.Version == op.Version, "a decision that is refused changes nothing")
		now[op.ID] = op
		out[op.WalletID] = out[op.WalletID].Add(left(op))
	}
	for id, op := range now {
		if was := c.all[id]; !c.machine || op.Status != ports.WithdrawalCompleted || op.ProviderRef == "" || was != nil && was.Status == ports.WithdrawalCompleted {
			continue
		}
		for other, op2 := range now {
			c.Require(other == id || op2.ProviderRef != op.ProviderRef || op2.Status != ports.WithdrawalCompleted, "one payout completes one withdrawal: "+op.ProviderRef)
		}
	}
	c.all = now
	for _, id := range []string{"v", "w"} {
		wallet, err := c.Wallets.Wallet(c.T.Context(), id)
		require.NoError(c.T, err)
		want := won(begin).Sub(out[id])
		c.Require(wallet.Balance.Equal(want), fmt.Sprintf("wallet %s has %s, and the records say %s", id, wallet.Balance, want))
	}
}

// left returns what a withdrawal has taken out of its wallet.
func left(op *ports.Withdrawal) decimal.Decimal {
	ended := op.Status
	if ended == ports.WithdrawalDisputed {
		ended = op.Ended
	}
	switch ended { //nolint:exhaustive // the total of the others is out of the wallet
	case ports.WithdrawalRejected, ports.WithdrawalCanceled, ports.WithdrawalFailed:
		return decimal.Decimal{}
	case ports.WithdrawalReturned:
		return op.Total.Sub(op.Returned)
	}
	return op.Total
}
