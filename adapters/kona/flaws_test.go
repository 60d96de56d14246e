package kona_test

import (
	"slices"
	"testing"

	"github.com/jigap/jigap/internal/suitetest"
	"github.com/jigap/jigap/ports/portstest"
)

// charging is the Charger under its suite, with every how many flaws.
func charging(reach func(t *testing.T) *harness, every int) suitetest.Subject[portstest.ChargerHarness] {
	return suitetest.Subject[portstest.ChargerHarness]{
		Suite: portstest.TestCharger, Every: every,
		New: func(t *testing.T) portstest.ChargerHarness {
			t.Helper()
			return reach(t)
		},
	}
}

func canceling(reach func(t *testing.T) *harness, every int) suitetest.Subject[portstest.CancelerHarness] {
	return suitetest.Subject[portstest.CancelerHarness]{
		Suite: portstest.TestCanceler, Every: every,
		New: func(t *testing.T) portstest.CancelerHarness { t.Helper(); return newCancelerHarness(reach(t)) },
	}
}

func TestCharger_flaws(t *testing.T) {
	t.Parallel()
	suitetest.Run(t, charging(inMemory, 8), slices.Concat(
		suitetest.ChargerFlaws(), suitetest.NamingChargerFlaws(), suitetest.TracingChargerFlaws(), suitetest.PreparingChargerFlaws(), suitetest.RefusedChargerFlaws(),
		suitetest.ParallelChargerFlaws(),
	))
}

func TestCharger_flaws_of_pending_orders(t *testing.T) {
	t.Parallel()
	suitetest.Run(t, charging(pendingAtFirst, 8), suitetest.PendingChargerFlaws())
}

func TestCanceler_flaws(t *testing.T) {
	t.Parallel()
	suitetest.Run(t, canceling(inMemory, 8), slices.Concat(
		suitetest.CancelerFlaws(), suitetest.NamingCancelerFlaws(), suitetest.TracingCancelerFlaws(), suitetest.RefusedCancelerFlaws(),
	))
}

func TestCanceler_flaws_of_pending_cancellations(t *testing.T) {
	t.Parallel()
	suitetest.Run(t, canceling(pendingAtFirst, 8), suitetest.PendingCancelerFlaws())
}
