package solapi

import "net/http"

// rule says what a refusal means. Its place in the table is its precedence.
type rule struct {
	status int    // 0: any that is left
	code   string // blank: any or none
	coded  bool   // the body must hold a readable errorCode
	mute   bool   // the body must hold none

	class     Class
	confirm   bool
	next      bool
	permanent bool
	alarm     string
}

const (
	alarmCredentials = "the provider refuses our credentials"
	alarmDuplicate   = "the provider saw this request before: something between us and it repeats requests"
	alarmRepeated    = "the transport of ours repeats requests: it must not"
	alarmAccount     = "the answer is of another account than the order's"
	alarmContract    = "the provider's answer contradicts itself"
	alarmRedirect    = "the provider redirects: the base URL is suspected"
	alarmAsked       = "the provider refuses what is asked before an order: the key's rights are suspected"
	alarmPath        = "the provider does not know the address: the base URL is suspected"
)

// rechargeRules is what a refusal of POST balance or POST transfer means. Codes
// are documented except where noted; a rule without a code is inferred from the
// class of its status, and is confirmed by a look into the history.
var rechargeRules = []rule{ //nolint:gochecknoglobals // constant table
	{status: http.StatusRequestTimeout},
	{status: http.StatusTooEarly},
	{status: 499},
	{code: "DuplicatedSignature", alarm: alarmDuplicate},

	{code: "InvalidAPIKey", class: ClassFault, permanent: true, alarm: alarmCredentials},
	{code: "SignatureDoesNotMatch", class: ClassFault, permanent: true, alarm: alarmCredentials},
	{code: "InvalidToken", class: ClassFault, permanent: true, alarm: alarmCredentials},                                  // observed, status 400
	{status: http.StatusUnauthorized, code: "Unauthorized", class: ClassFault, permanent: true, alarm: alarmCredentials}, // observed
	{code: "RequestTimeTooSkewed", class: ClassNotExecuted},

	{status: http.StatusBadRequest, code: "InvalidPaymentId", class: ClassDeclined, next: true, permanent: true},
	{status: http.StatusBadRequest, code: "ValidationError", class: ClassFault},
	{status: http.StatusPaymentRequired, code: "BalanceInsufficient", class: ClassDeclined, next: true},
	{status: http.StatusPaymentRequired, class: ClassDeclined, confirm: true, next: true},
	{status: http.StatusUnauthorized, class: ClassFault, confirm: true, permanent: true},
	{status: http.StatusForbidden, class: ClassFault, confirm: true, permanent: true},
	{status: http.StatusNotFound, code: "ResourceNotFound", class: ClassDeclined, confirm: true, next: true, permanent: true},
	{status: http.StatusNotFound, mute: true, class: ClassFault, confirm: true, permanent: true, alarm: alarmPath},
	{status: http.StatusMethodNotAllowed, class: ClassFault, confirm: true, permanent: true, alarm: alarmPath},
	{status: http.StatusUnsupportedMediaType, class: ClassFault, confirm: true, permanent: true, alarm: alarmPath},
	{status: http.StatusConflict, class: ClassNotExecuted, confirm: true},
	{status: http.StatusTooManyRequests, class: ClassThrottled, confirm: true},
	{coded: true, class: ClassDeclined, confirm: true},
	{}, // unreadable: unknown
}

// withdrawRules are the rules of POST withdraw that differ; the others follow.
var withdrawRules = append([]rule{ //nolint:gochecknoglobals // constant table
	// The code says "not enough money" or "no right"; the balance tells which.
	{status: http.StatusForbidden, code: "Forbidden", class: ClassFault, confirm: true, permanent: true},
	{status: http.StatusPaymentRequired, class: ClassDeclined, confirm: true},
	{status: http.StatusBadRequest, code: "InvalidPaymentId", class: ClassDeclined, confirm: true},
}, rechargeRules...)

// classify completes err, which holds the status and the code of a refusal, with
// what rules make of it.
func classify(err *Error, rules []rule) {
	switch {
	case err.Status >= 500 || err.Status < 300:
		return // unknown: it may have been executed
	case err.Status < 400:
		err.Alarm = alarmRedirect
		return
	}
	for _, r := range rules {
		if r.matches(err) {
			err.Class, err.Confirm, err.OtherMethod = r.class, r.confirm, r.next
			err.Permanent, err.Alarm = r.permanent, r.alarm
			return
		}
	}
}

func (r rule) matches(err *Error) bool {
	return (r.status == 0 || r.status == err.Status) &&
		(r.code == "" || r.code == err.Code) &&
		(err.Code != "" || !r.coded) && (err.Code == "" || !r.mute)
}
