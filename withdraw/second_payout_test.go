package withdraw_test

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/withdraw"
)

func paid(ref string) ports.PayoutAnswer {
	return ports.PayoutAnswer{Answer: ports.Answer{Outcome: ports.OutcomeApproved, ProviderRef: ref}, TransactionID: "t " + ref}
}

func pendingAs(ref string) ports.PayoutAnswer {
	return ports.PayoutAnswer{Answer: ports.Answer{Outcome: ports.OutcomePending, ProviderRef: ref}}
}

func hung(t *testing.T, n int) (*world, *withdraw.Service, *ledger.Ledger, string, []chan ports.PayoutAnswer, *odd) {
	t.Helper()
	w, b := newWorld(t, pays, 0)
	answers := make([]chan ports.PayoutAnswer, n)
	for i := range answers {
		answers[i] = make(chan ports.PayoutAnswer)
	}
	var k atomic.Int64
	o := &odd{
		bank: b, name: "bank",
		disburse: func() ports.PayoutAnswer {
			if at := int(k.Add(1)) - 1; at < len(answers) {
				return <-answers[at]
			}
			return ports.PayoutAnswer{} // of a further transmission
		},
		inquire: func() ports.PayoutAnswer { return ports.PayoutAnswer{Answer: ports.Answer{Resend: true}} },
	}
	s, wallets, _ := w.hostile(t, o)
	op, err := s.Request(t.Context(), payOut("k"))
	require.NoError(t, err)
	for range n - 1 {
		w.clock.Advance(time.Hour)
		_, err = s.Follow(t.Context(), 10)
		require.NoError(t, err)
	}
	return w, s, wallets, op.ID, answers, o
}

func get(t *testing.T, s *withdraw.Service, id string) *ports.Withdrawal {
	t.Helper()
	op, err := s.Get(t.Context(), id)
	require.NoError(t, err)
	return op
}

// lost orders once more through a bank whose inquiry finds a payout.
func lostOrder(t *testing.T, w *world, found ports.PayoutAnswer) *ports.Withdrawal {
	t.Helper()
	b := &bank{clock: w.clock, does: dropsBefore, orders: make(map[string]*bankOrder)}
	s, _, _ := w.hostile(t, &odd{bank: b, name: "bank", inquire: func() ports.PayoutAnswer { return found }})
	op, err := s.Request(t.Context(), payOut("lost"))
	require.NoError(t, err)
	w.clock.Advance(time.Hour)
	_, err = s.Follow(t.Context(), 10)
	require.NoError(t, err)
	return get(t, s, op.ID)
}

// TestService_second_payout_that_completed_another_withdrawal: another withdrawal was completed
// by it before its answer came.
func TestService_second_payout_that_completed_another_withdrawal(t *testing.T) {
	for _, returned := range []bool{false, true} {
		t.Run(map[bool]string{false: "completed", true: "returned"}[returned], func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w, s, _, id, answers, _ := hung(t, 2)
				answers[1] <- paid("p2")
				synctest.Wait()
				require.Equal(t, ports.WithdrawalCompleted, get(t, s, id).Status)
				if returned {
					_, err := s.ReportReturned(t.Context(), withdraw.Returned{ID: id, By: ports.By{Who: "kim", Why: "account closed"}})
					require.NoError(t, err)
				}
				other := lostOrder(t, w, paid("p1")) // found by its total
				require.Equal(t, ports.WithdrawalCompleted, other.Status)
				answers[0] <- paid("p1") // the provider itself says: p1 is a payout of the first
				synctest.Wait()
				stuck, err := s.List(t.Context(), undecided())
				require.NoError(t, err)
				require.NotEmpty(t, stuck, "%s was paid twice, %s never, and nobody is told", id, other.ID)
			})
		})
	}
}

// TestService_keeps_the_first_of_three_payouts: the provider names three payouts of a
// withdrawal that had ended as rejected.
func TestService_keeps_the_first_of_three_payouts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, s, _, id, answers, _ := hung(t, 3)
		_, err := s.ReportRefused(t.Context(), ports.Act{ID: id, By: ports.By{Who: "kim", Why: "x"}})
		require.NoError(t, err)
		for i, ref := range []string{"p1", "p2", "p3"} {
			answers[i] <- paid(ref)
			synctest.Wait()
		}
		require.Equal(t, "p1", get(t, s, id).ProviderRef)
	})
}

