package recharge_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/manual"
	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/internal/ordertest"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/recharge"
)

// page is an odd Charger with a payment window that is good for one hour, and takes any token.
type page struct {
	*odd
	refusal *ports.ChargeAnswer
	keeps   bool // the token is what Charge needs
}

func (p page) Await(order ports.ChargeOrder, _ map[string]string) (ports.Await, error) {
	return ports.Await{Until: order.RequestedAt.Add(time.Hour)}, nil
}

func (p page) PrepareConfirm(_ context.Context, _ ports.ChargeOrder, token string) ([]byte, *ports.ChargeAnswer) {
	if p.keeps {
		return []byte(token), p.refusal
	}
	return []byte("evidence"), p.refusal
}

func with(op *ports.Recharge, token string) recharge.ConfirmRequest {
	return recharge.ConfirmRequest{ID: op.ID, Token: token, Amount: op.Amount}
}

// counted counts calls.
func counted(n *int, call func() ports.ChargeAnswer) func() ports.ChargeAnswer {
	var mu sync.Mutex
	return func() ports.ChargeAnswer {
		mu.Lock()
		*n++
		mu.Unlock()
		return call()
	}
}

// TestService_a_person_has_an_awaiting_recharge_in_review_inquired_about: a recharge that was
// never sent is asked about when a person wants that, and is credited when the customer has paid.
func TestService_a_person_has_an_awaiting_recharge_in_review_inquired_about(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, approves)
	asked := 0
	o := &odd{Else: b, Called: "bank", Inquires: ordertest.Always(ports.ChargeAnswer{Answer: ports.Answer{Review: "two deposits are being checked"}})}
	s, wallets, _ := w.hostile(t, page{odd: o})
	op := mustBegin(t, s, "k")
	op, err := s.InquireNow(t.Context(), about(op))
	require.NoError(t, err)
	require.Equal(t, ports.RechargeReview, op.Status)
	o.Inquires = counted(&asked, ordertest.Always(approved("tx 1")))
	_, err = s.Inquire(t.Context(), ports.Act{ID: op.ID, By: kim("ask again")})
	require.NoError(t, err)
	ordertest.Step(t, s)
	op, err = s.InquireNow(t.Context(), about(op))
	require.NoError(t, err)
	require.Equal(t, ports.RechargeApproved, op.Status, "asked %d times: %s", asked, op.Why)
	ordertest.RequireBalance(t, wallets, 10_000)
}

// TestService_a_bank_transfer_that_another_process_took_to_review: a process without the Charger
// takes a bank transfer to review; a person has it inquired about, and it awaits its customer
// again.
func TestService_a_bank_transfer_that_another_process_took_to_review(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, approves)
	transfers, err := manual.NewCharger("transfer", manual.Account{Bank: "b", Number: "1", Holder: "h"}, 72*time.Hour)
	require.NoError(t, err)
	with, _, _ := w.hostile(t, transfers)
	without, _, _ := w.hostile(t, &odd{Else: b, Called: "bank"})
	op, err := with.Begin(t.Context(), recharge.BeginRequest{WalletID: "w", Key: "k", Charger: "transfer", Amount: won(10_000), Fields: map[string]string{"depositor": "Kim"}})
	require.NoError(t, err)
	w.clock.Advance(97 * time.Hour)
	ordertest.Step(t, without)
	require.Equal(t, ports.RechargeReview, get(t, with, op.ID).Status)
	_, err = with.Inquire(t.Context(), ports.Act{ID: op.ID, By: kim("the charger is back")})
	require.NoError(t, err)
	ordertest.Step(t, with)
	require.NotEqual(t, ports.RechargeFailed, get(t, with, op.ID).Status, "the Charger was not asked: it awaits the customer, or expired")
}

