package recharge_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"go.uber.org/mock/gomock"

	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/internal/ordertest"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/ports/portsmock"
	"github.com/jigap/jigap/recharge"
)

// TestService_Recharge_charges_once_for_a_key: two services over one store, 64 goroutines, few
// keys, one lane. Each key is charged at most once, and orders never overlap.
func TestService_Recharge_charges_once_for_a_key(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, approves)
	var services []*recharge.Service
	for range 2 {
		s, _ := w.process(t, crashtest.Immortal(), nil)
		services = append(services, s)
	}
	var all sync.WaitGroup
	for i := range 64 {
		all.Go(func() {
			for key := range 8 {
				for {
					op, err := services[i%2].Recharge(t.Context(), topUp(fmt.Sprint("key ", key)))
					var busy *recharge.InProgressError
					if errors.As(err, &busy) {
						if busy.OperationID == "" {
							t.Error("the error names the operation in the lane")
						}
						continue
					}
					if err != nil {
						t.Error(err)
					} else if op.Key != fmt.Sprint("key ", key) {
						t.Errorf("key %d answered by the operation of %s", key, op.Key)
					}
					break
				}
			}
		})
	}
	all.Wait()
	require.Equal(t, 8, b.charges)
	_, wallets := w.process(t, crashtest.Immortal(), nil)
	ordertest.RequireBalance(t, wallets, 80_000)
}

func TestService_Recharge_one_open_order_in_a_lane(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, dropsAfter)
	s, wallets := w.process(t, crashtest.Immortal(), nil)
	_, err := wallets.Open(t.Context(), ledger.OpenRequest{WalletID: "other", Currency: "KRW"})
	require.NoError(t, err)
	first := mustRecharge(t, s, "first")
	require.Equal(t, ports.RechargeUnknown, first.Status)
	second := topUp("second")
	second.WalletID = "other"
	_, err = s.Recharge(t.Context(), second)
	var busy *recharge.InProgressError
	require.ErrorAs(t, err, &busy)
	require.ErrorIs(t, err, recharge.ErrRechargeInProgress)
	require.ErrorIs(t, err, ports.ErrLaneTaken)
	require.Equal(t, first.ID, busy.OperationID)
	again := mustRecharge(t, s, "first")
	require.Equal(t, first.ID, again.ID, "the same key answers at any stage")
	other := topUp("first")
	other.Amount = won(5)
	_, err = s.Recharge(t.Context(), other)
	require.ErrorIs(t, err, ports.ErrKeyReused)
	w.rest(t, s)
	b.does = approves
	done, err := s.Recharge(t.Context(), second)
	require.NoError(t, err)
	require.Equal(t, ports.RechargeApproved, done.Status)
	require.Equal(t, 2, b.charges)
}

func TestService_Recharge_refuses_bad_requests(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, approves)
	s, wallets := w.process(t, crashtest.Immortal(), nil)
	for field, spoil := range map[string]func(*recharge.Request){
		"Charger":       func(r *recharge.Request) { r.Charger = "nobody" },
		"Key":           func(r *recharge.Request) { r.Key = "" },
		"PaymentMethod": func(r *recharge.Request) { r.PaymentMethod = "\n" },
		"WalletID":      func(r *recharge.Request) { r.WalletID = "" },
		"Amount":        func(r *recharge.Request) { r.Amount = decimal.RequireFromString("0.5") },
	} {
		request := topUp("k")
		spoil(&request)
		_, err := s.Recharge(t.Context(), request)
		var invalid *ports.InvalidError
		require.ErrorAs(t, err, &invalid, field)
		require.Equal(t, field, invalid.Field)
	}
	missing := topUp("k")
	missing.WalletID = "nobody"
	_, err := s.Recharge(t.Context(), missing)
	require.ErrorIs(t, err, ports.ErrNotFound)
	require.Empty(t, b.orders)
	wallet, err := wallets.Wallet(t.Context(), "w")
	require.NoError(t, err)
	require.EqualValues(t, 1, wallet.Seq, "nothing was written")
}

