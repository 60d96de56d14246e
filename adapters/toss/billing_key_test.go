package toss_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/toss"
	"github.com/jigap/jigap/adapters/toss/tosstest"
	"github.com/jigap/jigap/ports"
)

// issueCodes are what the issue of a billing key is refused with.
func issueCodes() []refused {
	return slices.Concat(codesOfAll(),
		each(refused{status: 400, outcome: declined, next: true},
			"INVALID_CARD_NUMBER", "INVALID_CARD_PASSWORD", "INVALID_CARD_EXPIRATION", "INVALID_CARD_IDENTITY", "INVALID_BIRTH_DAY_FORMAT",
			"INVALID_REJECT_CARD", "INVALID_STOPPED_CARD", "NOT_SUPPORTED_CARD_TYPE", "NOT_REGISTERED_CARD_COMPANY", "INVALID_EMAIL"),
		each(refused{status: 403, outcome: declined, next: true}, "EXCEED_MAX_AUTH_COUNT", "REJECT_CARD_COMPANY", "REJECT_ACCOUNT_PAYMENT"),
		each(refused{status: 400, outcome: declined}, "INVALID_BILLING_AUTH"),
		each(refused{status: 404, outcome: declined}, "NOT_FOUND_BILLING"),
		each(refused{status: 400, outcome: fault, permanent: true, alarm: true}, "NOT_SUPPORTED_METHOD"),
		each(refused{outcome: fault, permanent: true, alarm: true}, "INVALID_CUSTOMER_KEY"),
		each(refused{status: 500}, "FAILED_BILL_KEY_AUTH_CREATION"),
	)
}

// deleteCodes are what the deletion of a billing key is refused with.
func deleteCodes() []refused {
	return slices.Concat(codesOfAll(), each(refused{status: 400, outcome: declined}, "ALREADY_REMOVED_BILLING_KEY"))
}

// class is what a row says of a request, whether it is to be confirmed or not.
func (r refused) class() toss.Class {
	said := r.outcome
	if said == unknown {
		said = r.likely
	}
	return map[ports.Outcome]toss.Class{declined: toss.ClassDeclined, fault: toss.ClassFault, pending: toss.ClassWorking}[said]
}

// requireError compares the error of a client with a row.
func (r refused) requireError(t *testing.T, err error, status int) {
	t.Helper()
	var failed *toss.Error
	require.ErrorAs(t, err, &failed)
	require.Equal(t, r.class(), failed.Class, "%v", err)
	if r.outcome != pending {
		require.Equal(t, r.likely != unknown, failed.Confirm)
	}
	require.Equal(t, r.next, failed.OtherMethod)
	require.Equal(t, r.permanent, failed.Permanent)
	require.Equal(t, r.alarm, failed.Alarm != "")
	require.Equal(t, r.code, failed.Code)
	require.Equal(t, status, failed.Status)
	require.NotEmpty(t, failed.TraceID)
}

const customerKey = "6d0f2c1e-9a53-4c0e-8f44-1b7a2f6c9d10"

func TestClient_IssueBillingKey_codes(t *testing.T) {
	t.Parallel()
	for _, row := range issueCodes() {
		for name, status := range row.statuses() {
			t.Run(row.code+" "+name, func(t *testing.T) {
				t.Parallel()
				w := setup(t)
				w.sim.Inject(tosstest.Fault{Path: "/issue", Kind: tosstest.StatusBefore, Status: status, Code: row.code})
				authKey := w.sim.AuthKey(customerKey)
				billing, err := w.client.IssueBillingKey(t.Context(), authKey, customerKey)
				w.Nil(billing)
				row.with(status).requireError(t, err, status)
				billing, err = w.client.IssueBillingKey(t.Context(), authKey, customerKey)
				w.NoError(err, "the same may be asked for again")
				w.Equal(customerKey, billing.Key.CustomerKey)
			})
		}
	}
}

func TestClient_DeleteBillingKey_codes(t *testing.T) {
	t.Parallel()
	for _, row := range without(deleteCodes(), "ALREADY_REMOVED_BILLING_KEY") {
		for name, status := range row.statuses() {
			t.Run(row.code+" "+name, func(t *testing.T) {
				t.Parallel()
				w := setup(t)
				w.sim.Inject(tosstest.Fault{Method: http.MethodDelete, Kind: tosstest.StatusBefore, Status: status, Code: row.code})
				key, err := w.lookUp(t.Context(), "card-1")
				w.NoError(err)
				row.with(status).requireError(t, w.client.DeleteBillingKey(t.Context(), key), status)
			})
		}
	}
}

