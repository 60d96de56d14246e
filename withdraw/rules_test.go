package withdraw_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/solapi"
	"github.com/jigap/jigap/internal/books"
	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/internal/ordertest"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/withdraw"
)

// TestService_Request_key_reused/<field>: a key that was used for another content of one
// field is refused, and the error names that field.
func TestService_Request_key_reused(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, pays, 1)
	_, wallets := w.process(t, crashtest.Immortal())
	schedule := withdraw.FeeSchedule(solapi.FeeSchedule())
	s, err := withdraw.New(w.store, wallets, withdraw.Config{Clock: w.clock, Sealer: plain{}},
		withdraw.Route{Disburser: b, Schedule: schedule, Approvals: 1},
		withdraw.Route{Disburser: namedBank{bank: b, name: "other"}, Schedule: schedule, Approvals: 1})
	require.NoError(t, err)
	request := func() withdraw.Request {
		r := payOut("k")
		r.Destination = &withdraw.Account{BankCode: "004", Number: "1111222233334444", Holder: "Kim"}
		return r
	}
	_, err = s.Request(t.Context(), request())
	require.NoError(t, err)
	for field, change := range map[string]func(*withdraw.Request){
		"Disburser":            func(r *withdraw.Request) { r.Disburser = "other" },
		"Total":                func(r *withdraw.Request) { r.Total = won(20_001) },
		"Who":                  func(r *withdraw.Request) { r.Who = "lee" },
		"LiftGuard":            func(r *withdraw.Request) { r.LiftGuard = true },
		"CloseWhenEmpty":       func(r *withdraw.Request) { r.CloseWhenEmpty = true },
		"DespiteFreeze":        func(r *withdraw.Request) { r.DespiteFreeze = &ports.By{Who: "kim", Why: "court"} },
		"Destination":          func(r *withdraw.Request) { r.Destination = nil },
		"Destination.BankCode": func(r *withdraw.Request) { r.Destination.BankCode = "005" },
		"Destination.Number":   func(r *withdraw.Request) { r.Destination.Number = "1111222233335555" },
		"Destination.Holder":   func(r *withdraw.Request) { r.Destination.Holder = "Lee" },
	} {
		t.Run(field, func(t *testing.T) {
			t.Parallel()
			request := request()
			change(&request)
			_, err := s.Request(t.Context(), request)
			var reused *ports.KeyReusedError
			require.ErrorAs(t, err, &reused)
			require.Equal(t, []string{field}, reused.Fields)
		})
	}
}

// TestService_Request_digest/is_that_of_earlier_versions: a request that asks for nothing new is answered
// again whichever version took it.
func TestService_Request_digest(t *testing.T) {
	t.Parallel()
	t.Run("is_that_of_earlier_versions", func(t *testing.T) {
		t.Parallel()
		w, _ := newWorld(t, pays, 1)
		s, wallets := w.process(t, crashtest.Immortal())
		op := mustRequest(t, s, "k")
		entry, err := wallets.Replay(t.Context(), books.Booking{
			WalletID: "w", Key: "k", Type: ports.EntryWithdraw, Opened: 1, Balance: won(-20_000), Counterparty: ports.AccountPayable,
			Content: fmt.Sprintf("bank\n%s\n\nfalse\ncustomer", ports.Destination{}),
		})
		require.NoError(t, err)
		require.Equal(t, op.EntrySeq, entry.Seq)
		stored, err := ports.EncodeOperation(op)
		require.NoError(t, err)
		require.NotContains(t, string(stored), "Leaving")
		require.NotContains(t, string(stored), `"All"`)
	})
}

