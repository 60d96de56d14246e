package recharge_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/toss"
	"github.com/jigap/jigap/adapters/toss/tosstest"
	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/withdraw"
)

// A payout whose answer was lost, and that cannot be sent again, is left to a person after ten minutes.
func TestService_Toss_lost_payout_and_another_secret_key(t *testing.T) {
	t.Parallel()
	s := newTossShop(t, "payout")
	s.clock.Advance(time.Date(2026, 11, 2, 3, 0, 0, 0, time.UTC).Sub(s.clock.Now())) // Monday noon in Korea
	_, wallets := s.process(crashtest.Immortal())
	seller := s.sim.NewSeller(tosstest.SellerConfig{})
	service := func(secret string) *withdraw.Service {
		key, err := toss.NewSecretKey(secret)
		require.NoError(t, err)
		client, err := toss.New(key, toss.Config{BaseURL: s.url, HTTPClient: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}, Clock: s.clock})
		require.NoError(t, err)
		security, err := toss.NewSecurityKey(s.sim.Shop().SecurityKey)
		require.NoError(t, err)
		disburser, err := toss.NewDisburser(client, "main", toss.PayoutConfig{
			SecurityKey: security, Experimental: true, Seller: func(context.Context, ports.PayoutOrder) (string, error) { return seller, nil },
		})
		require.NoError(t, err)
		made, err := withdraw.New(s.store, wallets, withdraw.Config{Clock: s.clock}, withdraw.Route{
			Disburser: disburser, Schedule: withdraw.FeeSchedule{Currency: "KRW", Version: "v1", Fixed: decimal.NewFromInt(0)},
		})
		require.NoError(t, err)
		return made
	}
	cards, _ := s.process(crashtest.Immortal())
	_, err := cards.Recharge(t.Context(), byCard())
	require.NoError(t, err)

	old := s.sim.Shop().SecretKey
	s.sim.Inject(tosstest.Fault{Method: http.MethodPost, Path: "/payouts", Kind: tosstest.CloseBefore})
	op, err := service(old).Request(t.Context(), withdraw.Request{WalletID: "w", Key: "p", Disburser: "payout@toss:main", Total: won(10_000), Who: "kim"})
	require.NoError(t, err)
	worker := service(s.sim.RotateKey().SecretKey)
	for range 60 * 25 {
		for _, job := range worker.Jobs() {
			_, err := job.Step(t.Context(), 100)
			require.NoError(t, err)
		}
		op, err = worker.Get(t.Context(), op.ID)
		require.NoError(t, err)
		if !op.Open || string(op.Status) == "review" {
			break
		}
		s.clock.Advance(time.Minute)
	}
	age := s.clock.Now().Sub(op.CreatedAt)
	t.Log(op.Status, age, op.Why, op.Answer.Message)
	require.Less(t, age, time.Hour)
}