// scripted returns a charger that answers as told, and knows nothing when asked again.
func scripted(t *testing.T, charge ports.ChargeAnswer) *portsmock.MockCharger {
	t.Helper()
	charger := portsmock.NewMockCharger(gomock.NewController(t))
	charger.EXPECT().Name().Return("bank").AnyTimes()
	charger.EXPECT().Lane(gomock.Any()).Return("lane").AnyTimes()
	charger.EXPECT().Prepare(gomock.Any(), gomock.Any()).Return(nil, nil).AnyTimes()
	charger.EXPECT().Charge(gomock.Any(), gomock.Any()).Return(charge).AnyTimes()
	charger.EXPECT().Inquire(gomock.Any(), gomock.Any()).Return(ports.ChargeAnswer{}).AnyTimes()
	return charger
}

func TestService_Recharge_books_the_figures_of_the_provider(t *testing.T) {
	t.Parallel()
	w, _ := newWorld(t, approves)
	w.charger = scripted(t, ports.ChargeAnswer{
		Answer:     ports.Answer{Outcome: ports.OutcomeApproved, Code: "200", Message: "ok", ProviderRef: "history-1"},
		Amount:     decimal.NewNullDecimal(won(9_900)),
		OldBalance: decimal.NewNullDecimal(won(5)),
		NewBalance: decimal.NewNullDecimal(won(9_905)),
	})
	s, wallets := w.process(t, crashtest.Immortal(), nil)
	op := mustRecharge(t, s, "k")
	require.True(t, op.Mismatch)
	op = get(t, s, op.ID)
	require.True(t, op.Credited.Equal(won(9_900)))
	require.Equal(t, "history-1", op.ProviderRef)
	require.Equal(t, "200", op.Answer.Code)
	require.True(t, op.Answer.NewBalance.Decimal.Equal(won(9_905)))
	ordertest.RequireBalance(t, wallets, 9_900)
	found, err := s.List(t.Context(), recharge.Listing{ProviderRef: "history-1"})
	require.NoError(t, err)
	require.Len(t, found, 1)
	require.NotZero(t, found[0].EntrySeq)
}

// TestService_Recharge_that_cannot_be_credited_goes_to_review: the provider approved an amount that the
// wallet cannot hold. It must not be lost, rounded or tried for ever.
func TestService_Recharge_that_cannot_be_credited_goes_to_review(t *testing.T) {
	t.Parallel()
	for name, amount := range map[string]decimal.Decimal{
		"finer than the wallet": decimal.RequireFromString("9999.5"),
		"nothing":               decimal.Zero,
		"negative":              won(-1),
		"too much":              decimal.New(1, 18),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, _ := newWorld(t, approves)
			w.charger = scripted(t, ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeApproved}, Amount: decimal.NewNullDecimal(amount)})
			s, wallets := w.process(t, crashtest.Immortal(), nil)
			op := mustRecharge(t, s, "k")
			require.Equal(t, ports.RechargeReview, op.Status)
			require.NotEmpty(t, op.Why)
			wallet, err := wallets.Wallet(t.Context(), "w")
			require.NoError(t, err)
			require.True(t, wallet.Balance.IsZero())
			reviews, err := s.List(t.Context(), reviews())
			require.NoError(t, err)
			require.Len(t, reviews, 1)
			_, err = carryOut(t.Context(), s, resolution{
				ID: op.ID, Decision: ports.DecisionApprove, By: ports.By{Who: "kim", Why: "checked at the bank"}, Amount: decimal.NewNullDecimal(won(9_999)),
			})
			require.NoError(t, err)
			wallet, err = wallets.Wallet(t.Context(), "w")
			require.NoError(t, err)
			require.True(t, wallet.Balance.Equal(won(9_999)))
		})
	}
}

