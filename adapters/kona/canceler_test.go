package kona_test

import (
	"testing"
	"time"

	"github.com/jigap/jigap/adapters/kona"
	"github.com/jigap/jigap/adapters/kona/konatest"
	"github.com/jigap/jigap/ports"
)

// charged returns a cancellation of a charge that was executed.
func (w *world) charged() ports.CancelOrder {
	w.t.Helper()
	order := w.order()
	order.Last = stored(w, w.charger().Charge(w.t.Context(), order))
	w.Equal(approved, order.Last.Outcome)
	return ports.CancelOrder{CancelID: "cancel " + order.OperationID, Charge: order, Amount: order.Amount, Left: order.Amount, RequestedAt: w.clock.Now(), SentAt: w.clock.Now(), Transmissions: 1}
}

func (w *world) inquireCancel(order *ports.CancelOrder) ports.ChargeAnswer {
	w.t.Helper()
	order.Inquiries++
	order.Last = stored(w, w.charger().InquireCancel(w.t.Context(), *order))
	return order.Last
}

func TestCharger_Cancel_answers(t *testing.T) {
	t.Parallel()
	const yes = true
	cases := []row{
		{name: "cancelled", outcome: approved},
		{name: "isPending missing", fault: konatest.Fault{Kind: konatest.NoPending}},
		{name: "isPending a text", fault: konatest.Fault{Kind: konatest.TextPending}},
		{name: "cannot be cancelled", fault: before(400, "007_030"), outcome: declined, permanent: yes},
		{name: "paid otherwise", fault: before(400, "007_040"), outcome: declined, permanent: yes},
		{name: "names differ", fault: before(400, "007_043"), outcome: declined, alarm: yes},
		{name: "no account", fault: before(400, "007_001"), outcome: declined, alarm: yes},
		{name: "input", fault: before(400, "000_002"), outcome: fault},
		{name: "a code of the charge's table", fault: before(400, "007_004")},
		{name: "a limit", fault: before(400, "007_003")},
		{name: "another charge is running", fault: before(400, "007_005")},
		{name: "sequenceId known", fault: before(400, "007_008"), alarm: yes},
		{name: "another code", fault: before(400, "007_099")},
		{name: "401", fault: before(401, ""), likely: fault, permanent: yes, alarm: yes},
		{name: "500", fault: before(500, "007_030")},
		{name: "200 with another code", fault: raw(200, `{"isPending":false,"response":{"code":"007_030"}}`), alarm: yes},
		{name: "closed after", fault: konatest.Fault{Kind: konatest.CloseAfter}},
		{name: "never connected", fault: konatest.Fault{Kind: konatest.Refused}, outcome: notSent},
		{name: "garbage", fault: konatest.Fault{Kind: konatest.Garbage}},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			order := w.charged()
			tc.fault.Path = cancelPath
			w.sim.Inject(tc.fault)
			answer := w.charger().Cancel(t.Context(), order)
			w.Equal(tc.outcome, answer.Outcome, "%+v", answer)
			w.Equal(tc.likely, answer.Likely)
			w.Equal(tc.permanent, answer.Permanent)
			w.Equal(tc.alarm, answer.Alarm != "", answer.Alarm)

			order.Transmissions = 2
			w.sim.Inject(tc.fault)
			if answer = w.charger().Cancel(t.Context(), order); answer.Outcome != approved {
				w.Equal(unknown, answer.Outcome, "after a repetition: %+v", answer)
			}
		})
	}
}

