package tosstest

import (
	"maps"
	"net/http"
	"slices"
)

// Codes that the provider documents and the simulator answers by itself.
const (
	codeInvalidRequest   = "INVALID_REQUEST"
	codeDuplicatedOrder  = "DUPLICATED_ORDER_ID"
	codeNotFoundPayment  = "NOT_FOUND_PAYMENT"
	codeNoSession        = "NOT_FOUND_PAYMENT_SESSION"
	codeProcessed        = "ALREADY_PROCESSED_PAYMENT"
	codeForbidden        = "FORBIDDEN_REQUEST"
	codeProcessing       = "IDEMPOTENT_REQUEST_PROCESSING"
	codeBelowMinimum     = "BELOW_MINIMUM_AMOUNT"
	codeRejectCard       = "REJECT_CARD_PAYMENT"
	codeNotCancelable    = "NOT_CANCELABLE_PAYMENT"
	codeNotCancelableSum = "NOT_CANCELABLE_AMOUNT"
	codeRefundAccount    = "INVALID_REFUND_ACCOUNT_INFO"
	codeExpired          = "EXPIRED_PAYMENT"
	codeInvalidDate      = "INVALID_DATE"
	codePayableDate      = "INVALID_PAYABLE_DATE"
	codeHoliday          = "NOT_ALLOWED_HOLIDAY"
)

// Codes of the simulator's own, for refusals whose code is not documented. A test must not
// take them for the provider's.
const (
	CodeDuplicatedPayout    = "SIM_DUPLICATED_REF_PAYOUT_ID" // the refPayoutId belongs to another payout
	CodeNotFoundSeller      = "SIM_NOT_FOUND_SELLER"         // no seller has this id
	CodeNotCancelablePayout = "SIM_NOT_CANCELABLE_PAYOUT"    // only a SCHEDULED payout in REQUESTED can be cancelled
	CodeInvalidEncryption   = "SIM_INVALID_ENCRYPTION"       // no JWE, wrong key, or iat or nonce missing
)

// StatusOf returns the HTTP status that the provider documents for a code, and 0 for a
// code that is unknown or documented without a status.
func StatusOf(code string) int { return codes[code] }

// Codes returns the codes that the provider documents, with or without a status, sorted.
func Codes() []string { return slices.Sorted(maps.Keys(codes)) }

// known reports whether the provider documents a code, with or without a status.
func known(code string) bool {
	_, found := codes[code]
	return found
}

// statusOf is the status with which the simulator answers a code.
func statusOf(code string) int {
	if status := codes[code]; status != 0 {
		return status
	}
	return http.StatusBadRequest
}

// codes are the documented codes by their statuses.
var codes = func() map[string]int {
	all := make(map[string]int)
	for status, list := range codesByStatus {
		for _, code := range list {
			all[code] = status
		}
	}
	return all
}()

