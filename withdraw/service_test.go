package withdraw_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"go.uber.org/mock/gomock"

	"github.com/jigap/jigap/adapters/solapi"
	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/internal/ordertest"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/ports/portsmock"
	"github.com/jigap/jigap/text"
	"github.com/jigap/jigap/withdraw"
)

// TestCrashMatrix lets the process that takes the request (and, with approvals, the
// one that approves) die before and after each of its calls that has an effect, then a
// worker likewise, for each behaviour of the provider. At rest each withdrawal was
// paid once or given back once, and the books agree.
func TestCrashMatrix(t *testing.T) {
	t.Parallel()
	cells, ends := 0, make(map[string]int)
	for _, does := range behaviours {
		for _, approvals := range []int{0, 2} {
			for _, first := range crashtest.Lives(7) {
				for _, second := range crashtest.Lives(5) {
					cells++
					name := fmt.Sprintf("%s, %d approvals, dies %s, worker dies %s", does, approvals, first.Name, second.Name)
					ends[crash(t, name, does, approvals, first.Life(), second.Life())]++
				}
			}
		}
	}
	t.Logf("%d cells, ends: %v", cells, ends)
}

func crash(t *testing.T, name string, does behaviour, approvals int, first, second *crashtest.Life) string {
	t.Helper()
	w, b := newWorld(t, does, approvals)
	tolerate := func(err error) {
		if err != nil && !errors.Is(err, ports.ErrUndecided) && !errors.Is(err, ports.ErrNotFound) {
			require.NoError(t, err, name)
		}
	}
	dying, _ := w.process(t, first)
	op, err := dying.Request(t.Context(), payOut("k"))
	tolerate(err)
	for i := range approvals {
		if op != nil {
			_, err = dying.Approve(t.Context(), ports.Act{ID: op.ID, By: ports.By{Who: fmt.Sprint("person ", i), Why: "seen"}})
			tolerate(err)
		}
	}
	w.clock.Advance(5 * time.Minute)
	worker, _ := w.process(t, second)
	for range 3 {
		_, err := worker.Follow(t.Context(), 10)
		tolerate(err)
		w.clock.Advance(time.Hour)
	}
	last, wallets := w.process(t, crashtest.Immortal())
	op, err = last.Request(t.Context(), payOut("k")) // the host asks again
	require.NoError(t, err, name)
	for i := range approvals { // and so do the people
		_, err := last.Approve(t.Context(), ports.Act{ID: op.ID, By: ports.By{Who: fmt.Sprint("person ", i), Why: "seen"}})
		if err != nil && !errors.Is(err, ports.ErrNotOpen) {
			require.ErrorIs(t, err, withdraw.ErrSamePerson, name)
		}
	}
	w.rest(t, last)
	op, err = last.Get(t.Context(), op.ID)
	require.NoError(t, err, name)
	require.False(t, op.Open, "%s: %s %s", name, op.Status, op.Why)

	wallet, err := wallets.Wallet(t.Context(), "w")
	require.NoError(t, err, name)
	require.True(t, wallet.Balance.Equal(won(50_000).Sub(b.paid)), "%s: wallet %s, provider paid %s", name, wallet.Balance, b.paid)
	require.LessOrEqual(t, b.pays, 1, name)
	require.Equal(t, b.pays == 1, op.Status == ports.WithdrawalCompleted, "%s: %s", name, op.Status)
	for _, o := range b.orders {
		require.Equal(t, 1, o.arrived, "%s: sent once", name)
	}
	require.Zero(t, wallet.OpenOperations, name)
	backs, err := wallets.History(t.Context(), ports.EntryFilter{WalletID: "w", Types: []ports.EntryType{ports.EntryWithdrawBack, ports.EntryWithdrawEnd}})
	require.NoError(t, err, name)
	require.Len(t, backs.Entries, 1, "%s: it ends once", name)
	_, err = wallets.Verify(t.Context(), "w")
	require.NoError(t, err, name)
	books, err := wallets.TrialBalance(t.Context())
	require.NoError(t, err, name)
	require.NoError(t, books.Check(), name)
	return op.StatusText()
}

