package toss_test

import (
	"bytes"
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/adapters/toss"
	"github.com/jigap/jigap/adapters/toss/tosstest"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/ports/portstest"
)

func reaches() map[string]func(t *testing.T) *harness {
	return map[string]func(t *testing.T) *harness{"in memory": inMemory, "over a network": overNetwork}
}

func TestBillingCharger(t *testing.T) {
	t.Parallel()
	for name, reach := range reaches() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			portstest.TestCharger(t, func(t *testing.T) portstest.ChargerHarness { t.Helper(); return billingHarness{reach(t)} })
		})
	}
}

func TestAccountCharger(t *testing.T) {
	t.Parallel()
	for name, reach := range reaches() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			portstest.TestCharger(t, func(t *testing.T) portstest.ChargerHarness { t.Helper(); return newAccountHarness(reach(t)) })
		})
	}
}

func TestWindowCharger(t *testing.T) {
	t.Parallel()
	for name, reach := range reaches() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			portstest.TestConfirmer(t, func(t *testing.T) portstest.ConfirmerHarness { t.Helper(); return newWindowHarness(reach(t)) })
		})
	}
}

func TestCanceler(t *testing.T) {
	t.Parallel()
	for name, of := range map[string]func(h *harness) cancelerHarness{
		"a billing key": ofBilling, "a virtual account in a window": ofWindowAccount,
	} {
		for where, reach := range reaches() {
			t.Run("of "+name+" "+where, func(t *testing.T) {
				t.Parallel()
				portstest.TestCanceler(t, func(t *testing.T) portstest.CancelerHarness { t.Helper(); return of(reach(t)) })
			})
		}
	}
}

func TestShop_ReadWebhook(t *testing.T) {
	t.Parallel()
	portstest.TestWebhookReader(t, func(t *testing.T) portstest.WebhookHarness { t.Helper(); return webhookHarness{inMemory(t)} })
}

// harness makes the suite's faults happen at a simulated provider.
type harness struct {
	*world
	path        string // what the paths of orders end in
	declines    string // the code of a refusal for good
	unreachable func() // the connection for the next order fails
}

func inMemory(t *testing.T) *harness {
	t.Helper()
	h := &harness{world: setupWith(t, tosstest.Config{Seed: 7, HideExpiry: true}), declines: "REJECT_CARD_PAYMENT"}
	h.unreachable = func() { h.sim.Inject(h.on(tosstest.Refused)) }
	return h
}

func overNetwork(t *testing.T) *harness {
	t.Helper()
	h := inMemory(t)
	server := httptest.NewServer(h.sim)
	t.Cleanup(server.Close)
	var broken atomic.Bool
	h.unreachable = func() { broken.Store(true) }
	transport := &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
		if broken.Swap(false) {
			return nil, errors.New("network is unreachable")
		}
		return new(net.Dialer).DialContext(ctx, network, address)
	}}
	h.client = h.newClient(h.sim.Shop().SecretKey, toss.Config{BaseURL: server.URL, HTTPClient: &http.Client{Transport: transport}})
	return h
}

func (h *harness) on(kind tosstest.Kind) tosstest.Fault {
	return tosstest.Fault{Method: http.MethodPost, Path: h.path, Kind: kind, Delay: time.Hour}
}

func (h *harness) status(kind tosstest.Kind, status int, code string) tosstest.Fault {
	return tosstest.Fault{Method: http.MethodPost, Path: h.path, Kind: kind, Status: status, Code: code}
}

// instead answers an order with a body, and does nothing.
func (h *harness) instead(body string) tosstest.Fault {
	return tosstest.Fault{Method: http.MethodPost, Path: h.path, Kind: tosstest.StatusBefore, Status: http.StatusOK, Body: body}
}

// Break makes a fault of the suite one of the simulator.
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
		h.sim.SetStatus("HELD_BY_BANK")
		return true
	case portstest.FaultDecline:
		h.sim.Next(h.path, tosstest.Scenario{Code: h.declines})
		return true
	case portstest.FaultDeclineLost:
		h.sim.Next(h.path, tosstest.Scenario{Code: h.declines})
		h.sim.Inject(h.on(tosstest.CloseAfter))
		return true
	case portstest.FaultOthers:
		for i := range 60 {
			h.sim.ChargeOutside(h.card, won(int64(100+i%2*60_000+i)))
		}
		return true
	case portstest.FaultNear:
		h.sim.ChargeOutside(h.card, won(30_001))
		h.sim.ChargeOutside(h.card, won(29_999))
		return true
	case portstest.FaultRival:
		h.sim.ChargeOutside(h.card, won(30_000))
		return true
	case portstest.FaultRivals:
		h.sim.ChargeOutside(h.card, won(30_000))
		h.sim.ChargeOutside(h.card, won(30_000))
		return true
	case portstest.FaultAhead:
		h.theirs.by.Store(int64(20 * time.Second))
		return true
	case portstest.FaultBehind:
		h.theirs.by.Store(-int64(20 * time.Second))
		return true
	}
	if broken.OfQuestions() {
		question := questionFault(broken)
		question.Method, question.Times = http.MethodGet, -1
		h.sim.Inject(question)
		return true
	}
	found, known := h.orderFault(broken)
	if known {
		h.sim.Inject(found)
	}
	return known
}

