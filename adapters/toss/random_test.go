package toss_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/jigap/jigap/adapters/toss"
	"github.com/jigap/jigap/adapters/toss/tosstest"
	"github.com/jigap/jigap/ports"
)

const (
	randomShops  = 100
	randomOrders = 100 // of each shop: charges, confirmations and cancellations
)

// Ten thousand charges, confirmations and cancellations meet random faults and crashes of ours. At
// rest the provider's books and our outcomes agree on every one. With -short it is a thousand. A
// failing seed runs alone with
// go test -run 'TestCharger_random_orders/seed_17$' ./adapters/toss.
func TestCharger_random_orders(t *testing.T) {
	t.Parallel()
	shops := uint64(randomShops)
	if testing.Short() {
		shops /= 10
	}
	for seed := range shops {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			runRandom(t, seed)
		})
	}
}

// randomRun is one shop under random faults.
type randomRun struct {
	*world
	random  *rand.Rand
	billing *toss.BillingCharger
	windows *toss.WindowCharger

	charges  map[string]ports.ChargeAnswer  // by orderId
	cancels  map[string][]ports.CancelOrder // by paymentKey, with their final answers
	standing []ports.ChargeOrder            // approved, and not wholly taken back
	left     map[string]int64               // by paymentKey
	counted  map[ports.Outcome]int
	resent   int
	persons  int
}

func runRandom(t *testing.T, seed uint64) {
	t.Helper()
	w := setupWith(t, tosstest.Config{Seed: seed, Forget: seed%2 == 0})
	r := &randomRun{
		world: w, random: rand.New(rand.NewPCG(seed, 1)), billing: w.billing(), windows: w.windows(),
		charges: map[string]ports.ChargeAnswer{}, cancels: map[string][]ports.CancelOrder{}, left: map[string]int64{}, counted: map[ports.Outcome]int{},
	}
	w.sim.Randomly(randomFault)
	for range randomOrders {
		r.scenario()
		switch pick := r.random.IntN(10); {
		case pick < 4 && len(r.standing) > 0:
			r.takeBack()
		case pick < 7:
			r.confirm()
		default:
			r.charge()
		}
		r.clock.Advance(time.Duration(r.random.IntN(3600)) * time.Second)
	}
	w.sim.Heal()
	w.clock.Advance(time.Hour) // whatever is still under way happens
	r.compare()
}

// scenario decides what the provider does with what is sent next. A scenario that executes a request
// and answers a documented refusal is not among them, unless the code says that the end is open: a
// provider that takes money and says that it declined cannot be found out.
func (r *randomRun) scenario() {
	open := []string{"PROVIDER_ERROR", "COMMON_ERROR", "ALREADY_PROCESSED_PAYMENT", "FAILED_INTERNAL_SYSTEM_PROCESSING", "NEW_CODE_OF_TOMORROW", "FORBIDDEN_CONSECUTIVE_REQUEST"}
	refusals := []string{"REJECT_CARD_PAYMENT", "INVALID_REQUEST", "MAINTAINED_METHOD", "NOT_AVAILABLE_BANK", "INVALID_AUTHORIZE_AUTH", "EXCEED_CANCEL_LIMIT"}
	scenario := tosstest.Scenario{}
	switch pick := r.random.IntN(20); {
	case pick < 2:
		scenario = tosstest.Scenario{Code: refusals[r.random.IntN(len(refusals))], Recorded: r.random.IntN(2) == 0}
	case pick < 3:
		scenario = tosstest.Scenario{Code: refusals[r.random.IntN(len(refusals))], Status: 500}
	case pick < 5:
		scenario = tosstest.Scenario{Code: open[r.random.IntN(len(open))], Executed: r.random.IntN(2) == 0}
	case pick < 6:
		scenario = tosstest.Scenario{Busy: time.Duration(r.random.IntN(120)) * time.Second}
	case pick < 7:
		r.sim.HideFor(time.Duration(r.random.IntN(300)) * time.Second)
		return
	default:
		r.sim.HideFor(0)
	}
	r.sim.Next("", scenario)
}

