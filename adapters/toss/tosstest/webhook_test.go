package tosstest_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/toss/tosstest"
)

// event is what a test reads of a webhook.
type event struct {
	EventType, Status, Secret, OrderID, TransactionKey, PaymentKey string
	Data                                                           struct{ Status, Secret, PaymentKey string }
	EntityBody                                                     struct{ ID, Status string }
}

func read(t *testing.T, n tosstest.Notification) (e event) {
	t.Helper()
	require.NoError(t, json.Unmarshal(n.Body, &e))
	return e
}

// told is what the due webhooks say: the event and the status of each.
func (b *bench) told() (all []string) {
	b.t.Helper()
	for _, n := range b.Due() {
		e := read(b.t, n)
		all = append(all, strings.TrimSpace(e.EventType+" "+e.Status+e.Data.Status+e.EntityBody.Status))
		b.Answered(n.ID, http.StatusOK)
	}
	return all
}

func TestSimulator_events(t *testing.T) {
	t.Parallel()
	const changed = "PAYMENT_STATUS_CHANGED "
	cases := []struct {
		name string
		do   func(b *bench)
		told []string
	}{
		{"a billing approval is silent", func(b *bench) { b.charge(b.NewCard(tosstest.CardConfig{}), "order-1", 1000) }, nil},
		{"a billing cancellation is told", func(b *bench) {
			b.CancelOutside(b.ChargeOutside(b.NewCard(tosstest.CardConfig{}), won(1000)), won(400))
		}, []string{changed + "PARTIAL_CANCELED"}},
		{"an approval is told", func(b *bench) {
			b.confirm(b.authenticated("order-1", 1000, tosstest.MethodCard), "order-1", 1000)
		}, []string{changed + "DONE"}},
		{"a declined confirmation is told", func(b *bench) {
			b.Next("", tosstest.Scenario{Code: "FDS_ERROR", Recorded: true})
			b.confirm(b.authenticated("order-1", 1000, tosstest.MethodCard), "order-1", 1000)
		}, []string{changed + "ABORTED"}},
		{"an expiry is told", func(b *bench) {
			b.authenticated("order-1", 1000, tosstest.MethodCard)
			b.clock.Advance(time.Hour)
		}, []string{changed + "EXPIRED"}},
		{"a virtual account tells both", func(b *bench) {
			key := b.post("/v1/virtual-accounts", with(accountOrder(), nil)).fields["paymentKey"].(string)
			b.Deposit("order-1")
			b.DepositError("order-1")
			b.CancelOutside(key, won(0))
		}, []string{changed + "DONE", "DONE", "WAITING_FOR_DEPOSIT", changed + "CANCELED", "CANCELED"}},
		{"a payout is told once it ended", func(b *bench) {
			b.sealed("/v2/payouts", batch(with(payoutOf(b.NewSeller(tosstest.SellerConfig{})), nil)))
			b.SettlePayouts(false)
		}, []string{"payout.changed FAILED"}},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, tosstest.Config{})
			tc.do(b)
			require.Equal(t, tc.told, b.told())
		})
	}
}

func TestSimulator_deposit_callback(t *testing.T) {
	t.Parallel()
	b, key := issued(t, tosstest.Config{})
	secret := b.Books().Payments[0].Secret
	b.Deposit("order-1")
	due := b.Due()
	require.Len(t, due, 2)
	require.Equal(t, key, read(t, due[0]).Data.PaymentKey)
	var flat map[string]string
	require.NoError(t, json.Unmarshal(due[1].Body, &flat))
	require.Equal(t, map[string]string{
		"createdAt": "2026-03-13T12:00:00.000000", "secret": secret, "status": "DONE", "orderId": "order-1",
		"transactionKey": b.get("/v1/payments/" + key).fields["lastTransactionKey"].(string),
	}, flat)
	require.Equal(t, "order-1", due[1].OrderID)
	require.Empty(t, due[1].Header.Get("Tosspayments-Webhook-Signature"), "unsigned")
}

