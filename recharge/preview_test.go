package recharge_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/jigap/jigap/adapters/memory"
	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/internal/drytest"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/recharge"
)

// previewed compares previews with what then happens, at a bank with a payment window.
type previewed struct {
	store   *drytest.Store
	clock   *crashtest.Clock
	bank    *bank
	log     crashtest.Log
	events  atomic.Int64
	limits  ledger.Limits
	wallets *ledger.Ledger
	s       *recharge.Service
}

// Notify implements [ports.Notifier].
func (p *previewed) Notify(context.Context, ports.Event) { p.events.Add(1) }

func newPreviewed(t require.TestingT) *previewed {
	clock := crashtest.NewClock()
	p := &previewed{
		store: &drytest.Store{Store: memory.New()}, clock: clock, bank: &bank{clock: clock, does: approves, orders: make(map[string]*bankOrder)},
	}
	var err error
	p.wallets, err = ledger.New(p.store, ledger.Config{Clock: clock, Limits: func(*ports.Wallet) ledger.Limits { return p.limits }})
	require.NoError(t, err)
	p.s, err = recharge.New(p.store, p.wallets, recharge.Config{
		Clock: clock, Notifier: p, Logger: slog.New(slog.NewTextHandler(&p.log, nil)),
	}, window{p.bank})
	require.NoError(t, err)
	for _, id := range []string{"w", "v"} {
		_, err = p.wallets.Open(context.Background(), ledger.OpenRequest{WalletID: id, Currency: "KRW"})
		require.NoError(t, err)
	}
	return p
}

// silently runs a preview, which must not be heard of.
func (p *previewed) silently(t require.TestingT, preview func() (recharge.Forecast, error)) (recharge.Forecast, error) {
	require.NoError(t, p.s.Wait(context.Background()))
	commits, orders, log, events := p.store.Commits(), len(p.bank.orders), p.log.String(), p.events.Load()
	forecast, err := preview()
	require.NoError(t, p.s.Wait(context.Background()))
	require.Equal(t, commits, p.store.Commits(), "a preview commits nothing")
	require.Len(t, p.bank.orders, orders, "a preview sends nothing")
	require.Equal(t, log, p.log.String(), "a preview logs nothing")
	require.Equal(t, events, p.events.Load(), "a preview tells nothing")
	return forecast, err
}

// recharge previews a recharge, and makes it.
func (p *previewed) recharge(t require.TestingT, request recharge.Request) (recharge.Forecast, *ports.Recharge, error) {
	ctx := context.Background()
	forecast, foreseen := p.silently(t, func() (recharge.Forecast, error) { return p.s.Preview(ctx, request) })
	op, err := p.s.Recharge(ctx, request)
	p.compare(t, &forecast, foreseen, op, err)
	return forecast, op, err
}

// begin previews a recharge that the customer pays, and begins it.
func (p *previewed) begin(t require.TestingT, request recharge.BeginRequest) (recharge.Forecast, *ports.Recharge, error) {
	ctx := context.Background()
	forecast, foreseen := p.silently(t, func() (recharge.Forecast, error) { return p.s.PreviewBegin(ctx, request) })
	op, err := p.s.Begin(ctx, request)
	p.compare(t, &forecast, foreseen, op, err)
	return forecast, op, err
}

// compare compares a forecast with what happened: the record as it was written first, and the wallet as
// it was credited, if it was.
func (p *previewed) compare(t require.TestingT, forecast *recharge.Forecast, foreseen error, op *ports.Recharge, err error) {
	if err != nil {
		drytest.SameError(t, err, foreseen)
		require.Equal(t, recharge.Forecast{}, *forecast)
		return
	}
	require.NoError(t, foreseen)
	if forecast.Replayed {
		drytest.Same(t, op, forecast.Recharge)
		now, err := p.wallets.Wallet(context.Background(), op.WalletID)
		require.NoError(t, err)
		drytest.Same(t, now, forecast.Wallet)
		return
	}
	written := p.store.Written(op.ID)
	drytest.Same(t, unnamed(written[0].Record.(*ports.Recharge)), unnamed(forecast.Recharge))
	for _, w := range written {
		if w.Record.StatusText() == string(ports.RechargeApproved) {
			w.Wallet.Hash = ports.Hash{}
			drytest.Same(t, w.Wallet, forecast.Wallet)
		}
	}
}

// unnamed is a recharge without its id.
func unnamed(op *ports.Recharge) ports.Recharge {
	c := *op
	c.ID, c.Shown = "", maps.Clone(op.Shown)
	delete(c.Shown, "order")
	return c
}

