package kona_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/kona"
	"github.com/jigap/jigap/adapters/kona/konatest"
	"github.com/jigap/jigap/ports"
)

func raw(code int, body string) konatest.Fault {
	return konatest.Fault{Kind: konatest.Raw, Status: code, Body: body}
}

func before(code int, text string) konatest.Fault {
	return konatest.Fault{Kind: konatest.StatusBefore, Status: code, Code: text}
}

type row struct {
	name      string
	fault     konatest.Fault
	outcome   ports.Outcome
	likely    ports.Outcome
	next      bool
	permanent bool
	alarm     bool
}

// chargeRows are what may come back from a charge, and what it means for the only
// transmission of its sequenceId.
func chargeRows() []row {
	const yes = true
	return []row{
		{name: "approved", fault: konatest.Fault{}, outcome: approved},
		{name: "isPending missing", fault: konatest.Fault{Kind: konatest.NoPending}},
		{name: "isPending a text", fault: konatest.Fault{Kind: konatest.TextPending}},
		{name: "isPending in another case", fault: raw(200, `{"nrNumber":"K","ISPENDING":false,`+success+`}`)},
		{name: "isPending null", fault: raw(200, `{"nrNumber":"K","isPending":null,`+success+`}`)},
		{name: "isPending a number", fault: raw(200, `{"nrNumber":"K","isPending":0,`+success+`}`)},
		{name: "nrNumber null", fault: konatest.Fault{Kind: konatest.NullID}},
		{name: "nrNumber empty", fault: raw(200, `{"nrNumber":"","isPending":false,`+success+`}`)},
		{name: "nrNumber of 51", fault: raw(200, `{"nrNumber":"`+strings.Repeat("x", 51)+`","isPending":false,`+success+`}`)},
		{name: "200 with another code", fault: raw(200, `{"nrNumber":"K","isPending":false,"response":{"code":"007_004"}}`), alarm: yes},
		{name: "200 with the old code of success", fault: raw(200, `{"nrNumber":"K","isPending":false,"response":{"code":"00"}}`), alarm: yes},
		{name: "200 without a code", fault: raw(200, `{"nrNumber":"K","isPending":false}`), alarm: yes},
		{name: "400 with success", fault: before(400, "000_000"), alarm: yes},
		{name: "201 with success", fault: raw(201, `{"nrNumber":"K","isPending":false,`+success+`}`)},
		{name: "isPending twice", fault: raw(200, `{"nrNumber":"K","isPending":true,"isPending":false,`+success+`}`)},
		{name: "isPending in two cases", fault: raw(200, `{"nrNumber":"K","ISPENDING":true,"isPending":false,`+success+`}`)},
		{name: "response twice", fault: raw(200, `{"nrNumber":"K","isPending":false,"response":{"code":"007_004"},`+success+`}`)},
		{name: "code twice", fault: raw(400, `{"response":{"code":"000_000","code":"007_004"}}`)},
		{name: "a refusal with a transaction number", fault: raw(400, `{"nrNumber":"K","response":{"code":"007_004"}}`), alarm: yes},
		{name: "a refusal that is pending", fault: raw(400, `{"isPending":true,"response":{"code":"007_004"}}`), alarm: yes},
		{name: "a refusal with blank fields", fault: raw(400, `{"nrNumber":"","isPending":false,"response":{"code":"007_004"}}`), outcome: declined, next: yes},
		{name: "input", fault: before(400, "000_002"), outcome: fault},
		{name: "values missing", fault: before(400, "000_003"), outcome: fault},
		{name: "no account", fault: before(400, "007_001"), outcome: declined, next: yes, permanent: yes},
		{name: "benefit", fault: before(400, "007_002"), outcome: declined, next: yes},
		{name: "limit, to be confirmed", fault: before(400, "007_003"), likely: declined, next: yes},
		{name: "withdrawal failed", fault: before(400, "007_004"), outcome: declined, next: yes},
		{name: "another charge is running", fault: before(400, "007_005"), outcome: notSent},
		{name: "auto-charge is running", fault: before(400, "007_006"), outcome: notSent, alarm: yes},
		{name: "amount", fault: before(400, "007_007"), outcome: fault},
		{name: "sequenceId known", fault: before(400, "007_008"), alarm: yes},
		{name: "merchant", fault: before(400, konatest.CodeMerchant), outcome: fault, permanent: yes, alarm: yes},
		{name: "token", fault: before(400, konatest.CodeToken), outcome: notSent},
		{name: "account trouble", fault: before(400, konatest.CodeAccountTrouble), outcome: declined, next: yes, permanent: yes, alarm: yes},
		{name: "a pending state as 400", fault: before(400, "002_034")},
		{name: "another readable code", fault: before(400, "007_009")},
		{name: "400 without a code", fault: raw(400, `{"response":{}}`)},
		{name: "400 that is a page", fault: before(400, "")},
		{name: "401", fault: before(401, ""), likely: fault, permanent: yes, alarm: yes},
		{name: "403 with a code of declining", fault: before(403, "007_004"), likely: fault, permanent: yes, alarm: yes},
		{name: "404", fault: before(404, ""), likely: fault, permanent: yes, alarm: yes},
		{name: "405", fault: before(405, ""), likely: fault, permanent: yes, alarm: yes},
		{name: "409", fault: before(409, "007_004")},
		{name: "429", fault: before(429, "007_005")},
		{name: "418", fault: before(418, "007_001")},
		{name: "302", fault: before(302, "007_001"), alarm: yes},
		{name: "500", fault: before(500, "007_004")},
		{name: "500 after the effect", fault: konatest.Fault{Kind: konatest.StatusAfter, Status: 500, Code: "000_002"}},
		{name: "503 without a body", fault: raw(503, "")},
		{name: "never connected", fault: konatest.Fault{Kind: konatest.Refused}, outcome: notSent},
		{name: "closed before", fault: konatest.Fault{Kind: konatest.CloseBefore}},
		{name: "closed after", fault: konatest.Fault{Kind: konatest.CloseAfter}},
		{name: "truncated", fault: konatest.Fault{Kind: konatest.Truncate}},
		{name: "not JSON", fault: konatest.Fault{Kind: konatest.Garbage}},
		{name: "an array", fault: raw(200, `[]`)},
		{name: "too large", fault: konatest.Fault{Kind: konatest.Huge}},
		{name: "another correlation id", fault: konatest.Fault{Kind: konatest.Foreign}},
		{name: "encrypted for another key", fault: konatest.Fault{Kind: konatest.BadSeal}, alarm: yes},
		{name: "a refusal that cannot be decrypted", fault: raw(400, `{"encData":"x"}`), alarm: yes},
	}
}

