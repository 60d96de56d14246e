package kona

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/jigap/jigap/ports"
)

// Meaning is what a code means that the provider does not publish.
type Meaning int

// The meanings that a host may have learnt of.
const (
	// MeansUnknown: as if it had not been learnt.
	MeansUnknown Meaning = iota
	// MeansNoSuchSequence: the result inquiry knows no such sequenceId. It is what
	// lets an order that never arrived end without a person.
	MeansNoSuchSequence
	// MeansMerchantError: the merchantId is refused.
	MeansMerchantError
	// MeansInvalidToken: the one-time token is wrong, used or expired.
	MeansInvalidToken
	// MeansAccountTrouble: the bank has a problem with the member's account.
	MeansAccountTrouble
)

// CardResolver returns the card of a payment method. It may be called concurrently; its
// error is not shown. No card number is kept by this package.
type CardResolver func(ctx context.Context, method Method) (Card, error)

// ChargerConfig is how a [Charger] works.
type ChargerConfig struct {
	// MerchantID is sent with every charge. Required; it is not the ASP id.
	MerchantID string
	// Card finds the card of a payment method. Required.
	Card CardResolver
	// Codes are what the host learnt from the provider of codes that are not
	// published. A code that is neither there nor documented is an unknown.
	Codes map[string]Meaning
	// WithoutPlans are the lists of auto-charge plans that the project's contract does not
	// have. They are not asked for; without this every order would not be sent.
	WithoutPlans []PlanGroup
	// WithoutHistory says that the project's contract does not have the history of
	// transactions. Then a charge that was cancelled by others before its inquiry is
	// approved, and no cancellation is declined: a person decides about each that the
	// provider refused.
	WithoutHistory bool
	// CheckMinimum has Prepare ask for the least that a card can be charged with, see
	// [Client.Cards], and refuse an order below it.
	CheckMinimum bool
}

// Charger is a [ports.Charger] that charges prepaid cards from the accounts that their
// members registered, and a [ports.Canceler]. PaymentMethod of an order is
// [Method.String].
type Charger struct {
	client *Client
	name   string
	config ChargerConfig
}

var (
	_ ports.Charger  = (*Charger)(nil)
	_ ports.Canceler = (*Charger)(nil)
)

// NewCharger returns the Charger of a project. The name of the project is the host's own
// and must never change.
func NewCharger(client *Client, project string, config ChargerConfig) (*Charger, error) {
	if client == nil {
		return nil, ports.Invalid("Client", "is missing")
	}
	errs := []error{ports.CheckID("Project", project), client.checkMerchant(config.MerchantID)}
	if config.Card == nil {
		errs = append(errs, ports.Invalid("Card", "is missing"))
	}
	for _, group := range config.WithoutPlans {
		if group < PlansOfAccount || group > PlansOfCreditCard {
			errs = append(errs, ports.Invalid("WithoutPlans", "holds no list of plans"))
		}
	}
	if len(project) > ports.MaxID/2 {
		errs = append(errs, ports.Invalid("Project", "is longer than %d bytes", ports.MaxID/2))
	}
	if err := ports.Join(errs...); err != nil {
		return nil, err
	}
	config.WithoutPlans = slices.Clone(config.WithoutPlans)
	return &Charger{client: client, name: "kona:" + project, config: config}, nil
}

// Format writes the name, whatever the verb.
func (c *Charger) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, c.name) }

// Name returns "kona:" and the name of the project.
func (c *Charger) Name() string { return c.name }

// Lane returns the lane of the member, "kona:" and the number: the provider runs one
// charge of a member at a time. It is blank for an order that names no member, which
// Prepare refuses.
func (c *Charger) Lane(order ports.ChargeOrder) string {
	method, err := ParseMethod(order.PaymentMethod)
	if err != nil {
		return ""
	}
	return "kona:" + method.UserID.String()
}

var _ ports.Quieter = (*Charger)(nil)

// QuietPeriod returns 15 minutes: no inquiry says earlier that a lost order was not sent,
// unless the provider refused it.
func (c *Charger) QuietPeriod() time.Duration { return quietPeriod }

// sequenceID derives the sequenceId of an operation: the same for ever, 29 characters,
// 144 bits of a hash. The use keeps a charge and a cancellation apart.
func sequenceID(use, operation string) string {
	sum := sha256.Sum256([]byte(use + "\x00" + operation))
	return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(sum[:18]))
}

func chargeID(order ports.ChargeOrder) string { return sequenceID("charge", order.OperationID) }

