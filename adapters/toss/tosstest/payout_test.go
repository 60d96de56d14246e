package tosstest_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/toss/tosstest"
)

// payoutOf is one item of a batch.
func payoutOf(seller string) object {
	return object{
		"refPayoutId": "payout-1", "destination": seller, "scheduleType": "EXPRESS",
		"amount": object{"currency": "KRW", "value": 1000}, "transactionDescription": "JIGAP",
	}
}

// batch is a body of items.
func batch(items ...string) string { return "[" + strings.Join(items, ",") + "]" }

// first is the first item of a list.
func first(t *testing.T, got answer) object {
	t.Helper()
	require.Equal(t, "payout-list", got.fields["entityType"], got.raw)
	items := got.fields["entityBody"].(object)["items"].([]any)
	require.NotEmpty(t, items)
	return items[0].(object)
}

// available is the balance that the provider shows.
func (b *bench) available() string {
	b.t.Helper()
	amount := b.passed(b.get("/v2/balances")).fields["entityBody"].(object)["availableAmount"].(object)
	require.Equal(b.t, "KRW", amount["currency"])
	return fmt.Sprint(amount["value"])
}

// accepted is a simulator with a balance of 5,000 that has accepted a payout, and its id.
func accepted(t *testing.T, change object) (b *bench, id string) {
	t.Helper()
	b = setup(t, tosstest.Config{})
	b.SetBalance(won(5000))
	got := b.passed(b.sealed("/v2/payouts", batch(with(payoutOf(b.NewSeller(tosstest.SellerConfig{})), change))))
	return b, first(t, got)["id"].(string)
}

func (b *bench) payout(id string) object {
	b.t.Helper()
	return b.passed(b.get("/v2/payouts/" + id)).fields["entityBody"].(object)
}

