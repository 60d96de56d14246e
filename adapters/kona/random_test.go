package kona_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/kona"
	"github.com/jigap/jigap/adapters/kona/konatest"
	"github.com/jigap/jigap/ports"
)

const (
	randomMembers = 100
	randomOrders  = 100 // of each member
)

// Ten thousand charges meet random faults, pending answers and crashes of ours. At rest
// the provider's books and our outcomes agree on every one. With -short it is a
// thousand. A failing seed runs alone with
// go test -run 'TestCharger_random_charges/seed_17$' ./adapters/kona.
func TestCharger_random_charges(t *testing.T) {
	t.Parallel()
	members := uint64(randomMembers)
	if testing.Short() {
		members /= 10
	}
	for seed := range members {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			runRandom(t, seed)
		})
	}
}

// randomRun is one member under random faults.
type randomRun struct {
	*world
	random   *rand.Rand
	charger  *kona.Charger
	outcomes map[string]ports.ChargeAnswer
	open     int // how many are left to a person
}

func runRandom(t *testing.T, seed uint64) {
	t.Helper()
	clock := konatest.NewClock(start)
	w := newWorld(t, konatest.Config{Clock: clock, Seed: seed, Keys: simKeys(), SealAnswers: seed%4 == 0},
		konatest.MemberConfig{Bank: won(1_000_000_000), Limit: won(1_000_000_000)})
	w.clock = clock
	// Each list of plans costs two RSA decryptions: one list is enough here.
	run := &randomRun{world: w, random: rand.New(rand.NewPCG(seed, 1)), charger: w.charger(kona.PlansAtPayment, kona.PlansOfCreditCard), outcomes: map[string]ports.ChargeAnswer{}}
	w.sim.Randomly(randomFault)
	for i := range randomOrders {
		run.scenario()
		run.charge(fmt.Sprint("order ", i))
	}
	clock.Advance(time.Hour) // whatever is still under way happens
	run.compare()
}

// scenario has a fifth of the charges stay pending: most settle to either side, one in
// twenty stays open until a person ends it.
func (r *randomRun) scenario() {
	scenario := konatest.Scenario{Fail: r.random.IntN(2) == 0, After: time.Duration(r.random.IntN(40)) * time.Minute}
	switch pick := r.random.IntN(20); {
	case pick < 4:
		scenario.Pending = true
	case pick == 4:
		scenario = konatest.Scenario{Code: []string{"007_001", "007_002", "007_004", "007_009", konatest.CodeAccountTrouble}[r.random.IntN(5)]}
	default:
		scenario = konatest.Scenario{}
	}
	r.member.Usually(scenario)
}

// randomFault breaks a third of the charges and a twentieth of the rest. A fault after
// the effect that calls itself a documented refusal is not among them: a provider that
// takes money and says that it declined cannot be found out.
func randomFault(random *rand.Rand, request *http.Request) konatest.Fault {
	charges := []konatest.Fault{
		{Kind: konatest.Refused},
		{Kind: konatest.CloseBefore},
		{Kind: konatest.CloseAfter},
		{Kind: konatest.Late, Delay: time.Duration(random.IntN(14*60)) * time.Second},
		{Kind: konatest.Truncate},
		{Kind: konatest.Garbage},
		{Kind: konatest.EmptyObject},
		{Kind: konatest.NullID},
		{Kind: konatest.NoPending},
		{Kind: konatest.TextPending},
		{Kind: konatest.Foreign},
		{Kind: konatest.BadSeal},
		{Kind: konatest.StatusBefore, Status: 500},
		{Kind: konatest.StatusAfter, Status: 500},
		{Kind: konatest.StatusAfter, Status: 503, Code: "007_004"},
		{Kind: konatest.StatusBefore, Status: 400, Code: "007_004"},
		{Kind: konatest.StatusBefore, Status: 400, Code: "007_005"},
		{Kind: konatest.StatusBefore, Status: 400, Code: "000_002"},
		{Kind: konatest.StatusAfter, Status: 400, Code: "007_003"},
		{Kind: konatest.StatusBefore, Status: 400, Code: "007_003"},
		{Kind: konatest.StatusAfter, Status: 400, Code: "007_077"},
		{Kind: konatest.StatusAfter, Status: 400},
		{Kind: konatest.StatusAfter, Status: 401},
		{Kind: konatest.StatusBefore, Status: 401},
		{Kind: konatest.StatusAfter, Status: 404},
		{Kind: konatest.StatusBefore, Status: 429},
		{Kind: konatest.StatusAfter, Status: 409, Code: "007_001"},
		{Kind: konatest.StatusAfter, Status: 302},
	}
	rest := []konatest.Fault{
		{Kind: konatest.StatusBefore, Status: 400, Code: "000_002"},
		{Kind: konatest.StatusBefore, Status: 403},
		{Kind: konatest.StatusBefore, Status: 429},
		{Kind: konatest.StatusAfter, Status: 302},
	}
	switch pick := random.IntN(60); {
	case strings.HasSuffix(request.URL.Path, chargePath) && pick < 20:
		return charges[random.IntN(len(charges))]
	case !strings.HasSuffix(request.URL.Path, chargePath) && pick < 3:
		return rest[random.IntN(len(rest))]
	}
	return konatest.Fault{}
}