// questionFault makes a fault of questions one of the simulator.
func questionFault(broken portstest.Fault) tosstest.Fault {
	if status := broken.Status(); status != 0 {
		return tosstest.Fault{Kind: tosstest.StatusBefore, Status: status}
	}
	return map[portstest.Fault]tosstest.Fault{
		portstest.FaultMute:           {Kind: tosstest.DelayBefore, Delay: time.Hour},
		portstest.FaultAskUnreachable: {Kind: tosstest.Refused},
		portstest.FaultAskDropped:     {Kind: tosstest.CloseBefore},
		portstest.FaultAskCredentials: {Kind: tosstest.StatusBefore, Status: 401, Code: "UNAUTHORIZED_KEY"},
		portstest.FaultAskTruncated:   {Kind: tosstest.Truncate},
		portstest.FaultAskGarbage:     {Kind: tosstest.Garbage},
		portstest.FaultAskEmpty:       {Kind: tosstest.EmptyObject},
	}[broken]
}

// internalError is the provider's own code of status 500.
const internalError = "FAILED_INTERNAL_SYSTEM_PROCESSING"

// orderFault makes a fault of orders one of the simulator. A conflict is that of a gateway: the
// provider's own code for it says that the order is being worked on.
func (h *harness) orderFault(broken portstest.Fault) (found tosstest.Fault, known bool) {
	switch broken { //nolint:exhaustive // the others are in the table
	case portstest.FaultErrorBefore:
		return h.status(tosstest.StatusBefore, broken.Status(), internalError), true
	case portstest.FaultErrorAfter:
		return h.status(tosstest.StatusAfter, broken.Status(), internalError), true
	case portstest.FaultTimeoutAfter, portstest.FaultConflict, portstest.FaultBadGateway, portstest.FaultUnavailable, portstest.FaultGateTimeout:
		return h.status(tosstest.StatusAfter, broken.Status(), ""), true
	case portstest.FaultTimeoutBefore, portstest.FaultConflictBefore, portstest.FaultBadGatewayBefore, portstest.FaultUnavailableBefore, portstest.FaultGateTimeoutBefore:
		return h.status(tosstest.StatusBefore, broken.Status(), ""), true
	}
	found, known = map[portstest.Fault]tosstest.Fault{
		portstest.FaultDropBefore:      h.on(tosstest.CloseBefore),
		portstest.FaultDropAfter:       h.on(tosstest.CloseAfter),
		portstest.FaultLate:            {Method: http.MethodPost, Path: h.path, Kind: tosstest.Late, Delay: 5 * time.Minute},
		portstest.FaultHangBefore:      h.on(tosstest.DelayBefore),
		portstest.FaultHangAfter:       h.on(tosstest.DelayAfter),
		portstest.FaultOddCode:         h.status(tosstest.StatusAfter, 400, "NEW_CODE_OF_TOMORROW"),
		portstest.FaultOddCodeBefore:   h.status(tosstest.StatusBefore, 400, "NEW_CODE_OF_TOMORROW"),
		portstest.FaultTruncatedBefore: h.instead(`{"version":"2024-06-01","paymentKey":"tp`),
		portstest.FaultGarbageBefore:   h.instead("\x00\xff{]not json"),
		portstest.FaultEmptyBefore:     h.instead("{}"),
		portstest.FaultTruncated:       h.on(tosstest.Truncate),
		portstest.FaultGarbage:         h.on(tosstest.Garbage),
		portstest.FaultEmpty:           h.on(tosstest.EmptyObject),
		portstest.FaultEndless:         h.on(tosstest.Endless),
		portstest.FaultWrongAmount:     h.on(tosstest.WrongAmount),
		portstest.FaultOtherAccount:    h.on(tosstest.WrongOrder),
		portstest.FaultRedirect:        {Method: http.MethodPost, Path: h.path, Kind: tosstest.StatusBefore, Status: 307, Header: http.Header{"Location": {"/v1/elsewhere"}}},
		portstest.FaultThrottle:        h.status(tosstest.StatusBefore, 429, ""),
		portstest.FaultCredentials:     h.status(tosstest.StatusBefore, 401, "UNAUTHORIZED_KEY"),
	}[broken]
	return found, known
}