func TestService_Approve_distinct_people(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, pays, 2)
	s, wallets := w.process(t, crashtest.Immortal())
	op := mustRequest(t, s, "k")
	require.Equal(t, ports.WithdrawalRequested, op.Status)
	waiting, err := s.List(t.Context(), withdraw.Listing{Statuses: []ports.WithdrawalStatus{ports.WithdrawalRequested}})
	require.NoError(t, err)
	require.Len(t, waiting, 1)
	_, err = s.Approve(t.Context(), ports.Act{ID: op.ID, By: ports.By{Who: "", Why: "seen"}})
	require.ErrorIs(t, err, ports.ErrInvalid)
	_, err = s.Approve(t.Context(), ports.Act{ID: op.ID, By: ports.By{Who: "kim", Why: "seen"}})
	require.NoError(t, err)
	_, err = s.Approve(t.Context(), ports.Act{ID: op.ID, By: ports.By{Who: "kim", Why: "seen"}})
	require.ErrorIs(t, err, withdraw.ErrSamePerson)
	require.Empty(t, b.orders, "one approval of two sends nothing")
	op, err = s.Approve(t.Context(), ports.Act{ID: op.ID, By: ports.By{Who: "lee", Why: "documents seen"}})
	require.NoError(t, err)
	require.Equal(t, ports.WithdrawalPending, op.Status)
	_, err = s.Cancel(t.Context(), ports.Act{ID: op.ID, By: ports.By{Who: "kim", Why: "too late"}})
	require.ErrorIs(t, err, ports.ErrNotOpen, "it was sent")
	w.rest(t, s)
	op = get(t, s, op.ID)
	require.Equal(t, ports.WithdrawalCompleted, op.Status)
	require.Equal(t, "tx-1", op.TransactionID)
	require.False(t, op.TransactedAt.IsZero())
	quote, err := withdraw.QuoteOf(op)
	require.NoError(t, err)
	require.Equal(t, "solapi-2026", quote.Version)
	require.Equal(t, "5% of 20,000 KRW = 1,000 KRW; fixed 500 KRW; fee 1,500 KRW; you receive 18,500 KRW", text.Quote(&quote, text.English))
	books, err := wallets.TrialBalance(t.Context())
	require.NoError(t, err)
	for _, total := range books.Totals {
		want := map[ports.Account]int64{
			ports.AccountWallets: 30_000, ports.AccountClearing("manual"): -50_000, ports.AccountClearing("bank"): 18_500,
			ports.AccountFee: 1_500, ports.AccountPayable: 0,
		}[total.Account]
		require.True(t, total.Balance.Equal(won(want)), "%s: %s", total.Account, total.Balance)
	}
}

func TestService_Reject_and_Cancel_give_the_total_back_once(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, pays, 1)
	s, wallets := w.process(t, crashtest.Immortal())
	for name, stop := range map[string]func(context.Context, ports.Act) (*ports.Withdrawal, error){"reject": s.Decline, "cancel": s.Cancel} {
		op := mustRequest(t, s, name)
		_, err := stop(t.Context(), ports.Act{ID: op.ID, By: ports.By{Who: "kim"}})
		require.ErrorIs(t, err, ports.ErrInvalid, "a reason is needed")
		var done atomic.Int64
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				_, err := stop(t.Context(), ports.Act{ID: op.ID, By: ports.By{Who: "kim", Why: "a mistake"}})
				if err == nil {
					done.Add(1)
				} else if !errors.Is(err, ports.ErrNotOpen) {
					t.Error(err)
				}
			})
		}
		all.Wait()
		require.EqualValues(t, 1, done.Load())
	}
	require.Empty(t, b.orders)
	wallet, err := wallets.Wallet(t.Context(), "w")
	require.NoError(t, err)
	require.True(t, wallet.Balance.Equal(won(50_000)))
	require.Zero(t, wallet.OpenOperations)
}

