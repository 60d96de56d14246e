package solapi_test

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jigap/jigap/adapters/solapi"
	"github.com/jigap/jigap/adapters/solapi/solapitest"
)

// busy has the account send a message with every request.
func (w *world) busy() {
	w.sim.OnRequest(func(*http.Request) { w.account.Send(won(20)) })
}

// While the history does not show what the balance is made of, a row that shows up later
// may be of an order before: a lost order is not taken for it, nor for one that never
// arrived, but left to a person.
func TestCharger_Inquire_lost_order_behind_a_late_history(t *testing.T) {
	t.Parallel()
	recharge := func(w *world) error {
		_, err := w.client.Recharge(w.t.Context(), w.card, won(10_000))
		return err
	}
	withdraw := func(w *world) error {
		_, err := w.client.Withdraw(w.t.Context(), won(10_000))
		return err
	}
	for name, test := range map[string]struct {
		before func(w *world) error
		late   time.Duration
	}{
		"a recharge that shows up":           {recharge, 30 * time.Second},
		"a recharge that does not show up":   {recharge, 24 * time.Hour},
		"a withdrawal that shows up":         {withdraw, 30 * time.Second},
		"a withdrawal that does not show up": {withdraw, 24 * time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := setupWith(t, solapitest.AccountConfig{Balance: won(50_000), Bank: "0235"})
				// The balance comes back to where it was: a value alone proves nothing.
				w.account.Credit("RECHARGE", won(10_000))
				w.account.Send(won(10_000))
				w.account.Send(won(10_000))
				w.account.Credit("RECHARGE", won(10_000))
				w.clock.Advance(48 * time.Hour)
				w.account.SetLag(test.late)
				w.NoError(test.before(w))
				w.clock.Advance(time.Second)
				charge := lost(w)
				w.sim.Inject(onPost(solapitest.CloseBefore))
				payout, _ := w.disburse(solapi.DisburserConfig{})
				answer := w.inquire(&charge, 40*time.Minute)
				w.Equal(unknown, answer.Outcome, "%+v", answer)
				w.NotEmpty(answer.Review)
				last := w.inquirePayout(solapi.DisburserConfig{}, &payout, 0)
				w.Equal(unknown, last.Outcome, "%+v", last)
				w.NotEmpty(last.Review)
			})
		})
	}
}

// An order that is answered is no worse off.
func TestCharger_Inquire_answered_order_behind_a_late_history(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := setup(t)
		w.account.Send(won(10))
		w.clock.Advance(time.Minute)
		w.account.SetLag(time.Hour)
		w.account.Send(won(10))
		w.clock.Advance(time.Minute)
		_, answer := w.charge()
		w.Equal(approved, answer.Outcome, "%+v", answer)
	})
}

// A row that is dated after the order was prepared is no other's, though the history never
// adds up to the balance.
func TestCharger_Inquire_finds_a_lost_order_in_a_late_history(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := setup(t)
		w.account.Send(won(10))
		w.clock.Advance(time.Hour)
		w.account.SetLag(5 * time.Second)
		w.account.Send(won(10))
		w.sim.Inject(onPost(solapitest.CloseAfter))
		order, answer := w.charge()
		w.Equal(unknown, answer.Outcome)
		answer = w.inquire(&order, time.Minute)
		w.Equal(approved, answer.Outcome, "%+v", answer)
	})
}

// An account that sends messages all the time is no obstacle to an order, nor to finding
// out that one never arrived.
func TestCharger_Inquire_busy_account(t *testing.T) {
	t.Parallel()
	w := setupWith(t, solapitest.AccountConfig{Balance: won(1_000_000), Bank: "0235"})
	w.busy()
	charge := lost(w)
	w.sim.Inject(onPost(solapitest.CloseBefore))
	payout, _ := w.disburse(solapi.DisburserConfig{})
	w.Equal(unknown, w.inquire(&charge, spentAfter).Outcome)
	w.Equal(notSent, w.inquire(&charge, time.Second).Outcome)
	w.Equal(notSent, w.inquirePayout(solapi.DisburserConfig{}, &payout, 0).Outcome)
}

// An order was executed, and its row does not show within the quiet period: though the
// balance is one that an earlier row left, the order is not taken for one that never
// arrived.
func TestCharger_Inquire_balance_that_came_back(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := setupWith(t, solapitest.AccountConfig{Balance: won(50_000), Bank: "0235"})
		charge := w.prepared()
		w.account.Credit("MANUAL", won(4_000))
		w.account.Credit("MANUAL", won(6_000))
		w.account.Send(won(10_000))
		w.clock.Advance(time.Minute)
		w.account.SetLag(time.Hour)
		w.sim.Inject(onPost(solapitest.CloseAfter))
		charge.SentAt = w.clock.Now()
		charge.Last = w.charger().Charge(t.Context(), charge)
		w.Equal(unknown, charge.Last.Outcome)
		w.account.SetLag(40 * time.Minute) // the rows of before show, that of the order does not
		answer := w.inquire(&charge, 39*time.Minute+30*time.Second)
		w.Equal(unknown, answer.Outcome, "%+v", answer)
		w.NotEmpty(answer.Review)
	})
}
