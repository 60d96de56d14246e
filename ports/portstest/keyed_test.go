package portstest_test

import (
	"context"
	"errors"
	"maps"
	"os"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/ports/portstest"
)

// errUnreached and the others are what becomes of a request to the till.
var (
	errUnreached = errors.New("no byte of the request was sent")
	errLost      = errors.New("no answer")
	errThrottled = errors.New("too many requests")
	errKey       = errors.New("the API key is refused")
	errDeclined  = errors.New("declined")
	errPending   = errors.New("the till works on it")
)

// till is a provider with an idempotency key: it executes each key once, and declines it
// for ever where it declined it once. One that works first executes keys when it is told to.
type till struct {
	mu       sync.Mutex
	now      time.Time
	faults   []portstest.Fault // of the next requests that move money
	question portstest.Fault
	declined map[string]bool
	booked   map[string]int // the position of a key in amounts
	amounts  []decimal.Decimal
	late     map[string]time.Time
	made     int
	works    bool
	pending  map[string]decimal.Decimal
}

func newTill() *till {
	return &till{
		now:      time.Date(2026, 3, 13, 12, 0, 0, 0, time.UTC),
		declined: map[string]bool{}, booked: map[string]int{}, late: map[string]time.Time{}, pending: map[string]decimal.Decimal{}, question: portstest.FaultNone,
	}
}

func (t *till) book(key string, amount decimal.Decimal) {
	switch _, done := t.booked[key]; {
	case done || t.declined[key]:
	case t.works:
		t.pending[key] = amount
	default:
		t.booked[key] = len(t.amounts)
		t.amounts = append(t.amounts, amount)
	}
}

// end ends what is pending: done says which keys are executed.
func (t *till) end(done func(key string) bool) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	pending, works := t.pending, t.works
	t.pending, t.works = map[string]decimal.Decimal{}, false
	for _, key := range slices.Sorted(maps.Keys(pending)) {
		if t.declined[key] = !done(key); !t.declined[key] {
			t.book(key, pending[key])
		}
	}
	t.works = works
	return len(pending) > 0
}

// charge executes a key, once.
func (t *till) charge(ctx context.Context, key string, amount decimal.Decimal) (ref string, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if ctx.Err() != nil {
		return "", errUnreached
	}
	fault := portstest.FaultNone
	if len(t.faults) > 0 {
		fault, t.faults = t.faults[0], t.faults[1:]
	}
	switch fault { //nolint:exhaustive // Break refuses the others
	case portstest.FaultUnreachable:
		return "", errUnreached
	case portstest.FaultDropBefore, portstest.FaultErrorBefore:
		return "", errLost
	case portstest.FaultLate:
		t.late[key] = t.now.Add(5 * time.Minute)
		return "", errLost
	case portstest.FaultHangBefore:
		<-ctx.Done()
		return "", errLost
	case portstest.FaultThrottle:
		return "", errThrottled
	case portstest.FaultCredentials:
		return "", errKey
	case portstest.FaultDecline:
		if _, done := t.booked[key]; !done {
			t.declined[key] = true
		}
	}
	if t.declined[key] {
		return "", errDeclined
	}
	t.book(key, amount)
	switch fault { //nolint:exhaustive // the others are done
	case portstest.FaultHangAfter:
		<-ctx.Done()
		return "", errLost
	case portstest.FaultDropAfter, portstest.FaultErrorAfter:
		return "", errLost
	}
	if _, pending := t.pending[key]; pending {
		return "", errPending
	}
	return t.ref(key), nil
}

func (t *till) ref(key string) string { return "t" + strconv.Itoa(t.booked[key]) }

// find tells what became of a key; known is false where the till has no trace of it.
func (t *till) find(ctx context.Context, key string) (ref string, known bool, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := t.asked(ctx); err != nil {
		return "", false, err
	}
	_, done := t.booked[key]
	_, pending := t.pending[key]
	switch {
	case pending:
		return "", true, errPending
	case t.declined[key]:
		return "", true, errDeclined
	case done:
		return t.ref(key), true, nil
	}
	return "", false, nil
}

