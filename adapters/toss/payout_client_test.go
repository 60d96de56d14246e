package toss_test

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/toss"
	"github.com/jigap/jigap/adapters/toss/tosstest"
	"github.com/jigap/jigap/ports"
)

// The vector of an encrypted payout: a key, an IV, a time, a nonce and the bytes that they make.
const (
	vectorKey   = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
	vectorPlain = `[{"refPayoutId":"jigap-w-1","destination":"seller-1","scheduleType":"EXPRESS","amount":{"currency":"KRW","value":1000},"transactionDescription":"JIGAP"}]`
	vectorJWE   = "eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIiwiaWF0IjoiMjAyNi0xMS0yOFQxMDowMDowMCswOTowMCIsIm5vbmNlIjoiMTExMTExMTEtMjIyMi00MzMzLTg0NDQtNTU1NTU1NTU1NTU1In0" +
		"..oKGio6Slpqeoqaqr." +
		"vWNeXyCtUt4bCvKnTh7i5FLGMHfzx28bsT8Eql3PEHKmHyme20s8U32mJrtsFu-cNTZ3ak7yaR0pO28ryBXRycTZp1US4LywpqesS63i7tugZN7KseOjAcwWS-jD_yP39qYRiUj82Lmy" +
		"-XAx6f2ICh5hUZ7uSLceW72_ysc0kTmsft47tjHjZV4piuJ9JLPsqpPkLP-A2PGg" + ".bGAgAQY5YL0qzAtTCKdg1Q"
)

// fixed is a source of randomness that has bytes.
func fixed(t *testing.T, hexadecimal string) io.Reader {
	t.Helper()
	data, err := hex.DecodeString(hexadecimal)
	require.NoError(t, err)
	return bytes.NewReader(data)
}

func vectorSecurityKey(t *testing.T) toss.SecurityKey {
	t.Helper()
	key, err := toss.NewSecurityKey(vectorKey)
	require.NoError(t, err)
	return key
}

// compact is a JWE as RFC 7516 makes it of a header, an IV and a text.
func compact(t *testing.T, header string, iv []byte, plain string) string {
	t.Helper()
	key, err := hex.DecodeString(vectorKey)
	require.NoError(t, err)
	block, err := aes.NewCipher(key)
	require.NoError(t, err)
	aead, err := cipher.NewGCM(block)
	require.NoError(t, err)
	sealed := aead.Seal(nil, iv, []byte(plain), []byte(header))
	text, tag := sealed[:len(plain)], sealed[len(plain):]
	encode := base64.RawURLEncoding.EncodeToString
	return header + ".." + encode(iv) + "." + encode(text) + "." + encode(tag)
}

// The library draws the IV. With the one of the request the bytes are those that were sent, and with
// the one of the vector those of the vector.
func TestPayoutClient_CreatePayout_vector(t *testing.T) {
	t.Parallel()
	var sent string
	var header http.Header
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		sent, header = string(body), r.Header
	}))
	t.Cleanup(server.Close)
	clock := tosstest.NewClock(time.Date(2026, 11, 28, 1, 0, 0, 999, time.UTC))
	key, err := toss.NewSecretKey("test_sk_jigapExampleKey0000000000")
	require.NoError(t, err)
	client, err := toss.New(key, toss.Config{BaseURL: server.URL, Clock: clock, HTTPClient: server.Client()})
	require.NoError(t, err)
	payouts, err := toss.NewPayoutClient(client, vectorSecurityKey(t))
	require.NoError(t, err)
	toss.SetNonces(payouts, fixed(t, "11111111222243338444555555555555"))
	_, err = payouts.CreatePayout(t.Context(), toss.PayoutRequest{RefPayoutID: "jigap-w-1", Seller: "seller-1", Amount: won(1000), Description: "JIGAP", Key: "k"})
	require.Error(t, err, "the answer is blank")
	parts := strings.Split(sent, ".")
	require.Len(t, parts, 5)
	iv, err := base64.RawURLEncoding.DecodeString(parts[2])
	require.NoError(t, err)
	require.Equal(t, compact(t, parts[0], iv, vectorPlain), sent)
	vectorIV, err := hex.DecodeString("a0a1a2a3a4a5a6a7a8a9aaab")
	require.NoError(t, err)
	require.Equal(t, vectorJWE, compact(t, parts[0], vectorIV, vectorPlain))
	require.Equal(t, "ENCRYPTION", header.Get("TossPayments-api-security-mode"))
	require.Equal(t, "text/plain", header.Get("Content-Type"))
	require.Equal(t, "k", header.Get("Idempotency-Key"))
	require.Equal(t, "Basic dGVzdF9za19qaWdhcEV4YW1wbGVLZXkwMDAwMDAwMDAwOg==", header.Get("Authorization"))
}

