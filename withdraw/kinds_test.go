package withdraw_test

import (
	"context"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/internal/ordertest"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/withdraw"
)

// TestConfig_defaults: the time of a call, the pauses between inquiries, and the age of a review.
func TestConfig_defaults(t *testing.T) { t.Parallel(); ordertest.TestDefaults(t, payoutKind()) }

// The calls to a Disburser, what a withdrawal keeps of their answers, stores that fail, and
// several payouts for one withdrawal: internal/ordertest says of each scenario what it proves.
func TestService_Request_calls(t *testing.T) { t.Parallel(); ordertest.TestCalls(t, payoutKind()) }

func TestService_Request_answers(t *testing.T) { t.Parallel(); ordertest.TestAnswers(t, payoutKind()) }

func TestService_Request_store(t *testing.T) { t.Parallel(); ordertest.TestStore(t, payoutKind()) }

func TestService_Request_payments(t *testing.T) {
	t.Parallel()
	ordertest.TestPayments(t, payoutKind())
}

// payoutKind describes withdrawals of 20,000, with a fee of 1,500, from a wallet of 5,000,000.
func payoutKind() ordertest.Kind {
	return ordertest.Kind{
		Record: ports.KindWithdrawal, Adapter: "disburser",
		Approved: "completed", Refused: "rejected", TakenBack: "returned",
		Open: 4_980_000, WhenApproved: 4_980_000, WhenRefused: 5_000_000,
		Figure: "fee", Ordered: 1_500, Commits: 3, PendingWaits: true,
		Pauses: []time.Duration{
			10 * time.Second, 20 * time.Second, 40 * time.Second, 80 * time.Second, 160 * time.Second, 320 * time.Second, 10 * time.Minute, 10 * time.Minute,
		},
		World: func(t *testing.T) *ordertest.World {
			t.Helper()
			w, _ := newWorld(t, pays, 0)
			_, wallets := w.process(t, crashtest.Immortal())
			_, err := wallets.Credit(t.Context(), ledger.CreditRequest{WalletID: "w", Key: "more", Amount: won(4_950_000)})
			require.NoError(t, err)
			return &ordertest.World{Store: w.store, Clock: w.clock, Log: new(crashtest.Log)}
		},
		Start: startPayouts,
		Other: func() ports.Operation {
			return &ports.Withdrawal{
				OperationHead: ports.OperationHead{ID: "other", Kind: ports.KindWithdrawal, WalletID: "w", Version: 1, ProviderRef: "tx 9"},
				Status:        ports.WithdrawalDisputed, Disburser: "bank", Total: won(20_000),
			}
		},
	}
}

func startPayouts(t *testing.T, world *ordertest.World, providers []*ordertest.Script) *ordertest.Process {
	t.Helper()
	wallets := ordertest.Ledger(t, world.Store, world.Clock)
	routes := make([]withdraw.Route, len(providers))
	for i, p := range providers {
		routes[i] = route(ordertest.Play[ports.PayoutOrder](p, said))
	}
	s, err := withdraw.New(world.Store, wallets, withdraw.Config{Clock: world.Clock, Notifier: world.Notifier, Logger: world.Logger()}, routes...)
	require.NoError(t, err)
	done := func(_ *ports.Withdrawal, err error) error { return err }
	record := func(op *ports.Withdrawal, err error) (ports.Operation, error) {
		if op == nil {
			return nil, err
		}
		return op, err
	}
	return &ordertest.Process{
		Wallets: wallets, Follow: s.Follow, Jobs: s.Jobs, Wait: s.Wait,
		Get:     func(ctx context.Context, id string) (ports.Operation, error) { return record(s.Get(ctx, id)) },
		Inquire: func(ctx context.Context, act ports.Act) error { return done(s.Inquire(ctx, act)) },
		Refuse:  func(ctx context.Context, act ports.Act) error { return done(s.ReportRefused(ctx, act)) },
		Dispute: func(ctx context.Context, act ports.Act) error { return done(s.Dispute(ctx, act)) },
		TakeBack: func(ctx context.Context, act ports.Act) error {
			return done(s.ReportReturned(ctx, withdraw.Returned{ID: act.ID, By: act.By}))
		},
		Approve: func(ctx context.Context, act ports.Act, fee decimal.NullDecimal) error {
			return done(s.ReportPaid(ctx, withdraw.Paid{ID: act.ID, By: act.By, TransactionID: "transfer", Fee: fee}))
		},
		Do: func(ctx context.Context, as ports.Act, act ordertest.Act) error {
			switch act.What { //nolint:exhaustive // the acts of courses
			case ports.DecisionInquire:
				return done(s.Inquire(ctx, as))
			case ports.DecisionRefused:
				return done(s.ReportRefused(ctx, as))
			case ports.DecisionKeep:
				return done(s.Keep(ctx, as))
			case ports.DecisionReturned:
				return done(s.ReportReturned(ctx, withdraw.Returned{ID: as.ID, By: as.By}))
			case ports.DecisionPaid:
				return done(s.ReportPaid(ctx, withdraw.Paid{ID: as.ID, By: as.By, TransactionID: "transfer"}))
			}
			return done(s.Dispute(ctx, as))
		},
		Order: func(ctx context.Context, disburser, key string) (ports.Operation, error) {
			request := through(disburser, key)
			request.LiftGuard = true // or the store is searched for the wallet's policy
			return record(s.Request(ctx, request))
		},
	}
}

// route is a route with a fee of 1,500 for the 20,000 of a test.
func route(d ports.Disburser) withdraw.Route {
	return withdraw.Route{Disburser: d, Schedule: withdraw.FeeSchedule{Currency: "KRW", Fixed: won(1_500), Scale: 0}}
}

func through(disburser, key string) withdraw.Request {
	request := payOut(key)
	request.Disburser = disburser
	return request
}

// odd is a Disburser that does what a test says; where the test says nothing, what the bank
// does.
type odd = ordertest.Provider[ports.PayoutOrder, ports.PayoutAnswer]

// said makes an answer to a payout of 20,000.
func said(a ordertest.Answer) ports.PayoutAnswer {
	answer := ports.PayoutAnswer{Answer: a.Answer}
	if a.Outcome == ports.OutcomeApproved && len(a.ProviderRef) <= ports.MaxProviderRef {
		answer.TransactionID = "transfer"
	}
	if a.Unbookable {
		answer.Total = decimal.NewNullDecimal(won(19_000)) // of 20,000
	}
	if answer.Fee = a.Amount(); a.Unreadable {
		answer.Fee = decimal.NewNullDecimal(decimal.New(1, 60))
	}
	return answer
}
