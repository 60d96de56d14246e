package recharge_test

import (
	"context"
	"strconv"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/memory"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/recharge"
)

// instant is a Charger that approves at once and without a lane, and names each charge.
type instant struct{}

func (instant) Name() string                  { return "instant" }
func (instant) Lane(ports.ChargeOrder) string { return "" }
func (instant) Prepare(context.Context, ports.ChargeOrder) ([]byte, *ports.ChargeAnswer) {
	return nil, nil
}

func (instant) Charge(_ context.Context, order ports.ChargeOrder) ports.ChargeAnswer {
	return ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeApproved, ProviderRef: order.OperationID}}
}

func (instant) Inquire(context.Context, ports.ChargeOrder) ports.ChargeAnswer {
	return ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeApproved}}
}

type countedStore struct {
	ports.Store
	units atomic.Int64
}

func (s *countedStore) Commit(ctx context.Context, units []ports.Unit) []ports.Fate {
	s.units.Add(int64(len(units)))
	return s.Store.Commit(ctx, units)
}

// BenchmarkRecharge shows what the service adds to a plain credit: "units/op" is how
// many units it commits.
func BenchmarkRecharge(b *testing.B) {
	start := func(b *testing.B) (*countedStore, *ledger.Ledger) {
		b.Helper()
		store := &countedStore{Store: memory.New()}
		l, err := ledger.New(store, ledger.Config{})
		require.NoError(b, err)
		_, err = l.Open(b.Context(), ledger.OpenRequest{WalletID: "w", Currency: "KRW"})
		require.NoError(b, err)
		store.units.Store(0)
		b.ReportAllocs()
		return store, l
	}
	b.Run("service", func(b *testing.B) {
		store, l := start(b)
		s, err := recharge.New(store, l, recharge.Config{}, instant{})
		require.NoError(b, err)
		n := 0
		for ; b.Loop(); n++ {
			op, err := s.Recharge(b.Context(), recharge.Request{
				WalletID: "w", Key: strconv.Itoa(n), Charger: "instant", PaymentMethod: "card", Amount: won(1),
			})
			if err != nil || op.Status != ports.RechargeApproved {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(store.units.Load())/float64(n), "units/op")
	})
	b.Run("baseline", func(b *testing.B) {
		store, l := start(b)
		n := 0
		for ; b.Loop(); n++ {
			if _, err := l.Credit(b.Context(), ledger.CreditRequest{WalletID: "w", Key: strconv.Itoa(n), Amount: won(1)}); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(store.units.Load())/float64(n), "units/op")
	})
}
