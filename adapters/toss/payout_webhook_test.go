package toss_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/toss"
	"github.com/jigap/jigap/adapters/toss/tosstest"
	"github.com/jigap/jigap/ports"
)

// The vectors of signed notifications, under the security key of the encrypted payout.
const (
	vectorBody    = `{"eventType":"payout.changed","createdAt":"2026-11-28T10:00:00.000000","version":"2022-11-16","eventId":"evt-1","entityType":"payout","entityBody":{"id":"FPA_1","refPayoutId":"jigap-w-1","status":"COMPLETED"}}`
	vectorTime    = "2026-11-28T10:00:01+09:00"
	vectorDecoded = "8aKyIkLpOlxczsZRwJkjSlXvry+qny7tAjnZ1raI/gU="
	vectorText    = "CipgaVre3Zy2oxP5EZbmoco1mLuc4sBYeMJoaf6arqg="
)

func signedBy(signature, body string) ports.Webhook {
	return ports.Webhook{Body: []byte(body), Header: map[string][]string{
		"Tosspayments-Webhook-Transmission-Time": {vectorTime}, "Tosspayments-Webhook-Signature": {signature},
	}}
}

// vectorReader is a reader whose second security key is that of the vectors.
func vectorReader(t *testing.T) *toss.Disburser {
	t.Helper()
	w := setupPayouts(t, tosstest.Config{})
	return w.disburserWith(toss.PayoutConfig{SecurityKey: w.securityKey(), OldSecurityKey: vectorSecurityKey(t)})
}

func TestDisburser_ReadWebhook_vectors(t *testing.T) {
	t.Parallel()
	d := vectorReader(t)
	other := base64.StdEncoding.EncodeToString(make([]byte, 32))
	for signature, genuine := range map[string]bool{
		"v1:" + vectorDecoded: true, "v1:" + vectorText: true, "v1:" + other + ",v1:" + vectorDecoded: true, "v1:" + vectorText + ", v1:" + other: true,
		"v1:" + other: false, vectorDecoded: false, "v2:" + vectorDecoded: false, "V1:" + vectorDecoded: false, "v1:": false, "": false, "v1:,": false,
		"v1:" + vectorDecoded[1:]: false, "v1:" + strings.ToLower(vectorDecoded): false,
		strings.Repeat("v1:"+other+",", 8) + "v1:" + vectorDecoded: false,
	} {
		notices, err := d.ReadWebhook(t.Context(), signedBy(signature, vectorBody))
		require.Empty(t, notices, "no adapter of ours made the id")
		if genuine {
			require.NoError(t, err, signature)
			continue
		}
		require.ErrorIs(t, err, ports.ErrForged, signature)
		require.NotContains(t, err.Error(), vectorDecoded)
	}
	late := signedBy("v1:"+vectorDecoded, vectorBody)
	late.Header["Tosspayments-Webhook-Transmission-Time"] = []string{"2026-11-28T10:00:02+09:00"}
	_, err := d.ReadWebhook(t.Context(), late)
	require.ErrorIs(t, err, ports.ErrForged)
}

// sign signs a body with the key of the vectors.
func sign(t *testing.T, body string) ports.Webhook {
	t.Helper()
	key, err := hex.DecodeString(vectorKey)
	require.NoError(t, err)
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(body + ":" + vectorTime))
	return signedBy("v1:"+base64.StdEncoding.EncodeToString(mac.Sum(nil)), body)
}

func TestDisburser_ReadWebhook_bodies(t *testing.T) {
	t.Parallel()
	d := vectorReader(t)
	digest := "jgp_" + strings.Repeat("a", 32)
	event := func(kind, id, ref string) string {
		return `{"eventType":"` + kind + `","entityBody":{"id":"` + id + `","refPayoutId":"` + ref + `"}}`
	}
	one := func(operation, ref string) []ports.Notice {
		return []ports.Notice{{Provider: "payout@toss:main", OperationID: operation, ProviderRef: ref}}
	}
	for name, tc := range map[string]struct {
		body    string
		notices []ports.Notice
		invalid bool
	}{
		"a payout of ours":              {event("payout.changed", "FPA_1", "jgp-op-1"), one("op-1", "FPA_1"), false},
		"a payout under a digest":       {event("payout.changed", "FPA_1", digest), one("", "FPA_1"), false},
		"an id that cannot be one":      {event("payout.changed", "FPA 1", "jgp-op-1"), one("op-1", ""), false},
		"a digest and no id":            {event("payout.changed", "FPA 1", digest), nil, false},
		"the orderId of a charge":       {event("payout.changed", "FPA_1", "jgb-op-1"), nil, false},
		"a seller":                      {event("seller.changed", "seller_1", ""), nil, false},
		"an event of tomorrow":          {event("balance.changed", "x", "jgp-op-1"), nil, false},
		"a payout without an id":        {event("payout.changed", "", "jgp-op-1"), nil, true},
		"a payout without our id":       {event("payout.changed", "FPA_1", ""), nil, true},
		"an event without a type":       {`{"entityBody":{}}`, nil, true},
		"an event that names two types": {`{"eventType":"seller.changed","eventType":"payout.changed"}`, nil, true},
		"no JSON":                       {`hello`, nil, true},
	} {
		notices, err := d.ReadWebhook(context.Background(), sign(t, tc.body))
		require.Equal(t, tc.notices, notices, name)
		require.Equal(t, tc.invalid, err != nil, "%s: %v", name, err)
		if tc.invalid {
			require.ErrorIs(t, err, ports.ErrInvalid, name)
		}
	}
}
