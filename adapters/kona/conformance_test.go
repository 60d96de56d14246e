package kona_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/adapters/kona/konatest"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/ports/portstest"
)

func TestCharger(t *testing.T) {
	t.Parallel()
	for name, reach := range map[string]func(t *testing.T) *harness{
		"in memory": inMemory, "over a network": overNetwork, "every charge is pending at first": pendingAtFirst, "every answer is encrypted": sealed,
		"no code is learnt": unlearnt,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			portstest.TestCharger(t, func(t *testing.T) portstest.ChargerHarness {
				t.Helper()
				return reach(t)
			})
		})
	}
}

func TestCanceler(t *testing.T) {
	t.Parallel()
	for name, reach := range map[string]func(t *testing.T) *harness{
		"in memory": inMemory, "over a network": overNetwork, "every cancellation is pending at first": pendingAtFirst, "every answer is encrypted": sealed,
		"no history": blind,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			portstest.TestCanceler(t, func(t *testing.T) portstest.CancelerHarness {
				t.Helper()
				return newCancelerHarness(reach(t))
			})
		})
	}
}

// harness makes the suite's faults happen at a simulated provider.
type harness struct {
	*world
	path        string // where orders are sent
	declines    string // the code of a refusal for good
	fails       string // the code of a refusal of which the provider keeps a record
	other       *konatest.Member
	unreachable func() // the connection for the next order fails
	made        *atomic.Int64
}

// cancelerHarness makes the suite's faults happen to cancellations.
type cancelerHarness struct{ *harness }

func newCancelerHarness(h *harness) cancelerHarness {
	h.path, h.declines, h.fails = cancelPath, "007_040", "007_043"
	return cancelerHarness{h}
}

// NewCharge returns a charge that was executed, also where the provider works on it first.
func (h cancelerHarness) NewCharge() ports.ChargeOrder {
	order, ctx := h.NewOrder(), h.t.Context()
	order.RequestedAt, order.SentAt, order.Transmissions = h.Now(), h.Now(), 1
	order.Last = stored(h.world, h.charger().Charge(ctx, order))
	if order.Last.Outcome == pending {
		h.sim.Settle(true)
		h.inquire(&order)
	}
	return order
}

// GivenBack returns the sum of the cancellations of a charge.
func (h cancelerHarness) GivenBack(charge ports.ChargeOrder) decimal.Decimal {
	sum := decimal.Zero
	for _, t := range h.sim.Books().Transactions {
		if t.Status == konatest.Completed && t.CancelOf != "" && t.CancelOf == charge.Last.ProviderRef {
			sum = sum.Add(t.Amount)
		}
	}
	return sum
}

// TakeBack cancels a charge in the provider's console.
func (h cancelerHarness) TakeBack(charge ports.ChargeOrder) bool {
	h.True(h.sim.CancelOutside(charge.Last.ProviderRef))
	return true
}

// Booked returns the cancellations that were executed.
func (h cancelerHarness) Booked() []decimal.Decimal {
	var amounts []decimal.Decimal
	for _, t := range h.canceled() {
		amounts = append(amounts, t.Amount)
	}
	return amounts
}

// Keys returns the sequenceIds of the cancellations.
func (h cancelerHarness) Keys() []string {
	var keys []string
	for _, t := range h.canceled() {
		keys = append(keys, t.SequenceID)
	}
	return keys
}

// canceled returns the cancellations of the adapter that were executed.
func (h cancelerHarness) canceled() []konatest.Transaction {
	return slices.DeleteFunc(h.sim.Books().Transactions, func(t konatest.Transaction) bool {
		return t.Status != konatest.Completed || t.CancelOf == "" || t.Outside()
	})
}

func inMemory(t *testing.T) *harness {
	t.Helper()
	clock := konatest.NewClock(start)
	w := newWorld(t, konatest.Config{Clock: clock, Seed: 7, Keys: simKeys()}, rich())
	w.clock = clock
	return newHarness(w)
}

// rich is a member who can charge as often as the suite does.
func rich() konatest.MemberConfig {
	return konatest.MemberConfig{Bank: won(1_000_000_000), Limit: won(1_000_000_000)}
}

func newHarness(w *world) *harness {
	h := &harness{world: w, path: chargePath, declines: "007_004", fails: "007_004", made: new(atomic.Int64)}
	h.other = w.sim.NewMember(konatest.MemberConfig{Bank: won(1_000_000_000), Limit: won(1_000_000_000)})
	w.others = append(w.others, h.other)
	h.unreachable = func() { w.sim.Inject(h.on(konatest.Refused)) }
	return h
}

func pendingAtFirst(t *testing.T) *harness {
	t.Helper()
	h := inMemory(t)
	h.member.Usually(konatest.Scenario{Pending: true})
	return h
}

// unlearnt is a provider of whose codes the host has learnt none: no order ends for want of a
// trace.
func unlearnt(t *testing.T) *harness {
	t.Helper()
	h := inMemory(t)
	h.codes = nil
	return h
}

