package solapi_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptrace"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/solapi"
	"github.com/jigap/jigap/adapters/solapi/solapitest"
	"github.com/jigap/jigap/ports"
)

// canned answers every request with one status and body.
type canned struct {
	status   int
	body     string
	answered func() // after each answer
}

func (c canned) RoundTrip(request *http.Request) (*http.Response, error) {
	if trace := httptrace.ContextClientTrace(request.Context()); trace != nil && trace.GotConn != nil {
		trace.GotConn(httptrace.GotConnInfo{})
	}
	if c.answered != nil {
		defer c.answered()
	}
	return &http.Response{
		StatusCode: c.status, Header: http.Header{"Date": {"Fri, 13 Mar 2026 12:00:00 GMT"}},
		Body: io.NopCloser(strings.NewReader(c.body)), Request: request,
	}, nil
}

const cannedKey, cannedSecret = "NCSTESTKEY000002", "0123456789abcdef0123456789ABCDEF"

func cannedClient(t *testing.T, transport canned) *solapi.Client {
	t.Helper()
	client, err := solapi.New(solapi.NewCredentials(cannedKey, cannedSecret), solapi.Config{
		HTTPClient: &http.Client{Transport: transport}, Clock: solapitest.NewClock(start),
	})
	require.NoError(t, err)
	return client
}

const preparedEvidence = `{"serverTime":"2026-03-13T12:00:00Z","hostTime":"2026-03-13T12:00:00Z","anchor":"","anchorBalance":0}`

// FuzzAnswersToOrders feeds any answer to an order. Nothing may be called done
// without proof, nor settled by anything but a plain refusal.
func FuzzAnswersToOrders(f *testing.F) {
	for _, body := range []string{
		`{"accountId":"1","oldBalance":10130,"newBalance":20130,"balanceAmount":10000,"historyId":"5db728d7aa83954519463ab8","type":"RECHARGE"}`,
		`{"withdrawId":"157","amount":9000,"fee":1000,"totalAmount":"10000","status":"PENDING","transactionDate":null}`,
		`{"errorCode":"InvalidPaymentId","errorMessage":"x"}`, `{"errorCode":"Forbidden"}`, `{}`, `[]`, `null`, `"Success"`, ``, `{"status":"SUCCESS"}`,
		`{"oldBalance":"0e9999","newBalance":1e17,"balanceAmount":1e4,"historyId":" "}`, `{"errorCode":5}`, "\xff", `{"oldBalance":{}}`,
	} {
		for _, status := range []int{200, 201, 302, 400, 402, 403, 404, 429, 500} {
			f.Add(status, body)
		}
	}
	f.Fuzz(func(t *testing.T, status int, body string) {
		if status < 200 || status > 599 {
			return
		}
		client := cannedClient(t, canned{status: status, body: body})
		charger, err := solapi.NewCharger(client, "main")
		require.NoError(t, err)
		charged := charger.Charge(t.Context(), ports.ChargeOrder{PaymentMethod: "card", Amount: won(10_000), Currency: "KRW", Evidence: []byte(preparedEvidence)})
		sane(t, status, charged.Outcome, charged)
		disburser, err := solapi.NewDisburser(client, "main", solapi.DisburserConfig{})
		require.NoError(t, err)
		paid := disburser.Disburse(t.Context(), ports.PayoutOrder{Total: won(10_000), Currency: "KRW", Evidence: []byte(preparedEvidence)})
		sane(t, status, paid.Outcome, paid)
	})
}

func sane(t *testing.T, status int, outcome ports.Outcome, answer any) {
	t.Helper()
	switch outcome {
	case ports.OutcomeApproved, ports.OutcomePending:
		require.Equal(t, http.StatusOK, status)
	case ports.OutcomeDeclined, ports.OutcomeFault, ports.OutcomeNotSent:
		require.True(t, status >= 400 && status < 500, "status %d settles nothing", status)
	case ports.OutcomeUnknown:
	}
	data, err := json.Marshal(answer)
	require.NoError(t, err)
	require.NotContains(t, string(data), cannedSecret)
	require.NotContains(t, string(data), cannedKey)
}

