package kona_test

import (
	"testing"
	"time"

	"github.com/jigap/jigap/adapters/kona/konatest"
	"github.com/jigap/jigap/ports"
)

// open returns an order that the provider has pending.
func (w *world) open(scenario konatest.Scenario) ports.ChargeOrder {
	w.t.Helper()
	scenario.Pending = true
	w.member.Next(scenario)
	order := w.order()
	order.Last = stored(w, w.charger().Charge(w.t.Context(), order))
	w.Equal(pending, order.Last.Outcome)
	return order
}

func TestCharger_Inquire_answers(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name    string
		fault   konatest.Fault
		pending ports.Outcome // for an order that was pending
		unknown ports.Outcome // for one that was unknown
	}{
		{"COMPLETED", raw(200, `{"result":"COMPLETED","nrNumber":"K1",`+success+`}`), approved, approved},
		{"COMPLETED without a number", raw(200, `{"result":"COMPLETED",`+success+`}`), approved, approved},
		{"FAILED", raw(200, `{"result":"FAILED",`+success+`}`), declined, declined},
		{"PENDING", raw(200, `{"result":"PENDING",`+success+`}`), pending, pending},
		{"isPending is not the result", raw(200, `{"isPending":false,`+success+`}`), pending, unknown},
		{"another result", raw(200, `{"result":"CANCELED",`+success+`}`), pending, unknown},
		{"another case", konatest.Fault{Kind: konatest.OddResult}, pending, unknown},
		{"no result", raw(200, `{`+success+`}`), pending, unknown},
		{"another code", raw(200, `{"result":"COMPLETED","response":{"code":"000_001"}}`), pending, unknown},
		{"COMPLETED with 400", raw(400, `{"result":"COMPLETED",`+success+`}`), pending, unknown},
		{"COMPLETED with 500", raw(500, `{"result":"COMPLETED",`+success+`}`), pending, unknown},
		{"FAILED with 400", raw(400, `{"result":"FAILED",`+success+`}`), pending, unknown},
		{"no such sequenceId, early", before(400, konatest.CodeNoSequence), pending, unknown},
		{"a refusal of the charge's table", before(400, "007_004"), pending, unknown},
		{"input", before(400, "000_002"), pending, unknown},
		{"401", before(401, ""), pending, unknown},
		{"404", before(404, ""), pending, unknown},
		{"429", before(429, ""), pending, unknown},
		{"503", before(503, ""), pending, unknown},
		{"302", before(302, ""), pending, unknown},
		{"garbage", konatest.Fault{Kind: konatest.Garbage}, pending, unknown},
		{"never connected", konatest.Fault{Kind: konatest.Refused}, pending, unknown},
		{"another correlation id", konatest.Fault{Kind: konatest.Foreign}, pending, unknown},
		{"encrypted for another key", konatest.Fault{Kind: konatest.BadSeal}, pending, unknown},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			for last, want := range map[ports.Outcome]ports.Outcome{pending: tc.pending, unknown: tc.unknown} {
				w := setup(t)
				order := w.open(konatest.Scenario{})
				order.Last.Outcome = last
				tc.fault.Path, tc.fault.Times = inquiryPath, -1
				w.sim.Inject(tc.fault)
				w.clock.Advance(5 * time.Minute)
				answer := w.inquire(&order)
				w.Equal(want, answer.Outcome, "was %s: %+v", last, answer)
				if !answer.Outcome.Final() {
					w.Equal(5*time.Minute, answer.InquireAfter)
				}
				if answer.Outcome == approved {
					w.NotEmpty(answer.ProviderRef, "the charge's own, when the inquiry gives none")
				}
			}
		})
	}
}

// A charge whose day ends is asked about every hour and goes to review after the
// next day. No time makes it a refusal.
func TestCharger_Inquire_pending_outlives_its_day(t *testing.T) {
	t.Parallel()
	korea := time.FixedZone("KST", 9*60*60)
	cases := []struct {
		at     time.Time
		pause  time.Duration
		alarm  bool
		person bool
	}{
		{time.Date(2026, 3, 13, 23, 59, 59, 0, korea), 5 * time.Minute, false, false},
		{time.Date(2026, 3, 14, 0, 0, 0, 0, korea), time.Hour, true, false},
		{time.Date(2026, 3, 14, 23, 59, 59, 0, korea), time.Hour, true, false},
		{time.Date(2026, 3, 15, 0, 0, 0, 0, korea), time.Hour, true, true},
		{time.Date(2027, 3, 15, 0, 0, 0, 0, korea), time.Hour, true, true},
	}
	w := setup(t)
	w.clock.Set(time.Date(2026, 3, 13, 23, 58, 0, 0, korea))
	order := w.open(konatest.Scenario{After: time.Minute})
	for _, tc := range cases {
		w.clock.Set(tc.at)
		answer := w.inquire(&order)
		w.Equal(pending, answer.Outcome, tc.at)
		w.Equal(tc.pause, answer.InquireAfter, tc.at)
		w.Equal(tc.alarm, answer.Alarm != "", tc.at)
		w.Equal(tc.person, answer.Review != "", tc.at)
	}
	w.True(w.sim.Settle(true))
	w.Equal(approved, w.inquire(&order).Outcome, "and a late end is still found")
}

