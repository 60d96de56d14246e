package recharge_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/internal/ordertest"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/recharge"
)

// debtWorld is a world with a recharge of 10,000 of which 7,000 were spent.
func debtWorld(t *testing.T) (*world, *recharge.Service, *ledger.Ledger, *ports.Recharge) {
	t.Helper()
	w, _ := newWorld(t, approves)
	s, wallets := w.process(t, crashtest.Immortal(), nil)
	op := mustRecharge(t, s, "k")
	deduct(t, wallets, "spent", 7_000)
	return w, s, wallets, op
}

func deduct(t *testing.T, wallets *ledger.Ledger, key string, amount int64) {
	t.Helper()
	_, err := wallets.Deduct(t.Context(), ledger.DeductRequest{WalletID: "w", Key: key, Amount: won(amount)})
	require.NoError(t, err)
}

func deposit(t *testing.T, wallets *ledger.Ledger, key string, amount int64) {
	t.Helper()
	_, err := wallets.Credit(t.Context(), ledger.CreditRequest{WalletID: "w", Key: key, Amount: won(amount)})
	require.NoError(t, err)
}

// owing reverses a recharge and returns what the wallet owes.
func owing(t *testing.T, s *recharge.Service, op *ports.Recharge) *ports.Debt {
	t.Helper()
	_, err := s.Dispute(t.Context(), act(op.ID, "chargeback"))
	require.NoError(t, err)
	op, err = s.ReverseOwing(t.Context(), act(op.ID, "chargeback"))
	require.NoError(t, err)
	require.Equal(t, ports.RechargeReversed, op.Status)
	debt, err := s.Debt(t.Context(), op.DebtID)
	require.NoError(t, err)
	require.Equal(t, op.Owed.String(), debt.Amount.String())
	return debt
}

// requireBooks asks what wallet "w" has, and what the books say of the bank, of what is owed and of
// what was written off.
func requireBooks(t *testing.T, wallets *ledger.Ledger, balance, clearing, receivable, written int64) {
	t.Helper()
	ordertest.RequireBalance(t, wallets, balance)
	totals, err := wallets.TrialBalance(t.Context())
	require.NoError(t, err)
	require.NoError(t, totals.Check())
	of := map[ports.Account]int64{}
	for _, total := range totals.Totals {
		of[total.Account] = total.Balance.IntPart()
	}
	require.Equal(t, fmt.Sprint(clearing, receivable, written),
		fmt.Sprint(of[ports.AccountClearing("bank")], of[ports.AccountReceivable], of[ports.AccountDebtExpense]))
	_, err = wallets.Verify(t.Context(), "w")
	require.NoError(t, err)
}

// TestService_ReverseOwing takes what is there. What is not is owed, and the bank is even.
func TestService_ReverseOwing(t *testing.T) {
	t.Parallel()
	_, s, wallets, op := debtWorld(t)
	requireBooks(t, wallets, 3_000, -10_000, 0, 0)
	_, err := s.Reverse(t.Context(), act(op.ID, "chargeback"))
	require.ErrorIs(t, err, ports.ErrInsufficient)
	debt := owing(t, s, op)
	require.Equal(t, "7000 7000 owed", fmt.Sprint(debt.Amount, debt.Owed(), " ", debt.Status))
	requireBooks(t, wallets, 0, 0, -7_000, 0)
	open, err := s.Debts(t.Context(), recharge.DebtListing{WalletID: "w", Open: true})
	require.NoError(t, err)
	require.Equal(t, []*ports.Debt{debt}, open)
	_, err = wallets.Close(t.Context(), ledger.StatusRequest{WalletID: "w", Key: "close", By: kim("leaves")})
	require.ErrorIs(t, err, ports.ErrOpenOperations)
	_, err = s.ReverseOwing(t.Context(), act(op.ID, "again"))
	require.ErrorIs(t, err, ports.ErrNotOpen)
}

// TestService_ReverseOwing_of_what_is_there is Reverse, and owes nothing. What is held is not there.
func TestService_ReverseOwing_of_what_is_there(t *testing.T) {
	t.Parallel()
	_, s, wallets, op := debtWorld(t)
	deposit(t, wallets, "cash", 8_000)
	_, err := wallets.Hold(t.Context(), ledger.HoldRequest{WalletID: "w", Key: "hold", Amount: won(1_000)})
	require.NoError(t, err)
	op, err = s.ReverseOwing(t.Context(), act(op.ID, "chargeback"))
	require.NoError(t, err)
	require.Equal(t, "0 ", fmt.Sprint(op.Owed, " ", op.DebtID))
	requireBooks(t, wallets, 1_000, 0, 0, 0)
}