// TestService_Request_figures/<case>: fee and net are booked as the provider reports them.
// Figures that do not add up to the total are left to a person.
func TestService_Request_figures(t *testing.T) {
	t.Parallel()
	some := func(n int64) decimal.NullDecimal { return decimal.NewNullDecimal(won(n)) }
	for name, tc := range map[string]struct {
		answer   ports.PayoutAnswer
		fee, net int64 // zero: review
	}{
		"nothing_is_reported":          {ports.PayoutAnswer{}, 1_500, 18_500},
		"the_fee":                      {ports.PayoutAnswer{Fee: some(1_600)}, 1_600, 18_400},
		"the_net":                      {ports.PayoutAnswer{Net: some(18_300)}, 1_700, 18_300},
		"both":                         {ports.PayoutAnswer{Fee: some(1_800), Net: some(18_200)}, 1_800, 18_200},
		"both_and_the_total":           {ports.PayoutAnswer{Fee: some(1_800), Net: some(18_200), Total: some(20_000)}, 1_800, 18_200},
		"all_is_fee":                   {ports.PayoutAnswer{Fee: some(20_000)}, 20_000, 0},
		"less_than_the_total":          {ports.PayoutAnswer{Fee: some(1_500), Net: some(18_499)}, 0, 0},
		"more_than_the_total":          {ports.PayoutAnswer{Fee: some(1_500), Net: some(18_501)}, 0, 0},
		"a_fee_above_the_total":        {ports.PayoutAnswer{Fee: some(20_001)}, 0, 0},
		"a_net_above_the_total":        {ports.PayoutAnswer{Net: some(20_001)}, 0, 0},
		"both_add_up_with_a_minus":     {ports.PayoutAnswer{Fee: some(-1), Net: some(20_001)}, 0, 0},
		"both_add_up_to_another_total": {ports.PayoutAnswer{Fee: some(1_500), Net: some(18_500), Total: some(20_001)}, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, b := newWorld(t, pays, 0)
			tc.answer.Outcome = ports.OutcomeApproved
			w.disburser = &teller{b, []ports.PayoutAnswer{tc.answer}}
			s, wallets := w.process(t, crashtest.Immortal())
			op := mustRequest(t, s, "k")
			books, err := wallets.TrialBalance(t.Context())
			require.NoError(t, err)
			require.NoError(t, books.Check())
			if tc.fee == 0 {
				require.Equal(t, ports.WithdrawalReview, op.Status)
				require.Equal(t, "paid, but the provider's figures do not add up to the total", op.Why)
				require.False(t, op.ActualFee.Valid)
				return
			}
			require.Equal(t, ports.WithdrawalCompleted, op.Status, op.Why)
			require.True(t, op.ActualFee.Decimal.Equal(won(tc.fee)), op.ActualFee.Decimal)
			require.True(t, op.ActualNet.Decimal.Equal(won(tc.net)), op.ActualNet.Decimal)
			booked := make(map[ports.Account]string)
			for _, total := range books.Totals {
				booked[total.Account] = total.Balance.String()
			}
			require.Equal(t, won(tc.fee).String(), booked[ports.AccountFee])
			require.Equal(t, won(tc.net).String(), booked[ports.AccountClearing("bank")])
		})
	}
}

// repeater is a bank that takes the first order and names it, and then asks for it again.
type repeater struct {
	*bank
	sent int
}

func (b *repeater) Disburse(context.Context, ports.PayoutOrder) ports.PayoutAnswer {
	if b.sent++; b.sent > 1 {
		return ports.PayoutAnswer{}
	}
	return ports.PayoutAnswer{Answer: ports.Answer{Outcome: ports.OutcomePending, ProviderRef: "p"}}
}

func (b *repeater) Inquire(context.Context, ports.PayoutOrder) ports.PayoutAnswer {
	return ports.PayoutAnswer{Answer: ports.Answer{Resend: b.sent == 1}}
}

// TestService_Follow_resend_takes_the_lane: a payout leaves its lane when the provider has
// named it, and takes the lane again before it is sent again. The next withdrawal waits.
func TestService_Follow_resend_takes_the_lane(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, pays, 0)
	f := &repeater{bank: b}
	w.disburser = f
	s, _ := w.process(t, crashtest.Immortal())
	op := mustRequest(t, s, "first")
	require.Equal(t, ports.WithdrawalPending, op.Status)
	require.Empty(t, op.Lane)
	w.clock.Advance(time.Minute)
	ordertest.Step(t, s)
	require.Equal(t, 2, f.sent)
	op = get(t, s, op.ID)
	require.Equal(t, "bank:account", op.Lane)
	next := mustRequest(t, s, "second")
	require.Equal(t, ports.WithdrawalApproved, next.Status)
	require.Contains(t, next.Why, "waits for its lane")
	require.Equal(t, 2, f.sent)
}

// TestService_decisions/<act>: the record keeps the decision, the person, the reason and
// the time.
func TestService_decisions(t *testing.T) {
	t.Parallel()
	type act = func(*withdraw.Service, context.Context, ports.Act) (*ports.Withdrawal, error)
	for what, tc := range map[string]struct {
		approvals int
		act       act
	}{
		"decline": {1, (*withdraw.Service).Decline},
		"cancel":  {1, (*withdraw.Service).Cancel},
		"refused": {0, (*withdraw.Service).ReportRefused},
		"paid": {0, func(s *withdraw.Service, ctx context.Context, v ports.Act) (*ports.Withdrawal, error) {
			return s.ReportPaid(ctx, withdraw.Paid{ID: v.ID, By: v.By, TransactionID: "tx"})
		}},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			w, _ := newWorld(t, pays, tc.approvals)
			s, _ := w.process(t, crashtest.Immortal())
			op := mustRequest(t, s, "k")
			w.clock.Advance(time.Minute)
			_, err := tc.act(s, t.Context(), ports.Act{ID: op.ID, By: ports.By{Who: "kim", Why: "seen at the bank"}})
			require.NoError(t, err)
			op = get(t, s, op.ID)
			require.Equal(t, []ports.Decision{{What: ports.DecisionKind(what), Who: "kim", Why: "seen at the bank", At: w.clock.Now()}}, op.Decisions)
			if what != "paid" {
				require.Equal(t, "seen at the bank", op.Why)
			}
		})
	}
	t.Run("approve", func(t *testing.T) {
		t.Parallel()
		w, _ := newWorld(t, pays, 2)
		s, _ := w.process(t, crashtest.Immortal())
		op := mustRequest(t, s, "k")
		w.clock.Advance(time.Minute)
		_, err := s.Approve(t.Context(), ports.Act{ID: op.ID, By: ports.By{Who: "kim", Why: "documents seen"}})
		require.NoError(t, err)
		op = get(t, s, op.ID)
		require.Equal(t, []ports.Decision{{What: "approve", Who: "kim", Why: "documents seen", At: w.clock.Now()}}, op.Approvals)
	})
}

