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
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/internal/ordertest"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/recharge"
)

// partBank gives back 4,000 of each charge, and says so before it approves.
type partBank struct{ *bank }

func (b partBank) Cancel(context.Context, ports.CancelOrder) ports.ChargeAnswer {
	return ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomePending}, Amount: decimal.NewNullDecimal(won(4_000))}
}

func (b partBank) InquireCancel(context.Context, ports.CancelOrder) ports.ChargeAnswer {
	return ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeApproved}}
}

// TestService_Cancel_books_what_was_given_back: the provider says on the way that it gives
// back 4,000 of 10,000.
func TestService_Cancel_books_what_was_given_back(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, approves)
	w.charger = partBank{b}
	s, wallets := w.process(t, crashtest.Immortal(), nil)
	charge := mustRecharge(t, s, "k")
	op, err := s.Cancel(t.Context(), cancelRequest(charge))
	require.NoError(t, err)
	ordertest.RequireBalance(t, wallets, 0)
	w.follow(t, s)
	op, err = s.Cancellation(t.Context(), op.ID)
	require.NoError(t, err)
	require.Equal(t, ports.CancellationApproved, op.Status)
	require.True(t, op.Mismatch && op.Part)
	require.Equal(t, "4000", op.GivenBack.String())
	ordertest.RequireBalance(t, wallets, 6_000)
	charge = get(t, s, charge.ID)
	require.Equal(t, ports.RechargeApproved, charge.Status)
	require.Equal(t, "6000", charge.Left().String())
	require.Equal(t, []string{op.ID}, charge.Parts)
	require.Empty(t, charge.CancelID)
	_, err = s.Cancel(t.Context(), cancelRequest(charge))
	require.ErrorIs(t, err, recharge.ErrNoPart, "the rest is a part as well")
}

// partWorld is a world whose bank takes back parts, and a recharge of 10,000.
func partWorld(t *testing.T) (w *world, b *bank, s *recharge.Service, wallets *ledger.Ledger, charge *ports.Recharge) {
	t.Helper()
	w, b = newWorld(t, approves)
	w.charger = parting{b}
	s, wallets = w.process(t, crashtest.Immortal(), nil)
	return w, b, s, wallets, mustRecharge(t, s, "k")
}

func partOf(charge *ports.Recharge, key string, amount int64) recharge.CancelPartRequest {
	return recharge.CancelPartRequest{ID: charge.ID, Key: key, Amount: won(amount), By: kim("customer asked")}
}

func mustPart(t *testing.T, s *recharge.Service, request recharge.CancelPartRequest) *ports.Cancellation {
	t.Helper()
	op, err := s.CancelPart(t.Context(), request)
	require.NoError(t, err)
	return op
}

func TestService_CancelPart_takes_back_parts_and_then_the_rest(t *testing.T) {
	t.Parallel()
	_, b, s, wallets, charge := partWorld(t)
	first := mustPart(t, s, partOf(charge, "one", 3_000))
	require.Equal(t, ports.CancellationApproved, first.Status)
	require.True(t, first.Part)
	require.False(t, first.Mismatch)
	second := mustPart(t, s, partOf(charge, "two", 2_000))
	ordertest.RequireBalance(t, wallets, 5_000)
	charge = get(t, s, charge.ID)
	require.Equal(t, ports.RechargeApproved, charge.Status)
	require.Equal(t, []string{first.ID, second.ID}, charge.Parts)
	require.Equal(t, "5000", charge.Canceled.String())
	last, err := s.Cancel(t.Context(), cancelRequest(charge))
	require.NoError(t, err)
	require.Equal(t, "5000", last.Amount.String())
	require.False(t, last.Part)
	ordertest.RequireBalance(t, wallets, 0)
	charge = get(t, s, charge.ID)
	require.Equal(t, ports.RechargeReversed, charge.Status)
	require.Equal(t, last.ID, charge.CancelID)
	require.True(t, b.canceled.Equal(won(10_000)), b.canceled)
	again, err := s.Cancel(t.Context(), cancelRequest(charge))
	require.NoError(t, err)
	require.Equal(t, last.ID, again.ID)
	_, err = s.CancelPart(t.Context(), partOf(charge, "three", 1))
	require.ErrorIs(t, err, ports.ErrNotOpen)
}