// TestService_ReverseOwing_of_an_empty_wallet moves no cash.
func TestService_ReverseOwing_of_an_empty_wallet(t *testing.T) {
	t.Parallel()
	_, s, wallets, op := debtWorld(t)
	deduct(t, wallets, "rest", 3_000)
	debt := owing(t, s, op)
	require.Equal(t, "10000", debt.Amount.String())
	requireBooks(t, wallets, 0, 0, -10_000, 0)
}

// TestService_Collect takes what comes in until nothing is owed, oldest debt first, also from a
// frozen wallet, and takes nothing twice.
func TestService_Collect(t *testing.T) {
	t.Parallel()
	w, s, wallets, op := debtWorld(t)
	first := owing(t, s, op)
	op = mustRecharge(t, s, "second")
	deduct(t, wallets, "all", 9_000)
	second := owing(t, s, op)
	requireBooks(t, wallets, 0, 0, -16_000, 0)
	collect := func(want int64) {
		t.Helper()
		taken, err := s.Collect(t.Context(), "w")
		require.NoError(t, err)
		require.Equal(t, fmt.Sprint(want), taken.String())
	}
	collect(0)
	deposit(t, wallets, "a", 8_000)
	_, err := wallets.Freeze(t.Context(), ledger.StatusRequest{WalletID: "w", Key: "freeze", By: kim("fraud")})
	require.NoError(t, err)
	collect(8_000)
	collect(0)
	requireBooks(t, wallets, 0, 0, -8_000, 0)
	first, err = s.Debt(t.Context(), first.ID)
	require.NoError(t, err)
	require.Equal(t, "collected false 0", fmt.Sprint(first.Status, " ", first.Open, first.Owed()))
	second, err = s.Debt(t.Context(), second.ID)
	require.NoError(t, err)
	require.Equal(t, "owed true 1000 8000", fmt.Sprint(second.Status, " ", second.Open, " ", second.Collected, second.Owed()))
	deposit(t, wallets, "b", 9_000)
	collect(8_000)
	requireBooks(t, wallets, 1_000, 0, 0, 0)
	require.Equal(t, "7000", get(t, s, first.RechargeID).Owed.String(), "the record says what was owed")
	_, err = s.Collect(t.Context(), "")
	require.ErrorIs(t, err, ports.ErrInvalid)
	w.rest(t, s)
}

// TestService_Collect_at_once: many processes collect while the customer spends.
func TestService_Collect_at_once(t *testing.T) {
	t.Parallel()
	w, s, wallets, op := debtWorld(t)
	owing(t, s, op)
	deposit(t, wallets, "a", 9_000)
	var group sync.WaitGroup
	for i := range 6 {
		process, mine := w.process(t, crashtest.Immortal(), nil)
		group.Go(func() {
			_, err := process.Collect(context.Background(), "w")
			require.NoError(t, err)
		})
		group.Go(func() {
			_, _ = mine.Deduct(context.Background(), ledger.DeductRequest{WalletID: "w", Key: fmt.Sprint("d", i), Amount: won(300)})
		})
	}
	group.Wait()
	_, err := s.Collect(t.Context(), "w")
	require.NoError(t, err)
	wallet, err := wallets.Wallet(t.Context(), "w")
	require.NoError(t, err)
	requireBooks(t, wallets, wallet.Balance.IntPart(), 0, 0, 0)
}

// collecting starts a process that collects by itself.
func (w *world) collecting(t *testing.T, notifier ports.Notifier) *recharge.Service {
	t.Helper()
	wallets := ordertest.Ledger(t, w.store, w.clock)
	s, err := recharge.New(w.store, wallets, recharge.Config{Clock: w.clock, Notifier: notifier, Collect: true}, w.charger)
	require.NoError(t, err)
	return s
}

