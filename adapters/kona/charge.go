package kona

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/ports"
)

// UserID is the provider's number of a member: 1 to nineteen nines, which is more than
// an int64 holds.
type UserID uint64

const maxUserID UserID = 9_999_999_999_999_999_999

// String returns the number.
func (u UserID) String() string { return strconv.FormatUint(uint64(u), 10) }

func (u UserID) check() error {
	if u == 0 || u > maxUserID {
		return ports.Invalid("UserID", "must be 1 to nineteen nines")
	}
	return nil
}

// maxNumber is the length of the longest transaction number (documented).
const maxNumber = 50

// ChargeRequest charges the prepaid card behind a one-time token from the account that
// the member registered.
type ChargeRequest struct {
	SequenceID string // 1 to 30 of A-Z a-z 0-9 and hyphen, never used before
	UserID     UserID
	Amount     decimal.Decimal // whole won, 1 to 9,999,999,999
	Token      OneTimeToken
	MerchantID string // of the contract; it is not the ASP id
}

// Charged is an answer to a charge. Nothing of the request is echoed in it.
type Charged struct {
	Number  string // nrNumber; a cancellation needs it
	Pending bool   // the bank's answer is missing: ask for the result
}

// Charge sends a charge, once (documented: ChargeSync). It is refused, unsent, when the
// token has not at least ten seconds left.
func (c *Client) Charge(ctx context.Context, r ChargeRequest) (Charged, error) {
	req := call{
		op: "charge", path: "/api/v1/recharges/by-bank-accounts/no-hce",
		rules: chargeRules, timeout: sendTimeout, moves: true,
	}
	if err := c.checkCharge(r); err != nil {
		return Charged{}, c.failure(req, ClassFault, err)
	}
	if err := c.checkToken(r.Token); err != nil {
		return Charged{}, c.failure(req, ClassNotExecuted, err)
	}
	req.hidden = r.Token.hidden()
	req.body = struct {
		SequenceID string      `json:"sequenceId"`
		UserID     UserID      `json:"userId"`
		Amount     json.Number `json:"amount"`
		Token      string      `json:"oneTimeToken"`
		DCVV       string      `json:"dcvv"`
		MerchantID string      `json:"merchantId"`
	}{r.SequenceID, r.UserID, wholeWon(r.Amount), r.Token.token(), r.Token.dcvv(), r.MerchantID}
	answer, err := c.attempt(ctx, req)
	if err != nil {
		return Charged{}, err
	}
	pending, pendingErr := answer.boolean("isPending")
	number, numberErr := answer.text("nrNumber")
	if numberErr == nil && cleanID(number) == "" {
		numberErr = errors.New("nrNumber is no transaction number")
	}
	if pending && pendingErr == nil {
		return Charged{Number: cleanID(number), Pending: true}, nil
	}
	if err := ports.Join(pendingErr, numberErr); err != nil {
		return Charged{}, c.unreadable(req, 200, err)
	}
	return Charged{Number: number}, nil
}

var errTokenLife = errors.New("the one-time token has too little life left")

func (c *Client) checkToken(token OneTimeToken) error {
	if token.left(c.clock.Now()) < minTokenLife {
		return errTokenLife
	}
	return nil
}

func (c *Client) checkCharge(r ChargeRequest) error {
	return ports.Join(checkSequenceID(r.SequenceID), r.UserID.check(), checkWon(r.Amount), c.checkMerchant(r.MerchantID))
}

// checkMerchant returns an error for text that is no merchantId. The ASP id looks like a
// merchantId and is not one.
func (c *Client) checkMerchant(id string) error {
	if id == c.credentials.asp {
		return ports.Invalid("MerchantID", "is the ASP id")
	}
	return checkHeader("MerchantID", id)
}

// maxSequenceID is the length of the longest sequenceId (documented).
const maxSequenceID = 30

func checkSequenceID(id string) error {
	if id == "" || len(id) > maxSequenceID {
		return ports.Invalid("SequenceID", "must be 1 to %d characters", maxSequenceID)
	}
	for i := range len(id) {
		c := id[i]
		if c != '-' && (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') {
			return ports.Invalid("SequenceID", "must be letters, digits and hyphens")
		}
	}
	return nil
}

const maxWon = 9_999_999_999

func checkWon(amount decimal.Decimal) error {
	whole, err := ports.CheckAmount("Amount", amount, 0)
	if err != nil {
		return err
	}
	if whole.GreaterThan(decimal.NewFromInt(maxWon)) {
		return ports.Invalid("Amount", "is above 9,999,999,999 won")
	}
	return nil
}

// wholeWon writes an amount that checkWon passed as a JSON number of digits alone.
func wholeWon(amount decimal.Decimal) json.Number { return json.Number(amount.StringFixed(0)) }