func TestService_Request_refuses_bad_requests(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, pays, 0)
	s, wallets := w.process(t, crashtest.Immortal())
	_, err := wallets.Grant(t.Context(), ledger.GrantRequest{WalletID: "w", Key: "points", Amount: won(100_000)})
	require.NoError(t, err)
	_, err = wallets.Hold(t.Context(), ledger.HoldRequest{WalletID: "w", Key: "hold", Amount: won(10_000), Spend: ledger.CashOnly})
	require.NoError(t, err)
	before, err := wallets.Wallet(t.Context(), "w")
	require.NoError(t, err)
	cases := map[string]struct {
		spoil func(*withdraw.Request)
		want  error
	}{
		"below the limit":                {func(r *withdraw.Request) { r.Total = won(9_999) }, withdraw.ErrOutsideLimits},
		"above the limit":                {func(r *withdraw.Request) { r.Total = won(10_000_001) }, withdraw.ErrOutsideLimits},
		"more than is there":             {func(r *withdraw.Request) { r.Total = won(60_000) }, ports.ErrInsufficient},
		"what is held":                   {func(r *withdraw.Request) { r.Total = won(40_001) }, ports.ErrInsufficient},
		"too fine":                       {func(r *withdraw.Request) { r.Total = decimal.RequireFromString("20000.5") }, ports.ErrInvalid},
		"nothing":                        {func(r *withdraw.Request) { r.Total = decimal.Zero }, ports.ErrInvalid},
		"no key":                         {func(r *withdraw.Request) { r.Key = "" }, ports.ErrInvalid},
		"an unknown wallet":              {func(r *withdraw.Request) { r.WalletID = "nobody" }, ports.ErrNotFound},
		"an unknown disburser":           {func(r *withdraw.Request) { r.Disburser = "nobody" }, ports.ErrInvalid},
		"a destination without a Sealer": {func(r *withdraw.Request) { r.Destination = &withdraw.Account{BankCode: "004", Number: "1"} }, ports.ErrInvalid},
	}
	for name, tc := range cases {
		request := payOut("k")
		tc.spoil(&request)
		_, err := s.Request(t.Context(), request)
		require.ErrorIs(t, err, tc.want, name)
	}
	after, err := wallets.Wallet(t.Context(), "w")
	require.NoError(t, err)
	require.Equal(t, before, after)
	_, err = wallets.Freeze(t.Context(), ledger.StatusRequest{WalletID: "w", Key: "freeze", By: ports.By{Who: "kim", Why: "asked by mail"}})
	require.NoError(t, err)
	_, err = s.Request(t.Context(), payOut("k"))
	require.ErrorIs(t, err, ports.ErrFrozen)
	require.Empty(t, b.orders)
}

func TestService_Request_guard_of_auto_recharge(t *testing.T) {
	t.Parallel()
	w, _ := newWorld(t, pays, 1)
	s, _ := w.process(t, crashtest.Immortal())
	policy := &ports.Policy{
		OperationHead: ports.OperationHead{ID: "p", Kind: ports.KindPolicy, WalletID: "w", Version: 1, Open: true, Lane: ports.PolicyLane("w")}, Status: ports.PolicyActive,
		PolicyTerms: ports.PolicyTerms{MinimumCash: won(30_000), RechargeTo: won(60_000)},
	}
	require.Equal(t, ports.FateCommitted, w.store.Commit(t.Context(), []ports.Unit{{Operations: []ports.Operation{policy}}})[0].Status)
	_, err := s.Request(t.Context(), payOut("k"))
	require.ErrorIs(t, err, withdraw.ErrTripsRecharge, "50,000 less 20,000 is at the minimum")
	lifted := payOut("k")
	lifted.LiftGuard = true
	first, err := s.Request(t.Context(), lifted)
	require.NoError(t, err)
	again, err := s.Request(t.Context(), lifted)
	require.NoError(t, err)
	require.Equal(t, first.ID, again.ID)
	_, err = s.Request(t.Context(), payOut("k"))
	require.ErrorIs(t, err, ports.ErrKeyReused)
}

