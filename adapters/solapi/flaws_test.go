package solapi_test

import (
	"slices"
	"testing"

	"github.com/jigap/jigap/internal/suitetest"
	"github.com/jigap/jigap/ports/portstest"
)

func TestCharger_flaws(t *testing.T) {
	t.Parallel()
	suitetest.Run(t, suitetest.Subject[portstest.ChargerHarness]{
		Suite: portstest.TestCharger, New: newChargerHarness(inMemory), Every: 8,
	}, slices.Concat(suitetest.ChargerFlaws(), suitetest.TracingChargerFlaws(), suitetest.EvidenceChargerFlaws(), suitetest.PreparingChargerFlaws()))
}

func TestDisburser_flaws(t *testing.T) {
	t.Parallel()
	const bounds = "a withdrawal is of 10,000 to 10,000,000 won: larger and smaller ones are refused"
	suitetest.Run(t, suitetest.Subject[portstest.DisburserHarness]{
		Suite: portstest.TestDisburser, New: newDisburserHarness(inMemory), Every: 8,
		Survive: map[string]string{
			"sends an amount in 32 bits": bounds, "sends an amount as a float of 32 bits": bounds, "sends a thousand where less is ordered": bounds,
		},
	}, slices.Concat(suitetest.DisburserFlaws(), suitetest.TracingDisburserFlaws(), suitetest.EvidenceDisburserFlaws(), suitetest.KeepingDisburserFlaws()))
}

func TestDelegate_flaws(t *testing.T) {
	t.Parallel()
	suitetest.Run(t, suitetest.Subject[portstest.DelegateHarness]{
		Suite: portstest.TestDelegate, New: newDelegateHarness(inMemory), Every: 8,
	}, suitetest.DelegateFlaws())
}