// A cancellation takes the money off the card at once and pays it out on the next day.
func TestCharger_Cancel_moves_the_money_back(t *testing.T) {
	t.Parallel()
	w := setup(t)
	order := w.charged()
	_, refused := w.charger().PrepareCancel(t.Context(), order)
	w.Nil(refused)
	w.Equal(approved, w.charger().Cancel(t.Context(), order).Outcome)
	id := w.member.UserID()
	books := w.sim.Books()
	w.True(books.Balance[id].IsZero())
	w.True(books.Owed[id].Equal(won(30_000)))
	w.True(books.Bank[id].Equal(won(970_000)))
	w.Len(books.Transactions, 2)
	w.NotEqual(books.Transactions[0].SequenceID, books.Transactions[1].SequenceID, "a sequenceId of its own")
	w.clock.Advance(12 * time.Hour)
	books = w.sim.Books()
	w.True(books.Owed[id].IsZero())
	w.True(books.Bank[id].Equal(won(1_000_000)))
	w.Equal(approved, w.inquireCancel(&order).Outcome)

	again := order
	again.CancelID, again.RequestedAt, again.SentAt = "another", w.clock.Now(), w.clock.Now()
	answer := w.charger().Cancel(t.Context(), again)
	w.Equal(unknown, answer.Outcome, "007_030: it was taken back")
	w.NotEmpty(answer.Review)
}

// cancelRefusals are the answers by which the provider says that it did not execute a
// cancellation: codes of a refusal at once, and FAILED of a cancellation that was pending.
var cancelRefusals = []string{"007_030", "007_040", "007_043", "007_001", konatest.CodeAccountTrouble, "FAILED"}

// unreadable refuses every question for the history, without an alarm.
func unreadable() konatest.Fault {
	return konatest.Fault{Path: "/transaction/card", Kind: konatest.StatusBefore, Status: 429, Times: -1}
}

// refused returns a cancellation with its first answer after the provider refused or failed it.
// Others took the charge back before, if outside is true.
func (w *world) refused(charger *kona.Charger, refusal string, outside bool) ports.CancelOrder {
	w.t.Helper()
	order := w.charged()
	if refusal == "FAILED" {
		w.member.Next(konatest.Scenario{Pending: true, After: time.Minute, Fail: true})
		order.Last = stored(w, charger.Cancel(w.t.Context(), order))
		w.Equal(pending, order.Last.Outcome)
	}
	if outside {
		w.True(w.sim.CancelOutside(order.Charge.Last.ProviderRef))
	}
	if refusal == "FAILED" {
		w.clock.Advance(5 * time.Minute)
		order.Inquiries++
		order.Last = stored(w, charger.InquireCancel(w.t.Context(), order))
		return order
	}
	w.sim.Inject(konatest.Fault{Path: cancelPath, Kind: konatest.StatusBefore, Status: 400, Code: refusal})
	order.Last = stored(w, charger.Cancel(w.t.Context(), order))
	w.Equal(refusal, order.Last.Code)
	return order
}

// A cancellation that is refused, by whatever code, or FAILED is declined only if the history
// shows that the charge stands.
func TestCharger_Cancel_refused_looks_whether_the_charge_stands(t *testing.T) {
	t.Parallel()
	for _, refusal := range cancelRefusals {
		for name, tc := range map[string]struct {
			outside, blind bool
			first, last    ports.Outcome
			review         bool
		}{
			"it stands":                                    {first: declined, last: declined},
			"others took it back":                          {outside: true, review: true},
			"the history comes later, and it stands":       {blind: true, last: declined},
			"the history comes later, and it was canceled": {outside: true, blind: true, review: true},
		} {
			t.Run(refusal+": "+name, func(t *testing.T) {
				t.Parallel()
				w := setup(t)
				if tc.blind {
					w.sim.Inject(unreadable())
				}
				order := w.refused(w.charger(), refusal, tc.outside)
				code := order.Last.Code
				w.Equal(tc.first, order.Last.Outcome)
				if tc.blind {
					w.Empty(order.Last.Review)
					w.Contains(order.Last.Message, "the history cannot be read")
					w.Equal(5*time.Minute, order.Last.InquireAfter)
					w.clock.Advance(order.Last.InquireAfter)
					w.Equal(unknown, w.inquireCancel(&order).Outcome, "the history cannot be read yet")
					w.sim.Heal()
					w.clock.Advance(order.Last.InquireAfter)
					w.inquireCancel(&order)
					w.NotContains(order.Last.Message, "the history cannot be read")
				}
				w.Equal(tc.last, order.Last.Outcome)
				w.Equal(tc.review, order.Last.Review != "", order.Last.Review)
				w.Equal(code, order.Last.Code)
				w.False(order.Last.NextMethod, "it is no charge")
			})
		}
	}
}

