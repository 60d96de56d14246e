package autorecharge

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/internal/record"
	"github.com/jigap/jigap/ports"
)

// Language is a language of the texts of this package.
type Language string

// The languages.
const (
	English Language = "en"
	Korean  Language = "ko"
)

// Explain says what the policy of a wallet would do at the next look, and why; or why
// not, and until when. It names the order that a policy waits for. It writes nothing and
// asks no provider: what it says of a provider's settings is of the last look.
func (e *Engine) Explain(ctx context.Context, walletID string, language Language) (Decision, string, error) {
	policy, err := e.Get(ctx, walletID)
	if err != nil {
		return Decision{}, "", err
	}
	d, err := e.explain(ctx, policy)
	if err != nil {
		return Decision{}, "", record.About("explain policy of", "wallet", walletID, err)
	}
	return d, d.Text(policy, language), nil
}

func (e *Engine) explain(ctx context.Context, policy *ports.Policy) (Decision, error) {
	if policy.Delegated && policy.State.Drift != "" {
		return Decision{Why: ReasonDrift}, nil
	}
	wallet, err := e.ledger.Wallet(ctx, policy.WalletID)
	if err != nil {
		return Decision{}, err
	}
	if policy.Status == ports.PolicySuspended && !policy.State.Held {
		byHand, err := e.rechargedByHand(ctx, policy)
		if err != nil {
			return Decision{}, err
		}
		if byHand { // the next look re-arms it
			policy = clone(policy)
			arm(policy)
		}
	}
	d, _, err := e.decide(ctx, &wallet, policy)
	switch {
	case err != nil:
		return Decision{}, err
	case d.Charge && policy.State.Drift != "":
		return Decision{Why: ReasonBothOn}, nil
	case d.Why == ReasonUnderWay:
		return e.nameUnderWay(ctx, policy, d)
	}
	return d, nil
}

// nameUnderWay adds to the decision the recharge that is waited for: the attempt, or else
// the first one that counts as money under way.
func (e *Engine) nameUnderWay(ctx context.Context, policy *ports.Policy, d Decision) (Decision, error) {
	open, err := e.recharges.List(ctx, ports.OperationFilter{WalletID: policy.WalletID, Open: true})
	for _, op := range open {
		waited := onItsWay(op, policy, e.now())
		if attempt := policy.State.Attempt; attempt != nil {
			waited = op.Key == attempt.Key
		}
		if waited {
			d.OperationID, d.OperationStatus = op.ID, op.StatusText()
			break
		}
	}
	return d, err
}

// Text returns the decision for people. Amounts are grouped and have the unit of the
// wallet that was decided about. Times are written in the policy's time zone; an unknown
// language is English.
func (d Decision) Text(policy *ports.Policy, language Language) string {
	if language == Korean {
		return d.korean(policy) + d.tail(policy, " 다음 확인: %s.")
	}
	return d.english(policy) + d.tail(policy, " Next look: %s.")
}

func (d Decision) tail(policy *ports.Policy, format string) string {
	if d.Until.IsZero() {
		return ""
	}
	location, err := zone(policy.TimeZone)
	if err != nil {
		location = time.UTC
	}
	return fmt.Sprintf(format, d.Until.In(location).Format("2006-01-02 15:04:05 MST"))
}

// money writes an amount with commas between thousands and the unit of the wallet.
func (d Decision) money(amount decimal.Decimal, language Language) string {
	whole, fraction, hasFraction := strings.Cut(amount.String(), ".")
	for i := len(whole) - 3; i > 0 && whole[i-1] != '-'; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if hasFraction {
		whole += "." + fraction
	}
	switch {
	case d.currency == "":
		return whole
	case d.currency == "KRW" && language == Korean:
		return whole + "원"
	}
	return whole + " " + d.currency
}
