package toss_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/toss"
	"github.com/jigap/jigap/adapters/toss/tosstest"
	"github.com/jigap/jigap/ports"
)

// item is a payout as a provider shows it that knows one order.
func item(status, change string) string {
	text := `{"id":"FPA_1","refPayoutId":"jgp-op-1","destination":"s","amount":{"currency":"KRW","value":20000},"status":"` + status + `","error":null}`
	if from, to, changes := strings.Cut(change, " > "); changes {
		text = strings.Replace(text, from, to, 1)
	}
	return text
}

// stubbed is an order to a provider whose every answer is the same.
func stubbed(t *testing.T, answer string) (*toss.Disburser, ports.PayoutOrder) {
	t.Helper()
	w := setupPayouts(t, tosstest.Config{})
	w.seller, w.sellers = "s", nil
	d := w.at(serve(t, func(*http.Request) string { return answer }))
	order := w.newPayout()
	order.OperationID = "op-1"
	evidence, refusal := d.Prepare(t.Context(), order)
	w.Nil(refusal)
	order.Evidence, order.SentAt, order.Transmissions = evidence, w.clock.Now(), 1
	return d, order
}

// The first answer about a payout ends no order, and is believed only if it is about the one payout
// that was asked for.
func TestDisburser_Disburse_answers(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		items  string
		want   ports.Outcome
		likely ports.Outcome
		alarm  bool
	}{
		"REQUESTED":           {item("REQUESTED", ""), pending, unknown, false},
		"IN_PROGRESS":         {item("IN_PROGRESS", ""), pending, unknown, false},
		"COMPLETED":           {item("COMPLETED", ""), unknown, approved, false},
		"FAILED":              {item("FAILED", ""), unknown, declined, false},
		"CANCELED":            {item("CANCELED", ""), unknown, declined, false},
		"REJECTED":            {item("REJECTED", ""), unknown, unknown, false},
		"an exponent":         {item("REQUESTED", `20000 > 2.0e4`), pending, unknown, false},
		"another amount":      {item("REQUESTED", `20000 > 20001`), unknown, unknown, true},
		"an amount as text":   {item("REQUESTED", `20000 > "20000"`), unknown, unknown, true},
		"no amount":           {item("REQUESTED", `20000 > null`), unknown, unknown, true},
		"another currency":    {item("REQUESTED", `KRW > USD`), unknown, unknown, true},
		"another refPayoutId": {item("REQUESTED", `jgp-op-1 > jgp-op-2`), unknown, unknown, true},
		"another seller":      {item("REQUESTED", `"s" > "t"`), unknown, unknown, true},
		"no id":               {item("REQUESTED", `FPA_1 > `), unknown, unknown, true},
		"no status":           {item("", ""), unknown, unknown, true},
		"two items":           {item("REQUESTED", "") + "," + item("REQUESTED", ""), unknown, unknown, true},
		"no item":             {"", unknown, unknown, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, order := stubbed(t, list(tc.items, `"hasNext":false`))
			answer := d.Disburse(t.Context(), order)
			require.Equal(t, tc.want, answer.Outcome, "%+v", answer)
			require.Equal(t, tc.likely, answer.Likely)
			require.Equal(t, tc.alarm, answer.Alarm != "", answer.Alarm)
			require.Equal(t, tc.alarm, answer.ProviderRef == "", "the id of a payout that is not ours is not kept")
		})
	}
}