// blind is a provider whose history the project's contract does not have.
func blind(t *testing.T) *harness {
	t.Helper()
	h := inMemory(t)
	h.blind = true
	return h
}

func sealed(t *testing.T) *harness {
	t.Helper()
	clock := konatest.NewClock(start)
	w := newWorld(t, konatest.Config{Clock: clock, Keys: simKeys(), SealAnswers: true}, rich())
	w.clock = clock
	return newHarness(w)
}

func overNetwork(t *testing.T) *harness {
	t.Helper()
	h := inMemory(t)
	server := httptest.NewServer(h.sim)
	t.Cleanup(server.Close)
	var left atomic.Int64 // connections until one fails: for the token, and for the order
	h.unreachable = func() { left.Store(2) }
	transport := &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
		if left.Add(-1) == 0 {
			return nil, errors.New("network is unreachable")
		}
		return new(net.Dialer).DialContext(ctx, network, address)
	}}
	h.client = h.newClient(server.URL, transport, h.clock)
	return h
}

func (h *harness) Charger() ports.Charger { return h.charger() }

func (h *harness) NewOrder() ports.ChargeOrder {
	return ports.ChargeOrder{
		OperationID: fmt.Sprint("op", h.made.Add(1)), WalletID: "w",
		PaymentMethod: h.method().String(), Amount: won(30_000), Currency: "KRW",
	}
}

// Elsewhere returns an order of another member.
func (h *harness) Elsewhere() (ports.ChargeOrder, bool) {
	order := h.NewOrder()
	order.PaymentMethod = methodOf(h.other).String()
	return order, true
}

func (h *harness) Methods() []string {
	return []string{h.method().String(), methodOf(h.other).String()}
}

func (h *harness) Charged() []string {
	var methods []string
	for _, t := range h.charged() {
		method := h.method()
		if t.UserID == h.other.UserID() {
			method = methodOf(h.other)
		}
		methods = append(methods, method.String())
	}
	return methods
}

func (h *harness) Currencies() []string { return []string{"KRW"} }

func (h *harness) on(kind konatest.Kind) konatest.Fault {
	return konatest.Fault{Path: h.path, Kind: kind, Delay: time.Hour}
}

func (h *harness) status(kind konatest.Kind, status int, code string) konatest.Fault {
	return konatest.Fault{Path: h.path, Kind: kind, Status: status, Code: code}
}

// instead answers a request with a body, and does nothing.
func (h *harness) instead(body string) konatest.Fault {
	return konatest.Fault{Path: h.path, Kind: konatest.StatusBefore, Status: http.StatusOK, Body: body}
}

// Break makes a fault of the suite one of the simulator. The provider echoes no amount and
// no account, so that it can name no wrong one, and a charge that it refused later has moved
// no money.
func (h *harness) Break(broken portstest.Fault) bool {
	switch broken { //nolint:exhaustive // the others are in the tables
	case portstest.FaultNone:
		return true
	case portstest.FaultUnreachable:
		h.unreachable()
		return true
	case portstest.FaultHidden:
		h.sim.Hide(true)
		return true
	case portstest.FaultOddStatus:
		h.sim.Inject(konatest.Fault{Path: inquiryPath, Kind: konatest.NewResult, Times: -1})
		return true
	case portstest.FaultDeclineLost:
		h.member.Next(konatest.Scenario{Code: h.fails, Kept: true})
		h.sim.Inject(h.on(konatest.CloseAfter))
		return true
	case portstest.FaultOthers:
		for i := range 60 {
			h.sim.ChargeOutside(h.member, won(int64(1+i%2*30_000+i)))
		}
		return true
	case portstest.FaultAhead:
		h.theirs.by.Store(int64(20 * time.Second))
		return true
	case portstest.FaultBehind:
		h.theirs.by.Store(-int64(20 * time.Second))
		return true
	case portstest.FaultNear:
		h.sim.ChargeOutside(h.member, won(30_001))
		h.sim.ChargeOutside(h.member, won(29_999))
		return true
	case portstest.FaultRival:
		h.sim.ChargeOutside(h.member, won(30_000))
		return true
	case portstest.FaultRivals:
		for range 2 {
			h.True(h.sim.CancelOutside(h.sim.ChargeOutside(h.member, won(30_000))))
		}
		return true
	}
	if broken.OfQuestions() {
		for _, path := range []string{"/inquiry", "/plans", "/card", "/card/list"} {
			question := questionFault(broken)
			question.Path, question.Times = path, -1
			h.sim.Inject(question)
		}
		return true
	}
	found, known := h.orderFault(broken)
	if known {
		h.sim.Inject(found)
	}
	return known
}