func TestSimulator_payout(t *testing.T) {
	t.Parallel()
	t.Run("is accepted, and paid later", func(t *testing.T) {
		t.Parallel()
		b, id := accepted(t, nil)
		require.True(t, strings.HasPrefix(id, "FPA_"))
		got := b.payout(id)
		require.Contains(t, []any{"REQUESTED", "IN_PROGRESS"}, got["status"])
		require.Equal(t, "2026-03-13", got["payoutDate"])
		require.Equal(t, object{"currency": "KRW", "value": json.Number("1000")}, got["amount"])
		require.Equal(t, "2026-03-13T12:00:00+09:00", got["requestedAt"])
		require.Nil(t, got["error"])
		require.Equal(t, "4000", b.available())
		require.Equal(t, 1, b.Executions("payout-1"))
		require.True(t, b.SettlePayouts(true))
		require.False(t, b.SettlePayouts(true))
		require.Equal(t, "COMPLETED", b.payout(id)["status"])
		require.Equal(t, "4000", b.available())
		require.Equal(t, tosstest.Completed, b.Books().Payouts[0].Status)
	})
	t.Run("fails with an error, and the money is back", func(t *testing.T) {
		t.Parallel()
		b, id := accepted(t, nil)
		require.True(t, b.SettlePayouts(false))
		got := b.payout(id)
		require.Equal(t, "FAILED", got["status"])
		require.Equal(t, "ACCOUNT_OWNER_CHECK_FAILED", got["error"].(object)["code"])
		require.Equal(t, "5000", b.available())
		require.Zero(t, b.Executions("payout-1"))
	})
	t.Run("fails at the accounts that refuse test payouts", func(t *testing.T) {
		t.Parallel()
		for live, status := range map[bool]string{false: "FAILED", true: "COMPLETED"} {
			b := setup(t, tosstest.Config{Live: live})
			seller := b.NewSeller(tosstest.SellerConfig{BankCode: "295", AccountNumber: "77701777777"})
			b.passed(b.sealed("/v2/payouts", batch(with(payoutOf(seller), nil))))
			b.SettlePayouts(true)
			require.Equal(t, status, b.Books().Payouts[0].Status)
		}
	})
	t.Run("fails a day later", func(t *testing.T) {
		t.Parallel()
		b, id := accepted(t, nil)
		b.FailLater(id)
		b.FailLater("other")
		b.clock.Advance(24*time.Hour - 1)
		require.NotEqual(t, "FAILED", b.payout(id)["status"])
		b.clock.Advance(1)
		require.Equal(t, "FAILED", b.payout(id)["status"])
		require.Equal(t, "5000", b.available())
	})
	t.Run("a COMPLETED one does not fail later", func(t *testing.T) {
		t.Parallel()
		b, id := accepted(t, nil)
		b.FailLater(id)
		b.SettlePayouts(true)
		b.FailLater(id)
		b.clock.Advance(48 * time.Hour)
		require.Equal(t, "COMPLETED", b.payout(id)["status"])
	})
	t.Run("a SCHEDULED one can be cancelled", func(t *testing.T) {
		t.Parallel()
		b, id := accepted(t, object{"scheduleType": "SCHEDULED", "payoutDate": "2026-03-16"})
		require.Equal(t, "REQUESTED", b.payout(id)["status"])
		got := b.passed(b.post("/v2/payouts/"+id+"/cancel", ""))
		require.Equal(t, "CANCELED", got.fields["entityBody"].(object)["status"])
		require.Equal(t, "5000", b.available())
		b.refused(400, tosstest.CodeNotCancelablePayout, b.post("/v2/payouts/"+id+"/cancel", ""))
		require.Empty(t, b.Due(), "a cancellation is not told")
		b.refused(404, "PAYOUT_NOT_FOUND", b.post("/v2/payouts/other/cancel", ""))
		b.refused(404, "PAYOUT_NOT_FOUND", b.get("/v2/payouts/other"))
		require.Zero(t, b.Executions("payout-1"))
	})
	t.Run("an EXPRESS one cannot be cancelled", func(t *testing.T) {
		t.Parallel()
		b, _ := accepted(t, nil)
		seller := b.NewSeller(tosstest.SellerConfig{})
		for i := range 8 {
			b.passed(b.sealed("/v2/payouts", batch(with(payoutOf(seller), object{"refPayoutId": fmt.Sprint("more-", i), "amount": object{"currency": "KRW", "value": 1}}))))
		}
		statuses := map[string]bool{}
		for _, p := range b.Books().Payouts {
			statuses[p.Status] = true
			b.refused(400, tosstest.CodeNotCancelablePayout, b.post("/v2/payouts/"+p.ID+"/cancel", ""))
		}
		require.Equal(t, map[string]bool{tosstest.Requested: true, tosstest.InProgress: true}, statuses, "both are seen")
	})
	t.Run("a replay is the same JWE", func(t *testing.T) {
		t.Parallel()
		b := setup(t, tosstest.Config{})
		body := encrypt(t, b.Shop().SecurityKey, batch(with(payoutOf(b.NewSeller(tosstest.SellerConfig{})), nil)), protected())
		one := b.passed(b.post("/v2/payouts", body, headers(header, "key")...))
		two := b.passed(b.post("/v2/payouts", body, headers(header, "key")...))
		require.Equal(t, one.raw, two.raw)
		require.Equal(t, 1, b.Executions("payout-1"))
		b.refused(400, tosstest.CodeDuplicatedPayout, decrypt(t, b.Shop().SecurityKey, b.post("/v2/payouts", body, headers(header, "key-2")...)))
	})
	t.Run("follows a scenario", func(t *testing.T) {
		t.Parallel()
		b := setup(t, tosstest.Config{})
		body := batch(with(payoutOf(b.NewSeller(tosstest.SellerConfig{})), nil))
		b.Next("/payouts", tosstest.Scenario{Code: "COMMON_ERROR"}, tosstest.Scenario{Code: "COMMON_ERROR", Executed: true})
		b.refused(500, "COMMON_ERROR", b.sealed("/v2/payouts", body))
		require.Zero(t, b.Executions("payout-1"))
		b.refused(500, "COMMON_ERROR", b.sealed("/v2/payouts", body))
		require.Equal(t, 1, b.Executions("payout-1"))
	})
	t.Run("shows a status of tomorrow while it is open", func(t *testing.T) {
		t.Parallel()
		b, id := accepted(t, nil)
		b.SetStatus("HELD")
		require.Equal(t, "HELD", b.payout(id)["status"])
		b.SettlePayouts(true)
		require.Equal(t, "COMPLETED", b.payout(id)["status"])
	})
}