// TestService_CancelPart_is_told: the cancellation is told, and not the recharge, which is approved
// as it was.
func TestService_CancelPart_is_told(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, _, _, _, charge := partWorld(t)
		told := &ordertest.Told[string]{Of: func(event ports.Event) (string, bool) { return event.EventName(), true }}
		s, _ := w.process(t, crashtest.Immortal(), told)
		mustPart(t, s, partOf(charge, "one", 3_000))
		synctest.Wait()
		require.Equal(t, []string{"cancellation.sending", "cancellation.approved"}, told.List())
		_, err := s.Cancel(t.Context(), cancelRequest(charge))
		require.NoError(t, err)
		synctest.Wait()
		require.Equal(t, []string{"cancellation.sending", "cancellation.approved", "recharge.reversed"}, told.List()[2:])
	})
}

func TestService_CancelPart_of_all_that_is_left(t *testing.T) {
	t.Parallel()
	_, _, s, wallets, charge := partWorld(t)
	op := mustPart(t, s, partOf(charge, "all", 10_000))
	require.False(t, op.Part)
	ordertest.RequireBalance(t, wallets, 0)
	require.Equal(t, ports.RechargeReversed, get(t, s, charge.ID).Status)
	require.Equal(t, op.ID, mustPart(t, s, partOf(charge, "all", 10_000)).ID, "the key answers after the end")
}

func TestService_CancelPart_answers_its_key(t *testing.T) {
	t.Parallel()
	_, b, s, wallets, charge := partWorld(t)
	first := mustPart(t, s, partOf(charge, "one", 3_000))
	require.Equal(t, first.ID, mustPart(t, s, partOf(charge, "one", 3_000)).ID)
	require.True(t, b.canceled.Equal(won(3_000)), "sent once: %s", b.canceled)
	other := mustRecharge(t, s, "another")
	for field, request := range map[string]recharge.CancelPartRequest{
		"Amount": partOf(charge, "one", 3_001),
		"ID":     partOf(other, "one", 3_000),
		"Who":    {ID: charge.ID, Key: "one", Amount: won(3_000), By: ports.By{Who: "lee", Why: "customer asked"}},
		"Why":    {ID: charge.ID, Key: "one", Amount: won(3_000), By: kim("another reason")},
	} {
		_, err := s.CancelPart(t.Context(), request)
		var reused *ports.KeyReusedError
		require.ErrorAs(t, err, &reused, field)
		require.Equal(t, []string{field}, reused.Fields)
	}
	_, err := s.CancelPart(t.Context(), partOf(charge, "k", 3_000))
	require.ErrorIs(t, err, ports.ErrKeyReused, "the key of the recharge")
	ordertest.RequireBalance(t, wallets, 17_000)
}

func TestService_CancelPart_refuses_at_the_door(t *testing.T) {
	t.Parallel()
	_, b, s, wallets, charge := partWorld(t)
	mustPart(t, s, partOf(charge, "one", 3_000))
	before := get(t, s, charge.ID)
	for name, c := range map[string]struct {
		request recharge.CancelPartRequest
		err     error
		field   string
	}{
		"more than is left":        {partOf(charge, "x", 7_001), ports.ErrInvalid, "Amount"},
		"nothing":                  {partOf(charge, "x", 0), ports.ErrInvalid, "Amount"},
		"less than nothing":        {partOf(charge, "x", -1), ports.ErrInvalid, "Amount"},
		"a fraction of a won":      {recharge.CancelPartRequest{ID: charge.ID, Key: "x", Amount: decimal.New(15, -1), By: kim("asked")}, ports.ErrInvalid, "Amount"},
		"no key":                   {partOf(charge, "", 1), ports.ErrInvalid, "Key"},
		"a reserved key":           {partOf(charge, ports.AutoRechargeKeys+"1", 1), ports.ErrInvalid, "Key"},
		"no reason":                {recharge.CancelPartRequest{ID: charge.ID, Key: "x", Amount: won(1), By: ports.By{Who: "kim"}}, ports.ErrInvalid, "Why"},
		"no person":                {recharge.CancelPartRequest{ID: charge.ID, Key: "x", Amount: won(1), By: ports.By{Why: "asked"}}, ports.ErrInvalid, "Who"},
		"what the bank refuses":    {partOf(charge, "x", 7), ports.ErrInvalid, "Amount"},
		"an unknown recharge":      {recharge.CancelPartRequest{ID: "none", Key: "x", Amount: won(1), By: kim("asked")}, ports.ErrNotFound, "none"},
		"a key of the wallet used": {partOf(charge, "k", 1), ports.ErrKeyReused, "recharge_open"},
	} {
		_, err := s.CancelPart(t.Context(), c.request)
		require.ErrorIs(t, err, c.err, name)
		require.ErrorContains(t, err, c.field, name)
	}
	require.Equal(t, before, get(t, s, charge.ID))
	require.True(t, b.canceled.Equal(won(3_000)))
	ordertest.RequireBalance(t, wallets, 7_000)
}

