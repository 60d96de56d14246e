package recharge_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/internal/ordertest"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/recharge"
)

// window is a bank with a payment window: its tokens name the order, and are good for one hour.
type window struct{ *bank }

func (w window) Await(order ports.ChargeOrder, fields map[string]string) (ports.Await, error) {
	if len(fields) > 0 && fields["name"] == "" {
		return ports.Await{}, ports.Invalid("Fields", "has no name")
	}
	return ports.Await{Until: order.RequestedAt.Add(time.Hour), Shown: map[string]string{"order": order.OperationID, "name": fields["name"]}}, nil
}

func (w window) PrepareConfirm(_ context.Context, order ports.ChargeOrder, token string) ([]byte, *ports.ChargeAnswer) {
	if !strings.HasPrefix(token, "paid "+order.OperationID) {
		return nil, &ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeDeclined, Code: "NOT_FOUND", Message: "the payment is of another order"}}
	}
	return []byte("evidence"), nil
}

func (w window) Unwrap() ports.Charger { return w.bank }

// windowWorld is a world whose bank has a payment window, and a process that has begun a recharge
// of 10,000.
func windowWorld(t *testing.T, does behaviour) (w *world, b *bank, s *recharge.Service, wallets *ledger.Ledger, op *ports.Recharge) {
	t.Helper()
	w, b = newWorld(t, does)
	w.charger = window{b}
	s, wallets = w.process(t, crashtest.Immortal(), nil)
	return w, b, s, wallets, mustBegin(t, s, "k")
}

func beginning(key string) recharge.BeginRequest {
	return recharge.BeginRequest{WalletID: "w", Key: key, Charger: "bank", Amount: won(10_000)}
}

func mustBegin(t *testing.T, s *recharge.Service, key string) *ports.Recharge {
	t.Helper()
	op, err := s.Begin(t.Context(), beginning(key))
	require.NoError(t, err)
	return op
}

func paid(op *ports.Recharge) recharge.ConfirmRequest {
	return recharge.ConfirmRequest{ID: op.ID, Token: "paid " + op.ID, Amount: op.Amount}
}

func about(op *ports.Recharge) ports.Notice {
	return ports.Notice{Provider: "bank", OperationID: op.ID}
}

func TestService_Begin_writes_a_recharge_down_and_sends_nothing(t *testing.T) {
	t.Parallel()
	w, b, s, wallets, op := windowWorld(t, approves)
	require.Equal(t, ports.RechargeAwaiting, op.Status)
	require.True(t, op.Open)
	require.Empty(t, op.Lane)
	require.Zero(t, op.Transmissions)
	require.Equal(t, op.CreatedAt.Add(time.Hour), op.Deadline)
	require.Equal(t, op.ID, op.Shown["order"])
	require.Empty(t, b.orders)
	wallet, err := wallets.Wallet(t.Context(), "w")
	require.NoError(t, err)
	require.Equal(t, 1, wallet.OpenOperations)
	require.Equal(t, op, get(t, s, op.ID))
	require.Equal(t, op.ID, mustBegin(t, s, "k").ID, "the key answers")
	other := mustRecharge(t, s, "meanwhile")
	require.Equal(t, ports.RechargeApproved, other.Status, "no lane is taken")
	w.follow(t, s)
	require.Equal(t, op.ID, mustBegin(t, s, "k").ID, "the key answers after the end")
}

func TestService_Begin_refuses_at_the_door(t *testing.T) {
	t.Parallel()
	w, b, s, _, op := windowWorld(t, approves)
	for name, c := range map[string]struct {
		change func(r *recharge.BeginRequest)
		err    error
		says   string
	}{
		"no amount":           {func(r *recharge.BeginRequest) { r.Amount = decimal.Zero }, ports.ErrInvalid, "Amount"},
		"a fraction of a won": {func(r *recharge.BeginRequest) { r.Amount = decimal.New(15, -1) }, ports.ErrInvalid, "Amount"},
		"no key":              {func(r *recharge.BeginRequest) { r.Key = "" }, ports.ErrInvalid, "Key"},
		"a reserved key":      {func(r *recharge.BeginRequest) { r.Key = ports.AutoRechargeKeys + "1" }, ports.ErrInvalid, "Key"},
		"an unknown wallet":   {func(r *recharge.BeginRequest) { r.WalletID = "none" }, ports.ErrNotFound, "none"},
		"an unknown Charger":  {func(r *recharge.BeginRequest) { r.Charger = "none" }, ports.ErrInvalid, "Charger"},
		"a field refused":     {func(r *recharge.BeginRequest) { r.Fields = map[string]string{"x": "y"} }, ports.ErrInvalid, "Fields"},
		"a long field":        {func(r *recharge.BeginRequest) { r.Fields = map[string]string{"name": strings.Repeat("x", 600)} }, ports.ErrInvalid, "Fields"},
		"a late deadline":     {func(r *recharge.BeginRequest) { r.Deadline = w.clock.Now().Add(2 * time.Hour) }, ports.ErrInvalid, "Deadline"},
		"a past deadline":     {func(r *recharge.BeginRequest) { r.Deadline = w.clock.Now() }, ports.ErrInvalid, "Deadline"},
		"another amount":      {func(r *recharge.BeginRequest) { r.Key, r.Amount = "k", won(1) }, ports.ErrKeyReused, "Amount"},
		"other fields":        {func(r *recharge.BeginRequest) { r.Key, r.Fields = "k", map[string]string{"name": "x"} }, ports.ErrKeyReused, "Fields"},
	} {
		request := beginning("x")
		c.change(&request)
		_, err := s.Begin(t.Context(), request)
		require.ErrorIs(t, err, c.err, name)
		require.ErrorContains(t, err, c.says, name)
	}
	require.Equal(t, op, onlyRecharge(t, s))
	w.charger = b
	without, _ := w.process(t, crashtest.Immortal(), nil)
	_, err := without.Begin(t.Context(), beginning("x"))
	require.ErrorIs(t, err, recharge.ErrNoAwait)
	_, err = without.Confirm(t.Context(), paid(op))
	require.ErrorIs(t, err, recharge.ErrNoConfirm)
}

