package recharge_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/internal/order"
	"github.com/jigap/jigap/internal/ordertest"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/recharge"
)

// TestService_orders_model draws courses of several recharges of two wallets: two processes on
// one store charge, inquire, cancel and let people decide, the provider answers with any of
// three payments or none, and the store loses answers and refuses commits. After each step it
// checks what must hold of any course: see orders.check.
func TestService_orders_model(t *testing.T) {
	t.Parallel()
	ordertest.EachSeed(t, 600, func(t *testing.T, seed uint64) {
		t.Helper()
		newOrders(t, seed).run()
	})
}

// orders is a course of several recharges.
type orders struct {
	*ordertest.Orders
	services []*recharge.Service        // of two processes
	all      map[string]*ports.Recharge // as they were after the last step
	disputed map[string]string          // by payment: the recharge that was disputed while it was credited for it
	keys     int                        // of what was spent
}

func newOrders(t *testing.T, seed uint64) *orders {
	t.Helper()
	c := &orders{Orders: ordertest.NewOrders(t, seed), all: make(map[string]*ports.Recharge), disputed: make(map[string]string)}
	for range 2 {
		s, err := recharge.New(c.Store, c.Process(), recharge.Config{Clock: c.Clock}, (*drawingCharger)(c))
		require.NoError(t, err)
		c.services = append(c.services, s)
	}
	return c
}

func (c *orders) run() {
	c.Run([]error{ports.ErrNotOpen, ports.ErrInvalid, recharge.ErrChargeTaken, recharge.ErrNoCancel, recharge.ErrRechargeInProgress, ports.ErrKeyReused}, c.step, c.check)
}

// drawingCharger is a Charger, and a PartCanceler, that draws its answers.
type drawingCharger orders

func (*drawingCharger) Name() string                  { return "bank" }
func (*drawingCharger) Lane(ports.ChargeOrder) string { return "" }
func (*drawingCharger) Prepare(context.Context, ports.ChargeOrder) ([]byte, *ports.ChargeAnswer) {
	return nil, nil
}

func (d *drawingCharger) Charge(context.Context, ports.ChargeOrder) ports.ChargeAnswer {
	return d.draw("charge")
}

func (d *drawingCharger) Inquire(context.Context, ports.ChargeOrder) ports.ChargeAnswer {
	return d.draw("inquiry")
}

func (*drawingCharger) PrepareCancel(context.Context, ports.CancelOrder) ([]byte, *ports.ChargeAnswer) {
	return nil, nil
}

func (*drawingCharger) CheckPart(ports.CancelOrder) error { return nil }

func (d *drawingCharger) Cancel(context.Context, ports.CancelOrder) ports.ChargeAnswer {
	return d.draw("cancellation")
}

func (d *drawingCharger) InquireCancel(context.Context, ports.CancelOrder) ports.ChargeAnswer {
	return d.draw("inquiry about a cancellation")
}

func (d *drawingCharger) draw(of string) ports.ChargeAnswer {
	outcomes := []ports.Outcome{
		ports.OutcomeApproved, ports.OutcomeApproved, ports.OutcomePending, ports.OutcomeDeclined, ports.OutcomeNotSent, ports.OutcomeUnknown,
	}
	a := ports.ChargeAnswer{Answer: ports.Answer{Outcome: outcomes[d.Random.IntN(len(outcomes))], ProviderRef: d.ref()}}
	if a.Outcome == ports.OutcomeApproved && d.Random.IntN(4) == 0 {
		a.Amount = decimal.NewNullDecimal(won([]int64{9_000, 10_000}[d.Random.IntN(2)]))
	}
	d.Say("  %s: %s %s %s", of, a.Outcome, a.ProviderRef, order.Figure(a.Amount))
	return a
}

// ref draws the provider's id of a payment.
func (d *drawingCharger) ref() string {
	return []string{"", "tx A", "tx A", "tx B", "tx C"}[d.Random.IntN(5)]
}