func TestService_fee_that_differs_is_booked_and_told(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, b := newWorld(t, paysAtOnce, 0)
		b.fee = optional(1_600)
		notifier := portsmock.NewMockNotifier(gomock.NewController(t))
		var told []ports.WithdrawalEvent
		notifier.EXPECT().Notify(gomock.Any(), gomock.Any()).Do(func(_ context.Context, e ports.Event) {
			told = append(told, e.(ports.WithdrawalEvent)) //nolint:forcetypeassert // the only kind
		}).AnyTimes()
		w.notifier = notifier
		s, wallets := w.process(t, crashtest.Immortal())
		op := mustRequest(t, s, "k")
		require.True(t, op.ActualFee.Decimal.Equal(won(1_600)))
		require.True(t, op.ActualNet.Decimal.Equal(won(18_400)))
		require.True(t, withdraw.Mismatch(op))
		synctest.Wait()
		last := told[len(told)-1]
		require.True(t, last.Mismatch)
		require.Equal(t, "withdrawal.completed", last.EventName())
		books, err := wallets.TrialBalance(t.Context())
		require.NoError(t, err)
		require.NoError(t, books.Check())
		b.fee = optional(20_001) // more than the total: cannot be
		op = mustRequest(t, s, "l")
		require.Equal(t, ports.WithdrawalReview, op.Status)
		stuck, err := s.List(t.Context(), undecided())
		require.NoError(t, err)
		require.Len(t, stuck, 1)
		require.NotEmpty(t, stuck[0].Why)
		op, err = s.ReportPaid(t.Context(), withdraw.Paid{ID: op.ID, By: ports.By{Who: "kim", Why: "bank statement"}, TransactionID: "tx-9", Fee: optional(1_500)})
		require.NoError(t, err)
		require.Equal(t, ports.WithdrawalCompleted, op.Status)
		require.Equal(t, "tx-9", op.TransactionID)
		_, err = s.ReportRefused(t.Context(), ports.Act{ID: op.ID, By: ports.By{Who: "kim", Why: "x"}})
		require.ErrorIs(t, err, ports.ErrNotOpen)
	})
}

func TestService_one_order_in_a_lane(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, dropsAfter, 0)
	s, wallets := w.process(t, crashtest.Immortal())
	first := mustRequest(t, s, "first")
	require.Equal(t, ports.WithdrawalUnknown, first.Status)
	b.does = pays
	second := mustRequest(t, s, "second")
	require.Equal(t, ports.WithdrawalApproved, second.Status, "it waits for the lane")
	require.Contains(t, second.Why, "bank:account", "and says so")
	require.Len(t, b.orders, 1)
	w.clock.Advance(time.Minute)
	for range 2 {
		ordertest.Step(t, s)
	}
	first = get(t, s, first.ID)
	require.Equal(t, ports.WithdrawalPending, first.Status, "found, under the provider's id")
	require.Len(t, b.orders, 2, "days may pass until it is paid: others need not wait")
	w.rest(t, s)
	second = get(t, s, second.ID)
	require.Equal(t, ports.WithdrawalCompleted, second.Status)
	require.Equal(t, 2, b.pays)
	ordertest.RequireBalance(t, wallets, 10_000)
}

// TestAccountNumber_never_shows plants an account number and looks for it in everything
// that can be printed, logged, stored or failed.
func TestAccountNumber_never_shows(t *testing.T) {
	t.Parallel()
	const canary = "3021234567890"
	w, _ := newWorld(t, declines, 0)
	sealer := portsmock.NewMockSealer(gomock.NewController(t))
	sealer.EXPECT().Seal(gomock.Any(), canary).Return([]byte("sealed"), nil).AnyTimes()
	w.sealer = sealer
	var log strings.Builder
	wallets, err := ledger.New(w.store, ledger.Config{Clock: w.clock})
	require.NoError(t, err)
	s, err := withdraw.New(w.store, wallets, withdraw.Config{Clock: w.clock, Sealer: sealer, Logger: slog.New(slog.NewJSONHandler(&log, nil))},
		withdraw.Route{Disburser: w.disburser, Schedule: withdraw.FeeSchedule(solapi.FeeSchedule())})
	require.NoError(t, err)
	request := payOut("k")
	request.Destination = &withdraw.Account{BankCode: "004", Number: canary, Holder: "Kim"}
	op, err := s.Request(t.Context(), request)
	require.NoError(t, err)
	require.Equal(t, "******7890", op.Destination.Masked)
	require.Equal(t, "sealed", string(op.Destination.Sealed))
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "number", request.Destination.Number, "account", *request.Destination)
	encoded, err := json.Marshal([]any{op, request})
	require.NoError(t, err)
	stored, err := ports.EncodeOperation(op)
	require.NoError(t, err)
	page, err := wallets.History(t.Context(), ports.EntryFilter{WalletID: "w"})
	require.NoError(t, err)
	spoilt := request
	spoilt.Destination = &withdraw.Account{BankCode: "\n", Number: canary + "\n"}
	_, refused := s.Request(t.Context(), spoilt)
	require.Error(t, refused)
	for _, text := range []string{
		fmt.Sprintf("%v %+v %#v %s", op, op, op, op.Destination), fmt.Sprintf("%v %+v %#v", request, *request.Destination, *request.Destination),
		log.String(), string(encoded), string(stored), fmt.Sprintf("%+v", page), refused.Error(), fmt.Sprintf("%q %x", request.Destination.Number, op.Destination.Masked),
	} {
		require.NotContains(t, text, canary)
		require.NotContains(t, text, canary[:9])
	}
}

