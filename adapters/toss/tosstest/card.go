package tosstest

import (
	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/adapters/providertest"
)

// CardConfig is what a card begins with.
type CardConfig struct {
	CustomerKey string          // Defaults to a random UUID
	Limit       decimal.Decimal // what the card may be charged with in all. Defaults to 10^9
}

// Card is a card with a registered billing key.
type Card struct {
	sim                  *Simulator
	billingKey, customer string
	number               string
	limit, charged       decimal.Decimal
	removed              bool
}

// NewCard registers a card.
func (s *Simulator) NewCard(config CardConfig) *Card {
	s.world.Lock()
	defer s.world.Unlock()
	return s.newCard(config)
}

func (s *Simulator) newCard(config CardConfig) *Card {
	if config.CustomerKey == "" {
		config.CustomerKey = s.uuid()
	}
	if config.Limit.IsZero() {
		config.Limit = decimal.NewFromInt(1_000_000_000)
	}
	c := &Card{sim: s, billingKey: s.text(43) + "=", customer: config.CustomerKey, number: "9410" + s.digits(12), limit: config.Limit}
	s.cards[c.billingKey] = c
	return c
}

// BillingKey returns the key with which the card is charged. It ends in "=".
func (c *Card) BillingKey() string { return c.billingKey }

// CustomerKey returns the customerKey for which the billing key was issued.
func (c *Card) CustomerKey() string { return c.customer }

// Number returns the whole number of the card, which no answer shows.
func (c *Card) Number() string { return c.number }

// Charged returns what the card was charged with, less what was cancelled.
func (c *Card) Charged() decimal.Decimal {
	c.sim.world.Enter()
	defer c.sim.world.Unlock()
	return c.charged
}

// AuthKey returns what the billing window hands out for a customer: it is good for one
// billing key.
func (s *Simulator) AuthKey(customerKey string) string {
	s.world.Lock()
	defer s.world.Unlock()
	key := "bln_" + s.text(32)
	s.authKeys[key] = customerKey
	return key
}

// postIssue makes a billing key of an authKey. A used authKey has its documented code, and
// one that was never handed out the observed one.
func postIssue(s *Simulator, r *request) *result {
	var body struct {
		AuthKey     string `json:"authKey"`
		CustomerKey string `json:"customerKey"`
	}
	if !r.decode(&body) || !chars(body.AuthKey, 1, 300) {
		return r.refuse(codeInvalidRequest)
	}
	if refusal := refuseCustomer(body.CustomerKey); refusal != "" {
		return r.refuse(refusal)
	}
	customer, handedOut := s.authKeys[body.AuthKey]
	switch {
	case !handedOut:
		return r.refuse("NOT_FOUND_BILLING")
	case customer == "":
		return r.refuse("INVALID_BILLING_AUTH")
	case customer != body.CustomerKey:
		return r.refuse("NOT_MATCHES_CUSTOMER_KEY")
	}
	s.authKeys[body.AuthKey] = ""
	card := s.newCard(CardConfig{CustomerKey: customer})
	return ok(map[string]any{
		"mId": s.shop.MID, "customerKey": card.customer, "authenticatedAt": stamp(r.now), "method": string(MethodCard),
		"billingKey": card.billingKey, "transfers": nil, "card": map[string]any{
			"issuerCode": "41", "acquirerCode": "41", "number": masked(card.number), "cardType": "신용", "ownerType": "개인",
		},
	})
}

// refuseCustomer checks a customerKey. One with more than 300 characters is answered as the
// server did (observed).
func refuseCustomer(key string) (code string) {
	switch {
	case len(key) > 300:
		return "FAILED_DB_PROCESSING"
	case !customerForm.MatchString(key):
		return "INVALID_CUSTOMER_KEY"
	}
	return ""
}

// deleteBilling answers with an empty body (documented).
func deleteBilling(s *Simulator, r *request) *result {
	card := s.cards[r.params[0]]
	switch {
	case card == nil:
		return r.refuse("NOT_FOUND_BILLING")
	case card.removed:
		return r.refuse("ALREADY_REMOVED_BILLING_KEY")
	}
	card.removed = true
	s.post(r.now, "", "BILLING_DELETED", map[string]any{"billingKey": card.billingKey, "reason": nil})
	return empty()
}

// charge is the body of a charge.
type charge struct {
	Amount      providertest.Number `json:"amount"`
	CustomerKey string              `json:"customerKey"`
	OrderID     string              `json:"orderId"`
	OrderName   string              `json:"orderName"`
	TaxFree     providertest.Number `json:"taxFreeAmount"`
	Exemption   providertest.Number `json:"taxExemptionAmount"`
}

// valid checks the form of a charge and returns its amounts.
func (s *Simulator) valid(body *charge) (amount, taxFree decimal.Decimal, valid bool) {
	amount, whole := won(body.Amount)
	taxFree, taxFreeWhole := won(body.TaxFree)
	_, exemptionWhole := won(body.Exemption)
	return amount, taxFree, whole && taxFreeWhole && exemptionWhole && body.Amount != "" &&
		!taxFree.GreaterThan(amount) && s.validOrder(body.OrderID) && chars(body.OrderName, 1, 100)
}

// minimumCard and minimumAccount are documented.
const (
	minimumCard    = 100
	minimumAccount = 200
)

func postCharge(s *Simulator, r *request) *result {
	card := s.cards[r.params[0]]
	var body charge
	read := r.decode(&body)
	amount, taxFree, valid := s.valid(&body)
	switch {
	case card == nil:
		return r.refuse("NOT_FOUND_BILLING")
	case card.removed:
		return r.refuse("ALREADY_REMOVED_BILLING_KEY")
	case !read || !valid:
		return r.refuse(codeInvalidRequest)
	case refuseCustomer(body.CustomerKey) != "":
		return r.refuse(refuseCustomer(body.CustomerKey))
	case body.CustomerKey != card.customer:
		return r.refuse("NOT_MATCHES_CUSTOMER_KEY")
	case amount.LessThan(decimal.NewFromInt(minimumCard)):
		return r.refuse(codeBelowMinimum)
	case s.isTaken(body.OrderID, nil):
		return r.refuse(codeDuplicatedOrder)
	}
	made := func() *payment {
		p := s.bill(card, body.OrderID, amount, r)
		p.name, p.taxFree = body.OrderName, taxFree
		return p
	}
	return s.execute(r, func() *result {
		if card.charged.Add(amount).GreaterThan(card.limit) {
			return r.refuse(codeRejectCard)
		}
		p := made()
		s.approve(p, r.now)
		return ok(s.wire(p, r.now))
	}, func(code string) { s.abort(made(), code, r.now) })
}

// bill opens a payment by a card.
func (s *Simulator) bill(card *Card, orderID string, amount decimal.Decimal, r *request) *payment {
	p := s.record(orderID, "BILLING", MethodCard, amount, r.now)
	p.card, p.cardNumber, p.CustomerKey, p.BillingKey = card, card.number, card.customer, card.billingKey
	p.labeled(r)
	return p
}

// ChargeOutside charges a card as others do who have the shop's key, and returns the
// paymentKey.
func (s *Simulator) ChargeOutside(card *Card, amount decimal.Decimal) (paymentKey string) {
	now := s.world.Enter()
	defer s.world.Unlock()
	p := s.record("outside-"+s.lower(16), "BILLING", MethodCard, amount, now)
	p.card, p.cardNumber, p.CustomerKey, p.BillingKey, p.Outside = card, card.number, card.customer, card.billingKey, true
	s.approve(p, now)
	return p.Key
}