func TestService_CancelPart_without_a_PartCanceler(t *testing.T) {
	t.Parallel()
	w, _ := newWorld(t, approves)
	s, wallets := w.process(t, crashtest.Immortal(), nil)
	charge := mustRecharge(t, s, "k")
	_, err := s.CancelPart(t.Context(), partOf(charge, "x", 1))
	require.ErrorIs(t, err, recharge.ErrNoPart)
	ordertest.RequireBalance(t, wallets, 10_000)
	op := mustPart(t, s, partOf(charge, "all", 10_000))
	require.Equal(t, ports.CancellationApproved, op.Status, "the whole is no part")
}

func TestService_CancelPart_one_at_a_time(t *testing.T) {
	t.Parallel()
	w, b, s, wallets, charge := partWorld(t)
	b.does = pendsApproves
	first := mustPart(t, s, partOf(charge, "one", 3_000))
	require.Equal(t, ports.CancellationPending, first.Status)
	ordertest.RequireBalance(t, wallets, 7_000)
	var busy *recharge.InProgressError
	_, err := s.CancelPart(t.Context(), partOf(charge, "two", 3_000))
	require.ErrorAs(t, err, &busy)
	require.Equal(t, first.ID, busy.OperationID)
	_, err = s.Cancel(t.Context(), cancelRequest(charge))
	require.ErrorAs(t, err, &busy)
	require.Equal(t, first.ID, mustPart(t, s, partOf(charge, "one", 3_000)).ID)
	w.follow(t, s)
	b.does = approves
	require.Equal(t, ports.CancellationApproved, mustPart(t, s, partOf(charge, "two", 3_000)).Status)
	ordertest.RequireBalance(t, wallets, 4_000)
}

func TestService_CancelPart_that_the_provider_declines(t *testing.T) {
	t.Parallel()
	_, b, s, wallets, charge := partWorld(t)
	mustPart(t, s, partOf(charge, "one", 3_000))
	b.does = declines
	op := mustPart(t, s, partOf(charge, "two", 2_000))
	require.Equal(t, ports.CancellationDeclined, op.Status)
	ordertest.RequireBalance(t, wallets, 7_000)
	require.Equal(t, "7000", get(t, s, charge.ID).Left().String())
	require.Equal(t, op.ID, mustPart(t, s, partOf(charge, "two", 2_000)).ID, "a new try needs a new key")
}

// reporting is a bank that takes back parts and reports another amount.
type reporting struct {
	parting
	amount decimal.Decimal
}

func (r *reporting) Cancel(context.Context, ports.CancelOrder) ports.ChargeAnswer {
	return ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeApproved}, Amount: decimal.NewNullDecimal(r.amount)}
}

// TestService_CancelPart_another_amount: 3,000 of 10,000 are asked for, and the provider says
// that it gave back another amount.
func TestService_CancelPart_another_amount(t *testing.T) {
	t.Parallel()
	for back, want := range map[string]struct {
		status  ports.CancellationStatus
		balance int64
		left    string
	}{
		"2999":   {ports.CancellationApproved, 7_001, "7001"},
		"3001":   {ports.CancellationApproved, 6_999, "6999"},
		"10000":  {ports.CancellationApproved, 0, "10000"}, // of the whole nothing is in Parts
		"10001":  {ports.CancellationReview, 7_000, "10000"},
		"0":      {ports.CancellationReview, 7_000, "10000"},
		"-3000":  {ports.CancellationReview, 7_000, "10000"},
		"2999.5": {ports.CancellationReview, 7_000, "10000"},
	} {
		t.Run(back, func(t *testing.T) {
			t.Parallel()
			w, b, _, _, _ := partWorld(t)
			w.charger = &reporting{parting{b}, decimal.RequireFromString(back)}
			s, wallets := w.process(t, crashtest.Immortal(), nil)
			charge := get(t, s, onlyRecharge(t, s).ID)
			_, err := wallets.Credit(t.Context(), ledger.CreditRequest{WalletID: "w", Key: "more", Amount: won(50_000), Provider: "till"})
			require.NoError(t, err)
			op := mustPart(t, s, partOf(charge, "x", 3_000))
			require.Equal(t, want.status, op.Status, op.Why)
			ordertest.RequireBalance(t, wallets, 50_000+want.balance)
			charge = get(t, s, charge.ID)
			require.Equal(t, want.left, charge.Left().String())
			require.Equal(t, back == "10000", charge.Status == ports.RechargeReversed)
			require.Equal(t, want.status == ports.CancellationApproved, op.Mismatch)
		})
	}
}