func TestSimulator_payout_form(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name   string
		change object
		code   string
	}{
		{"no refPayoutId", object{"refPayoutId": nil}, "INVALID_REQUEST"},
		{"amount as text", object{"amount": object{"currency": "KRW", "value": "1000"}}, "INVALID_REQUEST"},
		{"amount as number", object{"amount": 1000}, "INVALID_REQUEST"},
		{"no amount", object{"amount": nil}, "INVALID_REQUEST"},
		{"nothing", object{"amount": object{"currency": "KRW", "value": 0}}, "INVALID_REQUEST"},
		{"dollars", object{"amount": object{"currency": "USD", "value": 1000}}, "INVALID_REQUEST"},
		{"a billion", object{"amount": object{"currency": "KRW", "value": 1_000_000_000}}, "INVALID_REQUEST"},
		{"more than the balance", object{"amount": object{"currency": "KRW", "value": 5001}}, "NOT_ENOUGH_AMOUNT"},
		{"the balance", object{"amount": object{"currency": "KRW", "value": 5000}}, ""},
		{"description of 8 characters", object{"transactionDescription": "여덟글자입니다요"}, "INVALID_REQUEST"},
		{"description of 7 characters", object{"transactionDescription": "일곱글자입니다"}, ""},
		{"unknown seller", object{"destination": "other"}, tosstest.CodeNotFoundSeller},
		{"unknown schedule", object{"scheduleType": "SOON"}, "INVALID_REQUEST"},
		{"six of metadata", object{"metadata": object{"a": "", "b": "", "c": "", "d": "", "e": "", "f": ""}}, "INVALID_REQUEST"},
		{"scheduled without a date", object{"scheduleType": "SCHEDULED"}, "INVALID_PAYABLE_DATE"},
		{"scheduled for today", object{"scheduleType": "SCHEDULED", "payoutDate": "2026-03-13"}, "INVALID_PAYABLE_DATE"},
		{"scheduled for Saturday", object{"scheduleType": "SCHEDULED", "payoutDate": "2026-03-14"}, "NOT_ALLOWED_HOLIDAY"},
		{"scheduled for Monday", object{"scheduleType": "SCHEDULED", "payoutDate": "2026-03-16"}, ""},
		{"scheduled for more than a year ahead", object{"scheduleType": "SCHEDULED", "payoutDate": "2027-03-15"}, "INVALID_PAYABLE_DATE"},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, tosstest.Config{})
			b.SetBalance(won(5000))
			seller := b.NewSeller(tosstest.SellerConfig{})
			good := with(payoutOf(seller), object{"refPayoutId": "payout-2", "amount": object{"currency": "KRW", "value": 1}})
			one := b.sealed("/v2/payouts", batch(with(payoutOf(seller), tc.change)))
			require.Equal(t, tc.code, one.code())
			if tc.code == "" {
				require.Len(t, b.Books().Payouts, 1)
				return
			}
			require.Equal(t, tc.code, b.sealed("/v2/payouts", batch(good, with(payoutOf(seller), tc.change))).code(), "one bad item refuses the batch")
			require.Empty(t, b.Books().Payouts)
		})
	}
	t.Run("a batch has 1 to 100 items, each of which is new", func(t *testing.T) {
		t.Parallel()
		b := setup(t, tosstest.Config{})
		item := with(payoutOf(b.NewSeller(tosstest.SellerConfig{})), nil)
		require.Equal(t, "INVALID_REQUEST", b.sealed("/v2/payouts", item).code())
		require.Equal(t, "INVALID_REQUEST", b.sealed("/v2/payouts", "[]").code())
		require.Equal(t, "INVALID_REQUEST", b.sealed("/v2/payouts", batch(strings.Split(strings.Repeat(item+"\n", 100)+item, "\n")...)).code())
		require.Equal(t, tosstest.CodeDuplicatedPayout, b.sealed("/v2/payouts", batch(item, item)).code())
		b.passed(b.sealed("/v2/payouts", batch(item)))
		require.Equal(t, tosstest.CodeDuplicatedPayout, b.sealed("/v2/payouts", batch(item)).code())
	})
}

func TestSimulator_payout_hours(t *testing.T) {
	t.Parallel()
	for at, code := range map[string]string{
		"2026-03-13T07:59:59": "INVALID_PAYABLE_DATE", "2026-03-13T08:00:00": "", "2026-03-13T14:59:59": "", "2026-03-13T15:00:00": "INVALID_PAYABLE_DATE",
		"2026-03-14T12:00:00": "NOT_ALLOWED_HOLIDAY", "2026-03-15T12:00:00": "NOT_ALLOWED_HOLIDAY", "2026-03-16T12:00:00": "",
	} {
		b := setup(t, tosstest.Config{})
		now, err := time.Parse("2006-01-02T15:04:05-07:00", at+"+09:00")
		require.NoError(t, err)
		b.clock.Set(now)
		require.Equal(t, code, b.sealed("/v2/payouts", batch(with(payoutOf(b.NewSeller(tosstest.SellerConfig{})), nil))).code(), at)
	}
}

