package tosstest_test

import (
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/toss/tosstest"
)

const (
	vectorSecurity = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
	vectorJWE      = "eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIiwiaWF0IjoiMjAyNi0xMS0yOFQxMDowMDowMCswOTowMCIsIm5vbmNlIjoiMTExMTExMTEtMjIyMi00MzMzLTg0NDQtNTU1NTU1NTU1NTU1In0..oKGio6Slpqeoqaqr.vWNeXyCtUt4bCvKnTh7i5FLGMHfzx28bsT8Eql3PEHKmHyme20s8U32mJrtsFu-cNTZ3ak7yaR0pO28ryBXRycTZp1US4LywpqesS63i7tugZN7KseOjAcwWS-jD_yP39qYRiUj82Lmy-XAx6f2ICh5hUZ7uSLceW72_ysc0kTmsft47tjHjZV4piuJ9JLPsqpPkLP-A2PGg.bGAgAQY5YL0qzAtTCKdg1Q"
)

// headers are the headers of an encrypted request.
func headers(more ...string) []string {
	return append([]string{"TossPayments-api-security-mode", "ENCRYPTION", "Content-Type", "text/plain"}, more...)
}

// protected are the protected headers of a request.
func protected() map[jose.HeaderKey]any {
	return map[jose.HeaderKey]any{"iat": "2026-03-13T12:00:00+09:00", "nonce": "11111111-2222-4333-8444-555555555555"}
}

// encrypt makes a JWE as a client does.
func encrypt(t *testing.T, key, plain string, header map[jose.HeaderKey]any) string {
	t.Helper()
	decoded, err := hex.DecodeString(key)
	require.NoError(t, err)
	encrypter, err := jose.NewEncrypter(jose.A256GCM, jose.Recipient{Algorithm: jose.DIRECT, Key: decoded}, &jose.EncrypterOptions{ExtraHeaders: header})
	require.NoError(t, err)
	object, err := encrypter.Encrypt([]byte(plain))
	require.NoError(t, err)
	compact, err := object.CompactSerialize()
	require.NoError(t, err)
	return compact
}

// decrypt reads an encrypted answer into its fields.
func decrypt(t *testing.T, key string, got answer) answer {
	t.Helper()
	require.True(t, strings.HasPrefix(got.header.Get("Content-Type"), "text/plain"), got.raw)
	decoded, err := hex.DecodeString(key)
	require.NoError(t, err)
	object, err := jose.ParseEncryptedCompact(got.raw, []jose.KeyAlgorithm{jose.DIRECT}, []jose.ContentEncryption{jose.A256GCM})
	require.NoError(t, err)
	require.NotEmpty(t, object.Header.ExtraHeaders[jose.HeaderKey("iat")])
	plain, err := object.Decrypt(decoded)
	require.NoError(t, err)
	got.raw, got.fields = string(plain), nil
	decoder := json.NewDecoder(strings.NewReader(got.raw))
	decoder.UseNumber()
	require.NoError(t, decoder.Decode(&got.fields))
	return got
}

// sealed sends an encrypted body and decrypts the answer.
func (b *bench) sealed(path, body string) answer {
	b.t.Helper()
	key := b.Shop().SecurityKey
	return decrypt(b.t, key, b.post(path, encrypt(b.t, key, body, protected()), headers()...))
}

// The JWE of a client is read: its seller is the first thing that is wrong with it.
func TestSimulator_encryption(t *testing.T) {
	t.Parallel()
	t.Run("a vector is decrypted", func(t *testing.T) {
		t.Parallel()
		b := setup(t, tosstest.Config{SecurityKey: vectorSecurity})
		got := decrypt(t, vectorSecurity, b.post("/v2/payouts", vectorJWE, headers()...))
		b.refused(400, tosstest.CodeNotFoundSeller, got)
		require.Equal(t, "2022-11-16", got.fields["version"])
		require.Equal(t, got.header.Get("X-Tosspayments-Trace-Id"), got.fields["traceId"])
	})
	t.Run("a body that is not encrypted as it must be is refused", func(t *testing.T) {
		t.Parallel()
		b := setup(t, tosstest.Config{})
		key, none := b.Shop().SecurityKey, protected()
		delete(none, "nonce")
		fraction, late := protected(), protected()
		fraction["iat"] = "2026-03-13T12:00:00.123+09:00"
		delete(late, "iat")
		for name, body := range map[string]string{
			"plain JSON": "[]", "another key": encrypt(t, vectorSecurity, "[]", protected()), "no nonce": encrypt(t, key, "[]", none),
			"no iat": encrypt(t, key, "[]", late), "iat with a fraction": encrypt(t, key, "[]", fraction), "nothing": "",
		} {
			got := b.post("/v2/payouts", body, headers()...)
			require.Equal(t, tosstest.CodeInvalidEncryption, decryptedOrPlain(t, key, got).code(), name)
		}
		good := encrypt(t, key, "[]", protected())
		b.refused(400, tosstest.CodeInvalidEncryption, b.post("/v2/payouts", good, "Content-Type", "text/plain"))
		b.refused(400, tosstest.CodeInvalidEncryption, b.post("/v2/payouts", good, headers("Content-Type", "application/json")...))
		b.refused(400, "INVALID_REQUEST", decrypt(t, key, b.post("/v2/payouts", good, headers()...)))
	})
	t.Run("an answer is encrypted when the request asks for it", func(t *testing.T) {
		t.Parallel()
		b := setup(t, tosstest.Config{})
		require.Equal(t, "balance", b.get("/v2/balances").fields["entityType"])
		got := decrypt(t, b.Shop().SecurityKey, b.ask(http.MethodGet, "/v2/balances", "", headers()...))
		require.Equal(t, "balance", got.fields["entityType"])
	})
	t.Run("errors may be plain", func(t *testing.T) {
		t.Parallel()
		b := setup(t, tosstest.Config{PlainErrors: true})
		got := b.post("/v2/payouts", encrypt(t, b.Shop().SecurityKey, "[]", protected()), headers()...)
		b.refused(400, "INVALID_REQUEST", got)
		require.NotEmpty(t, got.fields["traceId"])
	})
	t.Run("the old security key works until the next one", func(t *testing.T) {
		t.Parallel()
		b := setup(t, tosstest.Config{})
		old := b.Shop().SecurityKey
		body := encrypt(t, old, "[]", protected())
		b.RotateSecurityKey()
		b.refused(400, "INVALID_REQUEST", decrypt(t, old, b.post("/v2/payouts", body, headers()...)))
		b.sealed("/v2/payouts", "[]")
		b.RotateSecurityKey()
		require.Equal(t, tosstest.CodeInvalidEncryption, decryptedOrPlain(t, b.Shop().SecurityKey, b.post("/v2/payouts", body, headers()...)).code())
	})
}

// decryptedOrPlain reads an answer as a client does: by its first character.
func decryptedOrPlain(t *testing.T, key string, got answer) answer {
	t.Helper()
	if strings.HasPrefix(got.raw, "{") {
		return got
	}
	return decrypt(t, key, got)
}
