package solapi

import (
	"errors"
	"time"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/adapters/httpcall"
	"github.com/jigap/jigap/ports"
)

const currency = "KRW"

// laneOf is the lane, and the name, of everything that moves money on one account.
func laneOf(account string) (string, error) {
	lane := "solapi:" + account
	if account == "" {
		return "", ports.Invalid("Account", "is blank")
	}
	return lane, ports.CheckID("Account", lane)
}

// checkOrder refuses what cannot be sent.
func checkOrder(amount decimal.Decimal, code string) error {
	err := checkWon("Amount", amount)
	if code != currency {
		err = ports.Join(err, ports.Invalid("Currency", "must be %s", currency))
	}
	return err
}

// finding is an error in the words of the ports.
type finding struct {
	outcome   ports.Outcome
	likely    ports.Outcome
	code      string
	message   string
	next      bool
	permanent bool
	alarm     string
	wait      time.Duration
}

// outcomeOf returns the outcome that a class stands for once it is certain.
func outcomeOf(class Class) ports.Outcome {
	switch class {
	case ClassDeclined:
		return ports.OutcomeDeclined
	case ClassNotSent, ClassNotExecuted, ClassThrottled:
		return ports.OutcomeNotSent
	case ClassFault:
		return ports.OutcomeFault
	case ClassUnknown:
	}
	return ports.OutcomeUnknown
}

// findingOf says what a failed order means. A class that asks to be confirmed is
// unknown, with a likely outcome and a short pause.
func findingOf(err error) finding {
	var failed *Error
	if !errors.As(err, &failed) {
		return finding{message: httpcall.Redact(err.Error())}
	}
	found := finding{
		outcome: outcomeOf(failed.Class), code: failed.Code, message: failed.Message,
		next: failed.OtherMethod, permanent: failed.Permanent, alarm: failed.Alarm,
	}
	switch {
	case failed.Class == ClassThrottled:
		found.wait = max(failed.RetryAfter, throttlePause)
	case failed.Confirm || failed.Class == ClassUnknown:
		found.wait = confirmPause
	}
	if failed.Confirm {
		found.outcome, found.likely = ports.OutcomeUnknown, found.outcome
	}
	return found
}

// refusalOf says what a failed read means before anything was sent: a fault that the
// provider names stays one, anything else is an order that was not sent. A fault that
// must be confirmed counts as not sent here, because there is no order to confirm it by; it
// raises an alarm.
func refusalOf(err error) finding {
	found := findingOf(err)
	if found.likely == ports.OutcomeFault && found.alarm == "" {
		found.alarm = alarmAsked
	}
	if found.outcome != ports.OutcomeFault {
		found.outcome, found.permanent = ports.OutcomeNotSent, false
	}
	found.likely, found.next, found.wait = ports.OutcomeUnknown, false, 0
	return found
}

// answer returns the finding as an answer about an order.
func (f finding) answer() ports.Answer {
	return ports.Answer{
		Outcome: f.outcome, Likely: f.likely, Code: f.code, Message: f.message,
		Permanent: f.permanent, Alarm: f.alarm, InquireAfter: f.wait,
	}
}

func (f finding) charge() ports.ChargeAnswer {
	return ports.ChargeAnswer{Answer: f.answer(), NextMethod: f.next}
}

func (f finding) payout() ports.PayoutAnswer { return ports.PayoutAnswer{Answer: f.answer()} }

// ofAll returns what an answer to the last of several transmissions says of all of them: a
// refusal of the last leaves open what became of the others.
func ofAll(transmissions int, answer ports.Answer) ports.Answer {
	if transmissions <= 1 || answer.Outcome == ports.OutcomeApproved || answer.Outcome == ports.OutcomePending {
		return answer
	}
	answer.Outcome, answer.Permanent = ports.OutcomeUnknown, false
	if answer.Likely != ports.OutcomeApproved {
		answer.Likely = ports.OutcomeUnknown
	}
	return answer
}

// faultFinding is a refusal of ours.
func faultFinding(code string, err error) finding {
	return finding{outcome: ports.OutcomeFault, code: code, message: httpcall.Redact(err.Error())}
}

// staleFinding is an order that was held back.
func staleFinding() finding {
	return finding{outcome: ports.OutcomeNotSent, code: "stale", message: "the order waited too long to be sent"}
}