// codesByStatus: status 0 is for documented codes whose status is not documented.
var codesByStatus = map[int][]string{
	http.StatusBadRequest: {
		"ALREADY_CANCELED_PAYMENT", codeProcessed, "ALREADY_PROCESSING_REQUEST", "ALREADY_REFUNDING_PAYMENT",
		"ALREADY_REFUND_PAYMENT", "ALREADY_REMOVED_BILLING_KEY", codeBelowMinimum, "CARD_PROCESSING_ERROR",
		codeDuplicatedOrder, "DUPLICATED_REQUEST", "EXCEEDS_TRANSFER_AMOUNT_MAXIMUM", "EXCEED_CANCEL_AMOUNT_DISCOUNT_AMOUNT",
		"EXCEED_MAX_AMOUNT", "EXCEED_MAX_CARD_INSTALLMENT_PLAN", "EXCEED_MAX_DAILY_PAYMENT_COUNT", "EXCEED_MAX_MONTHLY_PAYMENT_AMOUNT",
		"EXCEED_MAX_ONE_DAY_WITHDRAW_AMOUNT", "EXCEED_MAX_ONE_TIME_WITHDRAW_AMOUNT", "EXCEED_MAX_PAYMENT_AMOUNT",
		"FORBIDDEN_BANK_REFUND_REQUEST", "INVALID_ACCOUNT_INFO_RE_REGISTER", "INVALID_API_KEY", "INVALID_AUTHORIZE_AUTH", "INVALID_BANK",
		"INVALID_BILLING_AUTH", "INVALID_BILL_KEY_REQUEST", "INVALID_BIRTH_DAY_FORMAT", "INVALID_CARD_EXPIRATION", "INVALID_CARD_IDENTITY",
		"INVALID_CARD_INSTALLMENT_PLAN", "INVALID_CARD_LOST_OR_STOLEN", "INVALID_CARD_NUMBER", "INVALID_CARD_PASSWORD", "INVALID_EMAIL",
		"INVALID_IDEMPOTENCY_KEY", codeRefundAccount, "INVALID_REFUND_ACCOUNT_NUMBER", "INVALID_REJECT_CARD", codeInvalidRequest,
		"INVALID_STOPPED_CARD", "INVALID_TEST_CODE", "NOT_ALLOWED_POINT_USE", "NOT_AVAILABLE_PAYMENT", "NOT_MATCHES_CUSTOMER_KEY",
		"NOT_MATCHES_REFUNDABLE_AMOUNT", "NOT_REGISTERED_CARD_COMPANY", "NOT_SUPPORTED_CARD_TYPE",
		"NOT_SUPPORTED_INSTALLMENT_PLAN_CARD_OR_MERCHANT", "NOT_SUPPORTED_METHOD", "NOT_SUPPORTED_MONTHLY_INSTALLMENT_PLAN",
		"NOT_SUPPORTED_MONTHLY_INSTALLMENT_PLAN_BELOW_AMOUNT", "PROVIDER_ERROR", "REFUND_REJECTED", "RESTRICTED_TRANSFER_ACCOUNT",
		"UNAPPROVED_ORDER_ID",
	},
	http.StatusUnauthorized: {"UNAUTHORIZED_KEY"},
	http.StatusForbidden: {
		"EXCEED_CANCEL_LIMIT", "EXCEED_MAX_AUTH_COUNT", "EXCEED_MAX_ONE_DAY_AMOUNT", "EXCEED_MAX_REFUND_DUE", "FDS_ERROR",
		"FORBIDDEN_CONSECUTIVE_REQUEST", codeForbidden, "INCORRECT_BASIC_AUTH_FORMAT", "INSECURE_KEY_USAGE", "INVALID_PASSWORD", "NOT_ALLOWED_PARTIAL_REFUND",
		"NOT_ALLOWED_PARTIAL_REFUND_WAITING_DEPOSIT", "NOT_AVAILABLE_BANK", codeNotCancelableSum, codeNotCancelable,
		"NOT_CANCELABLE_PAYMENT_FOR_DORMANT_USER", "NOT_SUPPORTED_WIDGET_KEY", "REJECT_ACCOUNT_PAYMENT", "REJECT_CARD_COMPANY", codeRejectCard,
		"REJECT_TOSSPAY_INVALID_ACCOUNT",
	},
	http.StatusNotFound: {
		"NOT_FOUND", "NOT_FOUND_BILLING", "NOT_FOUND_HTTP_METHOD", "NOT_FOUND_MERCHANT", codeNotFoundPayment, codeNoSession, "PAYOUT_NOT_FOUND",
	},
	http.StatusConflict: {codeProcessing},
	http.StatusInternalServerError: {
		"COMMON_ERROR", "FAILED_BILLING_AUTO_CANCEL", "FAILED_BILL_KEY_AUTH_CREATION", "FAILED_CARD_COMPANY_RESPONSE", "FAILED_DB_PROCESSING",
		"FAILED_HASH_DATA_CREATION", "FAILED_INTERNAL_SYSTEM_PROCESSING", "FAILED_METHOD_HANDLING", "FAILED_METHOD_HANDLING_CANCEL",
		"FAILED_PARTIAL_REFUND", "FAILED_PAYMENT_INTERNAL_SYSTEM_PROCESSING", "FAILED_REFUND_PROCESS", "UNKNOWN_ERROR", "UNKNOWN_PAYMENT_ERROR",
	},
	0: {
		"ACCOUNT_OWNER_CHECK_FAILED", "API_VERSION_UPDATE_NEEDED", "DUPLICATED_CASH_RECEIPT", "EXCEED_MAX_DUE_DATE", "EXCEED_MAX_QUERY_LIMIT",
		"EXCEED_MAX_REFUND_AMOUNT", "EXCEED_MAX_VALID_HOURS", codeExpired, "FORBIDDEN_SELLER_PAYOUT",
		"INVALID_CUSTOMER_KEY", codeInvalidDate, "INVALID_ISO_DATE_FORMAT", "INVALID_PAGING_KEY", codePayableDate, "INVALID_REFUND_AMOUNT",
		"INVALID_UNREGISTERED_SUBMALL", "INVALID_VALID_HOURS_WITH_DUE_DATE_AND_SINGLE", "MAINTAINED_METHOD", codeHoliday,
		"NOT_ALLOWED_REFUND_BANK", "NOT_ENOUGH_AMOUNT", "NOT_FOUND_TERMINAL_ID", "NOT_MATCH_PAYEE_NAME", "NOT_REGISTERED_BUSINESS",
		"NOT_SUPPORTED_REFUND", "NTS_ERROR", "PAY_PROCESS_ABORTED", "PAY_PROCESS_CANCELED",
		"REQUIRED_ACCOUNT_KEY", "USER_ACCOUNT_ON_HOLD",
	},
}