// randomFault breaks a third of the orders and a tenth of the questions. A provider that has lost a key
// refuses a later copy of a request for good, and then executes the first.
func randomFault(random *rand.Rand, request *http.Request) tosstest.Fault {
	late := time.Duration(random.IntN(4*60)) * time.Second
	both := func(status int, code string) []tosstest.Fault {
		return []tosstest.Fault{{Kind: tosstest.StatusBefore, Status: status, Code: code}, {Kind: tosstest.StatusAfter, Status: status, Code: code}}
	}
	orders := []tosstest.Fault{
		{Kind: tosstest.Refused},
		{Kind: tosstest.CloseBefore},
		{Kind: tosstest.CloseAfter},
		{Kind: tosstest.Late, Delay: late},
		{Kind: tosstest.Truncate},
		{Kind: tosstest.Garbage},
		{Kind: tosstest.EmptyObject},
		{Kind: tosstest.WrongAmount},
		{Kind: tosstest.WrongOrder},
		{Kind: tosstest.OddStatus},
		{Kind: tosstest.WrongType},
		{Kind: tosstest.Dollars},
		{Kind: tosstest.ExtraFields},
		{Kind: tosstest.StatusBefore, Status: 409, Code: codeInFlight},
		{Kind: tosstest.StatusBefore, Status: 401, Code: "UNAUTHORIZED_KEY"},
		{Kind: tosstest.StatusBefore, Status: 403, Code: "REJECT_CARD_PAYMENT"},
		{Kind: tosstest.StatusBefore, Status: 403, Code: "NOT_CANCELABLE_PAYMENT"},
	}
	for _, answer := range []struct {
		status int
		code   string
	}{{500, ""}, {502, ""}, {500, "COMMON_ERROR"}, {400, "PROVIDER_ERROR"}, {429, ""}, {429, "NEW_CODE"}, {400, ""}, {409, codeInFlight}, {302, ""}} {
		orders = append(orders, both(answer.status, answer.code)...)
	}
	questions := []tosstest.Fault{
		{Kind: tosstest.StatusBefore, Status: 429},
		{Kind: tosstest.StatusBefore, Status: 401, Code: "UNAUTHORIZED_KEY"},
		{Kind: tosstest.StatusBefore, Status: 404, Code: "NOT_FOUND"},
		{Kind: tosstest.Garbage},
		{Kind: tosstest.EmptyObject},
		{Kind: tosstest.StatusBefore, Status: 403, Code: "FORBIDDEN_CONSECUTIVE_REQUEST"},
	}
	switch pick := random.IntN(30); {
	case request.Method == http.MethodPost && pick < 10:
		return orders[random.IntN(len(orders))]
	case request.Method == http.MethodGet && pick < 3:
		return questions[random.IntN(len(questions))]
	}
	return tosstest.Fault{}
}

func (r *randomRun) amount() int64 { return 100 * (1 + r.random.Int64N(300)) }

func (r *randomRun) charge() {
	order := r.newOrder("card-1")
	order.Amount = won(r.amount())
	r.drive(r.billing, r.prepared(r.billing, order), "jgb-")
}

func (r *randomRun) confirm() {
	order := r.newOrder("")
	order.Amount = won(r.amount())
	token := r.pay(order, order.Amount, tosstest.MethodCard)
	evidence, refusal := r.windows.PrepareConfirm(r.t.Context(), order, token)
	if refusal != nil { // the provider shows no payment yet
		r.Equal(declined, refusal.Outcome)
		r.charges["jgw-"+order.OperationID] = *refusal
		return
	}
	order.Evidence, order.SentAt, order.Transmissions = evidence, r.clock.Now(), 1
	r.drive(r.windows, order, "jgw-")
}

// crash has our process end before a request is sent, or before its answer is written down.
func (r *randomRun) crash(send func() ports.ChargeAnswer) ports.ChargeAnswer {
	switch r.random.IntN(20) {
	case 0:
		return ports.ChargeAnswer{}
	case 1:
		send()
		return ports.ChargeAnswer{}
	}
	return r.stored(send())
}

// rest waits as long as an answer says.
func (r *randomRun) rest(answer ports.ChargeAnswer) {
	r.clock.Advance(max(answer.InquireAfter, time.Duration(1+r.random.IntN(90))*time.Second))
}

// drive sends an order and asks about it, and sends it again where the answer says so, until its end.
func (r *randomRun) drive(charger ports.Charger, order ports.ChargeOrder, prefix string) {
	r.t.Helper()
	send := func() ports.ChargeAnswer { return charger.Charge(r.t.Context(), order) }
	order.Last = r.crash(send)
	for !order.Last.Outcome.Final() {
		if order.Last.Review != "" {
			order.Last = r.person(order, prefix)
			break
		}
		r.rest(order.Last)
		if order.Last.Resend {
			r.resent++
			order.Transmissions++
			order.Last = r.crash(send)
			continue
		}
		order.Inquiries++
		order.Last = r.stored(charger.Inquire(r.t.Context(), order))
		r.Less(order.Inquiries, 500, "%+v", order.Last)
	}
	r.counted[order.Last.Outcome]++
	r.charges[prefix+order.OperationID] = order.Last
	if order.Last.Outcome == approved {
		r.True(order.Last.Amount.Decimal.Equal(order.Amount))
		r.standing, r.left[order.Last.ProviderRef] = append(r.standing, order), order.Amount.IntPart()
	}
}

// person decides an order by the provider's books, an hour later.
func (r *randomRun) person(order ports.ChargeOrder, prefix string) ports.ChargeAnswer {
	r.persons++
	r.clock.Advance(time.Hour)
	for _, p := range r.sim.Books().Payments {
		if p.OrderID == prefix+order.OperationID && p.Executions > 0 {
			return ports.ChargeAnswer{Answer: ports.Answer{Outcome: approved, ProviderRef: p.Key}, Amount: amountOf(p.Total.IntPart())}
		}
	}
	return ports.ChargeAnswer{Answer: ports.Answer{Outcome: notSent}}
}

