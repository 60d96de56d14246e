package kona_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/jigap/jigap/adapters/kona"
	"github.com/jigap/jigap/adapters/kona/konatest"
)

// tampered changes a request after it was signed.
type tampered struct {
	http.RoundTripper
	change func(r *http.Request)
}

func (t tampered) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	t.change(r)
	return t.RoundTripper.RoundTrip(r)
}

func (w *world) codeOf(err error) (int, string) {
	w.t.Helper()
	var failed *kona.Error
	w.ErrorAs(err, &failed)
	return failed.Status, failed.Code
}

// The simulator believes nothing but the bytes and headers that it can check.
func TestSimulator_checks_requests(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		status int
		change func(r *http.Request)
	}{
		"a changed body": {401, func(r *http.Request) {
			data, _ := io.ReadAll(r.Body)
			r.Body = io.NopCloser(strings.NewReader(string(data) + " "))
		}},
		"another access key":     {401, func(r *http.Request) { r.Header.Set("X-KM-Access-Key", "x") }},
		"another ASP":            {401, func(r *http.Request) { r.Header.Set("X-KM-User-AspId", "x") }},
		"a token cut to 65":      {401, func(r *http.Request) { r.Header.Set("X-KM-Tran-Token", r.Header.Get("X-KM-Tran-Token")[:65]) }},
		"no token":               {401, func(r *http.Request) { r.Header.Del("X-KM-Tran-Token") }},
		"a time of 17 digits":    {401, func(r *http.Request) { r.Header.Set("X-KM-Tran-Time", "20260313120000000") }},
		"no zone":                {401, func(r *http.Request) { r.Header.Del("X-KM-Time-Zone") }},
		"a correlation id of 23": {500, func(r *http.Request) { r.Header.Set("X-KM-Correlation-Id", "260313120000000-abcdef0") }},
		"a correlation id of 19": {401, func(r *http.Request) { r.Header.Set("X-KM-Correlation-Id", "260313120000-abcdef") }},
		"the plural path":        {404, func(r *http.Request) { r.URL.Path = strings.Replace(r.URL.Path, "bank-account/", "bank-accounts/", 1) }},
		"a GET":                  {405, func(r *http.Request) { r.Method = http.MethodGet }},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			client := w.newClient("https://kona.test", tampered{w.sim.Transport(), tc.change}, w.clock)
			_, err := client.InquireResult(t.Context(), "seq")
			got, _ := w.codeOf(err)
			w.Equal(tc.status, got)
		})
	}
}

func (w *world) token() kona.OneTimeToken {
	w.t.Helper()
	number, expiry := w.member.Card()
	token, err := w.client.IssueToken(w.t.Context(), kona.Card{Number: number, Expiry: expiry})
	w.NoError(err)
	return token
}

func (w *world) request(sequence string, token kona.OneTimeToken) kona.ChargeRequest {
	return kona.ChargeRequest{
		SequenceID: sequence, UserID: w.method().UserID, Amount: won(30_000), Token: token, MerchantID: w.sim.Project().MerchantID,
	}
}

