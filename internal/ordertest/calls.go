package ordertest

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/internal/call"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/worker"
)

// TestCalls tests the calls to an adapter: when none is made, and what becomes of an order whose
// call hangs, breaks, or outlives its lease or its caller.
func TestCalls(t *testing.T, kind Kind) {
	for name, scenario := range map[string]func(*testing.T, Kind){
		"nothing_is_sent_after_the_lease":                       leaseIsOver,
		"an_inquiry_that_ignores_its_context_changes_nothing":   inquiryIgnoresContext,
		"an_adapter_that_hangs_holds_up_no_other":               otherAdaptersGoOn,
		"a_late_panic_is_logged":                                latePanic,
		"an_answer_that_an_inquiry_overtook_is_kept":            overtaken,
		"a_late_answer_that_is_kept_is_no_error":                lateIsNoError,
		"an_order_is_sent_though_its_caller_leaves":             callerLeaves,
		"the_answer_to_an_inquiry_is_kept_when_the_caller_left": callerLeavesInquiry,
	} {
		bubble(t, name, func(t *testing.T) { scenario(t, kind) })
	}
	if !kind.NeedsOrder {
		bubble(t, "calls_that_hang_for_ever_are_bounded", func(t *testing.T) { callsAreBounded(t, kind) })
	}
	t.Run("an_adapter_that_ignores_its_context_is_left", func(t *testing.T) {
		t.Parallel()
		ignoresContext(t, kind)
	})
	t.Run("an_adapter_that_breaks_leaves_the_order_unknown", func(t *testing.T) {
		t.Parallel()
		adapterBreaks(t, kind)
	})
	t.Run("a_refusal_of_Prepare_ends_the_order", func(t *testing.T) {
		t.Parallel()
		refusalOfPrepare(t, kind)
	})
}

// leaseIsOver has a process sleep between writing down that it sends and sending. Another
// process may be asking about the order by then, and find no trace of it.
func leaseIsOver(t *testing.T, kind Kind) {
	s := kind.set(t, &Script{Inquire: Always(Says(ports.OutcomeNotSent, ""))})
	s.world.Store = &Sleepy{Store: s.world.Store, Clock: s.world.Clock, Left: kind.Commits}
	require.Equal(t, 1, s.order().Transmissions)
	require.Zero(t, s.script.Sent(), "nothing arrived")
	s.follow()
	s.requireStatus("failed")
	s.requireBalance(kind.WhenRefused)
}

// ignoresContext: the call is left, the order is unknown, and what the provider answers later
// counts.
func ignoresContext(t *testing.T, kind Kind) {
	for outcome, want := range map[ports.Outcome]string{ports.OutcomeApproved: kind.Approved, ports.OutcomeDeclined: kind.Refused} {
		bubble(t, "and_answers_"+outcome.String(), func(t *testing.T) {
			s := kind.set(t, &Script{})
			s.answers, s.script.Send = Hang[Answer](t, 1)
			start := time.Now()
			order := s.order()
			require.Equal(t, 90*time.Second, time.Since(start), "the time of a call, and half as much again")
			require.Equal(t, "unknown", order.Status)
			require.Contains(t, order.Answer.Alarm, "did not return in time")
			require.NotEmpty(t, s.world.Log.Line("level=ERROR", kind.Adapter+" failed", order.ID), s.world.Log)
			s.answer(0, Says(outcome, "r"))
			s.requireStatus(want)
		})
	}
}

// inquiryIgnoresContext lets the answer to an inquiry come late. It is not applied, because a
// later inquiry may know more.
func inquiryIgnoresContext(t *testing.T, kind Kind) {
	s := kind.set(t, &Script{Send: Always(Pending("tx"))})
	s.answers, s.script.Inquire = Hang[Answer](t, 1)
	require.Equal(t, "pending", s.order().Status)
	s.follow()
	s.answer(0, Answer{Answer: ports.Answer{Outcome: ports.OutcomeNotSent, Code: "LATE"}})
	s.requireStatus("pending")
	require.NotEmpty(t, s.world.Log.Line(string(kind.Record)+" answered", "not_sent", "LATE"), s.world.Log)
	s.script.Inquire = Always(Approved("tx"))
	s.follow()
	s.requireStatus(kind.Approved)
}

