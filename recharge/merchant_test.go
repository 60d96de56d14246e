package recharge_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/memory"
	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/internal/ordertest"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/recharge"
)

// branchAt is a Charger that answers each order with the payment that it names.
func branchAt(name string, answer ports.ChargeAnswer) *odd {
	return alone(name, ordertest.Always(answer), ordertest.Always(answer))
}

// alone is a Charger that prepares nothing.
func alone(name string, sends, inquires func() ports.ChargeAnswer) *odd {
	return &odd{Called: name, Prepares: func() ([]byte, *ports.ChargeAnswer) { return nil, nil }, Sends: sends, Inquires: inquires}
}

// branches is a process whose Chargers share accounts, and wallets w and v.
func branches(t *testing.T, store *memory.Store, chargers ...ports.Charger) (*recharge.Service, *ledger.Ledger) {
	t.Helper()
	clock := crashtest.NewClock()
	wallets, err := ledger.New(store, ledger.Config{Clock: clock})
	require.NoError(t, err)
	for _, id := range []string{"w", "v"} {
		if _, err := wallets.Open(t.Context(), ledger.OpenRequest{WalletID: id, Currency: "KRW"}); !errors.Is(err, ports.ErrExists) {
			require.NoError(t, err)
		}
	}
	s, err := recharge.New(store, wallets, recharge.Config{Clock: clock}, chargers...)
	require.NoError(t, err)
	return s, wallets
}

func at(charger, wallet string) recharge.Request {
	return recharge.Request{WalletID: wallet, Key: "k at " + charger, Charger: charger, PaymentMethod: "card", Amount: won(10_000)}
}

func handAt(charger, wallet, ref string) recharge.CreditRequest {
	request := byHand("k by hand at "+charger, ref)
	request.Charger, request.WalletID = charger, wallet
	return request
}

// A payment is credited once, whichever Charger of its account sees it; Chargers of other accounts may
// have a payment of the same name.
func TestMerchantOf_one_payment_is_credited_once(t *testing.T) {
	t.Parallel()
	cards, windows := branchAt("cards@shop", approved("tx 1")), branchAt("windows@shop", approved("tx 1"))
	unsure := branchAt("unsure@shop", ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeUnknown}})
	for name, second := range map[string]func(t *testing.T, s *recharge.Service) error{
		"a Charger answers with it": func(t *testing.T, s *recharge.Service) error {
			t.Helper()
			op, err := s.Recharge(t.Context(), at("windows@shop", "v"))
			require.NoError(t, err)
			require.Equal(t, ports.RechargeReview, op.Status)
			return recharge.ErrChargeTaken
		},
		"a person approves a recharge by it": func(t *testing.T, s *recharge.Service) error {
			t.Helper()
			op, err := s.Recharge(t.Context(), at("unsure@shop", "v"))
			require.NoError(t, err)
			_, err = s.Approve(t.Context(), recharge.ApproveRequest{ID: op.ID, By: kim("seen"), ProviderRef: "tx 1"})
			return err
		},
		"a person credits it": func(t *testing.T, s *recharge.Service) error {
			t.Helper()
			_, err := s.Credit(t.Context(), handAt("windows@shop", "v", "tx 1"))
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, wallets := branches(t, memory.New(), cards, windows, unsure)
			first, err := s.Recharge(t.Context(), at("cards@shop", "w"))
			require.NoError(t, err)
			require.Equal(t, ports.RechargeApproved, first.Status)
			require.ErrorIs(t, second(t, s), recharge.ErrChargeTaken)
			require.Zero(t, balanceOf(t, wallets, "v").Sign())
		})
	}
	t.Run("another account", func(t *testing.T) {
		t.Parallel()
		s, wallets := branches(t, memory.New(), cards, branchAt("far@another shop", approved("tx 1")), alone("alone", ordertest.Always(approved("tx 1")), nil))
		for _, name := range []string{"cards@shop", "far@another shop", "alone"} {
			_, err := s.Recharge(t.Context(), at(name, "w"))
			require.NoError(t, err)
		}
		ordertest.RequireBalance(t, wallets, 30_000)
	})
}

// Two people in two processes credit one payment at the same moment, each by another Charger.
func TestMerchantOf_one_payment_at_the_same_moment(t *testing.T) {
	t.Parallel()
	store := memory.New()
	cards, windows := branchAt("cards@shop", approved("tx 1")), branchAt("windows@shop", approved("tx 1"))
	one, wallets := branches(t, store, cards, windows)
	two, _ := branches(t, store, cards, windows)
	for i := range 50 {
		ref := fmt.Sprint("row ", i)
		credits := []func() error{
			func() error {
				_, err := one.Credit(t.Context(), keyed(handAt("cards@shop", "w", ref), ref))
				return err
			},
			func() error {
				_, err := two.Credit(t.Context(), keyed(handAt("windows@shop", "v", ref), ref))
				return err
			},
		}
		errs := make([]error, len(credits))
		var wg sync.WaitGroup
		for at, credit := range credits {
			wg.Go(func() { errs[at] = credit() })
		}
		wg.Wait()
		require.NotEqual(t, errs[0] == nil, errs[1] == nil, "%v, %v", errs[0], errs[1])
		require.ErrorIs(t, errors.Join(errs...), recharge.ErrChargeTaken)
	}
	total := balanceOf(t, wallets, "w").Add(balanceOf(t, wallets, "v"))
	require.Equal(t, "250000", total.String())
}

