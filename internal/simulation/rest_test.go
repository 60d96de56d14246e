package simulation_test

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/recharge"
	"github.com/jigap/jigap/withdraw"
)

// calmer brings a store to rest once faults have ended: workers step until nothing is
// due, administrators and people decide what waits for them.
type calmer struct {
	ctx       context.Context //nolint:containedctx // of the run
	store     ports.Store
	providers *providers
	random    *rand.Rand
	now       func() time.Time
	pass      func(d time.Duration)                                              // lets time pass
	step      func() error                                                       // has workers do what is due
	do        func(actor string, work func(context.Context, *house) error) error // in some process
	count     func(group, name string)
	told      func(event string) int // how often the host was
	fates     map[string]int         // of virtual accounts that wait, by order
	collects  bool                   // workers collect what wallets owe
}

// mostDays is how long it may take until nothing is due: longer than any inquiry goes
// on.
const mostDays = 12

// The recharges by which it is tried whether the lanes are free, into a wallet of their
// own.
const (
	probeWallet = "probe"
	probePrefix = "probe "
	probeAmount = 1_000
)

// calm brings everything to rest; then every lane must be free.
func (c *calmer) calm() error {
	if err := c.rest(); err != nil {
		return err
	}
	if err := c.lastMail(); err != nil {
		return err
	}
	err := c.do("probe", func(ctx context.Context, h *house) error {
		_, err := h.wallets.Open(ctx, ledger.OpenRequest{WalletID: probeWallet, Currency: "KRW"})
		return err
	})
	if err != nil {
		return err
	}
	for i, m := range append(c.providers.access.methods(), c.providers.access.ownMethods()...) {
		err := c.do("probe", func(ctx context.Context, h *house) error {
			_, err := h.recharges.Recharge(ctx, recharge.Request{
				WalletID: probeWallet, Key: fmt.Sprint(probePrefix, i), Charger: m.Charger, PaymentMethod: m.ID, Amount: won(probeAmount),
			})
			return err
		})
		if err != nil {
			return fmt.Errorf("at rest, a recharge by %s: %w", m.Charger, err)
		}
	}
	if err := c.delegation(); err != nil {
		return err
	}
	return c.rest()
}

// rest returns when nothing is due any more.
func (c *calmer) rest() error {
	for end := c.now().AddDate(0, 0, mostDays); c.now().Before(end); {
		c.providers.kona.Settle(c.random.IntN(4) > 0)
		for c.providers.decide(c.random) != "" {
		}
		if err := c.ofToss(); err != nil {
			return err
		}
		if err := c.people(); err != nil {
			return err
		}
		due, open, err := c.due()
		if err != nil || len(open) == 0 {
			return err
		}
		// A clock may be behind; and nothing happens to what is due long from now.
		c.pass(min(max(due.Sub(c.now())+10*time.Second, time.Second), 24*time.Hour))
	}
	_, open, err := c.due()
	return cmp.Or(err, fmt.Errorf("%d operations never end: %s %s is %s", len(open), open[0].Head().Kind, open[0].Head().ID, open[0].StatusText()))
}