// asked lets a question meet the fault that lies on questions. The till is locked.
func (t *till) asked(ctx context.Context) error {
	switch t.question { //nolint:exhaustive // the others are no faults of questions
	case portstest.FaultNone:
		return ctx.Err()
	case portstest.FaultMute:
		t.mu.Unlock()
		<-ctx.Done()
		t.mu.Lock()
	}
	return questionError{t.question}
}

// questionError is a question that failed.
type questionError struct{ fault portstest.Fault }

func (e questionError) Error() string { return string(e.fault) }

// till is a harness too.

func (t *till) Break(fault portstest.Fault) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch fault { //nolint:exhaustive // of the others this till has none
	case portstest.FaultBlind, portstest.FaultMute, portstest.FaultAskUnreachable, portstest.FaultAskCredentials,
		portstest.FaultAskMissing, portstest.FaultAskThrottle, portstest.FaultAskGarbage, portstest.FaultAskEmpty:
		t.question = fault
		return true
	case portstest.FaultNone, portstest.FaultUnreachable, portstest.FaultDropBefore, portstest.FaultDropAfter, portstest.FaultLate,
		portstest.FaultHangBefore, portstest.FaultHangAfter, portstest.FaultErrorBefore, portstest.FaultErrorAfter,
		portstest.FaultDecline, portstest.FaultThrottle, portstest.FaultCredentials:
		t.faults = append(t.faults, fault)
		return true
	}
	return false
}

func (t *till) Heal() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.faults, t.question = nil, portstest.FaultNone
}

func (t *till) Booked() []decimal.Decimal {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.amounts)
}

func (t *till) Settle(done bool) bool { return t.end(func(string) bool { return done }) }
func (t *till) Secrets() []string     { return []string{"sk_live_secret"} }

func (t *till) Now() time.Time {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.now
}

func (t *till) Advance(by time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.now = t.now.Add(by)
	for key, at := range t.late {
		if !t.now.Before(at) {
			t.book(key, won)
			delete(t.late, key)
		}
	}
}

var won = decimal.NewFromInt(10_000)

func (t *till) NewOrder() ports.ChargeOrder {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.made++
	return ports.ChargeOrder{OperationID: "op" + strconv.Itoa(t.made), WalletID: "w", PaymentMethod: "card", Amount: won, Currency: "KRW"}
}

// keyed is a Charger with an idempotency key. It asks what became of an order, or only
// sends it again. A flaw breaks one sentence of the port.
type keyed struct {
	*till
	asks bool
	flaw string
}

func (k keyed) Charger() ports.Charger        { return k }
func (k keyed) Name() string                  { return "keyed" }
func (k keyed) Lane(ports.ChargeOrder) string { return "" }

func (k keyed) Prepare(_ context.Context, order ports.ChargeOrder) ([]byte, *ports.ChargeAnswer) {
	if !order.Amount.IsPositive() || order.PaymentMethod == "" || order.Currency != "KRW" {
		return nil, &ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeFault, Code: "invalid"}}
	}
	return nil, nil
}

// key is what the till knows an order by.
func (k keyed) key(order ports.ChargeOrder) string {
	switch k.flaw {
	case flawCutsID:
		return order.OperationID[:min(len(order.OperationID), 36)]
	case flawNewKey:
		return order.OperationID + "#" + strconv.Itoa(order.Transmissions)
	}
	return order.OperationID
}

func (k keyed) Charge(ctx context.Context, order ports.ChargeOrder) ports.ChargeAnswer {
	if _, refusal := k.Prepare(ctx, order); refusal != nil {
		return *refusal
	}
	if k.flaw == flawStays {
		ctx = context.WithoutCancel(ctx)
	}
	ref, err := k.charge(ctx, k.key(order), order.Amount)
	answer := ports.ChargeAnswer{Answer: ports.Answer{ProviderRef: ref}}
	switch {
	case err == nil:
		answer.Outcome = ports.OutcomeApproved
	case errors.Is(err, errDeclined):
		answer.Outcome = ports.OutcomeDeclined
	case order.Transmissions > 1 && k.flaw != flawSpeaksOfLast: // an earlier one may have been executed
	case errors.Is(err, errUnreached), errors.Is(err, errThrottled):
		answer.Outcome = ports.OutcomeNotSent
	case errors.Is(err, errKey):
		answer.Outcome = ports.OutcomeFault
	case k.flaw == flawHangIsNotSent && ctx.Err() != nil:
		answer.Outcome = ports.OutcomeNotSent
	}
	return answer
}

