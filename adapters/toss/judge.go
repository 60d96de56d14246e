package toss

import (
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/ports"
)

const (
	alarmForeign  = "the provider answers with a payment that is not that of the order: an idempotency key or an order id may have been used twice"
	alarmTakeBack = "more of the charge was taken back than our records say: by others, or by a cancellation that was given up"

	reviewForeign  = "the payment under the order's id is not that of the order"
	reviewTakeBack = "the charge was approved, and then taken back, or a part of it: by others, in the provider's console say, or by a cancellation that was given up"

	// depositPause is how long to wait between two looks for a deposit of which no notification came.
	depositPause = 10 * time.Minute

	// Codes of ours, for what the provider has none.
	codeDepositError = "DEPOSIT_ERROR"
	codeTakenBack    = "TAKEN_BACK"
	codeAbsent       = "ABSENT"
)

// judge says what a payment means for an order: as the answer to a transmission, or to a question.
// Never does the status of HTTP alone approve an order.
func (s shop) judge(order ports.ChargeOrder, p *Payment, asked bool) ports.ChargeAnswer {
	answer := ports.ChargeAnswer{
		Answer: ports.Answer{Outcome: ports.OutcomeUnknown, ProviderRef: p.PaymentKey},
		Amount: decimal.NewNullDecimal(p.Total), At: p.ApprovedAt.Time,
	}
	if !asked {
		answer.InquireAfter = confirmPause
	}
	if !s.isOf(order, p) {
		return s.foreign(order, asked)
	}
	switch p.Status {
	case StatusDone, StatusCanceled, StatusPartialCanceled:
		return s.moved(order, p, answer, asked)
	case StatusAborted, StatusExpired:
		return s.ended(order, p, answer, asked)
	case StatusWaiting:
		return s.waits(order, p, answer)
	case StatusReady, StatusInProgress:
		if s.kind == kindWindow {
			answer.Outcome, answer.ProviderRef, answer.InquireAfter = ports.OutcomePending, order.Last.ProviderRef, 0
		}
	}
	answer.Amount = decimal.NullDecimal{}
	return answer
}

// isOf reports whether a payment is that of an order.
func (s shop) isOf(order ports.ChargeOrder, p *Payment) bool {
	return p.OrderID == s.orderID(order) && p.Total.Equal(order.Amount) && p.Currency == Currency && s.makes(p.Type)
}

// makes reports whether the orders of the adapter become payments of a type. A window may take the
// provider's wallet as well.
func (s shop) makes(of string) bool {
	switch s.kind {
	case kindBilling:
		return of == TypeBilling
	case kindWindow:
		return of == TypeNormal || of == TypeBrandPay
	case kindAccount, kindPayout, kindCancel:
	}
	return of == TypeNormal
}

// foreign is the answer about a payment that is not that of the order.
func (s shop) foreign(order ports.ChargeOrder, asked bool) ports.ChargeAnswer {
	answer := ports.ChargeAnswer{Answer: ports.Answer{
		Outcome: ports.OutcomeUnknown, Code: order.Last.Code, Message: order.Last.Message, ProviderRef: order.Last.ProviderRef, Alarm: alarmForeign, InquireAfter: confirmPause,
	}}
	switch {
	case !asked:
	case order.Last.Code == codeDuplicated && order.Transmissions == 1: // it was refused for the sake of the other
		answer.Outcome, answer.Permanent, answer.InquireAfter = ports.OutcomeFault, true, 0
	default:
		answer.Review = reviewForeign
	}
	return answer
}

// moved is the answer about a payment that was approved, unless it is a virtual account that was
// closed before money came.
func (s shop) moved(order ports.ChargeOrder, p *Payment, answer ports.ChargeAnswer, asked bool) ports.ChargeAnswer {
	switch {
	case p.Status == StatusCanceled && p.Account != nil && s.kind != kindBilling && (p.ApprovedAt.IsZero() || len(p.Cancels) == 0): // no cancellation of money is among them
		answer.Amount = decimal.NullDecimal{}
		return s.closed(order, p, answer, asked)
	case p.ApprovedAt.IsZero():
		answer.Amount = decimal.NullDecimal{}
		return answer
	case order.Last.Outcome == ports.OutcomeApproved && (p.Balance.IsZero() || p.Status == StatusCanceled): // nothing of a credited charge is left
		answer.Outcome, answer.Code, answer.InquireAfter = ports.OutcomeDeclined, codeTakenBack, 0
		answer.Amount = decimal.NullDecimal{}
		switch {
		case takenByOthers(order, p):
			answer.Alarm = alarmTakeBack
		case refundLost(p): // it was under way when our cancellation was answered
			answer.Alarm = reviewRefund
		}
		return answer
	case refused(order) && asked && p.Balance.IsZero() && !refundLost(p): // it ended without a credit, and the customer has the money
		answer.Outcome, answer.Code, answer.InquireAfter = ports.OutcomeDeclined, codeTakenBack, 0
		answer.Amount = decimal.NullDecimal{}
		return answer
	case order.Last.Outcome == ports.OutcomeApproved && refundLost(p): // of a part: it was under way when our cancellation was answered
		answer.Contradicts, answer.Review, answer.Alarm = true, reviewRefund, reviewRefund
		return answer
	case takenByOthers(order, p) && asked:
		answer.Contradicts, answer.Alarm = true, alarmTakeBack
		answer.Review = fmt.Sprintf("%s (%s of %s is gone)", reviewTakeBack, p.Total.Sub(p.Balance), p.Total)
		return answer
	case takenByOthers(order, p):
		answer.Alarm = alarmTakeBack
		return answer
	}
	answer.Outcome, answer.InquireAfter = ports.OutcomeApproved, 0
	if order.GivenBack.IsPositive() && p.Total.Sub(p.Balance).Equal(order.GivenBack) { // our records know what became of the total
		answer.Amount = decimal.NullDecimal{}
	}
	return answer
}