func TestUnseal(t *testing.T) {
	t.Parallel()
	key := vectorSecurityKey(t)
	other, err := toss.NewSecurityKey(strings.Repeat("ab", 32))
	require.NoError(t, err)
	plain, err := toss.Unseal([]toss.SecurityKey{other, key}, []byte(vectorJWE))
	require.NoError(t, err)
	require.Equal(t, vectorPlain, string(plain)) //nolint:testifylint // byte by byte
	for name, sealed := range map[string]string{
		"nothing": "", "text": "hello", "two parts": "a.b", "a changed tag": vectorJWE[:len(vectorJWE)-1] + "A",
		"a changed header": "eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0" + vectorJWE[strings.Index(vectorJWE, ".."):],
	} {
		_, err := toss.Unseal([]toss.SecurityKey{key}, []byte(sealed))
		require.Error(t, err, name)
	}
	_, err = toss.Unseal([]toss.SecurityKey{other}, []byte(vectorJWE))
	require.Error(t, err, "another key")
}

func TestNewSecurityKey(t *testing.T) {
	t.Parallel()
	for _, text := range []string{vectorKey, strings.ToUpper(vectorKey)} {
		_, err := toss.NewSecurityKey(text)
		require.NoError(t, err)
	}
	for _, text := range []string{"", vectorKey[1:], vectorKey + "0", " " + vectorKey[1:], strings.Repeat("g", 64), "\ufeff" + vectorKey} {
		_, err := toss.NewSecurityKey(text)
		require.ErrorIs(t, err, ports.ErrInvalid)
	}
}

func TestPayoutClient(t *testing.T) {
	t.Parallel()
	w := setupPayouts(t, tosstest.Config{})
	client := w.payouts()
	request := toss.PayoutRequest{RefPayoutID: "ref-00001", Seller: w.seller, Amount: won(5_000), Description: "정산", Key: "k1"}
	payout, err := client.CreatePayout(t.Context(), request)
	w.NoError(err)
	w.Equal("ref-00001", payout.RefPayoutID)
	w.Equal("2026-03-16", payout.Date)
	again, err := client.CreatePayout(t.Context(), request)
	w.NoError(err)
	w.Equal(payout.ID, again.ID, "another body under the same idempotency key")
	w.Equal(1, w.sim.Executions("ref-00001"))

	request.RefPayoutID, request.Key, request.Date = "ref-00002", "k2", "2026-03-18"
	later, err := client.CreatePayout(t.Context(), request)
	w.NoError(err)
	w.Equal(toss.ScheduleScheduled, later.Schedule)
	canceled, err := client.CancelPayout(t.Context(), later.ID, "k3")
	w.NoError(err)
	w.Equal(toss.PayoutCanceled, canceled.Status)
	_, err = client.CancelPayout(t.Context(), payout.ID, "k4")
	failed := new(toss.Error)
	w.ErrorAs(err, &failed)
	w.Equal(toss.ClassUnknown, failed.Class)

	balances, err := client.Balances(t.Context())
	w.NoError(err)
	w.True(balances.Available.Equal(won(1_000_000_000 - 5_000)))
	w.True(balances.Pending.IsZero())
	_, err = client.Payout(t.Context(), "FPA_none")
	w.ErrorAs(err, &failed)
	w.Equal("PAYOUT_NOT_FOUND", failed.Code)
}