// step does one thing in one of the processes.
func (c *orders) step() (err error) {
	s, ctx := c.services[c.Random.IntN(len(c.services))], c.T.Context()
	wallet := []string{"v", "w"}[c.Random.IntN(2)]
	key := fmt.Sprint("k", c.Random.IntN(6)) // some are used again
	switch c.Random.IntN(10) {
	case 0, 1:
		c.Say("recharge %s %s", wallet, key)
		_, err = s.Recharge(ctx, recharge.Request{WalletID: wallet, Key: key, Charger: "bank", PaymentMethod: "card", Amount: won(10_000), Bonus: bonusIn(wallet)})
	case 8:
		return c.spend(ctx, wallet)
	case 9:
		return c.debts(ctx, s, wallet)
	case 2:
		ref := cmp.Or((*drawingCharger)(c).ref(), "tx D")
		c.Say("credit %s %s for %s", wallet, key, ref)
		_, err = s.Credit(ctx, recharge.CreditRequest{WalletID: wallet, Key: "hand " + key, Charger: "bank", Amount: won(10_000), ProviderRef: ref, By: kim("found")})
		if errors.Is(err, ports.ErrKeyReused) {
			return nil
		}
	case 3:
		c.Say("follow")
		c.Clock.Advance(time.Hour)
		_, err = s.Follow(ctx, 10)
	default:
		return c.decide(ctx, s)
	}
	return err
}

// spend lets the customer of a wallet spend points or cash.
func (c *orders) spend(ctx context.Context, wallet string) error {
	c.keys++
	amount, how := won(c.Random.Int64N(900)+1), ordertest.Draw(c.Orders, ledger.PointsOnly, ledger.CashOnly)
	c.Say("spend %s of %s: %d", amount, wallet, how)
	_, err := c.Wallets.Deduct(ctx, ledger.DeductRequest{WalletID: wallet, Key: fmt.Sprint("spend ", c.keys), Amount: amount, Spend: how})
	if errors.Is(err, ports.ErrInsufficient) {
		return nil
	}
	return err
}

// spent returns the cash that was spent of a wallet.
func (c *orders) spent(wallet string) (spent decimal.Decimal) {
	found, err := c.Store.Entries(c.T.Context(), ports.EntryFilter{WalletID: wallet, Types: []ports.EntryType{ports.EntryDeduct}, Limit: 1000})
	require.NoError(c.T, err)
	for i := range found {
		spent = spent.Sub(found[i].BalanceAmount)
	}
	return spent
}

// debts collects what a wallet owes, or lets a person give it up.
func (c *orders) debts(ctx context.Context, s *recharge.Service, wallet string) error {
	open, err := s.Debts(ctx, recharge.DebtListing{WalletID: wallet, Open: true})
	if err != nil || len(open) == 0 {
		return err
	}
	if c.Random.IntN(3) > 0 {
		c.Say("collect from %s", wallet)
		_, err = s.Collect(ctx, wallet)
		return err
	}
	c.Say("write off what %s owes", wallet)
	_, err = s.WriteOff(ctx, ports.Act{ID: open[0].ID, By: kim("bankrupt")})
	return err
}

// kept returns what wallets have although the credit was reversed: what they lacked then, less what
// was collected since.
func (c *orders) kept() map[string]decimal.Decimal {
	found, err := c.Store.FindOperations(c.T.Context(), ports.OperationFilter{Kind: ports.KindDebt, Limit: 1000})
	require.NoError(c.T, err)
	kept := make(map[string]decimal.Decimal)
	var owed decimal.Decimal
	for _, each := range found {
		debt, ok := each.(*ports.Debt)
		require.True(c.T, ok)
		owed = owed.Add(debt.Owed())
		if debt.Status != ports.DebtDropped {
			kept[debt.WalletID] = kept[debt.WalletID].Add(debt.Amount).Sub(debt.Collected)
		}
	}
	totals, err := c.Wallets.TrialBalance(c.T.Context())
	require.NoError(c.T, err)
	require.NoError(c.T, totals.Check())
	for _, total := range totals.Totals {
		if total.Account == ports.AccountReceivable {
			c.Require(total.Balance.Neg().Equal(owed), fmt.Sprintf("the books say that %s is owed, and the records %s", total.Balance.Neg(), owed))
		}
	}
	return kept
}

// bonusIn is the bonus of recharges of a wallet: "w" has one.
func bonusIn(wallet string) *recharge.Bonus {
	if wallet == "v" {
		return nil
	}
	return &recharge.Bonus{Amount: won(777)}
}