// callsAreBounded lets many calls hang. An order that was never sent ends as not sent then; one
// that may have been sent does not.
func callsAreBounded(t *testing.T, kind Kind) {
	s := kind.set(t, &Script{Send: Always(Answer{}), Inquire: Always(Resend())})
	sent := s.order()
	_, s.script.Send = Hang[Answer](t, call.OverdueMax)
	var all sync.WaitGroup
	for i := range call.OverdueMax {
		all.Go(func() {
			if _, err := s.process.Order(t.Context(), "bank", fmt.Sprint(i)); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	more, err := s.try("one more")
	require.NoError(t, err)
	require.Equal(t, "failed", more.Status)
	require.Equal(t, ports.OutcomeNotSent, more.Answer.Outcome)
	require.Zero(t, more.Transmissions)
	s.world.Clock.Advance(time.Hour)
	_, err = s.process.Follow(t.Context(), 1000)
	require.NoError(t, err)
	s.id = sent.ID
	s.requireStatus("unknown")
}

// otherAdaptersGoOn: fifty inquiries hang, and an order of another adapter that is due last is
// followed.
func otherAdaptersGoOn(t *testing.T, kind Kind) {
	s := kind.set(t, &Script{Name: "healthy", Send: Always(Pending("tx")), Inquire: Always(Approved("tx"))})
	hangs := &Script{Name: "hangs", Send: Always(Pending(""))}
	_, hangs.Inquire = Hang[Answer](t, 50)
	s.process = kind.Start(t, s.world, []*Script{s.script, hangs})
	for i := range 50 {
		_, err := s.process.Order(t.Context(), "hangs", fmt.Sprint(i))
		require.NoError(t, err)
	}
	s.world.Clock.Advance(time.Second) // the healthy one's order is due last
	s.order()
	s.world.Clock.Advance(time.Hour)
	ctx, end := context.WithCancel(t.Context())
	run, err := worker.New(worker.Config{Random: func() float64 { return 0 }}, s.process.Jobs()...)
	require.NoError(t, err)
	var running sync.WaitGroup
	running.Go(func() { _ = run.Run(ctx) })
	<-time.After(10 * time.Second) // of the bubble
	order := s.get()
	end()
	running.Wait()
	require.Equal(t, kind.Approved, order.Status)
}

// adapterBreaks: the log has the cause.
func adapterBreaks(t *testing.T, kind Kind) {
	for cause, breaks := range map[string]func(){
		"index out of range": func() { panic("index out of range") }, "goroutine was ended": runtime.Goexit,
	} {
		bubble(t, cause, func(t *testing.T) {
			s := kind.set(t, &Script{Before: func(context.Context) { breaks() }})
			order := s.order()
			require.Equal(t, "unknown", order.Status)
			require.Contains(t, order.Answer.Alarm, "panicked while it sent")
			require.NotEmpty(t, s.world.Log.Line("level=ERROR", cause, order.ID), s.world.Log)
		})
	}
}

// latePanic: an adapter panics after its call was left.
func latePanic(t *testing.T, kind Kind) {
	s := kind.set(t, &Script{})
	answers, hang := Hang[Answer](t, 1)
	s.script.Send = func() Answer { hang(); panic("index out of range 7") }
	s.order()
	Say(answers[0], Answer{})
	require.NotEmpty(t, s.world.Log.Line("level=ERROR", "index out of range 7"), s.world.Log)
}

// refusalOfPrepare: nothing was sent, whatever outcome the refusal claims.
func refusalOfPrepare(t *testing.T, kind Kind) {
	for outcome := ports.OutcomeUnknown; outcome <= ports.OutcomeFault; outcome++ {
		bubble(t, outcome.String(), func(t *testing.T) {
			s := kind.set(t, &Script{Prepare: func() *Answer {
				return &Answer{Answer: ports.Answer{Outcome: outcome, ProviderRef: "r", Review: "look"}}
			}})
			order := s.order()
			require.False(t, order.Open, order.Status)
			require.Zero(t, order.Transmissions)
			require.Zero(t, s.script.Sent())
			if allowed := outcome.Final() && outcome != ports.OutcomeApproved; !allowed {
				require.Equal(t, "failed", order.Status)
				require.Contains(t, order.Answer.Alarm, outcome.String())
			}
			s.requireBalance(kind.WhenRefused)
		})
	}
}

// overtaken lets another process inquire while the order is sent. The answer is applied to the
// record as it is then.
func overtaken(t *testing.T, kind Kind) {
	s := kind.set(t, &Script{})
	other := s.another(s.script)
	s.script.Before = func(context.Context) {
		s.script.Before = nil
		s.world.Clock.Advance(5 * time.Minute) // past the lease
		followed, err := other.process.Follow(t.Context(), 10)
		require.NoError(t, err)
		require.Equal(t, 1, followed, "the other process asks, and learns nothing")
	}
	order := s.order()
	require.Equal(t, kind.Approved, order.Status)
	require.Equal(t, 1, order.Inquiries, "what the other process wrote stands")
	s.requireBalance(kind.WhenApproved)
}

// lateIsNoError: the log has no error.
func lateIsNoError(t *testing.T, kind Kind) {
	s := kind.hung(t, 1)
	s.answer(0, Approved("r"))
	s.requireStatus(kind.Approved)
	s.requireBalance(kind.WhenApproved)
	require.NotContains(t, s.world.Log.String(), "was not kept")
}

// callerLeaves lets the caller leave while the order is prepared. The order was written down: it
// is sent, over a store that reads nothing for a caller who has left.
func callerLeaves(t *testing.T, kind Kind) {
	ctx, leave := context.WithCancel(t.Context())
	s := kind.set(t, &Script{Prepare: func() *Answer { leave(); return nil }, Send: Always(Approved("tx"))})
	s.world.Store = Strict{s.world.Store}
	op, err := s.start().Order(ctx, "bank", "k")
	require.NoError(t, err)
	require.Equal(t, kind.Approved, op.StatusText())
}

// callerLeavesInquiry lets the caller leave during an inquiry.
func callerLeavesInquiry(t *testing.T, kind Kind) {
	ctx, leave := context.WithCancel(t.Context())
	s := kind.set(t, &Script{Send: Always(Answer{}), Inquire: func() Answer { leave(); return Approved("p") }})
	s.order()
	s.world.Clock.Advance(time.Hour)
	_, _ = s.process.Follow(ctx, 10)
	s.requireStatus(kind.Approved)
	s.requireBalance(kind.WhenApproved)
}

// TestDefaults tests the defaults of a room's Config.
func TestDefaults(t *testing.T, kind Kind) {
	bubble(t, "a_call_is_cut_short_after_one_minute", func(t *testing.T) {
		var waited time.Duration
		s := kind.set(t, &Script{Before: func(ctx context.Context) {
			began := time.Now()
			<-ctx.Done()
			waited = time.Since(began)
		}})
		s.order()
		synctest.Wait()
		require.Equal(t, time.Minute, waited)
	})
	bubble(t, "an_unknown_order_is_inquired_about_after_pauses_that_double_and_is_reviewed_after_a_day", func(t *testing.T) {
		s := kind.set(t, &Script{Send: Always(Answer{})})
		order := s.order()
		for _, pause := range kind.Pauses {
			require.Equal(t, pause, order.DueAt.Sub(s.world.Clock.Now()))
			s.world.Clock.Advance(pause)
			s.step()
			order = s.get()
		}
		s.world.Clock.Advance(order.SentAt.Add(24*time.Hour - time.Second).Sub(s.world.Clock.Now()))
		s.step()
		s.requireStatus("unknown")
		s.world.Clock.Advance(time.Second)
		s.step()
		s.requireStatus("review")
	})
	for outcome, want := range map[ports.Outcome]string{ports.OutcomeUnknown: "review", ports.OutcomePending: kind.pendingForADay()} {
		bubble(t, "an_order_that_is_"+outcome.String()+"_is_looked_at_after_a_day_however_long_the_provider_asks_to_wait", func(t *testing.T) {
			patient := Answer{Answer: ports.Answer{Outcome: outcome, InquireAfter: 68 * 365 * 24 * time.Hour}}
			s := kind.set(t, &Script{Send: Always(patient), Inquire: Always(patient)})
			order := s.order()
			require.Equal(t, outcome.String(), order.Status)
			require.Equal(t, order.SentAt.Add(24*time.Hour), order.DueAt)
			s.world.Clock.Advance(24 * time.Hour)
			followed, err := s.process.Follow(t.Context(), 10)
			require.NoError(t, err)
			require.Equal(t, 1, followed)
			s.requireStatus(want)
		})
	}
}

func (k Kind) pendingForADay() string {
	if k.PendingWaits {
		return "pending"
	}
	return "review"
}

// Faults is what a room's New says of its parts.
type Faults struct {
	Room string
	// All makes a service of parts that are all faulty, and Want is what New says of them.
	All  func() error
	Want string
	// None makes a service of no store and no ledger.
	None func() error
	// Build makes a service with a ReviewAfter, and with an adapter that has a quiet period of
	// thirty minutes, which is decorated or not.
	Build func(reviewAfter time.Duration, decorated bool) error
}

// TestNew tests what a room's New refuses.
func TestNew(t *testing.T, faults Faults) {
	t.Run("names_every_fault_in_a_fixed_order", func(t *testing.T) {
		t.Parallel()
		for range 20 {
			err := faults.All()
			require.ErrorIs(t, err, ports.ErrInvalid)
			require.EqualError(t, err, faults.Room+": "+faults.Want)
		}
		require.EqualError(t, faults.None(), faults.Room+": invalid store: is nil; invalid ledger: is a nil *ledger.Ledger")
	})
	t.Run("refuses_a_ReviewAfter_that_is_shorter_than_a_quiet_period", func(t *testing.T) {
		t.Parallel()
		for reviewAfter, want := range map[time.Duration]string{
			0: "", 30 * time.Minute: "", -1: "ReviewAfter: is negative",
			30*time.Minute - 1: "ReviewAfter: is shorter than the quiet period of quiet, 30m0s",
		} {
			for _, decorated := range []bool{false, true} {
				err := faults.Build(reviewAfter, decorated)
				if want == "" {
					require.NoError(t, err)
					continue
				}
				require.ErrorIs(t, err, ports.ErrInvalid)
				require.EqualError(t, err, faults.Room+": invalid "+want)
			}
		}
	})
}