// TestService_InquireNow_of_a_payment_after_the_end_of_what_was_not_sent: a payment that comes
// after a person or an answer ended a recharge that was never sent disputes it.
func TestService_InquireNow_of_a_payment_after_the_end_of_what_was_not_sent(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(t *testing.T, w *world, s *recharge.Service, o *odd, op *ports.Recharge){
		"a person declined it": func(t *testing.T, _ *world, s *recharge.Service, _ *odd, op *ports.Recharge) {
			t.Helper()
			_, err := s.Decline(t.Context(), ports.Act{ID: op.ID, By: kim("the customer gives up")})
			require.NoError(t, err)
		},
		"the first card was declined": func(t *testing.T, _ *world, s *recharge.Service, o *odd, op *ports.Recharge) {
			t.Helper()
			o.Inquires = ordertest.Always(says(ports.OutcomeDeclined, ""))
			_, err := s.InquireNow(t.Context(), about(op))
			require.NoError(t, err)
		},
		"it expired, and a person disputed it": func(t *testing.T, w *world, s *recharge.Service, o *odd, op *ports.Recharge) {
			t.Helper()
			w.clock.Advance(time.Hour)
			o.Inquires = ordertest.Always(ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomePending}})
			ordertest.Step(t, s)
			_, err := s.Dispute(t.Context(), ports.Act{ID: op.ID, By: kim("the customer says that he paid")})
			require.NoError(t, err)
			_, err = s.Decline(t.Context(), ports.Act{ID: op.ID, By: kim("nothing there")})
			require.NoError(t, err)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, b := newWorld(t, approves)
			o := &odd{Else: b, Called: "bank"}
			s, _, _ := w.hostile(t, page{odd: o})
			op := mustBegin(t, s, "k")
			end(t, w, s, o, op)
			require.False(t, get(t, s, op.ID).Open)
			asked := 0
			o.Inquires = counted(&asked, ordertest.Always(approved("tx 1")))
			op, err := s.InquireNow(t.Context(), about(op))
			require.NoError(t, err)
			require.Contains(t, []ports.RechargeStatus{ports.RechargeDisputed, ports.RechargeApproved}, op.Status,
				"the provider has the money (asked %d times), and the notification is answered 200", asked)
		})
	}
}

// TestService_Resend_sends_what_was_not_confirmed: an inquiry that asks for the order to be sent
// again sends nothing that no customer agreed to.
func TestService_Resend_sends_what_was_not_confirmed(t *testing.T) {
	t.Parallel()
	for name, ask := range map[string]func(*testing.T, *world, *recharge.Service, *ports.Recharge){
		"a notice": func(t *testing.T, _ *world, s *recharge.Service, op *ports.Recharge) {
			t.Helper()
			_, err := s.InquireNow(t.Context(), about(op))
			require.NoError(t, err)
		},
		"the worker, at the deadline": func(t *testing.T, w *world, s *recharge.Service, _ *ports.Recharge) {
			t.Helper()
			w.clock.Advance(time.Hour)
			ordertest.Step(t, s)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, b := newWorld(t, approves)
			sent := 0
			o := &odd{Else: b, Called: "bank", Sends: counted(&sent, ordertest.Always(approved("tx 1"))), Inquires: resend}
			s, wallets, _ := w.hostile(t, page{odd: o})
			ask(t, w, s, mustBegin(t, s, "k"))
			require.Zero(t, sent, "nothing was prepared, and no customer agreed")
			ordertest.RequireBalance(t, wallets, 0)
		})
	}
}

// TestService_Resend_of_an_awaiting_recharge_while_its_lane_is_taken: a recharge that awaits its
// customer is not sent again, so that it needs no lane.
func TestService_Resend_of_an_awaiting_recharge_while_its_lane_is_taken(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, approves)
	sent := 0
	answer := pending("tx 1")
	answer.Await = &ports.Await{Until: w.clock.Now().Add(48 * time.Hour)}
	o := &odd{Else: b, Called: "bank", In: func(ports.ChargeOrder) string { return "lane" }, Sends: func() ports.ChargeAnswer { sent++; return answer }, Inquires: resend}
	s, _, _ := w.hostile(t, page{odd: o})
	op := mustBegin(t, s, "k")
	op, err := s.Confirm(t.Context(), with(op, "token"))
	require.NoError(t, err)
	require.Equal(t, ports.RechargeAwaiting, op.Status)
	answer = pending("tx 2")
	other := mustRecharge(t, s, "other")
	require.Equal(t, ports.RechargePending, other.Status)
	require.Equal(t, "lane", other.Lane)
	before := sent
	_, err = s.InquireNow(t.Context(), about(op))
	require.NoError(t, err)
	require.Equal(t, before, sent, "while an order is open no other is sent in its lane")
}

