package toss_test

import (
	"context"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/adapters/toss/tosstest"
	"github.com/jigap/jigap/internal/suitetest"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/ports/portstest"
)

func TestDisburser(t *testing.T) {
	t.Parallel()
	for name, reach := range reaches() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			portstest.TestDisburser(t, func(t *testing.T) portstest.DisburserHarness { t.Helper(); return newPayoutHarness(reach(t)) })
		})
	}
}

func TestDisburser_flaws(t *testing.T) {
	t.Parallel()
	suitetest.Run(t, suitetest.Subject[portstest.DisburserHarness]{
		Suite: portstest.TestDisburser, Every: 8, Survive: payoutSurvivors(),
		New: func(t *testing.T) portstest.DisburserHarness { t.Helper(); return newPayoutHarness(inMemory(t)) },
	}, slices.Concat(
		suitetest.DisburserFlaws(), suitetest.NamingDisburserFlaws(), suitetest.EvidenceDisburserFlaws(), suitetest.RefusedDisburserFlaws(),
		suitetest.ParallelDisburserFlaws(), suitetest.ResendingDisburserFlaws(),
	))
}

// payoutSurvivors are the flaws that this adapter cannot have.
func payoutSurvivors() map[string]string {
	survivors := map[string]string{
		"pays to the destination of the call that came last": "the seller has registered one account at the provider",
		"takes any movement on the account for the order":    "no order is left to a person because others move money",
	}
	for why, names := range map[string][]string{
		"an order whose net is not its total less its fee is refused": {
			"sends an amount in 32 bits", "sends an amount as a float of 32 bits", "sends a thousand where less is ordered", "sends a million where more is ordered",
			"sends what is above a million as an order of its own", "sends tens of a won", "rounds fractions of a won up", "takes half a won for a won",
			"sends an order without an amount as one of a won",
		},
		"Prepare asks no question": {
			"declines an order because a question failed", "calls a question that failed a permanent fault", "prepares on when its context ends",
			"calls an order permanent that it does not send because a question failed", "calls an order likely to be approved that it refuses",
		},
		"an order is sent only under the refPayoutId that it was prepared with": {
			"sends the fourth transmission under another key", "uses another key after forty days",
		},
		"the provider tells orders apart by their refPayoutId": {
			"lets orders travel at the same time that it cannot tell apart", "gives each order a lane of its own that it cannot tell apart",
		},
	} {
		for _, name := range names {
			survivors[name] = why
		}
	}
	return survivors
}

// payoutHarness pays sellers.
type payoutHarness struct {
	*harness
	with *payoutWorld
}

func newPayoutHarness(h *harness) payoutHarness {
	h.path, h.declines = "/payouts", "NOT_ENOUGH_AMOUNT"
	return payoutHarness{h, withSellers(h.world)}
}

func (h payoutHarness) Disburser() ports.Disburser        { return h.with.disburser() }
func (h payoutHarness) Settle(done bool) bool             { return h.sim.SettlePayouts(done) }
func (h payoutHarness) Secrets() []string                 { return append(h.harness.Secrets(), sellerNumber) }
func (h payoutHarness) Destinations() []ports.Destination { return nil }

// NewOrder is an order of the suite, without times.
func (h payoutHarness) NewOrder() ports.PayoutOrder {
	order := h.with.newPayout()
	order.RequestedAt = time.Time{}
	return order
}

// Elsewhere is an order that is paid to another seller.
func (h payoutHarness) Elsewhere() (ports.PayoutOrder, bool) {
	order := h.NewOrder()
	order.WalletID = "another wallet"
	return order, true
}

// Advance moves the clocks past the hours in which the provider takes no payout, with some minutes to
// spare.
func (h payoutHarness) Advance(by time.Duration) {
	h.clock.Advance(by)
	local := h.clock.Now().In(time.FixedZone("KST", 9*60*60))
	for !takesPayouts(local) {
		local = local.Truncate(time.Minute).Add(time.Minute)
		h.clock.Set(local)
	}
}

func takesPayouts(local time.Time) bool {
	minute := local.Hour()*60 + local.Minute()
	return local.Weekday() != time.Saturday && local.Weekday() != time.Sunday && minute > 8*60 && minute < 14*60+50
}

// Break has others pay sellers of the shop too.
func (h payoutHarness) Break(broken portstest.Fault) bool {
	others := map[portstest.Fault][]int64{
		portstest.FaultNear: {20_001, 19_999}, portstest.FaultRival: {20_000}, portstest.FaultRivals: {20_000, 20_000}, portstest.FaultOthers: nil,
	}
	amounts, ofOthers := others[broken]
	if broken == portstest.FaultOthers {
		for i := range 210 {
			amounts = append(amounts, int64(100+i%2*40_000+i))
		}
	}
	for _, amount := range amounts {
		h.sim.PayOutside(h.with.seller, won(amount))
	}
	return ofOthers || h.harness.Break(broken)
}

// ours returns the payouts of the adapter whose money was not given back.
func (h payoutHarness) ours() []tosstest.Payout {
	return slices.DeleteFunc(h.sim.Books().Payouts, func(p tosstest.Payout) bool { return p.Outside || p.Executions == 0 })
}

