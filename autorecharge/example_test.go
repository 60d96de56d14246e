package autorecharge_test

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/autorecharge"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/text"
)

// What a policy does is told by one pure function: about a wallet, what has come of
// the policy so far, the money under way, and the time.
func ExampleDecide() {
	policy := &ports.Policy{
		OperationHead: ports.OperationHead{}, Status: ports.PolicyActive,
		PolicyTerms: ports.PolicyTerms{
			Methods:     []ports.PaymentMethod{{Charger: "cards", ID: "card-1"}},
			MinimumCash: decimal.NewFromInt(1_000), RechargeTo: decimal.NewFromInt(100_000),
			SuspendAfter: 5, TimeZone: "Asia/Seoul",
		},
	}
	wallet := &ports.Wallet{Status: ports.WalletActive, Currency: "KRW", Balance: decimal.NewFromInt(1_000)}
	now := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)

	var state autorecharge.State // the policy has never charged
	d := autorecharge.Decide(wallet, policy, &state, decimal.Decimal{}, now)
	fmt.Println(d.Charge, d.Amount, d.Why)

	state = autorecharge.State{Failures: 1, Why: "declined: 402", NotBefore: now.Add(time.Minute)}
	d = autorecharge.Decide(wallet, policy, &state, decimal.Decimal{}, now)
	policy.State, _ = json.Marshal(state) // as the engine keeps it
	fmt.Println(text.Decision(&d, policy, text.English))
	fmt.Println(text.Decision(&d, policy, text.Korean))
	// Output:
	// true 99000 low
	// The last attempt failed (declined: 402). Failures in a row: 1; the policy is suspended at 5. Next look: 2026-11-01 09:01:00 KST.
	// 최근 충전이 실패했습니다(결제 거절: 402). 연속 실패 1회, 5회가 되면 중지됩니다. 다음 확인: 2026-11-01 09:01:00 KST.
}

// A wallet that keeps fractions of a won is charged in whole units, here of a thousand
// won: as many as bring it to its target.
func ExampleDecide_chargeUnit() {
	policy := &ports.Policy{
		OperationHead: ports.OperationHead{}, Status: ports.PolicyActive,
		PolicyTerms: ports.PolicyTerms{
			Methods:     []ports.PaymentMethod{{Charger: "cards", ID: "card-1"}},
			MinimumCash: decimal.NewFromInt(1_000), RechargeTo: decimal.NewFromInt(20_000),
			ChargeUnit: decimal.NewFromInt(1_000), SuspendAfter: 5, TimeZone: "Asia/Seoul",
		},
	}
	wallet := &ports.Wallet{Status: ports.WalletActive, Currency: "KRW", Scale: 2, Balance: decimal.RequireFromString("996.60")}
	now := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)

	d := autorecharge.Decide(wallet, policy, &autorecharge.State{}, decimal.Decimal{}, now)
	fmt.Println(d.Amount, d.Bound)
	fmt.Println(text.Decision(&d, policy, text.English))
	fmt.Println(text.Decision(&d, policy, text.Korean))
	// Output:
	// 20000 charge_unit
	// Available cash is at or below 1,000 KRW: 20,000 KRW would be charged through cards, rounded up to a multiple of 1,000 KRW.
	// 사용 가능 잔액이 1,000원 이하이므로 20,000원을 충전합니다(결제 제공사: cards, 1,000원 단위로 올림).
}