// TestConfig_Collect: what is owed is collected at once after a recharge, and within a minute by
// the worker from cash that comes in otherwise.
func TestConfig_Collect(t *testing.T) {
	t.Parallel()
	w, s, wallets, op := debtWorld(t)
	owing(t, s, op)
	request := topUp("small")
	request.Amount = won(2_000)
	auto := w.collecting(t, nil)
	_, err := auto.Recharge(t.Context(), request)
	require.NoError(t, err)
	requireBooks(t, wallets, 0, -2_000, -5_000, 0)
	deposit(t, wallets, "a", 4_000)
	w.clock.Advance(time.Minute)
	_, err = s.Follow(t.Context(), 10)
	require.NoError(t, err)
	requireBooks(t, wallets, 4_000, -2_000, -5_000, 0)
	_, err = auto.Follow(t.Context(), 10)
	require.NoError(t, err)
	requireBooks(t, wallets, 0, -2_000, -1_000, 0)
	done, err := auto.Follow(t.Context(), 10)
	require.NoError(t, err)
	require.Zero(t, done, "it was looked at a moment ago")
	deposit(t, wallets, "b", 4_000)
	w.clock.Advance(time.Minute)
	_, err = auto.Follow(t.Context(), 10)
	require.NoError(t, err)
	requireBooks(t, wallets, 3_000, -2_000, 0, 0)
}

// TestConfig_Collect_from_a_credit_by_hand takes what is owed at once.
func TestConfig_Collect_from_a_credit_by_hand(t *testing.T) {
	t.Parallel()
	w, s, wallets, op := debtWorld(t)
	owing(t, s, op)
	_, err := w.collecting(t, nil).Credit(t.Context(), recharge.CreditRequest{
		WalletID: "w", Key: "hand", Charger: "bank", Amount: won(5_000), ProviderRef: "row 1", By: kim("bank row"),
	})
	require.NoError(t, err)
	requireBooks(t, wallets, 0, -5_000, -2_000, 0)
}

// TestService_WriteOff ends a debt at the host's expense.
func TestService_WriteOff(t *testing.T) {
	t.Parallel()
	_, s, wallets, op := debtWorld(t)
	debt := owing(t, s, op)
	deposit(t, wallets, "a", 1_000)
	_, err := s.Collect(t.Context(), "w")
	require.NoError(t, err)
	_, err = s.WriteOff(t.Context(), ports.Act{ID: debt.ID})
	require.ErrorIs(t, err, ports.ErrInvalid)
	require.Equal(t, []ports.DecisionKind{ports.DecisionWriteOff}, recharge.DebtActs(debt))
	debt, err = s.WriteOff(t.Context(), act(debt.ID, "bankrupt"))
	require.NoError(t, err)
	require.Equal(t, "written_off 6000 0", fmt.Sprint(debt.Status, " ", debt.WrittenOff, debt.Owed()))
	require.Equal(t, []ports.DecisionKind{ports.DecisionReverse, ports.DecisionWriteOff}, []ports.DecisionKind{debt.Decisions[0].What, debt.Decisions[1].What})
	requireBooks(t, wallets, 0, 0, 0, -6_000)
	require.Empty(t, recharge.DebtActs(debt))
	_, err = s.WriteOff(t.Context(), act(debt.ID, "again"))
	require.ErrorIs(t, err, ports.ErrNotOpen)
	_, err = s.WriteOff(t.Context(), act("no such", "again"))
	require.ErrorIs(t, err, ports.ErrNotFound)
	_, err = wallets.Close(t.Context(), ledger.StatusRequest{WalletID: "w", Key: "close", By: kim("leaves")})
	require.NoError(t, err)
}