func TestCharger_Charge_answers(t *testing.T) {
	t.Parallel()
	for _, tc := range chargeRows() {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			tc.fault.Path = chargePath
			w.sim.Inject(tc.fault)
			answer := w.charger().Charge(t.Context(), w.order())
			w.Equal(tc.outcome, answer.Outcome, "%+v", answer)
			w.Equal(tc.likely, answer.Likely)
			w.Equal(tc.next, answer.NextMethod)
			w.Equal(tc.permanent, answer.Permanent)
			w.Equal(tc.alarm, answer.Alarm != "", answer.Alarm)
			w.Equal(answer.Outcome == unknown, answer.InquireAfter > 0)
		})
	}
}

// After a second transmission nothing but success is final, whatever it says.
func TestCharger_Charge_refusal_after_a_resend_is_unknown(t *testing.T) {
	t.Parallel()
	for _, tc := range chargeRows() {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			for _, transmissions := range []int{0, 2} {
				w := setup(t)
				tc.fault.Path = chargePath
				w.sim.Inject(tc.fault)
				order := w.order()
				order.Transmissions = transmissions
				answer := w.charger().Charge(t.Context(), order)
				if tc.outcome != approved {
					w.Equal(unknown, answer.Outcome, "%+v", answer)
				}
				w.Equal(unknown, answer.Likely)
			}
		})
	}
}

