package solapi_test

import (
	"bytes"
	"context"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jigap/jigap/adapters/solapi"
	"github.com/jigap/jigap/adapters/solapi/solapitest"
	"github.com/jigap/jigap/ports"
)

// lost sends an order whose connection closes before the effect, as far as we know.
func lost(w *world) ports.ChargeOrder {
	w.t.Helper()
	w.sim.Inject(onPost(solapitest.CloseBefore))
	order, answer := w.charge()
	w.Equal(unknown, answer.Outcome)
	return order
}

// What an inquiry makes of a history that holds more, or other things, than the order.
func TestCharger_Inquire_leaves_doubt_to_a_person(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name   string
		happen func(w *world)
	}{
		{"two new rows of the amount", func(w *world) {
			w.account.Credit("RECHARGE", won(10_000))
			w.account.Credit("RECHARGE", won(10_000))
		}},
		{"a new row of a kind that a person makes", func(w *world) { w.account.Credit("MANUAL", won(10_000)) }},
		{"a provider that recharges by itself", func(w *world) {
			w.NoError(w.client.SetAutoRecharge(w.t.Context(), solapi.AutoRecharge{
				On: true, PaymentIDs: []string{w.card}, MinimumCash: won(200), RechargeTo: won(10_200),
			}))
			w.account.Send(won(9_930)) // leaves 200, so that 10,000 are charged
		}},
		{"a new row that is dated before the order", func(w *world) {
			w.clock.Advance(-5 * time.Minute)
			w.account.Credit("RECHARGE", won(10_000))
			w.clock.Advance(5 * time.Minute)
		}},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			order := lost(w)
			w.clock.Advance(time.Second)
			tc.happen(w)
			answer := w.inquire(&order, time.Minute)
			w.Equal(unknown, answer.Outcome)
			w.NotEmpty(answer.Review)
		})
	}
}

// Another account's books say nothing of an order, whatever became of it: neither that
// it was not sent, nor that its refusal is certain, nor that a row there is its own.
func TestCharger_Inquire_another_account(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]solapitest.Fault{
		"charged, and the answer lost": onPost(solapitest.CloseAfter),
		"not charged":                  onPost(solapitest.CloseBefore),
		"declined":                     refused(402, "CardDeclined"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			w.sim.Inject(fault)
			order, _ := w.charge()
			right, other := w.client, w.sim.NewAccount(solapitest.AccountConfig{ID: "214727", Balance: won(10_130)})
			w.client = w.newClient(other.NewKey(solapitest.RoleOwner))
			for _, after := range []time.Duration{time.Minute, time.Hour} {
				answer := w.inquire(&order, after)
				w.Equal(unknown, answer.Outcome)
				w.Contains(answer.Review, "another account")
			}
			other.Credit("RECHARGE", won(10_000))
			w.Equal(unknown, w.inquire(&order, 0).Outcome)
			w.client = right
			answer := w.inquire(&order, 0)
			w.True(answer.Outcome.Final(), "%+v", answer)
		})
	}
}

// Evidence that names no account proves nothing about one that is named.
func TestCharger_Inquire_evidence_without_an_account(t *testing.T) {
	t.Parallel()
	w := setup(t)
	order := lost(w)
	order.Evidence = bytes.Replace(order.Evidence, []byte(w.account.ID()), nil, 1)
	answer := w.inquire(&order, time.Hour)
	w.Equal(unknown, answer.Outcome)
	w.NotEmpty(answer.Review)
}

func TestCharger_Inquire_row_of_a_new_kind(t *testing.T) {
	t.Parallel()
	w := setup(t)
	order := lost(w)
	w.account.Credit("CARD_RECHARGE", won(10_000))
	w.Equal(approved, w.inquire(&order, time.Minute).Outcome)
}

func TestCharger_Inquire_ignores_earlier_rows(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.account.Credit("RECHARGE", won(10_000))
	for range 50 {
		w.account.Send(won(1))
	}
	order := lost(w)
	w.account.Send(won(30))
	w.account.Credit("RECHARGE", won(20_000)) // another amount
	w.Equal(unknown, w.inquire(&order, 29*time.Minute).Outcome)
	answer := w.inquire(&order, time.Minute)
	w.Equal(notSent, answer.Outcome, "%+v", answer)
}

