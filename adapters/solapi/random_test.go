package solapi_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/solapi"
	"github.com/jigap/jigap/adapters/solapi/solapitest"
	"github.com/jigap/jigap/ports"
)

const (
	randomAccounts = 100
	randomOrders   = 100 // of each account
)

// Ten thousand recharges meet random faults, on their way and in the questions after
// them, and random crashes of ours. In the end the provider's books and our outcomes
// agree on every one. With -short it is a thousand. A failing seed runs alone with
// go test -run 'TestCharger_random_recharges/seed_17$' ./adapters/solapi.
func TestCharger_random_recharges(t *testing.T) {
	t.Parallel()
	accounts := uint64(randomAccounts)
	if testing.Short() {
		accounts /= 10
	}
	for seed := range accounts {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { runRandom(t, seed) })
		})
	}
}

// randomRun is one account under random faults.
type randomRun struct {
	*world
	random   *rand.Rand
	charger  *solapi.Charger
	outcomes map[string]ports.ChargeAnswer
	sent     int64 // what messages cost in the meantime
}

func runRandom(t *testing.T, seed uint64) {
	t.Helper()
	w := &world{Assertions: require.New(t), t: t}
	w.sim = solapitest.New(solapitest.Config{Seed: seed})
	w.account = w.sim.NewAccount(solapitest.AccountConfig{Balance: won(1_000_000)})
	w.key, w.card = w.account.NewKey(solapitest.RoleOwner), w.account.AddCard(solapitest.Card{})
	client, err := solapi.New(solapi.NewCredentials(w.key.APIKey, w.key.Secret), solapi.Config{
		HTTPClient: &http.Client{Transport: w.sim.Transport()},
	})
	w.NoError(err)
	w.client = client
	w.sim.Randomly(randomFault)
	run := &randomRun{world: w, random: rand.New(rand.NewPCG(seed, 1)), charger: w.charger(), outcomes: map[string]ports.ChargeAnswer{}}
	for i := range randomOrders {
		run.recharge(fmt.Sprint("order ", i))
	}
	time.Sleep(time.Hour) // whatever is still under way happens
	run.compare()
}

// randomFault breaks a third of the orders and a twentieth of the questions.
func randomFault(random *rand.Rand, r *http.Request) solapitest.Fault {
	orders := []solapitest.Fault{
		{Kind: solapitest.Refused},
		{Kind: solapitest.CloseBefore},
		{Kind: solapitest.CloseAfter},
		{Kind: solapitest.DelayBefore, Delay: 10 * time.Minute},
		{Kind: solapitest.DelayAfter, Delay: 10 * time.Minute},
		{Kind: solapitest.Late, Delay: time.Duration(random.IntN(14*60)) * time.Second},
		{Kind: solapitest.Truncate},
		{Kind: solapitest.Garbage},
		{Kind: solapitest.EmptyObject},
		{Kind: solapitest.WrongSums},
		{Kind: solapitest.NullID},
		{Kind: solapitest.StatusBefore, Status: 500},
		{Kind: solapitest.StatusAfter, Status: 500},
		{Kind: solapitest.StatusAfter, Status: 503, Code: "BalanceInsufficient"},
		{Kind: solapitest.StatusBefore, Status: 402, Code: "BalanceInsufficient"},
		{Kind: solapitest.StatusBefore, Status: 402, Code: "CardDeclined"},
		{Kind: solapitest.StatusAfter, Status: 402, Code: "CardDeclined"},
		{Kind: solapitest.StatusBefore, Status: 429},
		{Kind: solapitest.StatusAfter, Status: 429},
		{Kind: solapitest.StatusBefore, Status: 409, Code: "Conflict"},
		{Kind: solapitest.StatusBefore, Status: 403, Code: "Forbidden"},
		{Kind: solapitest.StatusAfter, Status: 403, Code: "DuplicatedSignature"},
		{Kind: solapitest.StatusBefore, Status: 418},
	}
	questions := []solapitest.Fault{
		{Kind: solapitest.Refused},
		{Kind: solapitest.CloseAfter},
		{Kind: solapitest.StatusBefore, Status: 503},
		{Kind: solapitest.StatusBefore, Status: 403, Code: "Forbidden"},
		{Kind: solapitest.Truncate},
		{Kind: solapitest.Garbage},
		{Kind: solapitest.DelayBefore, Delay: time.Minute},
		{Kind: solapitest.StatusBefore, Status: 429},
	}
	switch pick := random.IntN(60); {
	case r.Method == http.MethodPost && pick < 20:
		return orders[random.IntN(len(orders))]
	case r.Method == http.MethodGet && pick < 3:
		return questions[random.IntN(len(questions))]
	}
	return solapitest.Fault{}
}

// recharge drives one order from its preparation to its end.
func (r *randomRun) recharge(label string) {
	r.t.Helper()
	ctx := solapitest.WithLabel(r.t.Context(), label)
	order := ports.ChargeOrder{
		OperationID: label, WalletID: "w", PaymentMethod: r.card, Currency: "KRW",
		Amount: won(10_000 * (1 + r.random.Int64N(2))), RequestedAt: time.Now(),
	}
	evidence, refusal := r.charger.Prepare(ctx, order)
	if refusal != nil {
		r.Contains([]ports.Outcome{notSent, fault}, refusal.Outcome)
		r.outcomes[label] = *refusal
		return
	}
	order.Evidence, order.SentAt, order.Transmissions = evidence, time.Now(), 1
	order.Last = r.send(ctx, order)
	for !order.Last.Outcome.Final() {
		r.Empty(order.Last.Review, "%s: %+v", label, order.Last)
		r.spend()
		time.Sleep(max(order.Last.InquireAfter, time.Second))
		order.Inquiries++
		order.Last = kept(r.world, r.charger.Inquire(ctx, order))
	}
	r.outcomes[label] = order.Last
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
	return kept(r.world, r.charger.Charge(ctx, order))
}

// spend has the account send messages now and then.
func (r *randomRun) spend() {
	if r.random.IntN(3) == 0 {
		r.account.Send(won(13))
		r.sent += 13
	}
}

// compare compares the provider's books with what we believe.
func (r *randomRun) compare() {
	r.t.Helper()
	books, charged := r.account.Books(), map[string][]solapitest.Charge{}
	balance := won(1_000_000 - r.sent)
	for _, charge := range books.Charges {
		charged[charge.Label] = append(charged[charge.Label], charge)
		balance = balance.Add(charge.Amount)
	}
	r.True(balance.Equal(books.Balance))
	r.Len(r.outcomes, randomOrders)
	for label, answer := range r.outcomes {
		if answer.Outcome != approved {
			r.Empty(charged[label], "%s was executed and is %s", label, answer.Outcome)
			continue
		}
		r.Len(charged[label], 1, "%s is approved", label)
		r.Equal(charged[label][0].HistoryID, answer.ProviderRef)
		r.True(charged[label][0].Amount.Equal(answer.Amount.Decimal))
	}
	r.GreaterOrEqual(len(books.Charges), randomOrders/2)
	r.Less(len(books.Charges), randomOrders)
}