// TestService_Jobs/eight_orders_of_a_Disburser_wait_at_once: the job that follows
// withdrawals has eight steps at once, and the one that sends those that wait has one.
func TestService_Jobs(t *testing.T) {
	t.Parallel()
	t.Run("eight_orders_of_a_Disburser_wait_at_once", func(t *testing.T) {
		t.Parallel()
		w, _ := newWorld(t, pays, 0)
		s, _ := w.process(t, crashtest.Immortal())
		steps := make(map[string]int)
		for _, job := range s.Jobs() {
			steps[job.Name] = job.Parallel
		}
		require.Equal(t, map[string]int{
			"follow withdrawals through bank": 8, "send withdrawals that wait for bank": 0, "follow withdrawals through unknown Disbursers": 0,
		}, steps)
	})
}

// TestService_Jobs_waiting/counts_those_that_it_sent: the job that sends withdrawals that
// wait returns how many it sent.
//
// TestService_Jobs_waiting/a_conflict_is_no_error: another process writes why a withdrawal
// waits at the same moment. The step goes on.
//
// TestService_Jobs_waiting/another_failure_is_an_error: the reason cannot be written.
func TestService_Jobs_waiting(t *testing.T) {
	t.Parallel()
	const job = "send withdrawals that wait for bank"
	step := func(t *testing.T, s *withdraw.Service) (int, error) {
		t.Helper()
		for _, j := range s.Jobs() {
			if j.Name == job {
				return j.Step(t.Context(), 10)
			}
		}
		return 0, errors.New("no job by this name")
	}
	frozen := func(t *testing.T) (*world, *ledger.Ledger) {
		t.Helper()
		w, _ := newWorld(t, pays, 1)
		s, wallets := w.process(t, crashtest.Immortal())
		op := mustRequest(t, s, "k")
		_, err := wallets.Freeze(t.Context(), ledger.StatusRequest{WalletID: "w", Key: "freeze", By: ports.By{Who: "kim", Why: "asked"}})
		require.NoError(t, err)
		op, err = s.Approve(t.Context(), ports.Act{ID: op.ID, By: ports.By{Who: "lee", Why: "seen"}})
		require.NoError(t, err)
		require.Equal(t, ports.WithdrawalApproved, op.Status)
		return w, wallets
	}
	unfreeze := func(t *testing.T, wallets *ledger.Ledger) {
		t.Helper()
		_, err := wallets.Unfreeze(t.Context(), ledger.StatusRequest{WalletID: "w", Key: "unfreeze", By: ports.By{Who: "kim", Why: "asked"}})
		require.NoError(t, err)
	}
	t.Run("counts_those_that_it_sent", func(t *testing.T) {
		t.Parallel()
		w, wallets := frozen(t)
		s, _ := w.process(t, crashtest.Immortal())
		sent, err := step(t, s)
		require.NoError(t, err)
		require.Zero(t, sent)
		unfreeze(t, wallets)
		sent, err = step(t, s)
		require.NoError(t, err)
		require.Equal(t, 1, sent)
	})
	for name, tc := range map[string]struct {
		fate ports.Fate
		fine bool
	}{
		"a_conflict_is_no_error":      {ports.Fate{Status: ports.FateOperationConflict}, true},
		"another_failure_is_an_error": {ports.Fate{Status: ports.FateFailed, Err: errReadOnly}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, wallets := frozen(t)
			unfreeze(t, wallets)
			holder := &ports.Withdrawal{OperationHead: ports.OperationHead{
				ID: "holder", Kind: ports.KindWithdrawal, WalletID: "w", Version: 1, Open: true, Lane: "bank:account",
			}, Status: ports.WithdrawalSending}
			require.Equal(t, ports.FateCommitted, w.store.Commit(t.Context(), []ports.Unit{{Operations: []ports.Operation{holder}}})[0].Status)
			w.store = failing{w.store, tc.fate}
			s, _ := w.process(t, crashtest.Immortal())
			sent, err := step(t, s)
			require.Zero(t, sent)
			require.Equal(t, tc.fine, err == nil, err)
		})
	}
}

// failing is a store in which every commit has the same fate.
type failing struct {
	ports.Store
	fate ports.Fate
}

func (s failing) Commit(_ context.Context, units []ports.Unit) []ports.Fate {
	fates := make([]ports.Fate, len(units))
	for i, unit := range units {
		fates[i] = s.fate
		if s.fate.Status == ports.FateOperationConflict {
			fates[i].IDs = []string{unit.Operations[0].Head().ID}
		}
	}
	return fates
}