// TestService_Reinstate_of_what_is_owed drops the debt: the customer has what was taken out, then
// and since, and the bank has the charge.
func TestService_Reinstate_of_what_is_owed(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		deposit  int64 // and collected
		writeOff bool
		balance  int64
		reversed [3]int64 // the books before
	}{
		"owed":                      {0, false, 3_000, [3]int64{0, -7_000, 0}},
		"collected in part":         {2_000, false, 5_000, [3]int64{0, -5_000, 0}},
		"collected":                 {7_000, false, 10_000, [3]int64{0, 0, 0}},
		"written off":               {0, true, 3_000, [3]int64{0, 0, -7_000}},
		"collected and written off": {2_000, true, 5_000, [3]int64{0, 0, -5_000}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, s, wallets, op := debtWorld(t)
			debt := owing(t, s, op)
			if tc.deposit > 0 {
				deposit(t, wallets, "a", tc.deposit)
				_, err := s.Collect(t.Context(), "w")
				require.NoError(t, err)
			}
			if tc.writeOff {
				_, err := s.WriteOff(t.Context(), act(debt.ID, "bankrupt"))
				require.NoError(t, err)
			}
			requireBooks(t, wallets, 0, tc.reversed[0], tc.reversed[1], tc.reversed[2])
			_, err := s.Dispute(t.Context(), act(op.ID, "won"))
			require.NoError(t, err)
			op, err = carryOut(t.Context(), s, decide(op.ID, ports.DecisionReinstate))
			require.NoError(t, err)
			require.Equal(t, "0 ", fmt.Sprint(op.Owed, " ", op.DebtID))
			requireBooks(t, wallets, tc.balance, -10_000, 0, 0)
			debt, err = s.Debt(t.Context(), debt.ID)
			require.NoError(t, err)
			require.Equal(t, "dropped false 0", fmt.Sprint(debt.Status, " ", debt.Open, debt.Owed()))
			wallet, err := wallets.Wallet(t.Context(), "w")
			require.NoError(t, err)
			require.Zero(t, wallet.OpenOperations)
			w.rest(t, s)
		})
	}
}

// TestService_ReverseOwing_while_the_customer_spends: what is taken and what is owed are the credit,
// whatever was spent in between.
func TestService_ReverseOwing_while_the_customer_spends(t *testing.T) {
	t.Parallel()
	w, s, wallets, op := debtWorld(t)
	var group sync.WaitGroup
	group.Go(func() {
		_, mine := w.process(t, crashtest.Immortal(), nil)
		for i := range 60 {
			_, _ = mine.Deduct(context.Background(), ledger.DeductRequest{WalletID: "w", Key: fmt.Sprint("d", i), Amount: won(10)})
		}
	})
	op, err := s.ReverseOwing(context.Background(), act(op.ID, "chargeback"))
	group.Wait()
	require.NoError(t, err)
	wallet, err := wallets.Wallet(t.Context(), "w")
	require.NoError(t, err)
	requireBooks(t, wallets, wallet.Balance.IntPart(), 0, -op.Owed.IntPart(), 0)
}

// TestService_tells_of_debts when they begin, are paid and end.
func TestService_tells_of_debts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, _, wallets, op := debtWorld(t)
		told := &ordertest.Told[string]{Of: func(event ports.Event) (string, bool) {
			debt, ok := event.(ports.DebtEvent)
			if !ok {
				return "", false
			}
			return event.EventName() + " " + debt.Debt.Collected.String(), true
		}}
		s := w.collecting(t, told)
		owing(t, s, op)
		deposit(t, wallets, "a", 5_000)
		_, err := s.Collect(t.Context(), "w")
		require.NoError(t, err)
		deposit(t, wallets, "b", 5_000)
		_, err = s.Collect(t.Context(), "w")
		require.NoError(t, err)
		synctest.Wait()
		require.Equal(t, []string{"debt.owed 0", "debt.owed 5000", "debt.collected 7000"}, told.List())
	})
}

// TestService_debts_survive_a_crash: a process dies at each of its commits, and another repeats the
// act: what is taken and what is owed are right, once.
func TestService_debts_survive_a_crash(t *testing.T) {
	t.Parallel()
	for _, first := range crashtest.Lives(3) {
		for _, second := range crashtest.Lives(3) {
			w, s, wallets, op := debtWorld(t)
			dying, _ := w.process(t, first.Life(), nil)
			_, _ = dying.ReverseOwing(t.Context(), act(op.ID, "chargeback"))
			if get(t, s, op.ID).Status != ports.RechargeReversed {
				_, err := s.ReverseOwing(t.Context(), act(op.ID, "chargeback"))
				require.NoError(t, err, first.Name)
			}
			requireBooks(t, wallets, 0, 0, -7_000, 0)
			deposit(t, wallets, "a", 9_000)
			dying, _ = w.process(t, second.Life(), nil)
			_, _ = dying.Collect(t.Context(), "w")
			_, err := s.Collect(t.Context(), "w")
			require.NoError(t, err, second.Name)
			requireBooks(t, wallets, 2_000, 0, 0, 0)
		}
	}
}

// lateStore does something just before the first commit of a reversal.
type lateStore struct {
	ports.Store
	once   sync.Once
	before func()
}

