package suitetest_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/internal/quotetest"
	"github.com/jigap/jigap/internal/suitetest"
)

// Flaws of providers have names of their own and break a sentence that package ports has.
func TestProviderFlaws_quote_the_ports(t *testing.T) {
	t.Parallel()
	said := quotetest.Comments(t, "../../ports")
	chargers := slices.Concat(
		suitetest.ChargerFlaws(), suitetest.NamingChargerFlaws(), suitetest.PendingChargerFlaws(), suitetest.TracingChargerFlaws(),
		suitetest.EvidenceChargerFlaws(), suitetest.ResendingChargerFlaws()[:6], // the others are tracing ones too
		suitetest.RefusedChargerFlaws(), suitetest.ResentChargerFlaws(), suitetest.PreparingChargerFlaws(),
		suitetest.ParallelChargerFlaws(), suitetest.SaltedChargerFlaws(), countedFlaws(), currencyFlaws(),
	)
	disbursers := slices.Concat(
		suitetest.DisburserFlaws(), suitetest.NamingDisburserFlaws(), suitetest.TracingDisburserFlaws(), suitetest.KeepingDisburserFlaws(),
		suitetest.EvidenceDisburserFlaws(), suitetest.DestinationFlaws(), suitetest.RefusedDisburserFlaws(),
		suitetest.ParallelDisburserFlaws(), suitetest.SaltedDisburserFlaws(),
	)
	cancelers := slices.Concat(
		suitetest.CancelerFlaws(), suitetest.NamingCancelerFlaws(), suitetest.PendingCancelerFlaws(), suitetest.TracingCancelerFlaws(),
		suitetest.EvidenceCancelerFlaws(), suitetest.DatedCancelerFlaws(), suitetest.ResendingCancelerFlaws()[:6], cancelFlaws(), failedStands(),
		wholeFlaws(), partFlaws(), suitetest.PartCancelerFlaws(), suitetest.RefusedCancelerFlaws(), suitetest.ParallelCancelerFlaws(),
	)
	delegates := slices.Concat(suitetest.DelegateFlaws(), delegateFlaws())
	suitetest.RequireQuotes(t, said, chargers)
	suitetest.RequireQuotes(t, said, disbursers)
	suitetest.RequireQuotes(t, said, cancelers)
	suitetest.RequireQuotes(t, said, delegates)
	suitetest.RequireQuotes(t, said, confirmFlaws())
	readers := slices.Concat(suitetest.WebhookFlaws(), postFlaws())
	suitetest.RequireQuotes(t, said, readers)
	confirmers := len(confirmFlaws())
	count := len(chargers) + len(disbursers) + len(cancelers) + len(delegates) + confirmers + len(readers)
	t.Logf("%d Chargers, %d Confirmers, %d Disbursers, %d Cancelers, %d Delegates, %d WebhookReaders: %d",
		len(chargers), confirmers, len(disbursers), len(cancelers), len(delegates), len(readers), count)
	require.GreaterOrEqual(t, count, 200)
}