// checkBonus checks the bonus of a recharge of whose credit so much is in the wallet: its entries
// say what the record says, and the customer has the share of what stands, or spent more.
func (c *orders) checkBonus(op *ports.Recharge, stands decimal.Decimal) {
	b := op.Bonus
	if b == nil || b.Granted.IsZero() {
		return
	}
	found, err := c.Store.Entries(c.T.Context(), ports.EntryFilter{
		WalletID: op.WalletID, RefersTo: b.Seq, Types: []ports.EntryType{ports.EntryRevoke, ports.EntryRevokeBack}, Limit: 1000,
	})
	require.NoError(c.T, err)
	var taken decimal.Decimal
	for i := range found {
		taken = taken.Sub(found[i].PointAmount)
	}
	out := b.Granted.Sub(b.Granted.Mul(stands).Div(op.Credited).Floor())
	c.Require(taken.Equal(b.TakenBack), fmt.Sprintf("%s of the bonus was taken back, and the record says %s", taken, b.TakenBack))
	c.Require(b.TakenBack.Add(b.Missing).Equal(out), fmt.Sprintf("%s of the bonus should be out, %s is, and %s is missing", out, b.TakenBack, b.Missing))
	c.Require(b.Missing.IsZero() || c.keys > 0, "points are missing, and none were spent")
}

// decide lets a person decide about a recharge or about its cancellation.
func (c *orders) decide(ctx context.Context, s *recharge.Service) (err error) {
	op, ok := ordertest.DrawRecord(c.Orders, c.all)
	if !ok {
		return nil
	}
	act, ref := ports.Act{ID: op.ID, By: kim("seen")}, (*drawingCharger)(c).ref()
	if op.CancelID != "" && c.Random.IntN(2) == 0 {
		return c.decideCancel(ctx, s, op)
	}
	what := c.DrawAct(recharge.Acts(op), ports.DecisionApprove, ports.DecisionDecline, ports.DecisionInquire, ports.DecisionKeep,
		ports.DecisionReinstate, ports.DecisionDispute, ports.DecisionReverse, ports.DecisionCancel)
	c.Say("person: %s %s %s", what, op.ID[len(op.ID)-4:], ref)
	switch what { //nolint:exhaustive // the others are withdrawals' and policies'
	case ports.DecisionDispute:
		_, err = s.Dispute(ctx, act)
	case ports.DecisionReverse:
		if c.Random.IntN(2) == 0 {
			c.Say("  and what is spent is owed")
			_, err = s.ReverseOwing(ctx, act)
			return err
		}
		if _, err = s.Reverse(ctx, act); errors.Is(err, ports.ErrInsufficient) {
			return ports.ErrNotOpen // refused
		}
	case ports.DecisionCancel:
		return c.cancel(ctx, s, act)
	case ports.DecisionReinstate:
		return c.reinstate(ctx, s, op, ref)
	default:
		_, err = carryOut(ctx, s, resolution{ID: op.ID, Decision: what, By: act.By, ProviderRef: ref})
	}
	return err
}

// cancel cancels all that is left of a recharge, or a part of it.
func (c *orders) cancel(ctx context.Context, s *recharge.Service, act ports.Act) (err error) {
	if c.Random.IntN(2) == 0 {
		_, err = s.Cancel(ctx, act)
		return err
	}
	amount, key := won([]int64{1_000, 4_000, 9_000}[c.Random.IntN(3)]), fmt.Sprint("part ", c.Random.IntN(20))
	c.Say("  of %s under %q", amount, key)
	_, err = s.CancelPart(ctx, recharge.CancelPartRequest{ID: act.ID, By: act.By, Key: key, Amount: amount})
	return err
}

// reinstate brings back what took the rest of a recharge, or one of the parts.
func (c *orders) reinstate(ctx context.Context, s *recharge.Service, op *ports.Recharge, ref string) (err error) {
	r := resolution{ID: op.ID, Decision: ports.DecisionReinstate, By: kim("seen"), ProviderRef: ref}
	if len(op.Parts) > 0 && c.Random.IntN(3) > 0 {
		r.CancelID, r.ProviderRef = ordertest.Draw(c.Orders, op.Parts...), ""
		c.Say("  the part %s", r.CancelID[len(r.CancelID)-4:])
	}
	_, err = carryOut(ctx, s, r)
	return err
}

