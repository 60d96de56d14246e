package kona_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
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

// harness makes the suite's faults happen at a simulated provider.
type harness struct {
	*world
	unreachable func() // the connection for the next charge fails
	made        *atomic.Int64
}

func inMemory(t *testing.T) *harness {
	t.Helper()
	w := setup(t)
	return &harness{world: w, made: new(atomic.Int64), unreachable: func() {
		w.sim.Inject(konatest.Fault{Path: chargePath, Kind: konatest.Refused})
	}}
}

func pendingAtFirst(t *testing.T) *harness {
	t.Helper()
	h := inMemory(t)
	h.member.Usually(konatest.Scenario{Pending: true})
	return h
}

func sealed(t *testing.T) *harness {
	t.Helper()
	clock := konatest.NewClock(start)
	w := newWorld(t, konatest.Config{Clock: clock, Keys: simKeys(), SealAnswers: true}, konatest.MemberConfig{Bank: won(1_000_000)})
	w.clock = clock
	return &harness{world: w, made: new(atomic.Int64), unreachable: func() {
		w.sim.Inject(konatest.Fault{Path: chargePath, Kind: konatest.Refused})
	}}
}

func overNetwork(t *testing.T) *harness {
	t.Helper()
	h := inMemory(t)
	server := httptest.NewServer(h.sim)
	t.Cleanup(server.Close)
	var left atomic.Int64 // connections until one fails: for the token, and for the charge
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

func on(kind konatest.Kind) konatest.Fault {
	return konatest.Fault{Path: chargePath, Kind: kind, Delay: time.Hour}
}

func status(kind konatest.Kind, status int, code string) konatest.Fault {
	return konatest.Fault{Path: chargePath, Kind: kind, Status: status, Code: code}
}

// Break makes a fault of the suite one of the simulator. The provider echoes no amount,
// so that it can name no wrong one.
func (h *harness) Break(broken portstest.Fault) bool {
	faults := map[portstest.Fault]konatest.Fault{
		portstest.FaultDropBefore:  on(konatest.CloseBefore),
		portstest.FaultDropAfter:   on(konatest.CloseAfter),
		portstest.FaultLate:        {Path: chargePath, Kind: konatest.Late, Delay: 14 * time.Minute},
		portstest.FaultHangBefore:  on(konatest.DelayBefore),
		portstest.FaultHangAfter:   on(konatest.DelayAfter),
		portstest.FaultErrorBefore: status(konatest.StatusBefore, 500, "000_999"),
		portstest.FaultErrorAfter:  status(konatest.StatusAfter, 500, "000_999"),
		portstest.FaultTruncated:   on(konatest.Truncate),
		portstest.FaultGarbage:     on(konatest.Garbage),
		portstest.FaultEmpty:       on(konatest.EmptyObject),
		portstest.FaultEndless:     on(konatest.Endless),
		portstest.FaultRedirect:    {Path: chargePath, Kind: konatest.StatusBefore, Status: 307, Header: http.Header{"Location": {"/api/v1/recharges/by-bank-accounts/no-hce"}}},
		portstest.FaultDecline:     status(konatest.StatusBefore, 400, "007_004"),
		portstest.FaultThrottle:    status(konatest.StatusBefore, 429, ""),
		portstest.FaultCredentials: status(konatest.StatusBefore, 401, ""),
	}
	switch broken { //nolint:exhaustive // the others are in the table
	case portstest.FaultNone:
		return true
	case portstest.FaultUnreachable:
		h.unreachable()
		return true
	case portstest.FaultBlind, portstest.FaultMute:
		question := konatest.Fault{Kind: konatest.StatusBefore, Status: 500, Times: -1}
		if broken == portstest.FaultMute {
			question = konatest.Fault{Kind: konatest.DelayBefore, Delay: time.Hour, Times: -1}
		}
		for _, question.Path = range []string{"/inquiry", "/plans", "/card"} {
			h.sim.Inject(question)
		}
		return true
	}
	found, known := faults[broken]
	if known {
		h.sim.Inject(found)
	}
	return known
}

func (h *harness) Heal()                    { h.sim.Heal() }
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
	for _, t := range h.sim.Books().Transactions {
		if t.Status == konatest.Completed && !t.Canceled {
			amounts = append(amounts, t.Amount)
		}
	}
	return amounts
}