// oddAwaiter answers Await with what no record can hold.
type oddAwaiter struct {
	window
	await ports.Await
}

func (o oddAwaiter) Await(ports.ChargeOrder, map[string]string) (ports.Await, error) {
	if o.await.Shown["panics"] != "" {
		panic("no")
	}
	return o.await, nil
}

func TestService_Begin_of_a_Charger_that_answers_oddly(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, approves)
	now := w.clock.Now()
	for name, await := range map[string]ports.Await{
		"no time":          {},
		"a time far away":  {Until: time.Date(12_000, 1, 1, 0, 0, 0, 0, time.UTC)},
		"a time that past": {Until: now.Add(-time.Second)},
		"a long text":      {Until: now.Add(time.Hour), Shown: map[string]string{"x": strings.Repeat("x", 600)}},
		"a panic":          {Shown: map[string]string{"panics": "yes"}},
	} {
		w.charger = oddAwaiter{window{b}, await}
		s, _ := w.process(t, crashtest.Immortal(), nil)
		_, err := s.Begin(t.Context(), beginning(name))
		require.Error(t, err, name)
		found, err := s.List(t.Context(), recharge.Listing{Limit: 1})
		require.NoError(t, err)
		require.Empty(t, found, name)
	}
}

func TestService_Confirm_sends_the_payment_once(t *testing.T) {
	t.Parallel()
	_, b, s, wallets, op := windowWorld(t, approves)
	for range 2 {
		confirmed, err := s.Confirm(t.Context(), paid(op))
		require.NoError(t, err)
		require.Equal(t, ports.RechargeApproved, confirmed.Status)
	}
	require.Equal(t, 1, b.orders[op.ID].arrived)
	ordertest.RequireBalance(t, wallets, 10_000)
	other := paid(op)
	other.Token += " again"
	_, err := s.Confirm(t.Context(), other)
	require.ErrorIs(t, err, ports.ErrNotOpen)
	stored, err := ports.EncodeOperation(get(t, s, op.ID))
	require.NoError(t, err)
	require.NotContains(t, string(stored), "paid ", "the token is not kept")
}

func TestService_Confirm_refuses_what_the_window_did_not_say(t *testing.T) {
	t.Parallel()
	w, b, s, wallets, op := windowWorld(t, approves)
	second := mustBegin(t, s, "second")
	before := get(t, s, op.ID)
	for name, c := range map[string]struct {
		change func(r *recharge.ConfirmRequest)
		err    error
	}{
		"another amount":      {func(r *recharge.ConfirmRequest) { r.Amount = won(9_999) }, ports.ErrInvalid},
		"an unknown order":    {func(r *recharge.ConfirmRequest) { r.ID = "none" }, ports.ErrNotFound},
		"no order":            {func(r *recharge.ConfirmRequest) { r.ID = "" }, ports.ErrInvalid},
		"another order":       {func(r *recharge.ConfirmRequest) { r.Token = "paid " + second.ID }, recharge.ErrNotConfirmed},
		"a token of no order": {func(r *recharge.ConfirmRequest) { r.Token = "made up" }, recharge.ErrNotConfirmed},
		"no token":            {func(r *recharge.ConfirmRequest) { r.Token = "" }, ports.ErrInvalid},
		"a token without end": {func(r *recharge.ConfirmRequest) { r.Token = strings.Repeat("x", 5_000) }, ports.ErrInvalid},
	} {
		request := paid(op)
		c.change(&request)
		_, err := s.Confirm(t.Context(), request)
		require.ErrorIs(t, err, c.err, name)
		require.NotContains(t, err.Error(), "made up", "the token is in no error")
	}
	require.Equal(t, before, get(t, s, op.ID))
	require.Empty(t, b.orders)
	var refused *recharge.NotConfirmedError
	request := paid(op)
	request.Token = "made up"
	_, err := s.Confirm(t.Context(), request)
	require.ErrorAs(t, err, &refused)
	require.Equal(t, "NOT_FOUND", refused.Code)
	w.clock.Advance(time.Hour)
	_, err = s.Confirm(t.Context(), paid(op))
	require.ErrorIs(t, err, ports.ErrNotOpen, "the deadline has passed")
	ordertest.RequireBalance(t, wallets, 0)
}

