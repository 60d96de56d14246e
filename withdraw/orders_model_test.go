package withdraw_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/memory"
	"github.com/jigap/jigap/internal/crashtest"
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
	seeds := 600
	if testing.Short() {
		seeds = 100
	}
	for seed := range seeds {
		synctest.Test(t, func(t *testing.T) { newOrders(t, uint64(seed)).run() })
		if t.Failed() {
			return
		}
	}
}

// begin is what each wallet has at the beginning.
const begin = 100_000

// orders is a course of several withdrawals.
type orders struct {
	t        *testing.T
	random   *rand.Rand
	store    *crashtest.Moody
	clock    *crashtest.Clock
	services []*withdraw.Service // of two processes
	wallets  *ledger.Ledger
	steps    []string
	all      map[string]*ports.Withdrawal // as they were after the last step
}

func newOrders(t *testing.T, seed uint64) *orders {
	t.Helper()
	c := &orders{t: t, random: rand.New(rand.NewPCG(seed, 29)), clock: crashtest.NewClock(), all: make(map[string]*ports.Withdrawal)}
	c.store = &crashtest.Moody{Store: memory.New(), Random: c.random}
	for range 2 {
		wallets, err := ledger.New(c.store, ledger.Config{Clock: c.clock})
		require.NoError(t, err)
		s, err := withdraw.New(c.store, wallets, withdraw.Config{Clock: c.clock}, withdraw.Route{Disburser: (*drawingDisburser)(c), Approvals: c.random.IntN(2)})
		require.NoError(t, err)
		c.services, c.wallets = append(c.services, s), wallets
	}
	for _, id := range []string{"v", "w"} {
		_, err := c.wallets.Open(t.Context(), ledger.OpenRequest{WalletID: id, Currency: "KRW"})
		require.NoError(t, err)
		_, err = c.wallets.Credit(t.Context(), ledger.CreditRequest{WalletID: id, Key: "cash", Amount: won(begin)})
		require.NoError(t, err)
	}
	c.store.On = true
	c.say("seed %d", seed)
	return c
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
		Outcome:     outcomes[d.random.IntN(len(outcomes))],
		ProviderRef: []string{"", "p A", "p A", "p B", "p C"}[d.random.IntN(5)],
	}}
	if a.Outcome == ports.OutcomeApproved && d.random.IntN(4) == 0 {
		a.Fee = decimal.NewNullDecimal(won([]int64{0, 300}[d.random.IntN(2)]))
	}
	d.steps = append(d.steps, fmt.Sprintf("  %s: %s %s", of, a.Outcome, a.ProviderRef))
	return a
}

func (c *orders) run() {
	for range 6 + c.random.IntN(14) {
		machine, err := c.step()
		if err != nil {
			c.steps[len(c.steps)-1] += ": " + err.Error()
			c.require(known(err), "an error of another kind")
		}
		c.check(machine, errors.Is(err, ports.ErrNotOpen) || errors.Is(err, ports.ErrInvalid) || errors.Is(err, withdraw.ErrSamePerson))
		if c.t.Failed() {
			break
		}
	}
	if !c.t.Failed() {
		c.verify()
	}
	if c.t.Failed() {
		c.t.Log(strings.Join(c.steps, "\n"))
	}
}

// known reports whether an error is one that callers are told of.
func known(err error) bool {
	return slices.ContainsFunc([]error{
		ports.ErrNotOpen, ports.ErrInvalid, withdraw.ErrSamePerson, ports.ErrInsufficient, ports.ErrUndecided, ports.ErrBusy, ports.ErrConflict, ports.ErrUnavailable,
	}, func(each error) bool { return errors.Is(err, each) })
}

// step does one thing in one of the processes, and reports whether the machine did it alone.
func (c *orders) step() (machine bool, err error) {
	s, ctx := c.services[c.random.IntN(len(c.services))], c.t.Context()
	switch c.random.IntN(8) {
	case 0, 1, 2:
		wallet, key := []string{"v", "w"}[c.random.IntN(2)], fmt.Sprint("k", c.random.IntN(6)) // some are used again
		c.say("withdraw from %s %s", wallet, key)
		_, err = s.Request(ctx, withdraw.Request{WalletID: wallet, Key: key, Disburser: "bank", Total: won(20_000), Who: "customer"})
		return true, err
	case 3, 4:
		c.say("follow")
		c.clock.Advance(time.Hour)
		_, err = s.Follow(ctx, 10)
		return true, err
	}
	return false, c.decide(ctx, s)
}

