package ledger_test

import (
	"context"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/memory"
	"github.com/jigap/jigap/ledger"
)

// BenchmarkDeductWithLimits takes from a wallet that has limits of every kind and has counted a
// credit for them. The baseline takes from one without limits.
func BenchmarkDeductWithLimits(b *testing.B) {
	withLimits(b, func(l *ledger.Ledger, key string) error {
		_, err := l.Deduct(context.Background(), ledger.DeductRequest{WalletID: "w", Key: key, Amount: one})
		return err
	})
}

// BenchmarkCreditWithLimits credits a wallet that has limits of every kind.
func BenchmarkCreditWithLimits(b *testing.B) {
	withLimits(b, func(l *ledger.Ledger, key string) error {
		_, err := l.Credit(context.Background(), ledger.CreditRequest{WalletID: "w", Key: key, Amount: one})
		return err
	})
}

func withLimits(b *testing.B, do func(l *ledger.Ledger, key string) error) {
	b.Helper()
	huge := most(900_000_000_000_000_000)
	for _, name := range []string{"limits", "baseline"} {
		b.Run(name, func(b *testing.B) {
			var config ledger.Config
			if name == "limits" {
				config.Limits = ledger.SameLimits(ledger.Limits{
					Balance: huge, CreditedPerDay: huge, CreditedPerMonth: huge, Point: huge, TimeZone: time.FixedZone("KST", 9*60*60),
				})
			}
			l, err := ledger.New(memory.New(), config)
			require.NoError(b, err)
			_, err = l.Open(b.Context(), ledger.OpenRequest{WalletID: "w", Currency: "KRW"})
			require.NoError(b, err)
			_, err = l.Credit(b.Context(), ledger.CreditRequest{WalletID: "w", Key: "in", Amount: fortune()})
			require.NoError(b, err)
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				if err := do(l, strconv.Itoa(i)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
