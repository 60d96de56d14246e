package recharge_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/internal/ordertest"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/recharge"
)

func most(n int64) decimal.NullDecimal { return decimal.NewNullDecimal(won(n)) }

// incoming returns what wallet "w" counts as incoming.
func incoming(t *testing.T, wallets *ledger.Ledger) string {
	t.Helper()
	wallet, err := wallets.Wallet(t.Context(), "w")
	require.NoError(t, err)
	_, err = wallets.Verify(t.Context(), "w")
	require.NoError(t, err)
	return wallet.Incoming.String()
}

// TestService_Recharge_above_a_limit: the refusal writes nothing and the provider hears nothing.
func TestService_Recharge_above_a_limit(t *testing.T) {
	t.Parallel()
	for limit, limits := range map[ports.LimitKind]ledger.Limits{
		ports.LimitBalance:          {Balance: most(19_999)},
		ports.LimitCreditedPerDay:   {CreditedPerDay: most(19_999)},
		ports.LimitCreditedPerMonth: {CreditedPerMonth: most(19_999)},
	} {
		t.Run(string(limit), func(t *testing.T) {
			t.Parallel()
			w, b := newWorld(t, approves)
			w.limits = limits
			s, wallets := w.process(t, crashtest.Immortal(), nil)
			first := mustRecharge(t, s, "first")
			require.Equal(t, ports.RechargeApproved, first.Status)
			before, err := wallets.Wallet(t.Context(), "w")
			require.NoError(t, err)
			op, err := s.Recharge(t.Context(), topUp("second"))
			require.Nil(t, op)
			var over *ports.LimitError
			require.ErrorAs(t, err, &over)
			require.Equal(t, limit, over.Limit)
			after, err := wallets.Wallet(t.Context(), "w")
			require.NoError(t, err)
			require.Equal(t, before, after)
			require.Equal(t, 1, b.charges)
			require.Len(t, b.orders, 1)
			again := mustRecharge(t, s, "first")
			require.Equal(t, first.ID, again.ID, "a key that was used before has its first result")
			request := topUp("exactly")
			request.Amount = won(9_999)
			_, err = s.Recharge(t.Context(), request)
			require.NoError(t, err)
			ordertest.RequireBalance(t, wallets, 19_999)
		})
	}
}

// TestService_Recharge_announces_what_is_on_its_way until the order ends, however it ends.
func TestService_Recharge_announces_what_is_on_its_way(t *testing.T) {
	t.Parallel()
	for _, does := range behaviours {
		t.Run(string(does), func(t *testing.T) {
			t.Parallel()
			w, _ := newWorld(t, does)
			w.limits.Balance = most(15_000)
			s, wallets := w.process(t, crashtest.Immortal(), nil)
			op := mustRecharge(t, s, "first")
			if op.Open {
				require.Equal(t, "10000", incoming(t, wallets))
				_, err := wallets.Credit(t.Context(), ledger.CreditRequest{WalletID: "w", Key: "cash", Amount: won(5_001)})
				require.ErrorIs(t, err, ports.ErrLimit)
				w.rest(t, s)
			}
			require.Equal(t, "0", incoming(t, wallets))
		})
	}
}

// TestService_Decline_ends_what_was_announced, as a person's approval does.
func TestService_Decline_ends_what_was_announced(t *testing.T) {
	t.Parallel()
	for name, decide := range map[string]func(context.Context, *recharge.Service, string) error{
		"declined": func(ctx context.Context, s *recharge.Service, id string) error {
			_, err := s.Decline(ctx, ports.Act{ID: id, By: ports.By{Who: "kim", Why: "no payment"}})
			return err
		},
		"approved": func(ctx context.Context, s *recharge.Service, id string) error {
			_, err := s.Approve(ctx, recharge.ApproveRequest{ID: id, By: ports.By{Who: "kim", Why: "seen at the bank"}})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, _ := newWorld(t, dropsAfter)
			w.limits.CreditedPerDay = most(10_000)
			s, wallets := w.process(t, crashtest.Immortal(), nil)
			op := mustRecharge(t, s, "first")
			require.Equal(t, "10000", incoming(t, wallets))
			require.NoError(t, decide(t.Context(), s, op.ID))
			require.Equal(t, "0", incoming(t, wallets))
		})
	}
}

// TestService_Approve_announces_nothing_twice: an order that had ended is credited after all. What
// another order announced stays counted.
func TestService_Approve_announces_nothing_twice(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, declines)
	w.limits.Balance = most(30_000)
	s, wallets := w.process(t, crashtest.Immortal(), nil)
	op := mustRecharge(t, s, "first")
	require.Equal(t, ports.RechargeDeclined, op.Status)
	b.does = dropsAfter
	require.True(t, mustRecharge(t, s, "second").Open)
	_, err := s.Dispute(t.Context(), ports.Act{ID: op.ID, By: ports.By{Who: "kim", Why: "paid after all"}})
	require.NoError(t, err)
	_, err = s.Approve(t.Context(), recharge.ApproveRequest{ID: op.ID, By: ports.By{Who: "kim", Why: "paid after all"}})
	require.NoError(t, err)
	require.Equal(t, "10000", incoming(t, wallets))
}

