package kona_test

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/kona"
	"github.com/jigap/jigap/ports"
)

const (
	testASP, testAccess, testSecret = "000000000000001", "ACCESSKEYACCESSKEYACCESSKEYACCESSKEY0001", "s3cr3t-s3cr3t-s3cr3t"
	testMerchant                    = "100000000000009"
	testToken, testDCVV             = "9876543210987654", "007"
	testPAN                         = "9410000000000019"
)

// rsaKeys are made once: they are slow to make.
var rsaKeys = sync.OnceValue(func() [3]*rsa.PrivateKey {
	var keys [3]*rsa.PrivateKey
	for i := range keys {
		keys[i], _ = rsa.GenerateKey(rand.Reader, 2048)
	}
	return keys
})

func testKeys() (server *rsa.PrivateKey, first, second kona.CryptoKey) {
	keys := rsaKeys()
	return keys[0],
		kona.CryptoKey{ID: strings.Repeat("a", 32), Server: &keys[0].PublicKey, Client: keys[1]},
		kona.CryptoKey{ID: strings.Repeat("b", 32), Server: &keys[0].PublicKey, Client: keys[2]}
}

// canned answers requests in turn by path, and keeps what it was asked.
type canned struct {
	answer func(r *http.Request, body []byte) (status int, header http.Header, text string)
	mu     sync.Mutex
	asked  []*http.Request
	bodies [][]byte
}

func (c *canned) RoundTrip(r *http.Request) (*http.Response, error) {
	if trace := httptrace.ContextClientTrace(r.Context()); trace != nil && trace.GotConn != nil {
		trace.GotConn(httptrace.GotConnInfo{})
	}
	body, _ := io.ReadAll(r.Body)
	c.mu.Lock()
	c.asked, c.bodies = append(c.asked, r), append(c.bodies, body)
	c.mu.Unlock()
	status, header, text := c.answer(r, body)
	if header == nil {
		header = http.Header{}
	}
	return &http.Response{StatusCode: status, Header: header, Body: io.NopCloser(strings.NewReader(text)), Request: r}, nil
}

const success = `"response":{"code":"000_000","description":"Success."}`

func tokenAnswer() string {
	return fmt.Sprintf(`{"oneTimeToken":%q,"dcvv":%q,"expiryTime":1,%s}`, testToken, testDCVV, success)
}

// answering gives out tokens, and answers anything else with status and body.
func answering(status int, body string) *canned {
	return &canned{answer: func(r *http.Request, _ []byte) (int, http.Header, string) {
		if strings.HasSuffix(r.URL.Path, "onetimetoken") {
			return 200, nil, tokenAnswer()
		}
		return status, nil, body
	}}
}

func newClient(t *testing.T, transport http.RoundTripper, clock ports.Clock) *kona.Client {
	t.Helper()
	_, first, second := testKeys()
	client, err := kona.New(kona.NewCredentials(testASP, testAccess, testSecret, first, second), kona.Config{
		BaseURL: "https://kona.test/open-api", HTTPClient: &http.Client{Transport: transport}, Clock: clock,
	})
	require.NoError(t, err)
	return client
}

var instant = time.Date(2026, 3, 12, 23, 59, 59, 7_000_000, time.UTC) // 08:59:59.007 of the 13th in Korea

func fixed() ports.Clock { return ports.ClockFunc(func() time.Time { return instant }) }

func charge(t *testing.T, client *kona.Client, change func(r *kona.ChargeRequest)) (kona.Charged, error) {
	t.Helper()
	token, err := client.IssueToken(t.Context(), kona.Card{Number: testPAN})
	require.NoError(t, err)
	request := kona.ChargeRequest{
		SequenceID: "seq-1", UserID: 9_999_999_999_999_999_999, Amount: decimal.NewFromInt(9_999_999_999), Token: token, MerchantID: testMerchant,
	}
	if change != nil {
		change(&request)
	}
	return client.Charge(t.Context(), request)
}

