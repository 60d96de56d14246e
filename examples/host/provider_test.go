package main

import (
	"context"
	"log/slog"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/toss"
	"github.com/jigap/jigap/adapters/toss/tosstest"
	"github.com/jigap/jigap/adapters/webhook"
	"github.com/jigap/jigap/ports"
)

func noCard(context.Context, string) (toss.BillingKey, error) {
	return toss.BillingKey{}, ports.ErrNotFound
}

// TestProvider_is_chosen_explicitly: neither a simulator nor a real account comes from a
// variable that is missing, and their orders have different names.
func TestProvider_is_chosen_explicitly(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		config  config
		err     error
		charger string
	}{
		"nothing":                            {config{}, errProvider, ""},
		"both":                               {config{Simulate: true, Secret: "test_sk_0123456789"}, errProvider, ""},
		"no secret key":                      {config{Secret: "test_ck_0123456789"}, ports.ErrInvalid, ""},
		"a live key without a key for cards": {config{Secret: "live_sk_0123456789"}, errProvider, ""},
		"the simulator":                      {config{Simulate: true}, nil, "billing@toss:simulated"},
		"a real shop":                        {config{Secret: "test_sk_0123456789"}, nil, "billing@toss:main"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, err := newProvider(c.config, noCard, slog.New(slog.DiscardHandler))
			require.ErrorIs(t, err, c.err)
			if err == nil {
				defer p.close()
				require.Equal(t, c.charger, p.cards.Name())
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
	h.open()
	h.provider.simulator.Inject(tosstest.Fault{Method: http.MethodPost, Kind: tosstest.CloseAfter})
	lost := h.must(http.StatusAccepted, "POST", "/wallets/c1/recharges", "topup", h.payment("5000"))
	op, err := h.recharges.Get(t.Context(), lost["id"].(string))
	require.NoError(t, err)

	next, err := newProvider(config{Simulate: true}, noCard, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	defer next.close()
	answer := next.cards.Inquire(t.Context(), ports.ChargeOrder{OperationID: op.ID, Amount: op.Amount, Evidence: op.Evidence, SentAt: op.SentAt, Transmissions: 1})
	require.Equal(t, ports.OutcomeUnknown, answer.Outcome)
	require.False(t, answer.Resend, "the shop is another one")
}

// TestServer_simulated_ends_recharges_of_an_earlier_process: its simulator is gone, and the
// next process can recharge.
func TestServer_simulated_ends_recharges_of_an_earlier_process(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	first := p.start(t)
	first.open()
	first.provider.simulator.Inject(tosstest.Fault{Method: http.MethodPost, Kind: tosstest.CloseAfter})
	lost := first.must(http.StatusAccepted, "POST", "/wallets/c1/recharges", "topup", first.payment("5000"))
	first.stop()
	require.NoError(t, <-first.done)

	next := p.startLooking(t, time.Hour) // its jobs have run once
	require.Eventually(t, func() bool {
		op, err := next.recharges.Get(t.Context(), lost["id"].(string))
		return err == nil && op.Status == ports.RechargeDeclined && op.Decisions[0].Who == "simulated mode"
	}, 10*time.Second, 10*time.Millisecond)
	next.card = next.register()
	next.must(http.StatusOK, "POST", "/wallets/c1/recharges", "again", next.payment("5000"))
}

// TestServer_time_for_a_recharge: a client waits for the answer, and a server that stops for the
// client, through both calls of a recharge and the commits around them.
func TestServer_time_for_a_recharge(t *testing.T) {
	t.Parallel()
	s := &server{logger: slog.New(slog.DiscardHandler), provider: new(provider), notices: new(webhook.Handler)}
	require.Greater(t, s.web().WriteTimeout, requestTimeout+2*callTimeout)
	require.GreaterOrEqual(t, answerTimeout, s.web().WriteTimeout)
}
