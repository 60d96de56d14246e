package portstest_test

import (
	"os"
	"testing"

	"github.com/jigap/jigap/ports/portstest"
)

// The flaws of a Canceler. Those of a Charger that it may have too are in keyed_test.go.
const (
	flawTwice            = "sends each cancellation twice"
	flawRepeats          = "sends a cancellation again whose answer was lost"
	flawAsksForPart      = "asks for a part of the charge"
	flawPartIsWhole      = "reports a part as the whole"
	flawNewest           = "takes the newest charge back"
	flawAsksOfCharge     = "takes the charge's own approval for that of the cancellation"
	flawAsksCharge       = "takes another cancellation of the charge for this one"
	flawNoID             = "names the charge's id as that of the cancellation"
	flawRemembers        = "keeps the number in the process and not in the Evidence"
	flawMixes            = "asks about the cancellation that was prepared last"
	flawChangesEvidence  = "changes the Evidence"
	flawPrepareSends     = "sends the cancellation while it prepares it"
	flawRefusesAsUnknown = "refuses with an outcome that is no refusal"
	flawPrepareOutlasts  = "PrepareCancel outlasts its context"
	flawCancelOutlasts   = "Cancel outlasts its context"
	flawInquiryOutlasts  = "InquireCancel outlasts its context"
	flawLostIsNotSent    = "takes a lost answer for a request that was not sent"
	flawHasNoPatience    = "gives up a cancellation that may be on its way"
	flawNoChargeIsTaken  = "reports a charge as taken back that is not there"
	flawTakenStands      = "reports a charge as standing that others took back"
	flawRefusalStands    = "takes a refusal for a charge that stands"
	flawLostStands       = "takes a lost cancellation for a charge that stands"
	flawTakenDeclines    = "declines a lost cancellation because others took the charge back"
	flawFailedStands     = "takes a pending cancellation that failed for a charge that stands"
	flawSecret           = "shows a secret"
	flawUnreachable      = "takes a question that was not sent for a trace that is missing"
	flawCredentials      = "takes refused credentials of a question for the end of the cancellation"
	flawMissing          = "takes a status 404 for a trace that is missing"
	flawThrottle         = "takes a status 429 for a refusal"
	flawGarbage          = "takes garbage for success"
	flawEmpty            = "takes an empty success for a trace that is missing"
	flawServer           = "takes a status 500 for success"
	flawMute             = "takes a question without an answer for a trace that is missing"
)

// cancelFlaws are the flaws of a Canceler with the scenario that notices each: of those that
// ask, of those that send again, and of those whose provider works on a cancellation first.
func cancelFlaws() (asks, resends, works map[string]string) {
	const noAnswer = "an_inquiry_that_fails_is_no_answer:_"
	const takenAfterLost = "a_charge_that_others_took_back_after_a_cancellation_was_lost_is_not_reported_as_standing"
	asks = map[string]string{
		flawTwice:            "provider:_answers_at_once",
		flawRepeats:          "provider:_connection_lost_before_the_effect",
		flawAsksForPart:      "provider:_answers_at_once",
		flawPartIsWhole:      "a_part_that_was_given_back_is_not_reported_as_the_whole",
		flawNewest:           "a_cancellation_takes_back_its_charge_and_no_other",
		flawAsksOfCharge:     "an_order_of_which_nothing_is_known_is_found",
		flawAsksCharge:       "a_cancellation_is_not_taken_for_another_of_the_same_charge",
		flawNoID:             "a_cancellation_has_an_id_of_its_own_at_the_provider",
		flawRemembers:        "each_call_may_come_from_a_process_of_its_own",
		flawMixes:            "cancellations_under_way_at_once_are_kept_apart",
		flawChangesEvidence:  "no_call_changes_the_order",
		flawCutsID:           "OperationIDs_of_any_length_and_form_are_kept_apart",
		flawPrepareSends:     "a_context_that_has_ended_sends_nothing",
		flawRefusesAsUnknown: "Prepare_that_cannot_ask_refuses_or_goes_without",
		flawPrepareOutlasts:  "calls_return_when_their_context_ends",
		flawCancelOutlasts:   "calls_return_when_their_context_ends",
		flawInquiryOutlasts:  "calls_return_when_their_context_ends",
		flawHangIsNotSent:    "calls_return_when_their_context_ends",
		flawMute:             "calls_return_when_their_context_ends",
		flawLostIsNotSent:    "provider:_connection_lost_after_the_effect",
		flawHasNoPatience:    "provider:_connection_lost,_and_the_effect_happens_minutes_later",
		flawGivesUp:          "an_order_that_an_inquiry_gave_up_is_not_sent",
		flawNoChargeIsTaken:  "a_charge_that_the_provider_does_not_have_is_not_reported_as_taken_back",
		flawTakenStands:      "a_charge_that_others_took_back_is_not_reported_as_standing",
		flawRefusalStands:    "a_refusal_of_a_charge_that_others_took_back_does_not_say_that_it_stands",
		flawLostStands:       takenAfterLost,
		flawTakenDeclines:    takenAfterLost,
		flawSecret:           "provider:_declines_for_good",
		flawServer:           "an_inquiry_that_fails_is_no_answer",
		flawUnreachable:      noAnswer + "is_reached_by_no_question",
		flawCredentials:      noAnswer + "refuses_the_credentials_of_every_question",
		flawMissing:          noAnswer + "answers_every_question_with_status_404,_which_is_not_the_provider's_own",
		flawThrottle:         noAnswer + "answers_every_question_with_status_429",
		flawGarbage:          noAnswer + "answers_every_question_with_what_is_no_answer",
		flawEmpty:            noAnswer + "answers_every_question_with_an_empty_success",
	}
	resends = map[string]string{
		flawNewKey:       "provider:_connection_lost,_and_the_effect_happens_minutes_later",
		flawSpeaksOfLast: "a_refusal_of_an_order_that_was_sent_again_speaks_of_all_transmissions",
	}
	works = map[string]string{
		flawFailedStands: "a_charge_that_others_took_back_while_a_cancellation_was_pending_is_not_reported_as_standing",
	}
	return asks, resends, works
}

const (
	cancelerAsks    = "passes a Canceler that asks"
	cancelerResends = "passes a Canceler that only sends again"
	cancelerWorks   = "passes a Canceler whose cancellations are pending at first"
)

// A Canceler in memory passes the suite, whether it asks what became of a cancellation or
// only sends it again, and whether the provider executes it at once or later.
func TestCanceler(t *testing.T) {
	t.Parallel()
	for _, name := range []string{cancelerAsks, cancelerResends, cancelerWorks} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			portstest.TestCanceler(t, func(*testing.T) portstest.CancelerHarness {
				desk := newDesk()
				desk.works = name == cancelerWorks
				return refunder{desk: desk, resends: name == cancelerResends, flaw: os.Getenv(flawVariable)}
			})
		})
	}
}

// Each flaw fails the scenario that is about it.
func TestCanceler_flaws(t *testing.T) {
	t.Parallel()
	asks, resends, works := cancelFlaws()
	for name, flaws := range map[string]map[string]string{cancelerAsks: asks, cancelerResends: resends, cancelerWorks: works} {
		for flaw, scenario := range flaws {
			t.Run("notices one that "+flaw, func(t *testing.T) {
				t.Parallel()
				fails(t, "TestCanceler", name, scenario, flaw)
			})
		}
	}
}