// charge drives one order from its preparation to its end.
func (r *randomRun) charge(label string) {
	r.t.Helper()
	ctx := konatest.WithLabel(r.t.Context(), label)
	order := r.order()
	order.OperationID, order.Amount, order.SentAt, order.Transmissions = label, won(10_000*(1+r.random.Int64N(2))), time.Time{}, 0
	_, refusal := r.charger.Prepare(ctx, order)
	if refusal != nil {
		r.Contains([]ports.Outcome{notSent, fault}, refusal.Outcome)
		r.outcomes[label] = *refusal
		return
	}
	order.SentAt, order.Transmissions = r.clock.Now(), 1
	order.Last = r.send(ctx, order)
	for !order.Last.Outcome.Final() {
		if order.Last.Review != "" { // a person calls the provider, who ends it
			r.open++
			r.sim.Settle(r.random.IntN(2) == 0)
		}
		r.clock.Advance(max(order.Last.InquireAfter, time.Second))
		order.Inquiries++
		order.Last = stored(r.world, r.charger.Inquire(ctx, order))
		r.False(order.Last.Resend)
	}
	r.outcomes[label] = order.Last
	r.clock.Advance(time.Duration(r.random.IntN(3600)) * time.Second)
}

// send sends an order, unless our process crashes before or after.
func (r *randomRun) send(ctx context.Context, order ports.ChargeOrder) ports.ChargeAnswer {
	switch r.random.IntN(20) {
	case 0:
		return ports.ChargeAnswer{}
	case 1:
		r.charger.Charge(ctx, order)
		return ports.ChargeAnswer{}
	}
	return stored(r.world, r.charger.Charge(ctx, order))
}

// compare compares the provider's books with what we believe.
func (r *randomRun) compare() {
	r.t.Helper()
	books, done := r.sim.Books(), map[string][]konatest.Transaction{}
	balance := won(0)
	for _, t := range books.Transactions {
		r.NotEqual(konatest.Pending, t.Status, "%s is still open", t.Label)
		if t.Status == konatest.Completed {
			done[t.Label] = append(done[t.Label], t)
			balance = balance.Add(t.Amount)
		}
	}
	r.True(balance.Equal(books.Balance[r.member.UserID()]))
	r.True(won(1_000_000_000).Sub(balance).Equal(books.Bank[r.member.UserID()]))
	r.Len(r.outcomes, randomOrders)
	executed := 0
	for label, answer := range r.outcomes {
		if answer.Outcome != approved {
			require.Empty(r.t, done[label], "%s was executed and is %s %s", label, answer.Outcome, answer.Code)
			continue
		}
		executed++
		r.Len(done[label], 1, "%s is approved", label)
		r.Equal(done[label][0].Number, answer.ProviderRef)
	}
	r.GreaterOrEqual(executed, randomOrders/3)
	r.Less(executed, randomOrders)
}