// TestService_InquireNow_while_an_order_is_being_sent_again: InquireNow waits for an order that is
// being sent again.
func TestService_InquireNow_while_an_order_is_being_sent_again(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, b := newWorld(t, approves)
		_, sends := ordertest.Hang[ports.ChargeAnswer](t, 3)
		sent, asked := 0, 0
		o := &odd{Else: b, Called: "bank", Sends: counted(&sent, sends), Inquires: counted(&asked, resend)}
		s, _, _ := w.hostile(t, o)
		op := mustRecharge(t, s, "k")
		require.Equal(t, ports.RechargeUnknown, op.Status)
		w.clock.Advance(time.Minute)
		go func() { _, _ = s.Follow(context.Background(), 10) }() // the worker
		synctest.Wait()
		require.Equal(t, 2, sent)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := s.InquireNow(ctx, about(op))
		time.Sleep(time.Hour) // all calls end
		synctest.Wait()
		t.Logf("the second call returned %v; asked %d times, sent %d times", err, asked, sent)
		require.ErrorIs(t, err, context.DeadlineExceeded, "it waits for the answer")
		require.Equal(t, 1, asked)
		require.Equal(t, 2, sent, "it is sent a third time while it is being sent")
	})
}

// TestService_InquireNow_of_a_review_that_learns_nothing: a review stays with the person: no
// worker asks again.
func TestService_InquireNow_of_a_review_that_learns_nothing(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, approves)
	asked := 0
	o := &odd{Else: b, Called: "bank", Sends: ordertest.Always(ports.ChargeAnswer{Answer: ports.Answer{Review: "look"}}), Inquires: counted(&asked, ordertest.Always(ports.ChargeAnswer{}))}
	s, _, _ := w.hostile(t, o)
	op := mustRecharge(t, s, "k")
	require.Equal(t, ports.RechargeReview, op.Status)
	op, err := s.InquireNow(t.Context(), about(op))
	require.NoError(t, err)
	require.Equal(t, ports.RechargeReview, op.Status)
	for range 20 {
		w.clock.Advance(5 * time.Minute)
		ordertest.Step(t, s)
	}
	require.Equal(t, 1, asked, "a recharge in review is not due")
	require.Zero(t, get(t, s, op.ID).DueAt)
}

// TestService_Confirm_amount_without_limit: Confirm bounds the amount, which comes from the
// browser of the customer.
func TestService_Confirm_amount_without_limit(t *testing.T) {
	t.Parallel()
	_, _, s, _, op := windowWorld(t, approves)
	request := paid(op)
	request.Amount = decimal.New(1, 2_000_000) // "1e2000000"; with 1e2000000000 the process is gone
	_, err := s.Confirm(t.Context(), request)
	require.ErrorIs(t, err, ports.ErrInvalid)
	require.Less(t, len(err.Error()), 1_000, "the amount is written out")
}

// TestService_expired_then_approved_with_what_cannot_be_booked: a late payment that cannot be
// booked keeps its id and its amount, so that a person credits it once and knowingly.
func TestService_expired_then_approved_with_what_cannot_be_booked(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, approves)
	o := &odd{Else: b, Called: "bank", Inquires: ordertest.Always(ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomePending}})}
	s, wallets, _ := w.hostile(t, page{odd: o})
	op := mustBegin(t, s, "k")
	w.clock.Advance(time.Hour)
	ordertest.Step(t, s)
	require.Equal(t, ports.RechargeExpired, get(t, s, op.ID).Status)
	late := approved("tx 9")
	late.Amount = decimal.NewNullDecimal(decimal.RequireFromString("8999.5"))
	o.Inquires = ordertest.Always(late)
	op, err := s.InquireNow(t.Context(), about(op))
	require.NoError(t, err)
	require.Equal(t, ports.RechargeDisputed, op.Status)
	t.Logf("ref %q, answer %v of %v: %s", op.ProviderRef, op.Answer.Outcome, op.Answer.Amount, op.Why)

	_, err = s.Approve(t.Context(), recharge.ApproveRequest{ID: op.ID, By: kim("it was paid")})
	_, credit := s.Credit(t.Context(), byHand("hand", "tx 9"))
	wallet, _ := wallets.Wallet(t.Context(), "w")
	t.Logf("approve without an amount: %v; credit of the same payment: %v; wallet %s", err, credit, wallet.Balance)
	require.ErrorIs(t, err, ports.ErrInvalid, "Amount: required where the provider reported another amount than was ordered")
	require.ErrorIs(t, credit, recharge.ErrChargeTaken, "the provider named the payment for the recharge")
}

