package suitetest_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"sync"
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
	errOdd       = errors.New("the till has a status that is new")
	errKept      = errors.New("refused, and the money is not given back yet")
)

// state is what became of an order at the till.
type state int

const (
	done state = iota
	working
	refused
	kept // refused, and the money not given back
)

// sale is an order as the till keeps it.
type sale struct {
	ref    string
	amount decimal.Decimal
	in     string // the currency
	to     string // the payment method that was charged, or the bank account that was paid to
	state  state
	others bool      // made by others
	gift   bool      // and no sale
	at     time.Time // by the till's clock
}

// till is a provider with an idempotency key: it executes each key once, and declines it
// for ever where it declined it once. One that works first executes keys when it is told to.
type till struct {
	mu       sync.Mutex
	now      time.Time
	faults   []portstest.Fault // of the next requests that move money
	question portstest.Fault
	sales    map[string]*sale
	order    []string // keys, in the order of their execution
	late     map[string]*sale
	lateAt   map[string]time.Time
	made     int
	works    bool
	dated    bool // what reads its list reads the dates, and what is a gift
	hidden   bool
	odd      bool
	keeps    bool
	breaksOn int           // so many questions are answered before all fail; negative: all are
	mutes    bool          // they fail by never being answered
	skew     time.Duration // of the till's clock
	cards    []string      // the payment methods that it has; nil: any
}

func newTill() *till {
	return &till{
		now:   time.Date(2026, 3, 13, 12, 0, 0, 0, time.UTC),
		sales: map[string]*sale{}, late: map[string]*sale{}, lateAt: map[string]time.Time{}, question: portstest.FaultNone, breaksOn: -1,
	}
}

// book executes a key, once, at a time.
func (t *till) book(key string, s *sale, at time.Time) {
	if t.sales[key] != nil {
		return
	}
	s.at = at.Add(t.skew)
	if t.works && !s.others {
		s.state = working
	}
	s.ref = "t" + strconv.Itoa(len(t.order)+1)
	t.sales[key] = s
	t.order = append(t.order, key)
}

// charge executes a key in won, once.
func (t *till) charge(ctx context.Context, key string, amount decimal.Decimal, to string) (ref string, err error) {
	return t.chargeIn(ctx, "KRW", key, amount, to)
}

// chargeIn executes a key, once.
func (t *till) chargeIn(ctx context.Context, currency, key string, amount decimal.Decimal, to string) (ref string, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if ctx.Err() != nil {
		return "", errUnreached
	}
	fault := portstest.FaultNone
	if len(t.faults) > 0 {
		fault, t.faults = t.faults[0], t.faults[1:]
	}
	made := &sale{amount: amount, in: currency, to: to}
	switch fault { //nolint:exhaustive // Break refuses the others
	case portstest.FaultUnreachable:
		return "", errUnreached
	case portstest.FaultDropBefore, portstest.FaultErrorBefore, portstest.FaultTimeoutBefore, portstest.FaultConflictBefore,
		portstest.FaultBadGatewayBefore, portstest.FaultUnavailableBefore, portstest.FaultGateTimeoutBefore, portstest.FaultOddCodeBefore,
		portstest.FaultTruncatedBefore, portstest.FaultGarbageBefore, portstest.FaultEmptyBefore:
		return "", errLost
	case portstest.FaultLate:
		if t.late[key] == nil {
			t.late[key], t.lateAt[key] = made, t.now.Add(12*time.Minute)
		}
		return "", errLost
	case portstest.FaultHangBefore:
		t.wait(ctx)
		return "", errLost
	case portstest.FaultThrottle:
		return "", errThrottled
	case portstest.FaultCredentials:
		return "", errKey
	case portstest.FaultDecline, portstest.FaultDeclineLost:
		if t.sales[key] == nil {
			made.state = refused
			t.sales[key] = made
		}
	}
	if t.cards != nil && !slices.Contains(t.cards, to) {
		return "", errDeclined
	}
	t.book(key, made, t.now)
	switch fault { //nolint:exhaustive // the others are done
	case portstest.FaultHangAfter:
		t.wait(ctx)
		return "", errLost
	case portstest.FaultNone, portstest.FaultDecline:
		return t.told(t.sales[key])
	}
	return "", errLost
}

// wait waits for the end of the context.
func (t *till) wait(ctx context.Context) {
	t.mu.Unlock()
	defer t.mu.Lock()
	<-ctx.Done()
}

// told is what the till says of a sale.
func (t *till) told(s *sale) (ref string, err error) {
	switch s.state {
	case done:
		return s.ref, nil
	case working:
		if t.odd {
			return s.ref, errOdd
		}
		return s.ref, errPending
	case kept:
		return s.ref, errKept
	case refused:
	}
	return "", errDeclined
}

// find tells what became of a key; known is false where the till has no trace of it.
func (t *till) find(ctx context.Context, key string) (ref string, known bool, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := t.asked(ctx); err != nil {
		return "", false, err
	}
	s := t.sales[key]
	if s == nil || t.hidden {
		return "", false, nil
	}
	ref, err = t.told(s)
	return ref, true, err
}

// pageOfSales is how many sales a page of the till has.
const pageOfSales = 10

// list returns a page of the sales that were executed, newest first.
func (t *till) list(ctx context.Context, page int) ([]sale, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := t.asked(ctx); err != nil {
		return nil, err
	}
	var sales []sale
	for _, key := range slices.Backward(t.order) {
		if s := t.sales[key]; s.state == done && !t.hidden {
			sales = append(sales, *s)
		}
	}
	first := min(page*pageOfSales, len(sales))
	return sales[first:min(first+pageOfSales, len(sales))], nil
}