// Mistakes 5 to 9 of clients in the field: the token is over the bytes sent, Korean
// time goes with KST, the clock is read once, the merchant is never the ASP id.
func TestClient_headers_are_of_one_reading(t *testing.T) {
	t.Parallel()
	transport := answering(200, `{"nrNumber":"KMN1","isPending":false,`+success+`}`)
	reads := 0
	client := newClient(t, transport, ports.ClockFunc(func() time.Time {
		reads++
		return instant.Add(time.Duration(reads) * 300 * time.Millisecond)
	}))
	_, err := charge(t, client, nil)
	require.NoError(t, err)
	require.Len(t, transport.asked, 2)
	for i, r := range transport.asked {
		require.Equal(t, http.MethodPost, r.Method)
		require.Equal(t, testASP, r.Header.Get("X-KM-User-AspId"))
		require.Equal(t, testAccess, r.Header.Get("X-KM-Access-Key"))
		require.Equal(t, "KST", r.Header.Get("X-KM-Time-Zone"))
		require.Equal(t, "application/json", r.Header.Get("Accept"))
		at, correlation, token := r.Header.Get("X-KM-Tran-Time"), r.Header.Get("X-KM-Correlation-Id"), r.Header.Get("X-KM-Tran-Token")
		require.Regexp(t, `^202603130[89]\d{4}$`, at, "Korean time")
		require.Regexp(t, `^\d{12}-[0-9a-f]{7}$`, correlation)
		require.Len(t, correlation, 20)
		require.Len(t, token, 67)
		require.Equal(t, at[2:], correlation[:12])
		require.Equal(t, "KMV1:"+at, token[:19])
		mac := hmac.New(sha256.New, []byte(testSecret))
		mac.Write(transport.bodies[i])
		require.Equal(t, ":"+base64.StdEncoding.EncodeToString(mac.Sum(nil)), token[22:])
	}
	require.Equal(t, strings.Repeat("a", 32), transport.asked[0].Header.Get("X-KM-Crypto-Key-Id"))
	require.Empty(t, transport.asked[1].Header.Get("X-KM-Crypto-Key-Id"))
	require.JSONEq(t, `{"sequenceId":"seq-1","userId":9999999999999999999,"amount":9999999999,"oneTimeToken":"`+testToken+
		`","dcvv":"007","merchantId":"`+testMerchant+`"}`, string(transport.bodies[1]))
	require.Contains(t, string(transport.bodies[1]), `"userId":9999999999999999999,"amount":9999999999,`, "all digits")
}

func TestHeader_milliseconds(t *testing.T) {
	t.Parallel()
	transport := answering(200, `{}`)
	_, err := newClient(t, transport, fixed()).IssueToken(t.Context(), kona.Card{Number: testPAN})
	require.NoError(t, err)
	require.Equal(t, "KMV1:20260313085959007:", transport.asked[0].Header.Get("X-KM-Tran-Token")[:23])
}

func TestClient_Token_request_is_encrypted(t *testing.T) {
	t.Parallel()
	transport := answering(200, `{}`)
	_, err := newClient(t, transport, fixed()).IssueToken(t.Context(), kona.Card{Number: testPAN})
	require.NoError(t, err)
	require.NotContains(t, string(transport.bodies[0]), testPAN)
	var body map[string]string
	require.NoError(t, json.Unmarshal(transport.bodies[0], &body))
	object, err := jose.ParseEncryptedCompact(body["encData"], []jose.KeyAlgorithm{jose.RSA_OAEP_256}, []jose.ContentEncryption{jose.A128GCM})
	require.NoError(t, err)
	server, _, _ := testKeys()
	plain, err := object.Decrypt(server)
	require.NoError(t, err)
	require.JSONEq(t, `{"cardNo":"`+testPAN+`"}`, string(plain), "no type: that would be another token")
}

func sealFor(t *testing.T, public *rsa.PublicKey, alg jose.KeyAlgorithm, enc jose.ContentEncryption, plain string) string {
	t.Helper()
	encrypter, err := jose.NewEncrypter(enc, jose.Recipient{Algorithm: alg, Key: public}, nil)
	require.NoError(t, err)
	object, err := encrypter.Encrypt([]byte(plain))
	require.NoError(t, err)
	compact, err := object.CompactSerialize()
	require.NoError(t, err)
	return `{"encData":"` + compact + `"}`
}

