package recharge_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
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

// bonusOf is a request for 10,000 won and a bonus.
func bonusOf(key string, points int64) recharge.Request {
	request := topUp(key)
	request.Bonus = &recharge.Bonus{Amount: won(points), Rule: "first top-up"}
	return request
}

// bonusWorld is a world whose bank takes back parts, and a recharge of 10,000 with a bonus.
func bonusWorld(t *testing.T, points int64) (*world, *bank, *recharge.Service, *ledger.Ledger, *ports.Recharge) {
	t.Helper()
	w, b := newWorld(t, approves)
	w.charger = parting{b}
	s, wallets := w.process(t, crashtest.Immortal(), nil)
	op, err := s.Recharge(t.Context(), bonusOf("k", points))
	require.NoError(t, err)
	return w, b, s, wallets, op
}

// requireBonus asks that wallet "w" has so many points, and that the record says what was taken
// back and what is missing.
func requireBonus(t *testing.T, wallets *ledger.Ledger, op *ports.Recharge, point, takenBack, missing int64) {
	t.Helper()
	wallet, err := wallets.Wallet(t.Context(), "w")
	require.NoError(t, err)
	require.Equal(t, fmt.Sprint(point, takenBack, missing), fmt.Sprint(wallet.Point, op.Bonus.TakenBack, op.Bonus.Missing))
	_, err = wallets.Verify(t.Context(), "w")
	require.NoError(t, err)
	totals, err := wallets.TrialBalance(t.Context())
	require.NoError(t, err)
	require.NoError(t, totals.Check())
}

func spendPoints(t *testing.T, wallets *ledger.Ledger, key string, points int64) {
	t.Helper()
	_, err := wallets.Deduct(t.Context(), ledger.DeductRequest{WalletID: "w", Key: key, Amount: won(points), Spend: ledger.PointsOnly})
	require.NoError(t, err)
}

// TestService_Recharge_grants_a_bonus as a lot of its own, in the unit of the credit.
func TestService_Recharge_grants_a_bonus(t *testing.T) {
	t.Parallel()
	w, _ := newWorld(t, approves)
	s, wallets := w.process(t, crashtest.Immortal(), nil)
	request := bonusOf("k", 1_000)
	request.Bonus.ExpiresAt = w.clock.Now().Add(240 * time.Hour)
	op, err := s.Recharge(t.Context(), request)
	require.NoError(t, err)
	requireBonus(t, wallets, op, 1_000, 0, 0)
	require.Equal(t, op.EntrySeq+1, op.Bonus.Seq)
	require.Equal(t, op, get(t, s, op.ID))
	wallet, err := wallets.Wallet(t.Context(), "w")
	require.NoError(t, err)
	require.Equal(t, op.Bonus.Seq, wallet.Lots[0].ID)
	require.Equal(t, ports.Instant(request.Bonus.ExpiresAt), wallet.Lots[0].ExpiresAt)
	page, err := wallets.History(t.Context(), ports.EntryFilter{WalletID: "w", AfterSeq: op.EntrySeq})
	require.NoError(t, err)
	entry := page.Entries[0]
	require.Equal(t, []any{ports.EntryGrant, ports.AccountPointExpense, op.ID, "first top-up"}, []any{entry.Type, entry.Counterparty, entry.OperationID, entry.Memo})
}

// TestService_Recharge_with_another_amount: the bonus follows what was credited, and is never more
// than was promised.
func TestService_Recharge_with_another_amount(t *testing.T) {
	t.Parallel()
	for charged, points := range map[int64]int64{10_000: 777, 9_999: 776, 5_000: 388, 1: 0, 20_000: 777} {
		t.Run(fmt.Sprint(charged), func(t *testing.T) {
			t.Parallel()
			w, b := newWorld(t, dropsAfter)
			s, wallets := w.process(t, crashtest.Immortal(), nil)
			op, err := s.Recharge(t.Context(), bonusOf("k", 777))
			require.NoError(t, err)
			b.does = approves
			op, err = s.Approve(t.Context(), recharge.ApproveRequest{ID: op.ID, By: kim("seen"), Amount: decimal.NewNullDecimal(won(charged))})
			require.NoError(t, err)
			requireBonus(t, wallets, op, points, 0, 0)
			require.Equal(t, fmt.Sprint(points), op.Bonus.Granted.String())
		})
	}
}