func (h *harness) Heal() {
	h.sim.Heal()
	h.sim.Hide(false)
	h.sim.SetStatus("")
	h.theirs.by.Store(0)
}

func (h *harness) Overread() bool           { return h.sim.Overread() }
func (h *harness) Now() time.Time           { return h.clock.Now() }
func (h *harness) Advance(by time.Duration) { h.clock.Advance(by) }
func (h *harness) Settle(bool) bool         { return false }
func (h *harness) Currencies() []string     { return []string{"KRW"} }

func (h *harness) Secrets() []string {
	shop := h.sim.Shop()
	secrets := []string{shop.SecretKey, shop.WidgetKey, shop.SecurityKey, refundNumber}
	for _, card := range h.cards {
		secrets = append(secrets, card.BillingKey(), card.Number())
	}
	return secrets
}

// ours returns the payments of the adapter that were approved and that stand.
func (h *harness) ours() []tosstest.Payment {
	return slices.DeleteFunc(h.sim.Books().Payments, func(p tosstest.Payment) bool {
		return p.Outside || p.Executions == 0 || p.Balance.IsZero() || p.Status != "DONE" && p.Status != "PARTIAL_CANCELED"
	})
}

// Booked returns the amounts of these payments, as often as they moved.
func (h *harness) Booked() []decimal.Decimal {
	var amounts []decimal.Decimal
	for _, p := range h.ours() {
		amounts = append(amounts, slices.Repeat([]decimal.Decimal{p.Total}, p.Executions)...)
	}
	return amounts
}

// Keys returns the orderIds of these payments.
func (h *harness) Keys() []string {
	var keys []string
	for _, p := range h.ours() {
		keys = append(keys, p.OrderID)
	}
	return keys
}

// suiteOrder is an order of the suite, without times.
func (h *harness) suiteOrder(method string) ports.ChargeOrder {
	order := h.newOrder(method)
	order.RequestedAt = time.Time{}
	return order
}

// billingHarness charges cards.
type billingHarness struct{ *harness }

func (h billingHarness) Charger() ports.Charger               { return h.billing() }
func (h billingHarness) NewOrder() ports.ChargeOrder          { return h.suiteOrder("card-1") }
func (h billingHarness) Elsewhere() (ports.ChargeOrder, bool) { return h.suiteOrder("card-2"), true }

func (h billingHarness) Methods() []string { return []string{"card-1", "card-2"} }

func (h billingHarness) Charged() []string {
	var methods []string
	for _, p := range h.ours() {
		for method, card := range h.cards {
			if card.BillingKey() == p.BillingKey {
				methods = append(methods, method)
			}
		}
	}
	return methods
}

// windowHarness confirms payments of windows.
type windowHarness struct{ *harness }

func newWindowHarness(h *harness) windowHarness {
	h.path = "/confirm"
	return windowHarness{h}
}

func (h windowHarness) Charger() ports.Charger      { return h.windows() }
func (h windowHarness) NewOrder() ports.ChargeOrder { return h.suiteOrder("") }

func (h windowHarness) Pay(order ports.ChargeOrder, amount decimal.Decimal) string {
	return h.pay(order, amount, tosstest.MethodCard)
}

func (h windowHarness) RefusedFields() []map[string]string {
	return []map[string]string{{"name": "홍길동"}}
}

// accountHarness issues virtual accounts, which are pending until the money comes.
type accountHarness struct{ *harness }

func newAccountHarness(h *harness) accountHarness {
	h.path, h.declines = "/virtual-accounts", "MAINTAINED_METHOD"
	return accountHarness{h}
}

func (h accountHarness) Charger() ports.Charger               { return h.accounts() }
func (h accountHarness) NewOrder() ports.ChargeOrder          { return h.suiteOrder("20") }
func (h accountHarness) Elsewhere() (ports.ChargeOrder, bool) { return h.suiteOrder("88"), true }
func (h accountHarness) Methods() []string                    { return []string{"20", "88"} }

func (h accountHarness) Charged() []string {
	var methods []string
	for _, p := range h.ours() {
		methods = append(methods, p.Bank)
	}
	return methods
}

// Settle has the customers transfer the money, or closes their accounts.
func (h accountHarness) Settle(done bool) bool {
	settled := false
	for _, p := range h.sim.Books().Payments {
		if p.Status != "WAITING_FOR_DEPOSIT" {
			continue
		}
		if settled = true; done {
			h.True(h.sim.Deposit(p.OrderID))
		} else {
			h.True(h.sim.CancelOutside(p.Key, p.Total))
		}
	}
	return settled
}

