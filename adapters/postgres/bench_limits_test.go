package postgres_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
)

// BenchmarkDeductWithLimits takes 1 from a wallet that has limits of every kind and counts for
// them, and from one without.
func BenchmarkDeductWithLimits(b *testing.B) {
	s := newBench(b)
	huge := decimal.NewNullDecimal(decimal.New(9, 17))
	limited := s.ids[1]
	var err error
	s.ledger, err = ledger.New(s.store, ledger.Config{Limits: func(w *ports.Wallet) ledger.Limits {
		if w.ID != limited {
			return ledger.Limits{}
		}
		return ledger.Limits{Balance: huge, CreditedPerDay: huge, CreditedPerMonth: huge, Point: huge, TimeZone: time.FixedZone("KST", 9*60*60)}
	}})
	require.NoError(b, err)
	_, err = s.ledger.Credit(b.Context(), ledger.CreditRequest{WalletID: limited, Key: s.key(), Amount: decimal.NewFromInt(1)})
	require.NoError(b, err)
	for _, workers := range []int{1, 64} {
		for name, id := range map[string]string{"limits": limited, "baseline": s.ids[0]} {
			b.Run(fmt.Sprintf("%d/%s", workers, name), func(b *testing.B) {
				share(b, workers, 1, func(ctx context.Context) error { return s.deduct(ctx, id) })
			})
		}
	}
}