// A project without the history cannot know whether the charge stands: a person decides.
func TestCharger_Cancel_without_history(t *testing.T) {
	t.Parallel()
	for _, refusal := range cancelRefusals {
		for _, outside := range []bool{false, true} {
			w := setup(t)
			charger, err := kona.NewCharger(w.client, "main", kona.ChargerConfig{
				MerchantID: w.sim.Project().MerchantID, Codes: learned, WithoutHistory: true, Card: w.card,
			})
			w.NoError(err)
			w.sim.Inject(unreadable()) // it is not asked for
			order := w.refused(charger, refusal, outside)
			for range 2 {
				w.Equal(unknown, order.Last.Outcome, "%s: %+v", refusal, order.Last)
				w.Equal(declined, order.Last.Likely)
				w.Contains(order.Last.Review, "without the history")
				w.clock.Advance(time.Hour)
				order.Last = stored(w, charger.InquireCancel(t.Context(), order))
			}
		}
	}
}

// A refusal of which a part was lost may be no refusal: while the question about the cancellation
// fails, it may yet be executed, and that the charge stands now proves nothing.
func TestCharger_InquireCancel_of_a_refusal_that_was_lost_in_part(t *testing.T) {
	t.Parallel()
	w := setup(t)
	order := w.charged()
	order.Last.Answer = ports.Answer{Outcome: unknown, Likely: declined, Message: "the answer broke off"}
	w.sim.Inject(konatest.Fault{Path: inquiryPath, Kind: konatest.StatusBefore, Status: 503, Times: -1})
	w.clock.Advance(10 * time.Minute)
	w.Equal(unknown, w.inquireCancel(&order).Outcome)
	w.Empty(order.Last.Review)
}

// A cancellation whose history cannot be read is asked about every hour with an alarm when
// its day is over, and goes to review when the next day is, as any other order.
func TestCharger_InquireCancel_unreadable_history_outlives_its_day(t *testing.T) {
	t.Parallel()
	for _, refusal := range cancelRefusals {
		w := setup(t)
		w.sim.Inject(unreadable())
		order := w.refused(w.charger(), refusal, true)
		w.Equal(5*time.Minute, order.Last.InquireAfter, refusal)
		w.clock.Advance(24 * time.Hour)
		answer := w.inquireCancel(&order)
		w.Equal(time.Hour, answer.InquireAfter, refusal)
		w.NotEmpty(answer.Alarm, refusal)
		w.Empty(answer.Review, refusal)
		w.clock.Advance(24 * time.Hour)
		answer = w.inquireCancel(&order)
		w.Equal(unknown, answer.Outcome, refusal)
		w.NotEmpty(answer.Review, refusal)
		w.sim.Heal()
		w.Equal(unknown, w.inquireCancel(&order).Outcome, refusal)
		w.Contains(order.Last.Review, "cancelled by others", refusal)
	}
}

// A cancellation is pending, and others take the charge back: the provider fails it, and the
// charge does not stand.
func TestCharger_InquireCancel_pending_of_a_charge_that_others_took_back(t *testing.T) {
	t.Parallel()
	w := setup(t)
	order := w.charged()
	w.member.Next(konatest.Scenario{Pending: true, After: time.Minute})
	order.Last = stored(w, w.charger().Cancel(t.Context(), order))
	w.Equal(pending, order.Last.Outcome)
	w.True(w.sim.CancelOutside(order.Charge.Last.ProviderRef))
	w.clock.Advance(5 * time.Minute)
	w.Equal(unknown, w.inquireCancel(&order).Outcome)
	w.NotEmpty(order.Last.Review)
	w.True(w.sim.Books().Owed[w.member.UserID()].Equal(won(30_000)), "the provider pays it out once")
}