// TestService_expired_then_another_payment_is_approved: a late approval of another payment than
// the recharge awaited leaves a claim that names the first one.
func TestService_expired_then_another_payment_is_approved(t *testing.T) {
	t.Parallel()
	for name, after := range map[string]time.Duration{"open": time.Hour, "expired": 48 * time.Hour} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, deposit, s, _, op := accountWorld(t, nil)
			w.clock.Advance(after)
			ordertest.Step(t, s)
			require.Equal(t, "tx 1", get(t, s, op.ID).ProviderRef)
			*deposit = approvedAmount("tx 2", 10_000)
			op, err := s.InquireNow(t.Context(), about(op))
			require.NoError(t, err)
			claims, err := w.store.Operations(t.Context(), []string{ports.NamedID(ports.KindRecharge, "bank", "tx 1")})
			require.NoError(t, err)
			t.Logf("%s, ref %s, others %v: %s; claims of tx 1: %d", op.Status, op.ProviderRef, op.Others, op.Why, len(claims))
			require.True(t, op.ProviderRef == "tx 1" || len(op.Others) > 0 || len(claims) > 0,
				"no record and no claim names tx 1 any more, which the provider worked on for this recharge: the machine credits another for it")
		})
	}
}

// TestService_expired_then_the_transmission_is_answered_for_another_payment: a transmission that
// is answered for another payment after the deadline names a second payment: a person decides.
func TestService_expired_then_the_transmission_is_answered_for_another_payment(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, b := newWorld(t, approves)
		answers, sends := ordertest.Hang[ports.ChargeAnswer](t, 1)
		answer := pending("tx 1")
		answer.Await = &ports.Await{Until: w.clock.Now().Add(2 * time.Hour)}
		o := &odd{Else: b, Called: "bank", Sends: sends, Inquires: func() ports.ChargeAnswer { return answer }}
		s, _, _ := w.hostile(t, page{odd: o})
		op := mustBegin(t, s, "k")
		_, err := s.Confirm(t.Context(), with(op, "token"))
		require.NoError(t, err)
		_, err = s.InquireNow(t.Context(), about(op))
		require.NoError(t, err)
		require.Equal(t, ports.RechargeAwaiting, get(t, s, op.ID).Status)
		answer.Await = nil
		w.clock.Advance(2 * time.Hour)
		ordertest.Step(t, s)
		require.Equal(t, ports.RechargeExpired, get(t, s, op.ID).Status)
		ordertest.Say(answers[0], approvedAmount("tx 2", 10_000))
		op = get(t, s, op.ID)
		require.Equal(t, ports.RechargeDisputed, op.Status, "the provider works on tx 1, and answered approved for %s: a person decides", op.ProviderRef)
	})
}

// TestService_an_inquiry_overtakes_a_confirmation: an inquiry that began before the confirmation
// leaves the recharge as it is being sent.
func TestService_an_inquiry_overtakes_a_confirmation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, b := newWorld(t, approves)
		asked, inquires := ordertest.Hang[ports.ChargeAnswer](t, 1)
		sent, sends := ordertest.Hang[ports.ChargeAnswer](t, 1)
		o := &odd{Else: b, Called: "bank", In: func(ports.ChargeOrder) string { return "lane" }, Sends: sends, Inquires: inquires}
		s, _, _ := w.hostile(t, page{odd: o})
		op := mustBegin(t, s, "k")
		go func() { _, _ = s.InquireNow(context.Background(), about(op)) }()
		synctest.Wait()
		done := make(chan error, 1)
		go func() { _, err := s.Confirm(context.Background(), with(op, "token")); done <- err }()
		synctest.Wait()
		require.Equal(t, ports.RechargeSending, get(t, s, op.ID).Status)
		answer := pending("tx 1") // the customer is in the window
		answer.Await = &ports.Await{Until: w.clock.Now().Add(2 * time.Hour)}
		ordertest.Say(asked[0], answer)
		now := get(t, s, op.ID)
		ordertest.Say(sent[0], approved("tx 1"))
		require.NoError(t, <-done)
		require.Equal(t, ports.RechargeSending, now.Status, "it is being sent")
		require.Equal(t, "lane", now.Lane, "an order that is being sent has its lane")
	})
}

