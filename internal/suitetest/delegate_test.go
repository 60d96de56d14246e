package suitetest_test

import (
	"testing"

	"github.com/jigap/jigap/internal/suitetest"
	"github.com/jigap/jigap/ports/portstest"
)

// The flaws of a Delegate.
const (
	flawOtherAccount      = "sets another account"
	flawBothAccounts      = "sets all accounts"
	flawFractions         = "lets fractions of a won through"
	flawCurrency          = "lets another currency through"
	flawNeedsCurrency     = "refuses settings without a currency"
	flawNoMethods         = "lets settings without Methods through"
	flawDuplicates        = "lets a method that comes twice through"
	flawOtherError        = "refuses with another error than ErrInvalid"
	flawCheckAsks         = "asks the provider while it checks"
	flawSendsBad          = "sends settings that it would refuse"
	flawReadsNotBack      = "does not read back what it set"
	flawReadsNoSwitch     = "does not read back whether it is on"
	flawReadsNoMethods    = "does not read back the Methods"
	flawReadsNoMinimum    = "does not read back the MinimumCash"
	flawReadsNoTarget     = "does not read back the RechargeTo"
	flawLostIsDone        = "takes a lost answer for done"
	flawTogglesAlways     = "switches without a look"
	flawOffForgets        = "makes no settings that are off"
	flawOffCompares       = "asks for no settings where it asks for no more than to be off"
	flawSortsMethods      = "sorts the Methods"
	flawMergesMethods     = "adds Methods to those that are there"
	flawSwapsAmounts      = "swaps the amounts that it reads"
	flawNamesCurrency     = "reads a currency"
	flawRemembersSettings = "reports what it set and not what is there"
	flawSharesSettings    = "keeps the Methods that it was given"
	flawReadOutlasts      = "Delegation outlasts its context"
	flawSetOutlasts       = "Delegate outlasts its context"
	flawShowsSecret       = "shows a secret in an error"
	flawServerIsOff       = "takes a status 500 for off"
	flawUnreachableIsOff  = "takes a question that was not sent for off"
	flawCredentialsIsOff  = "takes refused credentials for off"
	flawMissingIsOff      = "takes a status 404 for off"
	flawThrottleIsOff     = "takes a status 429 for off"
	flawGarbageIsOff      = "takes garbage for off"
	flawEmptyIsOff        = "takes an empty success for off"
	flawMuteIsOff         = "takes a question without an answer for off"
)

// delegateFlaws are these flaws.
func delegateFlaws() []suitetest.Flaw[portstest.DelegateHarness] {
	const (
		done    = "when it returns without an error the provider is as was asked."
		reads   = "Delegation reads how the provider's own auto-recharge is configured."
		failed  = "A question that failed is an error, and never an auto-recharge that is off."
		refuses = "CheckDelegation refuses, with ErrInvalid, what the provider is known not to take."
		soon    = "Its methods may be called concurrently and repeated, and return soon after ctx ends."

		isError, bad, asAsked = "a question that fails is an error: ", "bad settings are refused with ErrInvalid", "the provider is as was asked"
		noEffect              = "settings without an effect are an error"
	)
	return []suitetest.Flaw[portstest.DelegateHarness]{
		delegatorThat(flawOtherAccount, done, asAsked),
		delegatorThat(flawBothAccounts, done, asAsked),
		delegatorThat(flawFractions, refuses, bad),
		delegatorThat(flawCurrency, refuses, bad),
		delegatorThat(flawNoMethods, refuses, bad),
		delegatorThat(flawDuplicates, refuses, bad),
		delegatorThat(flawOtherError, refuses, bad),
		delegatorThat(flawNeedsCurrency, refuses, "good settings are not refused"),
		delegatorThat(flawCheckAsks, "It sends no request.", "CheckDelegation sends no request"),
		delegatorThat(flawSendsBad, refuses, "Delegate makes no bad settings"),
		delegatorThat(flawReadsNotBack, done, noEffect),
		delegatorThat(flawReadsNoSwitch, done, noEffect),
		delegatorThat(flawReadsNoMethods, done, noEffect),
		delegatorThat(flawReadsNoMinimum, done, noEffect),
		delegatorThat(flawReadsNoTarget, done, noEffect),
		delegatorThat(flawLostIsDone, done, "provider: connection lost before the effect"),
		delegatorThat(flawTogglesAlways, soon, "settings may be made again"),
		delegatorThat(flawOffForgets, done, "off with Methods makes the settings too"),
		delegatorThat(flawOffCompares, done, "off without Methods asks for no more than to be off"),
		delegatorThat(flawSortsMethods, done, "the order of the Methods is kept"),
		delegatorThat(flawMergesMethods, done, asAsked),
		delegatorThat(flawSwapsAmounts, reads, "what others set is read"),
		delegatorThat(flawNamesCurrency, reads, asAsked),
		delegatorThat(flawRemembersSettings, reads, "what others set is read"),
		delegatorThat(flawSharesSettings, reads, "settings are not shared"),
		delegatorThat(flawReadOutlasts, soon, "a context that has ended changes nothing"),
		delegatorThat(flawSetOutlasts, soon, "calls return when their context ends"),
		delegatorThat(flawMuteIsOff, failed, "calls return when their context ends"),
		delegatorThat(flawShowsSecret, "never repeats the refused value", "provider: refuses the credentials"),
		delegatorThat(flawServerIsOff, failed, isError+string(portstest.FaultBlind)),
		delegatorThat(flawUnreachableIsOff, failed, isError+string(portstest.FaultAskUnreachable)),
		delegatorThat(flawCredentialsIsOff, failed, isError+string(portstest.FaultAskCredentials)),
		delegatorThat(flawMissingIsOff, failed, isError+string(portstest.FaultAskMissing)),
		delegatorThat(flawThrottleIsOff, failed, isError+string(portstest.FaultAskThrottle)),
		delegatorThat(flawGarbageIsOff, failed, isError+string(portstest.FaultAskGarbage)),
		delegatorThat(flawEmptyIsOff, failed, isError+string(portstest.FaultAskEmpty)),
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

// A Delegate in memory passes the suite, whether its provider keeps the settings of one that is
// switched off or forgets them.
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
	suitetest.Run(t, suitetest.Subject[portstest.DelegateHarness]{Suite: portstest.TestDelegate, New: newDelegate(delegateReads)}, delegateFlaws())
}
