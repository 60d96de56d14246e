package recharge_test

import (
	"context"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/memory"
	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/internal/ordertest"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/recharge"
)

// TestService_Recharge_payments: a charge for which the provider names several payments. This
// suite, and those below, are in internal/ordertest, which says of each scenario what it proves.
func TestService_Recharge_payments(t *testing.T) {
	t.Parallel()
	ordertest.TestPayments(t, chargeKind())
}

// The calls to a Charger, what a recharge keeps of their answers, and stores that fail.
func TestService_Recharge_calls(t *testing.T) { t.Parallel(); ordertest.TestCalls(t, chargeKind()) }

func TestService_Recharge_answers(t *testing.T) { t.Parallel(); ordertest.TestAnswers(t, chargeKind()) }

func TestService_Recharge_store(t *testing.T) { t.Parallel(); ordertest.TestStore(t, chargeKind()) }

// The same for cancellations.
func TestService_Cancel_calls(t *testing.T) { t.Parallel(); ordertest.TestCalls(t, cancelKind()) }

func TestService_Cancel_answers(t *testing.T) { t.Parallel(); ordertest.TestAnswers(t, cancelKind()) }
func TestService_Cancel_store(t *testing.T)   { t.Parallel(); ordertest.TestStore(t, cancelKind()) }

// TestConfig_defaults: the time of a call, the pauses between inquiries, and the age of a review.
func TestConfig_defaults(t *testing.T) { t.Parallel(); ordertest.TestDefaults(t, chargeKind()) }

// TestConfig_defaults_of_cancellations: cancellations have those of recharges.
func TestConfig_defaults_of_cancellations(t *testing.T) {
	t.Parallel()
	ordertest.TestDefaults(t, cancelKind())
}

// chargeKind describes recharges of 10,000.
func chargeKind() ordertest.Kind {
	return ordertest.Kind{
		Record: ports.KindRecharge, Adapter: "charger",
		Approved: "approved", Refused: "declined", TakenBack: "reversed",
		Open: 0, WhenApproved: 10_000, WhenRefused: 0,
		Figure: "amount", Ordered: 10_000, Required: true, Commits: 2,
		Pauses: pauses(), World: kindWorld, Start: startCharges, Other: otherRecharge,
	}
}

func pauses() []time.Duration {
	return []time.Duration{
		10 * time.Second, 20 * time.Second, 40 * time.Second, 80 * time.Second, 160 * time.Second, 5 * time.Minute, 5 * time.Minute,
	}
}

// cancelKind describes cancellations of recharges of 10,000. Each order is a recharge that is
// approved, and its cancellation.
func cancelKind() ordertest.Kind {
	kind := chargeKind()
	kind.Record, kind.TakenBack, kind.Figure = ports.KindCancellation, "", ""
	kind.WhenApproved, kind.WhenRefused = 0, 10_000
	kind.Commits, kind.NeedsOrder, kind.Start = 5, true, startCancellations
	return kind
}

// canceling is a Charger that approves each charge, and cancels as a script says.
type canceling struct {
	*ordertest.Provider[ports.ChargeOrder, ports.ChargeAnswer]
	script *ordertest.Script
}

func (c canceling) PrepareCancel(context.Context, ports.CancelOrder) ([]byte, *ports.ChargeAnswer) {
	if refusal := c.script.Prepares(); refusal != nil {
		answer := said(*refusal)
		return nil, &answer
	}
	return nil, nil
}

func (c canceling) Cancel(ctx context.Context, _ ports.CancelOrder) ports.ChargeAnswer {
	return said(c.script.Sends(ctx))
}

func (c canceling) InquireCancel(context.Context, ports.CancelOrder) ports.ChargeAnswer {
	return said(c.script.Inquires())
}