// TestService_a_virtual_account_comes_back_from_review: a virtual account that a person has
// inquired about awaits its customer again.
func TestService_a_virtual_account_comes_back_from_review(t *testing.T) {
	t.Parallel()
	w, deposit, s, _, op := accountWorld(t, nil)
	w.clock.Advance(30 * time.Hour)
	*deposit = ports.ChargeAnswer{Answer: ports.Answer{ProviderRef: "tx 1", Review: "the bank checks"}}
	op, err := s.InquireNow(t.Context(), about(op))
	require.NoError(t, err)
	require.Equal(t, ports.RechargeReview, op.Status)
	*deposit = pending("tx 1")
	_, err = s.Inquire(t.Context(), ports.Act{ID: op.ID, By: kim("ask again")})
	require.NoError(t, err)
	ordertest.Step(t, s)
	op = get(t, s, op.ID)
	require.Equal(t, ports.RechargeAwaiting, op.Status, "the customer may pay for 18 hours yet: %s", op.Why)
}

// TestService_InquireNow_while_a_cancellation_is_being_sent: a notice of a cancellation that is
// faster than its answer disputes nothing.
func TestService_InquireNow_while_a_cancellation_is_being_sent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, b := newWorld(t, approves)
		answer := make(chan ports.ChargeAnswer)
		o := &odd{Else: b, Called: "bank", Sends: ordertest.Always(approved("tx 1")), Inquires: ordertest.Always(says(ports.OutcomeDeclined, "tx 1"))} // "canceled"
		c := &hungCanceler{odd: o, cancel: func() ports.ChargeAnswer { return <-answer }, inquire: ordertest.Always(ports.ChargeAnswer{})}
		s, wallets, _ := w.hostile(t, c)
		op := mustRecharge(t, s, "k")
		go func() { _, _ = s.Cancel(context.Background(), cancelRequest(op)) }()
		synctest.Wait()
		go func() { _, _ = s.InquireNow(context.Background(), about(op)) }()
		time.Sleep(time.Second)
		ordertest.Say(answer, approved("c 1"))
		time.Sleep(time.Minute)
		op = get(t, s, op.ID)
		ordertest.RequireBalance(t, wallets, 0)
		require.Equal(t, ports.RechargeReversed, op.Status, "one that arrives while its order is being sent waits for the answer: %s", op.Why)
	})
}

// wholeCanceler takes the whole charge back, whatever the order says.
type wholeCanceler struct {
	*odd
	amounts []string
}

func (c *wholeCanceler) PrepareCancel(context.Context, ports.CancelOrder) ([]byte, *ports.ChargeAnswer) {
	return nil, nil
}

func (c *wholeCanceler) Cancel(_ context.Context, order ports.CancelOrder) ports.ChargeAnswer {
	c.amounts = append(c.amounts, order.Amount.String()+" of "+order.Left.String())
	return ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeApproved}}
}

func (c *wholeCanceler) InquireCancel(context.Context, ports.CancelOrder) ports.ChargeAnswer {
	return resend()
}

// TestService_a_Canceler_of_wholes_gets_a_part: a process whose Charger takes back whole charges
// only does not send a part again that another process has opened.
func TestService_a_Canceler_of_wholes_gets_a_part(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, approves)
	lost := &hungCanceler{odd: &odd{Else: b, Called: "bank"}, cancel: ordertest.Always(ports.ChargeAnswer{}), inquire: ordertest.Always(ports.ChargeAnswer{})}
	s, _, _ := w.hostile(t, hungParts{lost})
	charge := mustRecharge(t, s, "k")
	mustPart(t, s, partOf(charge, "x", 3_000))
	whole := &wholeCanceler{odd: lost.odd}
	other, _, _ := w.hostile(t, whole)
	w.follow(t, other)
	require.Empty(t, whole.amounts, "any other Canceler gets orders for whole charges only")
}

