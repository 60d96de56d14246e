package kona_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/kona"
	"github.com/jigap/jigap/ports"
)

func fuzzCharger(t *testing.T, status int, body string) *kona.Charger {
	t.Helper()
	w := &world{Assertions: require.New(t), t: t}
	w.client = newClient(t, &canned{answer: func(r *http.Request, _ []byte) (int, http.Header, string) {
		if strings.HasSuffix(r.URL.Path, tokenPath) {
			return 200, nil, tokenAnswer()
		}
		return status, nil, body
	}}, fixed())
	charger, err := kona.NewCharger(w.client, "main", kona.ChargerConfig{MerchantID: testMerchant, Card: oneCard})
	require.NoError(t, err)
	return charger
}

func fuzzOrder() ports.ChargeOrder {
	return ports.ChargeOrder{OperationID: "o", PaymentMethod: "7/PAR", Amount: won(10_000), Currency: "KRW", RequestedAt: instant, SentAt: instant, Transmissions: 1}
}

// refusals are the documented codes that settle a charge.
var refusals = map[string]ports.Outcome{
	"000_002": fault, "000_003": fault, "007_001": declined, "007_002": declined, "007_004": declined,
	"007_005": notSent, "007_006": notSent, "007_007": fault,
}

// codeIn reads the code of an answer in another way than the adapter does.
func codeIn(body string) (code string, object map[string]any) {
	if json.Unmarshal([]byte(body), &object) != nil {
		return "", nil
	}
	response, _ := object["response"].(map[string]any)
	code, _ = response["code"].(string)
	return code, object
}

// FuzzAnswersToACharge feeds any answer to a charge. Nothing may be called done without
// proof, nor settled by anything but a documented refusal.
func FuzzAnswersToACharge(f *testing.F) {
	for _, body := range []string{
		`{"nrNumber":"KMN1","isPending":false,` + success + `}`, `{"nrNumber":"KMN1","isPending":true,` + success + `}`,
		`{"response":{"code":"007_004","description":"x"}}`, `{"response":{"code":"007_008"}}`, `{"response":{"code":"007_777"}}`,
		`{"encData":"a.b.c.d.e"}`, `{"encData":5}`, `{}`, `[]`, `null`, ``, "\xff", `{"response":[]}`, `{"response":{"code":1}}`, `{"isPending":"false"}`,
	} {
		for _, status := range []int{200, 201, 302, 400, 401, 404, 429, 500} {
			f.Add(status, body)
		}
	}
	f.Fuzz(func(t *testing.T, status int, body string) {
		if status < 200 || status > 599 {
			return
		}
		answer := fuzzCharger(t, status, body).Charge(t.Context(), fuzzOrder())
		code, object := codeIn(body)
		switch answer.Outcome {
		case approved, pending:
			require.Equal(t, 200, status)
			require.Equal(t, "000_000", code)
			require.Equal(t, answer.Outcome == pending, object["isPending"])
		case unknown:
			require.Positive(t, answer.InquireAfter)
		case declined, notSent, fault:
			require.Equal(t, 400, status)
			require.Equal(t, refusals[code], answer.Outcome, code)
		}
		require.NoError(t, ports.CheckReference("ProviderRef", answer.ProviderRef))
		require.NoError(t, ports.CheckText("Message", answer.Message, 1000))
	})
}