// A question by the provider's id is believed only if the answer is about the order.
func TestDisburser_Inquire_answers(t *testing.T) {
	t.Parallel()
	single := func(item string) string { return `{"entityType":"payout","entityBody":` + item + `}` }
	for name, tc := range map[string]struct {
		answer string
		want   ports.Outcome
		review bool
	}{
		"REQUESTED":           {single(item("REQUESTED", "")), pending, false},
		"COMPLETED":           {single(item("COMPLETED", "")), approved, false},
		"FAILED":              {single(item("FAILED", "")), declined, false},
		"CANCELED":            {single(item("CANCELED", "")), declined, false},
		"REJECTED":            {single(item("REJECTED", "")), pending, false},
		"another amount":      {single(item("COMPLETED", `20000 > 20001`)), pending, true},
		"another currency":    {single(item("COMPLETED", `KRW > USD`)), pending, true},
		"another refPayoutId": {single(item("COMPLETED", `jgp-op-1 > jgp-op-2`)), pending, true},
		"another seller":      {single(item("COMPLETED", `"s" > "t"`)), pending, true},
		"another id":          {single(item("COMPLETED", `FPA_1 > FPA_2`)), pending, false},
		"another entity":      {`{"entityType":"seller","entityBody":` + item("COMPLETED", "") + `}`, pending, false},
		"a list":              {list(item("COMPLETED", ""), `"hasNext":false`), pending, false},
		"no JSON":             {"<html>", pending, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, order := stubbed(t, tc.answer)
			order.Last = ports.PayoutAnswer{Answer: ports.Answer{Outcome: pending, ProviderRef: "FPA_1"}, Status: "REQUESTED"}
			answer := d.Inquire(t.Context(), order)
			require.Equal(t, tc.want, answer.Outcome, "%+v", answer)
			require.Equal(t, tc.review, answer.Review != "", answer.Review)
			require.Equal(t, "FPA_1", answer.ProviderRef)
		})
	}
}

// A question that failed tells nothing, whatever was known before.
func TestDisburser_Inquire_failed(t *testing.T) {
	t.Parallel()
	w := setupPayouts(t, tosstest.Config{})
	d := w.disburser()
	order := w.lostPayout(d)
	for _, broken := range []tosstest.Fault{{Status: 401, Code: "UNAUTHORIZED_KEY"}, {Status: 404, Code: "NOT_FOUND"}} {
		for _, last := range []ports.PayoutAnswer{
			{}, {Answer: ports.Answer{Outcome: pending, ProviderRef: "FPA_1"}}, {Answer: ports.Answer{Likely: declined, Code: "X", Permanent: true}},
		} {
			broken.Method, broken.Kind = http.MethodGet, tosstest.StatusBefore
			w.sim.Inject(broken)
			w.clock.Advance(time.Hour)
			order.Last = last
			answer := d.Inquire(t.Context(), order)
			w.NotEmpty(answer.Alarm)
			answer.Alarm, answer.InquireAfter = "", 0
			w.Equal(last, answer)
		}
	}
}

// The host's error is not shown, and an order whose seller could not be looked up was not sent.
func TestDisburser_Prepare_lookup(t *testing.T) {
	t.Parallel()
	w := setupPayouts(t, tosstest.Config{})
	d := w.disburserWith(toss.PayoutConfig{SecurityKey: w.securityKey(), Seller: func(context.Context, ports.PayoutOrder) (string, error) {
		return "", fmt.Errorf("select %s: %w", sellerNumber, errors.ErrUnsupported)
	}})
	_, refusal := d.Prepare(t.Context(), w.newPayout())
	w.NotNil(refusal)
	w.Equal(notSent, refusal.Outcome)
	w.NotContains(refusal.Message, sellerNumber)
	d = w.disburserWith(toss.PayoutConfig{SecurityKey: w.securityKey(), Seller: func(context.Context, ports.PayoutOrder) (string, error) { return "", nil }})
	_, refusal = d.Prepare(t.Context(), w.newPayout())
	w.NotNil(refusal)
	w.Equal(fault, refusal.Outcome)
}

func TestPayoutClient_Balances_answers(t *testing.T) {
	t.Parallel()
	for body, good := range map[string]bool{
		`{"pendingAmount":{"currency":"KRW","value":1},"availableAmount":{"currency":"KRW","value":2}}`: true,
		`{"pendingAmount":{"currency":"USD","value":1},"availableAmount":{"currency":"KRW","value":2}}`: false,
		`{"availableAmount":{"currency":"KRW","value":2}}`:                                              false,
		`null`: false,
	} {
		w := setupPayouts(t, tosstest.Config{})
		w.at(serve(t, func(*http.Request) string { return `{"entityType":"balance","entityBody":` + body + `}` }))
		_, err := w.payouts().Balances(t.Context())
		require.Equal(t, good, err == nil, body)
	}
}