// decide lets a person decide about a withdrawal.
func (c *orders) decide(ctx context.Context, s *withdraw.Service) (err error) {
	ids := slices.Sorted(maps.Keys(c.all))
	if len(ids) == 0 {
		return nil
	}
	op := c.all[ids[c.random.IntN(len(ids))]]
	act := ports.Act{ID: op.ID, By: ports.By{Who: []string{"kim", "lee", "customer"}[c.random.IntN(3)], Why: "seen"}}
	what := []ports.DecisionKind{
		ports.DecisionApprove, ports.DecisionDecline, ports.DecisionCancel, ports.DecisionPaid, ports.DecisionRefused, ports.DecisionReturned,
		ports.DecisionInquire, ports.DecisionDispute, ports.DecisionKeep,
	}[c.random.IntN(9)]
	if allowed := withdraw.Acts(op); len(allowed) > 0 && c.random.IntN(3) > 0 {
		what = allowed[c.random.IntN(len(allowed))]
	}
	c.say("%s: %s %s", act.Who, what, op.ID[len(op.ID)-4:])
	switch what { //nolint:exhaustive // the others are of recharges and policies
	case ports.DecisionPaid:
		paid := withdraw.Paid{ID: op.ID, By: act.By, TransactionID: "t", TransactedAt: c.clock.Now()}
		if c.random.IntN(2) == 0 {
			paid.Fee = decimal.NewNullDecimal(won(100))
		}
		_, err = s.ReportPaid(ctx, paid)
	case ports.DecisionReturned:
		returned := withdraw.Returned{ID: op.ID, By: act.By}
		if c.random.IntN(2) == 0 {
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
func (c *orders) check(machine, refused bool) {
	found, err := c.store.FindOperations(c.t.Context(), ports.OperationFilter{Kind: ports.KindWithdrawal, Limit: 1000})
	require.NoError(c.t, err)
	out, now := make(map[string]decimal.Decimal), make(map[string]*ports.Withdrawal)
	for _, each := range found {
		op, ok := each.(*ports.Withdrawal)
		require.True(c.t, ok)
		was := c.all[op.ID]
		c.require(!refused || was != nil && was.Version == op.Version, "a decision that is refused changes nothing")
		now[op.ID] = op
		out[op.WalletID] = out[op.WalletID].Add(left(op))
	}
	for id, op := range now {
		if was := c.all[id]; !machine || op.Status != ports.WithdrawalCompleted || op.ProviderRef == "" || was != nil && was.Status == ports.WithdrawalCompleted {
			continue
		}
		for other, op2 := range now {
			c.require(other == id || op2.ProviderRef != op.ProviderRef || op2.Status != ports.WithdrawalCompleted, "one payout completes one withdrawal: "+op.ProviderRef)
		}
	}
	c.all = now
	for _, id := range []string{"v", "w"} {
		wallet, err := c.wallets.Wallet(c.t.Context(), id)
		require.NoError(c.t, err)
		want := won(begin).Sub(out[id])
		c.require(wallet.Balance.Equal(want), fmt.Sprintf("wallet %s has %s, and the records say %s", id, wallet.Balance, want))
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

// verify proves the wallets and the books at the end.
func (c *orders) verify() {
	c.store.On = false
	for _, id := range []string{"v", "w"} {
		_, err := c.wallets.Verify(c.t.Context(), id)
		c.require(err == nil, fmt.Sprint("the history of the wallet is proved: ", err))
	}
	books, err := c.wallets.TrialBalance(c.t.Context())
	require.NoError(c.t, err)
	require.NoError(c.t, books.Check())
}

func (c *orders) say(format string, args ...any) {
	c.steps = append(c.steps, fmt.Sprintf(format, args...))
}

func (c *orders) require(holds bool, rule string) {
	c.t.Helper()
	if !holds {
		c.t.Error(rule)
	}
}
