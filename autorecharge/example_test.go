package autorecharge_test

import (
	"fmt"
	"time"

	"github.com/jigap/jigap/autorecharge"
	"github.com/jigap/jigap/ports"
)

func ExampleDecide() {
	policy := &ports.Policy{PolicyTerms: usual(), OperationHead: ports.OperationHead{Status: ports.PolicyActive}}
	wallet := &ports.Wallet{Status: ports.WalletActive, Balance: won(1_000)}
	now := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)

	d := autorecharge.Decide(wallet, policy, won(0), now)
	fmt.Println(d.Charge, d.Amount, d.Why)
	policy.State.Failures, policy.State.Why, policy.State.NotBefore = 1, "declined: 402", now.Add(time.Minute)
	policy.SuspendAfter, policy.TimeZone = 5, "Asia/Seoul"
	d = autorecharge.Decide(wallet, policy, won(0), now)
	fmt.Println(d.Text(policy, autorecharge.English))
	fmt.Println(d.Text(policy, autorecharge.Korean))
	// Output:
	// true 99000 low
	// The last attempt failed (declined: 402). Failures in a row: 1; the policy is suspended at 5. Next look: 2026-11-01 09:01:00 KST.
	// 최근 충전이 실패했습니다(declined: 402). 연속 실패 1회, 5회가 되면 중지됩니다. 다음 확인: 2026-11-01 09:01:00 KST.
}
