package recharge_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
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

// TestService_awaiting_and_parts_model draws what hosts, customers, notices and workers do over a store that loses
// answers. At rest the bank's books and ours agree.
func TestService_awaiting_and_parts_model(t *testing.T) {
	t.Parallel()
	for seed := range uint64(600) {
		mixedCourse(t, seed)
		if t.Failed() {
			return
		}
	}
}

func mixedCourse(t *testing.T, seed uint64) {
	t.Helper()
	w, b := newWorld(t, approves)
	random := rand.New(rand.NewPCG(seed, 7))
	moody := &crashtest.Moody{Store: w.store, Random: random}
	w.store = moody
	w.charger = window{b}
	s, _ := w.process(t, crashtest.Immortal(), nil)
	moody.On = true
	var steps []string
	say := func(format string, args ...any) { steps = append(steps, fmt.Sprintf(format, args...)) }
	var ops []*ports.Recharge
	for range 25 {
		if random.IntN(5) == 0 {
			s, _ = w.process(t, crashtest.Immortal(), nil)
		}
		b.does = behaviours[random.IntN(len(behaviours))]
		var op *ports.Recharge
		if len(ops) > 0 {
			op = ops[random.IntN(len(ops))]
		}
		switch what := random.IntN(7); {
		case what == 0 || op == nil:
			key := fmt.Sprint("k", random.IntN(4))
			made, err := s.Begin(t.Context(), beginning(key))
			say("begin %s: %v", key, err)
			if err == nil {
				ops = append(ops, made)
			}
		case what <= 2:
			r := paid(op)
			r.Token += fmt.Sprint(random.IntN(2))
			got, err := s.Confirm(t.Context(), r)
			say("confirm %s %s (%s): %v %v", op.ID, r.Token[len(r.Token)-1:], b.does, got, err)
		case what == 3:
			_, err := s.InquireNow(contextFor(t, time.Millisecond), about(op))
			say("notice %s: %v", op.ID, err)
		case what == 4:
			n, err := s.Follow(t.Context(), 10)
			say("follow: %d %v", n, err)
		default:
			by := []time.Duration{time.Second, 10 * time.Second, 4 * time.Minute, 13 * time.Minute, 31 * time.Minute, time.Hour}[random.IntN(6)]
			w.clock.Advance(by)
			say("%s later", by)
		}
	}
	moody.On = false
	b.does = approves
	last, wallets := w.process(t, crashtest.Immortal(), nil)
	for range 4 * 24 * 4 {
		w.clock.Advance(15 * time.Minute)
		_, err := last.Follow(t.Context(), 100)
		require.NoError(t, err)
	}
	for _, op := range ops { // a last notice about each
		_, err := last.InquireNow(t.Context(), about(op))
		require.NoError(t, err)
	}
	all, err := last.List(t.Context(), recharge.Listing{Limit: 100})
	require.NoError(t, err)
	wallet, err := wallets.Wallet(t.Context(), "w")
	require.NoError(t, err)
	bad := ""
	if !wallet.Balance.Equal(b.charged) {
		bad = fmt.Sprintf("wallet %s, bank %s", wallet.Balance, b.charged)
	}
	for _, op := range all {
		if op.Open {
			bad += fmt.Sprintf("; %s is open: %s %s", op.ID, op.Status, op.Why)
		}
	}
	for id, o := range b.orders {
		if o.charges > 1 {
			bad += fmt.Sprintf("; %s charged %d times", id, o.charges)
		}
	}
	if _, err := wallets.Verify(t.Context(), "w"); err != nil {
		bad += err.Error()
	}
	if bad != "" {
		t.Errorf("seed %d: %s", seed, bad)
		for _, op := range all {
			t.Logf("%s %s tx %d ref %s: %s", op.ID, op.Status, op.Transmissions, op.ProviderRef, op.Why)
		}
		for _, step := range steps {
			t.Log(step[:min(len(step), 260)])
		}
	}
}