// Prepare refuses an order while the provider charges the member by itself, for both
// would charge. It needs no evidence: the sequenceId follows from the operation.
func (c *Charger) Prepare(ctx context.Context, order ports.ChargeOrder) ([]byte, *ports.ChargeAnswer) {
	method, err := checkOrder(order)
	if err != nil {
		return nil, refusal(faultOf(err))
	}
	if refused := c.checkMinimum(ctx, method, order); refused != nil {
		return nil, refused
	}
	plans, err := c.client.AutoPlans(ctx, method.UserID, c.config.WithoutPlans...)
	if err != nil {
		return nil, refusal(unsent(err))
	}
	for _, plan := range plans {
		if plan.Active {
			return nil, refusal(ports.ChargeAnswer{
				Answer: ports.Answer{
					Outcome:   ports.OutcomeFault,
					Code:      "auto-charge",
					Permanent: true,
					Message:   "the provider's own auto-charge is active for the member",
				},
			})
		}
	}
	return nil, nil
}

// checkMinimum refuses an order below the least that its card can be charged with. A card
// that the provider does not list, or lists without a least amount, is not refused.
func (c *Charger) checkMinimum(ctx context.Context, method Method, order ports.ChargeOrder) *ports.ChargeAnswer {
	if !c.config.CheckMinimum {
		return nil
	}
	cards, err := c.client.Cards(ctx, method.UserID)
	if err != nil {
		return refusal(unsent(err))
	}
	for _, card := range cards {
		if card.PAR == method.PAR && card.MinimumWon.Valid && order.Amount.LessThan(card.MinimumWon.Decimal) {
			answer := faultOf(ports.Invalid("Amount", "is below the %s won that the card can be charged with at least", card.MinimumWon.Decimal))
			answer.Code = "minimum"
			return refusal(answer)
		}
	}
	return nil
}

func refusal(answer ports.ChargeAnswer) *ports.ChargeAnswer { return &answer }

func checkOrder(order ports.ChargeOrder) (Method, error) {
	method, err := ParseMethod(order.PaymentMethod)
	if order.Currency != "KRW" {
		err = ports.Join(err, ports.Invalid("Currency", "must be KRW"))
	}
	return method, ports.Join(err, ports.CheckID("OperationID", order.OperationID), checkWon(order.Amount))
}

// staleAfter is how long after SentAt an order may still be sent. The quiet period of
// an inquiry counts on it.
const staleAfter = time.Minute

var errStale = errors.New("the order waited too long to be sent")

// Charge fetches a one-time token and sends the order, once. It refuses an order that
// waited for longer than a minute after its SentAt.
//
// After any but the first transmission nothing but success is final: a refusal may be
// the echo of a first copy that went through.
func (c *Charger) Charge(ctx context.Context, order ports.ChargeOrder) ports.ChargeAnswer {
	return sole(order.Transmissions, c.charge(ctx, order))
}

func (c *Charger) charge(ctx context.Context, order ports.ChargeOrder) ports.ChargeAnswer {
	method, err := checkOrder(order)
	if err != nil {
		return faultOf(err)
	}
	token, _, refused := c.token(ctx, method, order.SentAt)
	if refused != nil {
		return *refused
	}
	charged, err := c.client.Charge(ctx, ChargeRequest{
		SequenceID: chargeID(order), UserID: method.UserID, Amount: order.Amount, Token: token, MerchantID: c.config.MerchantID,
	})
	if err != nil {
		return c.answerOf(err)
	}
	if charged.Pending {
		return ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomePending, ProviderRef: charged.Number, InquireAfter: firstInquiry}}
	}
	return ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeApproved, ProviderRef: charged.Number}}
}

// token fetches a one-time token for an order that was written down as sent at a time.
// Whatever fails here, the order itself was not sent.
func (c *Charger) token(ctx context.Context, method Method, sentAt time.Time) (OneTimeToken, Card, *ports.ChargeAnswer) {
	card, err := c.config.Card(ctx, method)
	if err != nil {
		return OneTimeToken{}, Card{}, refusal(ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeNotSent, Code: "card", Message: "the card could not be looked up"}})
	}
	if late := c.client.clock.Now().Sub(sentAt); !sentAt.IsZero() && late > staleAfter {
		return OneTimeToken{}, Card{}, refusal(ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeNotSent, Code: "stale", Message: errStale.Error()}})
	}
	token, err := c.client.IssueToken(ctx, card)
	if err != nil {
		return OneTimeToken{}, Card{}, refusal(unsent(err))
	}
	return token, card, nil
}