func onlyRecharge(t *testing.T, s *recharge.Service) *ports.Recharge {
	t.Helper()
	found, err := s.List(t.Context(), recharge.Listing{Limit: 2})
	require.NoError(t, err)
	require.Len(t, found, 1)
	return found[0]
}

// TestService_CancelPart_of_money_that_was_spent: the provider gave back more than was asked
// for, and the wallet has less.
func TestService_CancelPart_of_money_that_was_spent(t *testing.T) {
	t.Parallel()
	w, b, _, wallets, charge := partWorld(t)
	_, err := wallets.Deduct(t.Context(), ledger.DeductRequest{WalletID: "w", Key: "d", Amount: won(6_000)})
	require.NoError(t, err)
	w.charger = &reporting{parting{b}, won(4_500)}
	s, _ := w.process(t, crashtest.Immortal(), nil)
	_, err = s.CancelPart(t.Context(), partOf(charge, "x", 4_001))
	require.ErrorIs(t, err, ports.ErrInsufficient)
	ordertest.RequireBalance(t, wallets, 4_000)
	op := mustPart(t, s, partOf(charge, "y", 4_000))
	require.Equal(t, ports.CancellationReview, op.Status)
	require.Contains(t, op.Why, "insufficient")
	op, err = carryOutCancel(t.Context(), s, resolution{ID: op.ID, Decision: ports.DecisionApprove, By: kim("the bank gave back 4000"), Amount: decimal.NewNullDecimal(won(4_000))})
	require.NoError(t, err)
	require.Equal(t, "4000", op.GivenBack.String())
	ordertest.RequireBalance(t, wallets, 0)
}

// TestService_Reinstate_a_part: the provider takes back its word about one of two parts.
func TestService_Reinstate_a_part(t *testing.T) {
	t.Parallel()
	_, _, s, wallets, charge := partWorld(t)
	first, second := mustPart(t, s, partOf(charge, "one", 3_000)), mustPart(t, s, partOf(charge, "two", 2_000))
	_, err := s.Dispute(t.Context(), ports.Act{ID: charge.ID, By: kim("the bank says that the first part failed")})
	require.NoError(t, err)
	reinstate := recharge.ReinstateRequest{ID: charge.ID, By: kim("failed"), CancelID: first.ID}
	for name, bad := range map[string]recharge.ReinstateRequest{
		"no part":           {ID: charge.ID, By: kim("x")},
		"an unknown part":   {ID: charge.ID, By: kim("x"), CancelID: "none"},
		"another payment":   {ID: charge.ID, By: kim("x"), CancelID: first.ID, ProviderRef: "tx"},
		"a payment dropped": {ID: charge.ID, By: kim("x"), CancelID: first.ID, DropProviderRef: true},
	} {
		_, err := s.Reinstate(t.Context(), bad)
		require.ErrorIs(t, err, ports.ErrInvalid, name)
	}
	ordertest.RequireBalance(t, wallets, 5_000)
	charge, err = s.Reinstate(t.Context(), reinstate)
	require.NoError(t, err)
	require.Equal(t, ports.RechargeApproved, charge.Status)
	require.Equal(t, []string{second.ID}, charge.Parts)
	require.Equal(t, "8000", charge.Left().String())
	ordertest.RequireBalance(t, wallets, 8_000)
	back, err := s.Cancellation(t.Context(), first.ID)
	require.NoError(t, err)
	require.Positive(t, back.BackSeq)
	require.Equal(t, ports.DecisionReinstate, back.Decisions[1].What)
	_, err = s.Reinstate(t.Context(), reinstate)
	require.ErrorIs(t, err, ports.ErrNotOpen)

	last, err := s.Cancel(t.Context(), cancelRequest(charge))
	require.NoError(t, err)
	require.Equal(t, "8000", last.Amount.String())
	_, err = s.Dispute(t.Context(), ports.Act{ID: charge.ID, By: kim("the second part failed as well")})
	require.NoError(t, err)
	_, err = s.Reinstate(t.Context(), recharge.ReinstateRequest{ID: charge.ID, By: kim("failed"), CancelID: second.ID})
	require.ErrorIs(t, err, ports.ErrInvalid, "the rest first")
	_, err = s.Reinstate(t.Context(), recharge.ReinstateRequest{ID: charge.ID, By: kim("all of it failed")})
	require.NoError(t, err)
	ordertest.RequireBalance(t, wallets, 8_000)
	_, err = wallets.Verify(t.Context(), "w")
	require.NoError(t, err)
}

