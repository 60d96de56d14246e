package toss

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/jigap/jigap/adapters/httpcall"
	"github.com/jigap/jigap/ports"
)

// shop is what the chargers of a shop have in common.
type shop struct {
	client *Client
	shop   string
	kind   kind
}

// methods are what the names of the adapters begin with.
var methods = map[kind]string{ //nolint:gochecknoglobals // constant table
	kindBilling: "billing", kindWindow: "window", kindAccount: "account", kindPayout: "payout",
}

// newShop checks what all adapters need.
func newShop(client *Client, name string, of kind) (shop, error) {
	err := ports.CheckMade("Client", client)
	if err == nil && of != kindWindow {
		err = client.individual()
	}
	err = ports.Join(err, ports.CheckID("Shop", name))
	if len(name) > ports.MaxID/2 {
		err = ports.Join(err, ports.Invalid("Shop", "is longer than %d bytes", ports.MaxID/2))
	}
	return shop{client, name, of}, err
}

// Name returns what the adapter is, "@toss:" and the name of the shop: "billing@toss:main" say. The
// adapters of one shop share its payments: see [ports.MerchantOf].
func (s shop) Name() string { return s.nameOf(s.kind) }

func (s shop) nameOf(of kind) string { return methods[of] + "@toss:" + s.shop }

// Format writes the name, whatever the verb.
func (s shop) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, s.Name()) }

// Lane returns nothing: the provider tells orders apart by their orderId, however many are on
// their way.
func (shop) Lane(ports.ChargeOrder) string { return "" }

func (s shop) now() time.Time { return s.client.clock.Now() }

func (s shop) orderID(order ports.ChargeOrder) string { return orderID(s.kind, order.OperationID) }

// checkOrder refuses what the provider does not take.
func checkOrder(order ports.ChargeOrder, least int64) error {
	err := ports.Join(ports.CheckID("OperationID", order.OperationID), checkWon("Amount", order.Amount, least))
	if order.Currency != Currency {
		err = ports.Join(err, ports.Invalid("Currency", "must be %s", Currency))
	}
	return err
}

func refusal(answer ports.ChargeAnswer) *ports.ChargeAnswer { return &answer }

// faultOf is an order that must not be sent as it is.
func faultOf(err error) ports.ChargeAnswer {
	return ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeFault, Code: "invalid", Message: httpcall.Redact(err.Error())}}
}

// lookupFailed is an order whose payment method the host could not look up. The host's error is
// not shown.
func lookupFailed(err error, what string) ports.ChargeAnswer {
	answer := ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeNotSent, Code: what, Message: "the host could not look up the " + what}}
	if errors.Is(err, ports.ErrNotFound) {
		answer.Outcome, answer.Permanent, answer.Message = ports.OutcomeFault, true, "the host has no such "+what
	}
	return answer
}

const messageChanged = "the order is not sent: the secret key, the address or the payment method is another one than when it was prepared"

const messageTooLate = "the order is not sent: it was first sent too long ago"

// tooLate is the answer to an order that is not sent, because an inquiry may have given it up, or its
// idempotency key no longer has it executed once.
func tooLate(transmissions int) ports.ChargeAnswer {
	return sole(transmissions, ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeNotSent, Code: "too late", Message: messageTooLate}})
}

// send sends the request of an order, if it is the one that was prepared and its idempotency key is
// not too old, and judges the answer.
func (s shop) send(ctx context.Context, order ports.ChargeOrder, req call) ports.ChargeAnswer {
	if s.now().Sub(sentAt(order)) >= resendFor {
		return tooLate(order.Transmissions)
	}
	if !s.client.same(readEvidence(order.Evidence), req) {
		return sole(order.Transmissions, ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeNotSent, Code: "changed", Message: messageChanged}})
	}
	return s.sent(ctx, order, req)
}

// sent sends a request, and judges the answer. A provider that has worked on a request for ten minutes
// may have lost it.
func (s shop) sent(ctx context.Context, order ports.ChargeOrder, req call) ports.ChargeAnswer {
	payment, err := s.client.pay(ctx, req)
	if err == nil {
		return s.judge(order, payment, false)
	}
	answer := failedAnswer(order.Transmissions, err)
	if answer.Outcome == ports.OutcomePending && s.now().Sub(sentAt(order)) >= personAfter {
		answer.Outcome = ports.OutcomeUnknown
	}
	return answer
}

// sole lets an answer that says only what became of this transmission be final only for the first.
func sole(transmissions int, answer ports.ChargeAnswer) ports.ChargeAnswer {
	if transmissions <= 1 || !answer.Outcome.Final() || answer.Outcome == ports.OutcomeApproved {
		return answer
	}
	return ports.ChargeAnswer{Answer: ports.Answer{
		Outcome: ports.OutcomeUnknown, Code: answer.Code, Message: answer.Message, Alarm: answer.Alarm, InquireAfter: confirmPause,
	}}
}

// failedAnswer makes an answer of a failed request of an order.
func failedAnswer(transmissions int, err error) ports.ChargeAnswer {
	failed := errorOf(err)
	answer := ports.ChargeAnswer{
		Answer: ports.Answer{
			Outcome: outcomeOf(failed.Class), Code: failed.Code, Message: failed.words(), Alarm: failed.Alarm, Permanent: failed.Permanent, InquireAfter: failed.Wait,
		},
		NextMethod: failed.OtherMethod,
	}
	if failed.Unread || failed.Class == ClassNotSent {
		answer = sole(transmissions, answer)
	}
	if (failed.Confirm || transmissions > 1) && answer.Outcome.Final() {
		answer.Likely, answer.Outcome = answer.Outcome, ports.OutcomeUnknown
	}
	return plain(answer)
}

// plain drops what an answer of its outcome does not say.
func plain(answer ports.ChargeAnswer) ports.ChargeAnswer {
	if answer.Outcome == ports.OutcomeUnknown && answer.InquireAfter == 0 {
		answer.InquireAfter = confirmPause
	}
	if answer.Outcome.Final() {
		answer.InquireAfter = 0
	}
	said := answer.Outcome
	if said == ports.OutcomeUnknown {
		said = answer.Likely
	}
	answer.Permanent = answer.Permanent && (said == ports.OutcomeDeclined || said == ports.OutcomeFault)
	answer.NextMethod = answer.NextMethod && said == ports.OutcomeDeclined
	return answer
}

func errorOf(err error) *Error {
	failed := new(Error)
	if !errors.As(err, &failed) {
		return &Error{Message: "no answer"}
	}
	return failed
}

func outcomeOf(class Class) ports.Outcome {
	switch class {
	case ClassDeclined:
		return ports.OutcomeDeclined
	case ClassNotSent, ClassNotExecuted:
		return ports.OutcomeNotSent
	case ClassFault:
		return ports.OutcomeFault
	case ClassWorking:
		return ports.OutcomePending
	case ClassUnknown:
	}
	return ports.OutcomeUnknown
}

// joined is several texts, without those that are blank.
func joined(texts ...string) string {
	kept := texts[:0]
	for _, text := range texts {
		if text != "" {
			kept = append(kept, text)
		}
	}
	return strings.Join(kept, "; ")
}