// TestService_tells_of_a_wallet_above_a_limit: money that has arrived is booked, above the limit,
// and the host is told, whatever booked it.
func TestService_tells_of_a_wallet_above_a_limit(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		want string // that the wallet has then
		book func(t *testing.T, w *world, s *recharge.Service)
	}{
		"a recharge, after the limit was lowered": {"10000", func(t *testing.T, w *world, s *recharge.Service) {
			t.Helper()
			mustRecharge(t, s, "first")
			w.limits.Balance = most(5_000)
			w.rest(t, s)
		}},
		"a credit by a person": {"10000", func(t *testing.T, w *world, s *recharge.Service) {
			t.Helper()
			w.limits.Balance = most(5_000)
			request := byHand("k", "row 1")
			request.Amount = won(10_000)
			op, err := s.Credit(t.Context(), request)
			require.NoError(t, err)
			again, err := s.Credit(t.Context(), request)
			require.NoError(t, err)
			require.Equal(t, op.ID, again.ID)
		}},
		"a credit that was reversed, and stands": {"10000", func(t *testing.T, w *world, s *recharge.Service) {
			t.Helper()
			mustRecharge(t, s, "first")
			w.rest(t, s)
			op := mustRecharge(t, s, "first")
			require.NoError(t, reverse(t.Context(), s, op))
			_, err := s.Dispute(t.Context(), ports.Act{ID: op.ID, By: ports.By{Who: "kim", Why: "won"}})
			require.NoError(t, err)
			w.limits.Balance = most(5_000)
			_, err = s.Reinstate(t.Context(), recharge.ReinstateRequest{ID: op.ID, By: ports.By{Who: "kim", Why: "won"}})
			require.NoError(t, err)
		}},
		"a cancellation that was declined": {"10000", func(t *testing.T, w *world, s *recharge.Service) {
			t.Helper()
			mustRecharge(t, s, "first")
			w.rest(t, s)
			op := mustRecharge(t, s, "first")
			w.limits.Balance = most(5_000)
			w.charger.(*bank).does = declines
			_, err := s.Cancel(t.Context(), cancelRequest(op))
			require.NoError(t, err)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w, _ := newWorld(t, dropsAfter)
				var told []ports.AboveLimitEvent
				s, wallets := w.process(t, crashtest.Immortal(), notified(func(event ports.Event) {
					if above, ok := event.(ports.AboveLimitEvent); ok {
						told = append(told, above)
					}
				}))
				tc.book(t, w, s)
				require.NoError(t, s.Wait(t.Context()))
				ordertest.RequireBalance(t, wallets, 10_000)
				require.Len(t, told, 1)
				require.Equal(t, "wallet.above_limit", told[0].EventName())
				require.Equal(t, "w", told[0].WalletID)
				require.NotEmpty(t, told[0].RechargeID)
				require.EqualError(t, told[0].Limit, "limit exceeded: balance is at most 5000: has "+tc.want)
			})
		})
	}
}

type notified func(ports.Event)

func (f notified) Notify(_ context.Context, event ports.Event) { f(event) }

// TestService_Recharge_at_once: many callers of several processes ask for more than the limit
// admits, each with a payment method that has a lane of its own. What the provider charged is
// within the limit.
func TestService_Recharge_at_once(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, approves)
	w.limits.Balance = most(35_000)
	w.charger = &lanes{b}
	var services []*recharge.Service
	for range 3 {
		s, _ := w.process(t, crashtest.Immortal(), nil)
		services = append(services, s)
	}
	var all sync.WaitGroup
	var refused atomic.Int64
	for i := range 12 {
		all.Go(func() {
			request := topUp(string(rune('a' + i)))
			request.PaymentMethod = request.Key
			_, err := services[i%3].Recharge(t.Context(), request)
			switch {
			case errors.Is(err, ports.ErrLimit):
				refused.Add(1)
			case err != nil:
				t.Error(err)
			}
		})
	}
	all.Wait()
	require.EqualValues(t, 9, refused.Load())
	require.True(t, b.charged.Equal(won(30_000)), b.charged)
	_, wallets := w.process(t, crashtest.Immortal(), nil)
	ordertest.RequireBalance(t, wallets, 30_000)
	require.Equal(t, "0", incoming(t, wallets))
}

// lanes is a bank with a lane for each payment method.
type lanes struct{ *bank }

func (*lanes) Lane(order ports.ChargeOrder) string { return "bank:" + order.PaymentMethod }

// TestService_Recharge_of_an_earlier_version: a recharge that an earlier version opened announced
// nothing, and its end subtracts nothing.
func TestService_Recharge_of_an_earlier_version(t *testing.T) {
	t.Parallel()
	w, _ := newWorld(t, dropsAfter)
	s, wallets := w.process(t, crashtest.Immortal(), nil)
	old := mustRecharge(t, s, "before there were limits")
	require.True(t, old.Announced.IsZero())
	w.limits.Balance = most(50_000)
	w.clock.Advance(time.Second)
	require.Equal(t, "0", incoming(t, wallets))
	w.rest(t, s)
	require.Equal(t, "0", incoming(t, wallets))
	mustRecharge(t, s, "with limits")
	require.Equal(t, "10000", incoming(t, wallets))
}