// TestService_CancelPart_takes_the_bonus_back_in_proportion: the customer keeps the share of what
// is left, rounded down.
func TestService_CancelPart_takes_the_bonus_back_in_proportion(t *testing.T) {
	t.Parallel()
	_, _, s, wallets, charge := bonusWorld(t, 777)
	mustPart(t, s, partOf(charge, "one", 3_333))
	requireBonus(t, wallets, get(t, s, charge.ID), 518, 259, 0)
	mustPart(t, s, partOf(charge, "two", 3_333))
	requireBonus(t, wallets, get(t, s, charge.ID), 259, 518, 0)
	_, err := s.Cancel(t.Context(), cancelRequest(charge))
	require.NoError(t, err)
	requireBonus(t, wallets, get(t, s, charge.ID), 0, 777, 0)
}

// TestService_Cancel_that_is_refused gives the bonus back.
func TestService_Cancel_that_is_refused(t *testing.T) {
	t.Parallel()
	w, b, s, wallets, charge := bonusWorld(t, 1_000)
	b.does = pendsDeclines
	_, err := s.CancelPart(t.Context(), partOf(charge, "one", 4_000))
	require.NoError(t, err)
	requireBonus(t, wallets, get(t, s, charge.ID), 600, 400, 0)
	w.follow(t, s)
	requireBonus(t, wallets, get(t, s, charge.ID), 1_000, 0, 0)
}

// TestService_Cancel_of_a_bonus_that_was_spent takes what is there, and tells what is missing. What
// comes back later is given back only beyond what the customer kept.
func TestService_Cancel_of_a_bonus_that_was_spent(t *testing.T) {
	t.Parallel()
	_, _, s, wallets, charge := bonusWorld(t, 1_000)
	spendPoints(t, wallets, "spent", 700)
	mustPart(t, s, partOf(charge, "one", 5_000))
	requireBonus(t, wallets, get(t, s, charge.ID), 0, 300, 200)
	op, err := s.Reverse(t.Context(), act(charge.ID, "chargeback"))
	require.NoError(t, err)
	requireBonus(t, wallets, op, 0, 300, 700)
	_, err = s.Dispute(t.Context(), act(charge.ID, "won"))
	require.NoError(t, err)
	op, err = carryOut(t.Context(), s, decide(charge.ID, ports.DecisionReinstate))
	require.NoError(t, err)
	requireBonus(t, wallets, op, 0, 300, 200)
}

func act(id, why string) ports.Act { return ports.Act{ID: id, By: kim(why)} }

// TestService_Reverse_takes_no_points_that_are_held nor any of another lot.
func TestService_Reverse_takes_no_points_that_are_held(t *testing.T) {
	t.Parallel()
	_, _, s, wallets, charge := bonusWorld(t, 1_000)
	hold, err := wallets.Hold(t.Context(), ledger.HoldRequest{WalletID: "w", Key: "hold", Amount: won(600), Spend: ledger.PointsOnly})
	require.NoError(t, err)
	_, err = wallets.Grant(t.Context(), ledger.GrantRequest{WalletID: "w", Key: "other", Amount: won(5_000)})
	require.NoError(t, err)
	op, err := s.Reverse(t.Context(), act(charge.ID, "mistake"))
	require.NoError(t, err)
	requireBonus(t, wallets, op, 5_600, 400, 600)
	_, err = wallets.Release(t.Context(), ledger.ReleaseRequest{HoldID: hold.Hold.ID, Key: "release"})
	require.NoError(t, err)
	revoked, err := wallets.Revoke(t.Context(), ledger.RevokeRequest{WalletID: "w", Key: "rest", LotID: op.Bonus.Seq, By: kim("chargeback")})
	require.NoError(t, err)
	require.Equal(t, "1000 0", fmt.Sprint(revoked.Granted, revoked.Missing))
	requireBonus(t, wallets, op, 5_000, 400, 600)
}

