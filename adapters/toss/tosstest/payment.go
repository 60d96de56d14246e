package tosstest

import (
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/adapters/providertest"
)

// payment is a payment as the provider keeps it.
type payment struct {
	Payment
	name            string // orderName
	taxFree         decimal.Decimal
	card            *Card // of a billing payment
	cardNumber      string
	approved        time.Time
	expires         time.Time // of an open window
	lastTransaction string
	failure         string
	account         *account
	hidden          bool
}

// row is a transaction as the list shows it.
type row struct {
	payment *payment
	key     string
	status  string
	amount  decimal.Decimal
	cancel  bool
	at      time.Time
	hidden  bool
}

// record opens a payment.
func (s *Simulator) record(orderID, kind string, method Method, amount decimal.Decimal, now time.Time) *payment {
	p := &payment{Payment: Payment{
		Key: "tsim_" + now.In(korea()).Format("20060102150405") + s.text(16), OrderID: orderID, Type: kind, Method: string(method),
		Total: amount, Balance: amount, Secret: "ps_" + s.text(32), At: now,
	}}
	s.payments = append(s.payments, p)
	return p
}

// labeled notes the label of the request that a payment comes from.
func (p *payment) labeled(r *request) { p.Label = providertest.Label(r.Context()) }

// approve has a payment's money come.
func (s *Simulator) approve(p *payment, now time.Time) {
	p.Status, p.approved = Done, now
	p.Executions++
	if p.card != nil {
		p.card.charged = p.card.charged.Add(p.Total)
	}
	s.book(p, p.Total, now)
	s.announce(p, now)
}

// abort ends a payment whose approval failed.
func (s *Simulator) abort(p *payment, code string, now time.Time) {
	p.Status, p.failure = Aborted, code
	s.announce(p, now)
}

// book writes a row of the transaction list.
func (s *Simulator) book(p *payment, amount decimal.Decimal, now time.Time) *row {
	made := &row{payment: p, key: "txsim_" + s.lower(26), status: p.Status, amount: amount, at: now}
	p.lastTransaction = made.key
	s.rows = append(s.rows, made)
	return made
}

// byKey finds a payment by its paymentKey.
func (s *Simulator) byKey(key string) *payment {
	i := slices.IndexFunc(s.payments, func(p *payment) bool { return p.Key == key })
	if i < 0 {
		return nil
	}
	return s.payments[i]
}

// taken reports whether the money of a payment came, or a virtual account waits for it.
func (p *payment) taken() bool {
	return slices.Contains([]string{Done, Canceled, PartialCanceled, WaitingForDeposit}, p.Status)
}

// isTaken reports whether another payment of the order was approved or cancelled, or waits
// for a deposit.
func (s *Simulator) isTaken(orderID string, but *payment) bool {
	return slices.ContainsFunc(s.payments, func(p *payment) bool { return p != but && p.OrderID == orderID && p.taken() })
}

// inquire finds the payment that an inquiry by orderId is about: the one that was approved,
// or else the last one.
func (s *Simulator) inquire(orderID string, now time.Time) *payment {
	var found *payment
	for _, p := range s.payments {
		if p.OrderID == orderID && s.visible(p.hidden, p.At, now) && (found == nil || !found.taken()) {
			found = p
		}
	}
	return found
}

func getPayment(s *Simulator, r *request) *result {
	p := s.byKey(r.params[0])
	if p == nil || !s.visible(p.hidden, p.At, r.now) {
		return r.refuse(codeNotFoundPayment)
	}
	return s.shown(p, r.now)
}

func getOrder(s *Simulator, r *request) *result {
	p := s.inquire(r.params[0], r.now)
	if p == nil {
		return r.refuse(codeNotFoundPayment)
	}
	return s.shown(p, r.now)
}

// shown answers an inquiry.
func (s *Simulator) shown(p *payment, now time.Time) *result {
	body := s.wire(p, now)
	if open := slices.Contains([]string{Ready, InProgress, WaitingForDeposit}, p.Status); open && s.oddStatus != "" {
		body["status"] = s.oddStatus
	}
	return ok(body)
}
