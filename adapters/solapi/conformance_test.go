package solapi_test

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

	"github.com/jigap/jigap/adapters/solapi"
	"github.com/jigap/jigap/adapters/solapi/solapitest"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/ports/portstest"
)

func TestCharger(t *testing.T) {
	t.Parallel()
	t.Run("in memory", func(t *testing.T) {
		t.Parallel()
		portstest.TestCharger(t, newChargerHarness(inMemory))
	})
	t.Run("over a network", func(t *testing.T) {
		t.Parallel()
		portstest.TestCharger(t, newChargerHarness(overNetwork))
	})
}

func TestDisburser(t *testing.T) {
	t.Parallel()
	t.Run("in memory", func(t *testing.T) {
		t.Parallel()
		portstest.TestDisburser(t, newDisburserHarness(inMemory))
	})
	t.Run("over a network", func(t *testing.T) {
		t.Parallel()
		portstest.TestDisburser(t, newDisburserHarness(overNetwork))
	})
}

// harness makes the suite's faults happen at a simulated provider.
type harness struct {
	*world
	method      string // of the requests that are orders
	path        string // where orders are sent
	unreachable func() // the next connection fails
	connect     func() *solapi.Client
	orders      *atomic.Int64
}

type (
	chargerHarness struct {
		*harness
		cards []string
	}
	disburserHarness struct {
		*harness
		others map[string]bool // withdrawals that others made
		kept   map[string]bool // withdrawals that were refused and whose money the provider keeps
		keeps  *bool           // the provider keeps the money of what it refuses
	}
)

func newChargerHarness(reach func(t *testing.T) *harness) func(t *testing.T) portstest.ChargerHarness {
	return func(t *testing.T) portstest.ChargerHarness {
		t.Helper()
		h := reach(t)
		h.path = "/cash/v1/balance"
		return chargerHarness{h, []string{h.card, h.account.AddCard(solapitest.Card{})}}
	}
}

func newDisburserHarness(reach func(t *testing.T) *harness) func(t *testing.T) portstest.DisburserHarness {
	return func(t *testing.T) portstest.DisburserHarness {
		t.Helper()
		h := reach(t)
		h.path = "/cash/v1/withdraw"
		return disburserHarness{h, map[string]bool{}, map[string]bool{}, new(bool)}
	}
}

func inMemory(t *testing.T) *harness {
	t.Helper()
	w := setupWith(t, solapitest.AccountConfig{Balance: won(20_000_000), Bank: "0235235235235235"})
	h := &harness{world: w, method: http.MethodPost, orders: new(atomic.Int64), connect: func() *solapi.Client { return w.newClient(w.key) }}
	h.unreachable = func() { w.sim.Inject(solapitest.Fault{Method: h.method, Kind: solapitest.Refused}) }
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
	h.connect = func() *solapi.Client {
		client, err := solapi.New(solapi.NewCredentials(h.key.APIKey, h.key.Secret), solapi.Config{
			BaseURL: server.URL, HTTPClient: &http.Client{Transport: transport}, Clock: h.clock,
		})
		h.NoError(err)
		return client
	}
	h.client = h.connect()
	return h
}

func (h chargerHarness) Charger() ports.Charger       { return h.charger() }
func (h disburserHarness) Disburser() ports.Disburser { return h.disburser(payoutStatuses()) }

func payoutStatuses() solapi.DisburserConfig {
	return solapi.DisburserConfig{Statuses: map[string]ports.Outcome{"COMPLETE": approved, "REJECT": declined}}
}

func (h chargerHarness) NewOrder() ports.ChargeOrder {
	return ports.ChargeOrder{
		OperationID: fmt.Sprint("op", h.orders.Add(1)), WalletID: "w",
		PaymentMethod: h.card, Amount: won(30_000), Currency: "KRW",
	}
}

func (h disburserHarness) NewOrder() ports.PayoutOrder {
	return ports.PayoutOrder{
		OperationID: fmt.Sprint("op", h.orders.Add(1)), WalletID: "w",
		Total: won(20_000), Fee: won(1_400), Net: won(18_600), Currency: "KRW", // the provider's fee is another
	}
}

// questionFault makes a fault of questions one of the simulator.
func questionFault(broken portstest.Fault) solapitest.Fault {
	fault := map[portstest.Fault]solapitest.Fault{
		portstest.FaultMute:           {Kind: solapitest.DelayBefore, Delay: time.Hour},
		portstest.FaultAskUnreachable: {Kind: solapitest.Refused},
		portstest.FaultAskDropped:     {Kind: solapitest.CloseBefore},
		portstest.FaultAskCredentials: {Kind: solapitest.StatusBefore, Status: 403, Code: "InvalidAPIKey"},
		portstest.FaultAskTruncated:   {Kind: solapitest.Truncate},
		portstest.FaultAskGarbage:     {Kind: solapitest.Garbage},
		portstest.FaultAskEmpty:       {Kind: solapitest.EmptyObject},
	}[broken]
	if status := broken.Status(); status != 0 {
		fault = solapitest.Fault{Kind: solapitest.StatusBefore, Status: status}
	}
	fault.Method, fault.Times = http.MethodGet, -1
	return fault
}