// TestService_Recharge_whose_bonus_has_expired: a credit that comes too late brings the cash alone,
// and a bonus that expired since is missing when it is to be taken back.
func TestService_Recharge_whose_bonus_has_expired(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, pendsApproves)
	w.charger = parting{b}
	s, wallets := w.process(t, crashtest.Immortal(), nil)
	late, soon := bonusOf("late", 1_000), bonusOf("soon", 500)
	late.Bonus.ExpiresAt, soon.Bonus.ExpiresAt = w.clock.Now().Add(time.Minute), w.clock.Now().Add(3*time.Hour)
	op, err := s.Recharge(t.Context(), late)
	require.NoError(t, err)
	w.follow(t, s)
	op = get(t, s, op.ID)
	require.Equal(t, ports.RechargeApproved, op.Status)
	require.Equal(t, "0 0", fmt.Sprint(op.Bonus.Granted, op.Bonus.Seq))
	requireBonus(t, wallets, op, 0, 0, 0)
	replayed, err := s.Recharge(t.Context(), late)
	require.NoError(t, err, "a retry is not a new request")
	require.Equal(t, op.ID, replayed.ID)
	b.does = approves
	op, err = s.Recharge(t.Context(), soon)
	require.NoError(t, err)
	requireBonus(t, wallets, op, 500, 0, 0)
	w.clock.Advance(3 * time.Hour)
	op, err = s.Reverse(t.Context(), act(op.ID, "mistake"))
	require.NoError(t, err)
	requireBonus(t, wallets, op, 0, 0, 500)
}

// TestService_Recharge_with_a_bad_bonus changes nothing, and the provider hears nothing.
func TestService_Recharge_with_a_bad_bonus(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, approves)
	s, wallets := w.process(t, crashtest.Immortal(), nil)
	before, err := wallets.Wallet(t.Context(), "w")
	require.NoError(t, err)
	for field, bonus := range map[string]*recharge.Bonus{
		"Bonus.Amount: must be greater than zero":          {},
		"Bonus.Amount: must be greater than zero ":         {Amount: won(-1)},
		"Bonus.Amount: has more than 0 digits after":       {Amount: decimal.New(15, -1)},
		"Bonus.ExpiresAt: has passed":                      {Amount: won(1), ExpiresAt: w.clock.Now()},
		"Bonus.ExpiresAt: is not between the years 1 and ": {Amount: won(1), ExpiresAt: time.Date(10_000, 1, 1, 0, 0, 0, 0, time.UTC)},
		"Bonus.Rule: ": {Amount: won(1), Rule: "two\nlines"},
	} {
		request := topUp("k")
		request.Bonus = bonus
		_, err := s.Recharge(t.Context(), request)
		require.ErrorIs(t, err, ports.ErrInvalid, field)
		require.ErrorContains(t, err, field[:12])
	}
	after, err := wallets.Wallet(t.Context(), "w")
	require.NoError(t, err)
	require.Equal(t, before, after)
	require.Empty(t, b.orders)
}

// TestService_Recharge_above_the_limit_on_points: bonuses count from the opening of their recharge
// on, and until its end.
func TestService_Recharge_above_the_limit_on_points(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, pendsApproves)
	w.charger = laneless{b}
	w.limits.Point = most(1_500)
	s, wallets := w.process(t, crashtest.Immortal(), nil)
	first, err := s.Recharge(t.Context(), bonusOf("first", 1_000))
	require.NoError(t, err)
	_, err = s.Recharge(t.Context(), bonusOf("second", 501))
	var over *ports.LimitError
	require.ErrorAs(t, err, &over)
	require.Equal(t, "point 0 1000 501", fmt.Sprint(over.Limit, " ", over.Has, " ", over.Incoming, " ", over.Wants))
	_, err = wallets.Grant(t.Context(), ledger.GrantRequest{WalletID: "w", Key: "grant", Amount: won(501)})
	require.ErrorIs(t, err, ports.ErrLimit)
	incoming(t, wallets) // Verify
	w.rest(t, s)
	requireBonus(t, wallets, get(t, s, first.ID), 1_000, 0, 0)
	wallet, err := wallets.Wallet(t.Context(), "w")
	require.NoError(t, err)
	require.True(t, wallet.IncomingPoint.IsZero())
	_, err = s.Recharge(t.Context(), bonusOf("second", 500))
	require.NoError(t, err)
}

// laneless is a bank that works on several orders at the same time.
type laneless struct{ *bank }

func (laneless) Lane(ports.ChargeOrder) string { return "" }

// TestService_Recharge_above_the_limit_on_points_at_once: of many that are opened at the same time no more
// are taken than the limit admits.
func TestService_Recharge_above_the_limit_on_points_at_once(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, approves)
	w.charger = laneless{b}
	w.limits.Point = most(3_500)
	var group sync.WaitGroup
	for i := range 12 {
		s, _ := w.process(t, crashtest.Immortal(), nil)
		group.Go(func() { _, _ = s.Recharge(context.Background(), bonusOf(fmt.Sprint(i), 1_000)) })
	}
	group.Wait()
	_, wallets := w.process(t, crashtest.Immortal(), nil)
	wallet, err := wallets.Wallet(t.Context(), "w")
	require.NoError(t, err)
	require.Equal(t, "3000 30000 0", fmt.Sprint(wallet.Point, wallet.Balance, wallet.IncomingPoint))
}