func keyed(request recharge.CreditRequest, key string) recharge.CreditRequest {
	request.Key = key
	return request
}

// A payment that the provider named for a recharge of one Charger credits no recharge of another
// one of the account.
func TestMerchantOf_a_named_payment_is_named_for_all(t *testing.T) {
	t.Parallel()
	cards := alone("cards@shop", ordertest.Always(approved("tx 2")), ordertest.Always(approved("tx 1")))
	s, wallets := branches(t, memory.New(), cards, branchAt("windows@shop", approved("tx 1")))
	first, err := s.Recharge(t.Context(), at("cards@shop", "w"))
	require.NoError(t, err)
	first, err = s.InquireNow(t.Context(), ports.Notice{Provider: "cards@shop", OperationID: first.ID})
	require.NoError(t, err)
	require.Equal(t, []string{"tx 1"}, first.Others)
	second, err := s.Recharge(t.Context(), at("windows@shop", "v"))
	require.NoError(t, err)
	require.Equal(t, ports.RechargeReview, second.Status)
	require.Zero(t, balanceOf(t, wallets, "v").Sign())
}

// A process that does not have the Chargers compares payments as one that has them.
func TestMerchantOf_in_a_process_without_the_Charger(t *testing.T) {
	t.Parallel()
	store := memory.New()
	s, wallets := branches(t, store, branchAt("cards@shop", approved("tx 1")), branchAt("windows@shop", approved("tx 1")))
	office, _ := branches(t, store)
	first, err := s.Credit(t.Context(), handAt("cards@shop", "w", "row 1"))
	require.NoError(t, err)
	mustReverse(t, s, first.ID) // a mistake: row 1 is free
	_, err = office.Credit(t.Context(), handAt("windows@shop", "w", "row 1"))
	require.NoError(t, err)
	_, err = s.Credit(t.Context(), keyed(handAt("cards@shop", "v", "row 1"), "again"))
	require.ErrorIs(t, err, recharge.ErrChargeTaken)
	_, err = s.Dispute(t.Context(), ports.Act{ID: first.ID, By: kim("the customer complains")})
	require.NoError(t, err)
	_, err = s.Reinstate(t.Context(), recharge.ReinstateRequest{ID: first.ID, By: kim("it was right after all")})
	require.ErrorIs(t, err, recharge.ErrChargeTaken)
	require.Zero(t, balanceOf(t, wallets, "v").Sign())
}

// A payment that the provider works on for a recharge credits no other of the account.
func TestMerchantOf_a_payment_of_an_open_recharge(t *testing.T) {
	t.Parallel()
	s, wallets := branches(t, memory.New(), branchAt("cards@shop", pending("tx 1")), branchAt("windows@shop", approved("tx 1")))
	first, err := s.Recharge(t.Context(), at("cards@shop", "w"))
	require.NoError(t, err)
	require.Equal(t, ports.RechargePending, first.Status)
	_, err = s.Credit(t.Context(), handAt("windows@shop", "v", "tx 1"))
	require.ErrorIs(t, err, recharge.ErrChargeTaken)
	second, err := s.Recharge(t.Context(), at("windows@shop", "v"))
	require.NoError(t, err)
	require.Equal(t, ports.RechargeReview, second.Status)
	require.Zero(t, balanceOf(t, wallets, "v").Sign())
}

// A payment that was credited by mistake is free for the other Charger of the account.
func TestMerchantOf_a_mistake_frees_the_payment(t *testing.T) {
	t.Parallel()
	s, wallets := branches(t, memory.New(), branchAt("cards@shop", approved("tx 1")), branchAt("windows@shop", approved("tx 1")))
	first, err := s.Credit(t.Context(), handAt("cards@shop", "w", "row 1"))
	require.NoError(t, err)
	mustReverse(t, s, first.ID)
	_, err = s.Credit(t.Context(), handAt("windows@shop", "v", "row 1"))
	require.NoError(t, err)
	require.Equal(t, "5000", balanceOf(t, wallets, "v").String())
	_, err = s.Credit(t.Context(), keyed(handAt("cards@shop", "w", "row 1"), "again"))
	require.ErrorIs(t, err, recharge.ErrChargeTaken)
}

// The Chargers of a shop credit a payment once: a person cannot approve a window by the payment of a card.
func TestService_Toss_one_payment_of_two_Chargers(t *testing.T) {
	t.Parallel()
	s := newTossShop(t, "two Chargers")
	service, wallets := s.process(crashtest.Immortal())
	_, err := service.Recharge(t.Context(), byCard())
	require.NoError(t, err)
	window, err := service.Begin(t.Context(), recharge.BeginRequest{WalletID: "w", Key: "k 2", Charger: viaWindows, Amount: won(30_000)})
	require.NoError(t, err)
	key := s.sim.Books().Payments[0].Key
	_, err = service.Approve(t.Context(), recharge.ApproveRequest{ID: window.ID, By: kim("seen in the console"), ProviderRef: key})
	require.ErrorIs(t, err, recharge.ErrChargeTaken)
	_, err = service.Credit(t.Context(), handAt(viaAccounts, "w", key))
	require.ErrorIs(t, err, recharge.ErrChargeTaken)
	ordertest.RequireBalance(t, wallets, 30_000)
}
