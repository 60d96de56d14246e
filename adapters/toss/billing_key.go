package toss

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"

	"github.com/jigap/jigap/adapters/httpcall"
	"github.com/jigap/jigap/ports"
)

// BillingKey is what charges a customer's card, together with the customerKey that it was issued
// for and the secret key of the shop. Hosts keep the billing key encrypted: see
// [BillingKey.Reveal]. Make one with [NewBillingKey].
type BillingKey struct {
	CustomerKey string
	reveal      func() string
}

// NewBillingKey returns a billing key and the customerKey that it was issued for. A text that
// cannot be one is refused with [ports.ErrInvalid] when it is used.
func NewBillingKey(billingKey, customerKey string) BillingKey {
	return BillingKey{CustomerKey: customerKey, reveal: func() string { return billingKey }}
}

// Reveal returns the billing key as the provider issued it, to be encrypted and stored.
func (k BillingKey) Reveal() string {
	if k.reveal == nil {
		return ""
	}
	return k.reveal()
}

func (k BillingKey) check() error {
	return ports.Join(CheckCustomerKey(k.CustomerKey), checkKeyText("BillingKey", k.Reveal(), maxKey))
}

// String shows nothing of the key.
func (BillingKey) String() string { return hiddenText }

// Format writes nothing of the key, whatever the verb.
func (BillingKey) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, hiddenText) }

// LogValue shows nothing of the key.
func (BillingKey) LogValue() slog.Value { return slog.StringValue(hiddenText) }

// MarshalText shows nothing of the key.
func (BillingKey) MarshalText() ([]byte, error) { return []byte(hiddenText), nil }

// Billing is a billing key and the card, or the account, behind it.
type Billing struct {
	Key             BillingKey
	Method          string // in Korean: "카드"
	Issuer          string // code of the card company; blank for an account
	Masked          string // number of the card as the provider masks it; blank for an account
	AuthenticatedAt Timestamp
}

var (
	errBilling = errors.New("answer is not a billing key")
	errOther   = errors.New("the billing key was issued for another customerKey")
)

const (
	alarmOtherCustomer = "the provider issued a billing key for another customer than was asked for"
	alarmNoBillingKey  = "the provider says that it issued a billing key, and shows none"
)

// IssueBillingKey exchanges the authKey of a billing window for a billing key. The host has
// compared the customerKey that the window returned with the one that it opened the window for. The
// same authKey brings the same billing key again for 15 days, also when the answer was lost
// (documented for idempotency keys); after that the customer opens a new window. No money moves.
//
// The error is an [*Error], or [ports.ErrInvalid]. A billing key of another customer is never
// returned.
func (c *Client) IssueBillingKey(ctx context.Context, authKey, customerKey string) (*Billing, error) {
	err := ports.Join(checkKeyText("AuthKey", authKey, maxAuthKey), CheckCustomerKey(customerKey), c.individual())
	if err != nil {
		return nil, err
	}
	req := call{
		op: "issue billing key", path: "/v1/billing/authorizations/issue", rules: issueRules, hidden: []string{authKey},
		key: "jigap1-issue-" + c.key.digest([]byte(authKey), []byte(customerKey))[:40],
		body: jsonOf(struct {
			AuthKey     string `json:"authKey"`
			CustomerKey string `json:"customerKey"`
		}{authKey, customerKey}),
	}
	body, err := c.post(ctx, req)
	if err != nil {
		return nil, err
	}
	billing, issued := new(Billing), wireBilling{}
	switch err := httpcall.Unmarshal(body, &issued); {
	case err != nil:
		failed := c.failure(req, ClassUnknown, errBilling)
		failed.Status = http.StatusOK
		return nil, failed
	case checkKeyText("BillingKey", issued.BillingKey, maxKey) != nil:
		failed := c.failure(req, ClassFault, errBilling)
		failed.Status, failed.Alarm, failed.Permanent = http.StatusOK, alarmNoBillingKey, true
		return nil, failed
	case issued.CustomerKey != customerKey:
		failed := c.failure(req, ClassFault, errOther)
		failed.Status, failed.Alarm, failed.Permanent = http.StatusOK, alarmOtherCustomer, true
		return nil, failed
	}
	*billing = Billing{Key: NewBillingKey(issued.BillingKey, customerKey), Method: issued.Method, AuthenticatedAt: issued.AuthenticatedAt}
	if issued.Card != nil {
		billing.Issuer, billing.Masked = issued.Card.IssuerCode, maskedOnly(issued.Card.Number)
	}
	return billing, nil
}

type wireBilling struct {
	BillingKey      string    `json:"billingKey"`
	CustomerKey     string    `json:"customerKey"`
	Method          string    `json:"method"`
	AuthenticatedAt Timestamp `json:"authenticatedAt"`
	Card            *struct {
		IssuerCode string `json:"issuerCode"`
		Number     string `json:"number"`
	} `json:"card"`
}

// maskedOnly returns the last digits of a card number, whatever the provider left unmasked.
func maskedOnly(number string) string {
	if len(number) < 4 {
		return ""
	}
	return "…" + number[len(number)-4:]
}

// DeleteBillingKey deletes a billing key. It is done also when the key had been deleted before. The
// error is an [*Error], or [ports.ErrInvalid]; after a lost answer the same call may be made again.
func (c *Client) DeleteBillingKey(ctx context.Context, key BillingKey) error {
	if err := ports.Join(checkKeyText("BillingKey", key.Reveal(), maxKey), c.individual()); err != nil {
		return err
	}
	path := url.PathEscape(key.Reveal())
	_, err := c.attempt(ctx, call{
		op: "delete billing key", method: http.MethodDelete, path: "/v1/billing/" + path, rules: deleteRules, timeout: askTimeout,
		hidden: []string{key.Reveal(), path}, words: true,
	})
	var failed *Error
	if errors.As(err, &failed) && failed.Code == codeRemoved {
		return nil
	}
	return err
}
