package kona

import (
	"errors"
	"net/http"
	"time"

	"github.com/jigap/jigap/adapters/httpcall"
	"github.com/jigap/jigap/ports"
)

const (
	// firstInquiry is how soon after the order the first question is worth asking.
	firstInquiry = 30 * time.Second
	alarmTrouble = "the bank has a problem with the member's account"
)

// answerOf makes an answer of a failed charge or cancellation, as it is for the only
// transmission.
func (c *Charger) answerOf(err error) ports.ChargeAnswer {
	failed := errorOf(err)
	c.learn(failed)
	answer := ports.ChargeAnswer{
		Answer: ports.Answer{
			Outcome:   outcomeOf(failed.Class),
			Code:      failed.Code,
			Message:   failed.Message,
			Alarm:     failed.Alarm,
			Permanent: failed.Permanent,
		},
		NextMethod: failed.OtherMethod,
	}
	if failed.Confirm && answer.Outcome.Final() {
		answer.Likely, answer.Outcome = answer.Outcome, ports.OutcomeUnknown
	}
	if answer.Outcome == ports.OutcomeUnknown {
		answer.InquireAfter = firstInquiry
	}
	return answer
}

// learn applies what the host knows of a code that no rule names.
func (c *Charger) learn(failed *Error) {
	if failed.Status != http.StatusBadRequest || failed.Class != ClassUnknown || failed.Alarm != "" || failed.Code == "" {
		return
	}
	switch c.config.Codes[failed.Code] {
	case MeansMerchantError:
		failed.Class, failed.Permanent, failed.Alarm = ClassFault, true, alarmMerchant
	case MeansInvalidToken:
		failed.Class = ClassNotExecuted
	case MeansAccountTrouble:
		failed.Class, failed.Permanent, failed.OtherMethod, failed.Alarm = ClassDeclined, true, true, alarmTrouble
	case MeansUnknown, MeansNoSuchSequence:
	}
}

func errorOf(err error) *Error {
	failed := new(Error)
	if !errors.As(err, &failed) {
		return &Error{Message: "no answer"}
	}
	copied := *failed
	return &copied
}

func outcomeOf(class Class) ports.Outcome {
	switch class {
	case ClassDeclined:
		return ports.OutcomeDeclined
	case ClassNotSent, ClassNotExecuted:
		return ports.OutcomeNotSent
	case ClassFault:
		return ports.OutcomeFault
	case ClassUnknown:
	}
	return ports.OutcomeUnknown
}

// sole lets a refusal be final only for the one transmission of a sequenceId.
func sole(transmissions int, answer ports.ChargeAnswer) ports.ChargeAnswer {
	if transmissions == 1 || !answer.Outcome.Final() || answer.Outcome == ports.OutcomeApproved {
		if transmissions != 1 {
			answer.Likely, answer.Permanent, answer.NextMethod = ports.OutcomeUnknown, false, false
		}
		return answer
	}
	return ports.ChargeAnswer{
		Answer: ports.Answer{
			Outcome:      ports.OutcomeUnknown,
			Code:         answer.Code,
			Message:      answer.Message,
			Alarm:        answer.Alarm,
			InquireAfter: firstInquiry,
		},
	}
}

// unsent is the answer when something failed before the order was sent. A fault that
// must be confirmed counts as not sent here: there is no order to confirm it by.
func unsent(err error) ports.ChargeAnswer {
	failed := errorOf(err)
	answer := ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeNotSent, Code: failed.Code, Message: failed.Message, Alarm: failed.Alarm}}
	if failed.Class == ClassFault && !failed.Confirm {
		answer.Outcome, answer.Permanent = ports.OutcomeFault, failed.Permanent
	}
	return answer
}

// faultOf is an order that must not be sent as it is.
func faultOf(err error) ports.ChargeAnswer {
	return ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeFault, Code: "invalid", Message: httpcall.Redact(err.Error())}}
}
