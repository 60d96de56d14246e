package solapi

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"

	"github.com/jigap/jigap/ports"
)

var errNoList = errors.New("the list is missing")

// PaymentMethod is a card that is registered at the provider.
type PaymentMethod struct {
	PaymentID    string    `json:"_id" read:"strictly"`
	Description  string    `json:"description"`
	AutoRecharge Count     `json:"autoRecharge" read:"strictly"` // 0: not used; else the lower is charged first
	ExpDate      string    `json:"expDate"`                      // YYYY/MM
	DateCreated  Timestamp `json:"dateCreated"`
	DateUpdated  Timestamp `json:"dateUpdated"`
}

// UnmarshalJSON reads an object whose fields may be of other types than expected, where
// they decide nothing about money.
func (m *PaymentMethod) UnmarshalJSON(data []byte) error { return decodeObject(data, m) }

// PaymentMethods iterates over the registered payment methods, each once
// (documented). It ends with the first error.
func (c *Client) PaymentMethods(ctx context.Context) iter.Seq2[PaymentMethod, error] {
	return func(yield func(PaymentMethod, error) bool) {
		walk := pager[PaymentMethod]{id: func(row PaymentMethod) string { return row.PaymentID }, yield: yield}
		for offset := 0; ; offset += pageSize {
			query := url.Values{"offset": {strconv.Itoa(offset)}, "limit": {strconv.Itoa(pageSize)}}
			var page struct {
				Payments []PaymentMethod `json:"payments"`
			}
			_, err := c.read(ctx, "read payment methods", "/cash/v1/payment", query, &page)
			if err == nil && page.Payments == nil {
				err = c.unreadable("read payment methods", errNoList)
			}
			if err == nil {
				err = c.stale("read payment methods", walk.page(page.Payments))
			}
			if walk.failed(err) || walk.done || len(page.Payments) < pageSize {
				return
			}
		}
	}
}

// Card is a card to be registered. It brings the host into the scope of PCI DSS;
// registering cards in the provider's console does not. No formatting shows it.
type Card struct {
	Number      string
	CVC         string
	ExpYear     int // two digits, as in the documented sample
	ExpMonth    int
	Description string
}

// Format writes a placeholder, whatever the verb.
func (Card) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, hidden) }

// LogValue is a placeholder.
func (Card) LogValue() slog.Value { return slog.StringValue(hidden) }

// MarshalText writes a placeholder: a Card cannot be stored.
func (Card) MarshalText() ([]byte, error) { return []byte(hidden), nil }

func (k Card) check() error {
	if k.Number == "" || k.CVC == "" || k.ExpMonth < 1 || k.ExpMonth > 12 || k.ExpYear < 0 {
		return ports.Invalid("Card", "needs number, CVC and expiry")
	}
	return nil
}

// Registered is the answer to the registration of a card.
type Registered struct {
	PaymentID   string `json:"paymentId"`
	Description string `json:"description"`
	ExpDate     string `json:"expDate"`
}

// UnmarshalJSON reads an object whose fields may be of other types than expected, where
// they decide nothing about money.
func (r *Registered) UnmarshalJSON(data []byte) error { return decodeObject(data, r) }

// RegisterCard registers a card (documented in 2019; today's form is not known). It
// is sent once; after an [Error] of ClassUnknown the list of payment methods tells.
func (c *Client) RegisterCard(ctx context.Context, card Card) (Registered, error) {
	if err := card.check(); err != nil {
		return Registered{}, c.fault("register card", err)
	}
	body := struct {
		CardNumber  string `json:"cardNumber"`
		CVC         string `json:"cvc"`
		ExpYear     int    `json:"expYear"`
		ExpMonth    string `json:"expMonth"`
		Description string `json:"description,omitempty"`
	}{card.Number, card.CVC, card.ExpYear, fmt.Sprintf("%02d", card.ExpMonth), card.Description}
	var answer Registered
	err := c.write(ctx, call{op: "register card", method: http.MethodPost, path: "/cash/v1/payment", body: body}, &answer)
	if err == nil && answer.PaymentID == "" {
		err = c.unreadable("register card", errors.New("the payment id is missing"))
	}
	if err != nil {
		return Registered{}, err
	}
	return answer, nil
}

// RemovePaymentMethod removes a payment method (documented). One that the provider
// does not know is removed; after an unknown answer the list is read, and the
// removal repeated once if the method is still there.
func (c *Client) RemovePaymentMethod(ctx context.Context, paymentID string) error {
	if err := checkPaymentID(paymentID); err != nil {
		return c.fault("remove payment method", err)
	}
	remove := func() error {
		body := struct {
			PaymentID string `json:"paymentId"`
		}{paymentID}
		return gone(c.write(ctx, call{op: "remove payment method", method: http.MethodDelete, path: "/cash/v1/payment", body: body}, new(any)))
	}
	return c.ensure(remove, func() (bool, error) {
		for method, err := range c.PaymentMethods(ctx) {
			if err != nil || method.PaymentID == paymentID {
				return false, err
			}
		}
		return true, nil
	})
}

// gone takes "there is no such thing" for a removal that was done.
func gone(err error) error {
	var failed *Error
	if errors.As(err, &failed) && failed.Status == http.StatusNotFound && failed.Code == "ResourceNotFound" {
		return nil
	}
	return err
}

// ensure calls set, which may be repeated, and when its result is unknown looks
// whether it is done and, if not, calls it once more.
func (c *Client) ensure(set func() error, done func() (bool, error)) error {
	err := set()
	if !unknown(err) {
		return err
	}
	if ok, failed := done(); ok || failed != nil {
		return failed
	}
	return set()
}

// unknown reports whether err leaves open whether a request was executed.
func unknown(err error) bool {
	var failed *Error
	return errors.As(err, &failed) && failed.Class == ClassUnknown
}