func TestClient_encrypted_answers(t *testing.T) {
	t.Parallel()
	_, first, second := testKeys()
	good := `{"nrNumber":"KMN1","isPending":false,` + success + `}`
	cases := []struct {
		name  string
		key   kona.CryptoKey
		id    string
		alg   jose.KeyAlgorithm
		enc   jose.ContentEncryption
		plain string
		ok    bool
	}{
		{"the first key with 128 bits, to a plain request", first, first.ID, jose.RSA_OAEP_256, jose.A128GCM, good, true},
		{"256 bits", first, first.ID, jose.RSA_OAEP_256, jose.A256GCM, good, true},
		{"the second key, by its id", second, second.ID, jose.RSA_OAEP_256, jose.A256GCM, good, true},
		{"no id means the first key", first, "", jose.RSA_OAEP_256, jose.A128GCM, good, true},
		{"an id that is not ours", first, "x", jose.RSA_OAEP_256, jose.A128GCM, good, false},
		{"the other key's id", second, first.ID, jose.RSA_OAEP_256, jose.A128GCM, good, false},
		{"another key algorithm", first, first.ID, jose.RSA_OAEP, jose.A128GCM, good, false},
		{"RSA 1.5", first, first.ID, jose.RSA1_5, jose.A128GCM, good, false},
		{"another content encryption", first, first.ID, jose.RSA_OAEP_256, jose.A192GCM, good, false},
		{"CBC", first, first.ID, jose.RSA_OAEP_256, jose.A128CBC_HS256, good, false},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			sealed := sealFor(t, &tc.key.Client.PublicKey, tc.alg, tc.enc, tc.plain)
			transport := &canned{answer: func(r *http.Request, _ []byte) (int, http.Header, string) {
				if strings.HasSuffix(r.URL.Path, "onetimetoken") {
					return 200, nil, tokenAnswer()
				}
				header := http.Header{}
				if tc.id != "" {
					header.Set("X-KM-Crypto-Key-Id", tc.id)
				}
				return 200, header, sealed
			}}
			charged, err := charge(t, newClient(t, transport, fixed()), nil)
			if tc.ok {
				require.NoError(t, err)
				require.Equal(t, kona.Charged{Number: "KMN1"}, charged)
				return
			}
			var failed *kona.Error
			require.ErrorAs(t, err, &failed)
			require.Equal(t, kona.ClassUnknown, failed.Class)
			require.NotEmpty(t, failed.Alarm)
		})
	}
}

// breaking ends every answer to a charge in an error of the connection.
type breaking struct{ *canned }

func (b breaking) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := b.canned.RoundTrip(r)
	if err == nil && strings.HasSuffix(r.URL.Path, chargePath) {
		response.Body = io.NopCloser(io.MultiReader(response.Body, iotest.ErrReader(io.ErrUnexpectedEOF)))
	}
	return response, err
}

// A connection that breaks after what looks like a whole answer has broken.
func TestClient_Charge_answer_breaks_off(t *testing.T) {
	t.Parallel()
	transport := breaking{answering(200, `{"nrNumber":"KMN1","isPending":false,`+success+`}`)}
	_, err := charge(t, newClient(t, transport, fixed()), nil)
	var failed *kona.Error
	require.ErrorAs(t, err, &failed)
	require.Equal(t, kona.ClassUnknown, failed.Class)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
}

func TestClient_Charge_refuses_unsent(t *testing.T) {
	t.Parallel()
	cases := map[string]func(r *kona.ChargeRequest){
		"no merchant":                     func(r *kona.ChargeRequest) { r.MerchantID = "" },
		"the ASP id as merchant":          func(r *kona.ChargeRequest) { r.MerchantID = testASP },
		"no member":                       func(r *kona.ChargeRequest) { r.UserID = 0 },
		"a member of twenty digits":       func(r *kona.ChargeRequest) { r.UserID++ },
		"no amount":                       func(r *kona.ChargeRequest) { r.Amount = decimal.Zero },
		"half a won":                      func(r *kona.ChargeRequest) { r.Amount = decimal.RequireFromString("0.5") },
		"an amount of eleven digits":      func(r *kona.ChargeRequest) { r.Amount = r.Amount.Add(decimal.NewFromInt(1)) },
		"an amount too large to write":    func(r *kona.ChargeRequest) { r.Amount = decimal.New(1, 1_000_000) },
		"a sequenceId of 31":              func(r *kona.ChargeRequest) { r.SequenceID = strings.Repeat("x", 31) },
		"a sequenceId with an underscore": func(r *kona.ChargeRequest) { r.SequenceID = "a_b" },
		"no token":                        func(r *kona.ChargeRequest) { r.Token = kona.OneTimeToken{} },
	}
	for name, change := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			transport := answering(200, `{}`)
			_, err := charge(t, newClient(t, transport, fixed()), change)
			var failed *kona.Error
			require.ErrorAs(t, err, &failed)
			require.Contains(t, []kona.Class{kona.ClassFault, kona.ClassNotExecuted}, failed.Class)
			require.Len(t, transport.asked, 1, "the token alone")
		})
	}
}

func TestClient_Token_needs_ten_seconds(t *testing.T) {
	t.Parallel()
	for age, sent := range map[time.Duration]bool{0: true, 20 * time.Second: true, 20*time.Second + 1: false, time.Hour: false, -1: false} {
		now := instant
		transport := answering(200, `{"nrNumber":"K","isPending":false,`+success+`}`)
		_, err := charge(t, newClient(t, transport, ports.ClockFunc(func() time.Time { return now })), func(*kona.ChargeRequest) { now = now.Add(age) })
		require.Equal(t, sent, err == nil, "after %s: %v", age, err)
		require.Equal(t, sent, len(transport.asked) == 2, "after %s", age)
	}
}

