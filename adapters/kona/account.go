package kona

import "context"

// Account says what is registered for a member to charge from.
type Account struct {
	Registered bool // an account is there that auto-charge can be set up with
	// NeedsAutoRegistration says that the account must be registered once more before
	// the provider's auto-charge can be set up.
	NeedsAutoRegistration bool
}

// RegisteredAccount asks which account a member registered (documented). Its number
// is not read.
func (c *Client) RegisteredAccount(ctx context.Context, user UserID) (Account, error) {
	req := memberCall("inquire account", "/api/v1/bankaccounts/inquiry", user)
	if err := user.check(); err != nil {
		return Account{}, c.failure(req, ClassFault, err)
	}
	answer, err := c.ask(ctx, req)
	if err != nil {
		return Account{}, err
	}
	account := Account{Registered: answer.has("bankAccForAutoRcg")}
	if answer.has("isAutoRcgAccRegAllowed") {
		if account.NeedsAutoRegistration, err = answer.boolean("isAutoRcgAccRegAllowed"); err != nil {
			return Account{}, c.unreadable(req, 200, err)
		}
	}
	return account, nil
}

// memberCall is a question about a member.
func memberCall(op, path string, user UserID) call {
	return call{op: op, path: path, rules: commonRules, body: struct {
		UserID UserID `json:"userId"`
	}{user}}
}
