package kona

import (
	"context"

	"github.com/jigap/jigap/ports"
)

// CancelRequest takes a charge back in whole: from the card at once, to the member's
// account on the next day (documented).
type CancelRequest struct {
	SequenceID string // of the cancellation: not that of the charge
	UserID     UserID
	Number     string // nrNumber of the charge
	Token      OneTimeToken
	CardExpiry string // YYMM (observed); blank: not sent
}

// Cancel sends a cancellation, once, and reports whether the bank's answer to it is
// missing: then its result is asked for by its own sequenceId.
func (c *Client) Cancel(ctx context.Context, r CancelRequest) (pending bool, err error) {
	req := call{
		op: "cancel charge", path: "/api/v1/recharges/by-bank-accounts/no-hce/cancel",
		rules: cancelRules, timeout: sendTimeout, moves: true,
	}
	if err := ports.Join(checkSequenceID(r.SequenceID), r.UserID.check(), checkNumber(r.Number), checkExpiry(r.CardExpiry)); err != nil {
		return false, c.failure(req, ClassFault, err)
	}
	if err := c.checkToken(r.Token); err != nil {
		return false, c.failure(req, ClassNotExecuted, err)
	}
	req.hidden = r.Token.hidden()
	req.body = struct {
		SequenceID string `json:"sequenceId"`
		UserID     UserID `json:"userId"`
		Number     string `json:"nrNumber"`
		Token      string `json:"oneTimeToken"`
		DCVV       string `json:"dcvv"`
		CardExpiry string `json:"cardExpiry,omitempty"`
	}{r.SequenceID, r.UserID, r.Number, r.Token.token(), r.Token.dcvv(), r.CardExpiry}
	answer, err := c.attempt(ctx, req)
	if err != nil {
		return false, err
	}
	pending, err = answer.boolean("isPending")
	if err != nil {
		return false, c.unreadable(req, 200, err)
	}
	return pending, nil
}

func checkNumber(number string) error {
	if cleanID(number) == "" {
		return ports.Invalid("Number", "is no transaction number")
	}
	return nil
}

func checkExpiry(expiry string) error {
	if expiry != "" && !digits(expiry, 4) {
		return ports.Invalid("CardExpiry", "must be YYMM")
	}
	return nil
}