func TestService_Confirm_at_the_same_moment(t *testing.T) {
	t.Parallel()
	_, b, s, wallets, op := windowWorld(t, approves)
	errs := make([]error, 8)
	var group sync.WaitGroup
	for i := range errs {
		group.Go(func() { _, errs[i] = s.Confirm(t.Context(), paid(op)) })
	}
	group.Wait()
	require.NoError(t, errors.Join(errs...))
	require.Equal(t, 1, b.orders[op.ID].arrived)
	require.Eventually(t, func() bool { return get(t, s, op.ID).Status == ports.RechargeApproved }, time.Minute, time.Millisecond)
	ordertest.RequireBalance(t, wallets, 10_000)
}

func TestService_Confirm_that_did_not_reach_the_provider(t *testing.T) {
	t.Parallel()
	w, _, s, wallets, op := windowWorld(t, refuses)
	failed, err := s.Confirm(t.Context(), paid(op))
	require.NoError(t, err)
	require.Equal(t, ports.RechargeFailed, failed.Status)
	require.Equal(t, ports.OutcomeNotSent, failed.Answer.Outcome)
	w.rest(t, s)
	ordertest.RequireBalance(t, wallets, 0)
}

func TestService_Confirm_that_is_declined(t *testing.T) {
	t.Parallel()
	w, _, s, wallets, op := windowWorld(t, declines)
	declined, err := s.Confirm(t.Context(), paid(op))
	require.NoError(t, err)
	require.Equal(t, ports.RechargeDeclined, declined.Status)
	w.rest(t, s)
	ordertest.RequireBalance(t, wallets, 0)
}

func TestService_Confirm_while_its_lane_is_taken(t *testing.T) {
	t.Parallel()
	w, b, s, _, op := windowWorld(t, pendsApproves)
	pending := mustRecharge(t, s, "other")
	require.Equal(t, ports.RechargePending, pending.Status)
	var busy *recharge.InProgressError
	_, err := s.Confirm(t.Context(), paid(op))
	require.ErrorAs(t, err, &busy)
	require.Equal(t, pending.ID, busy.OperationID)
	require.Equal(t, ports.RechargeAwaiting, get(t, s, op.ID).Status)
	b.does = approves
	w.clock.Advance(15 * time.Minute)
	ordertest.Step(t, s)
	confirmed, err := s.Confirm(t.Context(), paid(op))
	require.NoError(t, err)
	require.Equal(t, ports.RechargeApproved, confirmed.Status)
}

// blindStore finds no order by its lane.
type blindStore struct {
	ports.Store
	err error
}

// FindOperations finds operations.
func (s blindStore) FindOperations(ctx context.Context, filter ports.OperationFilter) ([]ports.Operation, error) {
	if filter.Lane != "" {
		return nil, s.err
	}
	return s.Store.FindOperations(ctx, filter)
}

// TestService_Confirm_while_a_lane_is_taken_by_an_unknown_order: the order in the lane cannot be read, or has
// ended since. The error is the same, the provider is asked once, and nothing is sent.
func TestService_Confirm_while_a_lane_is_taken_by_an_unknown_order(t *testing.T) {
	t.Parallel()
	for name, err := range map[string]error{"it cannot be read": errors.New("down"), "it has ended": nil} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, b, s, _, op := windowWorld(t, pendsApproves)
			require.Equal(t, ports.RechargePending, mustRecharge(t, s, "other").Status)
			w.store = blindStore{w.store, err}
			blind, _ := w.process(t, crashtest.Immortal(), nil)
			var busy *recharge.InProgressError
			_, err := blind.Confirm(t.Context(), paid(op))
			require.ErrorAs(t, err, &busy)
			require.Empty(t, busy.OperationID)
			require.ErrorContains(t, err, "another order is in progress in lane bank:account")
			require.Equal(t, ports.RechargeAwaiting, get(t, s, op.ID).Status)
			require.Len(t, b.orders, 1)
		})
	}
}

// account is a window through which customers choose a virtual account: the provider waits for
// the deposit for two days.
type account struct {
	window
	deposit *ports.ChargeAnswer // what an inquiry says
}

func (a account) Charge(ctx context.Context, order ports.ChargeOrder) ports.ChargeAnswer {
	answer := a.bank.Charge(ctx, order)
	answer.Outcome, answer.Amount, answer.ProviderRef = ports.OutcomePending, decimal.NullDecimal{}, "tx 1"
	answer.Await = &ports.Await{Until: order.SentAt.Add(48 * time.Hour), Shown: map[string]string{"account": "110-1"}}
	return answer
}

func (a account) Inquire(context.Context, ports.ChargeOrder) ports.ChargeAnswer { return *a.deposit }

// accountWorld is a world with a recharge whose customer is to pay into a virtual account.
func accountWorld(t *testing.T, notifier ports.Notifier) (w *world, deposit *ports.ChargeAnswer, s *recharge.Service, wallets *ledger.Ledger, op *ports.Recharge) {
	t.Helper()
	w, b := newWorld(t, approves)
	deposit = &ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomePending, ProviderRef: "tx 1"}}
	w.charger = account{window{b}, deposit}
	s, wallets = w.process(t, crashtest.Immortal(), notifier)
	op, err := s.Confirm(t.Context(), paid(mustBegin(t, s, "k")))
	require.NoError(t, err)
	return w, deposit, s, wallets, op
}

func deposited(amount int64) ports.ChargeAnswer { return approvedAmount("tx 1", amount) }