func (k keyed) Inquire(ctx context.Context, order ports.ChargeOrder) ports.ChargeAnswer {
	if !k.asks {
		return ports.ChargeAnswer{Answer: ports.Answer{Resend: true}}
	}
	if k.flaw == flawAsksOn {
		ctx = context.WithoutCancel(ctx)
	}
	ref, known, err := k.find(ctx, k.key(order))
	switch {
	case errors.Is(err, errDeclined):
		return ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeDeclined}}
	case err != nil && k.flaw == flawMuteIsNotSent && ctx.Err() != nil:
		return ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeNotSent}}
	case err != nil:
		return ports.ChargeAnswer{}
	case known:
		return ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeApproved, ProviderRef: ref}}
	case k.flaw == flawGivesUp && k.Now().Sub(order.SentAt) > 10*time.Minute:
		return ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeNotSent}}
	case k.flaw == flawGivesUp:
		return ports.ChargeAnswer{}
	case k.flaw == flawResendsPending:
		return ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomePending, Resend: true}}
	}
	return ports.ChargeAnswer{Answer: ports.Answer{Resend: true}}
}

// The flaws, and the scenario that notices each.
const (
	flawNewKey         = "sends again under another key"
	flawCutsID         = "cuts the OperationID off"
	flawSpeaksOfLast   = "refuses by the last transmission alone"
	flawGivesUp        = "gives an order up, and then sends it"
	flawResendsPending = "has a pending order sent again"
	flawStays          = "Charge outlasts its context"
	flawAsksOn         = "Inquire outlasts its context"
	flawHangIsNotSent  = "takes a hanging order for one that was not sent"
	flawMuteIsNotSent  = "takes a hanging question for an answer"
)

func flaws() map[string]string {
	return map[string]string{
		flawNewKey:         "provider:_connection_lost,_and_the_effect_happens_minutes_later",
		flawCutsID:         "OperationIDs_of_any_length_and_form_are_kept_apart",
		flawSpeaksOfLast:   "a_refusal_of_an_order_that_was_sent_again_speaks_of_all_transmissions",
		flawGivesUp:        "an_order_that_an_inquiry_gave_up_is_not_sent",
		flawResendsPending: "an_order_of_which_nothing_is_known_is_found",
		flawStays:          "calls_return_when_their_context_ends",
		flawAsksOn:         "calls_return_when_their_context_ends",
		flawHangIsNotSent:  "calls_return_when_their_context_ends",
		flawMuteIsNotSent:  "calls_return_when_their_context_ends",
	}
}

const chargerAsks = "passes a Charger with an idempotency key that asks"

const flawVariable = "JIGAP_TEST_FLAW"

// A Charger with an idempotency key passes the suite, whether it asks first or only sends
// again.
func TestCharger(t *testing.T) {
	t.Parallel()
	flaw := os.Getenv(flawVariable)
	t.Run(chargerAsks, func(t *testing.T) {
		t.Parallel()
		portstest.TestCharger(t, func(*testing.T) portstest.ChargerHarness { return keyed{till: newTill(), asks: true, flaw: flaw} })
	})
	if flaw != "" {
		return
	}
	t.Run("passes a Charger with an idempotency key that only sends again", func(t *testing.T) {
		t.Parallel()
		portstest.TestCharger(t, func(*testing.T) portstest.ChargerHarness { return keyed{till: newTill()} })
	})
}

// Each flaw of such a Charger fails the scenario that is about it.
func TestCharger_flaws(t *testing.T) {
	t.Parallel()
	for flaw, scenario := range flaws() {
		t.Run("notices one that "+flaw, func(t *testing.T) {
			t.Parallel()
			fails(t, "TestCharger", chargerAsks, scenario, flaw)
		})
	}
}