// Commit commits.
func (s *lateStore) Commit(ctx context.Context, units []ports.Unit) []ports.Fate {
	for i := range units {
		for _, entry := range units[i].Entries {
			if entry.Type == ports.EntryReverse {
				s.once.Do(s.before)
			}
		}
	}
	return s.Store.Commit(ctx, units)
}

// TestService_ReverseOwing_on_another_balance: the balance changes between the look and the write.
// What is owed is what the wallet lacks when it is written.
func TestService_ReverseOwing_on_another_balance(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		more   int64 // that is in the wallet at the look
		change func(t *testing.T, wallets *ledger.Ledger)
		owed   int64
	}{
		"more is there":                {1_000, func(t *testing.T, wallets *ledger.Ledger) { t.Helper(); deposit(t, wallets, "late", 2_000) }, 4_000},
		"less is there":                {1_000, func(t *testing.T, wallets *ledger.Ledger) { t.Helper(); deduct(t, wallets, "late", 2_000) }, 8_000},
		"all was there, and was spent": {7_000, func(t *testing.T, wallets *ledger.Ledger) { t.Helper(); deduct(t, wallets, "late", 2_000) }, 2_000},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, _, wallets, op := debtWorld(t)
			deposit(t, wallets, "more", tc.more)
			late := &lateStore{Store: w.store, before: func() { tc.change(t, wallets) }}
			mine := ordertest.Ledger(t, late, w.clock)
			s, err := recharge.New(late, mine, recharge.Config{Clock: w.clock}, w.charger)
			require.NoError(t, err)
			debt := owing(t, s, op)
			require.Equal(t, fmt.Sprint(tc.owed), debt.Amount.String())
			requireBooks(t, wallets, 0, 0, -tc.owed, 0)
		})
	}
}

// TestService_Collect_takes_the_oldest_debt_first, whatever the ids of the host are.
func TestService_Collect_takes_the_oldest_debt_first(t *testing.T) {
	t.Parallel()
	w, _ := newWorld(t, approves)
	_, wallets := w.process(t, crashtest.Immortal(), nil)
	n := 999
	var mu sync.Mutex
	ids := ports.IDsFunc(func() string { mu.Lock(); defer mu.Unlock(); n--; return fmt.Sprintf("id-%03d", n) })
	s, err := recharge.New(w.store, wallets, recharge.Config{Clock: w.clock, IDs: ids}, w.charger)
	require.NoError(t, err)
	var debts []*ports.Debt
	for i := range 2 {
		op := mustRecharge(t, s, fmt.Sprint("k", i))
		deduct(t, wallets, fmt.Sprint("spent", i), 10_000)
		debts = append(debts, owing(t, s, op))
		w.clock.Advance(24 * time.Hour)
	}
	deposit(t, wallets, "a", 10_000)
	_, err = s.Collect(t.Context(), "w")
	require.NoError(t, err)
	first, err := s.Debt(t.Context(), debts[0].ID)
	require.NoError(t, err)
	require.Equal(t, ports.DebtCollected, first.Status)
}

// TestConfig_Collect_from_a_part_that_is_reinstated takes what is owed at once.
func TestConfig_Collect_from_a_part_that_is_reinstated(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, approves)
	w.charger = parting{b}
	s, wallets := w.process(t, crashtest.Immortal(), nil)
	first := mustRecharge(t, s, "first")
	part := mustPart(t, s, partOf(first, "p", 4_000))
	second := mustRecharge(t, s, "second")
	deduct(t, wallets, "spent", 16_000)
	owing(t, s, second)
	auto := w.collecting(t, nil)
	_, err := auto.Dispute(t.Context(), act(first.ID, "the part was not given back"))
	require.NoError(t, err)
	_, err = auto.Reinstate(t.Context(), recharge.ReinstateRequest{ID: first.ID, By: kim("stands"), CancelID: part.ID})
	require.NoError(t, err)
	requireBooks(t, wallets, 0, -10_000, -6_000, 0)
}

