package tosstest

import (
	"time"

	"github.com/shopspring/decimal"
)

// account is the virtual account of a payment.
type account struct {
	number, bank, customer string
	due                    time.Time
	refundTo               any
}

// refund is the state of the money's way back.
func (a *account) refund(p *payment) string {
	if a.refundTo != nil && len(p.Cancels) > 0 {
		return "PENDING"
	}
	return "NONE"
}

// issue has a payment wait for a deposit. Issuing is a row of amount 0 (documented).
func (s *Simulator) issue(p *payment, now time.Time, a *account) {
	a.number = "X" + s.digits(13)
	p.account, p.Status = a, WaitingForDeposit
	s.book(p, decimal.Zero, now)
}

const (
	defaultHours = 168  // documented
	maximumHours = 2160 // documented
	maximumDays  = 90   // documented
)

// accountOrder is the body of the issue of a virtual account.
type accountOrder struct {
	charge
	CustomerName string `json:"customerName"`
	Bank         string `json:"bank"`
	ValidHours   *int   `json:"validHours"`
	DueDate      string `json:"dueDate"`
}

func postAccount(s *Simulator, r *request) *result {
	var body accountOrder
	read := r.decode(&body)
	amount, taxFree, valid := s.valid(&body.charge)
	if !read || !valid || !chars(body.CustomerName, 1, 100) {
		return r.refuse(codeInvalidRequest)
	}
	due, refusal := body.due(r.now)
	switch {
	case refusal != "":
		return r.refuse(refusal)
	case !chars(body.Bank, 1, 20):
		return r.refuse("INVALID_BANK")
	case amount.LessThan(decimal.NewFromInt(minimumAccount)):
		return r.refuse(codeBelowMinimum)
	case s.isTaken(body.OrderID, nil):
		return r.refuse(codeDuplicatedOrder)
	}
	made := func() *payment {
		p := s.record(body.OrderID, "NORMAL", MethodAccount, amount, r.now)
		p.name, p.taxFree = body.OrderName, taxFree
		p.labeled(r)
		return p
	}
	return s.execute(r, func() *result {
		p := made()
		s.issue(p, r.now, &account{bank: body.Bank, customer: body.CustomerName, due: due})
		return ok(s.wire(p, r.now))
	}, func(code string) { s.abort(made(), code, r.now) })
}

// due returns until when a deposit is expected: validHours or dueDate, not both.
func (body *accountOrder) due(now time.Time) (due time.Time, refusal string) {
	switch {
	case body.ValidHours != nil && body.DueDate != "":
		return due, "INVALID_VALID_HOURS_WITH_DUE_DATE_AND_SINGLE"
	case body.DueDate != "":
		due, err := time.ParseInLocation("2006-01-02T15:04:05", body.DueDate, korea())
		if err != nil || !due.After(now) {
			return due, codeInvalidRequest
		}
		if due.After(now.AddDate(0, 0, maximumDays)) {
			return due, "EXCEED_MAX_DUE_DATE"
		}
		return due, ""
	case body.ValidHours == nil:
		return now.Add(defaultHours * time.Hour), ""
	case *body.ValidHours > maximumHours:
		return due, "EXCEED_MAX_VALID_HOURS"
	case *body.ValidHours < 1:
		return due, codeInvalidRequest
	}
	return now.Add(time.Duration(*body.ValidHours) * time.Hour), ""
}

// waiting finds the virtual account of an order in a state.
func (s *Simulator) waiting(orderID, status string) *payment {
	for _, p := range s.payments {
		if p.OrderID == orderID && p.account != nil && p.Status == status {
			return p
		}
	}
	return nil
}

// Deposit pays the whole amount into the virtual account of an order, after its due date
// too, and reports whether one was waiting.
func (s *Simulator) Deposit(orderID string) bool {
	now := s.world.Enter()
	defer s.world.Unlock()
	p := s.waiting(orderID, WaitingForDeposit)
	if p == nil {
		return false
	}
	s.approve(p, now)
	s.callBack(p, now)
	return true
}

// DepositError has the bank take a deposit back, and reports whether there was one. The
// payment waits for a deposit again; with the version 1.4 it is CANCELED (both documented).
func (s *Simulator) DepositError(orderID string) bool {
	now := s.world.Enter()
	defer s.world.Unlock()
	p := s.waiting(orderID, Done)
	if p == nil {
		return false
	}
	if p.Status = WaitingForDeposit; s.config.Version == "1.4" { // whether approvedAt stays is not documented
		p.Status = Canceled
		s.announce(p, now)
	} else {
		p.approved = time.Time{}
	}
	p.Executions--
	s.callBack(p, now)
	return true
}
