package recharge

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/internal/order"
	"github.com/jigap/jigap/internal/record"
	"github.com/jigap/jigap/ports"
)

// ErrNoConfirm is returned by Confirm if the Charger does not implement [ports.Confirmer].
var ErrNoConfirm = errors.New("charger has no payment window")

// ErrNotConfirmed is returned by Confirm if the Charger refuses the token. The error is a
// [NotConfirmedError].
var ErrNotConfirmed = errors.New("payment is not confirmed")

// NotConfirmedError says why the Charger refused a token. Nothing was sent that moves money, and
// the recharge awaits its customer as before. It matches [ErrNotConfirmed].
type NotConfirmedError struct {
	Outcome ports.Outcome // declined, not sent or fault
	Code    string        // the provider's
	Message string        // the provider's words, for people
}

// Error says what the Charger answered.
func (e *NotConfirmedError) Error() string {
	return order.Because(fmt.Sprintf("%v: %s %s", ErrNotConfirmed, e.Outcome, e.Code), e.Message)
}

// Is reports whether target is [ErrNotConfirmed].
func (e *NotConfirmedError) Is(target error) bool { return target == ErrNotConfirmed }

// ConfirmRequest is what a payment window returned.
type ConfirmRequest struct {
	ID     string          // of the recharge that the window was opened for
	Token  string          // the provider's name of the payment. The Charger keeps of it what it needs to inquire
	Amount decimal.Decimal // that the window says is paid
}

// Confirm sends a recharge that the customer has agreed to in a payment window. The amount, and
// through the Charger the token, are compared with the record before anything is sent. It returns
// the recharge as it is when the Charger has answered, as [Service.Recharge] does.
//
// The same token returns the same recharge, at any stage, and sends nothing again. A recharge that
// was confirmed with another token, or that has ended, is [ports.ErrNotOpen]. Another Amount is
// [ports.ErrInvalid]; a token that the Charger refuses is a [NotConfirmedError]; a lane that is
// taken is an [InProgressError]. With these nothing was sent, and the record is as it was.
// With another error the same call tells what became of it. A confirmation that provably did not
// reach the provider ends the recharge as failed: begin another one. One whose answer was lost leaves
// the recharge unknown: the worker inquires about it, and a notification of the provider that is
// passed to [Service.InquireNow] ends it sooner.
func (s *Service) Confirm(ctx context.Context, request ConfirmRequest) (*ports.Recharge, error) {
	_, errAmount := ports.CheckAmount("Amount", request.Amount, ports.MaxScale)
	err := ports.Join(ports.CheckID("ID", request.ID), ports.CheckText("Token", request.Token, maxToken), errAmount)
	if request.Token == "" {
		err = ports.Join(err, ports.Invalid("Token", "is blank"))
	}
	var op *ports.Recharge
	if err == nil {
		op, err = again(func() (*ports.Recharge, error) { return s.confirm(ctx, &request) })
	}
	if err != nil {
		return op, record.About("confirm", "recharge", request.ID, err)
	}
	return op, nil
}

// maxToken is how long a token may be, in bytes.
const maxToken = 4096

// confirm confirms a recharge as it is. It returns [ports.ErrConflict] if the record changed
// meanwhile.
func (s *Service) confirm(ctx context.Context, request *ConfirmRequest) (*ports.Recharge, error) {
	op, err := s.Get(ctx, request.ID)
	if err != nil {
		return nil, err
	}
	digest := digestOf(op.ID, request.Token)
	switch {
	case !request.Amount.Equal(op.Amount):
		return nil, ports.Invalid("Amount", "is %s, and the recharge is of %s", request.Amount, op.Amount)
	case op.Confirmed == digest:
		return op, nil
	case op.Status != ports.RechargeAwaiting || op.Transmissions > 0 || !s.now().Before(op.Deadline):
		return nil, fmt.Errorf("%w: it is %s, and its deadline is %s", ports.ErrNotOpen, op.Status, op.Deadline.Format(time.RFC3339))
	}
	to, err := s.confirming(op, request.Token)
	if err != nil {
		return nil, err
	}
	evidence, refusal := s.charges.Prepare(ctx, op, to)
	if refusal != nil {
		return nil, &NotConfirmedError{Outcome: refusal.Outcome, Code: order.Truncate(refusal.Code), Message: order.Truncate(refusal.Message)}
	}
	next := order.Clone(op)
	next.Status, next.Evidence, next.Confirmed, next.Awaited = ports.RechargeSending, evidence, digest, false
	if next.Lane, err = s.lane(s.chargers[op.Charger], op); err != nil {
		return nil, err
	}
	sent, err := s.charges.Transmit(ctx, next, to)
	switch {
	case errors.Is(err, ports.ErrLaneTaken): // it is not written, and not sent
		return nil, s.busy(ctx, next.Lane)
	case err != nil && !errors.Is(err, ports.ErrUndecided):
		return nil, err
	}
	return sent, err
}

// busy returns the error of a lane that was taken, with the order that has it, if that can be read
// and has not ended since.
func (s *Service) busy(ctx context.Context, lane string) error {
	taken := &InProgressError{Lane: lane}
	holders, err := s.store.FindOperations(ctx, ports.OperationFilter{Lane: lane, Open: true, Limit: 1})
	if err == nil && len(holders) > 0 {
		taken.OperationID = holders[0].Head().ID
	}
	return taken
}

// confirming is the Charger of a recharge that is prepared with a token.
func (s *Service) confirming(op *ports.Recharge, token string) (*order.Provider[*ports.Recharge, ports.ChargeAnswer], error) {
	to := s.charging(op.Charger)
	if to == nil {
		return nil, record.UnknownName("Charger", s.Chargers())
	}
	confirmer, can := ports.As[ports.Confirmer](s.chargers[op.Charger])
	if !can {
		return nil, fmt.Errorf("%s: %w", op.Charger, ErrNoConfirm)
	}
	to.Prepare = func(ctx context.Context, op *ports.Recharge) ([]byte, *ports.ChargeAnswer) {
		evidence, refusal := confirmer.PrepareConfirm(ctx, chargeOrder(op), token)
		if refusal != nil {
			*refusal = without(token, *refusal)
		}
		return evidence, refusal
	}
	send := to.Send
	to.Send = func(ctx context.Context, op *ports.Recharge) ports.ChargeAnswer { return without(token, send(ctx, op)) }
	return to, nil
}

// without takes a token out of the texts of an answer: a provider may quote it.
func without(token string, answer ports.ChargeAnswer) ports.ChargeAnswer {
	for _, text := range []*string{&answer.Code, &answer.Message, &answer.Review, &answer.Alarm} {
		*text = strings.ReplaceAll(*text, token, "…")
	}
	return answer
}

// digestOf is what a record keeps of a token.
func digestOf(id, token string) string {
	sum := sha256.Sum256([]byte(id + "\n" + token))
	return hex.EncodeToString(sum[:16])
}