// TestConfig_Collect_from_a_cancellation_that_is_refused takes what is owed at once.
func TestConfig_Collect_from_a_cancellation_that_is_refused(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, approves)
	w.charger = parting{b}
	s, wallets := w.process(t, crashtest.Immortal(), nil)
	first := mustRecharge(t, s, "first")
	deduct(t, wallets, "spent", 10_000)
	owing(t, s, first)
	second := mustRecharge(t, s, "second") // by a process that does not collect
	auto := w.collecting(t, nil)
	b.does = declines
	_, err := auto.Cancel(t.Context(), cancelRequest(second))
	require.NoError(t, err)
	requireBooks(t, wallets, 0, -10_000, 0, 0)
}

// TestConfig_Collect_of_an_old_debt: the worker looks every ten minutes at least.
func TestConfig_Collect_of_an_old_debt(t *testing.T) {
	t.Parallel()
	w, s, wallets, op := debtWorld(t)
	owing(t, s, op)
	auto := w.collecting(t, nil)
	step := func(minutes int) {
		t.Helper()
		for range minutes {
			w.clock.Advance(time.Minute)
			for _, job := range auto.Jobs() {
				_, err := job.Step(t.Context(), 100)
				require.NoError(t, err)
			}
		}
	}
	step(24 * 60)
	deposit(t, wallets, "a", 20_000)
	step(15)
	requireBooks(t, wallets, 13_000, 0, 0, 0)
}

// TestService_Collect_while_the_reversal_is_disputed takes nothing: a person decides whether it is owed.
func TestService_Collect_while_the_reversal_is_disputed(t *testing.T) {
	t.Parallel()
	_, s, wallets, op := debtWorld(t)
	owing(t, s, op)
	_, err := s.Dispute(t.Context(), act(op.ID, "the customer may win"))
	require.NoError(t, err)
	deposit(t, wallets, "a", 7_000)
	taken, err := s.Collect(t.Context(), "w")
	require.NoError(t, err)
	require.Equal(t, "0", taken.String())
}

// undecidedOnce writes the first unit with an entry of a type, and answers that it does not know.
type undecidedOnce struct {
	ports.Store
	once sync.Once
	kind ports.EntryType
}

// Commit commits.
func (s *undecidedOnce) Commit(ctx context.Context, units []ports.Unit) []ports.Fate {
	fates := s.Store.Commit(ctx, units)
	for i := range units {
		for j := range units[i].Entries {
			if units[i].Entries[j].Type == s.kind {
				s.once.Do(func() { fates[i] = ports.Fate{Status: ports.FateUndecided, Err: fmt.Errorf("the line was cut")} })
			}
		}
	}
	return fates
}

// TestService_tells_of_debts_in_doubt once it is known that they were written.
func TestService_tells_of_debts_in_doubt(t *testing.T) {
	t.Parallel()
	for _, kind := range []ports.EntryType{ports.EntryReverse, ports.EntryCollect, ports.EntryWriteOff} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w, _, wallets, op := debtWorld(t)
				told := &ordertest.Told[string]{Of: func(event ports.Event) (string, bool) {
					return event.EventName(), true
				}}
				store := &undecidedOnce{Store: w.store, kind: kind}
				mine := ordertest.Ledger(t, store, w.clock)
				s, err := recharge.New(store, mine, recharge.Config{Clock: w.clock, Notifier: told, Collect: true}, w.charger)
				require.NoError(t, err)
				_, err = s.ReverseOwing(t.Context(), act(op.ID, "chargeback"))
				if err != nil {
					require.ErrorIs(t, err, ports.ErrUndecided)
				}
				debts, err := s.Debts(t.Context(), recharge.DebtListing{})
				require.NoError(t, err)
				require.Len(t, debts, 1)
				want := "debt.owed"
				switch kind { //nolint:exhaustive // the three that are tried
				case ports.EntryCollect:
					deposit(t, wallets, "a", 20_000)
					_, err = s.Collect(t.Context(), "w")
					require.ErrorIs(t, err, ports.ErrUndecided)
					want = "debt.collected"
				case ports.EntryWriteOff:
					_, err = s.WriteOff(t.Context(), act(debts[0].ID, "bankrupt"))
					require.ErrorIs(t, err, ports.ErrUndecided)
					want = "debt.written_off"
				}
				for range 3 {
					w.clock.Advance(time.Hour)
					for _, job := range s.Jobs() {
						_, err := job.Step(t.Context(), 100)
						require.NoError(t, err)
					}
					_, err = s.Collect(t.Context(), "w")
					require.NoError(t, err)
				}
				synctest.Wait()
				require.Contains(t, told.List(), want)
			})
		})
	}
}