// A host that has not learnt the unpublished codes has unknowns.
func TestCharger_Charge_unpublished_codes_are_unknown(t *testing.T) {
	t.Parallel()
	for _, code := range []string{konatest.CodeMerchant, konatest.CodeToken, konatest.CodeAccountTrouble, konatest.CodeNoSequence} {
		w := setup(t)
		w.codes = nil
		w.sim.Inject(konatest.Fault{Path: chargePath, Kind: konatest.StatusBefore, Status: 400, Code: code})
		order := w.order()
		order.Last = w.charger().Charge(t.Context(), order)
		w.Equal(unknown, order.Last.Outcome)
		w.clock.Advance(time.Hour)
		w.Equal(unknown, w.inquire(&order).Outcome, "an unknown sequenceId is no proof")
	}
}

func TestCharger_Charge_token_fails(t *testing.T) {
	t.Parallel()
	cases := []struct {
		fault   konatest.Fault
		outcome ports.Outcome
	}{
		{konatest.Fault{Kind: konatest.Refused}, notSent},
		{konatest.Fault{Kind: konatest.CloseAfter}, notSent},
		{konatest.Fault{Kind: konatest.Garbage}, notSent},
		{before(500, ""), notSent},
		{before(400, "009_009"), notSent},
		{before(400, "000_002"), fault},
		{before(401, ""), notSent},
		{before(404, ""), notSent},
		{raw(200, `{"oneTimeToken":"1","dcvv":"1",`+success+`}`), notSent},
		{raw(200, `{"oneTimeToken":9876543210987654,"dcvv":"007",`+success+`}`), notSent},
	}
	for _, tc := range cases {
		w := setup(t)
		tc.fault.Path = tokenPath
		w.sim.Inject(tc.fault)
		answer := w.charger().Charge(t.Context(), w.order())
		w.Equal(tc.outcome, answer.Outcome, "%+v", tc.fault)
		w.LessOrEqual(w.sim.Requests(), 1, "%+v", tc.fault)
		w.Zero(w.done())
	}
}

// A token that took too long to come is not used.
func TestCharger_Charge_slow_token(t *testing.T) {
	t.Parallel()
	for took, want := range map[time.Duration]ports.Outcome{20 * time.Second: approved, 21 * time.Second: notSent} {
		w := setup(t)
		w.sim.OnRequest(func(r *http.Request) {
			if strings.HasSuffix(r.URL.Path, tokenPath) {
				w.clock.Advance(took)
			}
		})
		w.Equal(want, w.charger().Charge(t.Context(), w.order()).Outcome, took)
	}
}

func TestCharger_Charge_order_that_waited(t *testing.T) {
	t.Parallel()
	w := setup(t)
	order := w.order()
	w.clock.Advance(time.Minute + 1)
	w.Equal(notSent, w.charger().Charge(t.Context(), order).Outcome)
	w.Zero(w.sim.Requests())
}

// A card is looked up by the payment method, and only then.
func TestCharger_Prepare_card_not_found(t *testing.T) {
	t.Parallel()
	w := setup(t)
	order := w.order()
	order.PaymentMethod = "7/PAR"
	w.Equal(notSent, w.charger().Charge(t.Context(), order).Outcome)
	w.Zero(w.sim.Requests())
}