// Break makes a fault of the suite one of the simulator.
func (h *harness) Break(broken portstest.Fault) bool {
	switch broken { //nolint:exhaustive // the others are in the table
	case portstest.FaultNone:
		return true
	case portstest.FaultUnreachable:
		h.unreachable()
		return true
	case portstest.FaultHidden:
		h.account.SetLag(100 * 365 * 24 * time.Hour)
		return true
	case portstest.FaultAhead:
		h.theirs.by.Store(int64(3 * time.Minute))
		return true
	case portstest.FaultBehind:
		h.theirs.by.Store(-int64(3 * time.Minute))
		return true
	case portstest.FaultAskLater: // the balance and the first page are read
		h.sim.Inject(solapitest.Fault{Method: http.MethodGet, Kind: solapitest.StatusBefore, Status: 500, Skip: 2, Times: -1})
		return true
	case portstest.FaultMuteLater:
		h.sim.Inject(solapitest.Fault{Method: http.MethodGet, Kind: solapitest.DelayBefore, Delay: time.Hour, Skip: 2, Times: -1})
		return true
	}
	found, known := h.orderFault(broken)
	if broken.OfQuestions() {
		found, known = questionFault(broken), true
	}
	if known {
		h.sim.Inject(found)
	}
	return known
}

// instead answers a request with a body, and does nothing.
func instead(body string) solapitest.Fault {
	return solapitest.Fault{Kind: solapitest.StatusBefore, Status: http.StatusOK, Body: body}
}

// orderFault makes a fault of orders one of the simulator, if the provider has it.
func (h *harness) orderFault(broken portstest.Fault) (found solapitest.Fault, known bool) {
	found, known = map[portstest.Fault]solapitest.Fault{
		portstest.FaultDropBefore:        onPost(solapitest.CloseBefore),
		portstest.FaultDropAfter:         onPost(solapitest.CloseAfter),
		portstest.FaultLate:              {Kind: solapitest.Late, Delay: 14 * time.Minute},
		portstest.FaultHangBefore:        slow(solapitest.DelayBefore),
		portstest.FaultHangAfter:         slow(solapitest.DelayAfter),
		portstest.FaultErrorBefore:       refused(500, "InternalError"),
		portstest.FaultErrorAfter:        executed(500, "InternalError"),
		portstest.FaultTimeoutBefore:     refused(408, ""),
		portstest.FaultConflictBefore:    refused(409, ""),
		portstest.FaultBadGatewayBefore:  refused(502, ""),
		portstest.FaultUnavailableBefore: refused(503, ""),
		portstest.FaultGateTimeoutBefore: refused(504, ""),
		portstest.FaultTimeoutAfter:      executed(408, ""),
		portstest.FaultConflict:          executed(409, ""),
		portstest.FaultBadGateway:        executed(502, ""),
		portstest.FaultUnavailable:       executed(503, ""),
		portstest.FaultGateTimeout:       executed(504, ""),
		portstest.FaultOddCode:           executed(400, "CodeOfTomorrow"),
		portstest.FaultOddCodeBefore:     refused(400, "CodeOfTomorrow"),
		portstest.FaultTruncatedBefore:   instead(`{"accountId":"19041920726336","oldBal`),
		portstest.FaultGarbageBefore:     instead("\x00\xff{]not json"),
		portstest.FaultEmptyBefore:       instead("{}"),
		portstest.FaultTruncated:         onPost(solapitest.Truncate),
		portstest.FaultGarbage:           onPost(solapitest.Garbage),
		portstest.FaultEmpty:             onPost(solapitest.EmptyObject),
		portstest.FaultWrongAmount:       onPost(solapitest.WrongSums),
		portstest.FaultOtherAccount:      onPost(solapitest.OtherAccount),
		portstest.FaultEndless:           onPost(solapitest.Endless),
		portstest.FaultRedirect:          {Kind: solapitest.StatusBefore, Status: 307, Header: http.Header{"Location": {h.path}}},
		portstest.FaultDecline:           refused(402, "BalanceInsufficient"),
		portstest.FaultThrottle:          refused(429, ""),
		portstest.FaultCredentials:       refused(403, "InvalidAPIKey"),
	}[broken]
	found.Method = h.method
	return found, known
}

// Break has others recharge the account too.
func (h chargerHarness) Break(broken portstest.Fault) bool {
	switch broken { //nolint:exhaustive // the others are those of any order
	case portstest.FaultOthers:
		for i := range 45 {
			h.account.Credit("RECHARGE", won(int64(1+i%2*30_000+i)))
		}
		return true
	case portstest.FaultRivals:
		for range 2 {
			h.account.Credit("RECHARGE", won(30_000))
		}
		return true
	case portstest.FaultRival:
		h.account.Credit("RECHARGE", won(30_000))
		return true
	case portstest.FaultOtherKind:
		h.account.Credit("MANUAL", won(30_000))
		return true
	case portstest.FaultNear:
		h.account.Credit("RECHARGE", won(30_001))
		h.account.Credit("RECHARGE", won(29_999))
		h.account.Credit("DEDUCT", won(-30_000))
		return true
	}
	return h.harness.Break(broken)
}

