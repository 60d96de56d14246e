package toss

import (
	"maps"
	"net/http"
	"time"
)

// rule says what a refusal with a code means.
type rule struct {
	status int // that the provider documents for the code; 0 where it documents none

	class     Class
	confirm   bool
	next      bool
	permanent bool
	unread    bool
	alarm     string
	wait      time.Duration
}

// rules are what the codes of one call mean. That a code exists, and its status, is documented
// unless a comment says otherwise; what it means for the order is inferred.
type rules map[string]rule

const (
	alarmCredentials = "the provider refuses our credentials"
	alarmContract    = "the provider does not let the shop do this: its contract or its set-up is suspected"
	alarmRequest     = "the provider refuses our request itself"
	alarmPath        = "the provider does not know the address: the base URL is suspected"
	alarmRedirect    = "the provider redirects: the base URL is suspected"
	alarmRepeated    = "the transport of ours repeats requests: it must not"
	alarmDuplicate   = "the provider saw this order id before"
)

const (
	patience     = time.Minute     // after the provider asked for it
	confirmPause = 5 * time.Second // before a refusal is confirmed
)

// classify completes err, which holds the status and the code of a refusal. What the rules do not
// name is unknown. A refusal with another status than is documented, or with one of a failure of the
// provider, must be confirmed.
func (r rules) classify(err *Error) {
	rule, known := r[err.Code]
	switch {
	case err.Status < 400, err.Code == "" && err.Status < 500:
		err.Alarm = alarmOf(err.Status)
		return
	case !known:
		if err.Status != http.StatusNotFound { // the codes of things that are not found are many
			err.Alarm = alarmOf(err.Status)
		}
		if err.Status == http.StatusTooManyRequests {
			err.Wait = patience
		}
		return
	}
	err.Class, err.Confirm, err.OtherMethod = rule.class, rule.confirm, rule.next
	err.Permanent, err.Unread, err.Alarm, err.Wait = rule.permanent, rule.unread, rule.alarm, rule.wait
	if err.Alarm == alarmRequest {
		err.Alarm += ": " + err.Code
	}
	if rule.class != ClassUnknown && (rule.status == 0 && err.Status >= 500 || rule.status != 0 && rule.status != err.Status) {
		err.Confirm = true
	}
	if err.Status >= 500 { // whether it is kept under the idempotency key is not known
		err.Unread = true
	}
	if err.Status == http.StatusTooManyRequests {
		err.Class, err.Confirm, err.Unread, err.Wait = ClassUnknown, false, true, patience
	}
}

// alarmOf is what a person is told of an answer without a readable code.
func alarmOf(status int) string {
	switch {
	case status >= 300 && status < 400:
		return alarmRedirect
	case status == http.StatusUnauthorized:
		return alarmCredentials
	case status == http.StatusNotFound, status == http.StatusMethodNotAllowed, status == http.StatusUnsupportedMediaType:
		return alarmPath
	}
	return ""
}

// with returns the rules, and others that replace them.
func (r rules) with(others ...rules) rules {
	all := maps.Clone(r)
	for _, other := range others {
		maps.Copy(all, other)
	}
	return all
}

// all returns the same rule for several codes.
func all(rule rule, codes ...string) rules {
	made := make(rules, len(codes))
	for _, code := range codes {
		made[code] = rule
	}
	return made
}