func TestCharger_Prepare_refuses_with_auto_charge_on(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name    string
		prepare func(w *world)
		refused ports.Outcome
	}{
		{"no plan", func(*world) {}, unknown},
		{"an inactive plan", func(w *world) { w.member.SetPlan("INACTIVE") }, unknown},
		{"an active plan", func(w *world) { w.member.SetPlan("ACTIVE") }, fault},
		{"a plan in a state that is not known", func(w *world) { w.member.SetPlan("Inactive") }, fault},
		{"a plan at payment", func(w *world) { w.member.SetAtPayment(true) }, fault},
		{"the provider does not say", func(w *world) {
			w.sim.Inject(konatest.Fault{Path: "/plans", Kind: konatest.StatusBefore, Status: 400, Code: "001_006"})
		}, notSent},
		{"the provider refuses the question", func(w *world) {
			w.sim.Inject(konatest.Fault{Path: "/plans", Kind: konatest.StatusBefore, Status: 400, Code: "000_002"})
		}, fault},
		{"a page refuses the question", func(w *world) {
			w.sim.Inject(konatest.Fault{Path: "/plans", Kind: konatest.StatusBefore, Status: 404})
		}, notSent},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			tc.prepare(w)
			_, refusal := w.charger().Prepare(t.Context(), w.order())
			if tc.refused == unknown {
				w.Nil(refusal)
				return
			}
			w.NotNil(refusal)
			w.Equal(tc.refused, refusal.Outcome)
			w.Equal(strings.HasPrefix(tc.name, "a page"), refusal.Alarm != "")
		})
	}
}

// The sequenceId of an operation is the same in every version, for ever.
func TestCharger_Prepare_sequence_id_never_changes(t *testing.T) {
	t.Parallel()
	w := setup(t)
	order := w.order()
	order.OperationID = "0197a3c2-4d5e-7f60-8123-456789abcdef"
	w.Equal(approved, w.charger().Charge(t.Context(), order).Outcome)
	w.Equal("dkx3ghulfyyjmjzmqzutxctbboprg", w.sim.Books().Transactions[0].SequenceID)
	w.LessOrEqual(len(w.sim.Books().Transactions[0].SequenceID), 30)
}

func TestCharger_Lane(t *testing.T) {
	t.Parallel()
	w := setup(t)
	lane := func(method string) string { return w.charger().Lane(ports.ChargeOrder{PaymentMethod: method}) }
	w.Equal("kona:9999999999999999999", lane("9999999999999999999/Q1"))
	w.Equal(lane("7/Q1"), lane("7/Q2"))
	for _, bad := range []string{"", "7", "7/", "/Q", "07/Q", "+7/Q", "0/Q", "10000000000000000000/Q", "7/Q 1", "7/" + testPAN, "7/" + strings.Repeat("Q", 28)} {
		w.Empty(lane(bad), bad)
		_, refusal := w.charger().Prepare(t.Context(), ports.ChargeOrder{OperationID: "o", PaymentMethod: bad, Amount: won(1), Currency: "KRW"})
		w.NotNil(refusal, bad)
		w.Equal(fault, refusal.Outcome, bad)
	}
	w.Zero(w.sim.Requests())
}

func TestNewCharger_refuses(t *testing.T) {
	t.Parallel()
	w := setup(t)
	card := func(context.Context, kona.Method) (kona.Card, error) { return kona.Card{}, nil }
	for name, config := range map[string]kona.ChargerConfig{
		"no merchant":            {Card: card},
		"the ASP id as merchant": {Card: card, MerchantID: w.sim.Project().ASPID},
		"no cards":               {MerchantID: "1"},
	} {
		_, err := kona.NewCharger(w.client, "main", config)
		require.ErrorIs(t, err, ports.ErrInvalid, name)
	}
	_, err := kona.NewCharger(nil, "main", kona.ChargerConfig{Card: card, MerchantID: "1"})
	w.ErrorIs(err, ports.ErrInvalid)
	_, err = kona.NewCharger(w.client, "", kona.ChargerConfig{Card: card, MerchantID: "1"})
	w.ErrorIs(err, ports.ErrInvalid)
}