func TestService_Resolve_ends_an_unknown_order(t *testing.T) {
	t.Parallel()
	for _, decision := range []ports.DecisionKind{ports.DecisionApprove, ports.DecisionDecline} {
		t.Run(string(decision), func(t *testing.T) {
			t.Parallel()
			w, _ := newWorld(t, approves)
			w.charger = scripted(t, ports.ChargeAnswer{})
			s, wallets := w.process(t, crashtest.Immortal(), nil)
			op := mustRecharge(t, s, "k")
			require.Equal(t, ports.RechargeUnknown, op.Status)
			w.rest(t, s)
			op = get(t, s, op.ID)
			require.Equal(t, ports.RechargeReview, op.Status)
			require.True(t, op.Open, "the lane stays taken until a person decides")
			require.GreaterOrEqual(t, op.Inquiries, 20)
			_, err := carryOut(t.Context(), s, resolution{ID: op.ID, Decision: decision, By: ports.By{Why: "x"}})
			require.ErrorIs(t, err, ports.ErrInvalid, "a person must answer for it")
			op = resolved(t, s, resolution{ID: op.ID, Decision: decision, By: ports.By{Who: "kim", Why: "bank statement"}})
			require.Len(t, op.Decisions, 1)
			require.Equal(t, "kim", op.Decisions[0].Who)
			wallet, err := wallets.Wallet(t.Context(), "w")
			require.NoError(t, err)
			require.Equal(t, decision == ports.DecisionApprove, wallet.Balance.Equal(won(10_000)))
			require.Zero(t, wallet.OpenOperations)
			_, err = carryOut(t.Context(), s, resolution{ID: op.ID, Decision: decision, By: ports.By{Who: "kim", Why: "again"}})
			require.ErrorIs(t, err, ports.ErrNotOpen)
		})
	}
}

func TestService_Dispute_only_a_person_reverses(t *testing.T) {
	t.Parallel()
	w, _ := newWorld(t, approves)
	s, wallets := w.process(t, crashtest.Immortal(), nil)
	op := mustRecharge(t, s, "k")
	_, err := s.Dispute(t.Context(), ports.Act{ID: op.ID, By: ports.By{Who: "kim", Why: "chargeback of 3 November"}})
	require.NoError(t, err)
	wallet, err := wallets.Wallet(t.Context(), "w")
	require.NoError(t, err)
	require.True(t, wallet.Balance.Equal(won(10_000)), "news alone moves nothing")
	resolved(t, s, resolution{ID: op.ID, Decision: ports.DecisionKeep, By: ports.By{Who: "kim", Why: "won the case"}})
	_, err = s.Dispute(t.Context(), ports.Act{ID: op.ID, By: ports.By{Who: "kim", Why: "chargeback after all"}})
	require.NoError(t, err)
	_, err = wallets.Freeze(t.Context(), ledger.StatusRequest{WalletID: "w", Key: "freeze", By: ports.By{Who: "kim", Why: "asked by mail"}})
	require.NoError(t, err)
	reverse := ports.Act{ID: op.ID, By: ports.By{Who: "kim", Why: "chargeback"}}
	op, err = s.Reverse(t.Context(), reverse)
	require.NoError(t, err)
	require.Equal(t, ports.RechargeReversed, op.Status)
	_, err = s.Reverse(t.Context(), reverse)
	require.ErrorIs(t, err, ports.ErrNotOpen, "it moves nothing, and says so")
	wallet, err = wallets.Wallet(t.Context(), "w")
	require.NoError(t, err)
	require.True(t, wallet.Balance.IsZero())
}

func TestService_Reverse_refuses_when_the_money_is_spent(t *testing.T) {
	t.Parallel()
	w, _ := newWorld(t, approves)
	s, wallets := w.process(t, crashtest.Immortal(), nil)
	op := mustRecharge(t, s, "k")
	_, err := wallets.Deduct(t.Context(), ledger.DeductRequest{WalletID: "w", Key: "spent", Amount: won(1)})
	require.NoError(t, err)
	_, err = s.Reverse(t.Context(), ports.Act{ID: op.ID, By: ports.By{Who: "kim", Why: "chargeback"}})
	require.ErrorIs(t, err, ports.ErrInsufficient)
	op = get(t, s, op.ID)
	require.Equal(t, ports.RechargeApproved, op.Status)
}

// slowCharger answers only when told, so that a worker can be faster.
type slowCharger struct {
	*bank
	inCharge chan struct{}
	goOn     chan struct{}
}

func (c *slowCharger) Charge(ctx context.Context, o ports.ChargeOrder) ports.ChargeAnswer {
	close(c.inCharge)
	<-c.goOn
	return c.bank.Charge(ctx, o)
}

