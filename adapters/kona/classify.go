package kona

import "net/http"

// rule says what a refusal means. Its place in the table is its precedence.
type rule struct {
	status int
	code   string // blank: any or none

	class     Class
	confirm   bool
	next      bool
	permanent bool
	alarm     string
}

const (
	alarmCredentials = "the provider refuses our credentials"
	alarmPath        = "the provider does not know the address: the base URL is suspected"
	alarmRedirect    = "the provider redirects: the base URL is suspected"
	alarmKeys        = "an answer cannot be decrypted: the crypto keys are suspected"
	alarmDuplicate   = "the provider saw this sequenceId before: something between us and it repeats requests"
	alarmRepeated    = "the transport of ours repeats requests: it must not"
	alarmContract    = "the provider's answer contradicts itself: status and code do not go together"
	alarmAuto        = "the provider's own auto-charge ran into a charge of ours"
	alarmName        = "the member's name is not that of the account's owner"
	alarmNoAccount   = "there is no account to pay the cancelled charge to"
	alarmMerchant    = "the provider refuses our merchantId"
)

// commonRules are what any API answers. The statuses other than 400 are inferred.
var commonRules = []rule{ //nolint:gochecknoglobals // constant table
	{status: http.StatusOK, alarm: alarmContract},
	{status: http.StatusBadRequest, code: codeSuccess, alarm: alarmContract},
	{status: http.StatusBadRequest, code: "000_002", class: ClassFault},
	{status: http.StatusBadRequest, code: "000_003", class: ClassFault},
	{status: http.StatusBadRequest, code: "007_008", alarm: alarmDuplicate},
	{status: http.StatusUnauthorized, class: ClassFault, confirm: true, permanent: true, alarm: alarmCredentials},
	{status: http.StatusForbidden, class: ClassFault, confirm: true, permanent: true, alarm: alarmCredentials},
	{status: http.StatusNotFound, class: ClassFault, confirm: true, permanent: true, alarm: alarmPath},
	{status: http.StatusMethodNotAllowed, class: ClassFault, confirm: true, permanent: true, alarm: alarmPath},
}

// chargeRules are what a charge is refused with (documented). The list of the
// provider is open: what is not here is unknown.
var chargeRules = append([]rule{ //nolint:gochecknoglobals // constant table
	{status: http.StatusBadRequest, code: "007_001", class: ClassDeclined, next: true, permanent: true},
	{status: http.StatusBadRequest, code: "007_002", class: ClassDeclined, next: true},
	// Whether the bank is asked before the card's limit is not documented.
	{status: http.StatusBadRequest, code: "007_003", class: ClassDeclined, confirm: true, next: true},
	{status: http.StatusBadRequest, code: "007_004", class: ClassDeclined, next: true},
	{status: http.StatusBadRequest, code: "007_005", class: ClassNotExecuted},
	{status: http.StatusBadRequest, code: "007_006", class: ClassNotExecuted, alarm: alarmAuto},
	{status: http.StatusBadRequest, code: "007_007", class: ClassFault},
}, commonRules...)

// cancelRules are what a cancellation is refused with (documented): the charge stands.
var cancelRules = append([]rule{ //nolint:gochecknoglobals // constant table
	{status: http.StatusBadRequest, code: "007_001", class: ClassDeclined, alarm: alarmNoAccount},
	{status: http.StatusBadRequest, code: "007_030", class: ClassDeclined, permanent: true},
	{status: http.StatusBadRequest, code: "007_040", class: ClassDeclined, permanent: true},
	{status: http.StatusBadRequest, code: "007_043", class: ClassDeclined, alarm: alarmName},
}, commonRules...)

// classify completes err, which holds the status and the code of a refusal, with what
// rules make of it. What no rule names is unknown.
func classify(err *Error, rules []rule) {
	if err.Status >= 300 && err.Status < 400 {
		err.Alarm = alarmRedirect
		return
	}
	for _, r := range rules {
		if r.status == err.Status && (r.code == "" || r.code == err.Code) {
			err.Class, err.Confirm, err.OtherMethod = r.class, r.confirm, r.next
			err.Permanent, err.Alarm = r.permanent, r.alarm
			return
		}
	}
}