func TestNew_refuses(t *testing.T) {
	t.Parallel()
	_, first, second := testKeys()
	good := kona.NewCredentials(testASP, testAccess, testSecret, first, second)
	short, err := rsa.GenerateKey(rand.Reader, 1024)
	require.NoError(t, err)
	cases := map[string]struct {
		credentials kona.Credentials
		base        string
	}{
		"no base":         {good, ""},
		"plain http":      {good, "http://kona.test"},
		"a query":         {good, "https://kona.test/?x=1"},
		"a user":          {good, "https://a:b@kona.test/"},
		"no credentials":  {kona.Credentials{}, kona.SandboxURL},
		"no keys":         {kona.NewCredentials(testASP, testAccess, testSecret), kona.SandboxURL},
		"a blank secret":  {kona.NewCredentials(testASP, testAccess, "", first), kona.SandboxURL},
		"a line break":    {kona.NewCredentials(testASP, "a\nb", testSecret, first), kona.SandboxURL},
		"one id twice":    {kona.NewCredentials(testASP, testAccess, testSecret, first, first), kona.SandboxURL},
		"half a key":      {kona.NewCredentials(testASP, testAccess, testSecret, kona.CryptoKey{ID: "k", Client: first.Client}), kona.SandboxURL},
		"a key too short": {kona.NewCredentials(testASP, testAccess, testSecret, kona.CryptoKey{ID: "k", Server: &short.PublicKey, Client: short}), kona.SandboxURL},
	}
	for name, tc := range cases {
		_, err := kona.New(tc.credentials, kona.Config{BaseURL: tc.base})
		require.ErrorIs(t, err, ports.ErrInvalid, name)
	}
	for _, base := range []string{kona.SandboxURL, "http://127.0.0.1:80/x/", "http://localhost", "http://[::1]:1"} {
		_, err := kona.New(good, kona.Config{BaseURL: base})
		require.NoError(t, err, base)
	}
}

func TestClient_questions_are_decoded(t *testing.T) {
	t.Parallel()
	ask := func(body string) (*kona.Client, *canned) {
		transport := answering(200, body)
		return newClient(t, transport, fixed()), transport
	}
	client, transport := ask(`{"result":"COMPLETED","nrNumber":"KMN1",` + success + `}`)
	result, err := client.InquireResult(t.Context(), "seq-1")
	require.NoError(t, err)
	require.Equal(t, kona.Inquired{Result: kona.ResultCompleted, Number: "KMN1"}, result)
	require.Equal(t, "/open-api/api/v1/recharges/by-bank-account/result/inquiry", transport.asked[0].URL.Path, "singular")

	client, _ = ask(`{"bankAccForAutoRcg":{"accountNo":"1"},"isAutoRcgAccRegAllowed":true,` + success + `}`)
	account, err := client.RegisteredAccount(t.Context(), 7)
	require.NoError(t, err)
	require.Equal(t, kona.Account{Registered: true, NeedsAutoRegistration: true}, account)

	client, transport = ask(`{"transactionInfo":[{"nrNumber":"K1","trType":"01","trAmount":"30000","balanceBefore":0,"balanceAfter":30000,"authCancelType":"CANCEL","approvalDateTime":"20260313090000"}],"pageResponse":{"totalPages":1},` + success + `}`)
	rows, err := client.History(t.Context(), kona.HistoryFilter{PAR: "PAR1", From: instant, To: instant})
	require.NoError(t, err)
	require.Len(t, rows, 1)
	require.True(t, rows[0].Canceled)
	require.True(t, rows[0].Amount.Decimal.Equal(decimal.NewFromInt(30_000)))
	require.Equal(t, time.Date(2026, 3, 13, 0, 0, 0, 0, time.UTC), rows[0].At)
	require.Contains(t, string(transport.bodies[0]), `"startDate":"20260313"`, "the Korean day")
	require.Contains(t, string(transport.bodies[0]), `"pageRequest":{"page":0,"pageSize":20}`)
}

func TestClient_repeats_questions_and_no_orders(t *testing.T) {
	t.Parallel()
	transport := answering(503, `busy`)
	client := newClient(t, transport, fixed())
	_, err := client.InquireResult(t.Context(), "seq-1")
	require.Error(t, err)
	require.Len(t, transport.asked, 3)
	require.NotEqual(t, transport.asked[0].Header.Get("X-KM-Correlation-Id"), transport.asked[1].Header.Get("X-KM-Correlation-Id"))
	_, err = charge(t, client, nil)
	require.Error(t, err)
	require.Len(t, transport.asked, 5, "one token, one charge")
}