// TestService_a_Canceler_of_wholes_gets_the_rest_after_a_part: a process whose Charger takes back
// whole charges only does not send the rest after a part again.
func TestService_a_Canceler_of_wholes_gets_the_rest_after_a_part(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, approves)
	lost := &hungCanceler{odd: &odd{Else: b, Called: "bank"}, cancel: ordertest.Always(approved("c 1")), inquire: ordertest.Always(ports.ChargeAnswer{})}
	s, _, _ := w.hostile(t, hungParts{lost})
	charge := mustRecharge(t, s, "k")
	mustPart(t, s, partOf(charge, "x", 3_000))
	lost.cancel = ordertest.Always(ports.ChargeAnswer{})
	_, err := s.Cancel(t.Context(), cancelRequest(charge))
	require.NoError(t, err)
	whole := &wholeCanceler{odd: lost.odd}
	other, _, _ := w.hostile(t, whole)
	w.follow(t, other)
	require.Empty(t, whole.amounts, "any other Canceler gets orders for whole charges only")
}

// TestService_notice_with_an_order_id_of_the_provider: a notice whose OperationID is not known is
// found by its ProviderRef.
func TestService_notice_with_an_order_id_of_the_provider(t *testing.T) {
	t.Parallel()
	_, deposit, s, _, _ := accountWorld(t, nil)
	*deposit = deposited(10_000)
	op, err := s.InquireNow(t.Context(), ports.Notice{Provider: "bank", OperationID: "provider's own", ProviderRef: "tx 1"})
	require.NoError(t, err, "it matches by its payment")
	require.Equal(t, ports.RechargeApproved, op.Status)
}

// TestService_notice_of_a_payment_that_two_records_carry: of two recharges with one ProviderRef a
// notice means the open one.
func TestService_notice_of_a_payment_that_two_records_carry(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, approves)
	answer := says(ports.OutcomeDeclined, "tx 1")
	o := &odd{Else: b, Called: "bank", Sends: func() ports.ChargeAnswer { return answer }, Inquires: func() ports.ChargeAnswer { return answer }}
	s, wallets, _ := w.hostile(t, o)
	require.Equal(t, ports.RechargeDeclined, mustRecharge(t, s, "first").Status)
	answer = pending("tx 1")
	open := mustRecharge(t, s, "second")
	require.Equal(t, ports.RechargePending, open.Status)
	answer = approved("tx 1")
	_, err := s.InquireNow(t.Context(), ports.Notice{Provider: "bank", ProviderRef: "tx 1"})
	require.NoError(t, err)
	require.Equal(t, ports.RechargeApproved, get(t, s, open.ID).Status)
	ordertest.RequireBalance(t, wallets, 10_000)
}

// TestService_key_of_Begin_used_by_Recharge: a key of Begin is not answered for Recharge, whatever
// the names of Chargers are.
func TestService_key_of_Begin_used_by_Recharge(t *testing.T) {
	t.Parallel()
	_, _, s, _, _ := windowWorld(t, approves)
	_, err := s.Recharge(t.Context(), recharge.Request{WalletID: "w", Key: "k", Charger: "awaiting", PaymentMethod: "bank", Amount: won(10_000)})
	require.ErrorIs(t, err, ports.ErrKeyReused, "the request is another one")
}

// TestService_ApproveCancel_names_the_field: ApproveCancel names the field Amount.
func TestService_ApproveCancel_names_the_field(t *testing.T) {
	t.Parallel()
	_, b, s, _, charge := partWorld(t)
	b.does = pendsApproves
	op := mustPart(t, s, partOf(charge, "x", 3_000))
	_, err := s.ApproveCancel(t.Context(), recharge.ApproveCancelRequest{ID: op.ID, By: kim("seen"), Amount: decimal.NewNullDecimal(decimal.RequireFromString("2999.5"))})
	var invalid *ports.InvalidError
	require.ErrorAs(t, err, &invalid)
	require.Equal(t, "Amount", invalid.Field)
}