func TestService_List_by_wallet_status_and_age(t *testing.T) {
	t.Parallel()
	w, _ := newWorld(t, pays, 1)
	s, wallets := w.process(t, crashtest.Immortal())
	_, err := wallets.Open(t.Context(), ledger.OpenRequest{WalletID: "other", Currency: "KRW"})
	require.NoError(t, err)
	old := mustRequest(t, s, "old")
	w.clock.Advance(time.Hour)
	young := mustRequest(t, s, "young")
	_, err = s.Decline(t.Context(), ports.Act{ID: young.ID, By: ports.By{Who: "kim", Why: "no"}})
	require.NoError(t, err)
	ids := func(listing withdraw.Listing) (got []string) {
		list, err := s.List(t.Context(), listing)
		require.NoError(t, err)
		for _, op := range list {
			got = append(got, op.ID)
		}
		return got
	}
	require.Equal(t, []string{old.ID, young.ID}, ids(withdraw.Listing{WalletID: "w"}))
	require.Equal(t, []string{old.ID}, ids(withdraw.Listing{Open: true}))
	require.Equal(t, []string{young.ID}, ids(withdraw.Listing{Statuses: []ports.WithdrawalStatus{ports.WithdrawalRejected}}))
	require.Equal(t, []string{old.ID}, ids(withdraw.Listing{CreatedBefore: w.clock.Now().Add(-time.Minute)}))
	require.Empty(t, ids(withdraw.Listing{WalletID: "other"}))
}

// sleeper is a Disburser whose first Prepare sleeps until it is told to wake, and then
// refuses, as an adapter does whose context has ended.
type sleeper struct {
	*bank
	asleep chan struct{}
	wake   chan struct{}
	once   sync.Once
}

func (s *sleeper) Prepare(ctx context.Context, o ports.PayoutOrder) (evidence []byte, refusal *ports.PayoutAnswer) {
	first := false
	s.once.Do(func() { first = true })
	if !first {
		return s.bank.Prepare(ctx, o)
	}
	close(s.asleep)
	<-s.wake
	return nil, &ports.PayoutAnswer{Answer: ports.Answer{Outcome: ports.OutcomeNotSent}}
}

// TestService_stale_refusal_of_what_another_process_sent: a process sleeps in Prepare
// past its lease; another sends the payout; then the first wakes with a refusal.
func TestService_stale_refusal_of_what_another_process_sent(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, pays, 0)
	slow := &sleeper{bank: b, asleep: make(chan struct{}), wake: make(chan struct{})}
	w.disburser = slow
	s, wallets := w.process(t, crashtest.Immortal())
	other, _ := w.process(t, crashtest.Immortal())
	answered := ordertest.Async(t, func(ctx context.Context) (*ports.Withdrawal, error) { return s.Request(ctx, payOut("k")) })
	<-slow.asleep
	w.clock.Advance(5 * time.Minute)
	done := make(chan struct{})
	go func() { // its own life's lock is free: it is another process
		defer close(done)
		if _, err := other.Follow(context.Background(), 10); err != nil {
			t.Error(err)
		}
	}()
	<-done
	close(slow.wake)
	op := <-answered
	require.Equal(t, ports.WithdrawalPending, op.Status, "what the other process sent is under way")
	ordertest.RequireBalance(t, wallets, 30_000)
	w.rest(t, other)
	require.Equal(t, 1, b.pays)
}

func TestService_Request_refuses_a_fee_finer_than_the_wallet(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, pays, 0)
	wallets, err := ledger.New(w.store, ledger.Config{Clock: w.clock})
	require.NoError(t, err)
	s, err := withdraw.New(w.store, wallets, withdraw.Config{Clock: w.clock}, withdraw.Route{
		Disburser: b, Schedule: withdraw.FeeSchedule{Currency: "KRW", Rate: percent("1.2345"), Scale: 2},
	})
	require.NoError(t, err)
	request := payOut("k")
	request.Total = won(10_001)
	_, err = s.Request(t.Context(), request)
	require.ErrorIs(t, err, ports.ErrInvalid)
	require.Empty(t, b.orders)
}