// takeBack cancels a charge, or a part of what is left of it.
func (r *randomRun) takeBack() {
	r.t.Helper()
	i := r.random.IntN(len(r.standing))
	charge := r.standing[i]
	key := charge.Last.ProviderRef
	amount := r.left[key]
	if r.random.IntN(3) > 0 && amount > 1 {
		amount = 1 + r.random.Int64N(amount-1)
	}
	canceler := ports.Canceler(r.billing)
	if charge.PaymentMethod == "" {
		canceler = r.windows
	}
	order := ports.CancelOrder{
		CancelID: fmt.Sprintf("cancel-%d", r.made.Add(1)), Charge: charge, Amount: won(amount), Left: won(r.left[key]), RequestedAt: r.clock.Now(),
	}
	evidence, refusal := canceler.PrepareCancel(r.t.Context(), order)
	if refusal != nil { // a window's payment could not be looked at
		r.Equal(notSent, refusal.Outcome)
		return
	}
	order.Evidence, order.SentAt, order.Transmissions = evidence, r.clock.Now(), 1
	r.driveCancel(canceler, &order)
	r.cancels[key] = append(r.cancels[key], order)
	if order.Last.Outcome == approved {
		r.left[key] -= amount
	}
	if r.left[key] == 0 {
		r.standing = append(r.standing[:i], r.standing[i+1:]...)
	}
}

func (r *randomRun) driveCancel(canceler ports.Canceler, order *ports.CancelOrder) {
	r.t.Helper()
	send := func() ports.ChargeAnswer { return canceler.Cancel(r.t.Context(), *order) }
	order.Last = r.crash(send)
	for !order.Last.Outcome.Final() {
		if order.Last.Review != "" {
			order.Last = r.personOfCancel(*order)
			break
		}
		r.rest(order.Last)
		if order.Last.Resend {
			r.resent++
			order.Transmissions++
			order.Last = r.crash(send)
			continue
		}
		r.inquireCancel(canceler, order)
		r.Less(order.Inquiries, 500, "%+v", order.Last)
	}
	r.counted[order.Last.Outcome]++
}

// personOfCancel decides a cancellation by the provider's books, an hour later.
func (r *randomRun) personOfCancel(order ports.CancelOrder) ports.ChargeAnswer {
	r.persons++
	r.clock.Advance(time.Hour)
	for _, p := range r.sim.Books().Payments {
		for _, c := range p.Cancels {
			if strings.HasSuffix(c.Reason, "-"+order.CancelID) {
				return ports.ChargeAnswer{Answer: ports.Answer{Outcome: approved, ProviderRef: c.TransactionKey}, Amount: amountOf(c.Amount.IntPart())}
			}
		}
	}
	return ports.ChargeAnswer{Answer: ports.Answer{Outcome: notSent}}
}

// compare compares the provider's books with what we believe.
func (r *randomRun) compare() {
	r.t.Helper()
	executed, paid := map[string]int{}, map[string]tosstest.Payment{}
	for _, p := range r.sim.Books().Payments {
		executed[p.OrderID] += p.Executions
		if p.Executions > 0 {
			paid[p.Key] = p
		}
	}
	for id, answer := range r.charges {
		if answer.Outcome != approved {
			r.Zero(executed[id], "%s was executed and is %s %s", id, answer.Outcome, answer.Code)
			continue
		}
		r.Equal(1, executed[id], "%s is approved", id)
		r.Equal(id, paid[answer.ProviderRef].OrderID)
		delete(executed, id)
	}
	for id, count := range executed {
		r.Zero(count, "%s was executed and is not known", id)
	}
	for key, p := range paid {
		r.compareCancels(key, p)
	}
	r.GreaterOrEqual(r.counted[approved], randomOrders/3)
	r.Positive(r.counted[declined])
	r.Positive(r.resent)
}

// compareCancels compares what the provider gave back of a payment with our cancellations.
func (r *randomRun) compareCancels(key string, p tosstest.Payment) {
	r.t.Helper()
	byReason := map[string]tosstest.Cancel{}
	for _, c := range p.Cancels {
		r.NotContains(byReason, c.Reason, "it was taken back twice")
		byReason[c.Reason] = c
	}
	for _, order := range r.cancels[key] {
		reason := "jgc-" + order.CancelID
		done, executed := byReason[reason]
		r.Equal(order.Last.Outcome == approved, executed, "%s is %s %s", reason, order.Last.Outcome, order.Last.Code)
		if executed {
			r.True(done.Amount.Equal(order.Last.Amount.Decimal))
			r.True(done.Amount.Equal(order.Amount))
			r.Equal(done.TransactionKey, order.Last.ProviderRef)
			delete(byReason, reason)
		}
	}
	r.Empty(byReason, "taken back and not known")
	r.Equal(r.left[key], p.Balance.IntPart())
}