// TestService_CancelPart_late_answers: an answer that comes after the end of a part disputes the
// recharge when it contradicts the end.
func TestService_CancelPart_late_answers(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		late     ports.ChargeAnswer
		disputed bool
	}{
		"the same":       {ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeApproved}, Amount: decimal.NewNullDecimal(won(3_000))}, false},
		"without figure": {ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeApproved}}, false},
		"another amount": {ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeApproved}, Amount: decimal.NewNullDecimal(won(2_000))}, true},
		"declined":       {ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeDeclined}}, true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w, b := newWorld(t, approves)
				answer := make(chan ports.ChargeAnswer)
				slow := &hungCanceler{
					odd: &odd{Else: b, Called: "bank"}, cancel: func() ports.ChargeAnswer { return <-answer },
					inquire: ordertest.Always(ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeApproved}}),
				}
				s, wallets, _ := w.hostile(t, hungParts{slow})
				charge := mustRecharge(t, s, "k")
				op, err := s.CancelPart(t.Context(), partOf(charge, "x", 3_000))
				require.NoError(t, err)
				w.follow(t, s)
				ordertest.RequireBalance(t, wallets, 7_000)
				ordertest.Say(answer, c.late)
				charge = get(t, s, charge.ID)
				require.Equal(t, c.disputed, charge.Status == ports.RechargeDisputed, charge.Why)
				if !c.disputed {
					return
				}
				_, err = s.Reinstate(t.Context(), recharge.ReinstateRequest{ID: charge.ID, By: kim("it failed"), CancelID: op.ID})
				require.NoError(t, err)
				ordertest.RequireBalance(t, wallets, 10_000)
			})
		})
	}
}

// TestService_CancelPart_late_answer_after_the_part_came_back: a person brought the part back, and
// then the provider says that it gave it back.
func TestService_CancelPart_late_answer_after_the_part_came_back(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, b := newWorld(t, approves)
		answer := make(chan ports.ChargeAnswer)
		approved := ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeApproved}}
		slow := &hungCanceler{odd: &odd{Else: b, Called: "bank"}, cancel: func() ports.ChargeAnswer { return <-answer }, inquire: ordertest.Always(approved)}
		s, wallets, _ := w.hostile(t, hungParts{slow})
		charge := mustRecharge(t, s, "k")
		op, err := s.CancelPart(t.Context(), partOf(charge, "x", 3_000))
		require.NoError(t, err)
		w.follow(t, s)
		ordertest.RequireBalance(t, wallets, 7_000)
		_, err = s.Dispute(t.Context(), ports.Act{ID: charge.ID, By: kim("the bank says no")})
		require.NoError(t, err)
		_, err = s.Reinstate(t.Context(), recharge.ReinstateRequest{ID: charge.ID, By: kim("the bank says no"), CancelID: op.ID})
		require.NoError(t, err)
		ordertest.Say(answer, approved)
		require.Equal(t, ports.RechargeDisputed, get(t, s, charge.ID).Status)
		ordertest.RequireBalance(t, wallets, 10_000)
	})
}

// hungParts is a hungCanceler that takes back parts.
type hungParts struct{ *hungCanceler }

func (hungParts) CheckPart(ports.CancelOrder) error { return nil }