// due returns operations that a worker or a person must still act on, and when the first of them
// is due.
func (c *calmer) due() (first time.Time, open []ports.Operation, err error) {
	found, err := operations(c.ctx, c.store, ports.OperationFilter{Open: true})
	if err != nil {
		return first, nil, err
	}
	disputed, err := operations(c.ctx, c.store, ports.OperationFilter{Statuses: ports.Statuses(ports.RechargeDisputed)})
	if err != nil {
		return first, nil, err
	}
	found = append(found, disputed...)
	wallets, err := walletsByID(c.ctx, c.store)
	first = c.now().Add(24 * time.Hour)
	for _, op := range found {
		head, status := op.Head(), op.StatusText()
		policy, isPolicy := op.(*ports.Policy)
		debt, isDebt := op.(*ports.Debt)
		switch {
		case isDebt && !c.collectable(debt, wallets):
			continue
		case head.Kind == ports.KindWithdrawal && status == string(ports.WithdrawalApproved): // it waits for its lane
			first = earlier(first, c.now().Add(time.Hour))
		case status == string(ports.RechargeReview), status == string(ports.RechargeDisputed), status == string(ports.WithdrawalRequested):
			first = earlier(first, c.now().Add(time.Hour))
		case status == string(ports.RechargeAwaiting) && c.now().Before(op.(*ports.Recharge).Deadline): // looked at again and again
			first = earlier(first, op.(*ports.Recharge).Deadline)
		case isPolicy && stateOf(policy).Unconfigured, wallets[head.WalletID].Status == ports.WalletClosed && !head.DueAt.IsZero():
			first = earlier(first, head.DueAt)
		case head.DueAt.IsZero(), isPolicy && stateOf(policy).Attempt == nil && head.DueAt.After(c.now().Add(time.Minute)),
			isPolicy && stateOf(policy).Attempt == nil && policy.Status == ports.PolicySuspended: // looked at again and again
			continue
		default:
			first = earlier(first, head.DueAt)
		}
		open = append(open, op)
	}
	return first, open, err
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func walletsByID(ctx context.Context, store ports.Store) (map[string]*ports.Wallet, error) {
	wallets, err := store.FindWallets(ctx, ports.WalletFilter{Limit: 1_000_000})
	byID := make(map[string]*ports.Wallet)
	for i := range wallets {
		byID[wallets[i].ID] = &wallets[i]
	}
	return byID, err
}

// operations lists operations of a store, in order of id.
func operations(ctx context.Context, store ports.Store, filter ports.OperationFilter) ([]ports.Operation, error) {
	filter.Limit = 1_000_000
	found, err := store.FindOperations(ctx, filter)
	slices.SortFunc(found, func(a, b ports.Operation) int { return cmp.Compare(a.Head().ID, b.Head().ID) })
	return found, err
}

// people approve what waits for approvals, report on what they pay, and look at what is
// left to them: they compare it with the provider's books once nothing can be on its
// way there any more, and decide accordingly.
func (c *calmer) people() error {
	if err := c.follow(); err != nil {
		return err
	}
	if _, err := c.each(func(op ports.Operation) (func(context.Context, *house) error, error) {
		return c.decision(op, c.providers.books()), nil
	}); err != nil {
		return err
	}
	return c.follow()
}

// follow has people book what banks, customers and the gateway did, until all of it is.
func (c *calmer) follow() (err error) {
	last := ""
	for range mostRounds {
		if last, err = c.each(c.byOthers); last == "" || err != nil {
			return err
		}
	}
	return fmt.Errorf("people decide about %s again and again", last)
}

// each has people do what they decide about each operation, and returns the last about which there was anything to do.
func (c *calmer) each(decide func(ports.Operation) (func(context.Context, *house) error, error)) (last string, err error) {
	found, err := operations(c.ctx, c.store, ports.OperationFilter{})
	for _, op := range found {
		now, err := c.store.Operations(c.ctx, []string{op.Head().ID})
		if err != nil {
			return last, err
		}
		act, err := decide(now[0])
		if err != nil {
			return last, err
		}
		if act == nil {
			continue
		}
		last = op.Head().ID
		if err := c.do("people", act); err != nil {
			return last, fmt.Errorf("people cannot decide about %s: %w", last, err)
		}
	}
	return last, err
}

// byOthers returns what people do about an operation because banks, customers or the gateway did something; nil:
// nothing.
func (c *calmer) byOthers(op ports.Operation) (func(context.Context, *house) error, error) {
	wallets, err := c.store.Wallets(c.ctx, []string{op.Head().WalletID})
	if err != nil || len(wallets) == 0 {
		return nil, err
	}
	closed := wallets[0].Status == ports.WalletClosed
	switch op := op.(type) {
	case *ports.Recharge:
		if isToss(op.Charger) {
			return c.byToss(op, closed), nil
		}
		if isAwaited(op.Charger) {
			return c.byCustomer(op, closed), nil
		}
		return c.byBank(op, closed), nil
	case *ports.Cancellation:
		charge, err := c.store.Operations(c.ctx, []string{op.RechargeID})
		if err != nil {
			return nil, err
		}
		if isToss(op.Charger) {
			return nil, nil //nolint:nilnil // what it says is booked
		}
		return c.byGateway(charge[0].(*ports.Recharge), op, &wallets[0]), nil
	}
	return nil, nil //nolint:nilnil // nothing is to be done
}

const who, why = "boss", "as the provider's books say"

// decision returns what people do about an operation; nil: nothing.
func (c *calmer) decision(op ports.Operation, books books) func(context.Context, *house) error {
	head := op.Head()
	payout, isPayout := op.(*ports.Withdrawal)
	debt, isDebt := op.(*ports.Debt)
	switch {
	case isDebt && writesOff(debt):
		return func(ctx context.Context, h *house) error {
			_, err := h.recharges.WriteOff(ctx, ports.Act{ID: head.ID, By: ports.By{Who: who, Why: "moved away"}})
			return err
		}
	case isPayout && payout.Status == ports.WithdrawalRequested:
		return func(ctx context.Context, h *house) error {
			_, err := h.payouts.Approve(ctx, ports.Act{ID: head.ID, By: ports.By{Who: fmt.Sprintf("boss %d", len(payout.Approvals)), Why: why}})
			return err
		}
	case isPayout && payout.Status == ports.WithdrawalApproved && strings.Contains(payout.Why, "wallet is frozen"):
		if c.random.IntN(2) == 0 {
			c.count("withdrawals of frozen wallets", "paid all the same")
			return func(ctx context.Context, h *house) error {
				_, err := h.payouts.PayFrozen(ctx, ports.Act{ID: head.ID, By: ports.By{Who: who, Why: "the court says so"}})
				return err
			}
		}
		c.count("withdrawals of frozen wallets", "canceled")
		return func(ctx context.Context, h *house) error {
			_, err := h.payouts.Cancel(ctx, ports.Act{ID: head.ID, By: ports.By{Who: who, Why: "the wallet is frozen"}})
			return err
		}
	case isPayout && byHand(payout.Disburser) && payout.Status == ports.WithdrawalPending:
		return func(ctx context.Context, h *house) error {
			_, err := h.payouts.ReportPaid(ctx, withdraw.Paid{ID: head.ID, By: ports.By{Who: who, Why: why}, TransactionID: "tx"})
			return err
		}
	case op.StatusText() != string(ports.RechargeReview) && op.StatusText() != string(ports.RechargeDisputed), c.now().Sub(head.UpdatedAt) < time.Hour:
		return nil
	}
	if _, claimed := c.providers.backs[head.ID]; !claimed && !c.providers.fell(head.ID) { // else the machine has no part in it
		c.count("left to people", string(head.Kind)+" "+op.StatusText())
	}
	return func(ctx context.Context, h *house) error { return resolve(ctx, h, books, op) }
}

// resolve ends what the machine could not, as the books say.
func resolve(ctx context.Context, h *house, books books, op ports.Operation) error {
	id, err := op.Head().ID, error(nil)
	act := ports.Act{ID: id, By: ports.By{Who: who, Why: why}}
	switch op := op.(type) {
	case *ports.Recharge:
		charge, charged := books.of(op)
		charged = charged && !charge.canceled
		switch credited := op.EntrySeq != 0 && op.ReverseSeq == 0; {
		case charged && credited:
			_, err = h.recharges.Keep(ctx, recharge.KeepRequest{ID: id, By: act.By})
		case charged && op.ReverseSeq != 0:
			_, err = h.recharges.Reinstate(ctx, recharge.ReinstateRequest{ID: id, By: act.By, ProviderRef: charge.ref})
		case charged:
			_, err = h.recharges.Approve(ctx, recharge.ApproveRequest{ID: id, By: act.By, ProviderRef: charge.ref, Amount: decimal.NewNullDecimal(charge.amount)})
		case credited:
			_, err = h.recharges.ReverseOwing(ctx, act)
		default:
			_, err = h.recharges.Decline(ctx, act)
		}
	case *ports.Cancellation:
		_, done := books.parts[tossName(tossCancel, id)]
		if done || books.carried[id] || op.Charger == viaKona && books.charges[op.RechargeID].canceled {
			_, err = h.recharges.ApproveCancel(ctx, recharge.ApproveCancelRequest{ID: id, By: act.By})
		} else {
			_, err = h.recharges.DeclineCancel(ctx, act)
		}
	case *ports.Withdrawal:
		if payout := books.payouts[id]; payout.paid {
			_, err = h.payouts.ReportPaid(ctx, withdraw.Paid{ID: id, By: ports.By{Who: who, Why: why}, TransactionID: "tx", Fee: decimal.NewNullDecimal(payout.fee)})
			return err
		}
		_, err = h.payouts.ReportRefused(ctx, ports.Act{ID: id, By: ports.By{Who: who, Why: why}})
	}
	return err
}
