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
	}, slices.Concat(suitetest.ChargerFlaws(), suitetest.TracingChargerFlaws(), suitetest.EvidenceChargerFlaws()))
}

func TestDisburser_flaws(t *testing.T) {
	t.Parallel()
	suitetest.Run(t, suitetest.Subject[portstest.DisburserHarness]{
		Suite: portstest.TestDisburser, New: newDisburserHarness(inMemory), Every: 8,
	}, slices.Concat(suitetest.DisburserFlaws(), suitetest.TracingDisburserFlaws(), suitetest.EvidenceDisburserFlaws(), suitetest.KeepingDisburserFlaws()))
}

func TestDelegate_flaws(t *testing.T) {
	t.Parallel()
	suitetest.Run(t, suitetest.Subject[portstest.DelegateHarness]{
		Suite: portstest.TestDelegate, New: newDelegateHarness(inMemory), Every: 8,
	}, suitetest.DelegateFlaws())
}