// TestService_keeps_a_payout_that_was_pending: an inquiry failed after the provider had named
// it, and a person reported it refused.
func TestService_keeps_a_payout_that_was_pending(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, s, _, id, answers, o := hung(t, 2)
		answers[1] <- pendingAs("p A")
		synctest.Wait()
		require.Equal(t, "p A", get(t, s, id).ProviderRef)
		o.inquire = func() ports.PayoutAnswer { return ports.PayoutAnswer{Answer: ports.Answer{Code: "503"}} }
		w.clock.Advance(time.Hour)
		_, err := s.Follow(t.Context(), 10)
		require.NoError(t, err)
		require.Equal(t, ports.WithdrawalPending, get(t, s, id).Status)
		_, err = s.ReportRefused(t.Context(), ports.Act{ID: id, By: ports.By{Who: "kim", Why: "x"}})
		require.NoError(t, err)
		answers[0] <- paid("p B")
		synctest.Wait()
		op := get(t, s, id)
		require.Contains(t, op.ProviderRef+" "+op.Why, "p A", "ref %q why %q", op.ProviderRef, op.Why)
	})
}

// TestService_second_payout_of_a_resend: the provider works on p1, asks for a resend, and
// answers it with p2.
func TestService_second_payout_of_a_resend(t *testing.T) {
	w, b := newWorld(t, pays, 0)
	n := 0
	s, _, _ := w.hostile(t, &odd{
		bank: b, name: "bank",
		disburse: func() ports.PayoutAnswer {
			if n++; n == 1 {
				return pendingAs("p1")
			}
			return paid("p2")
		},
		inquire: func() ports.PayoutAnswer { return ports.PayoutAnswer{Answer: ports.Answer{Resend: true}} },
	})
	op, err := s.Request(t.Context(), payOut("k"))
	require.NoError(t, err)
	w.clock.Advance(time.Hour)
	_, err = s.Follow(t.Context(), 10)
	require.NoError(t, err)
	op = get(t, s, op.ID)
	require.Equal(t, ports.WithdrawalReview, get(t, s, op.ID).Status, "both may be paid")
	other := lostOrder(t, w, paid("p1"))
	require.NotEqual(t, ports.WithdrawalCompleted, other.Status, "p1 is a payout of %s (%s, ref %q, why %q)", op.ID, op.Status, op.ProviderRef, op.Why)
}

// TestService_second_payout_after_a_failed_inquiry: the provider works on the first also when
// one inquiry fails.
func TestService_second_payout_after_a_failed_inquiry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, s, _, id, answers, o := hung(t, 2)
		answers[1] <- pendingAs("p2")
		synctest.Wait()
		o.inquire = func() ports.PayoutAnswer { return ports.PayoutAnswer{Answer: ports.Answer{Code: "503"}} }
		w.clock.Advance(time.Hour)
		_, err := s.Follow(t.Context(), 10)
		require.NoError(t, err)
		answers[0] <- paid("p1")
		synctest.Wait()
		op := get(t, s, id)
		require.Equal(t, ports.WithdrawalReview, op.Status, "p2 is under way too; ref %q why %q", op.ProviderRef, op.Why)
	})
}

// TestService_refusal_of_a_transmission_after_a_failed_inquiry: the provider works on p1, and
// refuses the second transmission.
func TestService_refusal_of_a_transmission_after_a_failed_inquiry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, s, wallets, id, answers, o := hung(t, 2)
		answers[0] <- pendingAs("p1")
		synctest.Wait()
		require.Equal(t, "p1", get(t, s, id).ProviderRef)
		o.inquire = func() ports.PayoutAnswer { return ports.PayoutAnswer{Answer: ports.Answer{Code: "503"}} }
		w.clock.Advance(time.Hour)
		_, err := s.Follow(t.Context(), 10)
		require.NoError(t, err)
		require.Equal(t, ports.WithdrawalPending, get(t, s, id).Status)
		answers[1] <- ports.PayoutAnswer{Answer: ports.Answer{Outcome: ports.OutcomeDeclined, Code: "duplicate"}}
		synctest.Wait()
		require.Equal(t, ports.WithdrawalPending, get(t, s, id).Status, "the provider works on p1")
		requireBalance(t, wallets, 30_000)
	})
}