// TestService_expired_then_a_payment_is_pending: a payment that the provider works on after the
// deadline is kept.
func TestService_expired_then_a_payment_is_pending(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, approves)
	o := &odd{Else: b, Called: "bank", Inquires: ordertest.Always(ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomePending}})}
	s, wallets, _ := w.hostile(t, page{odd: o})
	op := mustBegin(t, s, "k")
	w.clock.Advance(time.Hour)
	ordertest.Step(t, s)
	require.Equal(t, ports.RechargeExpired, get(t, s, op.ID).Status)
	o.Inquires = ordertest.Always(pending("tx 5")) // the deposit is there, and the bank works on it
	_, err := s.InquireNow(t.Context(), about(op))
	require.NoError(t, err)
	o.Inquires = ordertest.Always(approved("tx 5")) // there was one notice
	for range 48 {
		w.clock.Advance(time.Hour)
		ordertest.Step(t, s)
	}
	claims, err := w.store.Operations(t.Context(), []string{ports.NamedID(ports.KindRecharge, "bank", "tx 5")})
	require.NoError(t, err)
	op = get(t, s, op.ID)
	wallet, _ := wallets.Wallet(t.Context(), "w")
	require.True(t, op.ProviderRef == "tx 5" || len(claims) > 0 || op.Status == ports.RechargeDisputed || wallet.Balance.IsPositive(),
		"%s, ref %q: no record and no claim names the payment, and no person hears of it", op.Status, op.ProviderRef)
}

// TestService_expired_after_an_amount_that_no_record_can_hold: an amount that no record can hold,
// which the provider reported before the deadline, is not booked as what was ordered.
func TestService_expired_after_an_amount_that_no_record_can_hold(t *testing.T) {
	t.Parallel()
	for name, expires := range map[string]bool{"open": false, "expired": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, deposit, s, wallets, op := accountWorld(t, nil)
			odd := pending("tx 1")
			odd.Amount = decimal.NewNullDecimal(decimal.RequireFromString("9000.12345678901"))
			*deposit = odd
			op, err := s.InquireNow(t.Context(), about(op))
			require.NoError(t, err)
			require.Equal(t, ports.RechargeReview, op.Status)
			again := pending("tx 1")
			again.Await = &ports.Await{Until: w.clock.Now().Add(2 * time.Hour)}
			*deposit = again
			_, err = s.Inquire(t.Context(), ports.Act{ID: op.ID, By: kim("ask")})
			require.NoError(t, err)
			ordertest.Step(t, s)
			require.Equal(t, ports.RechargeAwaiting, get(t, s, op.ID).Status)
			if expires {
				*deposit = pending("tx 1")
				w.clock.Advance(2 * time.Hour)
				ordertest.Step(t, s)
				require.Equal(t, ports.RechargeExpired, get(t, s, op.ID).Status)
			}
			*deposit = approved("tx 1")
			op, err = s.InquireNow(t.Context(), about(op))
			require.NoError(t, err)
			require.Contains(t, []ports.RechargeStatus{ports.RechargeReview, ports.RechargeDisputed}, op.Status, "the figure that the provider reported is not known")
			ordertest.RequireBalance(t, wallets, 0)
		})
	}
}

// TestService_Confirm_is_told: Confirm tells that the recharge is being sent.
func TestService_Confirm_is_told(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		notifier := told()
		w, b := newWorld(t, approves)
		w.charger = window{b}
		s, _ := w.process(t, crashtest.Immortal(), notifier)
		_, err := s.Confirm(t.Context(), paid(mustBegin(t, s, "k")))
		require.NoError(t, err)
		synctest.Wait()
		require.Equal(t, []ports.RechargeStatus{ports.RechargeAwaiting, ports.RechargeSending, ports.RechargeApproved}, notifier.List())
	})
}

// TestService_notice_of_a_cancellation: a notice that names an operation of another kind finds no
// recharge.
func TestService_notice_of_a_cancellation(t *testing.T) {
	t.Parallel()
	_, _, s, _, charge := partWorld(t)
	op := mustPart(t, s, partOf(charge, "x", 1_000))
	_, err := s.InquireNow(t.Context(), ports.Notice{Provider: "bank", OperationID: op.ID})
	require.ErrorIs(t, err, ports.ErrNotFound)
}