func startCancellations(t *testing.T, w *ordertest.World, providers []*ordertest.Script) *ordertest.Process {
	t.Helper()
	var chargers []ports.Charger
	for _, p := range providers {
		approving := &ordertest.Script{Name: p.Name}
		chargers = append(chargers, canceling{ordertest.Play[ports.ChargeOrder](approving, said), p})
	}
	s, wallets := service(t, w, chargers...)
	return &ordertest.Process{
		Order: func(ctx context.Context, provider, key string) (ports.Operation, error) {
			charge, err := s.Recharge(ctx, through(provider, key))
			if err != nil {
				return nil, err
			}
			return orNil(s.Cancel(ctx, cancelRequest(charge)))
		},
		Get:    func(ctx context.Context, id string) (ports.Operation, error) { return orNil(s.Cancellation(ctx, id)) },
		Follow: s.Follow, Jobs: s.Jobs, Wait: s.Wait, Wallets: wallets,
		Inquire: acting(s.InquireCancel),
		Refuse:  acting(s.DeclineCancel),
		Approve: func(ctx context.Context, act ports.Act, amount decimal.NullDecimal) error {
			_, err := s.ApproveCancel(ctx, recharge.ApproveCancelRequest{ID: act.ID, By: act.By, Amount: amount})
			return err
		},
	}
}

func kindWorld(t *testing.T) *ordertest.World {
	t.Helper()
	w := &ordertest.World{Store: memory.New(), Clock: crashtest.NewClock(), Log: new(crashtest.Log)}
	openWallets(t, ordertest.Ledger(t, w.Store, w.Clock), "w")
	return w
}

func otherRecharge() ports.Operation {
	return &ports.Recharge{
		OperationHead: ports.OperationHead{ID: "other", Kind: ports.KindRecharge, WalletID: "w", Version: 1, ProviderRef: "tx 9"},
		Status:        ports.RechargeDisputed, Charger: "bank", Amount: won(10_000), Disputed: true,
	}
}

// said makes an answer to a charge of 10,000, or to its cancellation.
func said(a ordertest.Answer) ports.ChargeAnswer {
	answer := ports.ChargeAnswer{Answer: a.Answer, Amount: a.Amount()}
	switch {
	case a.Unbookable:
		answer.Amount = decimal.NewNullDecimal(won(-1))
	case a.Unreadable:
		answer.Amount = decimal.NewNullDecimal(decimal.New(1, 50_000_000))
	}
	return answer
}

func service(t *testing.T, w *ordertest.World, chargers ...ports.Charger) (*recharge.Service, *ledger.Ledger) {
	t.Helper()
	wallets := ordertest.Ledger(t, w.Store, w.Clock)
	s, err := recharge.New(w.Store, wallets, recharge.Config{Clock: w.Clock, Notifier: w.Notifier, Logger: w.Logger()}, chargers...)
	require.NoError(t, err)
	return s, wallets
}

func startCharges(t *testing.T, w *ordertest.World, providers []*ordertest.Script) *ordertest.Process {
	t.Helper()
	var chargers []ports.Charger
	for _, p := range providers {
		chargers = append(chargers, ordertest.Play[ports.ChargeOrder](p, said))
	}
	s, wallets := service(t, w, chargers...)
	return &ordertest.Process{
		Order: func(ctx context.Context, provider, key string) (ports.Operation, error) {
			return orNil(s.Recharge(ctx, through(provider, key)))
		},
		Get:    func(ctx context.Context, id string) (ports.Operation, error) { return orNil(s.Get(ctx, id)) },
		Follow: s.Follow, Jobs: s.Jobs, Wait: s.Wait, Wallets: wallets,
		Inquire:  acting(s.Inquire),
		Refuse:   acting(s.Decline),
		TakeBack: acting(s.Reverse),
		Dispute:  acting(s.Dispute),
		Do: func(ctx context.Context, as ports.Act, act ordertest.Act) error {
			if act.What == ports.DecisionDispute {
				_, err := s.Dispute(ctx, as)
				return err
			}
			_, err := carryOut(ctx, s, resolution{ID: as.ID, By: as.By, Decision: act.What, ProviderRef: act.Ref})
			return err
		},
		Approve: func(ctx context.Context, act ports.Act, amount decimal.NullDecimal) error {
			_, err := s.Approve(ctx, recharge.ApproveRequest{ID: act.ID, By: act.By, Amount: amount})
			return err
		},
	}
}

// orNil returns a record as an operation, and nil where there is none.
func orNil[R interface {
	*ports.Recharge | *ports.Cancellation
	ports.Operation
}](op R, err error) (ports.Operation, error) {
	if op == nil {
		return nil, err
	}
	return op, err
}

// acting drops the record that an act returns.
func acting[R any](act func(context.Context, ports.Act) (R, error)) func(context.Context, ports.Act) error {
	return func(ctx context.Context, a ports.Act) error {
		_, err := act(ctx, a)
		return err
	}
}