func TestService_Confirm_into_a_virtual_account(t *testing.T) {
	t.Parallel()
	w, deposit, s, wallets, op := accountWorld(t, nil)
	require.Equal(t, ports.RechargeAwaiting, op.Status)
	require.Empty(t, op.Lane, "the customer takes days")
	require.Equal(t, map[string]string{"account": "110-1"}, op.Shown)
	require.Equal(t, op.SentAt.Add(48*time.Hour), op.Deadline)
	require.Nil(t, op.Answer.Await)
	again, err := s.Confirm(t.Context(), paid(op))
	require.NoError(t, err)
	require.Equal(t, op, again)
	w.clock.Advance(30 * time.Hour) // more than ReviewAfter
	ordertest.Step(t, s)
	require.Equal(t, ports.RechargeAwaiting, get(t, s, op.ID).Status)
	*deposit = deposited(10_000)
	op, err = s.InquireNow(t.Context(), about(op))
	require.NoError(t, err)
	require.Equal(t, ports.RechargeApproved, op.Status)
	ordertest.RequireBalance(t, wallets, 10_000)
	op, err = s.InquireNow(t.Context(), ports.Notice{Provider: "bank", ProviderRef: "tx 1"})
	require.NoError(t, err)
	require.Equal(t, ports.RechargeApproved, op.Status, "a second notice says nothing new")
	ordertest.RequireBalance(t, wallets, 10_000)
}

func TestService_Follow_ends_a_recharge_that_the_customer_did_not_pay(t *testing.T) {
	t.Parallel()
	w, _, s, wallets, op := windowWorld(t, approves)
	w.clock.Advance(59 * time.Minute)
	ordertest.Step(t, s)
	require.Equal(t, ports.RechargeAwaiting, get(t, s, op.ID).Status)
	w.clock.Advance(time.Minute)
	ordertest.Step(t, s)
	op = get(t, s, op.ID)
	require.Equal(t, ports.RechargeExpired, op.Status)
	require.Equal(t, "the customer did not pay by the deadline", op.Why)
	require.False(t, op.Open)
	wallet, err := wallets.Wallet(t.Context(), "w")
	require.NoError(t, err)
	require.Zero(t, wallet.OpenOperations)
	_, err = s.Confirm(t.Context(), paid(op))
	require.ErrorIs(t, err, ports.ErrNotOpen)
}

// TestService_Follow_asks_before_a_recharge_expires: the customer paid, and no notice came.
func TestService_Follow_asks_before_a_recharge_expires(t *testing.T) {
	t.Parallel()
	w, deposit, s, wallets, op := accountWorld(t, nil)
	*deposit = deposited(10_000)
	w.clock.Advance(48 * time.Hour)
	ordertest.Step(t, s)
	require.Equal(t, ports.RechargeApproved, get(t, s, op.ID).Status)
	ordertest.RequireBalance(t, wallets, 10_000)
}

func TestService_Follow_while_questions_about_an_awaiting_recharge_fail(t *testing.T) {
	t.Parallel()
	w, deposit, s, _, op := accountWorld(t, nil)
	*deposit = ports.ChargeAnswer{}
	w.clock.Advance(48 * time.Hour)
	ordertest.Step(t, s)
	require.Equal(t, ports.RechargeAwaiting, get(t, s, op.ID).Status, "a question that failed is no answer")
	w.clock.Advance(25 * time.Hour)
	ordertest.Step(t, s)
	require.Equal(t, ports.RechargeReview, get(t, s, op.ID).Status)

	w, b := newWorld(t, approves)
	w.charger = account{window{b}, &ports.ChargeAnswer{}}
	s, _ = w.process(t, crashtest.Immortal(), nil)
	op = mustBegin(t, s, "never sent")
	w.clock.Advance(2 * time.Hour)
	ordertest.Step(t, s)
	require.Equal(t, ports.RechargeAwaiting, get(t, s, op.ID).Status)
	w.clock.Advance(25 * time.Hour)
	ordertest.Step(t, s)
	require.Equal(t, ports.RechargeExpired, get(t, s, op.ID).Status)
}

// expiredWorld is a world with a recharge that has expired.
func expiredWorld(t *testing.T, notifier ports.Notifier) (deposit *ports.ChargeAnswer, s *recharge.Service, wallets *ledger.Ledger, op *ports.Recharge) {
	t.Helper()
	w, deposit, s, wallets, op := accountWorld(t, notifier)
	w.clock.Advance(48 * time.Hour)
	ordertest.Step(t, s)
	op = get(t, s, op.ID)
	require.Equal(t, ports.RechargeExpired, op.Status)
	return deposit, s, wallets, op
}

