package main

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/ledger"
)

// recharging starts a server that looks for work so often, with 10,000 in the wallet c1
// and a policy that charges at 5,000, up to 20,000.
func recharging(t *testing.T, look time.Duration) *running {
	t.Helper()
	h := newPlace(t).startLooking(t, look)
	h.fund()
	second := h.register()
	set := h.must(http.StatusOK, "PUT", "/wallets/c1/auto-recharge", "", `{"payment_methods":["`+h.card+`","`+second+`"],
		"minimum_cash":"5000","recharge_to":"20000","alert_levels":["6000"],"who":"c1","why":"asked for"}`)
	require.Equal(t, set, h.must(http.StatusOK, "GET", "/wallets/c1/auto-recharge", "", ""))
	require.Equal(t, []any{"active", "사용 가능 잔액이 5,000원보다 많아 충전하지 않습니다."}, []any{set["status"], set["explanation"]})
	require.Equal(t, []any{h.card, second}, set["terms"].(fields)["payment_methods"])
	return h
}

func (r *running) eventuallyHas(cash string) {
	r.t.Helper()
	require.Eventually(r.t, func() bool { return r.cash() == cash }, 20*time.Second, 10*time.Millisecond)
}

// TestServer_order_sets_off_a_recharge: a debit that brings the cash to the minimum is followed by
// a charge at once: the worker comes by in an hour. The first card declines, the second
// is charged, once, up to the target; and the log tells of both and of the low balance.
func TestServer_order_sets_off_a_recharge(t *testing.T) {
	t.Parallel()
	h := recharging(t, time.Hour)
	h.declines(h.card)
	h.must(http.StatusOK, "POST", "/wallets/c1/orders", "above", `{"item":"300 messages","amount":"3000"}`)
	h.trigger.Wait()
	require.Equal(t, "7000", h.cash(), "above the minimum nothing happens")

	h.must(http.StatusOK, "POST", "/wallets/c1/orders", "below", `{"item":"200 messages","amount":"2000"}`)
	h.eventuallyHas("20000")
	h.trigger.Wait()
	require.Equal(t, []string{"10000", "15000"}, h.charged(), "one by hand, one by itself")
	require.Eventually(t, func() bool {
		log := h.log.String()
		return strings.Contains(log, "msg=wallet.low_balance") && strings.Contains(log, "msg=policy.declined")
	}, 20*time.Second, 10*time.Millisecond)
}

// TestServer_sweep_finds_what_was_not_told: a debit whose process died before it told anybody is
// found by the worker.
func TestServer_sweep_finds_what_was_not_told(t *testing.T) {
	t.Parallel()
	h := recharging(t, 10*time.Millisecond)
	silent, err := ledger.New(h.store, ledger.Config{})
	require.NoError(t, err)
	_, err = silent.Deduct(t.Context(), ledger.DeductRequest{WalletID: "c1", Key: "d", Amount: decimal.NewFromInt(9_000)})
	require.NoError(t, err)
	h.eventuallyHas("20000")
}

// TestServer_order_that_fails_sets_nothing_off: a debit that is rolled back with its row
// causes no charge.
func TestServer_order_that_fails_sets_nothing_off(t *testing.T) {
	t.Parallel()
	h := recharging(t, time.Hour)
	_, err := h.pool.Exec(t.Context(), "ALTER TABLE orders RENAME TO away")
	require.NoError(t, err)
	h.refused(http.StatusInternalServerError, "internal", "POST", "/wallets/c1/orders", "o", `{"item":"x","amount":"9000"}`)
	h.trigger.Wait()
	require.Len(t, h.charged(), 1)
	require.NotContains(t, h.log.String(), "low_balance")
}

// TestServer_policy_of_the_customer: it can be taken away again, and nonsense is refused with
// every fault of it.
func TestServer_policy_of_the_customer(t *testing.T) {
	t.Parallel()
	h := recharging(t, 10*time.Millisecond)
	const path = "/wallets/c1/auto-recharge"
	h.refused(http.StatusUnprocessableEntity, "invalid", "PUT", path, "", `{"minimum_cash":"5000","recharge_to":"4000","who":"c1","why":"asked for"}`)
	h.refused(http.StatusNotFound, "not_found", "PUT", "/wallets/nobody/auto-recharge", "", `{"who":"c1","why":"asked for"}`)
	h.refused(http.StatusUnprocessableEntity, "invalid", "PUT", path, "", `{"minimum_cash":"0","recharge_to":"0","who":"c1"}`)
	h.refused(http.StatusBadRequest, "bad_request", "PUT", path, "", `{"daily_count":1000}`)
	require.Equal(t, "deleted", h.must(http.StatusOK, "POST", path+"/deletion", "", `{"who":"c1","why":"asked for"}`)["status"])
	h.refused(http.StatusNotFound, "not_found", "GET", path, "", "")
	h.refused(http.StatusNotFound, "not_found", "POST", path+"/deletion", "", `{"who":"c1","why":"asked for"}`)
	h.refused(http.StatusUnprocessableEntity, "invalid", "POST", path+"/deletion", "", `{"who":"c1"}`)
	h.must(http.StatusOK, "POST", "/wallets/c1/orders", "o", `{"item":"x","amount":"9000"}`)
	h.trigger.Wait()
	require.NoError(t, h.worker.Step(t.Context()).Err())
	require.Equal(t, "1000", h.cash())
}