// refused reports whether an order has ended without a success.
func refused(order ports.ChargeOrder) bool {
	return order.Last.Outcome.Final() && order.Last.Outcome != ports.OutcomeApproved
}

// takenByOthers reports whether more was taken back of a payment than our records say: by others, or by
// a cancellation of ours that a person had given up. A status that says so counts as much as the
// balance does.
func takenByOthers(order ports.ChargeOrder, p *Payment) bool {
	switch {
	case p.Total.Sub(p.Balance).GreaterThan(order.GivenBack):
		return true
	case p.Status == StatusCanceled:
		return order.GivenBack.LessThan(p.Total)
	}
	return p.Status == StatusPartialCanceled && order.GivenBack.IsZero()
}

// ended is the answer about a payment that the provider ended without success.
func (s shop) ended(order ports.ChargeOrder, p *Payment, answer ports.ChargeAnswer, asked bool) ports.ChargeAnswer {
	answer.Amount, answer.At = decimal.NullDecimal{}, time.Time{}
	answer.Code, answer.Message = p.Failure.Code, p.Failure.Message
	if answer.Code == "" {
		answer.Code = string(p.Status)
	}
	if rule := cardRules[answer.Code]; rule.class == ClassDeclined && s.kind == kindBilling {
		answer.NextMethod, answer.Permanent = rule.next, rule.permanent
	}
	switch {
	case !asked:
		answer.Likely = ports.OutcomeDeclined
	case s.kind == kindWindow && order.Transmissions == 0 && s.now().Before(windowEnd(order)):
		return ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomePending}} // the customer may open another window
	default:
		answer.Outcome, answer.InquireAfter = ports.OutcomeDeclined, 0
	}
	return plain(answer)
}

// waits is the answer about a virtual account that no money has come to.
func (s shop) waits(order ports.ChargeOrder, p *Payment, answer ports.ChargeAnswer) ports.ChargeAnswer {
	answer.Amount, answer.At = decimal.NullDecimal{}, time.Time{}
	switch {
	case p.Account == nil, s.kind == kindBilling:
		return answer
	case order.Last.Outcome == ports.OutcomeApproved:
		return depositError(order, answer)
	}
	answer.Outcome, answer.InquireAfter = ports.OutcomePending, depositPause
	if !p.Account.DueDate.IsZero() {
		answer.Await = &ports.Await{Until: p.Account.DueDate.Time, Shown: map[string]string{
			ShownBank: p.Account.Bank, ShownNumber: p.Account.Number, ShownHolder: p.Account.Customer,
		}}
	}
	return answer
}

// closed is the answer about a virtual account that was closed without a payment.
func (s shop) closed(order ports.ChargeOrder, p *Payment, answer ports.ChargeAnswer, asked bool) ports.ChargeAnswer {
	answer.At = time.Time{}
	switch {
	case order.Last.Outcome == ports.OutcomeApproved:
		return depositError(order, answer)
	case !asked: // no transmission is answered so (not documented)
		answer.Likely, answer.Code = ports.OutcomeDeclined, string(p.Status)
		return answer
	}
	answer.Outcome, answer.Code, answer.InquireAfter = ports.OutcomeDeclined, string(p.Status), 0
	return answer
}

// depositError is the answer about a payment into a virtual account that was approved, and that the
// bank took back because the transfer had failed (documented): DONE falls back, within some minutes
// (observed by the provider's support).
func depositError(order ports.ChargeOrder, answer ports.ChargeAnswer) ports.ChargeAnswer {
	answer.Outcome, answer.Code, answer.InquireAfter = ports.OutcomeDeclined, codeDepositError, 0
	if order.GivenBack.GreaterThanOrEqual(order.Amount) { // our records say so too
		return answer
	}
	answer.Alarm = "a virtual account whose charge was credited holds no deposit: the bank took it back, or none ever came"
	return answer
}

// The names of what a customer is shown to pay into a virtual account.
const (
	ShownBank   = "bank"   // code of the bank
	ShownNumber = "number" // of the account
	ShownHolder = "holder" // the customer's name that the account was issued for
)