// Break has others use the account too, and decides about withdrawals.
func (h disburserHarness) Break(broken portstest.Fault) bool {
	switch broken { //nolint:exhaustive // the others are those of any order
	case portstest.FaultOddStatus:
		h.decide(solapitest.Decision{Status: "HELD_BY_BANK"})
		return true
	case portstest.FaultKept:
		*h.keeps = true
		return true
	case portstest.FaultOthers:
		for range 45 {
			h.account.Credit("DEDUCT", won(-1))
		}
		for i := range 25 {
			h.withdraws(int64(10_000 + i%2*10_001))
		}
		return true
	case portstest.FaultRivals:
		for range 2 {
			h.withdraws(20_000)
		}
		return true
	case portstest.FaultRival:
		h.withdraws(20_000)
		return true
	case portstest.FaultNear:
		h.withdraws(20_001)
		h.withdraws(19_999)
		h.account.Credit("RECHARGE", won(20_000))
		return true
	}
	return h.harness.Break(broken)
}

func (h *harness) Heal() {
	h.sim.Heal()
	h.account.SetLag(0)
	h.theirs.by.Store(0)
}

func (h *harness) Overread() bool           { return h.sim.Overread() }
func (h *harness) Now() time.Time           { return h.clock.Now() }
func (h *harness) Advance(by time.Duration) { h.clock.Advance(by) }
func (h *harness) Secrets() []string        { return []string{h.key.APIKey, h.key.Secret, "0235235235235235"} }

// Booked returns the charges, or the withdrawals that were not rejected.
func (h chargerHarness) Booked() []decimal.Decimal {
	var amounts []decimal.Decimal
	for _, charge := range h.account.Books().Charges {
		amounts = append(amounts, charge.Amount)
	}
	return amounts
}

func (h disburserHarness) withdraws(amount int64) {
	withdrawal, err := h.connect().Withdraw(h.t.Context(), won(amount))
	h.NoError(err)
	h.others[withdrawal.WithdrawID] = true
}

func (h disburserHarness) Booked() []decimal.Decimal {
	var amounts []decimal.Decimal
	for _, withdrawal := range h.paid() {
		amounts = append(amounts, withdrawal.Total)
	}
	return amounts
}

func (h disburserHarness) Paid() []portstest.Payment {
	var payments []portstest.Payment
	for _, withdrawal := range h.paid() {
		payments = append(payments, portstest.Payment{Fee: withdrawal.Fee, Net: withdrawal.Net})
	}
	return payments
}

// paid returns the withdrawals of the adapter whose money the provider has not given back.
func (h disburserHarness) paid() []solapitest.Withdrawal {
	return slices.DeleteFunc(h.account.Books().Withdrawals, func(w solapitest.Withdrawal) bool {
		return h.others[w.WithdrawID] || w.Status == "REJECT" && !h.kept[w.WithdrawID]
	})
}

// Settle has an administrator decide about what is pending.
func (h disburserHarness) Settle(done bool) bool {
	decision := solapitest.Decision{Status: "REJECT", GiveBack: !*h.keeps}
	if done {
		decision = solapitest.Decision{Status: "COMPLETE", TransactionID: "T1"}
	}
	return h.decide(decision)
}

// decide decides about what is pending, but for what others withdrew.
func (h disburserHarness) decide(decision solapitest.Decision) bool {
	decided := false
	for _, withdrawal := range h.account.Books().Withdrawals {
		if withdrawal.Status == solapi.StatusPending && !h.others[withdrawal.WithdrawID] {
			h.kept[withdrawal.WithdrawID] = *h.keeps
			decided = h.account.Decide(withdrawal.WithdrawID, decision) || decided
		}
	}
	return decided
}

func (h chargerHarness) Methods() []string { return h.cards }

func (h chargerHarness) Charged() []string {
	var methods []string
	for _, charge := range h.account.Books().Charges {
		methods = append(methods, charge.PaymentID)
	}
	return methods
}

// Settle finds no charge that is pending: the provider answers at once.
func (h chargerHarness) Settle(bool) bool { return false }

// Elsewhere finds no order that may be under way at the same time: the account has one lane.
func (h chargerHarness) Elsewhere() (ports.ChargeOrder, bool) { return ports.ChargeOrder{}, false }

func (h disburserHarness) Elsewhere() (ports.PayoutOrder, bool) { return ports.PayoutOrder{}, false }

func (h *harness) Currencies() []string { return []string{"KRW"} }

// Destinations returns none: the provider pays to the account that is registered there.
func (h disburserHarness) Destinations() []ports.Destination { return nil }
