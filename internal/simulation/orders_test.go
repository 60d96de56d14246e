package simulation_test

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/ports"
)

// asAsked compares every order to a provider with what was asked for: by a host, by the
// test itself, or by a policy. The record's own amount proves nothing: what it says was
// charged.
func (a *audit) asAsked(made []*asked) error {
	requests := make(map[string]*request)
	for _, m := range made {
		requests[m.Wallet+"\n"+m.Key] = m.request
	}
	for _, op := range a.ops {
		var err error
		switch op := op.(type) {
		case *ports.Recharge:
			err = rechargeAsAsked(op, requests[op.WalletID+"\n"+op.Key])
		case *ports.Withdrawal:
			err = payoutAsAsked(op, requests[op.WalletID+"\n"+op.Key])
		}
		if err != nil {
			return fmt.Errorf("%s %s: %w", op.Head().Kind, op.Head().ID, err)
		}
	}
	return nil
}

func rechargeAsAsked(op *ports.Recharge, r *request) error {
	switch {
	case strings.HasPrefix(op.Key, autoPrefix):
		if !op.Amount.IsPositive() || op.Amount.GreaterThan(won(mostCharge)) {
			return fmt.Errorf("a policy charged %s, at most it may %d", op.Amount, mostCharge)
		}
	case strings.HasPrefix(op.Key, probePrefix):
		return same("amount", op.Amount, won(probeAmount))
	case r == nil || r.Kind != "recharge" && r.Kind != "begin":
		return fmt.Errorf("no request asked for it under the key %s", op.Key)
	case op.Charger != r.Via || op.PaymentMethod != r.Method:
		return fmt.Errorf("request %d asked for another payment method", r.Number)
	case (op.Bonus != nil) != (r.Bonus != 0), r.Bonus != 0 && (!op.Bonus.Amount.Equal(money(r.Wallet, r.Bonus)) || !op.Bonus.ExpiresAt.Equal(r.Expires)):
		return fmt.Errorf("request %d asked for another bonus", r.Number)
	default:
		return same("amount", op.Amount, r.amount())
	}
	return nil
}

// payoutAsAsked also demands the approvals of distinct people before anything is sent.
func payoutAsAsked(op *ports.Withdrawal, r *request) error {
	switch {
	case r == nil || r.Kind != "withdraw" && r.Kind != "leave":
		return fmt.Errorf("no request asked for it under the key %s", op.Key)
	case op.Disburser != r.Via:
		return fmt.Errorf("request %d asked for another way", r.Number)
	case op.RequestedBy != r.Who:
		return fmt.Errorf("request %d was made by another person", r.Number)
	case slices.ContainsFunc(op.Approvals, func(a ports.Decision) bool { return a.Who == op.RequestedBy }):
		return fmt.Errorf("the person who requested it approved it: %v", op.Approvals)
	case op.Transmissions > 0 && people(op.Approvals) < approvals[op.Disburser]:
		return fmt.Errorf("it was sent with the approval of %d people: %v", people(op.Approvals), op.Approvals)
	}
	fee, asked := feeOf(op.Disburser, op.Total), r.amount()
	if r.Kind == "leave" { // payouts checks that it is all
		asked = op.Total
	}
	return cmp.Or(same("total", op.Total, asked), same("fee", op.Fee, fee), same("net", op.Net, op.Total.Sub(fee)))
}

// people counts distinct ones.
func people(approved []ports.Decision) int {
	var names []string
	for _, a := range approved {
		names = append(names, a.Who)
	}
	slices.Sort(names)
	return len(slices.Compact(names))
}

func same(what string, is, asked decimal.Decimal) error {
	if !is.Equal(asked) {
		return fmt.Errorf("its %s is %s, asked for were %s", what, is, asked)
	}
	return nil
}
