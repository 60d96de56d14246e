package suitetest_test

import (
	"slices"
	"testing"

	"github.com/jigap/jigap/internal/suitetest"
	"github.com/jigap/jigap/ports/portstest"
)

// The flaws of a Canceler that no other adapter has.
const (
	flawTwice           = "sends each cancellation twice"
	flawAsksForPart     = "asks for a part of the charge"
	flawPartIsWhole     = "reports a part as the whole"
	flawNewest          = "takes the newest charge back"
	flawAsksOfCharge    = "takes the charge's own approval for that of the cancellation"
	flawAsksCharge      = "takes another cancellation of the charge for this one"
	flawNoID            = "names the charge's id as that of the cancellation"
	flawRemembers       = "keeps the number in the process and not in the Evidence"
	flawMixes           = "asks about the cancellation that was prepared last"
	flawNoChargeIsTaken = "reports a charge as taken back that is not there"
	flawTakenStands     = "reports a charge as standing that others took back"
	flawRefusalStands   = "takes a refusal for a charge that stands"
	flawBlindStands     = "takes a refusal for a charge that stands where it cannot look"
	flawLostStands      = "takes a lost cancellation for a charge that stands"
	flawTakenDeclines   = "declines a lost cancellation because others took the charge back"
	flawOldStands       = "declines a cancellation of a charge that is older than a month"
	flawShortHistory    = "looks for what others took back in a hundred rows only"
	flawFailedStands    = "takes a pending cancellation that failed for a charge that stands"
	flawPartAsWhole     = "takes the whole charge back where a part is asked for"
	flawPartForWhole    = "reports a part as taken back, and sends nothing"
	flawPartTakesAll    = "gives back the amount of the charge for each part"
	flawPartTakesLeft   = "gives back all that is left for each part"
	flawPartInAll       = "reports what was given back in all as that of the part"
	flawPartOneID       = "gives all parts of a charge one id"
	flawPartBefore      = "takes the part before a part for it"
	flawPartRefused     = "takes a refusal for a part that was given back before"
	flawChecksNothing   = "declares parts and refuses each"
	flawChecksThere     = "asks the provider whether it takes a part back"
	flawChecksAny       = "checks no part"
	flawChecksNoSign    = "checks no part of nothing, and no negative one"
	flawChecksNoLeft    = "checks no part that is more than is left"
	flawChecksNoHalf    = "checks no part with a fraction of a won"
	flawChecksError     = "refuses a part with an error that is not ErrInvalid"
	flawNoCancelID      = "takes a cancellation without a CancelID"
	flawUnnamed         = "takes the newest charge back where none is named"
)

// cancelFlaws are these flaws, but for flawFailedStands.
func cancelFlaws() []suitetest.Flaw[portstest.CancelerHarness] {
	const (
		whole    = "Cancel asks the provider, once, to take back CancelOrder.Amount of the charge."
		part     = "An Amount in the answer is what this order gave back"
		finds    = "InquireCancel finds out what became of a cancellation."
		evidence = "the bytes it returns come back in ChargeOrder.Evidence."
		stands   = "Cancel and InquireCancel must therefore look whether the charge stands before they answer OutcomeDeclined, whatever the provider answered"
		named    = "A cancellation without a CancelID, and one of a charge that has neither OperationID nor ProviderRef nor Evidence, must be refused, here or by Cancel"
		lost     = "a charge that others took back after a cancellation was lost is not reported as standing"
	)
	return []suitetest.Flaw[portstest.CancelerHarness]{
		refunderThat(flawTwice, whole, "provider: answers at once"),
		refunderThat(flawAsksForPart, whole, "provider: answers at once"),
		refunderThat(flawPartIsWhole, part, "a part that was given back is not reported as the whole"),
		refunderThat(flawNewest, whole, "a cancellation takes back its charge and no other"),
		refunderThat(flawAsksOfCharge, finds, "an order of which nothing is known is found"),
		refunderThat(flawAsksCharge, finds, "a cancellation is not taken for another of the same charge"),
		refunderThat(flawNoID, "No other order of the adapter has it", "a cancellation has an id of its own at the provider"),
		refunderThat(flawRemembers, evidence, "each call may come from a process of its own"),
		refunderThat(flawMixes, evidence, "orders under way at once are kept apart"),
		refunderThat(flawNoChargeIsTaken, "OutcomeApproved means that it was; OutcomeDeclined that the charge stands.", "a charge that the provider does not have is not reported as taken back"),
		refunderThat(flawNoCancelID, named, "a bad order is refused and moves nothing"),
		refunderThat(flawUnnamed, named, "a bad order is refused and moves nothing"),
		refunderThat(flawTakenStands, stands, "a charge that others took back is not reported as standing"),
		refunderThat(flawRefusalStands, stands, "a refusal of a charge that others took back does not say that it stands"),
		refunderThat(flawBlindStands, stands, "a refusal is not believed while the charge cannot be looked up"),
		refunderThat(flawLostStands, stands, lost),
		refunderThat(flawTakenDeclines, stands, lost),
		refunderThat(flawOldStands, stands, "a charge that is two months old and that others took back is not reported as standing"),
		refunderThat(flawShortHistory, stands, "a charge that others took back is found in long records, and on another day"),
	}
}

// wholeFlaws are the flaws of a Canceler of whole charges.
func wholeFlaws() []suitetest.Flaw[portstest.CancelerHarness] {
	const (
		refuses  = "Any other Canceler gets orders for whole charges only, and must refuse an order whose Amount is not its Left."
		scenario = "a Canceler of whole charges refuses a part"
	)
	return []suitetest.Flaw[portstest.CancelerHarness]{
		refunderThat(flawPartAsWhole, refuses, scenario),
		refunderThat(flawPartForWhole, refuses, scenario),
	}
}