// anyRules are what every call answers.
var anyRules = rules{}.with( //nolint:gochecknoglobals // constant table
	// Credentials: nothing was looked at. Whether such a refusal is kept under the idempotency key
	// is not documented.
	all(
		rule{status: http.StatusBadRequest, class: ClassFault, confirm: true, permanent: true, unread: true, alarm: alarmCredentials, wait: confirmPause},
		"INVALID_API_KEY",
	),
	all(
		rule{status: http.StatusUnauthorized, class: ClassFault, confirm: true, permanent: true, unread: true, alarm: alarmCredentials, wait: confirmPause},
		"UNAUTHORIZED_KEY",
	),
	all(
		rule{status: http.StatusForbidden, class: ClassFault, confirm: true, permanent: true, unread: true, alarm: alarmCredentials, wait: confirmPause},
		"INCORRECT_BASIC_AUTH_FORMAT", "INSECURE_KEY_USAGE", "NOT_SUPPORTED_WIDGET_KEY", "FORBIDDEN_REQUEST",
	),
	// The address, and the contract.
	all(
		rule{status: http.StatusNotFound, class: ClassFault, confirm: true, permanent: true, unread: true, alarm: alarmPath, wait: confirmPause},
		"NOT_FOUND_MERCHANT", "NOT_FOUND_HTTP_METHOD", "NOT_FOUND",
	),
	all(
		rule{class: ClassFault, permanent: true, alarm: alarmContract},
		"API_VERSION_UPDATE_NEEDED", "USER_ACCOUNT_ON_HOLD", "NOT_REGISTERED_BUSINESS", "INVALID_UNREGISTERED_SUBMALL", "NOT_FOUND_TERMINAL_ID",
	),
	// The request.
	all(
		rule{status: http.StatusBadRequest, class: ClassFault, permanent: true, alarm: alarmRequest},
		"INVALID_REQUEST", "INVALID_IDEMPOTENCY_KEY", "INVALID_TEST_CODE", "BELOW_MINIMUM_AMOUNT",
	),
	// Patience, and another copy.
	rules{
		"IDEMPOTENT_REQUEST_PROCESSING": {status: http.StatusConflict, class: ClassWorking, unread: true},
		"FORBIDDEN_CONSECUTIVE_REQUEST": {status: http.StatusForbidden, unread: true, wait: patience},
	},
	// The provider, or those beyond it, failed: the order may have been executed.
	all(rule{status: http.StatusBadRequest}, "PROVIDER_ERROR", "CARD_PROCESSING_ERROR", "ALREADY_PROCESSED_PAYMENT", "ALREADY_PROCESSING_REQUEST"),
	all(
		rule{status: http.StatusInternalServerError},
		"FAILED_INTERNAL_SYSTEM_PROCESSING", "FAILED_PAYMENT_INTERNAL_SYSTEM_PROCESSING", "FAILED_DB_PROCESSING", "FAILED_CARD_COMPANY_RESPONSE",
		"FAILED_BILLING_AUTO_CANCEL", "FAILED_METHOD_HANDLING", "FAILED_HASH_DATA_CREATION", "COMMON_ERROR", "UNKNOWN_ERROR", "UNKNOWN_PAYMENT_ERROR",
	),
)

// cardRules are refusals of the card, of the account behind it, or of the day.
var cardRules = rules{}.with( //nolint:gochecknoglobals // constant table
	all(
		rule{status: http.StatusBadRequest, class: ClassDeclined, next: true, permanent: true},
		"INVALID_STOPPED_CARD", "INVALID_CARD_LOST_OR_STOLEN", "INVALID_CARD_EXPIRATION", "INVALID_CARD_NUMBER", "INVALID_REJECT_CARD",
		"NOT_SUPPORTED_CARD_TYPE", "NOT_REGISTERED_CARD_COMPANY",
		"ALREADY_REMOVED_BILLING_KEY", // observed
	),
	all(rule{status: http.StatusForbidden, class: ClassDeclined, next: true}, "REJECT_CARD_PAYMENT", "REJECT_ACCOUNT_PAYMENT"),
	all(rule{status: http.StatusForbidden, class: ClassDeclined, next: true, permanent: true}, "REJECT_CARD_COMPANY", "EXCEED_MAX_AUTH_COUNT", "FDS_ERROR"),
	all(
		rule{status: http.StatusBadRequest, class: ClassDeclined, next: true},
		"EXCEED_MAX_AMOUNT", "EXCEED_MAX_PAYMENT_AMOUNT", "EXCEED_MAX_DAILY_PAYMENT_COUNT", "EXCEED_MAX_ONE_DAY_WITHDRAW_AMOUNT",
		"EXCEED_MAX_ONE_TIME_WITHDRAW_AMOUNT", "EXCEED_MAX_MONTHLY_PAYMENT_AMOUNT", "EXCEEDS_TRANSFER_AMOUNT_MAXIMUM",
	),
	all(rule{status: http.StatusForbidden, class: ClassDeclined, next: true}, "EXCEED_MAX_ONE_DAY_AMOUNT"),
	all(rule{class: ClassDeclined, confirm: true, next: true, wait: confirmPause}, "MAINTAINED_METHOD", "NOT_AVAILABLE_PAYMENT", "NOT_AVAILABLE_BANK"),
)

// instalments are refusals of a plan of instalments.
func instalments(rule rule) rules {
	rule.status = http.StatusBadRequest
	return all(rule, "INVALID_CARD_INSTALLMENT_PLAN", "NOT_SUPPORTED_INSTALLMENT_PLAN_CARD_OR_MERCHANT", "NOT_SUPPORTED_MONTHLY_INSTALLMENT_PLAN")
}