func TestService_InquireNow_credits_a_payment_that_comes_after_the_deadline(t *testing.T) {
	t.Parallel()
	for amount, mismatch := range map[int64]bool{10_000: false, 9_000: true} {
		synctest.Test(t, func(t *testing.T) {
			told := &ordertest.Told[string]{Of: func(event ports.Event) (string, bool) { return event.EventName(), true }}
			deposit, s, wallets, op := expiredWorld(t, told)
			op, err := s.InquireNow(t.Context(), about(op))
			require.NoError(t, err)
			require.Equal(t, ports.RechargeExpired, op.Status, "not paid yet")
			*deposit = deposited(amount)
			for range 2 {
				op, err = s.InquireNow(t.Context(), about(op))
				require.NoError(t, err)
				require.Equal(t, ports.RechargeApproved, op.Status)
			}
			require.True(t, op.Revived)
			require.Equal(t, mismatch, op.Mismatch)
			ordertest.RequireBalance(t, wallets, amount)
			synctest.Wait()
			names := told.List()
			require.Equal(t, "recharge.revived", names[len(names)-1])
			require.Equal(t, 1, strings.Count(strings.Join(names, " "), "recharge.revived"))
			require.NotContains(t, names, "recharge.approved")
			_, err = wallets.Verify(t.Context(), "w")
			require.NoError(t, err)
		})
	}
}

func TestService_InquireNow_disputes_a_late_payment_that_cannot_be_credited(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		answer ports.ChargeAnswer
		credit bool // the payment is credited by hand before
	}{
		"credited to another": {deposited(10_000), true},
		"no amount":           {deposited(0), false},
		"a fraction of a won": {ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeApproved, ProviderRef: "tx 1"}, Amount: decimal.NewNullDecimal(decimal.New(15, -1))}, false},
		"an odd id":           {ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeApproved, ProviderRef: strings.Repeat("r", 300)}}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			deposit, s, wallets, op := expiredWorld(t, nil)
			want := int64(0)
			if c.credit {
				_, err := s.Credit(t.Context(), byHand("hand", "tx 1"))
				require.NoError(t, err)
				want = 5_000
			}
			*deposit = c.answer
			op, err := s.InquireNow(t.Context(), about(op))
			require.NoError(t, err)
			require.Equal(t, ports.RechargeDisputed, op.Status)
			require.Contains(t, op.Why, "ended as expired")
			ordertest.RequireBalance(t, wallets, want)
			op, err = s.Decline(t.Context(), ports.Act{ID: op.ID, By: kim("given back")})
			require.NoError(t, err)
			require.Equal(t, ports.RechargeDeclined, op.Status)
		})
	}
}

func TestService_InquireNow_of_orders_that_are_not_there(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, b := newWorld(t, approves)
		s, _, log := w.hostile(t, b)
		for name, c := range map[string]struct {
			notice ports.Notice
			err    error
		}{
			"an unknown order":    {ports.Notice{Provider: "bank", OperationID: "none"}, ports.ErrNotFound},
			"an unknown payment":  {ports.Notice{Provider: "bank", ProviderRef: "none"}, ports.ErrNotFound},
			"an unknown provider": {ports.Notice{Provider: "none", OperationID: "none"}, ports.ErrInvalid},
			"nothing named":       {ports.Notice{Provider: "bank"}, ports.ErrInvalid},
			"an id without end":   {ports.Notice{Provider: "bank", OperationID: strings.Repeat("x", 500)}, ports.ErrInvalid},
		} {
			_, err := s.InquireNow(t.Context(), c.notice)
			require.ErrorIs(t, err, c.err, name)
		}
		require.Equal(t, 2, strings.Count(log.String(), "notice about a recharge that is not there"))
		found, err := s.List(t.Context(), recharge.Listing{Limit: 1})
		require.NoError(t, err)
		require.Empty(t, found, "nothing is booked")
	})
}

// TestService_InquireNow_waits_for_an_order_that_is_being_sent: the notice is faster than the
// provider's answer.
func TestService_InquireNow_waits_for_an_order_that_is_being_sent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, b := newWorld(t, approves)
		answer, asked := make(chan ports.ChargeAnswer), 0
		o := &odd{Else: b, Called: "bank", Sends: func() ports.ChargeAnswer { return <-answer }, Inquires: func() ports.ChargeAnswer {
			asked++
			return approved("tx A")
		}}
		s, wallets, _ := w.hostile(t, o)
		go func() { _, _ = s.Recharge(context.Background(), topUp("k")) }()
		synctest.Wait()
		op := onlyRecharge(t, s)
		require.Equal(t, ports.RechargeSending, op.Status)

		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := s.InquireNow(ctx, about(op))
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Zero(t, asked)

		done := make(chan *ports.Recharge)
		go func() {
			op, _ := s.InquireNow(context.Background(), about(op))
			done <- op
		}()
		synctest.Wait()
		ordertest.Say(answer, approved("tx A"))
		require.Equal(t, ports.RechargeApproved, (<-done).Status)
		ordertest.RequireBalance(t, wallets, 10_000)
	})
}

func TestService_InquireNow_of_an_open_order(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, pendsApproves)
	w.charger = b
	s, wallets := w.process(t, crashtest.Immortal(), nil)
	op := mustRecharge(t, s, "k")
	require.Equal(t, ports.RechargePending, op.Status)
	w.clock.Advance(12 * time.Minute)
	op, err := s.InquireNow(t.Context(), about(op))
	require.NoError(t, err)
	require.Equal(t, ports.RechargeApproved, op.Status)
	ordertest.RequireBalance(t, wallets, 10_000)
}

