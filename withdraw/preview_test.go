package withdraw_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/jigap/jigap/adapters/memory"
	"github.com/jigap/jigap/adapters/solapi"
	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/internal/drytest"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/withdraw"
)

// previewed compares previews with what then happens, at a bank with and without approvals.
type previewed struct {
	store   *drytest.Store
	clock   *crashtest.Clock
	bank    *bank
	log     crashtest.Log
	events  atomic.Int64
	guard   *tripwire
	wallets *ledger.Ledger
	s       *withdraw.Service
}

// Notify implements [ports.Notifier].
func (p *previewed) Notify(context.Context, ports.Event) { p.events.Add(1) }

// plainSealer seals nothing, so that what is sealed can be compared.
type plainSealer struct{}

func (plainSealer) Seal(_ context.Context, plain string) ([]byte, error) { return []byte(plain), nil }

func (plainSealer) Unseal(_ context.Context, sealed []byte) (string, error) {
	return string(sealed), nil
}

func newPreviewed(t require.TestingT, approvals int) *previewed {
	clock := crashtest.NewClock()
	p := &previewed{
		store: &drytest.Store{Store: memory.New()}, clock: clock, guard: &tripwire{below: won(1_000)},
		bank: &bank{clock: clock, does: pays, orders: make(map[string]*bankOrder)},
	}
	var err error
	p.wallets, err = ledger.New(p.store, ledger.Config{Clock: clock})
	require.NoError(t, err)
	p.s, err = withdraw.New(p.store, p.wallets, withdraw.Config{
		Clock: clock, Notifier: p, Logger: slog.New(slog.NewTextHandler(&p.log, nil)), Guard: p.guard, Sealer: plainSealer{},
	}, withdraw.Route{Disburser: p.bank, Schedule: withdraw.FeeSchedule(solapi.FeeSchedule()), Approvals: approvals})
	require.NoError(t, err)
	for _, id := range []string{"w", "dollars"} {
		currency := map[string]string{"w": "KRW", "dollars": "USD"}[id]
		_, err = p.wallets.Open(context.Background(), ledger.OpenRequest{WalletID: id, Currency: currency})
		require.NoError(t, err)
		_, err = p.wallets.Credit(context.Background(), ledger.CreditRequest{WalletID: id, Key: "in", Amount: won(50_000)})
		require.NoError(t, err)
	}
	return p
}

// request previews a withdrawal, of which nothing must be heard, and requests it.
func (p *previewed) request(t require.TestingT, request withdraw.Request) (withdraw.Forecast, error) {
	ctx := context.Background()
	require.NoError(t, p.s.Wait(ctx))
	commits, orders, log, events := p.store.Commits(), len(p.bank.orders), p.log.String(), p.events.Load()
	forecast, foreseen := p.s.Preview(ctx, request)
	require.NoError(t, p.s.Wait(ctx))
	require.Equal(t, commits, p.store.Commits(), "a preview commits nothing")
	require.Len(t, p.bank.orders, orders, "a preview sends nothing")
	require.Equal(t, log, p.log.String(), "a preview logs nothing")
	require.Equal(t, events, p.events.Load(), "a preview tells nothing")
	op, err := p.s.Request(ctx, request)
	if err != nil {
		drytest.SameError(t, err, foreseen)
		require.Equal(t, withdraw.Forecast{}, forecast)
		return forecast, err
	}
	require.NoError(t, foreseen)
	if forecast.Replayed {
		drytest.Same(t, op, forecast.Withdrawal)
		now, err := p.wallets.Wallet(ctx, op.WalletID)
		require.NoError(t, err)
		drytest.Same(t, now, forecast.Wallet)
		return forecast, nil
	}
	written := p.store.Written(op.ID)[0]
	written.Record.Head().ID, written.Wallet.Hash = "", ports.Hash{}
	drytest.Same(t, written.Record, forecast.Withdrawal)
	drytest.Same(t, written.Wallet, forecast.Wallet)
	return forecast, nil
}