func (t *till) asked(ctx context.Context) error {
	switch {
	case t.breaksOn == 0 && t.mutes:
		t.wait(ctx)
		return ctx.Err()
	case t.breaksOn == 0:
		return questionError{portstest.FaultAskLater}
	case t.breaksOn > 0:
		t.breaksOn--
	}
	switch t.question { //nolint:exhaustive // the others are no faults of questions
	case portstest.FaultNone:
		return ctx.Err()
	case portstest.FaultMute:
		t.wait(ctx)
	}
	return questionError{t.question}
}

// questionError is a question that failed.
type questionError struct{ fault portstest.Fault }

func (e questionError) Error() string { return string(e.fault) }

// end ends what is pending: execute says which keys are executed.
func (t *till) end(execute func(key string) bool) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	ended := false
	for _, key := range slices.Sorted(maps.Keys(t.sales)) {
		s := t.sales[key]
		if s.state != working {
			continue
		}
		ended = true
		switch {
		case execute(key):
			s.state = done
		case t.keeps:
			s.state = kept
		default:
			s.state = refused
		}
	}
	return ended
}

// recorded is Break for an adapter that asks about keys: of those it finds what was refused.
func (t *till) recorded(fault portstest.Fault) bool {
	if fault != portstest.FaultDeclineLost {
		return t.Break(fault)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.faults = append(t.faults, fault)
	return true
}

// till is a harness too. Its list shows no sale that was refused.

func (t *till) Break(fault portstest.Fault) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch fault { //nolint:exhaustive // of the others this till has none, or they are orders'
	case portstest.FaultRedirect, portstest.FaultEndless, portstest.FaultPart, portstest.FaultIgnore, portstest.FaultDeclineLost:
		return false
	case portstest.FaultHidden:
		t.hidden = true
	case portstest.FaultOddStatus:
		t.odd = true
	case portstest.FaultAskLater, portstest.FaultMuteLater:
		t.breaksOn, t.mutes = 1, fault == portstest.FaultMuteLater
	case portstest.FaultKept:
		t.keeps = true
	case portstest.FaultOthers:
		for i := range 25 {
			t.move("others", decimal.NewFromInt(int64(i%2*10_000+i+1)))
		}
	case portstest.FaultRivals:
		for range 2 {
			t.move("rivals", won)
		}
	case portstest.FaultRival:
		if !t.dated {
			return false
		}
		t.move("a rival", won)
	case portstest.FaultOtherKind:
		if !t.dated {
			return false
		}
		t.book(fmt.Sprint("a gift ", len(t.order)), &sale{amount: won, others: true, gift: true}, t.now)
	case portstest.FaultNear:
		for _, amount := range []decimal.Decimal{won.Add(decimal.NewFromInt(1)), won.Sub(decimal.NewFromInt(1)), won.Neg()} {
			t.move("others", amount)
		}
	case portstest.FaultAhead:
		t.skew = 3 * time.Minute
	case portstest.FaultBehind:
		t.skew = -3 * time.Minute
	default:
		if fault.OfQuestions() {
			t.question = fault
		} else {
			t.faults = append(t.faults, fault)
		}
	}
	return true
}

// move has others move an amount.
func (t *till) move(who string, amount decimal.Decimal) {
	t.book(fmt.Sprint(who, " ", len(t.order)), &sale{amount: amount, others: true}, t.now)
}

func (t *till) Heal() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.faults, t.question, t.hidden, t.odd, t.keeps, t.mutes, t.breaksOn, t.skew = nil, portstest.FaultNone, false, false, false, false, -1, 0
}

func (t *till) Charged() []string {
	var methods []string
	for _, s := range t.executed() {
		methods = append(methods, s.to)
	}
	return methods
}

func (t *till) BookedIn() []string {
	var currencies []string
	for _, s := range t.executed() {
		currencies = append(currencies, s.in)
	}
	return currencies
}

func (t *till) Methods() []string    { return []string{"card", "account"} }
func (t *till) Overread() bool       { return false }
func (t *till) Currencies() []string { return []string{"KRW"} }

func (t *till) Booked() []decimal.Decimal {
	var amounts []decimal.Decimal
	for _, s := range t.executed() {
		amounts = append(amounts, s.amount)
	}
	return amounts
}

// executed returns the sales of the adapter whose money was moved and not given back.
func (t *till) executed() []sale {
	t.mu.Lock()
	defer t.mu.Unlock()
	var sales []sale
	for _, key := range t.order {
		if s := t.sales[key]; !s.others && s.state != refused {
			sales = append(sales, *s)
		}
	}
	return sales
}

// keys returns the keys of the sales that executed returns.
func (t *till) keys() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var keys []string
	for _, key := range t.order {
		if s := t.sales[key]; !s.others && s.state != refused {
			keys = append(keys, key)
		}
	}
	return keys
}

func (t *till) Settle(done bool) bool { return t.end(func(string) bool { return done }) }
func (t *till) Secrets() []string     { return []string{"sk_live_secret", "110-123-456789"} }

func (t *till) Now() time.Time {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.now
}

func (t *till) Advance(by time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.now = t.now.Add(by)
	for key, at := range t.lateAt {
		if !t.now.Before(at) {
			t.book(key, t.late[key], at)
			delete(t.late, key)
			delete(t.lateAt, key)
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