// TestService_Reverse_after_a_part: a person takes out the rest. The payment stays with its
// recharge, because the provider has given back a part of it.
func TestService_Reverse_after_a_part(t *testing.T) {
	t.Parallel()
	_, _, s, wallets, charge := partWorld(t)
	mustPart(t, s, partOf(charge, "one", 3_000))
	charge, err := s.Reverse(t.Context(), ports.Act{ID: charge.ID, By: kim("given back in the bank's console")})
	require.NoError(t, err)
	require.Equal(t, ports.RechargeReversed, charge.Status)
	ordertest.RequireBalance(t, wallets, 0)
	_, err = s.Credit(t.Context(), recharge.CreditRequest{WalletID: "w", Key: "x", Charger: "bank", Amount: won(1), ProviderRef: charge.ProviderRef, By: kim("found")})
	require.ErrorIs(t, err, recharge.ErrChargeTaken)
	_, err = s.Dispute(t.Context(), ports.Act{ID: charge.ID, By: kim("it was not")})
	require.NoError(t, err)
	_, err = s.Reinstate(t.Context(), recharge.ReinstateRequest{ID: charge.ID, By: kim("it was not")})
	require.NoError(t, err)
	ordertest.RequireBalance(t, wallets, 7_000)
}

func TestService_CancelPart_has_a_bound(t *testing.T) {
	t.Parallel()
	_, _, s, wallets, charge := partWorld(t)
	for i := range ports.MaxParts {
		mustPart(t, s, partOf(charge, fmt.Sprint("part ", i), 50))
	}
	_, err := s.CancelPart(t.Context(), partOf(charge, "one more", 50))
	require.ErrorIs(t, err, ports.ErrLimit)
	ordertest.RequireBalance(t, wallets, 5_000)
	_, err = s.Cancel(t.Context(), cancelRequest(charge))
	require.NoError(t, err, "the rest is no part too many")
	ordertest.RequireBalance(t, wallets, 0)
}

// TestService_CancelPart_at_the_same_moment: of calls with different keys one at a time takes
// its part; calls with the same key return one cancellation.
func TestService_CancelPart_at_the_same_moment(t *testing.T) {
	t.Parallel()
	_, b, s, wallets, charge := partWorld(t)
	ids := make([]string, 8)
	var group sync.WaitGroup
	for i := range ids {
		group.Go(func() {
			for {
				op, err := s.CancelPart(t.Context(), partOf(charge, fmt.Sprint("key ", i%4), 2_000))
				if !errors.Is(err, recharge.ErrRechargeInProgress) && !errors.Is(err, ports.ErrConflict) {
					if assert.NoError(t, err) {
						ids[i] = op.ID
					}
					return
				}
			}
		})
	}
	group.Wait()
	for i := range 4 {
		require.NotEmpty(t, ids[i])
		require.Equal(t, ids[i], ids[i+4])
	}
	require.True(t, b.canceled.Equal(won(8_000)), b.canceled)
	ordertest.RequireBalance(t, wallets, 2_000)
	require.Len(t, get(t, s, charge.ID).Parts, 4)
}

// TestCrashMatrix_CancelPart kills the process that takes a part back at each of its steps, and
// the worker after it, with each behaviour of the provider; then the host asks again with the
// same key, and for another part. At rest the provider's books and ours must agree.
func TestCrashMatrix_CancelPart(t *testing.T) {
	t.Parallel()
	cells := 0
	for _, does := range []behaviour{approves, declines, pendsApproves, pendsDeclines, dropsAfter, dropsBefore, refuses} {
		for _, first := range crashtest.Lives(6) {
			for _, second := range crashtest.Lives(4) {
				cells++
				crashPart(t, fmt.Sprintf("%s, dies %s, worker dies %s", does, first.Name, second.Name), does, first.Life(), second.Life())
			}
		}
	}
	t.Logf("%d cells", cells)
}

