package tosstest

import (
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/adapters/providertest"
)

// request is a request under way.
type request struct {
	*http.Request
	body   []byte
	now    time.Time
	key    apiKey
	path   string   // from the version on
	params []string // what the path names
	trace  string
	second bool          // of version 2 of the API
	forget bool          // the answer is not kept
	busy   time.Duration // for how long the Idempotency-Key is in use
}

// decode reads the body.
func (r *request) decode(out any) bool { return json.Unmarshal(r.body, out) == nil }

var amountForm = regexp.MustCompile(`^\d{1,12}(\.\d{1,12})?([eE]\+?\d)?$`)

// won reads an amount: a JSON number, whole, not negative and below 10^12; blank: none.
func won(number providertest.Number) (amount decimal.Decimal, valid bool) {
	if number == "" {
		return decimal.Zero, true
	}
	if !amountForm.MatchString(number.String()) {
		return decimal.Zero, false
	}
	amount, err := decimal.NewFromString(number.String())
	return amount, err == nil && amount.IsInteger() && amount.LessThan(decimal.New(1, 12))
}

// chars reports whether a text has from least to most characters.
func chars(text string, least, most int) bool {
	n := utf8.RuneCountInString(text)
	return n >= least && n <= most
}

var (
	orderForm       = regexp.MustCompile(`^[A-Za-z0-9_=-]{1,64}$`)
	strictOrderForm = regexp.MustCompile(`^[A-Za-z0-9_-]{6,64}$`)
	customerForm    = regexp.MustCompile(`^[A-Za-z0-9_=.@-]{2,300}$`)
)

// validOrder checks an orderId: as it is documented when the simulator is strict.
func (s *Simulator) validOrder(orderID string) bool {
	if s.config.Strict {
		return strictOrderForm.MatchString(orderID)
	}
	return orderForm.MatchString(orderID)
}

// accept authorizes a request. The world is locked, as in all that answers. A refusal for
// the key is not kept under an Idempotency-Key: whether the provider keeps it is not known.
func (s *Simulator) accept(r *http.Request, body []byte, arrived time.Time) func(now time.Time) *result {
	key, refusal := s.authorize(r, arrived)
	return func(now time.Time) *result {
		asked := &request{Request: r, body: body, now: now, key: key, trace: s.hex(32)}
		target, found := asked.find()
		var answer *result
		switch {
		case refusal != "":
			answer = asked.refuse(refusal)
		case !found:
			answer = asked.refuse("NOT_FOUND")
		case target.individual && key.widget:
			answer = asked.refuse("NOT_SUPPORTED_WIDGET_KEY")
		case r.Method == http.MethodPost:
			answer = s.once(asked, target)
		default:
			answer = s.perform(asked, target)
		}
		return traced(answer, asked.trace)
	}
}

// traced gives an answer its trace id, unless it has one.
func traced(answer *result, trace string) *result {
	if answer.Header.Get(headerTrace) != "" {
		return answer
	}
	with := *answer
	if with.Header = answer.Header.Clone(); with.Header == nil {
		with.Header = http.Header{}
	}
	with.Header.Set(headerTrace, trace)
	return &with
}

// endpoint is what the provider does at a path.
type endpoint struct {
	method     string
	path       string // "*" stands for what the request names
	handle     func(s *Simulator, r *request) *result
	individual bool // takes no widget key
	testable   bool // honours the test header
	sealed     bool // takes a JWE only
}

var endpoints = []endpoint{
	{method: "POST", path: "v1/billing/authorizations/issue", handle: postIssue, individual: true},
	{method: "POST", path: "v1/billing/*", handle: postCharge, individual: true, testable: true},
	{method: "DELETE", path: "v1/billing/*", handle: deleteBilling, individual: true},
	{method: "POST", path: "v1/payments/confirm", handle: postConfirm, testable: true},
	{method: "POST", path: "v1/payments/*/cancel", handle: postCancel},
	{method: "GET", path: "v1/payments/*", handle: getPayment},
	{method: "GET", path: "v1/payments/orders/*", handle: getOrder},
	{method: "POST", path: "v1/virtual-accounts", handle: postAccount, individual: true},
	{method: "GET", path: "v1/transactions", handle: getTransactions},
	{method: "GET", path: "v1/settlements", handle: getSettlements},
	{method: "GET", path: "v2/balances", handle: getBalance, individual: true},
	{method: "POST", path: "v2/sellers", handle: postSeller, individual: true, sealed: true},
	{method: "POST", path: "v2/payouts", handle: postPayouts, individual: true, sealed: true},
	{method: "GET", path: "v2/payouts", handle: getPayouts, individual: true},
	{method: "GET", path: "v2/payouts/*", handle: getPayout, individual: true},
	{method: "POST", path: "v2/payouts/*/cancel", handle: postPayoutCancel, individual: true},
}

// find finds the endpoint of a request, whatever base its path follows. What the path names
// may be percent-encoded or not.
func (r *request) find() (endpoint, bool) {
	r.path = routed(r.URL.EscapedPath())
	r.second = strings.HasPrefix(r.path, "v2/")
	for _, candidate := range endpoints {
		if params, fits := match(candidate.path, r.path); fits && candidate.method == r.Method {
			r.params = params
			return candidate, true
		}
	}
	return endpoint{}, false
}

// routed is a path from the version on; blank: none.
func routed(path string) string {
	for i := range path {
		if rest := path[i:]; strings.HasPrefix(rest, "/v1/") || strings.HasPrefix(rest, "/v2/") {
			return rest[1:]
		}
	}
	return ""
}

// match compares a path with a pattern and returns what it has for each "*".
func match(pattern, path string) (params []string, fits bool) {
	wanted, segments := strings.Split(pattern, "/"), strings.Split(path, "/")
	if len(wanted) != len(segments) {
		return nil, false
	}
	for i, segment := range segments {
		if wanted[i] != "*" {
			if wanted[i] != segment {
				return nil, false
			}
			continue
		}
		param, err := url.PathUnescape(segment)
		if err != nil || param == "" {
			return nil, false
		}
		params = append(params, param)
	}
	return params, true
}