// TestService_awaiting_in_a_frozen_or_closed_wallet: a frozen wallet takes what its customer pays;
// a wallet with an awaiting recharge is not closed.
func TestService_awaiting_in_a_frozen_or_closed_wallet(t *testing.T) {
	t.Parallel()
	_, deposit, s, wallets, op := accountWorld(t, nil)
	_, err := wallets.Close(t.Context(), ledger.StatusRequest{WalletID: "w", Key: "c", By: kim("x")})
	require.ErrorIs(t, err, ports.ErrOpenOperations)
	_, err = wallets.Freeze(t.Context(), ledger.StatusRequest{WalletID: "w", Key: "f", By: kim("x")})
	require.NoError(t, err)
	*deposit = deposited(10_000)
	op, err = s.InquireNow(t.Context(), about(op))
	require.NoError(t, err)
	require.Equal(t, ports.RechargeApproved, op.Status)

	deposit, s, wallets, op = expiredWorld(t, nil)
	_, err = wallets.Close(t.Context(), ledger.StatusRequest{WalletID: "w", Key: "c", By: kim("x")})
	require.NoError(t, err)
	*deposit = deposited(10_000)
	op, err = s.InquireNow(t.Context(), about(op))
	require.NoError(t, err)
	require.Equal(t, ports.RechargeDisputed, op.Status, op.Why)
	_, err = s.Decline(t.Context(), ports.Act{ID: op.ID, By: kim("given back")})
	require.NoError(t, err)
}

// TestService_one_row_at_the_same_moment: one row of the bank is credited to one of two recharges,
// also at the same moment.
func TestService_one_row_at_the_same_moment(t *testing.T) {
	t.Parallel()
	for range 30 {
		w, b := newWorld(t, approves)
		w.charger = window{b}
		s, wallets := w.process(t, crashtest.Immortal(), nil)
		first, second := mustBegin(t, s, "1"), mustBegin(t, s, "2")
		var group sync.WaitGroup
		for _, id := range []string{first.ID, second.ID} {
			group.Go(func() {
				_, _ = s.Approve(t.Context(), recharge.ApproveRequest{ID: id, By: kim("row"), ProviderRef: "row 1"})
			})
		}
		group.Wait()
		ordertest.RequireBalance(t, wallets, 10_000)
	}
}

// TestService_Confirm_of_what_was_sent_without_a_token: a charge whose provider waits for the
// customer is not confirmed: it was sent.
func TestService_Confirm_of_what_was_sent_without_a_token(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, approves)
	sent := 0
	answer := pending("tx 1")
	answer.Await = &ports.Await{Until: w.clock.Now().Add(48 * time.Hour)}
	o := &odd{Else: b, Called: "bank", Sends: func() ports.ChargeAnswer { sent++; return answer }}
	s, _, _ := w.hostile(t, page{odd: o})
	op := mustRecharge(t, s, "k")
	require.Equal(t, ports.RechargeAwaiting, op.Status)
	_, err := s.Confirm(t.Context(), with(op, "token"))
	require.ErrorIs(t, err, ports.ErrNotOpen)
	require.Equal(t, 1, sent)
}

// TestService_everybody_at_the_deadline: the books of the bank and ours agree when several tokens,
// a person, notices and the worker come at the deadline.
func TestService_everybody_at_the_deadline(t *testing.T) {
	t.Parallel()
	ends := map[ports.RechargeStatus]int{}
	for i := range 300 {
		w, b, s, wallets, op := windowWorld(t, behaviours[i%len(behaviours)])
		w.clock.Advance(time.Hour - time.Microsecond)
		other, _ := w.process(t, crashtest.Immortal(), nil)
		var group sync.WaitGroup
		for n := range 3 {
			group.Go(func() {
				r := paid(op)
				r.Token += fmt.Sprint(n)
				_, err := s.Confirm(context.Background(), r)
				if err != nil && !errors.Is(err, ports.ErrNotOpen) {
					t.Error(err)
				}
			})
		}
		group.Go(func() { w.clock.Advance(time.Microsecond); _, _ = other.Follow(context.Background(), 10) })
		group.Go(func() { _, _ = other.InquireNow(contextFor(t, time.Millisecond), about(op)) })
		if i%3 == 0 {
			group.Go(func() { _, _ = other.Decline(context.Background(), ports.Act{ID: op.ID, By: kim("gives up")}) })
		}
		group.Wait()
		w.rest(t, s)
		now := get(t, s, op.ID)
		ends[now.Status]++
		wallet, err := wallets.Wallet(t.Context(), "w")
		require.NoError(t, err)
		require.True(t, wallet.Balance.Equal(b.charged) || now.Status == ports.RechargeDisputed, "%s: wallet %s, bank %s", now.Status, wallet.Balance, b.charged)
		require.LessOrEqual(t, b.charges, 1)
	}
	t.Log(ends)
}