// A card that cannot be read has no history to look into.
func TestCharger_InquireCancel_of_a_card_that_cannot_be_read(t *testing.T) {
	t.Parallel()
	w := setup(t)
	order := w.charged()
	w.member.Next(konatest.Scenario{Pending: true, After: time.Minute, Fail: true})
	order.Last = stored(w, w.charger().Cancel(t.Context(), order))
	w.clock.Advance(5 * time.Minute)
	order.Charge.PaymentMethod = "unreadable"
	w.Equal(unknown, w.inquireCancel(&order).Outcome)
	w.NotEmpty(order.Last.Review)
}

func TestCharger_InquireCancel_pending_ends_either_way(t *testing.T) {
	t.Parallel()
	for fail, want := range map[bool]ports.Outcome{false: approved, true: declined} {
		w := setup(t)
		order := w.charged()
		w.member.Next(konatest.Scenario{Pending: true, After: time.Minute, Fail: fail})
		order.Last = w.charger().Cancel(t.Context(), order)
		w.Equal(pending, order.Last.Outcome)
		w.Equal(pending, w.inquireCancel(&order).Outcome)
		w.clock.Advance(5 * time.Minute)
		w.Equal(want, w.inquireCancel(&order).Outcome)
		standing := 0
		if fail {
			standing = 1
		}
		w.Equal(standing, w.done())
	}
}

// A cancellation whose answer was lost is found by its own sequenceId, and one that
// never arrived ends after the quiet period.
func TestCharger_InquireCancel_finds_a_lost_one(t *testing.T) {
	t.Parallel()
	for kind, want := range map[konatest.Kind]ports.Outcome{konatest.CloseAfter: approved, konatest.CloseBefore: notSent} {
		w := setup(t)
		order := w.charged()
		w.sim.Inject(konatest.Fault{Path: cancelPath, Kind: kind})
		order.Last = w.charger().Cancel(t.Context(), order)
		w.Equal(unknown, order.Last.Outcome)
		for !order.Last.Outcome.Final() {
			w.clock.Advance(order.Last.InquireAfter)
			w.inquireCancel(&order)
		}
		w.Equal(want, order.Last.Outcome)
	}
}

func TestCharger_PrepareCancel_refuses(t *testing.T) {
	t.Parallel()
	w := setup(t)
	for name, change := range map[string]func(o *ports.CancelOrder){
		"no transaction number": func(o *ports.CancelOrder) { o.Charge.Last.ProviderRef = "" },
		"no id":                 func(o *ports.CancelOrder) { o.CancelID = "" },
		"no member":             func(o *ports.CancelOrder) { o.Charge.PaymentMethod = "" },
	} {
		order := w.charged()
		change(&order)
		before := w.sim.Requests()
		_, refused := w.charger().PrepareCancel(t.Context(), order)
		w.NotNil(refused, name)
		w.Equal(fault, refused.Outcome, name)
		w.Equal(fault, w.charger().Cancel(t.Context(), order).Outcome, name)
		w.Equal(before, w.sim.Requests(), name)
	}
}

// TestCharger_PrepareCancel_refuses_a_part: the provider would take back the whole.
func TestCharger_PrepareCancel_refuses_a_part(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(order *ports.CancelOrder){
		"a part":             func(order *ports.CancelOrder) { order.Amount = order.Amount.Sub(won(1)) },
		"more than is left":  func(order *ports.CancelOrder) { order.Left = order.Left.Sub(won(1)) },
		"no amount":          func(order *ports.CancelOrder) { order.Amount, order.Left = won(0), won(0) },
		"an amount below it": func(order *ports.CancelOrder) { order.Amount, order.Left = won(-1), won(-1) },
	} {
		w := setup(t)
		order := w.charged()
		change(&order)
		_, refusal := w.charger().PrepareCancel(t.Context(), order)
		w.NotNil(refusal, name)
		w.Equal(fault, refusal.Outcome, name)
		w.Contains(refusal.Message, "Amount", name)
		w.Equal(fault, w.charger().Cancel(t.Context(), order).Outcome, name)
		w.Equal(approved, w.charger().Inquire(t.Context(), order.Charge).Outcome, "%s: the charge stands", name)
	}
}