// TestCharger_Inquire_row_after_the_order: a lost order can be executed for 17 minutes. A row of
// its amount that is dated later is another recharge, and a person decides.
func TestCharger_Inquire_row_after_the_order(t *testing.T) {
	t.Parallel()
	for later, want := range map[time.Duration]ports.Outcome{16 * time.Minute: approved, 18 * time.Minute: unknown} {
		w := setup(t)
		order := lost(w)
		w.clock.Advance(later)
		w.account.Credit("RECHARGE", order.Amount)
		answer := w.inquire(&order, time.Minute)
		w.Equal(want, answer.Outcome, "%+v", answer)
		if want == unknown {
			w.Contains(answer.Review, "after the order could be executed")
		}
	}
}

// The row of the order lies behind many others, and its filter does not work.
func TestCharger_Inquire_reads_every_page(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.sim.Inject(onPost(solapitest.CloseAfter))
	order, _ := w.charge()
	for range 100 {
		w.account.Credit("RECHARGE", won(11_000))
	}
	w.Equal(approved, w.inquire(&order, time.Minute).Outcome)
}

func TestCharger_Inquire_books_that_do_not_fit(t *testing.T) {
	t.Parallel()
	w := setup(t)
	order := lost(w)
	w.account.Unbook(won(10_000)) // the balance moves and the history does not show it
	answer := w.inquire(&order, 31*time.Minute)
	w.Equal(unknown, answer.Outcome)
	w.Contains(answer.Review, "does not explain the balance")
}

// The history is behind a balance that moves: it may explain it the next time.
func TestCharger_Inquire_balance_that_moves(t *testing.T) {
	t.Parallel()
	w := setup(t)
	order := lost(w)
	w.account.SetLag(time.Minute)
	w.clock.Advance(31 * time.Minute)
	w.busy()
	answer := w.inquire(&order, 0)
	w.Equal(unknown, answer.Outcome)
	w.Empty(answer.Review)
	w.sim.OnRequest(nil)
	w.Equal(notSent, w.inquire(&order, time.Minute).Outcome)
}

// A row that names itself in the answer is booked as the history has it.
func TestCharger_Inquire_row_that_the_answer_named(t *testing.T) {
	t.Parallel()
	w := setup(t)
	order := lost(w)
	w.clock.Advance(time.Second)
	w.account.Credit("RECHARGE", won(9_000))
	row := w.account.Books().History[0]
	order.Last = ports.ChargeAnswer{Answer: ports.Answer{Likely: approved, ProviderRef: row.HistoryID}}
	answer := w.inquire(&order, time.Minute)
	w.Equal(approved, answer.Outcome)
	requireDecimal(t, 9_000, answer.Amount.Decimal)
	w.NotEmpty(answer.Alarm)
}

func TestCharger_Inquire_running_recharge(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.sim.Inject(refused(409, "Conflict"))
	order, _ := w.charge()
	w.account.SetRecharging(true)
	w.Equal(unknown, w.inquire(&order, time.Minute).Outcome)
	w.account.SetRecharging(false)
	w.Equal(notSent, w.inquire(&order, time.Minute).Outcome)

	w.account.SetRecharging(true)
	_, refusal := w.charger().Prepare(t.Context(), order)
	w.NotNil(refusal)
	w.Equal(notSent, refusal.Outcome)
}

func TestCharger_Inquire_confirms_no_refusal_too_soon(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.sim.Inject(refused(402, "CardDeclined"))
	order, _ := w.charge()
	w.Equal(unknown, w.inquire(&order, time.Second).Outcome)
	answer := w.inquire(&order, 4*time.Second)
	w.Equal(declined, answer.Outcome)
	w.True(answer.NextMethod)
	w.Equal("CardDeclined", answer.Code)
}

func TestCharger_Charge_throttled(t *testing.T) {
	t.Parallel()
	w := setup(t)
	limited := refused(429, "")
	limited.Header = http.Header{"Retry-After": {"120"}}
	w.sim.Inject(limited)
	_, answer := w.charge()
	w.Equal(2*time.Minute, answer.InquireAfter)
}

// A question that failed is no answer, and what was known is kept for the next.
func TestCharger_Inquire_failure_keeps_what_was_known(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := setup(t)
		w.sim.Inject(refused(402, "CardDeclined"))
		order, _ := w.charge()
		w.sim.Inject(solapitest.Fault{Method: http.MethodGet, Kind: solapitest.StatusBefore, Status: 500, Times: -1})
		w.Equal(unknown, w.inquire(&order, time.Hour).Outcome)
		w.sim.Heal()
		w.Equal(declined, w.inquire(&order, time.Second).Outcome)
	})
}