func TestSimulator_Due(t *testing.T) {
	t.Parallel()
	t.Run("a delivery is repeated 7 times with one id", func(t *testing.T) {
		t.Parallel()
		b := setup(t, tosstest.Config{})
		b.CancelOutside(b.ChargeOutside(b.NewCard(tosstest.CardConfig{}), won(1000)), won(1))
		var id string
		for try, minutes := range []int{0, 1, 4, 16, 64, 256, 1024, 4096} {
			if minutes > 0 {
				b.clock.Advance(time.Duration(minutes)*time.Minute - 1)
				require.Empty(t, b.Due())
				b.clock.Advance(1)
			}
			due := b.Due()
			require.Len(t, due, 1, try)
			require.Equal(t, try, due[0].Try)
			require.Equal(t, strconv.Itoa(try), due[0].Header.Get("tosspayments-webhook-transmission-retried-count"))
			require.Equal(t, due[0].ID, due[0].Header.Get("tosspayments-webhook-transmission-id"))
			require.Equal(t, b.clock.Now().In(time.FixedZone("", 9*3600)).Format(time.RFC3339), due[0].Header.Get("tosspayments-webhook-transmission-time"))
			if try > 0 {
				require.Equal(t, id, due[0].ID)
			}
			id = due[0].ID
			b.Answered(id, http.StatusInternalServerError)
		}
		b.clock.Advance(10_000 * time.Minute)
		require.Empty(t, b.Due())
	})
	t.Run("an answer with status 200 ends it", func(t *testing.T) {
		t.Parallel()
		b := setup(t, tosstest.Config{})
		b.CancelOutside(b.ChargeOutside(b.NewCard(tosstest.CardConfig{}), won(1000)), won(1))
		statuses, served := []int{500, 201, 200}, 0
		var received []string
		handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			received = append(received, r.Method+strconv.FormatBool(strings.Contains(string(body), "PARTIAL_CANCELED")))
			w.WriteHeader(statuses[served])
			served++
		})
		require.Equal(t, 1, b.DeliverTo(handler))
		require.Zero(t, b.DeliverTo(handler))
		for range 2 {
			b.clock.Advance(5 * time.Minute)
			require.Equal(t, 1, b.DeliverTo(handler))
		}
		b.clock.Advance(10_000 * time.Minute)
		require.Zero(t, b.DeliverTo(handler))
		require.Equal(t, []string{"POSTtrue", "POSTtrue", "POSTtrue"}, received)
	})
	t.Run("a handler that writes no status answers 200", func(t *testing.T) {
		t.Parallel()
		b := setup(t, tosstest.Config{})
		b.CancelOutside(b.ChargeOutside(b.NewCard(tosstest.CardConfig{}), won(1000)), won(1))
		require.Equal(t, 1, b.DeliverTo(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})))
		b.clock.Advance(10_000 * time.Minute)
		require.Empty(t, b.Due())
	})
}

func TestSimulator_signature(t *testing.T) {
	t.Parallel()
	signed := func(t *testing.T, b *bench) tosstest.Notification {
		t.Helper()
		b.PayOutside(b.NewSeller(tosstest.SellerConfig{}), won(1000))
		due := b.Due()
		require.Len(t, due, 1)
		return due[0]
	}
	signature := func(n tosstest.Notification, key []byte) string {
		mac := hmac.New(sha256.New, key)
		mac.Write(append(append([]byte{}, n.Body...), ":"+n.Header.Get("tosspayments-webhook-transmission-time")...))
		return "v1:" + base64.StdEncoding.EncodeToString(mac.Sum(nil))
	}
	decoded := func(t *testing.T, key string) []byte {
		t.Helper()
		data, err := hex.DecodeString(key)
		require.NoError(t, err)
		return data
	}
	t.Run("is by the security key", func(t *testing.T) {
		t.Parallel()
		b := setup(t, tosstest.Config{})
		n := signed(t, b)
		require.Equal(t, signature(n, decoded(t, b.Shop().SecurityKey)), n.Header.Get("Tosspayments-Webhook-Signature"))
		require.Equal(t, "payout.changed", read(t, n).EventType)
	})
	t.Run("is by the text of the key where the simulator is told so", func(t *testing.T) {
		t.Parallel()
		b := setup(t, tosstest.Config{TextSignatures: true})
		n := signed(t, b)
		require.Equal(t, signature(n, []byte(b.Shop().SecurityKey)), n.Header.Get("Tosspayments-Webhook-Signature"))
	})
	t.Run("is by both keys after a rotation", func(t *testing.T) {
		t.Parallel()
		b := setup(t, tosstest.Config{})
		old := b.Shop().SecurityKey
		b.RotateSecurityKey()
		n := signed(t, b)
		require.Equal(t, signature(n, decoded(t, b.Shop().SecurityKey))+","+signature(n, decoded(t, old)), n.Header.Get("Tosspayments-Webhook-Signature"))
	})
	t.Run("may be false", func(t *testing.T) {
		t.Parallel()
		b := setup(t, tosstest.Config{})
		b.Misdeliver(tosstest.FalseSignature)
		n := signed(t, b)
		require.NotEqual(t, signature(n, decoded(t, b.Shop().SecurityKey)), n.Header.Get("Tosspayments-Webhook-Signature"))
		n = signed(t, b)
		require.Equal(t, signature(n, decoded(t, b.Shop().SecurityKey)), n.Header.Get("Tosspayments-Webhook-Signature"))
	})
}

