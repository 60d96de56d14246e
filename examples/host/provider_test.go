package main

import (
	"log/slog"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/solapi/solapitest"
	"github.com/jigap/jigap/ports"
)

// TestProvider_is_chosen_explicitly: neither a simulator nor a real account comes from a
// variable that is missing, and their orders have different names.
func TestProvider_is_chosen_explicitly(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		config  config
		err     error
		charger string
	}{
		"nothing":          {config{}, errProvider, ""},
		"a key alone":      {config{Key: "k"}, errProvider, ""},
		"a secret alone":   {config{Secret: "s"}, errProvider, ""},
		"both":             {config{Simulate: true, Key: "k", Secret: "s"}, errProvider, ""},
		"a key with it":    {config{Simulate: true, Key: "k"}, errProvider, ""},
		"a secret with it": {config{Simulate: true, Secret: "s"}, errProvider, ""},
		"the simulator":    {config{Simulate: true}, nil, "solapi:simulated"},
		"a real account":   {config{Key: "k", Secret: "s"}, nil, "solapi:main"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, err := newProvider(c.config, slog.New(slog.DiscardHandler))
			require.ErrorIs(t, err, c.err)
			if err == nil {
				defer p.close()
				require.Equal(t, c.charger, p.charger.Name())
			}
		})
	}
}

// TestServer_simulated_answers_for_its_own_life: an order whose answer was lost in one
// process is left to a person in the next, whose simulator has never heard of it.
func TestServer_simulated_answers_for_its_own_life(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	h := p.start(t)
	h.must(http.StatusCreated, "POST", "/wallets", "", `{"id":"c1"}`)
	h.provider.simulator.Inject(solapitest.Fault{Method: http.MethodPost, Kind: solapitest.CloseAfter})
	lost := h.must(http.StatusAccepted, "POST", "/wallets/c1/recharges", "topup", h.payment("5000"))
	op, err := h.recharges.Get(t.Context(), lost["id"].(string))
	require.NoError(t, err)

	next, err := newProvider(config{Simulate: true}, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	defer next.close()
	answer := next.charger.Inquire(t.Context(), ports.ChargeOrder{Amount: op.Amount, Evidence: op.Evidence, SentAt: op.SentAt})
	require.Equal(t, ports.OutcomeUnknown, answer.Outcome)
	require.NotEmpty(t, answer.Review)
}

// TestServer_simulated_ends_recharges_of_an_earlier_process: its simulator is gone, and the
// next process can recharge.
func TestServer_simulated_ends_recharges_of_an_earlier_process(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	first := p.start(t)
	first.must(http.StatusCreated, "POST", "/wallets", "", `{"id":"c1"}`)
	first.provider.simulator.Inject(solapitest.Fault{Method: http.MethodPost, Kind: solapitest.CloseAfter})
	lost := first.must(http.StatusAccepted, "POST", "/wallets/c1/recharges", "topup", first.payment("5000"))
	first.stop()
	require.NoError(t, <-first.done)

	next := p.startLooking(t, time.Hour) // its jobs have run once
	require.Eventually(t, func() bool {
		op, err := next.recharges.Get(t.Context(), lost["id"].(string))
		return err == nil && op.Status == ports.RechargeDeclined && op.Decisions[0].Who == "simulated mode"
	}, 10*time.Second, 10*time.Millisecond)
	next.must(http.StatusOK, "POST", "/wallets/c1/recharges", "again", next.payment("5000"))
}

// TestServer_time_for_a_recharge: a client waits for the answer, and a server that stops for the
// client, through both calls of a recharge and the commits around them.
func TestServer_time_for_a_recharge(t *testing.T) {
	t.Parallel()
	s := &server{logger: slog.New(slog.DiscardHandler)}
	require.Greater(t, s.web().WriteTimeout, requestTimeout+2*callTimeout)
	require.GreaterOrEqual(t, answerTimeout, s.web().WriteTimeout)
}
