package tosstest

import (
	"net/url"
	"time"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/adapters/providertest"
)

// Method is how a payment is paid, in the language in which answers name it.
type Method string

// The methods of payment that the simulator knows.
const (
	MethodCard     Method = "카드"
	MethodAccount  Method = "가상계좌" // a virtual account
	MethodTransfer Method = "계좌이체" // an account transfer
)

// windowLife and confirmLife are documented: how long a window may stay open, and how long
// an authenticated payment may wait for its confirmation.
const (
	windowLife  = 30 * time.Minute
	confirmLife = 10 * time.Minute
)

// OpenWindow opens the payment window for an order and returns the paymentKey. The payment
// is READY for 30 minutes.
func (s *Simulator) OpenWindow(orderID string, amount decimal.Decimal, method Method) (paymentKey string) {
	now := s.world.Enter()
	defer s.world.Unlock()
	p := s.record(orderID, "NORMAL", method, amount, now)
	p.Status, p.expires, p.name = Ready, now.Add(windowLife), "order "+orderID
	return p.Key
}

// Authenticate does what the customer does in the window. The payment is IN_PROGRESS for 10
// minutes. It returns the query of successUrl, and a blank when there is no such payment or
// its window is closed.
func (s *Simulator) Authenticate(paymentKey string) (query string) {
	now := s.world.Enter()
	defer s.world.Unlock()
	p := s.byKey(paymentKey)
	if p == nil || p.Status != Ready {
		return ""
	}
	p.Status, p.expires = InProgress, now.Add(confirmLife)
	return url.Values{"paymentKey": {p.Key}, "orderId": {p.OrderID}, "amount": {p.Total.String()}}.Encode()
}

// expireWindows ends the payments whose time is over.
func (s *Simulator) expireWindows(now time.Time) {
	for _, p := range s.payments {
		if (p.Status == Ready || p.Status == InProgress) && !now.Before(p.expires) {
			p.Status, p.failure = Expired, codeExpired
			s.announce(p, p.expires)
		}
	}
}

// confirmation is the body of a confirmation.
type confirmation struct {
	PaymentKey string              `json:"paymentKey"`
	OrderID    string              `json:"orderId"`
	Amount     providertest.Number `json:"amount"`
}

func postConfirm(s *Simulator, r *request) *result {
	var body confirmation
	read := r.decode(&body)
	amount, whole := won(body.Amount)
	if !read || !whole || body.Amount == "" || !chars(body.PaymentKey, 1, 200) || !s.validOrder(body.OrderID) {
		return r.refuse(codeInvalidRequest)
	}
	p := s.byKey(body.PaymentKey)
	if p == nil || p.Type != "NORMAL" {
		return r.refuse(codeNotFoundPayment)
	}
	if refusal := s.unconfirmable(p, body.OrderID, amount); refusal != "" {
		return r.refuse(refusal)
	}
	p.labeled(r)
	return s.execute(r, func() *result {
		s.confirm(p, r.now)
		return ok(s.wire(p, r.now))
	}, func(code string) { s.abort(p, code, r.now) })
}

// unconfirmable returns why a payment cannot be confirmed. For one that is not authenticated
// yet, or was aborted, the simulator chooses the code of an ended session: the provider's
// is not known.
func (s *Simulator) unconfirmable(p *payment, orderID string, amount decimal.Decimal) (code string) {
	switch {
	case p.OrderID != orderID || !p.Total.Equal(amount):
		return codeForbidden
	case p.taken():
		return codeProcessed
	case p.Status != InProgress:
		return codeNoSession
	case s.isTaken(orderID, p):
		return codeDuplicatedOrder
	case amount.LessThan(decimal.NewFromInt(p.minimum())):
		return codeBelowMinimum
	case p.Method == string(MethodTransfer) && amount.GreaterThan(decimal.NewFromInt(maximumTransfer)):
		return "EXCEEDS_TRANSFER_AMOUNT_MAXIMUM"
	}
	return ""
}

// maximumTransfer is documented.
const maximumTransfer = 10_000_000

func (p *payment) minimum() int64 {
	if p.Method == string(MethodCard) {
		return minimumCard
	}
	return minimumAccount
}

// confirm approves a payment, or issues its virtual account.
func (s *Simulator) confirm(p *payment, now time.Time) {
	if p.Method == string(MethodAccount) {
		s.issue(p, now, &account{bank: "88", customer: "토스", due: now.Add(defaultHours * time.Hour)})
		return
	}
	if p.Method == string(MethodCard) {
		p.cardNumber = "9410" + s.digits(12)
	}
	s.approve(p, now)
}