// TestService_Recharge_with_a_bonus_answers_its_key: the bonus is content of the request.
func TestService_Recharge_with_a_bonus_answers_its_key(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, approves)
	s, _ := w.process(t, crashtest.Immortal(), nil)
	first, err := s.Recharge(t.Context(), bonusOf("k", 1_000))
	require.NoError(t, err)
	again, err := s.Recharge(t.Context(), bonusOf("k", 1_000))
	require.NoError(t, err)
	require.Equal(t, first.ID, again.ID)
	expiring := bonusOf("k", 1_000)
	expiring.Bonus.ExpiresAt = w.clock.Now().Add(time.Hour)
	ruled := bonusOf("k", 1_000)
	ruled.Bonus.Rule = "another"
	for _, request := range []recharge.Request{bonusOf("k", 1_001), topUp("k"), expiring, ruled} {
		_, err := s.Recharge(t.Context(), request)
		var reused *ports.KeyReusedError
		require.ErrorAs(t, err, &reused)
		require.Equal(t, []string{"Bonus"}, reused.Fields)
	}
	require.Equal(t, 1, b.charges)
}

// TestService_Begin_with_a_bonus: a transfer that arrives brings the bonus, and one that does not
// announces nothing any more.
func TestService_Begin_with_a_bonus(t *testing.T) {
	t.Parallel()
	w, _ := newWorld(t, approves)
	w.limits.Point = most(1_000)
	charger, err := manual.NewCharger("transfer", manual.Account{Bank: "Bank", Number: "1-2-3", Holder: "Shop"}, time.Hour)
	require.NoError(t, err)
	w.charger = charger
	s, wallets := w.process(t, crashtest.Immortal(), nil)
	begin := func(key string) (*ports.Recharge, error) {
		return s.Begin(t.Context(), recharge.BeginRequest{
			WalletID: "w", Key: key, Charger: "transfer", Amount: won(10_000), Fields: map[string]string{manual.FieldDepositor: "Kim"},
			Bonus: &recharge.Bonus{Amount: won(700)},
		})
	}
	first, err := begin("first")
	require.NoError(t, err)
	_, err = begin("second")
	require.ErrorIs(t, err, ports.ErrLimit)
	w.rest(t, s)
	require.Equal(t, ports.RechargeExpired, get(t, s, first.ID).Status)
	second, err := begin("second")
	require.NoError(t, err)
	second, err = s.Approve(t.Context(), recharge.ApproveRequest{ID: second.ID, By: kim("bank row 7"), ProviderRef: "row 7"})
	require.NoError(t, err)
	requireBonus(t, wallets, second, 700, 0, 0)
	first, err = s.Approve(t.Context(), recharge.ApproveRequest{ID: first.ID, By: kim("bank row 9"), ProviderRef: "row 9"})
	require.NoError(t, err)
	requireBonus(t, wallets, first, 1_400, 0, 0) // it was promised, and the customer has paid
}

// TestService_orders_with_a_bonus_without_a_limit announces nothing.
func TestService_orders_with_a_bonus_without_a_limit(t *testing.T) {
	t.Parallel()
	w, _ := newWorld(t, pendsApproves)
	s, wallets := w.process(t, crashtest.Immortal(), nil)
	op, err := s.Recharge(t.Context(), bonusOf("k", 1_000))
	require.NoError(t, err)
	require.True(t, op.Open && op.Bonus.Announced.IsZero())
	require.Equal(t, "0", incoming(t, wallets))
	ordertest.RequireBalance(t, wallets, 0)
}