// questionFault makes a fault of questions one of the simulator.
func questionFault(broken portstest.Fault) konatest.Fault {
	if status := broken.Status(); status != 0 {
		return konatest.Fault{Kind: konatest.StatusBefore, Status: status}
	}
	return map[portstest.Fault]konatest.Fault{
		portstest.FaultMute:           {Kind: konatest.DelayBefore, Delay: time.Hour},
		portstest.FaultAskUnreachable: {Kind: konatest.Refused},
		portstest.FaultAskDropped:     {Kind: konatest.CloseBefore},
		portstest.FaultAskCredentials: {Kind: konatest.StatusBefore, Status: 401, Code: konatest.CodeCredentials},
		portstest.FaultAskTruncated:   {Kind: konatest.Truncate},
		portstest.FaultAskGarbage:     {Kind: konatest.Garbage},
		portstest.FaultAskEmpty:       {Kind: konatest.EmptyObject},
	}[broken]
}

// orderFault makes a fault of orders one of the simulator, if the provider has it.
func (h *harness) orderFault(broken portstest.Fault) (found konatest.Fault, known bool) {
	switch broken { //nolint:exhaustive // the others are in the table
	case portstest.FaultErrorBefore:
		return h.status(konatest.StatusBefore, broken.Status(), "000_999"), true
	case portstest.FaultErrorAfter:
		return h.status(konatest.StatusAfter, broken.Status(), "000_999"), true
	case portstest.FaultTimeoutAfter, portstest.FaultConflict, portstest.FaultBadGateway, portstest.FaultUnavailable, portstest.FaultGateTimeout:
		return h.status(konatest.StatusAfter, broken.Status(), ""), true
	case portstest.FaultTimeoutBefore, portstest.FaultConflictBefore, portstest.FaultBadGatewayBefore, portstest.FaultUnavailableBefore, portstest.FaultGateTimeoutBefore:
		return h.status(konatest.StatusBefore, broken.Status(), ""), true
	}
	found, known = map[portstest.Fault]konatest.Fault{
		portstest.FaultDropBefore:      h.on(konatest.CloseBefore),
		portstest.FaultDropAfter:       h.on(konatest.CloseAfter),
		portstest.FaultLate:            {Path: h.path, Kind: konatest.Late, Delay: 14 * time.Minute},
		portstest.FaultHangBefore:      h.on(konatest.DelayBefore),
		portstest.FaultHangAfter:       h.on(konatest.DelayAfter),
		portstest.FaultOddCode:         h.status(konatest.StatusAfter, 400, "099_123"),
		portstest.FaultOddCodeBefore:   h.status(konatest.StatusBefore, 400, "099_123"),
		portstest.FaultTruncatedBefore: h.instead(`{"code":"000_000","data":{"nrNum`),
		portstest.FaultGarbageBefore:   h.instead("\x00\xff{]not json"),
		portstest.FaultEmptyBefore:     h.instead("{}"),
		portstest.FaultTruncated:       h.on(konatest.Truncate),
		portstest.FaultGarbage:         h.on(konatest.Garbage),
		portstest.FaultEmpty:           h.on(konatest.EmptyObject),
		portstest.FaultEndless:         h.on(konatest.Endless),
		portstest.FaultRedirect:        {Path: h.path, Kind: konatest.StatusBefore, Status: 307, Header: http.Header{"Location": {"/api/v1/recharges/by-bank-accounts" + h.path}}},
		portstest.FaultDecline:         h.status(konatest.StatusBefore, 400, h.declines),
		portstest.FaultThrottle:        h.status(konatest.StatusBefore, 429, ""),
		portstest.FaultCredentials:     h.status(konatest.StatusBefore, 401, ""),
	}[broken]
	return found, known
}

func (h *harness) Heal() {
	h.sim.Heal()
	h.sim.Hide(false)
	h.theirs.by.Store(0)
}

// Keys returns the sequenceIds of the charges.
func (h *harness) Keys() []string {
	var keys []string
	for _, t := range h.charged() {
		keys = append(keys, t.SequenceID)
	}
	return keys
}

func (h *harness) Overread() bool           { return h.sim.Overread() }
func (h *harness) Now() time.Time           { return h.clock.Now() }
func (h *harness) Advance(by time.Duration) { h.clock.Advance(by) }
func (h *harness) Settle(done bool) bool    { return h.sim.Settle(done) }

func (h *harness) Secrets() []string {
	number, _ := h.member.Card()
	return []string{h.sim.Project().AccessKey, h.sim.Project().Secret, number}
}

// Booked returns the charges that were executed.
func (h *harness) Booked() []decimal.Decimal {
	var amounts []decimal.Decimal
	for _, t := range h.charged() {
		amounts = append(amounts, t.Amount)
	}
	return amounts
}

// charged returns the charges of the adapter that were executed and not taken back.
func (h *harness) charged() []konatest.Transaction {
	return slices.DeleteFunc(h.sim.Books().Transactions, func(t konatest.Transaction) bool {
		return t.Status != konatest.Completed || t.Canceled || t.Outside()
	})
}