// TestService_InquireNow_of_a_review: the provider knows nothing, and the recharge stays with the
// person; then it knows.
func TestService_InquireNow_of_a_review(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, approves)
	answer := ports.ChargeAnswer{}
	o := &odd{Else: b, Called: "bank", Sends: ordertest.Always(ports.ChargeAnswer{Answer: ports.Answer{Review: "look"}}), Inquires: func() ports.ChargeAnswer { return answer }}
	s, wallets, _ := w.hostile(t, o)
	op := mustRecharge(t, s, "k")
	require.Equal(t, ports.RechargeReview, op.Status)
	same, err := s.InquireNow(t.Context(), about(op))
	require.NoError(t, err)
	require.Equal(t, ports.RechargeReview, same.Status)
	require.Zero(t, same.DueAt, "no worker asks again")
	answer = approved("tx A")
	done, err := s.InquireNow(t.Context(), about(op))
	require.NoError(t, err)
	require.Equal(t, ports.RechargeApproved, done.Status)
	ordertest.RequireBalance(t, wallets, 10_000)
}

// TestService_InquireNow_of_an_order_that_has_ended: an answer that contradicts the end disputes
// the recharge, and nothing is sent again.
func TestService_InquireNow_of_an_order_that_has_ended(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		sent, asked ports.ChargeAnswer
		want        ports.RechargeStatus
	}{
		"approved, and so it is":         {approved("tx A"), approved("tx A"), ports.RechargeApproved},
		"approved, then declined":        {approved("tx A"), says(ports.OutcomeDeclined, "tx A"), ports.RechargeDisputed},
		"declined, then approved":        {says(ports.OutcomeDeclined, ""), approved("tx A"), ports.RechargeDisputed},
		"declined, and to be resent":     {says(ports.OutcomeDeclined, ""), resend(), ports.RechargeDeclined},
		"approved, and to be resent":     {approved("tx A"), resend(), ports.RechargeApproved},
		"approved, and nothing is known": {approved("tx A"), ports.ChargeAnswer{}, ports.RechargeApproved},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, b := newWorld(t, approves)
			sent := 0
			o := &odd{Else: b, Called: "bank", Sends: func() ports.ChargeAnswer {
				sent++
				return c.sent
			}, Inquires: ordertest.Always(c.asked)}
			s, _, _ := w.hostile(t, o)
			op := mustRecharge(t, s, "k")
			op, err := s.InquireNow(t.Context(), about(op))
			require.NoError(t, err)
			require.Equal(t, c.want, op.Status, op.Why)
			require.Equal(t, 1, sent)
		})
	}
}

// TestService_InquireNow_of_another_Charger: a provider's notice is no reason to ask another one.
func TestService_InquireNow_of_another_Charger(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, approves)
	s, _, _ := w.hostile(t, b, &odd{Else: b, Called: "other", Inquires: func() ports.ChargeAnswer { panic("asked") }})
	op := mustRecharge(t, s, "k")
	for _, notice := range []ports.Notice{{Provider: "other", OperationID: op.ID}, {Provider: "other", ProviderRef: op.ProviderRef}} {
		_, err := s.InquireNow(t.Context(), notice)
		require.ErrorIs(t, err, ports.ErrNotFound)
	}
}

func TestService_InquireNow_of_what_the_provider_never_heard_of(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, approves)
	o := &odd{Else: b, Called: "bank", Inquires: func() ports.ChargeAnswer { panic("asked") }}
	s, _, _ := w.hostile(t, o)
	op, err := s.Credit(t.Context(), byHand("hand", "row"))
	require.NoError(t, err)
	same, err := s.InquireNow(t.Context(), about(op))
	require.NoError(t, err)
	require.Equal(t, op, same)
}

// TestService_person_about_an_awaiting_recharge: a person approves it, gives it up, or has the
// provider asked, and finds that one which expired was paid.
func TestService_person_about_an_awaiting_recharge(t *testing.T) {
	t.Parallel()
	w, _, s, wallets, op := windowWorld(t, approves)
	require.Equal(t, []ports.DecisionKind{ports.DecisionApprove, ports.DecisionDecline, ports.DecisionInquire}, recharge.Acts(op))
	approvedOp, err := s.Approve(t.Context(), recharge.ApproveRequest{ID: op.ID, By: kim("the transfer is there"), ProviderRef: "row 1", Amount: decimal.NewNullDecimal(won(9_000))})
	require.NoError(t, err)
	require.True(t, approvedOp.Mismatch)
	require.False(t, approvedOp.Revived)
	ordertest.RequireBalance(t, wallets, 9_000)

	second := mustBegin(t, s, "second")
	_, err = s.Approve(t.Context(), recharge.ApproveRequest{ID: second.ID, By: kim("the same row"), ProviderRef: "row 1"})
	require.ErrorIs(t, err, recharge.ErrChargeTaken, "a row is credited once")
	second, err = s.Inquire(t.Context(), ports.Act{ID: second.ID, By: kim("the customer says so")})
	require.NoError(t, err)
	require.Equal(t, ports.RechargeAwaiting, second.Status)
	ordertest.Step(t, s)
	second = get(t, s, second.ID)
	require.Equal(t, ports.RechargeAwaiting, second.Status)
	require.Equal(t, second.Deadline, second.DueAt)
	second, err = s.Decline(t.Context(), ports.Act{ID: second.ID, By: kim("the customer changed his mind")})
	require.NoError(t, err)
	require.Equal(t, ports.RechargeDeclined, second.Status)

	third := mustBegin(t, s, "third")
	w.clock.Advance(time.Hour)
	ordertest.Step(t, s)
	third = get(t, s, third.ID)
	require.Equal(t, []ports.DecisionKind{ports.DecisionApprove, ports.DecisionDispute}, recharge.Acts(third))
	third, err = s.Approve(t.Context(), recharge.ApproveRequest{ID: third.ID, By: kim("it came a day late"), ProviderRef: "row 2"})
	require.NoError(t, err)
	require.True(t, third.Revived)
	require.Equal(t, ports.RechargeApproved, third.Status)
	ordertest.RequireBalance(t, wallets, 19_000)
	third, err = s.Reverse(t.Context(), ports.Act{ID: third.ID, By: kim("sent back")})
	require.NoError(t, err)
	require.Equal(t, ports.RechargeReversed, third.Status)
	_, err = wallets.Verify(t.Context(), "w")
	require.NoError(t, err)
}

