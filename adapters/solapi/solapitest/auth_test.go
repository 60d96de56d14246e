package solapitest_test

import (
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"hash"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/solapi/solapitest"
)

var start = time.Date(2026, 3, 13, 12, 0, 0, 0, time.UTC)

type bench struct {
	t       *testing.T
	clock   *solapitest.Clock
	sim     *solapitest.Simulator
	account *solapitest.Account
	key     solapitest.Key
	salts   int
}

func setup(t *testing.T) *bench {
	t.Helper()
	b := &bench{t: t, clock: solapitest.NewClock(start)}
	b.sim = solapitest.New(solapitest.Config{Clock: b.clock, Seed: 1})
	b.account = b.sim.NewAccount(solapitest.AccountConfig{Balance: decimal.NewFromInt(10_130)})
	b.key = b.account.NewKey(solapitest.RoleOwner)
	return b
}

func sign(newHash func() hash.Hash, secret, date, salt string) string {
	mac := hmac.New(newHash, []byte(secret))
	_, _ = io.WriteString(mac, date+salt)
	return hex.EncodeToString(mac.Sum(nil))
}

func (b *bench) header(date, salt string) string {
	return "HMAC-SHA256 apiKey=" + b.key.APIKey + ", date=" + date + ", salt=" + salt + ", signature=" + sign(sha256.New, b.key.Secret, date, salt)
}

// ask sends one request with a header of the test's own and returns status and code.
func (b *bench) ask(method, path, header, body string) (int, string) {
	b.t.Helper()
	request, err := http.NewRequestWithContext(b.t.Context(), method, "http://sim"+path, strings.NewReader(body))
	require.NoError(b.t, err)
	if header != "" {
		request.Header.Set("Authorization", header)
	}
	response, err := b.sim.Transport().RoundTrip(request)
	require.NoError(b.t, err)
	defer func() { require.NoError(b.t, response.Body.Close()) }()
	data, err := io.ReadAll(response.Body)
	require.NoError(b.t, err)
	var text struct {
		ErrorCode string `json:"errorCode"`
	}
	_ = json.Unmarshal(data, &text)
	return response.StatusCode, text.ErrorCode
}

func TestSimulator_accepts_each_form_of_a_header(t *testing.T) {
	t.Parallel()
	for _, date := range []string{
		"2026-03-13T12:00:00Z", "2026-03-13T12:00:00.123Z", "2026-03-13T21:00:00+09:00",
		"2026-03-13T21:00:00.123456+09:00", "2026-03-13T21:00:00.123456789+09:00",
		"2026-03-13T21:00:00.32400Z", "2026-03-13T21:00:00+0900", "2026-03-13T21:00:00.123+0900",
	} {
		for _, salt := range []string{strings.Repeat("s", 12), strings.Repeat("s", 64)} {
			for _, names := range [][2]string{{"apiKey", "apiKey"}, {"apiKey", "Apikey"}, {"date", "Date"}, {"signature", "SIGNATURE"}} {
				b := setup(t)
				header := strings.Replace(b.header(date, salt), names[0]+"=", names[1]+"=", 1)
				status, code := b.ask("GET", "/cash/v1/balance", header, "")
				require.Equal(t, http.StatusOK, status, "%s %s", header, code)
			}
		}
	}
	b := setup(t)
	date, salt := "2026-03-13T12:00:00Z", "abcdefghijkl"
	header := "HMAC-MD5 apiKey=" + b.key.APIKey + ", date=" + date + ", salt=" + salt + ", signature=" + sign(md5.New, b.key.Secret, date, salt)
	status, _ := b.ask("GET", "/cash/v1/balance", header, "")
	require.Equal(t, http.StatusOK, status)
}