// Whichever of the questions of an inquiry fails, the inquiry must not conclude.
func TestCharger_Inquire_half_a_look(t *testing.T) {
	t.Parallel()
	for skip := range 4 {
		synctest.Test(t, func(t *testing.T) {
			w := setup(t)
			order := lost(w)
			w.sim.Inject(solapitest.Fault{Method: http.MethodGet, Kind: solapitest.StatusBefore, Status: 403, Code: "Forbidden", Skip: skip})
			answer := w.inquire(&order, time.Hour)
			w.Equal(unknown, answer.Outcome, "question %d", skip)
			w.Empty(answer.Review)
			w.Equal(notSent, w.inquire(&order, 0).Outcome, "question %d", skip)
		})
	}
}

func TestCharger_Prepare_says_why_it_cannot(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name    string
		fault   solapitest.Fault
		outcome ports.Outcome
		alarm   bool
	}{
		{"the server fails", solapitest.Fault{Kind: solapitest.StatusBefore, Status: 500, Times: -1}, notSent, false},
		{"the server is not there", solapitest.Fault{Kind: solapitest.Refused, Times: -1}, notSent, false},
		{"the key is wrong", solapitest.Fault{Kind: solapitest.StatusBefore, Status: 403, Code: "InvalidAPIKey", Times: -1}, fault, true},
		{"the key may not read", solapitest.Fault{Kind: solapitest.StatusBefore, Status: 403, Code: "Forbidden", Times: -1}, notSent, true},
		{"a page of 401", solapitest.Fault{Kind: solapitest.StatusBefore, Status: 401, Times: -1}, notSent, true},
		{"a page of 404", solapitest.Fault{Kind: solapitest.StatusBefore, Status: 404, Times: -1}, notSent, true},
		{"a page of 405", solapitest.Fault{Kind: solapitest.StatusBefore, Status: 405, Times: -1}, notSent, true},
		{"the history is not readable", solapitest.Fault{Path: "/history", Kind: solapitest.Garbage, Times: -1}, notSent, false},
		{"the history is no list", solapitest.Fault{Path: "/history", Kind: solapitest.Raw, Status: 200, Body: "null", Times: -1}, notSent, false},
		{"the balance is missing", solapitest.Fault{Path: "/balance", Kind: solapitest.EmptyObject, Times: -1}, notSent, false},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := setup(t)
				w.sim.Inject(tc.fault)
				_, refusal := w.charger().Prepare(context.Background(), ports.ChargeOrder{
					PaymentMethod: w.card, Amount: won(10_000), Currency: "KRW",
				})
				w.NotNil(refusal)
				w.Equal(tc.outcome, refusal.Outcome)
				w.Equal(tc.alarm, refusal.Alarm != "")
			})
		})
	}
}

func TestCharger_Lane(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.Equal("solapi:main", w.charger().Lane(ports.ChargeOrder{}))
	w.Equal("solapi:main", w.disburser(solapi.DisburserConfig{}).Lane(ports.PayoutOrder{}))
	w.Equal("solapi:main", w.charger().Name())
	for _, account := range []string{"", "a\n", string(make([]byte, 200))} {
		_, err := solapi.NewCharger(w.client, account)
		w.ErrorIs(err, ports.ErrInvalid)
		_, err = solapi.NewDisburser(w.client, account, solapi.DisburserConfig{})
		w.ErrorIs(err, ports.ErrInvalid)
	}
}

// The quiet period counts from the latest moment at which the order may have been
// sent: neither a clock that ran backwards nor a missing SentAt shortens it.
func TestCharger_Inquire_keeps_the_quiet_period(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		sentAt time.Time
		quiet  time.Duration
	}{
		"as it was sent":             {start, 30 * time.Minute},
		"a clock that ran backwards": {start.Add(-20 * time.Minute), 30 * time.Minute},
		"no SentAt":                  {time.Time{}, 35 * time.Minute},
	} {
		w := setup(t)
		order := lost(w)
		order.SentAt = tc.sentAt
		w.Equal(unknown, w.inquire(&order, tc.quiet-time.Second).Outcome, name)
		w.Equal(notSent, w.inquire(&order, time.Second).Outcome, name)
	}
}
