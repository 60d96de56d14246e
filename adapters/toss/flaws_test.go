package toss_test

import (
	"slices"
	"testing"

	"github.com/jigap/jigap/internal/suitetest"
	"github.com/jigap/jigap/ports/portstest"
)

func TestBillingCharger_flaws(t *testing.T) {
	t.Parallel()
	suitetest.Run(t, suitetest.Subject[portstest.ChargerHarness]{
		Suite: portstest.TestCharger, Every: 8, Survive: billingSurvivors(),
		New: func(t *testing.T) portstest.ChargerHarness { t.Helper(); return billingHarness{inMemory(t)} },
	}, slices.Concat(
		suitetest.ChargerFlaws(), suitetest.NamingChargerFlaws(), suitetest.ResendingChargerFlaws(), suitetest.EvidenceChargerFlaws(),
		suitetest.RefusedChargerFlaws(), suitetest.ParallelChargerFlaws(),
	))
}

// billingSurvivors are flaws that the adapter, or the provider, makes harmless.
func billingSurvivors() map[string]string {
	const (
		prepared = "an order is sent only as it was prepared: the evidence has a digest of the request"
		apart    = "orders are told apart by their orderId, in whatever lane they are"
		asks     = "Prepare asks the provider nothing"
	)
	return map[string]string{
		"sends a million where more is ordered": prepared, "sends a thousand where less is ordered": prepared, "sends an amount as a float of 32 bits": prepared,
		"sends an amount in 32 bits": prepared, "sends tens of a won": prepared, "sends what is above a million as an order of its own": prepared,
		"sends the fourth transmission under another key": prepared, "uses another key after forty days": prepared,
		"gives each order a lane of its own that it cannot tell apart": apart, "gives each payment method a lane": apart,
		"lets orders travel at the same time that it cannot tell apart": apart, "takes any movement on the account for the order": apart,
		"prepares on when its context ends": asks,
	}
}

func TestAccountCharger_flaws_of_pending_orders(t *testing.T) {
	t.Parallel()
	suitetest.Run(t, suitetest.Subject[portstest.ChargerHarness]{
		Suite: portstest.TestCharger, Every: 8,
		New: func(t *testing.T) portstest.ChargerHarness { t.Helper(); return newAccountHarness(inMemory(t)) },
	}, suitetest.PendingChargerFlaws())
}

func TestShop_ReadWebhook_flaws(t *testing.T) {
	t.Parallel()
	const single = "the provider tells of one order at a time"
	suitetest.Run(t, suitetest.Subject[portstest.WebhookHarness]{
		Suite: portstest.TestWebhookReader, Every: 4, Survive: map[string]string{
			"names the first of several orders": single, "names the last of several orders": single,
		},
		New: func(t *testing.T) portstest.WebhookHarness { t.Helper(); return webhookHarness{inMemory(t)} },
	}, suitetest.WebhookFlaws())
}