func contextFor(t *testing.T, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

// drawnParts is a Charger whose cancellations answer what is drawn.
type drawnParts struct {
	*odd
	random *rand.Rand
	hangs  []chan ports.ChargeAnswer // cancellations that are answered late
	said   *string
}

func (d *drawnParts) draw(asks, left decimal.Decimal) ports.ChargeAnswer {
	a := ports.ChargeAnswer{Answer: ports.Answer{Outcome: []ports.Outcome{
		ports.OutcomeApproved, ports.OutcomeApproved, ports.OutcomeApproved, ports.OutcomeDeclined, ports.OutcomeNotSent, ports.OutcomePending, ports.OutcomeUnknown,
	}[d.random.IntN(7)]}}
	switch d.random.IntN(6) {
	case 0:
		a.Amount = decimal.NewNullDecimal(asks)
	case 1:
		a.Amount = decimal.NewNullDecimal(won(1 + d.random.Int64N(10_000)))
	case 2:
		a.Amount = decimal.NewNullDecimal(left)
	}
	*d.said += fmt.Sprintf(" [%s %v of %s, left %s]", a.Outcome, a.Amount.Decimal, asks, left)
	return a
}

func (d *drawnParts) CheckPart(ports.CancelOrder) error { return nil }

func (d *drawnParts) PrepareCancel(context.Context, ports.CancelOrder) ([]byte, *ports.ChargeAnswer) {
	return nil, nil
}

func (d *drawnParts) Cancel(_ context.Context, o ports.CancelOrder) ports.ChargeAnswer {
	if !o.Amount.IsPositive() || o.Amount.GreaterThan(o.Left) {
		panic(fmt.Sprint("asked for ", o.Amount, " of ", o.Left))
	}
	if d.random.IntN(4) == 0 && len(d.hangs) < 6 {
		answer := make(chan ports.ChargeAnswer)
		d.hangs = append(d.hangs, answer)
		return <-answer
	}
	return d.draw(o.Amount, o.Left)
}

func (d *drawnParts) InquireCancel(_ context.Context, o ports.CancelOrder) ports.ChargeAnswer {
	return d.draw(o.Amount, o.Left)
}

// TestService_parts_model draws parts, whole cancellations, late answers and acts of people in any
// order: the wallet has what the records say, an act that is named works, another changes nothing.
func TestService_parts_model(t *testing.T) {
	for seed := range uint64(1500) {
		synctest.Test(t, func(t *testing.T) { partsCourse(t, seed) })
		if t.Failed() {
			return
		}
	}
}

func partsCourse(t *testing.T, seed uint64) {
	t.Helper()
	w, b := newWorld(t, approves)
	random := rand.New(rand.NewPCG(seed, 11))
	said := ""
	d := &drawnParts{odd: &odd{Else: b, Called: "bank", Sends: ordertest.Always(approvedAmount("tx 1", 10_000)), Inquires: ordertest.Always(approved("tx 1"))}, random: random, said: &said}
	moody := &crashtest.Moody{Store: w.store, Random: random}
	w.store = moody
	s, wallets, _ := w.hostile(t, d)
	_, err := wallets.Credit(t.Context(), ledger.CreditRequest{WalletID: "w", Key: "more", Amount: won(50_000), Provider: "till"})
	require.NoError(t, err)
	charge := mustRecharge(t, s, "k")
	var steps []string
	bad := func(format string, args ...any) {
		t.Errorf("seed %d: %s\n%s", seed, fmt.Sprintf(format, args...), strings.Join(steps, "\n"))
	}
	for range 14 {
		said = ""
		before := get(t, s, charge.ID)
		acts := recharge.Acts(before)
		has := func(kind ports.DecisionKind) bool {
			for _, act := range acts {
				if act == kind {
					return true
				}
			}
			return false
		}
		cancels, err := s.Cancellations(t.Context(), recharge.CancelListing{Limit: 100})
		require.NoError(t, err)
		var err2 error
		what := ""
		named := true // whether Acts names it
		switch random.IntN(11) {
		case 0, 1:
			request := partOf(charge, fmt.Sprint("p", random.IntN(8)), 500*(1+random.Int64N(8)))
			what = fmt.Sprintf("part %s %s", request.Key, request.Amount)
			done := make(chan bool)
			go func() { _, err2 = s.CancelPart(context.Background(), request); close(done) }()
			<-done
		case 2:
			what = "cancel"
			_, err2 = s.Cancel(t.Context(), cancelRequest(charge))
		case 3:
			what, named = "reverse", has(ports.DecisionReverse)
			_, err2 = s.Reverse(t.Context(), ports.Act{ID: charge.ID, By: kim("x")})
		case 4:
			what, named = "keep", has(ports.DecisionKeep)
			_, err2 = s.Keep(t.Context(), recharge.KeepRequest{ID: charge.ID, By: kim("x")})
		case 5:
			what = "dispute"
			_, err2 = s.Dispute(t.Context(), ports.Act{ID: charge.ID, By: kim("x")})
		case 6:
			r := recharge.ReinstateRequest{ID: charge.ID, By: kim("x")}
			if len(before.Parts) > 0 && random.IntN(2) == 0 {
				r.CancelID = before.Parts[random.IntN(len(before.Parts))]
			} else if len(cancels) > 0 && random.IntN(4) == 0 {
				r.CancelID = cancels[random.IntN(len(cancels))].ID
			}
			what, named = "reinstate "+r.CancelID, has(ports.DecisionReinstate)
			_, err2 = s.Reinstate(t.Context(), r)
		case 7:
			if len(cancels) == 0 {
				continue
			}
			c := cancels[random.IntN(len(cancels))]
			r := recharge.ApproveCancelRequest{ID: c.ID, By: kim("x")}
			if random.IntN(2) == 0 {
				r.Amount = decimal.NewNullDecimal(won(500 * random.Int64N(22)))
			}
			what = fmt.Sprintf("approve cancel %s %v", c.ID, r.Amount)
			_, err2 = s.ApproveCancel(t.Context(), r)
		case 8:
			if len(cancels) == 0 {
				continue
			}
			c := cancels[random.IntN(len(cancels))]
			what = "decline cancel " + c.ID
			_, err2 = s.DeclineCancel(t.Context(), ports.Act{ID: c.ID, By: kim("x")})
		case 9:
			if len(d.hangs) == 0 {
				continue
			}
			what = "late"
			answer := d.hangs[0]
			d.hangs = d.hangs[1:]
			if answer != nil {
				ordertest.Say(answer, d.draw(won(1_000), won(10_000)))
			}
		default:
			what = "follow"
			w.clock.Advance(time.Hour)
			_, err2 = s.Follow(t.Context(), 10)
		}
		synctest.Wait()
		steps = append(steps, fmt.Sprintf("%s: %v%s", what, err2, said))
		if err2 != nil && !named && !errors.Is(err2, ports.ErrNotOpen) {
			bad("an act that is not named answered %v", err2)
		}
		if named && errors.Is(err2, ports.ErrNotOpen) && (what == "reverse" || what == "keep" || strings.HasPrefix(what, "reinstate")) {
			bad("an act that is named was not allowed: %v", err2)
		}
		now := get(t, s, charge.ID)
		steps = append(steps, fmt.Sprintf("   %s, canceled %s, parts %d, cancel %q, reverse %d: %s", now.Status, now.Canceled, len(now.Parts), now.CancelID, now.ReverseSeq, now.Why))
		want := won(50_000)
		if now.ReverseSeq == 0 {
			want = want.Add(now.Left())
		}
		cancels, err = s.Cancellations(t.Context(), recharge.CancelListing{Limit: 100})
		require.NoError(t, err)
		open, parts := 0, won(0)
		sums := map[string]decimal.Decimal{}
		for e, err := range wallets.Entries(t.Context(), ports.EntryFilter{WalletID: "w", Types: []ports.EntryType{ports.EntryReverse, ports.EntryReverseBack}, Limit: 100}) {
			require.NoError(t, err)
			sums[e.OperationID] = sums[e.OperationID].Add(e.BalanceAmount)
		}
		for _, c := range cancels {
			in := won(0)
			switch {
			case c.Open:
				open++
				want = want.Sub(c.Amount)
				in = c.Amount.Neg()
			case c.Status == ports.CancellationApproved && c.Part && c.BackSeq == 0:
				parts = parts.Add(c.GivenBack)
				in = c.GivenBack.Neg()
			case c.Status == ports.CancellationApproved && !c.Part && now.CancelID == c.ID && now.ReverseSeq != 0:
				in = c.GivenBack.Neg()
			}
			if !sums[c.ID].Equal(in) {
				bad("entries of cancellation %s (%s part %v back %d) sum to %s, want %s", c.ID, c.Status, c.Part, c.BackSeq, sums[c.ID], in)
			}
			if c.Open != (now.CancelID == c.ID && now.ReverseSeq == 0) {
				bad("cancellation %s is open: %v, and the recharge names %s", c.ID, c.Open, now.CancelID)
			}
		}
		if !parts.Equal(now.Canceled) || now.Left().IsNegative() || open > 1 {
			bad("parts %s, canceled %s, left %s, open %d", parts, now.Canceled, now.Left(), open)
		}
		wallet, err := wallets.Wallet(t.Context(), "w")
		require.NoError(t, err)
		if !wallet.Balance.Equal(want) || wallet.OpenOperations != open {
			bad("wallet %s, want %s; open %d, want %d", wallet.Balance, want, wallet.OpenOperations, open)
		}
		if t.Failed() {
			break
		}
	}
	for _, answer := range d.hangs {
		ordertest.Say(answer, ports.ChargeAnswer{})
	}
	synctest.Wait()
	if _, err := wallets.Verify(t.Context(), "w"); err != nil {
		bad("%v", err)
	}
}

// TestService_awaiting_model draws confirmations, late answers, notices, deadlines and acts of people:
// an approval of the provider is booked, or a person hears of it; the wallet has what the records say.
func TestService_awaiting_model(t *testing.T) {
	seen := map[string]int{}
	for seed := range uint64(4000) {
		synctest.Test(t, func(t *testing.T) { awaitingCourse(t, seed, seen) })
		if t.Failed() {
			return
		}
	}
	t.Log(seen)
}

func awaitingCourse(t *testing.T, seed uint64, seen map[string]int) {
	t.Helper()
	w, b := newWorld(t, approves)
	random := rand.New(rand.NewPCG(seed, 3))
	var hangs []chan ports.ChargeAnswer
	said, approvals := "", []ports.ChargeAnswer(nil)
	draw := func(sends bool) ports.ChargeAnswer {
		a := ports.ChargeAnswer{Answer: ports.Answer{
			Outcome:     []ports.Outcome{ports.OutcomeApproved, ports.OutcomeApproved, ports.OutcomePending, ports.OutcomePending, ports.OutcomePending, ports.OutcomeDeclined, ports.OutcomeNotSent, ports.OutcomeUnknown}[random.IntN(8)],
			ProviderRef: []string{"", "tx A", "tx A", "tx A", "tx B"}[random.IntN(5)],
		}}
		if a.Outcome == ports.OutcomePending && random.IntN(2) == 0 {
			a.Await = &ports.Await{Until: w.clock.Now().Add(time.Duration(random.IntN(40)) * time.Hour)}
		}
		if a.Outcome == ports.OutcomeUnknown && random.IntN(3) == 0 {
			a.Review = "look"
		}
		if a.Outcome == ports.OutcomeApproved {
			if random.IntN(4) == 0 {
				a.Amount = decimal.NewNullDecimal(decimal.RequireFromString([]string{"9000", "10000", "9000.5"}[random.IntN(3)]))
			}
			approvals = append(approvals, a)
		}
		said += fmt.Sprintf(" [%v: %s %s %v await %v]", sends, a.Outcome, a.ProviderRef, a.Amount, a.Await != nil)
		return a
	}
	o := &odd{Else: b, Called: "bank", In: func(ports.ChargeOrder) string { return "lane" }}
	o.Sends = func() ports.ChargeAnswer {
		if random.IntN(4) == 0 {
			answer := make(chan ports.ChargeAnswer)
			hangs = append(hangs, answer)
			return <-answer
		}
		return draw(true)
	}
	o.Inquires = func() ports.ChargeAnswer { return draw(false) }
	s, wallets, _ := w.hostile(t, page{odd: o})
	op := mustBegin(t, s, "k")
	var steps []string
	bad := func(format string, args ...any) {
		t.Errorf("seed %d: %s\n%s", seed, fmt.Sprintf(format, args...), strings.Join(steps, "\n"))
	}
	for range 12 {
		said, approvals = "", nil
		was := get(t, s, op.ID)
		acts := recharge.Acts(was)
		var err error
		what, person := "", false
		switch random.IntN(9) {
		case 0, 1:
			what = "confirm"
			_, err = s.Confirm(t.Context(), with(op, fmt.Sprint("token ", random.IntN(3))))
		case 2, 3:
			what = "notice"
			_, err = s.InquireNow(contextFor(t, time.Second), about(op))
		case 4:
			by := []time.Duration{time.Second, time.Minute, 5 * time.Minute, 61 * time.Minute, 25 * time.Hour}[random.IntN(5)]
			what = fmt.Sprint("follow after ", by)
			w.clock.Advance(by)
			_, err = s.Follow(t.Context(), 10)
			if err != nil {
				bad("a job fails: %v", err)
			}
		case 5:
			if len(hangs) == 0 {
				continue
			}
			what = "late"
			hang := hangs[0]
			hangs = hangs[1:]
			ordertest.Say(hang, draw(true))
		default:
			if len(acts) == 0 {
				continue
			}
			act := acts[random.IntN(len(acts))]
			what, person = "person: "+string(act), true
			if act == ports.DecisionCancel {
				continue
			}
			d := resolution{ID: op.ID, Decision: act, By: kim("seen")}
			switch act { //nolint:exhaustive // the others have one form
			case ports.DecisionReverse:
				_, err = s.Reverse(t.Context(), ports.Act{ID: op.ID, By: d.By})
			case ports.DecisionDispute:
				_, err = s.Dispute(t.Context(), ports.Act{ID: op.ID, By: d.By})
			default:
				if (act == ports.DecisionApprove || act == ports.DecisionReinstate) && random.IntN(2) == 0 {
					d.ProviderRef = []string{"tx A", "tx B"}[random.IntN(2)]
				}
				_, err = carryOut(t.Context(), s, d)
			}
			if errors.Is(err, ports.ErrNotOpen) {
				bad("an act that is named is not allowed: %v", err)
			}
		}
		synctest.Wait()
		now := get(t, s, op.ID)
		seen[string(now.Status)]++
		steps = append(steps, fmt.Sprintf("%s: %v%s", what, err, said), fmt.Sprintf("   %s tx %d ref %q others %v open %v lane %q due %s confirmed %v: %s", now.Status, now.Transmissions, now.ProviderRef, now.Others, now.Open, now.Lane, now.DueAt.Sub(w.clock.Now()), now.Confirmed != "", now.Why))
		if person && err != nil && now.Version != was.Version {
			bad("an act that is refused changes something")
		}
		for _, a := range approvals {
			heard := now.Status == ports.RechargeReview || now.Status == ports.RechargeDisputed ||
				now.Status == ports.RechargeApproved && (a.ProviderRef == "" || a.ProviderRef == now.ProviderRef) || now.Status == ports.RechargeReversed
			if !heard {
				bad("an approval of %s is not heard", a.ProviderRef)
			}
		}
		want := won(0)
		if now.EntrySeq != 0 && now.ReverseSeq == 0 {
			want = now.Credited
		}
		wallet, err := wallets.Wallet(t.Context(), "w")
		require.NoError(t, err)
		open := 0
		if now.Open {
			open = 1
		}
		if !wallet.Balance.Equal(want) || wallet.OpenOperations != open {
			bad("wallet %s, want %s; open %d, want %d", wallet.Balance, want, wallet.OpenOperations, open)
		}
		if was.EntrySeq != 0 && now.EntrySeq != was.EntrySeq {
			bad("credited twice")
		}
		if now.Open && now.DueAt.IsZero() && now.Status != ports.RechargeReview { // one in review that is due: TestService_InquireNow_of_a_review_that_learns_nothing
			bad("an open record is due, unless it is in review: %s", now.DueAt)
		}
		if now.Status == ports.RechargeAwaiting && (now.Lane != "" || now.Deadline.IsZero()) {
			bad("awaiting in lane %q", now.Lane)
		}
		if t.Failed() {
			break
		}
	}
	for _, hang := range hangs {
		ordertest.Say(hang, ports.ChargeAnswer{})
	}
	synctest.Wait()
	if _, err := wallets.Verify(t.Context(), "w"); err != nil {
		bad("%v", err)
	}
}
