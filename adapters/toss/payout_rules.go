package toss

import (
	"net/http"
	"slices"
)

// payoutRules are what the request of a payout is refused with. The provider's full table of the
// codes of payouts is not known: only the credentials and the address, which are refused before
// the order is looked at, and the codes below are listed. Any other refusal is unknown.
var payoutRules = anyRules.without( //nolint:gochecknoglobals // constant table
	"INVALID_REQUEST", "INVALID_IDEMPOTENCY_KEY", "INVALID_TEST_CODE", "BELOW_MINIMUM_AMOUNT",
	"API_VERSION_UPDATE_NEEDED", "USER_ACCOUNT_ON_HOLD", "NOT_REGISTERED_BUSINESS", "INVALID_UNREGISTERED_SUBMALL", "NOT_FOUND_TERMINAL_ID",
	"PROVIDER_ERROR", "CARD_PROCESSING_ERROR", "ALREADY_PROCESSED_PAYMENT", "ALREADY_PROCESSING_REQUEST",
).with(
	// The seller has not passed the identity check that a payout needs (the provider's support says
	// so; no status is documented).
	all(rule{class: ClassDeclined, permanent: true}, "FORBIDDEN_SELLER_PAYOUT"),
	// For now: the shop's balance, the hour, the day (documented for version 1 and in the general
	// table, without a status).
	all(rule{class: ClassDeclined}, "NOT_ENOUGH_AMOUNT", "INVALID_PAYABLE_DATE", "NOT_ALLOWED_HOLIDAY"),
)

const codeNoPayout = "PAYOUT_NOT_FOUND"

// payoutAskRules are what a question about payouts is refused with.
var payoutAskRules = anyRules.with(rules{codeNoPayout: {status: http.StatusNotFound}}) //nolint:gochecknoglobals // constant table

// sellerRules are what the registration of a seller is refused with. No money is at stake.
var sellerRules = payoutAskRules //nolint:gochecknoglobals // constant table

// without returns the rules but for those of some codes.
func (r rules) without(codes ...string) rules {
	left := r.with()
	for _, code := range codes {
		delete(left, code)
	}
	return left
}

// isUnlisted reports whether the provider refused a payout in readable words whose meaning is not
// known.
func isUnlisted(err *Error) bool {
	_, listed := payoutRules[err.Code]
	of := []int{http.StatusRequestTimeout, http.StatusConflict, http.StatusTooEarly, http.StatusTooManyRequests}
	return err.Code != "" && !listed && err.Status >= 400 && err.Status < 500 && !slices.Contains(of, err.Status)
}
