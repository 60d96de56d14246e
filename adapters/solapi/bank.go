package solapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"

	"github.com/jigap/jigap/ports"
)

// BankAccount is the bank account that withdrawals go to. Its number is not kept.
type BankAccount struct {
	Registered bool // false: no account is registered
	BankCode   string
	HolderName string
}

// BankAccount reads the registered bank account. Only the answer without one, an
// empty object, is documented; any other object is taken for one that is registered
// (inferred).
func (c *Client) BankAccount(ctx context.Context) (BankAccount, error) {
	var fields map[string]json.RawMessage
	_, err := c.read(ctx, "read bank account", "/cash/v1/bank/accounts", nil, &fields)
	if err == nil && fields == nil {
		err = c.unreadable("read bank account", errors.New("the answer is no object"))
	}
	if err != nil {
		return BankAccount{}, err
	}
	account := BankAccount{Registered: len(fields) > 0}
	account.BankCode, _ = textOf(fields["bankCode"])
	account.HolderName, _ = textOf(fields["holderName"])
	return account, nil
}

// BankRegistration registers a bank account. AuthenticationCode and TransactionID
// belong to a check of ownership whose flow is not documented. No formatting shows
// it.
type BankRegistration struct {
	AccountNumber      string
	BankCode           string
	HolderName         string
	AuthenticationCode string
	TransactionID      string
}

// Format writes a placeholder, whatever the verb.
func (BankRegistration) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, hidden) }

// LogValue is a placeholder.
func (BankRegistration) LogValue() slog.Value { return slog.StringValue(hidden) }

// MarshalText writes a placeholder: a BankRegistration cannot be stored.
func (BankRegistration) MarshalText() ([]byte, error) { return []byte(hidden), nil }

// RegisterBankAccount registers the bank account that withdrawals go to. It is sent
// once, and sent again only when its result is unknown and no account is registered.
func (c *Client) RegisterBankAccount(ctx context.Context, account BankRegistration) error {
	if account.AccountNumber == "" || account.BankCode == "" || account.HolderName == "" {
		return c.fault("register bank account", ports.Invalid("BankRegistration", "needs number, bank and holder"))
	}
	body := struct {
		AccountNumber      string `json:"accountNumber"`
		BankCode           string `json:"bankCode"`
		HolderName         string `json:"holderName"`
		AuthenticationCode string `json:"authenticationCode,omitempty"`
		TransactionID      string `json:"transactionId,omitempty"`
	}{account.AccountNumber, account.BankCode, account.HolderName, account.AuthenticationCode, account.TransactionID}
	register := func() error {
		var answer struct {
			Success *Flag `json:"success"`
		}
		err := c.write(ctx, call{op: "register bank account", method: http.MethodPost, path: "/cash/v1/bank/accounts", body: body}, &answer)
		if err == nil && (answer.Success == nil || !bool(*answer.Success)) {
			err = c.unreadable("register bank account", errors.New("the answer does not say success"))
		}
		return err
	}
	return c.ensure(register, func() (bool, error) {
		registered, err := c.BankAccount(ctx)
		return registered.Registered, err
	})
}

// RemoveBankAccount removes the registered bank account, if there is one
// (documented). It may be repeated.
func (c *Client) RemoveBankAccount(ctx context.Context) error {
	remove := func() error {
		return gone(c.write(ctx, call{op: "remove bank account", method: http.MethodDelete, path: "/cash/v1/bank/accounts", body: struct{}{}}, new(any)))
	}
	return c.ensure(remove, func() (bool, error) {
		registered, err := c.BankAccount(ctx)
		return !registered.Registered, err
	})
}
