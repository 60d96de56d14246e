package suitetest_test

import (
	"slices"
	"testing"

	"github.com/jigap/jigap/internal/suitetest"
	"github.com/jigap/jigap/ports/portstest"
)

// The flaws of a Delegate.
const (
	flawOtherAccount      = "sets another account"
	flawBothAccounts      = "sets all accounts"
	flawSendsBad          = "sends settings that it would refuse"
	flawReadsNotBack      = "does not read back what it set"
	flawReadsNoSwitch     = "does not read back whether it is on"
	flawReadsNoMethods    = "does not read back the Methods"
	flawReadsNoOrder      = "does not read back the order of the Methods"
	flawReadsNoMinimum    = "does not read back the MinimumCash"
	flawReadsNoTarget     = "does not read back the RechargeTo"
	flawTogglesAlways     = "switches without a look"
	flawOffForgets        = "makes no settings that are off"
	flawOffCompares       = "asks for no settings where it asks for no more than to be off"
	flawSortsMethods      = "sorts the Methods"
	flawMergesMethods     = "adds Methods to those that are there"
	flawRemembersSettings = "reports what it set and not what is there"
	flawSharesSettings    = "keeps the Methods that it was given"
)

// delegateFlaws are these flaws.
func delegateFlaws() []suitetest.Flaw[portstest.DelegateHarness] {
	const (
		done    = "when it returns without an error the provider is as was asked."
		reads   = "Delegation reads how the provider's own auto-recharge is configured."
		refuses = "CheckDelegation refuses, with ErrInvalid, what the provider is known not to take."
		soon    = "Its methods may be called concurrently and repeated, and return soon after ctx ends."

		asAsked  = "the provider is as was asked"
		noEffect = "settings without an effect are an error"
	)
	return []suitetest.Flaw[portstest.DelegateHarness]{
		delegatorThat(flawOtherAccount, done, asAsked),
		delegatorThat(flawBothAccounts, done, asAsked),
		delegatorThat(flawSendsBad, refuses, "Delegate makes no bad settings"),
		delegatorThat(flawReadsNotBack, done, noEffect),
		delegatorThat(flawReadsNoSwitch, done, noEffect),
		delegatorThat(flawReadsNoMethods, done, noEffect),
		delegatorThat(flawReadsNoOrder, done, noEffect),
		delegatorThat(flawReadsNoMinimum, done, noEffect),
		delegatorThat(flawReadsNoTarget, done, noEffect),
		delegatorThat(flawTogglesAlways, soon, "settings may be made again"),
		delegatorThat(flawOffForgets, done, "off with Methods makes the settings too"),
		delegatorThat(flawOffCompares, done, "off without Methods asks for no more than to be off"),
		delegatorThat(flawSortsMethods, done, "the order of the Methods is kept"),
		delegatorThat(flawMergesMethods, done, asAsked),
		delegatorThat(flawRemembersSettings, reads, "what others set is read"),
		delegatorThat(flawSharesSettings, reads, "settings are not shared"),
	}
}

// delegatorThat is a delegator with a flaw of its own.
func delegatorThat(flaw, breaks, scenario string) suitetest.Flaw[portstest.DelegateHarness] {
	return suitetest.Flaw[portstest.DelegateHarness]{Name: flaw, Breaks: breaks, Scenario: scenario, Of: func(good portstest.DelegateHarness) portstest.DelegateHarness {
		d, _ := good.(delegator)
		d.flaw = flaw
		return d
	}}
}

const (
	delegateReads   = "a Delegate that looks before and after"
	delegateForgets = "a Delegate whose provider forgets its settings when it is off"
)

func newDelegate(name string) func(*testing.T) portstest.DelegateHarness {
	return func(*testing.T) portstest.DelegateHarness {
		console := newConsole()
		console.forgets = name == delegateForgets
		return delegator{console: console}
	}
}

// TestDelegate runs the suite over two providers: one keeps the settings when auto-recharge is
// switched off, the other forgets them.
func TestDelegate(t *testing.T) {
	t.Parallel()
	for _, name := range []string{delegateReads, delegateForgets} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			portstest.TestDelegate(t, newDelegate(name))
		})
	}
}

func TestDelegate_flaws(t *testing.T) {
	t.Parallel()
	suitetest.Run(t, suitetest.Subject[portstest.DelegateHarness]{Suite: portstest.TestDelegate, New: newDelegate(delegateReads)},
		slices.Concat(suitetest.DelegateFlaws(), delegateFlaws()))
}