// FuzzAnswersToQuestions feeds any answer to every question and every setting.
func FuzzAnswersToQuestions(f *testing.F) {
	for _, body := range []string{
		`{"accountId":"1","balance":10130,"point":0,"autoRecharge":1,"lowBalanceAlert":{"notificationBalance":"0","currentBalance":null,"balances":[200],"channels":["SMS"],"enabled":true}}`,
		`[{"historyId":"1","balanceAmount":"10000","oldBalance":0,"newBalance":10000,"dateCreated":"2019-10-28T17:43:54.390Z","memo":null}]`,
		`{"data":[{"withdrawId":"1","totalAmount":1}],"nextKey":null}`, `{"data":[],"nextKey":"1"}`,
		`{"payments":[{"_id":"1","autoRecharge":true}]}`, `{"bankCode":1}`, `{}`, `[]`, `null`, `"Success"`, `{"autoRecharge":false}`, `{"success":true}`,
		`[{},{}]`, `{"balance":1e999,"point":0}`,
	} {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body string) {
		var (
			balance solapi.Balance
			rows    []solapi.HistoryRow
			payment solapi.PaymentMethod
			alert   solapi.Alert
			taken   solapi.Withdrawal
		)
		for _, out := range []any{&balance, &rows, &payment, &alert, &taken} {
			if json.Unmarshal([]byte(body), out) == nil {
				_, err := json.Marshal(out)
				require.NoError(t, err)
			}
		}
		for _, row := range rows {
			if row.Consistent() {
				require.True(t, row.OldBalance.Decimal.Add(row.BalanceAmount.Decimal).Equal(row.NewBalance.Decimal))
			}
		}
		ctx, cancel := context.WithCancel(t.Context()) // one answer, and no second attempt
		defer cancel()
		charger, err := solapi.NewCharger(cannedClient(t, canned{status: 200, body: body, answered: cancel}), "main")
		require.NoError(t, err)
		answer := charger.Inquire(ctx, ports.ChargeOrder{PaymentMethod: "card", Amount: won(10_000), Currency: "KRW", Evidence: []byte(preparedEvidence)})
		require.Equal(t, ports.OutcomeUnknown, answer.Outcome, "one body is no balance and no history at once")
	})
}

// FuzzAmounts feeds any text to the small decoders.
func FuzzAmounts(f *testing.F) {
	for _, text := range []string{`1`, `"1"`, `1e5`, `-0.5`, `null`, `true`, `"2019-10-28T17:43:54.390Z"`, `1e999999999`, `"0e-99999"`, `{}`, `""`} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var amount solapi.Amount
		if json.Unmarshal([]byte(text), &amount) == nil && amount.Valid {
			require.True(t, ports.WithinLimit(amount.Decimal))
			require.Less(t, len(amount.Decimal.String()), 64)
			data, err := json.Marshal(amount)
			require.NoError(t, err)
			var back solapi.Amount
			require.NoError(t, json.Unmarshal(data, &back))
			require.True(t, back.Is(amount.Decimal))
		}
		var (
			count solapi.Count
			flag  solapi.Flag
			at    solapi.Timestamp
		)
		flagged := json.Unmarshal([]byte(text), &flag) == nil
		if json.Unmarshal([]byte(text), &count) == nil {
			require.True(t, flagged)
			require.Equal(t, count != 0, bool(flag))
		}
		_ = json.Unmarshal([]byte(text), &at)
	})
}

// FuzzEvidence feeds any evidence to an inquiry and to an order.
func FuzzEvidence(f *testing.F) {
	for _, text := range []string{
		preparedEvidence, `{}`, `null`, ``, `{"serverTime":"2026-03-13T12:00:00Z"}`, `{"serverTime":5}`,
		`{"serverTime":"9999-12-31T23:59:59Z","hostTime":"0001-01-01T00:00:01Z","knownRows":null,"anchor":"x"}`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, evidence []byte) {
		order := ports.ChargeOrder{PaymentMethod: "card", Amount: won(10_000), Currency: "KRW", Evidence: evidence}
		charger, err := solapi.NewCharger(cannedClient(t, canned{status: 403, body: `{"errorCode":"Forbidden"}`}), "main")
		require.NoError(t, err)
		require.Equal(t, ports.OutcomeUnknown, charger.Inquire(t.Context(), order).Outcome)
		sent := charger.Charge(t.Context(), order)
		if solapi.CheckEvidence(evidence) != nil {
			require.Equal(t, ports.OutcomeFault, sent.Outcome)
		}
	})
}
