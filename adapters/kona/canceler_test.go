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
	return ports.CancelOrder{CancelID: "cancel " + order.OperationID, Charge: order, RequestedAt: w.clock.Now(), Transmissions: 1}
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
	again.CancelID, again.RequestedAt = "another", w.clock.Now()
	answer := w.charger().Cancel(t.Context(), again)
	w.Equal(unknown, answer.Outcome, "007_030: it was taken back")
	w.NotEmpty(answer.Review)
}

// A cancellation that is refused with 007_030 is declined only if the history shows that the
// charge stands.
func TestCharger_Cancel_refused_looks_whether_the_charge_stands(t *testing.T) {
	t.Parallel()
	const historyPath = "/transaction/card"
	unreadable := konatest.Fault{Path: historyPath, Kind: konatest.StatusBefore, Status: 500, Times: -1}
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
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			order := w.charged()
			if tc.outside {
				w.True(w.sim.CancelOutside(order.Charge.Last.ProviderRef))
			} else {
				w.sim.Inject(konatest.Fault{Path: cancelPath, Kind: konatest.StatusBefore, Status: 400, Code: "007_030"})
			}
			if tc.blind {
				w.sim.Inject(unreadable)
			}
			order.Last = stored(w, w.charger().Cancel(t.Context(), order))
			w.Equal(tc.first, order.Last.Outcome)
			if tc.blind {
				w.Empty(order.Last.Review)
				w.clock.Advance(order.Last.InquireAfter)
				w.Equal(unknown, w.inquireCancel(&order).Outcome, "the history cannot be read yet")
				w.sim.Heal()
				w.clock.Advance(order.Last.InquireAfter)
				w.inquireCancel(&order)
			}
			w.Equal(tc.last, order.Last.Outcome)
			w.Equal(tc.review, order.Last.Review != "", order.Last.Review)
			w.Equal("007_030", order.Last.Code)
		})
	}
}

// A project without the history takes a refusal for what it says.
func TestCharger_Cancel_without_history(t *testing.T) {
	t.Parallel()
	w := setup(t)
	order := w.charged()
	w.sim.Inject(konatest.Fault{Path: cancelPath, Kind: konatest.StatusBefore, Status: 400, Code: "007_030"})
	charger, err := kona.NewCharger(w.client, "main", kona.ChargerConfig{MerchantID: w.sim.Project().MerchantID, WithoutHistory: true, Card: w.card})
	w.NoError(err)
	before := w.sim.Requests()
	w.Equal(declined, charger.Cancel(t.Context(), order).Outcome)
	w.Equal(before+2, w.sim.Requests(), "a token and the cancellation")
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