// The codes of the simulator, by what brings them about and not by a fault.
func TestSimulator_reasons(t *testing.T) {
	t.Parallel()
	cases := []struct {
		code    string
		prepare func(w *world, r *kona.ChargeRequest)
	}{
		{"007_001", func(w *world, r *kona.ChargeRequest) {
			w.member = w.sim.NewMember(konatest.MemberConfig{NoAccount: true})
			*r = w.request("seq", w.token())
		}},
		{"007_002", func(w *world, _ *kona.ChargeRequest) { w.member.Next(konatest.Scenario{Code: "007_002"}) }},
		{"007_003", func(_ *world, r *kona.ChargeRequest) { r.Amount = won(2_000_001) }},
		{"007_004", func(_ *world, r *kona.ChargeRequest) { r.Amount = won(1_000_001) }},
		{"007_005", func(w *world, r *kona.ChargeRequest) {
			w.member.Next(konatest.Scenario{Pending: true})
			charged, err := w.client.Charge(w.t.Context(), w.request("first", w.token()))
			w.NoError(err)
			w.True(charged.Pending)
			*r = w.request("seq", w.token())
		}},
		{"007_006", func(w *world, _ *kona.ChargeRequest) { w.member.SetAutoCharging(true) }},
		{"007_008", func(w *world, r *kona.ChargeRequest) {
			_, err := w.client.Charge(w.t.Context(), *r)
			w.NoError(err)
			r.Token = w.token()
		}},
		{konatest.CodeMerchant, func(_ *world, r *kona.ChargeRequest) { r.MerchantID = "1" }},
		{konatest.CodeToken, func(w *world, r *kona.ChargeRequest) { // used before
			_, err := w.client.Charge(w.t.Context(), *r)
			w.NoError(err)
			r.SequenceID = "other"
		}},
		{konatest.CodeToken, func(w *world, r *kona.ChargeRequest) { // expired on its way
			w.sim.OnRequest(func(*http.Request) { w.clock.Advance(31 * time.Second) })
		}},
	}
	for _, tc := range cases {
		t.Run(tc.code, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			r := w.request("seq", w.token())
			tc.prepare(w, &r)
			_, err := w.client.Charge(t.Context(), r)
			_, code := w.codeOf(err)
			w.Equal(tc.code, code)
		})
	}
}

// A pending charge ends at one of the provider's looks, on the day of the request or
// never by itself.
func TestSimulator_looks_every_five_minutes(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name  string
		begin time.Time
		ends  konatest.Scenario
		wait  time.Duration
		want  kona.Result
	}{
		{"before the look", start, konatest.Scenario{Pending: true, After: time.Minute}, 4 * time.Minute, kona.ResultPending},
		{"at the look", start, konatest.Scenario{Pending: true, After: time.Minute}, 5 * time.Minute, kona.ResultCompleted},
		{"refused at the look", start, konatest.Scenario{Pending: true, After: time.Minute, Fail: true}, 5 * time.Minute, kona.ResultFailed},
		{"never", start, konatest.Scenario{Pending: true}, 48 * time.Hour, kona.ResultPending},
		{"at 23:58 the day is over too soon", time.Date(2026, 3, 13, 14, 58, 0, 0, time.UTC), konatest.Scenario{Pending: true, After: time.Minute}, 48 * time.Hour, kona.ResultPending},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			w.clock.Set(tc.begin)
			w.member.Next(tc.ends)
			_, err := w.client.Charge(t.Context(), w.request("seq", w.token()))
			w.NoError(err)
			w.clock.Advance(tc.wait)
			found, err := w.client.InquireResult(t.Context(), "seq")
			w.NoError(err)
			w.Equal(tc.want, found.Result)
			executed := int64(0)
			if tc.want == kona.ResultCompleted {
				executed = 30_000
			}
			books := w.sim.Books()
			w.True(books.Balance[w.member.UserID()].Equal(won(executed)))
			w.True(books.Bank[w.member.UserID()].Equal(won(1_000_000 - executed)))
		})
	}
}