// Without a code for it an order that never arrived goes to review, never to a
// refusal.
func TestCharger_Inquire_unknown_outlives_its_day(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.codes = nil
	w.sim.Inject(konatest.Fault{Path: chargePath, Kind: konatest.CloseBefore})
	order := w.order()
	order.Last = w.charger().Charge(t.Context(), order)
	for range 100 {
		w.clock.Advance(time.Hour)
		answer := w.inquire(&order)
		w.Equal(unknown, answer.Outcome)
		w.False(answer.Resend)
	}
	w.NotEmpty(order.Last.Review)
}

func TestCharger_Inquire_pending_ends_either_way(t *testing.T) {
	t.Parallel()
	for fail, want := range map[bool]ports.Outcome{false: approved, true: declined} {
		w := setup(t)
		order := w.open(konatest.Scenario{After: 12 * time.Minute, Fail: fail})
		for range 2 {
			w.clock.Advance(5 * time.Minute)
			w.Equal(pending, w.inquire(&order).Outcome)
		}
		w.clock.Advance(5 * time.Minute)
		w.Equal(want, w.inquire(&order).Outcome)
	}
}

// An order of which the provider has no trace ends only as the one transmission, after
// the quiet period, and never when it was pending or known before.
func TestCharger_Inquire_order_without_a_trace(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name   string
		wait   time.Duration
		change func(order *ports.ChargeOrder)
		want   ports.Outcome
	}{
		{"early", 15*time.Minute - 1, func(*ports.ChargeOrder) {}, unknown},
		{"after the quiet period", 15 * time.Minute, func(*ports.ChargeOrder) {}, notSent},
		{"sent twice", time.Hour, func(o *ports.ChargeOrder) { o.Transmissions = 2 }, unknown},
		{"pending before", time.Hour, func(o *ports.ChargeOrder) { o.Last.Outcome = pending }, pending},
		{"its sequenceId was known", time.Hour, func(o *ports.ChargeOrder) { o.Last.Code = "007_008" }, unknown},
		{"leaning to declined, at once", 29 * time.Second, func(o *ports.ChargeOrder) { o.Last.Likely = declined }, unknown},
		{"leaning to declined, later", 30 * time.Second, func(o *ports.ChargeOrder) { o.Last.Likely = declined }, declined},
		{"leaning to fault", 30 * time.Second, func(o *ports.ChargeOrder) { o.Last.Likely = fault }, fault},
		{"leaning, and sent twice", time.Hour, func(o *ports.ChargeOrder) { o.Last.Likely, o.Transmissions = declined, 2 }, unknown},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			order := w.order()
			tc.change(&order)
			w.clock.Advance(tc.wait)
			w.Equal(tc.want, w.inquire(&order).Outcome)
		})
	}
}

// A limit is reported as final only when the provider confirms that nothing was taken.
func TestCharger_Inquire_confirms_a_limit(t *testing.T) {
	t.Parallel()
	w := setup(t)
	order := w.order()
	w.sim.Inject(konatest.Fault{Path: chargePath, Kind: konatest.StatusAfter, Status: 400, Code: "007_003"})
	order.Last = w.charger().Charge(t.Context(), order)
	w.Equal(unknown, order.Last.Outcome)
	w.clock.Advance(30 * time.Second)
	w.Equal(approved, w.inquire(&order).Outcome, "the bank had been asked before")

	order = w.order()
	order.Amount = won(2_000_001)
	order.Last = w.charger().Charge(t.Context(), order)
	w.Equal("007_003", order.Last.Code)
	w.clock.Advance(30 * time.Second)
	answer := w.inquire(&order)
	w.Equal(declined, answer.Outcome)
	w.Equal("007_003", answer.Code)
}

// The result of a sequenceId that was there before the only transmission is not ours.
func TestCharger_Inquire_result_of_another_request(t *testing.T) {
	t.Parallel()
	w := setup(t)
	order := w.order()
	w.Equal(approved, w.charger().Charge(t.Context(), order).Outcome)
	order.Last = w.charger().Charge(t.Context(), order)
	w.Equal("007_008", order.Last.Code)
	answer := w.inquire(&order)
	w.Equal(unknown, answer.Outcome)
	w.NotEmpty(answer.Review)

	order.Transmissions = 2
	w.Equal(approved, w.inquire(&order).Outcome, "after a repetition it is the first copy's")
	w.Equal(1, w.done())
}