// TestService_Recharge_keeps_a_late_answer: a process sleeps in the call to the provider until
// its lease is over, a worker ends the order as failed, and then the charge succeeds. The
// recharge is disputed.
func TestService_Recharge_keeps_a_late_answer(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, approves)
	busy := &crashtest.Contended{Store: w.store, Loses: func(op ports.Operation) bool { return op.StatusText() == string(ports.RechargeDisputed) }}
	w.store = busy // another process writes the record at the same moment
	slow := &slowCharger{bank: b, inCharge: make(chan struct{}), goOn: make(chan struct{})}
	w.charger = slow
	s, wallets := w.process(t, crashtest.Immortal(), nil)
	answered := ordertest.Async(t, func(ctx context.Context) (*ports.Recharge, error) { return s.Recharge(ctx, topUp("k")) })
	<-slow.inCharge
	w.clock.Advance(time.Hour)
	w.rest(t, s) // no trace of it at the provider: closed as failed
	close(slow.goOn)
	op := <-answered
	require.Equal(t, ports.RechargeDisputed, op.Status)
	require.Equal(t, 1, busy.Lost())
	wallet, err := wallets.Wallet(t.Context(), "w")
	require.NoError(t, err)
	require.True(t, wallet.Balance.IsZero())
	resolved(t, s, resolution{ID: op.ID, Decision: ports.DecisionApprove, By: ports.By{Who: "kim", Why: "it was charged"}})
	wallet, err = wallets.Wallet(t.Context(), "w")
	require.NoError(t, err)
	require.True(t, wallet.Balance.Equal(b.charged))
}

// TestService_Notifier_breaks_and_delays_nothing: events come in order, away from the money path; a
// notifier that blocks or panics changes nothing.
func TestService_Notifier_breaks_and_delays_nothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, b := newWorld(t, dropsAfter)
		notifier := portsmock.NewMockNotifier(gomock.NewController(t))
		gate := make(chan struct{})
		var names []string
		notifier.EXPECT().Notify(gomock.Any(), gomock.Any()).Do(func(_ context.Context, event ports.Event) {
			<-gate
			names = append(names, event.EventName())
			panic("notifier")
		}).AnyTimes()
		s, _ := w.process(t, crashtest.Immortal(), notifier)
		_, err := s.Recharge(t.Context(), topUp("k"))
		require.NoError(t, err, "the notifier is stuck, the recharge is not")
		w.rest(t, s)
		b.does = declines
		mustRecharge(t, s, "l")
		close(gate)
		synctest.Wait()
		require.Equal(t, []string{
			"recharge.sending", "recharge.unknown", "recharge.approved", "recharge.sending", "recharge.declined",
		}, names)
	})
}

func TestService_logs_ids_and_alarms(t *testing.T) {
	t.Parallel()
	w, _ := newWorld(t, approves)
	var log strings.Builder
	wallets, err := ledger.New(w.store, ledger.Config{Clock: w.clock})
	require.NoError(t, err)
	s, err := recharge.New(w.store, wallets, recharge.Config{Clock: w.clock, Logger: slog.New(slog.NewTextHandler(&log, nil))},
		scripted(t, ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeFault, Alarm: "credentials refused"}}))
	require.NoError(t, err)
	request := topUp("k")
	request.PaymentMethod = "card-4111111111111111"
	op, err := s.Recharge(t.Context(), request)
	require.NoError(t, err)
	require.Equal(t, ports.RechargeFailed, op.Status)
	require.Contains(t, log.String(), op.ID)
	require.Contains(t, log.String(), "credentials refused")
	require.NotContains(t, log.String(), "4111", "a payment method must not be in a log")
}