func TestPayoutRequest_check(t *testing.T) {
	t.Parallel()
	w := setupPayouts(t, tosstest.Config{})
	for name, spoil := range map[string]func(r *toss.PayoutRequest){
		"RefPayoutID": func(r *toss.PayoutRequest) { r.RefPayoutID = "short" },
		"Seller":      func(r *toss.PayoutRequest) { r.Seller = "" },
		"Amount":      func(r *toss.PayoutRequest) { r.Amount = won(0) },
		"Description": func(r *toss.PayoutRequest) { r.Description = "여덟글자가되는말" },
		"Date":        func(r *toss.PayoutRequest) { r.Date = "18.3.2026" },
		"Key":         func(r *toss.PayoutRequest) { r.Key = "" },
	} {
		request := toss.PayoutRequest{RefPayoutID: "ref-00001", Seller: w.seller, Amount: won(5_000), Description: "정산", Key: "k1"}
		spoil(&request)
		_, err := w.payouts().CreatePayout(t.Context(), request)
		w.ErrorIs(err, ports.ErrInvalid)
		w.ErrorContains(err, name)
	}
	w.Empty(w.sim.Books().Payouts)
}

func sellerRequest() toss.SellerRequest {
	return toss.SellerRequest{
		RefSellerID: "seller-0001", Kind: toss.SellerIndividual, Name: "김판매", Email: "kim@example.com", Phone: "01012345678",
		Account: toss.RefundAccount{Bank: "088", Number: sellerNumber, Holder: "김판매"}, Key: "k",
	}
}

func TestPayoutClient_RegisterSeller(t *testing.T) {
	t.Parallel()
	w := setupPayouts(t, tosstest.Config{})
	seller, err := w.payouts().RegisterSeller(t.Context(), sellerRequest())
	w.NoError(err)
	w.Equal(toss.SellerApprovalRequired, seller.Status)
	w.Equal("seller-0001", seller.RefSellerID)

	w.sellers["w"] = seller.ID
	d := w.disburser()
	order := w.preparedPayout(d)
	answer := w.disburse(d, &order)
	w.Equal(declined, answer.Outcome, "the seller has not passed the identity check")
	w.True(answer.Permanent)
	w.True(w.sim.SetSeller(seller.ID, "APPROVED"))
	order = w.preparedPayout(d)
	w.Equal(pending, w.disburse(d, &order).Outcome)

	company := sellerRequest()
	company.RefSellerID, company.Kind, company.Representative, company.BusinessNumber, company.Key = "seller-0002", toss.SellerCorporate, "이대표", "1234567890", "k2"
	_, err = w.payouts().RegisterSeller(t.Context(), company)
	w.NoError(err)
	for name, spoil := range map[string]func(r *toss.SellerRequest){
		"RefSellerID":    func(r *toss.SellerRequest) { r.RefSellerID = "short" },
		"Kind":           func(r *toss.SellerRequest) { r.Kind = "PERSON" },
		"Name":           func(r *toss.SellerRequest) { r.Name = "" },
		"Email":          func(r *toss.SellerRequest) { r.Email = "kim" },
		"Phone":          func(r *toss.SellerRequest) { r.Phone = "010-1234-5678" },
		"Account.Bank":   func(r *toss.SellerRequest) { r.Account.Bank = "88" },
		"Account.Number": func(r *toss.SellerRequest) { r.Account.Number = "1-1" },
		"BusinessNumber": func(r *toss.SellerRequest) { r.Kind = toss.SellerCorporate },
		"Representative": func(r *toss.SellerRequest) { r.Representative = "이대표" },
		"Key":            func(r *toss.SellerRequest) { r.Key = "" },
	} {
		request := sellerRequest()
		spoil(&request)
		_, err := w.payouts().RegisterSeller(t.Context(), request)
		w.ErrorIs(err, ports.ErrInvalid)
		w.ErrorContains(err, name)
	}
}

// A success that is about another seller is not believed.
func TestPayoutClient_RegisterSeller_other(t *testing.T) {
	t.Parallel()
	w := setupPayouts(t, tosstest.Config{})
	w.at(serve(t, func(*http.Request) string {
		return `{"entityType":"seller","entityBody":{"id":"s","refSellerId":"seller-0009","status":"APPROVED"}}`
	}))
	_, err := w.payouts().RegisterSeller(t.Context(), sellerRequest())
	failed := new(toss.Error)
	w.ErrorAs(err, &failed)
	w.Equal(toss.ClassUnknown, failed.Class)
}