// chargeRules are what a charge of a billing key is refused with.
var chargeRules = anyRules.with(cardRules, //nolint:gochecknoglobals // constant table
	instalments(rule{class: ClassFault, permanent: true, alarm: alarmRequest}),
	rules{
		"NOT_FOUND_BILLING":        {status: http.StatusNotFound, class: ClassDeclined, next: true, permanent: true},
		"INVALID_BILL_KEY_REQUEST": {status: http.StatusBadRequest, class: ClassDeclined, confirm: true, next: true, wait: patience},
		"NOT_MATCHES_CUSTOMER_KEY": {status: http.StatusBadRequest, class: ClassFault, permanent: true, alarm: alarmRequest},
		"NOT_SUPPORTED_METHOD":     {status: http.StatusBadRequest, class: ClassFault, permanent: true, alarm: alarmContract},
		"DUPLICATED_ORDER_ID":      {status: http.StatusBadRequest, alarm: alarmDuplicate, wait: confirmPause},
	},
)

// confirmRules are what the confirmation of a window's payment is refused with.
var confirmRules = anyRules.with(cardRules, //nolint:gochecknoglobals // constant table
	instalments(rule{class: ClassDeclined}),
	all(
		rule{status: http.StatusBadRequest, class: ClassDeclined},
		"RESTRICTED_TRANSFER_ACCOUNT", "INVALID_ACCOUNT_INFO_RE_REGISTER", "NOT_ALLOWED_POINT_USE", "NOT_AVAILABLE_PAYMENT", "EXCEED_MAX_CARD_INSTALLMENT_PLAN",
	),
	all(rule{status: http.StatusForbidden, class: ClassDeclined}, "INVALID_PASSWORD", "REJECT_TOSSPAY_INVALID_ACCOUNT", "NOT_AVAILABLE_BANK"),
	rules{
		"NOT_FOUND_PAYMENT_SESSION": {status: http.StatusNotFound, class: ClassDeclined, confirm: true, wait: confirmPause},
		// The payment was seen before it was confirmed: another key, or another shop, is suspected.
		"NOT_FOUND_PAYMENT":      {status: http.StatusNotFound, alarm: alarmCredentials, wait: confirmPause},
		"INVALID_AUTHORIZE_AUTH": {status: http.StatusBadRequest, class: ClassDeclined, confirm: true, wait: confirmPause},
		"UNAPPROVED_ORDER_ID":    {status: http.StatusBadRequest, wait: confirmPause},
		"DUPLICATED_ORDER_ID":    {status: http.StatusBadRequest, alarm: alarmDuplicate, wait: confirmPause},
		"NOT_SUPPORTED_METHOD":   {status: http.StatusBadRequest, class: ClassFault, permanent: true, alarm: alarmContract},
		"FORBIDDEN_REQUEST":      {status: http.StatusForbidden, class: ClassFault, confirm: true, permanent: true, alarm: alarmRequest, wait: confirmPause},
	},
)

// accountRules are what the issue of a virtual account is refused with.
var accountRules = anyRules.with( //nolint:gochecknoglobals // constant table
	all(
		rule{class: ClassFault, permanent: true, alarm: alarmRequest},
		"EXCEED_MAX_DUE_DATE", "EXCEED_MAX_VALID_HOURS", "INVALID_VALID_HOURS_WITH_DUE_DATE_AND_SINGLE", "REQUIRED_ACCOUNT_KEY",
	),
	all(rule{class: ClassDeclined, confirm: true, wait: confirmPause}, "MAINTAINED_METHOD", "NOT_AVAILABLE_PAYMENT", "NOT_AVAILABLE_BANK"),
	rules{
		"INVALID_BANK":         {status: http.StatusBadRequest, class: ClassFault, permanent: true, alarm: alarmRequest},
		"NOT_SUPPORTED_METHOD": {status: http.StatusBadRequest, class: ClassFault, permanent: true, alarm: alarmContract},
		"DUPLICATED_ORDER_ID":  {status: http.StatusBadRequest, alarm: alarmDuplicate, wait: confirmPause},
	},
)

