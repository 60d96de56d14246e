package ledger_test

import (
	"context"
	"strconv"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/memory"
	"github.com/jigap/jigap/internal/books"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
)

// BenchmarkDeductWithBonus takes cash from a wallet that had a bonus with its credit, of which it has
// spent nothing. The baseline takes from one that had the points by a grant.
func BenchmarkDeductWithBonus(b *testing.B) {
	for _, name := range []string{"bonus", "baseline"} {
		b.Run(name, func(b *testing.B) {
			l, err := ledger.New(memory.New(), ledger.Config{})
			require.NoError(b, err)
			_, err = l.Open(b.Context(), ledger.OpenRequest{WalletID: "w", Currency: "KRW"})
			require.NoError(b, err)
			booking := books.Booking{WalletID: "w", Type: ports.EntryRecharge, Balance: fortune(), Counterparty: ports.AccountClearing("bank")}
			if name == "bonus" {
				booking.Points = &books.Points{Wants: wants(1_000), Done: func(int64, decimal.Decimal) {}}
			} else {
				_, err = l.Grant(b.Context(), ledger.GrantRequest{WalletID: "w", Key: "points", Amount: won(1_000)})
				require.NoError(b, err)
			}
			_, err = l.Book(b.Context(), booking)
			require.NoError(b, err)
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				_, err := l.Deduct(context.Background(), ledger.DeductRequest{WalletID: "w", Key: strconv.Itoa(i), Amount: one, Spend: ledger.CashOnly})
				require.NoError(b, err)
			}
		})
	}
}