// cancelerHarness takes payments back.
type cancelerHarness struct {
	*harness
	charger func() ports.Charger
	pays    func() ports.ChargeOrder // a payment that was approved
}

func newCancelerHarness(h *harness, charger func() ports.Charger, pays func() ports.ChargeOrder) cancelerHarness {
	h.path, h.declines = "/cancel", "NOT_CANCELABLE_PAYMENT"
	return cancelerHarness{h, charger, pays}
}

func ofBilling(h *harness) cancelerHarness {
	return newCancelerHarness(h, func() ports.Charger { return h.billing() }, func() ports.ChargeOrder {
		order := h.prepared(h.billing(), h.newOrder("card-1"))
		h.send(h.billing(), &order)
		return order
	})
}

func ofWindowAccount(h *harness) cancelerHarness {
	return newCancelerHarness(h, func() ports.Charger { return h.windows() }, func() ports.ChargeOrder {
		order := h.confirmable(tosstest.MethodAccount)
		h.send(h.windows(), &order)
		h.True(h.sim.Deposit("jgw-" + order.OperationID))
		h.inquire(h.windows(), &order)
		return order
	})
}

func (h cancelerHarness) Charger() ports.Charger { return h.charger() }

func (h cancelerHarness) NewCharge() ports.ChargeOrder {
	order := h.pays()
	h.Equal(approved, order.Last.Outcome)
	return order
}

func (h cancelerHarness) GivenBack(charge ports.ChargeOrder) decimal.Decimal {
	for _, p := range h.sim.Books().Payments {
		if p.Key == charge.Last.ProviderRef {
			return p.Total.Sub(p.Balance)
		}
	}
	return decimal.Zero
}

func (h cancelerHarness) TakeBack(charge ports.ChargeOrder) bool {
	h.True(h.sim.CancelOutside(charge.Last.ProviderRef, charge.Amount))
	return true
}

func (h cancelerHarness) Break(broken portstest.Fault) bool {
	switch broken { //nolint:exhaustive // the others are those of any order
	case portstest.FaultOtherAccount, portstest.FaultOddStatus:
		return false
	}
	return h.harness.Break(broken)
}

func (h cancelerHarness) canceled() []tosstest.Cancel {
	var cancels []tosstest.Cancel
	for _, p := range h.sim.Books().Payments {
		for _, c := range p.Cancels {
			if !c.Outside {
				cancels = append(cancels, c)
			}
		}
	}
	slices.SortStableFunc(cancels, func(a, b tosstest.Cancel) int { return a.At.Compare(b.At) })
	return cancels
}

// Booked returns the cancellations of the adapter.
func (h cancelerHarness) Booked() []decimal.Decimal {
	var amounts []decimal.Decimal
	for _, c := range h.canceled() {
		amounts = append(amounts, c.Amount)
	}
	return amounts
}

// Keys returns the reasons of the cancellations, by which they are found.
func (h cancelerHarness) Keys() []string {
	var keys []string
	for _, c := range h.canceled() {
		keys = append(keys, c.Reason)
	}
	return keys
}

// webhookHarness has windows confirmed, and virtual accounts paid into, by turns.
type webhookHarness struct{ *harness }

func (h webhookHarness) Reader() ports.WebhookReader { return h.windows() }
func (h webhookHarness) Signed() bool                { return false }

func (h webhookHarness) Notify() (ports.Webhook, ports.Notice) {
	charger := ports.Charger(h.windows())
	order := h.confirmable(tosstest.MethodCard)
	if h.made.Load()%2 == 0 {
		charger = h.accounts()
		order = h.prepared(charger, h.newOrder("20"))
	}
	h.send(charger, &order)
	notice := ports.Notice{Provider: charger.Name(), OperationID: order.OperationID, ProviderRef: order.Last.ProviderRef}
	if charger.Name() == "account@toss:main" {
		h.True(h.sim.Deposit("jga-" + order.OperationID))
	}
	due := h.sim.Due()
	h.NotEmpty(due)
	for _, n := range due {
		h.sim.Answered(n.ID, http.StatusOK)
	}
	last := due[len(due)-1]
	if !bytes.Contains(last.Body, []byte("paymentKey")) { // a deposit names the order only
		notice.ProviderRef = ""
	}
	return ports.Webhook{Header: last.Header, Body: last.Body}, notice
}

// NotifyMany returns nothing: the provider tells of one order at a time.
func (h webhookHarness) NotifyMany() (*ports.Webhook, []ports.Notice) { return nil, nil }

func (h webhookHarness) NotifyOther() *ports.Webhook {
	return &ports.Webhook{Body: []byte(`{"eventType":"CUSTOMER_STATUS_CHANGED","createdAt":"2026-03-16T12:00:00.000000","data":{}}`)}
}