// Booked returns the totals of these payouts, as often as they moved: the provider is to pay the rest
// of a total without the fee of the host.
func (h payoutHarness) Booked() []decimal.Decimal {
	var amounts []decimal.Decimal
	for _, p := range h.ours() {
		amounts = append(amounts, slices.Repeat([]decimal.Decimal{p.Amount.Add(won(payoutFee))}, p.Executions)...)
	}
	return amounts
}

// Paid returns the figures of these payouts.
func (h payoutHarness) Paid() []portstest.Payment {
	var payments []portstest.Payment
	for _, p := range h.ours() {
		payments = append(payments, portstest.Payment{Fee: won(payoutFee), Net: p.Amount})
	}
	return payments
}

// Keys returns the refPayoutIds of these payouts.
func (h payoutHarness) Keys() []string {
	var keys []string
	for _, p := range h.ours() {
		keys = append(keys, p.Ref)
	}
	return keys
}

func TestDisburser_ReadWebhook(t *testing.T) {
	t.Parallel()
	portstest.TestWebhookReader(t, newPayoutWebhooks)
}

func TestDisburser_ReadWebhook_flaws(t *testing.T) {
	t.Parallel()
	const single = "the provider tells of one payout at a time"
	suitetest.Run(t, suitetest.Subject[portstest.WebhookHarness]{
		Suite: portstest.TestWebhookReader, Every: 4, New: newPayoutWebhooks,
		Survive: map[string]string{"names the first of several orders": single, "names the last of several orders": single},
	}, suitetest.WebhookFlaws())
}

// payoutWebhooks has payouts end, done or not, by turns.
type payoutWebhooks struct{ *payoutWorld }

func newPayoutWebhooks(t *testing.T) portstest.WebhookHarness {
	t.Helper()
	return payoutWebhooks{setupPayouts(t, tosstest.Config{})}
}

func (h payoutWebhooks) Reader() ports.WebhookReader { return h.disburser() }
func (h payoutWebhooks) Signed() bool                { return true }
func (h payoutWebhooks) Secrets() []string {
	return []string{h.sim.Shop().SecurityKey, h.sim.Shop().SecretKey}
}

func (h payoutWebhooks) Notify() (ports.Webhook, ports.Notice) {
	d := h.disburser()
	order := h.preparedPayout(d)
	h.Equal(pending, h.disburse(d, &order).Outcome)
	h.True(h.sim.SettlePayouts(h.made.Load()%2 == 0))
	return h.told(), ports.Notice{Provider: d.Name(), OperationID: order.OperationID, ProviderRef: order.Last.ProviderRef}
}

// told returns the last notification that is due.
func (w *payoutWorld) told() ports.Webhook {
	w.t.Helper()
	due := w.sim.Due()
	w.NotEmpty(due)
	for _, n := range due {
		w.sim.Answered(n.ID, http.StatusOK)
	}
	return ports.Webhook{Header: due[len(due)-1].Header, Body: due[len(due)-1].Body}
}

// NotifyMany returns nothing: the provider tells of one payout at a time.
func (h payoutWebhooks) NotifyMany() (*ports.Webhook, []ports.Notice) { return nil, nil }

func (h payoutWebhooks) NotifyOther() *ports.Webhook {
	h.True(h.sim.SetSeller(h.seller, "KYC_REQUIRED"))
	h.True(h.sim.SetSeller(h.seller, "APPROVED"))
	told := h.told()
	return &told
}

// A notification about a payout of others names no order, and one that was signed with the text of
// the security key, or with a key that was replaced, is the provider's.
func TestDisburser_ReadWebhook_of_the_provider(t *testing.T) {
	t.Parallel()
	for name, config := range map[string]tosstest.Config{"signed with the bytes": {}, "signed with the text": {TextSignatures: true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := setupPayouts(t, config)
			d := w.disburser()
			w.sim.PayOutside(w.seller, won(1))
			notices, err := d.ReadWebhook(t.Context(), w.told())
			w.NoError(err)
			w.Empty(notices)

			order := w.preparedPayout(d)
			w.disburse(d, &order)
			w.sim.RotateSecurityKey()
			w.sim.SettlePayouts(true)
			told := w.told()
			notices, err = d.ReadWebhook(t.Context(), told)
			w.NoError(err, "the first security key still signs")
			w.Len(notices, 1)
			notices, err = w.disburser().ReadWebhook(t.Context(), told)
			w.NoError(err, "the second one signs too")
			w.Len(notices, 1)
			w.Equal(pending, w.ask(d, &order).Outcome, "it cannot read the answer")
			w.Equal(approved, w.ask(w.disburser(), &order).Outcome)

			w.sim.RotateSecurityKey()
			other := w.preparedPayout(w.disburser())
			w.disburse(w.disburser(), &other)
			w.sim.SettlePayouts(true)
			_, err = d.ReadWebhook(context.Background(), w.told())
			w.ErrorIs(err, ports.ErrForged, "the first one signs no more")
		})
	}
}
