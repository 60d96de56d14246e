package tosstest

import (
	"time"

	"github.com/shopspring/decimal"
)

// wire is a payment as answers and webhooks show it.
func (s *Simulator) wire(p *payment, now time.Time) map[string]any {
	vat := Vat(p.Total, p.taxFree)
	return map[string]any{
		"version": s.config.Version, "paymentKey": p.Key, "type": p.Type, "orderId": p.OrderID, "orderName": p.name, "mId": s.shop.MID,
		"currency": "KRW", "method": blankIsNull(p.Method), "totalAmount": figure(p.Total), "balanceAmount": figure(p.Balance),
		"status": p.Status, "requestedAt": stamp(p.At), "approvedAt": stampOrNull(p.approved), "lastTransactionKey": blankIsNull(p.lastTransaction),
		"suppliedAmount": figure(p.Total.Sub(p.taxFree).Sub(vat)), "vat": figure(vat), "taxFreeAmount": figure(p.taxFree), "taxExemptionAmount": 0,
		"isPartialCancelable": true, "cancels": p.wireCancels(), "secret": p.Secret, "failure": wireFailure(p.failure),
		"card": p.wireCard(), "virtualAccount": p.wireAccount(now, s.config.HideExpiry), "transfer": p.wireTransfer(),
		"receipt": map[string]any{"url": "https://sim.invalid/receipt/" + p.Key}, "cashReceipt": nil, "cashReceipts": nil, "metadata": nil,
		"useEscrow": false, "cultureExpense": false, "mobilePhone": nil, "giftCertificate": nil, "easyPay": nil, "country": "KR",
		"checkout": map[string]any{"url": "https://sim.invalid/checkout/" + p.Key}, "discount": nil,
	}
}

// Vat returns the value-added tax in an amount: what is left of it without the tax-free part,
// divided by 11 and rounded to the nearest won (documented).
func Vat(amount, taxFree decimal.Decimal) decimal.Decimal {
	return amount.Sub(taxFree).DivRound(decimal.NewFromInt(11), 0)
}

func blankIsNull(text string) any {
	if text == "" {
		return nil
	}
	return text
}

func wireFailure(code string) any {
	if code == "" {
		return nil
	}
	return map[string]any{"code": code, "message": "failed with " + code}
}

// wireCancels is null for no cancellation.
func (p *payment) wireCancels() any {
	if len(p.Cancels) == 0 {
		return nil
	}
	var entries []any
	left := p.Total
	for _, c := range p.Cancels {
		left = left.Sub(c.Amount)
		entries = append(entries, map[string]any{
			"cancelAmount": figure(c.Amount), "cancelReason": c.Reason, "taxFreeAmount": 0, "taxExemptionAmount": 0,
			"refundableAmount": figure(left), "cardDiscountAmount": 0, "transferDiscountAmount": 0, "easyPayDiscountAmount": 0,
			"canceledAt": stamp(c.At), "transactionKey": c.TransactionKey, "receiptKey": nil, "cancelStatus": Done, "cancelRequestId": nil,
		})
	}
	return entries
}

// wireCard shows the number masked, as the provider does.
func (p *payment) wireCard() any {
	if p.cardNumber == "" {
		return nil
	}
	return map[string]any{
		"amount": figure(p.Total), "issuerCode": "41", "acquirerCode": "41", "number": masked(p.cardNumber), "installmentPlanMonths": 0,
		"approveNo": "00000000", "useCardPoint": false, "cardType": "신용", "ownerType": "개인", "acquireStatus": Ready,
		"isInterestFree": false, "interestPayer": nil,
	}
}

func masked(number string) string { return number[:8] + "****" + number[12:15] + "*" }

func (p *payment) wireTransfer() any {
	if p.Method != string(MethodTransfer) {
		return nil
	}
	return map[string]any{"bankCode": "88", "settlementStatus": "INCOMPLETED"}
}

// wireAccount says of a virtual account whether its due date has passed: the status of the
// payment does not (documented).
func (p *payment) wireAccount(now time.Time, hideExpiry bool) any {
	a := p.account
	if a == nil {
		return nil
	}
	due := any(stamp(a.due))
	if hideExpiry {
		due = nil
	}
	return map[string]any{
		"accountType": "일반", "accountNumber": a.number, "bankCode": a.bank, "customerName": a.customer, "depositorName": a.customer,
		"dueDate": due, "expired": !hideExpiry && now.After(a.due), "settlementStatus": "INCOMPLETED", "refundStatus": a.refund(p),
		"refundReceiveAccount": a.refundTo,
	}
}
