package portstest //nolint:testpackage // it reads the scenarios

import (
	"slices"
	"testing"

	"github.com/jigap/jigap/internal/quotetest"
)

// A scenario of a provider quotes package ports word for word.
func TestScenarios_quote_the_ports(t *testing.T) {
	t.Parallel()
	said := quotetest.Comments(t, "..")
	for _, scenario := range slices.Concat(
		moneyScenarios(), orderScenarios(), apartScenarios(), amountScenarios(), chargeScenarios(), payoutScenarios(), cancelScenarios(), partScenarios(), confirmScenarios(),
	) {
		quotetest.Require(t, said, scenario.name, scenario.says)
	}
	for _, later := range []string{providerEarly, providerAmount, providerAtMostOnce, cancelNamed} {
		quotetest.Require(t, said, "a sentence that a scenario turns to", later)
	}
	for _, scenario := range delegateScenarios() {
		quotetest.Require(t, said, scenario.name, scenario.says)
	}
}