// TestService_Preview/tells_the_record_and_the_wallet_once_it_is_credited: with what is counted for limits.
//
// TestService_Preview/tells_the_refusal.
//
// TestService_Preview/tells_the_first_result_of_a_key: at any stage.
//
// TestService_Preview/tells_that_the_wallet_could_not_be_credited: the provider would have the money, and
// the wallet could not take it.
func TestService_Preview(t *testing.T) {
	t.Parallel()
	t.Run("tells_the_record_and_the_wallet_once_it_is_credited", func(t *testing.T) {
		t.Parallel()
		p := newPreviewed(t)
		p.limits.CreditedPerDay = most(30_000)
		forecast, op, err := p.recharge(t, topUp("k"))
		require.NoError(t, err)
		require.Equal(t, ports.RechargeApproved, op.Status)
		require.Equal(t, ports.RechargeSending, forecast.Recharge.Status)
		require.Empty(t, forecast.Recharge.ID)
		require.Equal(t, "bank:account", forecast.Recharge.Lane)
		require.Equal(t, "10000", forecast.Wallet.Balance.String())
		require.Equal(t, "10000", forecast.Wallet.Credited.DayAmount.String())
		require.True(t, forecast.Wallet.Incoming.IsZero())
		require.Zero(t, forecast.Wallet.OpenOperations)
	})
	t.Run("tells_the_refusal", func(t *testing.T) {
		t.Parallel()
		p := newPreviewed(t)
		p.limits.Balance = most(15_000)
		p.bank.does = dropsAfter
		_, first, err := p.recharge(t, topUp("first"))
		require.NoError(t, err)
		var busy *recharge.InProgressError
		less, other := topUp("second"), topUp("first")
		less.Amount, other.PaymentMethod = won(1), "another card"
		_, _, err = p.recharge(t, less)
		require.ErrorAs(t, err, &busy)
		require.Equal(t, first.ID, busy.OperationID)
		_, _, err = p.recharge(t, other)
		require.ErrorIs(t, err, ports.ErrKeyReused)
		_, _, err = p.recharge(t, topUp("too much"))
		require.ErrorIs(t, err, ports.ErrLimit, "what is on its way counts")
		_, _, err = p.recharge(t, recharge.Request{WalletID: "w", Key: ports.AutoRechargeKeys + "1"})
		require.ErrorIs(t, err, ports.ErrInvalid)
	})
	t.Run("tells_the_first_result_of_a_key", func(t *testing.T) {
		t.Parallel()
		p := newPreviewed(t)
		p.bank.does = pendsApproves
		for _, status := range []ports.RechargeStatus{ports.RechargePending, ports.RechargePending, ports.RechargeApproved} {
			forecast, op, err := p.recharge(t, topUp("k"))
			require.NoError(t, err)
			require.Equal(t, status, op.Status)
			if status == ports.RechargeApproved {
				require.Equal(t, "10000", forecast.Wallet.Balance.String())
			}
			if forecast.Replayed {
				p.clock.Advance(time.Hour)
				_, err = p.s.Follow(t.Context(), 10)
				require.NoError(t, err)
			}
		}
	})
	t.Run("tells_that_the_wallet_could_not_be_credited", func(t *testing.T) {
		t.Parallel()
		p := newPreviewed(t)
		_, err := p.wallets.Credit(t.Context(), ledger.CreditRequest{WalletID: "w", Key: "much", Amount: decimal.New(999_999, 12)})
		require.NoError(t, err)
		request := topUp("k")
		request.Amount = decimal.New(2, 12)
		_, err = p.silently(t, func() (recharge.Forecast, error) { return p.s.Preview(t.Context(), request) })
		require.ErrorIs(t, err, ports.ErrLimit)
	})
}

// TestService_PreviewBegin/tells_what_the_customer_would_be_shown, and the wallet once it is paid.
//
// TestService_PreviewBegin/tells_the_refusal.
func TestService_PreviewBegin(t *testing.T) {
	t.Parallel()
	t.Run("tells_what_the_customer_would_be_shown", func(t *testing.T) {
		t.Parallel()
		p := newPreviewed(t)
		request := beginning("k")
		request.Fields = map[string]string{"name": "Kim"}
		forecast, op, err := p.begin(t, request)
		require.NoError(t, err)
		require.Equal(t, "Kim", forecast.Recharge.Shown["name"])
		require.Equal(t, op.Deadline, forecast.Recharge.Deadline)
		require.Equal(t, "10000", forecast.Wallet.Balance.String())
	})
	t.Run("tells_the_refusal", func(t *testing.T) {
		t.Parallel()
		p := newPreviewed(t)
		late := beginning("k")
		late.Deadline = p.clock.Now().Add(2 * time.Hour)
		_, _, err := p.begin(t, late)
		require.ErrorIs(t, err, ports.ErrInvalid)
		unknown := beginning("k")
		unknown.Charger = "none"
		_, _, err = p.begin(t, unknown)
		require.ErrorIs(t, err, ports.ErrInvalid)
	})
}