// TestService_Follow_resends_under_the_same_id: an order is sent again under its id where the
// provider allows that.
func TestService_Follow_resends_under_the_same_id(t *testing.T) {
	t.Parallel()
	w, _ := newWorld(t, approves)
	charger := portsmock.NewMockCharger(gomock.NewController(t))
	charger.EXPECT().Name().Return("bank").AnyTimes()
	charger.EXPECT().Lane(gomock.Any()).Return("").AnyTimes()
	charger.EXPECT().Prepare(gomock.Any(), gomock.Any()).Return([]byte("e"), nil).Times(1)
	var ids []string
	charger.EXPECT().Charge(gomock.Any(), gomock.Any()).DoAndReturn(func(_ context.Context, o ports.ChargeOrder) ports.ChargeAnswer {
		ids = append(ids, o.OperationID)
		if o.Transmissions != len(ids) {
			t.Errorf("transmission %d says it is number %d", len(ids), o.Transmissions)
		}
		if len(ids) == 1 {
			return ports.ChargeAnswer{}
		}
		return ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeApproved}}
	}).Times(2)
	charger.EXPECT().Inquire(gomock.Any(), gomock.Any()).Return(ports.ChargeAnswer{Answer: ports.Answer{Resend: true}})
	w.charger = charger
	s, _ := w.process(t, crashtest.Immortal(), nil)
	op := mustRecharge(t, s, "k")
	w.rest(t, s)
	op = get(t, s, op.ID)
	require.Equal(t, ports.RechargeApproved, op.Status)
	require.Equal(t, []string{op.ID, op.ID}, ids)
}

func TestNew_names_every_fault(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, approves)
	_, wallets := w.process(t, crashtest.Immortal(), nil)
	_, err := recharge.New(w.store, wallets, recharge.Config{Timeout: -1, InquireAfter: -1, ReviewAfter: -1}, b, b)
	for _, field := range []string{"Timeout", "InquireAfter", "ReviewAfter", "chargers"} {
		require.ErrorContains(t, err, field)
	}
	_, err = recharge.New(nil, nil, recharge.Config{})
	require.ErrorIs(t, err, ports.ErrInvalid)
	_, err = recharge.New(w.store, wallets, recharge.Config{}, b, nil)
	require.ErrorIs(t, err, ports.ErrInvalid)
	require.ErrorContains(t, err, "chargers")
}

// TestService_Reverse_takes_a_credit_back_once: Reverse refuses a recharge whose credit was
// taken back, whatever status its record has.
func TestService_Reverse_takes_a_credit_back_once(t *testing.T) {
	t.Parallel()
	w, _ := newWorld(t, approves)
	s, wallets := w.process(t, crashtest.Immortal(), nil)
	op := mustRecharge(t, s, "k")
	mustRecharge(t, s, "more")
	reverse := ports.Act{ID: op.ID, By: ports.By{Who: "kim", Why: "chargeback"}}
	op, err := s.Reverse(t.Context(), reverse)
	require.NoError(t, err)
	// As if late news had disputed it after all: the record alone, by hand.
	op.Version++
	op.Status = ports.RechargeDisputed
	fates := w.store.Commit(t.Context(), []ports.Unit{{Operations: []ports.Operation{op}}})
	require.Equal(t, ports.FateCommitted, fates[0].Status)
	_, err = s.Reverse(t.Context(), reverse)
	require.ErrorIs(t, err, ports.ErrNotOpen)
	require.ErrorContains(t, err, "which allows reinstate, decline")
	_, err = carryOut(t.Context(), s, resolution{ID: op.ID, Decision: ports.DecisionKeep, By: ports.By{Who: "kim", Why: "x"}})
	require.ErrorIs(t, err, ports.ErrNotOpen, "there is no credit left to keep")
	ordertest.RequireBalance(t, wallets, 10_000)
}

// TestService_late_unknown_of_a_sent_order_is_disputed: an order ended as never sent. Then the
// order is sent after all, and the answer is lost: the recharge is disputed.
func TestService_late_unknown_of_a_sent_order_is_disputed(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, dropsAfter)
	slow := &slowCharger{bank: b, inCharge: make(chan struct{}), goOn: make(chan struct{})}
	w.charger = slow
	s, _ := w.process(t, crashtest.Immortal(), nil)
	answered := ordertest.Async(t, func(ctx context.Context) (*ports.Recharge, error) { return s.Recharge(ctx, topUp("k")) })
	<-slow.inCharge
	w.clock.Advance(time.Hour)
	w.rest(t, s)
	close(slow.goOn)
	require.Equal(t, ports.RechargeDisputed, (<-answered).Status)
}