// FuzzAnswersToAnInquiry feeds any answer to a question. Only the two results that are
// known settle anything.
func FuzzAnswersToAnInquiry(f *testing.F) {
	for _, body := range []string{
		`{"result":"COMPLETED","nrNumber":"K",` + success + `}`, `{"result":"FAILED",` + success + `}`, `{"result":"PENDING",` + success + `}`,
		`{"result":"completed",` + success + `}`, `{"RESULT":"FAILED",` + success + `}`, `{"result":null,` + success + `}`, `{"response":{"code":"007_904"}}`, `{}`, ``,
	} {
		for _, status := range []int{200, 400, 404} {
			f.Add(status, body)
		}
	}
	f.Fuzz(func(t *testing.T, status int, body string) {
		if status < 200 || status >= 500 || status == 200 && !json.Valid([]byte(body)) {
			return // what is repeated takes a while
		}
		code, object := codeIn(body)
		if status == 200 && code == "" {
			return
		}
		answer := fuzzCharger(t, status, body).Inquire(t.Context(), fuzzOrder())
		switch answer.Outcome {
		case approved, declined, pending:
			want := map[ports.Outcome]string{approved: "COMPLETED", declined: "FAILED", pending: "PENDING"}
			require.Equal(t, 200, status)
			require.Equal(t, "000_000", code)
			require.Equal(t, want[answer.Outcome], object["result"])
		case unknown:
		case notSent, fault:
			require.Fail(t, "settled by a question", answer)
		}
		require.NoError(t, ports.CheckReference("ProviderRef", answer.ProviderRef))
	})
}

// FuzzEncryptedAnswers feeds any compact JWE, and any plain text in a sound one.
func FuzzEncryptedAnswers(f *testing.F) {
	good := `{"nrNumber":"KMN1","isPending":false,` + success + `}`
	f.Add("eyJhbGciOiJSU0EtT0FFUC0yNTYiLCJlbmMiOiJBMTI4R0NNIn0.a.b.c.d", good)
	f.Add("eyJhbGciOiJub25lIn0..", `{"encData":"x"}`)
	f.Add("", "")
	f.Fuzz(func(t *testing.T, compact, plain string) {
		body, err := json.Marshal(map[string]string{"encData": compact})
		require.NoError(t, err)
		answer := fuzzCharger(t, 200, string(body)).Charge(t.Context(), fuzzOrder())
		require.Equal(t, unknown, answer.Outcome, "it is not encrypted for our key")
		_, key, _ := testKeys()
		sealed := sealFor(t, &key.Client.PublicKey, jose.RSA_OAEP_256, jose.A256GCM, plain)
		inside := fuzzCharger(t, 200, sealed).Charge(t.Context(), fuzzOrder())
		if outside := fuzzCharger(t, 200, plain).Charge(t.Context(), fuzzOrder()); outside.Outcome != inside.Outcome {
			require.True(t, bytes.Contains([]byte(plain), []byte("encData")), "%q: %s, encrypted %s", plain, outside.Outcome, inside.Outcome)
		}
	})
}

// FuzzLists feeds any answer to the questions that return lists.
func FuzzLists(f *testing.F) {
	f.Add(`{"rows":[{"nrNumber":"K1","trAmount":30000,"state":"ACTIVE","amount":"1e5"}],` + success + `}`)
	f.Add(`{"parInfoList":[{"par":"P"}],` + success + `}`)
	f.Add(`{"rows":[{"nrNumber":5,"trAmount":1e999999999}],` + success + `}`)
	f.Fuzz(func(t *testing.T, body string) {
		if code, _ := codeIn(body); code == "" {
			return
		}
		client := newClient(t, answering(200, strings.ToValidUTF8(body, "")), fixed())
		rows, err := client.History(t.Context(), kona.HistoryFilter{PAR: "P"})
		if err != nil {
			require.Empty(t, rows)
		}
		for _, row := range rows {
			require.NoError(t, ports.CheckID("Number", row.Number))
			require.True(t, ports.WithinLimit(row.Amount.Decimal))
		}
		if plans, err := client.AutoPlans(t.Context(), 7); err != nil {
			require.Empty(t, plans)
		}
	})
}

func FuzzParseMethod(f *testing.F) {
	f.Add("7/PAR")
	f.Add("09/x")
	f.Fuzz(func(t *testing.T, text string) {
		if method, err := kona.ParseMethod(text); err == nil {
			require.Equal(t, text, method.String())
			require.NoError(t, ports.CheckID("PaymentMethod", text))
		}
	})
}