func crashPart(t *testing.T, name string, does behaviour, first, second *crashtest.Life) {
	t.Helper()
	w, b, _, _, charge := partWorld(t)
	b.does = does
	service, _ := w.process(t, first, nil)
	if _, err := service.CancelPart(t.Context(), partOf(charge, "one", 3_000)); err != nil {
		require.ErrorIs(t, err, ports.ErrUndecided, name)
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
	w.rest(t, last)
	one := mustPart(t, last, partOf(charge, "one", 3_000))
	w.rest(t, last)
	b.does = approves
	mustPart(t, last, partOf(charge, "two", 2_000))
	for id, o := range b.orders {
		require.LessOrEqual(t, o.arrived, 1, "%s: %s", name, id)
	}
	one, err := last.Cancellation(t.Context(), one.ID)
	require.NoError(t, err)
	require.False(t, one.Open, name)
	wallet, err := wallets.Wallet(t.Context(), "w")
	require.NoError(t, err)
	require.True(t, wallet.Balance.Equal(b.charged.Sub(b.canceled)), "%s: wallet %s, charged %s, canceled %s", name, wallet.Balance, b.charged, b.canceled)
	require.Zero(t, wallet.OpenOperations, name)
	require.True(t, get(t, last, charge.ID).Canceled.Equal(b.canceled), name)
	_, err = wallets.Verify(t.Context(), "w")
	require.NoError(t, err, name)
}

// TestService_ReversePart: a part that had ended as not sent was given back after all.
func TestService_ReversePart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, b := newWorld(t, approves)
		answer := make(chan ports.ChargeAnswer)
		slow := &hungCanceler{odd: &odd{Else: b, Called: "bank"}, cancel: func() ports.ChargeAnswer { return <-answer }, inquire: ordertest.Always(says(ports.OutcomeNotSent, ""))}
		w.charger = hungParts{slow}
		told := &ordertest.Told[string]{Of: func(event ports.Event) (string, bool) { return event.EventName(), true }}
		s, wallets := w.process(t, crashtest.Immortal(), told)
		charge := mustRecharge(t, s, "k")
		op, err := s.CancelPart(t.Context(), partOf(charge, "x", 3_000))
		require.NoError(t, err)
		w.follow(t, s)
		ordertest.RequireBalance(t, wallets, 10_000)
		part := recharge.ReversePartRequest{ID: charge.ID, CancelID: op.ID, Amount: won(2_000), By: kim("2,000 were given back")}
		_, err = s.ReversePart(t.Context(), part)
		require.ErrorIs(t, err, ports.ErrNotOpen, "it is not disputed")
		ordertest.Say(answer, approvedAmount("", 3_000))
		require.Equal(t, ports.RechargeDisputed, get(t, s, charge.ID).Status)
		for field, change := range map[string]func(r *recharge.ReversePartRequest){
			"CancelID": func(r *recharge.ReversePartRequest) { r.CancelID = "" },
			"Amount":   func(r *recharge.ReversePartRequest) { r.Amount = won(10_000) },
			"Who":      func(r *recharge.ReversePartRequest) { r.Who = "" },
		} {
			bad := part
			change(&bad)
			_, err := s.ReversePart(t.Context(), bad)
			require.ErrorIs(t, err, ports.ErrInvalid, field)
			require.ErrorContains(t, err, field)
		}
		charge, err = s.ReversePart(t.Context(), part)
		require.NoError(t, err)
		require.Equal(t, ports.RechargeApproved, charge.Status)
		require.Equal(t, "8000", charge.Left().String())
		require.Equal(t, []string{op.ID}, charge.Parts)
		ordertest.RequireBalance(t, wallets, 8_000)
		synctest.Wait()
		require.Contains(t, told.List(), "cancellation.approved")
		op, err = s.Cancellation(t.Context(), op.ID)
		require.NoError(t, err)
		require.Equal(t, ports.CancellationApproved, op.Status)
		require.True(t, op.Part && op.Mismatch)
		_, err = s.Dispute(t.Context(), ports.Act{ID: charge.ID, By: kim("it was 3,000")})
		require.NoError(t, err)
		_, err = s.ReversePart(t.Context(), part)
		require.ErrorIs(t, err, ports.ErrInvalid, "its amount is out of the wallet")
		_, err = s.Reinstate(t.Context(), recharge.ReinstateRequest{ID: charge.ID, By: kim("it was 3,000"), CancelID: op.ID})
		require.NoError(t, err)
		_, err = s.Dispute(t.Context(), ports.Act{ID: charge.ID, By: kim("it was 3,000")})
		require.NoError(t, err)
		part.Amount = won(3_000)
		charge, err = s.ReversePart(t.Context(), part)
		require.NoError(t, err)
		require.Equal(t, "7000", charge.Left().String())
		ordertest.RequireBalance(t, wallets, 7_000)
		_, err = wallets.Verify(t.Context(), "w")
		require.NoError(t, err)
	})
}
