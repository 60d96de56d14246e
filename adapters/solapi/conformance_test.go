package solapi_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
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
	chargerHarness   struct{ *harness }
	disburserHarness struct{ *harness }
)

func newChargerHarness(reach func(t *testing.T) *harness) func(t *testing.T) portstest.ChargerHarness {
	return func(t *testing.T) portstest.ChargerHarness {
		t.Helper()
		h := reach(t)
		h.path = "/cash/v1/balance"
		return chargerHarness{h}
	}
}

func newDisburserHarness(reach func(t *testing.T) *harness) func(t *testing.T) portstest.DisburserHarness {
	return func(t *testing.T) portstest.DisburserHarness {
		t.Helper()
		h := reach(t)
		h.path = "/cash/v1/withdraw"
		return disburserHarness{h}
	}
}

func inMemory(t *testing.T) *harness {
	t.Helper()
	w := setupWith(t, solapitest.AccountConfig{Balance: won(500_000), Bank: "0235235235235235"})
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
		Total: won(20_000), Fee: won(1_500), Net: won(18_500), Currency: "KRW",
	}
}

// questions are the faults that lie on every question until they are healed.
func questions() map[portstest.Fault]solapitest.Fault {
	return map[portstest.Fault]solapitest.Fault{
		portstest.FaultBlind:          {Method: http.MethodGet, Kind: solapitest.StatusBefore, Status: 500, Times: -1},
		portstest.FaultMute:           {Method: http.MethodGet, Kind: solapitest.DelayBefore, Delay: time.Hour, Times: -1},
		portstest.FaultAskUnreachable: {Method: http.MethodGet, Kind: solapitest.Refused, Times: -1},
		portstest.FaultAskCredentials: {Method: http.MethodGet, Kind: solapitest.StatusBefore, Status: 403, Code: "InvalidAPIKey", Times: -1},
		portstest.FaultAskMissing:     {Method: http.MethodGet, Kind: solapitest.StatusBefore, Status: 404, Times: -1},
		portstest.FaultAskThrottle:    {Method: http.MethodGet, Kind: solapitest.StatusBefore, Status: 429, Times: -1},
		portstest.FaultAskGarbage:     {Method: http.MethodGet, Kind: solapitest.Garbage, Times: -1},
		portstest.FaultAskEmpty:       {Method: http.MethodGet, Kind: solapitest.EmptyObject, Times: -1},
	}
}

// Break makes a fault of the suite one of the simulator.
func (h *harness) Break(fault portstest.Fault) bool {
	faults := map[portstest.Fault]solapitest.Fault{
		portstest.FaultNone:        {},
		portstest.FaultDropBefore:  onPost(solapitest.CloseBefore),
		portstest.FaultDropAfter:   onPost(solapitest.CloseAfter),
		portstest.FaultLate:        {Method: http.MethodPost, Kind: solapitest.Late, Delay: 14 * time.Minute},
		portstest.FaultHangBefore:  slow(solapitest.DelayBefore),
		portstest.FaultHangAfter:   slow(solapitest.DelayAfter),
		portstest.FaultErrorBefore: refused(500, "InternalError"),
		portstest.FaultErrorAfter:  executed(500, "InternalError"),
		portstest.FaultTruncated:   onPost(solapitest.Truncate),
		portstest.FaultGarbage:     onPost(solapitest.Garbage),
		portstest.FaultEmpty:       onPost(solapitest.EmptyObject),
		portstest.FaultWrongAmount: onPost(solapitest.WrongSums),
		portstest.FaultEndless:     onPost(solapitest.Endless),
		portstest.FaultRedirect:    {Method: http.MethodPost, Kind: solapitest.StatusBefore, Status: 307, Header: http.Header{"Location": {h.path}}},
		portstest.FaultDecline:     refused(402, "BalanceInsufficient"),
		portstest.FaultThrottle:    refused(429, ""),
		portstest.FaultCredentials: refused(403, "InvalidAPIKey"),
	}
	maps.Copy(faults, questions())
	if fault == portstest.FaultUnreachable {
		h.unreachable()
		return true
	}
	found, known := faults[fault]
	if known && fault != portstest.FaultNone {
		if found.Method == http.MethodPost {
			found.Method = h.method
		}
		h.sim.Inject(found)
	}
	return known
}

func (h *harness) Heal()                    { h.sim.Heal() }
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

func (h disburserHarness) Booked() []decimal.Decimal {
	var amounts []decimal.Decimal
	for _, withdrawal := range h.account.Books().Withdrawals {
		if withdrawal.Status != "REJECT" {
			amounts = append(amounts, withdrawal.Total)
		}
	}
	return amounts
}

// Settle has an administrator decide about what is pending.
func (h *harness) Settle(done bool) bool {
	decision := solapitest.Decision{Status: "REJECT", GiveBack: true}
	if done {
		decision = solapitest.Decision{Status: "COMPLETE", TransactionID: "T1"}
	}
	settled := false
	for _, withdrawal := range h.account.Books().Withdrawals {
		if withdrawal.Status == solapi.StatusPending {
			settled = h.account.Decide(withdrawal.WithdrawID, decision) || settled
		}
	}
	return settled
}
