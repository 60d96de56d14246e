package toss

import (
	"regexp"
	"unicode/utf8"

	"github.com/jigap/jigap/ports"
)

// Lengths of texts, in characters (documented).
const (
	maxName        = 100 // orderName, customerName, customerEmail
	maxCustomerKey = 50  // of the browser's SDK; the API takes 300
	maxKey         = 200 // paymentKey, billingKey
	maxAuthKey     = 300
	maxReason      = 200
)

var (
	orderIDForm     = regexp.MustCompile(`^[A-Za-z0-9_\-]{6,64}$`)
	customerKeyForm = regexp.MustCompile(`^[A-Za-z0-9_=.@\-]{2,50}$`)
	keyTextForm     = regexp.MustCompile(`^[\x21-\x7e]+$`)
	bankForm        = regexp.MustCompile(`^[0-9]{2,3}$`)
	accountForm     = regexp.MustCompile(`^[0-9]{1,20}$`)
	phoneForm       = regexp.MustCompile(`^[0-9]{8,15}$`)
)

func checkForm(field, text string, form *regexp.Regexp, words string) error {
	if !form.MatchString(text) {
		return ports.Invalid(field, "must be %s", words)
	}
	return nil
}

func checkOrderID(id string) error {
	return checkForm("OrderID", id, orderIDForm, "6 to 64 of the characters A-Z, a-z, 0-9, - and _")
}

// CheckCustomerKey returns [ports.ErrInvalid] unless key is 2 to 50 of the characters A-Z, a-z, 0-9
// and -_=.@ (documented for the browser's SDK; the API takes 300). It must not be guessable: a
// random UUID, and never an address, a telephone number or a serial number (documented).
func CheckCustomerKey(key string) error {
	return checkForm("CustomerKey", key, customerKeyForm, "2 to 50 of the characters A-Z, a-z, 0-9 and -_=.@")
}

// checkKeyText refuses what cannot be a paymentKey, a billingKey or an authKey.
func checkKeyText(field, text string, limit int) error {
	if len(text) > limit || !keyTextForm.MatchString(text) {
		return ports.Invalid(field, "must be 1 to %d visible ASCII characters", limit)
	}
	return nil
}

// checkName refuses a text that is not 1 to limit characters long.
func checkName(field, text string, limit int) error {
	if text == "" {
		return ports.Invalid(field, "is blank")
	}
	return checkOptional(field, text, limit)
}

func checkOptional(field, text string, limit int) error {
	if utf8.RuneCountInString(text) > limit {
		return ports.Invalid(field, "is longer than %d characters", limit)
	}
	return ports.CheckText(field, text, limit*utf8.UTFMax)
}
