package portstest_test

import (
	"os"
	"testing"

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

// delegateFlaws are the flaws with the scenario that notices each.
func delegateFlaws() map[string]string {
	const isError, bad = "a_question_that_fails_is_an_error:_", "bad_settings_are_refused_with_ErrInvalid"
	const noEffect = "settings_without_an_effect_are_an_error"
	return map[string]string{
		flawOtherAccount:      "the_provider_is_as_was_asked",
		flawBothAccounts:      "the_provider_is_as_was_asked",
		flawFractions:         bad,
		flawCurrency:          bad,
		flawNoMethods:         bad,
		flawDuplicates:        bad,
		flawOtherError:        bad,
		flawNeedsCurrency:     "good_settings_are_not_refused",
		flawCheckAsks:         "CheckDelegation_sends_no_request",
		flawSendsBad:          "Delegate_makes_no_bad_settings",
		flawReadsNotBack:      noEffect,
		flawReadsNoSwitch:     noEffect,
		flawReadsNoMethods:    noEffect,
		flawReadsNoMinimum:    noEffect,
		flawReadsNoTarget:     noEffect,
		flawLostIsDone:        "provider:_connection_lost_before_the_effect",
		flawTogglesAlways:     "settings_may_be_made_again",
		flawOffForgets:        "off_with_Methods_makes_the_settings_too",
		flawOffCompares:       "off_without_Methods_asks_for_no_more_than_to_be_off",
		flawSortsMethods:      "the_order_of_the_Methods_is_kept",
		flawMergesMethods:     "the_provider_is_as_was_asked",
		flawSwapsAmounts:      "what_others_set_is_read",
		flawNamesCurrency:     "the_provider_is_as_was_asked",
		flawRemembersSettings: "what_others_set_is_read",
		flawSharesSettings:    "settings_are_not_shared",
		flawReadOutlasts:      "a_context_that_has_ended_changes_nothing",
		flawSetOutlasts:       "calls_return_when_their_context_ends",
		flawMuteIsOff:         "calls_return_when_their_context_ends",
		flawShowsSecret:       "provider:_refuses_the_credentials",
		flawServerIsOff:       isError + "answers_no_question",
		flawUnreachableIsOff:  isError + "is_reached_by_no_question",
		flawCredentialsIsOff:  isError + "refuses_the_credentials_of_every_question",
		flawMissingIsOff:      isError + "answers_every_question_with_status_404,_which_is_not_the_provider's_own",
		flawThrottleIsOff:     isError + "answers_every_question_with_status_429",
		flawGarbageIsOff:      isError + "answers_every_question_with_what_is_no_answer",
		flawEmptyIsOff:        isError + "answers_every_question_with_an_empty_success",
	}
}

const (
	delegateReads   = "passes a Delegate that looks before and after"
	delegateForgets = "passes a Delegate whose provider forgets its settings when it is off"
)

// A Delegate in memory passes the suite, whether its provider keeps the settings of one that is
// switched off or forgets them.
func TestDelegate(t *testing.T) {
	t.Parallel()
	for _, name := range []string{delegateReads, delegateForgets} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			portstest.TestDelegate(t, func(*testing.T) portstest.DelegateHarness {
				console := newConsole()
				console.forgets = name == delegateForgets
				return delegator{console: console, flaw: os.Getenv(flawVariable)}
			})
		})
	}
}

// Each flaw fails the scenario that is about it.
func TestDelegate_flaws(t *testing.T) {
	t.Parallel()
	for flaw, scenario := range delegateFlaws() {
		t.Run("notices one that "+flaw, func(t *testing.T) {
			t.Parallel()
			fails(t, "TestDelegate", delegateReads, scenario, flaw)
		})
	}
}
