package withdraw_test

import (
	"context"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/memory"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/withdraw"
)

// instant is a Disburser that pays at once and without a lane, and names each payout.
type instant struct{}

func (instant) Name() string                  { return "instant" }
func (instant) Lane(ports.PayoutOrder) string { return "" }
func (instant) Prepare(context.Context, ports.PayoutOrder) ([]byte, *ports.PayoutAnswer) {
	return nil, nil
}

func (instant) Disburse(_ context.Context, order ports.PayoutOrder) ports.PayoutAnswer {
	return ports.PayoutAnswer{Answer: ports.Answer{Outcome: ports.OutcomeApproved, ProviderRef: order.OperationID}}
}

func (instant) Inquire(context.Context, ports.PayoutOrder) ports.PayoutAnswer {
	return ports.PayoutAnswer{Answer: ports.Answer{Outcome: ports.OutcomeApproved}}
}

// BenchmarkWithdraw shows what the service adds to a plain deduct.
func BenchmarkWithdraw(b *testing.B) {
	start := func(b *testing.B) (ports.Store, *ledger.Ledger) {
		b.Helper()
		store := memory.New()
		l, err := ledger.New(store, ledger.Config{})
		require.NoError(b, err)
		_, err = l.Open(b.Context(), ledger.OpenRequest{WalletID: "w", Currency: "KRW"})
		require.NoError(b, err)
		_, err = l.Credit(b.Context(), ledger.CreditRequest{WalletID: "w", Key: "cash", Amount: won(1_000_000_000)})
		require.NoError(b, err)
		b.ReportAllocs()
		return store, l
	}
	b.Run("service", func(b *testing.B) {
		store, l := start(b)
		s, err := withdraw.New(store, l, withdraw.Config{}, withdraw.Route{Disburser: instant{}})
		require.NoError(b, err)
		for n := 0; b.Loop(); n++ {
			op, err := s.Request(b.Context(), withdraw.Request{WalletID: "w", Key: strconv.Itoa(n), Disburser: "instant", Total: won(1), Who: "customer"})
			if err != nil || op.Status != ports.WithdrawalCompleted {
				b.Fatal(op, err)
			}
		}
	})
	b.Run("baseline", func(b *testing.B) {
		_, l := start(b)
		for n := 0; b.Loop(); n++ {
			if _, err := l.Deduct(b.Context(), ledger.DeductRequest{WalletID: "w", Key: strconv.Itoa(n), Amount: won(1)}); err != nil {
				b.Fatal(err)
			}
		}
	})
}