// TestService_fee_of_the_first_payout: the fee of the second payout is not that of the first.
func TestService_fee_of_the_first_payout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, s, _, id, answers, _ := hung(t, 2)
		_, err := s.ReportRefused(t.Context(), ports.Act{ID: id, By: ports.By{Who: "kim", Why: "x"}})
		require.NoError(t, err)
		p1, p2 := paid("p1"), paid("p2")
		p1.Fee, p2.Fee = decimal.NewNullDecimal(won(300)), decimal.NewNullDecimal(won(500))
		answers[0] <- p1
		synctest.Wait()
		answers[1] <- p2
		synctest.Wait()
		require.Equal(t, "p1", get(t, s, id).ProviderRef)
		op, err := s.ReportPaid(t.Context(), withdraw.Paid{ID: id, By: ports.By{Who: "lee", Why: "bank"}, TransactionID: "t p1"})
		require.NoError(t, err)
		require.Equal(t, "p1", op.ProviderRef)
		require.Equal(t, "300", op.ActualFee.Decimal.String(), "the provider took 300 for p1")
	})
}

// TestService_three_payouts_under_way: Why names each payout that the provider answered with.
func TestService_three_payouts_under_way(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, s, _, id, answers, _ := hung(t, 3)
		answers[2] <- pendingAs("p3")
		synctest.Wait()
		answers[0] <- paid("p1")
		synctest.Wait()
		answers[1] <- paid("p2")
		synctest.Wait()
		op := get(t, s, id)
		require.Equal(t, ports.WithdrawalReview, op.Status)
		require.Contains(t, op.Why, "answered approved for p2")
		require.Contains(t, op.Why, "answered approved for p1", "a person must look for it")
	})
}

// TestService_tells_of_waiting_in_doubt_before_it_sends: the job that sends what waits is the
// first to run.
func TestService_tells_of_waiting_in_doubt_before_it_sends(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, b := newWorld(t, pays, 1)
		w.store = crashtest.LoseAnswer(w.store, func(op ports.Operation) bool {
			wd, ok := op.(*ports.Withdrawal)
			return ok && wd.Why == "waits: the wallet is frozen"
		})
		notifier := new(told)
		w.disburser, w.notifier = b, notifier
		s, wallets := w.process(t, crashtest.Immortal())
		op, err := s.Request(t.Context(), payOut("k"))
		require.NoError(t, err)
		_, err = wallets.Freeze(t.Context(), ledger.StatusRequest{WalletID: "w", Key: "f", By: ports.By{Who: "kim", Why: "x"}})
		require.NoError(t, err)
		_, err = s.Approve(t.Context(), ports.Act{ID: op.ID, By: ports.By{Who: "kim", Why: "seen"}})
		require.ErrorIs(t, err, ports.ErrUndecided)
		_, err = wallets.Unfreeze(t.Context(), ledger.StatusRequest{WalletID: "w", Key: "u", By: ports.By{Who: "kim", Why: "x"}})
		require.NoError(t, err)
		jobs := s.Jobs()
		require.Contains(t, jobs[1].Name, "wait")
		for _, i := range []int{1, 0, 1, 0} {
			w.clock.Advance(time.Second)
			_, err = jobs[i].Step(t.Context(), 10)
			require.NoError(t, err)
		}
		synctest.Wait()
		require.Equal(t, []ports.WithdrawalStatus{"requested", "approved", "approved", "sending", "pending"}, notifier.statuses)
	})
}