// TestService_Preview_is_what_then_happens previews each recharge of a random history, and then makes
// it, at a bank that answers in every way. Errors are equal by type and text; the record is as it is
// written first, and the wallet as it is once it was credited.
func TestService_Preview_is_what_then_happens(t *testing.T) {
	t.Parallel()
	var credited, refused, replayed atomic.Int64
	rapid.Check(t, func(rt *rapid.T) {
		p := newPreviewed(rt)
		if rapid.Bool().Draw(rt, "limited") {
			p.limits = ledger.Limits{Balance: most(40_000), CreditedPerDay: most(50_000), Point: most(1_500)}
		}
		for step := range 30 {
			p.bank.does = rapid.SampledFrom(append([]behaviour{approves, approves, approves}, behaviours...)).Draw(rt, "does")
			forecast, op, err := p.draw(rt)
			switch {
			case err != nil:
				refused.Add(1)
			case forecast.Replayed:
				replayed.Add(1)
			case op.Status == ports.RechargeApproved:
				credited.Add(1)
			}
			p.meanwhile(rt, step)
		}
		_, err := p.wallets.Verify(context.Background(), "w")
		require.NoError(rt, err)
	})
	if !testing.Short() {
		require.Greater(t, credited.Load(), int64(100))
		require.Greater(t, refused.Load(), int64(100))
		require.Greater(t, replayed.Load(), int64(30))
	}
	t.Logf("%d credited, %d refused, %d replayed", credited.Load(), refused.Load(), replayed.Load())
}

// bonusUnder returns the bonus of the requests under a key: nothing, a bonus that expires soon, or one that
// never expires. That of key 0 is zero, and is refused.
func bonusUnder(n int) *recharge.Bonus {
	bonus := &recharge.Bonus{Amount: won(int64(n) * 50)}
	switch n % 3 {
	case 1:
		return nil
	case 2:
		bonus.ExpiresAt = crashtest.NewClock().Now().Add(time.Duration(n) * time.Hour)
	}
	return bonus
}

// draw makes a recharge of either kind.
func (p *previewed) draw(t *rapid.T) (recharge.Forecast, *ports.Recharge, error) {
	id := rapid.SampledFrom([]string{"w", "w", "w", "v", "none"}).Draw(t, "wallet")
	n := rapid.IntRange(0, 15).Draw(t, "key")
	key, bonus := fmt.Sprint("k", n), bonusUnder(n)
	charger := rapid.SampledFrom([]string{"bank", "bank", "bank", "bank", "none"}).Draw(t, "charger")
	amount := won(rapid.SampledFrom([]int64{10_000, 10_000, 10_000, 7_000, 0}).Draw(t, "amount"))
	if rapid.IntRange(0, 3).Draw(t, "kind") == 0 {
		return p.begin(t, recharge.BeginRequest{WalletID: id, Key: key, Charger: charger, Amount: amount, Bonus: bonus})
	}
	return p.recharge(t, recharge.Request{
		WalletID: id, Key: key, Charger: charger, PaymentMethod: rapid.SampledFrom([]string{"card", "card", "card", "other card"}).Draw(t, "method"), Amount: amount, Bonus: bonus,
	})
}

// meanwhile is what happens between two recharges.
func (p *previewed) meanwhile(t *rapid.T, step int) {
	ctx := context.Background()
	act := ledger.StatusRequest{WalletID: "w", Key: fmt.Sprint("act ", step), By: ports.By{Who: "kim", Why: "seen"}}
	switch rapid.IntRange(0, 7).Draw(t, "meanwhile") { // refusals do not matter
	case 0, 1, 2:
		p.clock.Advance(time.Duration(rapid.IntRange(1, 180).Draw(t, "minutes")) * time.Minute)
		_, err := p.s.Follow(ctx, 100)
		require.NoError(t, err)
	case 3:
		_, _ = p.wallets.Deduct(ctx, ledger.DeductRequest{WalletID: "w", Key: fmt.Sprint("step ", step), Amount: won(9_000)})
	case 4:
		_, _ = p.wallets.Freeze(ctx, act)
	case 5:
		_, _ = p.wallets.Unfreeze(ctx, act)
	}
}

// TestService_Preview_at_the_same_moment: previews run while others recharge the wallet. Each shows a state in
// which whole recharges were credited, and no preview is charged.
func TestService_Preview_at_the_same_moment(t *testing.T) {
	t.Parallel()
	p := newPreviewed(t)
	var all sync.WaitGroup
	for i := range 4 {
		all.Go(func() {
			for n := range 20 {
				request := topUp(fmt.Sprint(i%2, " ", n))
				if i >= 2 {
					_, err := p.s.Recharge(t.Context(), request)
					if err != nil && !errors.Is(err, recharge.ErrRechargeInProgress) {
						t.Error(err)
					}
					continue
				}
				forecast, err := p.s.Preview(t.Context(), request)
				switch {
				case err != nil:
					if !errors.Is(err, recharge.ErrRechargeInProgress) && !errors.Is(err, ports.ErrConflict) {
						t.Error(err)
					}
				case !forecast.Wallet.Balance.Mod(won(10_000)).IsZero(), !forecast.Replayed && !forecast.Wallet.Balance.IsPositive():
					t.Errorf("the wallet would have %s", forecast.Wallet.Balance)
				}
			}
		})
	}
	all.Wait()
	wallet, err := p.wallets.Wallet(t.Context(), "w")
	require.NoError(t, err)
	require.Zero(t, wallet.OpenOperations, "an order that was previewed is not there")
	require.True(t, wallet.Balance.Equal(p.bank.charged), "%s, and the bank charged %s", wallet.Balance, p.bank.charged)
}