// TestService_ReversePart_takes_the_bonus_back in proportion, and Reinstate of the part gives it
// back.
func TestService_ReversePart_takes_the_bonus_back(t *testing.T) {
	t.Parallel()
	_, b, s, wallets, charge := bonusWorld(t, 1_000)
	b.does = declines
	part := mustPart(t, s, partOf(charge, "one", 4_000))
	requireBonus(t, wallets, get(t, s, charge.ID), 1_000, 0, 0)
	_, err := s.Dispute(t.Context(), act(charge.ID, "the statement shows it"))
	require.NoError(t, err)
	op, err := s.ReversePart(t.Context(), recharge.ReversePartRequest{ID: charge.ID, CancelID: part.ID, Amount: won(4_000), By: kim("statement")})
	require.NoError(t, err)
	requireBonus(t, wallets, op, 600, 400, 0)
	_, err = s.Dispute(t.Context(), act(charge.ID, "the statement was wrong"))
	require.NoError(t, err)
	op, err = s.Reinstate(t.Context(), recharge.ReinstateRequest{ID: charge.ID, CancelID: part.ID, By: kim("statement")})
	require.NoError(t, err)
	requireBonus(t, wallets, op, 1_000, 0, 0)
}

// TestService_CancelPart_of_what_was_charged_beyond_the_order takes no bonus back: it brought none.
func TestService_CancelPart_of_what_was_charged_beyond_the_order(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, dropsAfter)
	w.charger = parting{b}
	s, wallets := w.process(t, crashtest.Immortal(), nil)
	op, err := s.Recharge(t.Context(), bonusOf("k", 777))
	require.NoError(t, err)
	b.does = approves
	op, err = s.Approve(t.Context(), recharge.ApproveRequest{ID: op.ID, By: kim("seen"), Amount: decimal.NewNullDecimal(won(20_000))})
	require.NoError(t, err)
	mustPart(t, s, partOf(op, "excess", 10_000))
	op = get(t, s, op.ID)
	require.Equal(t, "10000", op.Left().String())
	requireBonus(t, wallets, op, 777, 0, 0)
}

// TestService_Cancel_after_a_revocation: what a person revoked before is missing when the credit is canceled.
func TestService_Cancel_after_a_revocation(t *testing.T) {
	t.Parallel()
	_, _, s, wallets, charge := bonusWorld(t, 1_000)
	receipt, err := wallets.Revoke(t.Context(), ledger.RevokeRequest{WalletID: "w", Key: "revoke", LotID: charge.Bonus.Seq, By: kim("fraud")})
	require.NoError(t, err)
	require.Equal(t, "0", receipt.Missing.String())
	_, err = s.Cancel(t.Context(), cancelRequest(charge))
	require.NoError(t, err)
	op := get(t, s, charge.ID)
	requireBonus(t, wallets, op, 0, 0, 1_000)
}

// TestService_Cancel_that_is_refused_after_a_revocation: what the cancellation took comes back to the lot, and can be revoked.
func TestService_Cancel_that_is_refused_after_a_revocation(t *testing.T) {
	t.Parallel()
	w, b, s, wallets, charge := bonusWorld(t, 1_000)
	b.does = pendsDeclines
	_, err := s.CancelPart(t.Context(), partOf(charge, "one", 4_000))
	require.NoError(t, err)
	receipt, err := wallets.Revoke(t.Context(), ledger.RevokeRequest{WalletID: "w", Key: "revoke", LotID: charge.Bonus.Seq, By: kim("fraud")})
	require.NoError(t, err)
	require.Equal(t, "0", receipt.Missing.String(), "the receipt says that all of the grant is taken back")
	w.follow(t, s)
	requireBonus(t, wallets, get(t, s, charge.ID), 400, 0, 0)
	receipt, err = wallets.Revoke(t.Context(), ledger.RevokeRequest{WalletID: "w", Key: "again", LotID: charge.Bonus.Seq, By: kim("fraud")})
	require.NoError(t, err)
	require.Equal(t, "0", receipt.Missing.String())
	requireBonus(t, wallets, get(t, s, charge.ID), 0, 0, 0)
}

// TestService_Recharge_of_a_bonus_beyond_the_purse is refused before the customer is charged, and by a preview.
func TestService_Recharge_of_a_bonus_beyond_the_purse(t *testing.T) {
	t.Parallel()
	w, _ := newWorld(t, approves)
	s, _ := w.process(t, crashtest.Immortal(), nil)
	most := ports.AmountLimit().Sub(won(1))
	first := bonusOf("one", 1)
	first.Bonus.Amount = most
	_, err := s.Recharge(t.Context(), first)
	require.NoError(t, err)
	second := bonusOf("two", 1_000)
	_, err = s.Preview(t.Context(), second)
	require.ErrorIs(t, err, ports.ErrLimit)
	_, err = s.Recharge(t.Context(), second)
	require.ErrorIs(t, err, ports.ErrLimit)
}
