package kona

import (
	"strconv"
	"strings"

	"github.com/jigap/jigap/ports"
)

// Method is a payment method: a member, and the member's card by the number that stands
// for it.
type Method struct {
	UserID UserID
	PAR    string
}

// String returns what stands in PaymentMethod: the member, a slash, the PAR.
func (m Method) String() string { return m.UserID.String() + "/" + m.PAR }

// ParseMethod reads what [Method.String] wrote, and nothing else: a member has one
// spelling and so one lane.
func ParseMethod(text string) (Method, error) {
	member, par, _ := strings.Cut(text, "/")
	number, err := strconv.ParseUint(member, 10, 64)
	method := Method{UserID(number), par}
	if err != nil || method.UserID.check() != nil || checkPAR(par) != nil || method.String() != text || digits(par, len(par)) {
		return Method{}, ports.Invalid("PaymentMethod", "must be a member, a slash and the PAR of a card")
	}
	return method, nil
}