// TestCrashMatrix_Confirm kills the process that confirms a payment at each of its steps, and the
// worker after it, with each behaviour of the provider; then the host confirms again with the same
// token. At rest the provider's books and ours must agree.
func TestCrashMatrix_Confirm(t *testing.T) {
	t.Parallel()
	cells, ends := 0, make(map[ports.RechargeStatus]int)
	for _, does := range behaviours {
		for _, first := range crashtest.Lives(6) {
			for _, second := range crashtest.Lives(4) {
				cells++
				ends[crashConfirm(t, fmt.Sprintf("%s, dies %s, worker dies %s", does, first.Name, second.Name), does, first.Life(), second.Life())]++
			}
		}
	}
	t.Logf("%d cells, ends: %v", cells, ends)
	require.Zero(t, ends[ports.RechargeReview], "this provider can always tell")
}

func crashConfirm(t *testing.T, name string, does behaviour, first, second *crashtest.Life) ports.RechargeStatus {
	t.Helper()
	w, b := newWorld(t, does)
	w.limits.Balance = decimal.NewNullDecimal(won(20_000))
	w.charger = window{b}
	begin, _ := w.process(t, first, nil)
	op, err := begin.Begin(t.Context(), beginning("k"))
	if err == nil {
		_, err = begin.Confirm(t.Context(), paid(op))
	}
	if err != nil {
		require.True(t, errors.Is(err, ports.ErrUndecided) || errors.Is(err, ports.ErrNotFound), "%s: %v", name, err)
	}
	w.clock.Advance(5 * time.Minute) // past the lease
	dying, _ := w.process(t, second, nil)
	for range 3 {
		if _, err := dying.Follow(t.Context(), 10); err != nil {
			require.ErrorIs(t, err, ports.ErrUndecided, name)
		}
		w.clock.Advance(5 * time.Minute)
	}
	last, wallets := w.process(t, crashtest.Immortal(), nil)
	op = mustBegin(t, last, "k")
	if _, err = last.Confirm(t.Context(), paid(op)); err != nil {
		require.ErrorIs(t, err, ports.ErrNotOpen, name)
	}
	w.rest(t, last)
	op = onlyRecharge(t, last)
	require.False(t, op.Open, name)
	wallet, err := wallets.Wallet(t.Context(), "w")
	require.NoError(t, err)
	require.True(t, wallet.Balance.Equal(b.charged), "%s: wallet %s, provider charged %s", name, wallet.Balance, b.charged)
	require.Equal(t, b.charges == 1, op.Status == ports.RechargeApproved, "%s: %s", name, op.Status)
	require.LessOrEqual(t, b.charges, 1, name)
	require.True(t, wallet.Incoming.IsZero(), "%s: %s is incoming, and no order is open", name, wallet.Incoming)
	require.Zero(t, wallet.OpenOperations, name)
	_, err = wallets.Verify(t.Context(), "w")
	require.NoError(t, err, name)
	return op.Status
}

// TestService_InquireNow_tells_of_a_revival_once, and not when a later dispute ends.
func TestService_InquireNow_tells_of_a_revival_once(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		told := &ordertest.Told[string]{Of: func(event ports.Event) (string, bool) { return event.EventName(), true }}
		deposit, s, _, op := expiredWorld(t, told)
		*deposit = deposited(10_000)
		_, err := s.InquireNow(t.Context(), about(op))
		require.NoError(t, err)
		_, err = s.Dispute(t.Context(), ports.Act{ID: op.ID, By: kim("chargeback")})
		require.NoError(t, err)
		_, err = s.Keep(t.Context(), recharge.KeepRequest{ID: op.ID, By: kim("no chargeback")})
		require.NoError(t, err)
		synctest.Wait()
		require.Equal(t, 1, strings.Count(strings.Join(told.List(), " "), "recharge.revived"))
	})
}

// quoting is a window whose provider quotes the token in what it says.
type quoting struct{ window }

func (q quoting) PrepareConfirm(ctx context.Context, order ports.ChargeOrder, token string) ([]byte, *ports.ChargeAnswer) {
	evidence, refusal := q.window.PrepareConfirm(ctx, order, token)
	if refusal != nil {
		refusal.Message = "no payment has the key " + token
	}
	return evidence, refusal
}

