package tosstest_test

import (
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/toss/tosstest"
)

// start is a Friday, 12:00 in Korea.
var start = time.Date(2026, 3, 13, 3, 0, 0, 0, time.UTC)

// bench is a simulator and a clock that stands still until a test moves it.
type bench struct {
	*tosstest.Simulator
	t     *testing.T
	clock *tosstest.Clock
	key   string // the API key of requests
}

func setup(t *testing.T, config tosstest.Config) *bench {
	t.Helper()
	clock := tosstest.NewClock(start)
	config.Clock, config.Seed = clock, 1
	sim := tosstest.New(config)
	return &bench{Simulator: sim, t: t, clock: clock, key: sim.Shop().SecretKey}
}

// answer is what a client has of an answer.
type answer struct {
	status int
	header http.Header
	raw    string
	fields map[string]any // of an object
	list   []any          // of an array
}

// code is the code of a refusal; blank: none.
func (a answer) code() string {
	fields := a.fields
	if inner, nested := fields["error"].(map[string]any); nested {
		fields = inner
	}
	code, _ := fields["code"].(string)
	return code
}

func basic(key string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(key+":"))
}

// try sends a request with headers, given as names and values, and returns its error.
func (b *bench) try(method, path, body string, headers ...string) (answer, error) {
	b.t.Helper()
	request, err := http.NewRequestWithContext(b.t.Context(), method, "http://sim"+path, strings.NewReader(body))
	require.NoError(b.t, err)
	request.Header.Set("Authorization", basic(b.key))
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := b.Transport().RoundTrip(request)
	if err != nil {
		return answer{}, err
	}
	defer func() { require.NoError(b.t, response.Body.Close()) }()
	data, err := io.ReadAll(response.Body)
	got := answer{status: response.StatusCode, header: response.Header, raw: string(data)}
	decoder := json.NewDecoder(strings.NewReader(got.raw))
	decoder.UseNumber()
	var whole any
	if decoder.Decode(&whole) == nil {
		got.fields, _ = whole.(map[string]any)
		got.list, _ = whole.([]any)
	}
	return got, err
}

// ask sends a request that is answered.
func (b *bench) ask(method, path, body string, headers ...string) answer {
	b.t.Helper()
	got, err := b.try(method, path, body, headers...)
	require.NoError(b.t, err)
	return got
}

func (b *bench) post(path, body string, headers ...string) answer {
	b.t.Helper()
	return b.ask(http.MethodPost, path, body, headers...)
}

func (b *bench) get(path string) answer {
	b.t.Helper()
	return b.ask(http.MethodGet, path, "")
}

// refused requires a refusal.
func (b *bench) refused(status int, code string, got answer) {
	b.t.Helper()
	require.Equal(b.t, code, got.code(), got.raw)
	require.Equal(b.t, status, got.status)
}

// passed requires success.
func (b *bench) passed(got answer) answer {
	b.t.Helper()
	require.Equal(b.t, http.StatusOK, got.status, got.raw)
	return got
}

// object is a JSON object as a test writes it.
type object = map[string]any

// with is an object with other fields; a nil value removes a field.
func with(fields object, changes object) string {
	all := object{}
	for name, value := range fields {
		all[name] = value
	}
	for name, value := range changes {
		if all[name] = value; value == nil {
			delete(all, name)
		}
	}
	data, err := json.Marshal(all)
	if err != nil {
		panic(err)
	}
	return string(data)
}

func won(n int64) decimal.Decimal { return decimal.NewFromInt(n) }

func requireWon(t *testing.T, wanted int64, got decimal.Decimal) {
	t.Helper()
	require.True(t, won(wanted).Equal(got), "wanted %d, got %s", wanted, got)
}

// charge charges a card and returns the answer.
func (b *bench) charge(card *tosstest.Card, orderID string, amount int64, headers ...string) answer {
	b.t.Helper()
	return b.post("/v1/billing/"+url.PathEscape(card.BillingKey()), with(object{
		"amount": amount, "customerKey": card.CustomerKey(), "orderId": orderID, "orderName": "지갑 충전",
	}, nil), headers...)
}

// authenticated opens a window in which the customer authenticates, and returns the
// paymentKey.
func (b *bench) authenticated(orderID string, amount int64, method tosstest.Method) string {
	b.t.Helper()
	key := b.OpenWindow(orderID, won(amount), method)
	require.NotEmpty(b.t, b.Authenticate(key))
	return key
}

func (b *bench) confirm(key, orderID string, amount int64, headers ...string) answer {
	b.t.Helper()
	return b.post("/v1/payments/confirm", with(object{"paymentKey": key, "orderId": orderID, "amount": amount}, nil), headers...)
}

// cancel cancels an amount of a payment with further fields.
func (b *bench) cancel(key string, amount int64, more object, headers ...string) answer {
	b.t.Helper()
	return b.post("/v1/payments/"+key+"/cancel", with(object{"cancelReason": "reason", "cancelAmount": amount}, more), headers...)
}