// TestService_Preview/tells_the_record_and_the_wallet: with the fee, and what is paid out.
//
// TestService_Preview/tells_the_refusal.
//
// TestService_Preview/tells_the_first_result_of_a_key, whatever was agreed since.
func TestService_Preview(t *testing.T) {
	t.Parallel()
	t.Run("tells_the_record_and_the_wallet", func(t *testing.T) {
		t.Parallel()
		for _, approvals := range []int{0, 1} {
			forecast, err := newPreviewed(t, approvals).request(t, payOut("k"))
			require.NoError(t, err)
			require.Empty(t, forecast.Withdrawal.ID)
			require.Equal(t, "1500", forecast.Withdrawal.Fee.String())
			require.Equal(t, "18500", forecast.Withdrawal.Net.String())
			require.Equal(t, "30000", forecast.Wallet.Balance.String())
			require.Equal(t, 1, forecast.Wallet.OpenOperations)
		}
	})
	t.Run("tells_the_refusal", func(t *testing.T) {
		t.Parallel()
		p := newPreviewed(t, 1)
		for _, c := range []struct {
			change func(request *withdraw.Request)
			want   error
		}{
			{func(r *withdraw.Request) { r.Total = won(60_000); r.LiftGuard = true }, ports.ErrInsufficient},
			{func(r *withdraw.Request) { r.Total = won(49_500) }, withdraw.ErrTripsRecharge},
			{func(r *withdraw.Request) { r.AgreedFee = optional(1_400) }, withdraw.ErrFeeChanged},
			{func(r *withdraw.Request) { r.Key = "in" }, ports.ErrKeyReused},
			{func(r *withdraw.Request) { r.Who = "" }, ports.ErrInvalid},
			{func(r *withdraw.Request) { r.WalletID = "dollars" }, ports.ErrCurrency},
			{func(r *withdraw.Request) { r.WalletID = "none" }, ports.ErrNotFound},
			{func(r *withdraw.Request) { r.Disburser = "none" }, ports.ErrInvalid},
			{func(*withdraw.Request) {
				_, err := p.wallets.Freeze(t.Context(), ledger.StatusRequest{WalletID: "w", Key: "freeze", By: ports.By{Who: "kim", Why: "seen"}})
				require.NoError(t, err)
			}, ports.ErrFrozen},
		} {
			request := payOut("k")
			c.change(&request)
			_, err := p.request(t, request)
			require.ErrorIs(t, err, c.want)
		}
	})
	t.Run("tells_the_first_result_of_a_key", func(t *testing.T) {
		t.Parallel()
		p := newPreviewed(t, 0)
		request := payOut("k")
		request.Destination = &withdraw.Account{BankCode: "004", Number: "1234567890123", Holder: "Kim"}
		_, err := p.request(t, request)
		require.NoError(t, err)
		forecast, err := p.request(t, request)
		require.NoError(t, err)
		require.True(t, forecast.Replayed)
		request.AgreedFee = optional(1)
		_, err = p.request(t, request)
		require.ErrorIs(t, err, ports.ErrKeyReused)
		request = payOut("k")
		request.Destination = &withdraw.Account{BankCode: "004", Number: "9994567890123", Holder: "Kim"}
		_, err = p.request(t, request)
		require.ErrorIs(t, err, ports.ErrKeyReused, "the whole number is compared")
	})
}

// TestService_Preview_is_what_then_happens previews each withdrawal of a random history, and then
// requests it, at a bank that answers in every way. Errors are equal by type and text; the record and the
// wallet are as they are written first.
func TestService_Preview_is_what_then_happens(t *testing.T) {
	t.Parallel()
	var taken, refused, replayed atomic.Int64
	rapid.Check(t, func(rt *rapid.T) {
		p := newPreviewed(rt, rapid.IntRange(0, 1).Draw(rt, "approvals"))
		for step := range 30 {
			p.bank.does = rapid.SampledFrom(behaviours).Draw(rt, "does")
			request := draw(rt)
			for range 1 + rapid.IntRange(0, 1).Draw(rt, "again") {
				forecast, err := p.request(rt, request)
				switch {
				case err != nil:
					refused.Add(1)
				case forecast.Replayed:
					replayed.Add(1)
				default:
					taken.Add(1)
				}
			}
			p.meanwhile(rt, step)
		}
		_, err := p.wallets.Verify(context.Background(), "w")
		require.NoError(rt, err)
	})
	if !testing.Short() {
		require.Greater(t, taken.Load(), int64(300))
		require.Greater(t, refused.Load(), int64(300))
		require.Greater(t, replayed.Load(), int64(50))
	}
	t.Logf("%d taken, %d refused, %d replayed", taken.Load(), refused.Load(), replayed.Load())
}