// cancelRules are what a cancellation is refused with.
var cancelRules = anyRules.with( //nolint:gochecknoglobals // constant table
	// It was taken back before: by an earlier copy of the request, or by others.
	all(rule{status: http.StatusBadRequest}, "ALREADY_CANCELED_PAYMENT", "ALREADY_REFUND_PAYMENT", "ALREADY_REFUNDING_PAYMENT", "DUPLICATED_REQUEST"),
	rules{"NOT_MATCHES_REFUNDABLE_AMOUNT": {status: http.StatusBadRequest, class: ClassNotExecuted, confirm: true}},
	all(rule{class: ClassDeclined, confirm: true}, "NOT_CANCELABLE_AMOUNT", "INVALID_REFUND_AMOUNT", "EXCEED_MAX_REFUND_AMOUNT", "EXCEED_CANCEL_AMOUNT_DISCOUNT_AMOUNT"),
	all(
		rule{class: ClassDeclined, confirm: true, permanent: true},
		"NOT_CANCELABLE_PAYMENT", "NOT_CANCELABLE_PAYMENT_FOR_DORMANT_USER", "EXCEED_MAX_REFUND_DUE", "NOT_ALLOWED_PARTIAL_REFUND",
		"NOT_ALLOWED_PARTIAL_REFUND_WAITING_DEPOSIT", "REFUND_REJECTED", "FORBIDDEN_BANK_REFUND_REQUEST", "NOT_SUPPORTED_REFUND", "NOT_ALLOWED_REFUND_BANK",
	),
	all(rule{status: http.StatusForbidden, class: ClassDeclined, confirm: true}, "EXCEED_CANCEL_LIMIT", "NOT_AVAILABLE_BANK"),
	all(
		rule{status: http.StatusBadRequest, class: ClassFault, confirm: true, permanent: true, alarm: alarmRequest},
		"INVALID_REFUND_ACCOUNT_INFO", "INVALID_REFUND_ACCOUNT_NUMBER", "INVALID_BANK", "INVALID_REQUEST",
	),
	rules{"NOT_FOUND_PAYMENT": {status: http.StatusNotFound, class: ClassFault, confirm: true, permanent: true, unread: true, alarm: alarmCredentials}},
	all(rule{status: http.StatusInternalServerError}, "FAILED_REFUND_PROCESS", "FAILED_METHOD_HANDLING_CANCEL", "FAILED_PARTIAL_REFUND"),
)

// askRules are what a question is refused with. None of them says anything of an order but
// NOT_FOUND_PAYMENT: no payment is visible to the key at this moment.
var askRules = anyRules.with(rules{ //nolint:gochecknoglobals // constant table
	codeNoPayment: {status: http.StatusNotFound},
	"NOT_SUPPORTED_MONTHLY_INSTALLMENT_PLAN_BELOW_AMOUNT": {status: http.StatusBadRequest},
})

const (
	codeNoPayment  = "NOT_FOUND_PAYMENT"
	codeDuplicated = "DUPLICATED_ORDER_ID"
	codeProcessing = "ALREADY_PROCESSING_REQUEST"
)

// issueRules are what the issue of a billing key is refused with. No money is at stake.
var issueRules = anyRules.with( //nolint:gochecknoglobals // constant table
	all(
		rule{status: http.StatusBadRequest, class: ClassDeclined, next: true},
		"INVALID_CARD_NUMBER", "INVALID_CARD_PASSWORD", "INVALID_CARD_EXPIRATION", "INVALID_CARD_IDENTITY", "INVALID_BIRTH_DAY_FORMAT",
		"INVALID_REJECT_CARD", "INVALID_STOPPED_CARD", "NOT_SUPPORTED_CARD_TYPE", "NOT_REGISTERED_CARD_COMPANY", "INVALID_EMAIL",
	),
	all(rule{status: http.StatusForbidden, class: ClassDeclined, next: true}, "EXCEED_MAX_AUTH_COUNT", "REJECT_CARD_COMPANY", "REJECT_ACCOUNT_PAYMENT"),
	rules{
		"INVALID_BILLING_AUTH":          {status: http.StatusBadRequest, class: ClassDeclined},
		"NOT_FOUND_BILLING":             {status: http.StatusNotFound, class: ClassDeclined}, // observed: a made-up authKey
		"NOT_SUPPORTED_METHOD":          {status: http.StatusBadRequest, class: ClassFault, permanent: true, alarm: alarmContract},
		"INVALID_CUSTOMER_KEY":          {class: ClassFault, permanent: true, alarm: alarmRequest},
		"FAILED_BILL_KEY_AUTH_CREATION": {status: http.StatusInternalServerError},
	},
)

// deleteRules are what the deletion of a billing key is refused with.
var deleteRules = anyRules.with(all(rule{status: http.StatusBadRequest, class: ClassDeclined}, codeRemoved)) //nolint:gochecknoglobals // constant table

const codeRemoved = "ALREADY_REMOVED_BILLING_KEY"
