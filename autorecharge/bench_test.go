package autorecharge_test

import (
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/memory"
	"github.com/jigap/jigap/autorecharge"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/recharge"
)

// BenchmarkDeductUnderAPolicy shows what a policy adds to a deduct that leaves the
// wallet above its threshold; the baseline is the same deduct without one.
func BenchmarkDeductUnderAPolicy(b *testing.B) {
	for _, name := range []string{"policy", "baseline"} {
		b.Run(name, func(b *testing.B) {
			store, trigger := memory.New(), autorecharge.NewTrigger()
			l, err := ledger.New(store, ledger.Config{Observer: map[bool]ports.Observer{true: trigger}[name == "policy"]})
			require.NoError(b, err)
			recharges, err := recharge.New(store, l, recharge.Config{}, newCards())
			require.NoError(b, err)
			engine, err := autorecharge.New(store, l, recharges, autorecharge.Config{Trigger: trigger})
			require.NoError(b, err)
			_, err = l.Open(b.Context(), ledger.OpenRequest{WalletID: "w", Currency: "KRW"})
			require.NoError(b, err)
			_, err = l.Credit(b.Context(), ledger.CreditRequest{WalletID: "w", Key: "in", Amount: won(1_000_000_000_000)})
			require.NoError(b, err)
			if name == "policy" {
				_, err = engine.Set(b.Context(), setting("w", usual()))
				require.NoError(b, err)
				require.NoError(b, engine.Evaluate(b.Context(), "w"))
			}
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				if _, err := l.Deduct(b.Context(), ledger.DeductRequest{WalletID: "w", Key: strconv.Itoa(i), Amount: won(1)}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