func TestSimulator_sellers(t *testing.T) {
	t.Parallel()
	t.Run("are paid once they are approved, in part at least", func(t *testing.T) {
		t.Parallel()
		for status, code := range map[string]string{
			"APPROVED": "", "PARTIALLY_APPROVED": "", "APPROVAL_REQUIRED": "FORBIDDEN_SELLER_PAYOUT", "KYC_REQUIRED": "FORBIDDEN_SELLER_PAYOUT",
		} {
			b := setup(t, tosstest.Config{})
			seller := b.NewSeller(tosstest.SellerConfig{Status: status})
			require.Equal(t, code, b.sealed("/v2/payouts", batch(with(payoutOf(seller), nil))).code(), status)
		}
	})
	t.Run("are registered and approved", func(t *testing.T) {
		t.Parallel()
		b := setup(t, tosstest.Config{})
		body := object{
			"refSellerId": "seller-1", "businessType": "INDIVIDUAL", "individual": object{"name": "홍길동", "email": "a@b.example", "phone": "01000000000"},
			"account": object{"bankCode": "088", "accountNumber": "110123456789", "holderName": "홍길동"},
		}
		for _, change := range []object{
			{"refSellerId": "short"},
			{"businessType": "OTHER"},
			{"businessType": "CORPORATE"},
			{"individual": nil},
			{"account": nil},
			{"account": object{"bankCode": "88", "accountNumber": "1", "holderName": "홍길동"}},
		} {
			require.Equal(t, "INVALID_REQUEST", b.sealed("/v2/sellers", with(body, change)).code(), change)
		}
		got := b.passed(b.sealed("/v2/sellers", with(body, nil))).fields["entityBody"].(object)
		require.Equal(t, "APPROVAL_REQUIRED", got["status"])
		require.Equal(t, "INVALID_REQUEST", b.sealed("/v2/sellers", with(body, nil)).code(), "a refSellerId is never used again")
		id := got["id"].(string)
		require.Equal(t, "FORBIDDEN_SELLER_PAYOUT", b.sealed("/v2/payouts", batch(with(payoutOf(id), nil))).code())
		require.True(t, b.SetSeller(id, "APPROVED"))
		require.False(t, b.SetSeller("other", "APPROVED"))
		b.passed(b.sealed("/v2/payouts", batch(with(payoutOf(id), nil))))
		due := b.Due()
		require.Len(t, due, 1)
		require.Contains(t, string(due[0].Body), `"eventType":"seller.changed"`)
		require.NotEmpty(t, due[0].Header.Get("Tosspayments-Webhook-Signature"))
	})
}

func TestSimulator_payout_list(t *testing.T) {
	t.Parallel()
	b := setup(t, tosstest.Config{})
	seller := b.NewSeller(tosstest.SellerConfig{})
	for i := range 3 {
		b.passed(b.sealed("/v2/payouts", batch(with(payoutOf(seller), object{"refPayoutId": fmt.Sprintf("payout-%d", i)}))))
	}
	outside := b.PayOutside(seller, won(700))
	var refs []string
	after := ""
	for {
		body := b.passed(b.get("/v2/payouts?payoutDateGte=2026-03-13&payoutDateLte=2026-03-13&limit=2" + after)).fields["entityBody"].(object)
		for _, item := range body["items"].([]any) {
			refs = append(refs, item.(object)["refPayoutId"].(string))
		}
		if body["hasNext"] == false {
			break
		}
		after = fmt.Sprint("&startingAfter=", body["lastCursor"])
	}
	require.Equal(t, []string{"payout-0", "payout-1", "payout-2"}, refs[:3])
	require.Len(t, refs, 4)
	paid := b.Books().Payouts[3]
	require.Equal(t, outside, paid.ID)
	require.True(t, paid.Outside)
	require.Equal(t, tosstest.Completed, paid.Status)
	require.Equal(t, "999996300", b.available())
	for query, n := range map[string]int{"": 4, "?payoutDateGte=2026-03-14": 0, "?payoutDateLte=2026-03-12": 0, "?payoutDateGte=2026-03-13": 4} {
		require.Len(t, b.get("/v2/payouts" + query).fields["entityBody"].(object)["items"], n, query)
	}
	b.refused(400, "INVALID_REQUEST", b.get("/v2/payouts?limit=10001"))
	b.refused(400, "INVALID_PAGING_KEY", b.get("/v2/payouts?startingAfter=other"))
	b.Hide(true)
	require.Empty(t, b.get("/v2/payouts").fields["entityBody"].(object)["items"])
	b.refused(404, "PAYOUT_NOT_FOUND", b.get("/v2/payouts/"+outside))
}

func TestSimulator_payout_list_with_the_other_cursor(t *testing.T) {
	t.Parallel()
	b := setup(t, tosstest.Config{OtherPaging: true})
	seller := b.NewSeller(tosstest.SellerConfig{})
	one, two := b.PayOutside(seller, won(1)), b.PayOutside(seller, won(2))
	body := b.get("/v2/payouts?limit=1").fields["entityBody"].(object)
	require.Equal(t, true, body["hasMore"])
	require.Equal(t, one, body["nextCursor"])
	require.NotContains(t, body, "hasNext")
	body = b.ask(http.MethodGet, "/v2/payouts?limit=1&startingAfter="+one, "").fields["entityBody"].(object)
	require.Equal(t, false, body["hasMore"])
	require.Equal(t, two, body["items"].([]any)[0].(object)["id"])
}
