package tosstest

import (
	"regexp"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/adapters/providertest"
)

// cancellation is the body of a cancellation.
type cancellation struct {
	Reason     string              `json:"cancelReason"`
	Amount     providertest.Number `json:"cancelAmount"`
	Refundable providertest.Number `json:"refundableAmount"`
	TaxFree    providertest.Number `json:"taxFreeAmount"`
	Currency   string              `json:"currency"`
	Account    *refundAccount      `json:"refundReceiveAccount"`
}

// refundAccount is where the money of a virtual account goes back to.
type refundAccount struct {
	Bank   string `json:"bank"`
	Number string `json:"accountNumber"`
	Holder string `json:"holderName"`
}

func postCancel(s *Simulator, r *request) *result {
	p := s.byKey(r.params[0])
	if p == nil {
		return r.refuse(codeNotFoundPayment)
	}
	var body cancellation
	read := r.decode(&body)
	amount, whole := won(body.Amount)
	refundable, refundableWhole := won(body.Refundable)
	_, taxFreeWhole := won(body.TaxFree)
	if !read || !whole || !refundableWhole || !taxFreeWhole || !chars(body.Reason, 1, 200) ||
		body.Amount != "" && amount.IsZero() || body.Currency != "" && body.Currency != "KRW" {
		return r.refuse(codeInvalidRequest)
	}
	if body.Amount == "" {
		amount = p.Balance
	}
	if body.Refundable == "" {
		refundable = p.Balance
	}
	if refusal := p.uncancelable(&body, amount, refundable); refusal != "" {
		return r.refuse(refusal)
	}
	return s.execute(r, func() *result {
		if p.account != nil && body.Account != nil {
			p.account.refundTo = map[string]any{"bankCode": body.Account.Bank, "accountNumber": body.Account.Number, "holderName": body.Account.Holder}
		}
		s.cancel(p, Cancel{Amount: amount, Reason: body.Reason, At: r.now})
		return ok(s.wire(p, r.now))
	}, nil)
}

// uncancelable returns why an amount of a payment cannot be cancelled. It looks at the
// balance that the client believes in before it looks at the amount.
func (p *payment) uncancelable(body *cancellation, amount, refundable decimal.Decimal) (code string) {
	switch p.Status {
	case Canceled:
		return "ALREADY_CANCELED_PAYMENT"
	case Done, PartialCanceled, WaitingForDeposit:
	default:
		return codeNotCancelable
	}
	switch {
	case !refundable.Equal(p.Balance):
		return "NOT_MATCHES_REFUNDABLE_AMOUNT"
	case amount.GreaterThan(p.Balance) || p.Balance.IsZero():
		return codeNotCancelableSum
	case p.Status == WaitingForDeposit && !amount.Equal(p.Balance):
		return "NOT_ALLOWED_PARTIAL_REFUND_WAITING_DEPOSIT"
	case p.account != nil && p.Status != WaitingForDeposit:
		return body.Account.refusal()
	}
	return ""
}

var accountForm = regexp.MustCompile(`^\d{1,20}$`)

// refusal returns why money cannot go to an account.
func (a *refundAccount) refusal() (code string) {
	switch {
	case a == nil || !chars(a.Bank, 1, 20) || !chars(a.Holder, 1, 60):
		return codeRefundAccount
	case !accountForm.MatchString(a.Number):
		return "INVALID_REFUND_ACCOUNT_NUMBER"
	}
	return ""
}

// cancel gives money back. A payment is CANCELED by one cancellation of all only; parts
// leave it PARTIAL_CANCELED, also when nothing is left (observed).
func (s *Simulator) cancel(p *payment, c Cancel) {
	deposited := p.Status != WaitingForDeposit
	p.Balance = p.Balance.Sub(c.Amount)
	p.Status = PartialCanceled
	if c.Amount.Equal(p.Total) {
		p.Status = Canceled
	}
	if p.card != nil {
		p.card.charged = p.card.charged.Sub(c.Amount)
	}
	booked := c.Amount
	if !deposited {
		booked = decimal.Zero
	}
	entry := s.book(p, booked, c.At)
	entry.cancel = true
	c.TransactionKey = entry.key
	p.Cancels = append(p.Cancels, c)
	s.announce(p, c.At)
	if p.account != nil {
		s.callBack(p, c.At)
	}
}

// CancelOutside cancels an amount of a payment, zero for all that is left, as a person does
// in the provider's console, and reports whether it could be cancelled.
func (s *Simulator) CancelOutside(paymentKey string, amount decimal.Decimal) bool {
	now := s.world.Enter()
	defer s.world.Unlock()
	p := s.byKey(paymentKey)
	if p == nil {
		return false
	}
	if amount.IsZero() {
		amount = p.Balance
	}
	to := &refundAccount{Bank: "88", Number: "1", Holder: "console"}
	if p.uncancelable(&cancellation{Account: to}, amount, p.Balance) != "" {
		return false
	}
	s.cancel(p, Cancel{Amount: amount, Reason: "cancelled in the console", Outside: true, At: now})
	return true
}