// draw draws a request, that may be refused.
func draw(t *rapid.T) withdraw.Request {
	request := payOut(fmt.Sprint("k", rapid.IntRange(0, 15).Draw(t, "key")))
	request.WalletID = rapid.SampledFrom([]string{"w", "w", "w", "w", "w", "dollars", "none"}).Draw(t, "wallet")
	request.Total = won(rapid.SampledFrom([]int64{10_000, 10_000, 10_000, 20_000, 5_000, 0}).Draw(t, "total"))
	request.LiftGuard = rapid.IntRange(0, 4).Draw(t, "lifted") == 0
	if rapid.IntRange(0, 4).Draw(t, "agreed") == 0 {
		request.AgreedFee = optional(rapid.SampledFrom([]int64{1_000, 750}).Draw(t, "fee"))
	}
	if rapid.IntRange(0, 4).Draw(t, "elsewhere") == 0 {
		request.Destination = &withdraw.Account{BankCode: "004", Number: withdraw.AccountNumber(rapid.SampledFrom([]string{"1234567890123", "9994567890123"}).Draw(t, "number")), Holder: "Kim"}
	}
	return request
}

// meanwhile is what happens between two withdrawals.
func (p *previewed) meanwhile(t *rapid.T, step int) {
	ctx := context.Background()
	act := ledger.StatusRequest{WalletID: "w", Key: fmt.Sprint("act ", step), By: ports.By{Who: "kim", Why: "seen"}}
	switch rapid.IntRange(0, 7).Draw(t, "meanwhile") { // refusals do not matter
	case 0, 1:
		p.clock.Advance(time.Duration(rapid.IntRange(1, 180).Draw(t, "minutes")) * time.Minute)
		_, err := p.s.Follow(ctx, 100)
		require.NoError(t, err)
	case 2, 3, 4:
		_, _ = p.wallets.Credit(ctx, ledger.CreditRequest{WalletID: "w", Key: fmt.Sprint("step ", step), Amount: won(12_000)})
	case 5:
		_, _ = p.wallets.Freeze(ctx, act)
	case 6, 7:
		_, _ = p.wallets.Unfreeze(ctx, act)
	}
}

// TestService_Preview_at_the_same_moment: previews run while others withdraw from the wallet. Each shows a
// state in which whole withdrawals have left, and no preview takes anything.
func TestService_Preview_at_the_same_moment(t *testing.T) {
	t.Parallel()
	p := newPreviewed(t, 1)
	_, err := p.wallets.Credit(t.Context(), ledger.CreditRequest{WalletID: "w", Key: "more", Amount: won(950_000)})
	require.NoError(t, err)
	var all sync.WaitGroup
	for i := range 4 {
		all.Go(func() {
			for n := range 10 {
				request := payOut(fmt.Sprint(i, " ", n))
				request.LiftGuard = true // the guard of these tests is for one caller
				if i >= 2 {
					if _, err := p.s.Request(t.Context(), request); err != nil {
						t.Error(err)
					}
					continue
				}
				forecast, err := p.s.Preview(t.Context(), request)
				switch {
				case err != nil:
					if !errors.Is(err, ports.ErrConflict) {
						t.Error(err)
					}
				case !won(1_000_000).Sub(forecast.Wallet.Balance).Equal(won(20_000).Mul(won(int64(forecast.Wallet.OpenOperations)))):
					t.Errorf("the wallet would have %s and %d withdrawals", forecast.Wallet.Balance, forecast.Wallet.OpenOperations)
				}
			}
		})
	}
	all.Wait()
	wallet, err := p.wallets.Wallet(t.Context(), "w")
	require.NoError(t, err)
	require.True(t, wallet.Balance.Equal(won(1_000_000-2*10*20_000)))
}