func TestClient_DeleteBillingKey(t *testing.T) {
	t.Parallel()
	w := setup(t)
	key, err := w.lookUp(t.Context(), "card-1")
	w.NoError(err)
	w.sim.Inject(tosstest.Fault{Method: http.MethodDelete, Kind: tosstest.CloseAfter})
	w.Error(w.client.DeleteBillingKey(t.Context(), key), "the answer is lost")
	w.NoError(w.client.DeleteBillingKey(t.Context(), key), "it had been deleted before")
	charger, order := billed(w)
	answer := w.send(charger, &order)
	w.Equal(declined, answer.Outcome)
	w.Equal("ALREADY_REMOVED_BILLING_KEY", answer.Code)
	w.True(answer.Permanent)
	w.Zero(w.executed())
}

func TestClient_IssueBillingKey(t *testing.T) {
	t.Parallel()
	t.Run("a lost answer comes again under the same key", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		authKey := w.sim.AuthKey(customerKey)
		w.sim.Inject(tosstest.Fault{Path: "/issue", Kind: tosstest.CloseAfter})
		_, err := w.client.IssueBillingKey(t.Context(), authKey, customerKey)
		var failed *toss.Error
		w.ErrorAs(err, &failed)
		w.Equal(toss.ClassUnknown, failed.Class)
		billing, err := w.client.IssueBillingKey(t.Context(), authKey, customerKey)
		w.NoError(err)
		again, err := w.client.IssueBillingKey(t.Context(), authKey, customerKey)
		w.NoError(err)
		w.Equal(billing.Key.Reveal(), again.Key.Reveal())
		w.Equal("카드", billing.Method)
		w.Equal("41", billing.Issuer)
		w.Len([]rune(billing.Masked), 5)
	})
	t.Run("an authKey that was never handed out", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		_, err := w.client.IssueBillingKey(t.Context(), "bln_false", customerKey)
		refused{code: "NOT_FOUND_BILLING", status: 404, outcome: declined}.requireError(t, err, 404)
	})
	t.Run("another customer's authKey", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		_, err := w.client.IssueBillingKey(t.Context(), w.sim.AuthKey("another-customer"), customerKey)
		var failed *toss.Error
		w.ErrorAs(err, &failed)
		w.Equal(toss.ClassUnknown, failed.Class, "the provider documents no code for it")
	})
	const good = `{"billingKey":"bk","customerKey":"` + customerKey + `","method":"카드"}`
	for name, row := range map[string]struct {
		body  string
		class toss.Class
		alarm bool
	}{
		"of another customer":     {strings.Replace(good, "6d0f", "7d0f", 1), toss.ClassFault, true},
		"of no customer":          {`{"billingKey":"bk"}`, toss.ClassFault, true},
		"without a billing key":   {strings.Replace(good, `"bk"`, `""`, 1), toss.ClassFault, true},
		"with a null billing key": {strings.Replace(good, `"bk"`, `null`, 1), toss.ClassFault, true},
		"with an endless one":     {strings.Replace(good, `"bk"`, `"`+strings.Repeat("k", 201)+`"`, 1), toss.ClassFault, true},
		"with a number for a key": {strings.Replace(good, `"bk"`, `5`, 1), toss.ClassUnknown, false},
		"with two billing keys":   {strings.Replace(good, `{`, `{"billingKey":"other",`, 1), toss.ClassUnknown, false},
		"that is cut":             {good[:20], toss.ClassUnknown, false},
		"that is a page":          {"<html>", toss.ClassUnknown, false},
	} {
		t.Run("an answer "+name, func(t *testing.T) {
			t.Parallel()
			billing, err := fuzzClient(t, 200, row.body).IssueBillingKey(t.Context(), "auth", customerKey)
			require.Nil(t, billing)
			var failed *toss.Error
			require.ErrorAs(t, err, &failed)
			require.Equal(t, row.class, failed.Class)
			require.Equal(t, row.alarm, failed.Alarm != "")
			require.NotContains(t, fmt.Sprint(err), "bk")
		})
	}
	for name, call := range map[string]func(c *toss.Client) error{
		"no authKey": func(c *toss.Client) error { return second(c.IssueBillingKey(t.Context(), "", customerKey)) },
		"a long authKey": func(c *toss.Client) error {
			return second(c.IssueBillingKey(t.Context(), strings.Repeat("a", 301), customerKey))
		},
		"a long customerKey": func(c *toss.Client) error {
			return second(c.IssueBillingKey(t.Context(), "a", strings.Repeat("a", 51)))
		},
		"a short customerKey": func(c *toss.Client) error { return second(c.IssueBillingKey(t.Context(), "a", "a")) },
		"an odd customerKey":  func(c *toss.Client) error { return second(c.IssueBillingKey(t.Context(), "a", "a b")) },
		"no billing key": func(c *toss.Client) error {
			return c.DeleteBillingKey(t.Context(), toss.NewBillingKey("", customerKey))
		},
	} {
		t.Run("refused locally: "+name, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			require.ErrorIs(t, call(w.client), ports.ErrInvalid)
			require.Zero(t, w.sim.Requests())
		})
	}
}

// second is the error of two results.
func second[T any](_ T, err error) error { return errors.Join(err) }