// partFlaws are the flaws of a Canceler that takes back parts.
func partFlaws() []suitetest.Flaw[portstest.CancelerHarness] {
	const (
		takes  = "Cancel asks the provider, once, to take back CancelOrder.Amount of the charge."
		amount = "An Amount in the answer is what this order gave back"
		finds  = "InquireCancel finds out what became of a cancellation."
		check  = "CheckPart returns ErrInvalid for a part that the provider is known not to take back"
		never  = "An amount that is not positive, that is more than Left, or that is finer than the provider takes is never taken back."
		checks = "of a part/CheckPart refuses what no provider takes back"
	)
	return []suitetest.Flaw[portstest.CancelerHarness]{
		refunderThat(flawPartTakesAll, takes, "of a part/provider: answers at once"),
		refunderThat(flawPartTakesLeft, takes, "of a part/parts are taken back until nothing is left"),

		refunderThat(flawPartInAll, amount, "of a part/an answer tells the amount of its part"),
		refunderThat(flawPartOneID, "No other order of the adapter has it", "of a part/parts are taken back until nothing is left"),
		refunderThat(flawPartBefore, finds, "of a part/a part is not taken for the one before it"),
		refunderThat(flawPartRefused, "OutcomeApproved means that it was; OutcomeDeclined that the charge stands.", "of a part/a part that is refused after another is not reported as taken back"),
		refunderThat(flawChecksNothing, check, "of a part/provider: answers at once"),
		refunderThat(flawChecksThere, "It does no I/O.", "of a part/CheckPart is answered again and again"),
		refunderThat(flawChecksAny, check, checks),
		refunderThat(flawChecksNoSign, never, checks),
		refunderThat(flawChecksNoLeft, never, checks),
		refunderThat(flawChecksNoHalf, never, checks),
		refunderThat(flawChecksError, check, checks),
	}
}

func failedStands() []suitetest.Flaw[portstest.CancelerHarness] {
	return []suitetest.Flaw[portstest.CancelerHarness]{refunderThat(
		flawFailedStands, "where it does not, or the adapter cannot look, they answer OutcomeUnknown",
		"a charge that others took back while a cancellation was pending is not reported as standing",
	)}
}

// refunderThat is a refunder with a flaw of its own.
func refunderThat(flaw, breaks, scenario string) suitetest.Flaw[portstest.CancelerHarness] {
	return suitetest.Flaw[portstest.CancelerHarness]{Name: flaw, Breaks: breaks, Scenario: scenario, Of: func(good portstest.CancelerHarness) portstest.CancelerHarness {
		r, _ := good.(refunder)
		r.flaw = flaw
		return r
	}}
}

const (
	cancelerAsks    = "a Canceler that asks"
	cancelerResends = "a Canceler that only sends again"
	cancelerWorks   = "a Canceler whose cancellations are pending at first"
	cancelerParts   = "a Canceler that takes back parts"
	cancelerBoth    = "a Canceler that takes back parts, which are pending at first"
	cancelerAgain   = "a Canceler that takes back parts, and only sends again"
)

func newCanceler(name string) func(*testing.T) portstest.CancelerHarness {
	return func(*testing.T) portstest.CancelerHarness {
		desk := newDesk()
		desk.works = name == cancelerWorks || name == cancelerBoth
		return refunder{desk: desk, resends: name == cancelerResends || name == cancelerAgain, parts: name == cancelerParts || name == cancelerBoth || name == cancelerAgain}
	}
}

// A Canceler in memory passes the suite, whether it asks what became of a cancellation or
// only sends it again, whether the provider executes it at once or later, and whether it takes
// back parts.
func TestCanceler(t *testing.T) {
	t.Parallel()
	for _, name := range []string{cancelerAsks, cancelerResends, cancelerWorks, cancelerParts, cancelerBoth, cancelerAgain} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			portstest.TestCanceler(t, newCanceler(name))
		})
	}
}

func canceling(name string) suitetest.Subject[portstest.CancelerHarness] {
	return suitetest.Subject[portstest.CancelerHarness]{Suite: portstest.TestCanceler, New: newCanceler(name)}
}

func TestCanceler_flaws(t *testing.T) {
	t.Parallel()
	suitetest.Run(t, canceling(cancelerAsks), slices.Concat(
		suitetest.CancelerFlaws(), suitetest.NamingCancelerFlaws(), suitetest.TracingCancelerFlaws(), suitetest.EvidenceCancelerFlaws(), suitetest.DatedCancelerFlaws(), suitetest.RefusedCancelerFlaws(), cancelFlaws(), wholeFlaws(),
		suitetest.ParallelCancelerFlaws(),
	))
}

func TestCanceler_flaws_of_those_that_send_again(t *testing.T) {
	t.Parallel()
	suitetest.Run(t, canceling(cancelerResends), suitetest.ResendingCancelerFlaws())
}

func TestCanceler_flaws_of_those_that_take_back_parts(t *testing.T) {
	t.Parallel()
	suitetest.Run(t, canceling(cancelerParts), append(partFlaws(), suitetest.PartCancelerFlaws()...))
}

func TestCanceler_flaws_of_pending_cancellations(t *testing.T) {
	t.Parallel()
	suitetest.Run(t, canceling(cancelerWorks), slices.Concat(suitetest.PendingCancelerFlaws(), failedStands()))
}