// Faults happen before or after the effect, as their names say.
func TestSimulator_faults(t *testing.T) {
	t.Parallel()
	cases := []struct {
		fault konatest.Fault
		done  int
	}{
		{konatest.Fault{Kind: konatest.Refused}, 0},
		{konatest.Fault{Kind: konatest.CloseBefore}, 0},
		{konatest.Fault{Kind: konatest.CloseAfter}, 1},
		{konatest.Fault{Kind: konatest.StatusBefore, Status: 503}, 0},
		{konatest.Fault{Kind: konatest.StatusAfter, Status: 400, Code: "007_004"}, 1},
		{konatest.Fault{Kind: konatest.Truncate}, 1},
		{konatest.Fault{Kind: konatest.Garbage}, 1},
		{konatest.Fault{Kind: konatest.EmptyObject}, 1},
		{konatest.Fault{Kind: konatest.NullID}, 1},
		{konatest.Fault{Kind: konatest.NoPending}, 1},
		{konatest.Fault{Kind: konatest.TextPending}, 1},
		{konatest.Fault{Kind: konatest.Foreign}, 1},
		{konatest.Fault{Kind: konatest.BadSeal}, 1},
		{konatest.Fault{Kind: konatest.Huge}, 1},
		{konatest.Fault{Kind: konatest.Raw, Status: 200, Body: "null"}, 1},
		{konatest.Fault{Kind: konatest.Late, Delay: time.Minute}, 0},
	}
	for _, tc := range cases {
		w := setup(t)
		tc.fault.Path = chargePath
		w.sim.Inject(tc.fault)
		_, err := w.client.Charge(t.Context(), w.request("seq", w.token()))
		w.Error(err, "%+v", tc.fault)
		w.Equal(tc.done, w.done(), "%+v", tc.fault)
		if tc.fault.Kind == konatest.Late {
			w.clock.Advance(time.Minute)
			w.Equal(1, w.done())
		}
		_, err = w.client.InquireResult(t.Context(), "seq")
		w.Equal(tc.done == 1 || tc.fault.Kind == konatest.Late, err == nil, "%+v", tc.fault)
	}
}

func TestSimulator_history_and_account(t *testing.T) {
	t.Parallel()
	w := setup(t)
	charged, err := w.client.Charge(t.Context(), w.request("seq", w.token()))
	w.NoError(err)
	rows, err := w.client.History(t.Context(), kona.HistoryFilter{UserID: w.method().UserID, PAR: w.member.PAR(), From: start, To: start})
	w.NoError(err)
	w.Len(rows, 1)
	w.Equal(charged.Number, rows[0].Number)
	w.Equal(start, rows[0].At)
	rows, err = w.client.History(t.Context(), kona.HistoryFilter{PAR: w.member.PAR(), From: start.AddDate(0, 0, 1), To: start.AddDate(0, 0, 1)})
	w.NoError(err)
	w.Empty(rows)
	account, err := w.client.RegisteredAccount(t.Context(), w.method().UserID)
	w.NoError(err)
	w.True(account.Registered)
	w.member.SetPlan("ACTIVE")
	w.member.SetAtPayment(true)
	plans, err := w.client.AutoPlans(t.Context(), w.method().UserID)
	w.NoError(err)
	w.Len(plans, 2)
	_, err = w.client.RegisteredAccount(t.Context(), 1)
	_, code := w.codeOf(err)
	w.Equal("000_002", code)
}

// An encrypted answer names its key, those of [konatest.Config.SealAnswers] too; every
// answer, broken or not, carries the correlation id of its request.
func TestSimulator_names_key_and_request(t *testing.T) {
	t.Parallel()
	for _, sealed := range []bool{false, true} {
		for _, fault := range []konatest.Fault{{}, {Kind: konatest.StatusBefore, Status: 400, Code: "000_002"}, {Kind: konatest.Garbage}} {
			w := setup(t)
			sim := konatest.New(konatest.Config{Clock: w.clock, Keys: simKeys(), SealAnswers: sealed})
			sim.Inject(fault)
			request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://sim/api/v2", strings.NewReader("{}"))
			w.NoError(err)
			request.Header.Set("X-KM-Correlation-Id", "260313120000-abcdef0")
			response, err := sim.Transport().RoundTrip(request)
			w.NoError(err)
			w.NoError(response.Body.Close())
			w.Equal("260313120000-abcdef0", response.Header.Get("X-KM-Correlation-Id"))
			named := sealed && fault.Kind != konatest.Garbage
			w.Equal(named, response.Header.Get("X-KM-Crypto-Key-Id") == sim.Project().KeyID)
		}
	}
}
