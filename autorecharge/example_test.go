package autorecharge_test

import (
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/autorecharge"
	"github.com/jigap/jigap/ports"
)

// What a policy does is told by one pure function: about a wallet, what has come of
// the policy so far, the money under way, and the time.
func ExampleDecide() {
	policy := &ports.Policy{
		OperationHead: ports.OperationHead{Status: ports.PolicyActive},
		PolicyTerms: ports.PolicyTerms{
			Methods:     []ports.PaymentMethod{{Charger: "cards", ID: "card-1"}},
			MinimumCash: decimal.NewFromInt(1_000), RechargeTo: decimal.NewFromInt(100_000),
			SuspendAfter: 5, TimeZone: "Asia/Seoul",
		},
	}
	wallet := &ports.Wallet{Status: ports.WalletActive, Balance: decimal.NewFromInt(1_000)}
	now := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)

	d := autorecharge.Decide(wallet, policy, decimal.Decimal{}, now)
	fmt.Println(d.Charge, d.Amount, d.Why)

	policy.State.Failures, policy.State.Why, policy.State.NotBefore = 1, "declined: 402", now.Add(time.Minute)
	d = autorecharge.Decide(wallet, policy, decimal.Decimal{}, now)
	fmt.Println(d.Text(policy, autorecharge.English))
	fmt.Println(d.Text(policy, autorecharge.Korean))
	// Output:
	// true 99000 low
	// The last attempt failed (declined: 402). Failures in a row: 1; the policy is suspended at 5. Next look: 2026-11-01 09:01:00 KST.
	// 최근 충전이 실패했습니다(declined: 402). 연속 실패 1회, 5회가 되면 중지됩니다. 다음 확인: 2026-11-01 09:01:00 KST.
}