func TestService_Confirm_keeps_the_token_out_of_errors(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, approves)
	s, _, log := w.hostile(t, quoting{window{b}})
	request := paid(mustBegin(t, s, "k"))
	request.Token = "one-time-token"
	_, err := s.Confirm(t.Context(), request)
	require.ErrorIs(t, err, recharge.ErrNotConfirmed)
	require.NotContains(t, err.Error(), "one-time-token")
	require.NotContains(t, log.String(), "one-time-token")
}

// TestService_InquireNow_waits_for_a_worker_that_asks: callers ask one after the other, and never
// while a worker has the recharge.
func TestService_InquireNow_waits_for_a_worker_that_asks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, b := newWorld(t, approves)
		asking, most := 0, 0
		var mu sync.Mutex
		answers := make(chan ports.ChargeAnswer)
		o := &odd{Else: b, Called: "bank", Sends: ordertest.Always(pending("tx A")), Inquires: func() ports.ChargeAnswer {
			mu.Lock()
			asking++
			most = max(most, asking)
			mu.Unlock()
			defer func() {
				mu.Lock()
				asking--
				mu.Unlock()
			}()
			return <-answers
		}}
		s, wallets, _ := w.hostile(t, o)
		op := mustRecharge(t, s, "k")
		w.clock.Advance(time.Hour)
		var group sync.WaitGroup
		group.Go(func() { _, _ = s.Follow(context.Background(), 10) })
		synctest.Wait()
		for range 3 {
			group.Go(func() {
				_, err := s.InquireNow(context.Background(), about(op))
				require.NoError(t, err)
			})
		}
		for range 3 {
			answers <- pending("tx A")
		}
		answers <- approved("tx A")
		group.Wait()
		require.Equal(t, 1, most)
		ordertest.RequireBalance(t, wallets, 10_000)
	})
}

// TestService_Begin_counts_against_limits until the recharge ends, and a payment that comes after the
// deadline is booked above the limit, and told.
func TestService_Begin_counts_against_limits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		told := &ordertest.Told[string]{Of: func(event ports.Event) (string, bool) { return event.EventName(), true }}
		w, b := newWorld(t, approves)
		w.limits.Balance = decimal.NewNullDecimal(won(15_000))
		deposit := &ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomePending}}
		w.charger = account{window{b}, deposit}
		s, wallets := w.process(t, crashtest.Immortal(), told)
		first := mustBegin(t, s, "first")
		_, err := s.Begin(t.Context(), beginning("second"))
		var over *ports.LimitError
		require.ErrorAs(t, err, &over)
		require.Equal(t, "10000", over.Incoming.String())
		require.Equal(t, first, onlyRecharge(t, s))
		w.clock.Advance(time.Hour)
		ordertest.Step(t, s)
		require.Equal(t, ports.RechargeExpired, get(t, s, first.ID).Status)
		second, err := s.Begin(t.Context(), beginning("second"))
		require.NoError(t, err, "what has expired makes room")
		*deposit = deposited(10_000)
		op, err := s.InquireNow(t.Context(), about(second))
		require.NoError(t, err)
		require.Equal(t, ports.RechargeApproved, op.Status)
		*deposit = approvedAmount("tx 2", 10_000)
		op, err = s.InquireNow(t.Context(), about(first))
		require.NoError(t, err)
		require.Equal(t, ports.RechargeApproved, op.Status, "money that has arrived is booked")
		ordertest.RequireBalance(t, wallets, 20_000)
		synctest.Wait()
		require.Contains(t, told.List(), "wallet.above_limit")
		_, err = wallets.Verify(t.Context(), "w")
		require.NoError(t, err)
	})
}

// TestService_InquireNow_without_a_Canceler: a process whose Charger cannot cancel leaves an open
// cancellation alone.
func TestService_InquireNow_without_a_Canceler(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, pendsApproves)
	s, _ := w.process(t, crashtest.Immortal(), nil)
	b.does = approves
	op := mustRecharge(t, s, "k")
	b.does = pendsApproves
	canceled, err := s.Cancel(t.Context(), cancelRequest(op))
	require.NoError(t, err)
	require.Equal(t, ports.CancellationPending, canceled.Status)
	without, _, _ := w.hostile(t, &odd{Else: b, Called: "bank", Inquires: func() ports.ChargeAnswer { panic("asked") }})
	w.clock.Advance(time.Hour)
	_, err = without.InquireNow(t.Context(), about(op))
	require.NoError(t, err)
	same, err := s.Cancellation(t.Context(), canceled.ID)
	require.NoError(t, err)
	require.Equal(t, canceled, same)
}

// TestService_InquireNow_has_a_bound: another process has the order again and again.
func TestService_InquireNow_has_a_bound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, b := newWorld(t, pendsApproves)
		s, _, _ := w.hostile(t, b)
		op := mustRecharge(t, s, "k")
		op.Version++
		op.UpdatedAt = w.clock.Now()
		op.DueAt = op.UpdatedAt.Add(3 * time.Minute) // a lease, and the clock stands still
		fates := w.store.Commit(t.Context(), []ports.Unit{{Operations: []ports.Operation{op}}})
		require.Equal(t, ports.FateCommitted, fates[0].Status)
		begun := time.Now()
		_, err := s.InquireNow(context.Background(), about(op))
		require.ErrorIs(t, err, ports.ErrConflict)
		require.LessOrEqual(t, time.Since(begun), 7*time.Minute)
	})
}