func TestSimulator_refuses_bad_headers(t *testing.T) {
	t.Parallel()
	const date, salt = "2026-03-13T12:00:00Z", "abcdefghijkl"
	cases := []struct {
		name   string
		header func(b *bench) string
		status int
		code   string
	}{
		{"none", func(*bench) string { return "" }, 401, "Unauthorized"},
		{"another scheme", func(*bench) string { return "Basic abc" }, 400, "ValidationError"},
		{"a salt of 11", func(b *bench) string { return b.header(date, salt[1:]) }, 400, "ValidationError"},
		{"a salt of 65", func(b *bench) string { return b.header(date, strings.Repeat("s", 65)) }, 400, "ValidationError"},
		{"a key of 15", func(b *bench) string {
			return strings.Replace(b.header(date, salt), b.key.APIKey, b.key.APIKey[1:], 1)
		}, 400, "ValidationError"},
		{"a key that no account has", func(b *bench) string {
			return strings.Replace(b.header(date, salt), b.key.APIKey, "NCS0000000000000", 1)
		}, 403, "InvalidAPIKey"},
		{"another secret", func(b *bench) string { b.key.Secret += "x"; return b.header(date, salt) }, 403, "SignatureDoesNotMatch"},
		{"a date that is not the signed one", func(b *bench) string {
			return strings.Replace(b.header(date, salt), date, "2026-03-13T21:00:00+09:00", 1)
		}, 403, "SignatureDoesNotMatch"},
		{"no date", func(b *bench) string { return b.header("today", salt) }, 400, "ValidationError"},
		{"15 minutes late", func(b *bench) string { return b.header("2026-03-13T11:45:00Z", salt) }, 403, "RequestTimeTooSkewed"},
		{"15 minutes early", func(b *bench) string { return b.header("2026-03-13T12:15:00Z", salt) }, 403, "RequestTimeTooSkewed"},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			status, code := b.ask("GET", "/cash/v1/balance", tc.header(b), "")
			require.Equal(t, tc.status, status)
			require.Equal(t, tc.code, code)
		})
	}
}

func TestSimulator_accepts_a_signature_once(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.clock.Set(start.Add(-14 * time.Minute))
	header := b.header("2026-03-13T12:00:00Z", "abcdefghijkl")
	status, _ := b.ask("GET", "/cash/v1/balance", header, "")
	require.Equal(t, http.StatusOK, status)
	b.clock.Set(start)
	_, code := b.ask("GET", "/cash/v1/payment", header, "")
	require.Equal(t, "DuplicatedSignature", code)
	b.clock.Set(start.Add(14 * time.Minute)) // 28 minutes after the first use
	status, _ = b.ask("GET", "/cash/v1/balance", header, "")
	require.Equal(t, http.StatusOK, status)
}

func TestSimulator_rights(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		spoil func(b *bench)
		may   bool
	}{
		"lets an owner write":                          {func(*bench) {}, true},
		"refuses a developer":                          {func(b *bench) { b.key = b.account.NewKey(solapitest.RoleDeveloper) }, false},
		"refuses a member":                             {func(b *bench) { b.key = b.account.NewKey(solapitest.RoleMember) }, false},
		"refuses a dormant account":                    {func(b *bench) { b.account.SetState(solapitest.StateInactive) }, false},
		"refuses a deleted account":                    {func(b *bench) { b.account.SetState(solapitest.StateDeleted) }, false},
		"refuses an account that is not verified":      {func(b *bench) { b.account.SetVerified(false) }, false},
		"refuses a member that is not verified":        {func(b *bench) { b.account.SetMember(b.key, solapitest.StateUnverified) }, false},
		"refuses a member that is dormant":             {func(b *bench) { b.account.SetMember(b.key, solapitest.StateInactive) }, false},
		"lets an account write that is verified again": {func(b *bench) { b.account.SetVerified(false); b.account.SetVerified(true) }, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			body := `{"amount":10000,"paymentId":"` + b.account.AddCard(solapitest.Card{}) + `"}`
			tc.spoil(b)
			status, code := b.write("POST", "/cash/v1/balance", body)
			require.Equal(t, tc.may, status == 200)
			require.Equal(t, !tc.may, status == 403 && code == "Forbidden")
			require.Equal(t, tc.may, len(b.account.Books().Charges) == 1)
			status, _ = b.write("GET", "/cash/v1/balance", "")
			require.Equal(t, 200, status, "reading needs no more than the key")
		})
	}
}