// The vectors of the signature: a body and a time, signed with the decoded key and with its
// text.
func TestSign(t *testing.T) {
	t.Parallel()
	const body = `{"eventType":"payout.changed","createdAt":"2026-11-28T10:00:00.000000","version":"2022-11-16","eventId":"evt-1","entityType":"payout","entityBody":{"id":"FPA_1","refPayoutId":"jigap-w-1","status":"COMPLETED"}}`
	require.Len(t, body, 209)
	for text, wanted := range map[bool]string{
		false: "8aKyIkLpOlxczsZRwJkjSlXvry+qny7tAjnZ1raI/gU=", true: "CipgaVre3Zy2oxP5EZbmoco1mLuc4sBYeMJoaf6arqg=",
	} {
		sim := tosstest.New(tosstest.Config{SecurityKey: vectorSecurity, TextSignatures: text})
		require.Equal(t, "v1:"+wanted, sim.Sign([]byte(body), "2026-11-28T10:00:01+09:00"))
	}
}

func TestSimulator_Misdeliver(t *testing.T) {
	t.Parallel()
	cancel := func(b *bench, amount int64) {
		b.CancelOutside(b.ChargeOutside(b.NewCard(tosstest.CardConfig{}), won(amount)), won(0))
	}
	t.Run("doubled", func(t *testing.T) {
		t.Parallel()
		b := setup(t, tosstest.Config{})
		b.Misdeliver(tosstest.Doubled)
		cancel(b, 1000)
		cancel(b, 1000)
		due := b.Due()
		require.Len(t, due, 3)
		require.Equal(t, due[0].ID, due[1].ID)
		require.NotEqual(t, due[0].ID, due[2].ID)
		b.clock.Advance(time.Minute)
		require.Len(t, b.Due(), 2)
	})
	t.Run("late", func(t *testing.T) {
		t.Parallel()
		b := setup(t, tosstest.Config{})
		b.Misdeliver(tosstest.Late)
		cancel(b, 1000)
		b.clock.Advance(time.Hour - 1)
		require.Empty(t, b.Due())
		b.clock.Advance(1)
		require.Len(t, b.Due(), 1)
	})
	t.Run("reordered", func(t *testing.T) {
		t.Parallel()
		b := setup(t, tosstest.Config{})
		b.Misdeliver(tosstest.Reordered)
		cancel(b, 1000)
		require.Empty(t, b.Due(), "it waits for the next one")
		cancel(b, 2000)
		due := b.Due()
		require.Len(t, due, 2)
		require.Contains(t, string(due[0].Body), `"totalAmount":2000`)
		require.Contains(t, string(due[1].Body), `"totalAmount":1000`)
	})
	t.Run("reordered, with no other", func(t *testing.T) {
		t.Parallel()
		b := setup(t, tosstest.Config{})
		b.Misdeliver(tosstest.Reordered)
		cancel(b, 1000)
		b.clock.Advance(time.Hour)
		require.Len(t, b.Due(), 1)
	})
	t.Run("a false secret, in the first call-back", func(t *testing.T) {
		t.Parallel()
		b, _ := issued(t, tosstest.Config{})
		secret := b.Books().Payments[0].Secret
		b.Misdeliver(tosstest.FalseSecret)
		cancel(b, 1000)
		b.Deposit("order-1")
		b.DepositError("order-1")
		due := b.Due()
		require.Len(t, due, 4)
		require.NotEqual(t, secret, read(t, due[2]).Secret)
		require.Equal(t, secret, read(t, due[3]).Secret)
	})
}