func (c *orders) decideCancel(ctx context.Context, s *recharge.Service, op *ports.Recharge) (err error) {
	act := ports.Act{ID: op.CancelID, By: kim("seen")}
	switch c.Random.IntN(3) {
	case 0:
		c.Say("person: approve the cancellation of %s", op.ID[len(op.ID)-4:])
		_, err = s.ApproveCancel(ctx, recharge.ApproveCancelRequest{ID: act.ID, By: act.By, Amount: decimal.NewNullDecimal(op.Left())})
	case 1:
		c.Say("person: decline the cancellation of %s", op.ID[len(op.ID)-4:])
		_, err = s.DeclineCancel(ctx, act)
	default:
		c.Say("person: inquire about the cancellation of %s", op.ID[len(op.ID)-4:])
		_, err = s.InquireCancel(ctx, act)
	}
	return err
}

// check checks what holds after each step: no payment is in two wallets or twice in one, a
// payment that was disputed while it was in a wallet stays with its recharge, each wallet has what the records say,
// and a decision that was refused changed nothing.
func (c *orders) check(refused bool) {
	found, err := c.Store.FindOperations(c.T.Context(), ports.OperationFilter{Kind: ports.KindRecharge, Limit: 1000})
	require.NoError(c.T, err)
	holder, cash := make(map[string]string), c.kept()
	underWay, parts := c.takenBack()
	for _, each := range found {
		op, ok := each.(*ports.Recharge)
		require.True(c.T, ok)
		was := c.all[op.ID]
		if inWallet(op) && (was == nil || !inWallet(was)) {
			holder := c.disputed[op.ProviderRef]
			c.Require(op.ProviderRef == "" || holder == "" || holder == op.ID, "a payment that was disputed while it was in a wallet stays with its recharge: "+op.ProviderRef)
		}
		if was != nil && inWallet(was) && was.Status != ports.RechargeDisputed && op.Status == ports.RechargeDisputed {
			c.disputed[op.ProviderRef] = op.ID
		}
		c.Require(!refused || was != nil && was.Version == op.Version, "a decision that is refused changes nothing")
		c.all[op.ID] = op
		c.Require(op.Canceled.Equal(parts[op.ID]), fmt.Sprintf("%s was canceled in part, and its cancellations gave back %s", op.Canceled, parts[op.ID]))
		var stands decimal.Decimal
		if op.EntrySeq != 0 && op.ReverseSeq == 0 {
			stands = op.Credited.Sub(parts[op.ID]).Sub(underWay[op.ID])
		}
		cash[op.WalletID] = cash[op.WalletID].Add(stands)
		c.checkBonus(op, stands)
		if !inWallet(op) {
			continue
		}
		if other := holder[op.ProviderRef]; op.ProviderRef != "" && other != "" {
			c.Require(false, fmt.Sprintf("payment %s is credited for %s and for %s", op.ProviderRef, other, op.ID))
		}
		holder[op.ProviderRef] = op.ID
	}
	for _, id := range []string{"v", "w"} {
		wallet, err := c.Wallets.Wallet(c.T.Context(), id)
		require.NoError(c.T, err)
		want := cash[id].Sub(c.spent(id))
		c.Require(wallet.Balance.Equal(want), fmt.Sprintf("wallet %s has %s, and the records say %s", id, wallet.Balance, want))
	}
}

// takenBack returns what cancellations that are under way have taken, and what those of a part
// gave back for good, by recharge.
func (c *orders) takenBack() (underWay, parts map[string]decimal.Decimal) {
	found, err := c.Store.FindOperations(c.T.Context(), ports.OperationFilter{Kind: ports.KindCancellation, Limit: 1000})
	require.NoError(c.T, err)
	underWay, parts = make(map[string]decimal.Decimal), make(map[string]decimal.Decimal)
	for _, each := range found {
		op, ok := each.(*ports.Cancellation)
		require.True(c.T, ok)
		switch {
		case op.Open:
			underWay[op.RechargeID] = underWay[op.RechargeID].Add(op.Amount)
		case op.Part && op.BackSeq == 0:
			parts[op.RechargeID] = parts[op.RechargeID].Add(op.GivenBack)
		}
	}
	return underWay, parts
}

// inWallet reports whether the credit of a recharge is in its wallet. While a cancellation is
// under way it is not.
func inWallet(op *ports.Recharge) bool {
	return op.EntrySeq != 0 && op.ReverseSeq == 0 && op.CancelID == ""
}