// TestService_second_payout_that_another_process_names: another process names the payout for
// another withdrawal at the same moment.
func TestService_second_payout_that_another_process_names(t *testing.T) {
	for name, late := range map[string]ports.PayoutAnswer{"approved": paid("p1"), "pending": pendingAs("p1")} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w, b := newWorld(t, pays, 0)
				inner, done := w.store, false
				w.store = crashtest.Fated{Store: inner, Fate: func(units []ports.Unit) *ports.Fate {
					for _, op := range units[0].Operations {
						if c, is := op.(*ports.Claim); is && c.Status == ports.ClaimNamed && !done {
							done = true
							other := *c
							other.RechargeID, other.Reference = "other", "other"
							inner.Commit(t.Context(), []ports.Unit{{Operations: []ports.Operation{&other, &ports.Withdrawal{
								OperationHead: ports.OperationHead{ID: "other", Kind: ports.KindWithdrawal, WalletID: "w", Version: 1, ProviderRef: "p9"}, Status: ports.WithdrawalDisputed,
								Disburser: "bank", Total: won(20_000),
							}}}})
						}
					}
					return nil
				}}
				first := make(chan ports.PayoutAnswer)
				var n atomic.Int64
				s, _, _ := w.hostile(t, &odd{
					bank: b, name: "bank",
					disburse: func() ports.PayoutAnswer {
						if n.Add(1) == 1 {
							return <-first
						}
						return pendingAs("p2")
					},
					inquire: func() ports.PayoutAnswer { return ports.PayoutAnswer{Answer: ports.Answer{Resend: true}} },
				})
				op, err := s.Request(t.Context(), payOut("k"))
				require.NoError(t, err)
				w.clock.Advance(time.Hour)
				_, err = s.Follow(t.Context(), 10)
				require.NoError(t, err)
				first <- late
				synctest.Wait()
				require.True(t, done)
				op = get(t, s, op.ID)
				require.Equal(t, ports.WithdrawalReview, op.Status, op.Why)
				require.Equal(t, "p2", op.ProviderRef, op.Why)
				require.Contains(t, op.Why, "p1")
			})
		})
	}
}

// TestService_second_payout_keeps_the_figures: a completed withdrawal is kept after its second
// payout.
func TestService_second_payout_keeps_the_figures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, s, wallets, id, answers, _ := hung(t, 2)
		p1, p2 := paid("p1"), paid("p2")
		p1.Fee, p2.Fee = decimal.NewNullDecimal(won(300)), decimal.NewNullDecimal(won(500))
		answers[1] <- p2
		synctest.Wait()
		answers[0] <- p1
		synctest.Wait()
		_, err := s.Keep(t.Context(), ports.Act{ID: id, By: ports.By{Who: "lee", Why: "x"}})
		require.NoError(t, err)
		op := get(t, s, id)
		require.Equal(t, "500", op.ActualFee.Decimal.String())
		require.Equal(t, "p2", op.ProviderRef)
		_, err = wallets.Verify(t.Context(), "w")
		require.NoError(t, err)
	})
}

// TestService_does_not_tell_what_was_never_written: a cancellation is lost, another process
// approves, and a rejection is in doubt.
func TestService_does_not_tell_what_was_never_written(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, b := newWorld(t, pays, 2)
		inner, lose := w.store, 0
		w.disburser = b
		other, _ := w.process(t, crashtest.Immortal())
		w.store = crashtest.Fated{Store: inner, Fate: func([]ports.Unit) *ports.Fate {
			if lose > 0 {
				lose--
				return &ports.Fate{Err: ports.ErrUnavailable}
			}
			return nil
		}}
		notifier := new(told)
		w.notifier = notifier
		s, _ := w.process(t, crashtest.Immortal())
		op, err := s.Request(t.Context(), payOut("k"))
		require.NoError(t, err)
		lose = 1
		_, err = s.Cancel(t.Context(), ports.Act{ID: op.ID, By: ports.By{Who: "kim", Why: "x"}}) // lost
		require.ErrorIs(t, err, ports.ErrUndecided)
		_, err = other.Approve(t.Context(), ports.Act{ID: op.ID, By: ports.By{Who: "kim", Why: "seen"}})
		require.NoError(t, err)
		lose = 1
		_, err = s.Decline(t.Context(), ports.Act{ID: op.ID, By: ports.By{Who: "lee", Why: "x"}}) // lost
		require.ErrorIs(t, err, ports.ErrUndecided)
		w.clock.Advance(time.Minute)
		_, err = s.Follow(t.Context(), 10)
		require.NoError(t, err)
		synctest.Wait()
		require.Equal(t, ports.WithdrawalRequested, get(t, s, op.ID).Status)
		require.Equal(t, []ports.WithdrawalStatus{"requested"}, notifier.statuses)
	})
}
