package tosstest

import (
	"slices"

	"github.com/shopspring/decimal"
)

// SellerConfig is what a seller begins with.
type SellerConfig struct {
	Status        string // Defaults to "APPROVED"
	BankCode      string // Defaults to "088"
	AccountNumber string // Defaults to random digits
	Holder        string // Defaults to "홍길동"
}

// seller is whom payouts go to.
type seller struct {
	SellerConfig
	id, ref, kind string
}

// NewSeller registers a seller and returns the id.
func (s *Simulator) NewSeller(config SellerConfig) (id string) {
	s.world.Lock()
	defer s.world.Unlock()
	made := &seller{SellerConfig: config, id: "seller_" + s.lower(20), ref: "ref" + s.lower(10), kind: "INDIVIDUAL"}
	fill(&made.Status, "APPROVED")
	fill(&made.BankCode, "088")
	fill(&made.AccountNumber, s.digits(12))
	fill(&made.Holder, "홍길동")
	s.sellers[made.id] = made
	return made.id
}

// fill sets a blank text.
func fill(text *string, usual string) {
	if *text == "" {
		*text = usual
	}
}

// SetSeller gives a seller a status, as the provider does after an identity check, and
// reports whether there is one. PARTIALLY_APPROVED, KYC_REQUIRED and APPROVED are announced
// by a signed webhook (documented).
func (s *Simulator) SetSeller(id, status string) bool {
	now := s.world.Enter()
	defer s.world.Unlock()
	found := s.sellers[id]
	if found == nil {
		return false
	}
	found.Status = status
	if slices.Contains([]string{"PARTIALLY_APPROVED", "KYC_REQUIRED", "APPROVED"}, status) {
		s.sendSigned(now, found.ref, "seller", found.wire())
	}
	return true
}

// wire is a seller as answers show it.
func (c *seller) wire() map[string]any {
	return map[string]any{
		"id": c.id, "refSellerId": c.ref, "businessType": c.kind, "status": c.Status,
		"account": map[string]any{"bankCode": c.BankCode, "accountNumber": c.AccountNumber, "holderName": c.Holder},
	}
}

// postSeller registers a seller. It begins with APPROVAL_REQUIRED (documented).
func postSeller(s *Simulator, r *request) *result {
	var body struct {
		Ref     string         `json:"refSellerId"`
		Kind    string         `json:"businessType"`
		Person  map[string]any `json:"individual"`
		Company map[string]any `json:"company"`
		Account sellerAccount  `json:"account"`
	}
	read := r.decode(&body)
	isCompany := body.Kind != "INDIVIDUAL"
	taken := false
	for _, other := range s.sellers {
		taken = taken || other.ref == body.Ref
	}
	switch {
	case !read || taken || !chars(body.Ref, 7, 20) || !slices.Contains([]string{"INDIVIDUAL", "INDIVIDUAL_BUSINESS", "CORPORATE"}, body.Kind),
		isCompany && body.Company == nil || !isCompany && body.Person == nil:
		return r.refuse(codeInvalidRequest)
	case len(body.Account.BankCode) != 3 || !accountForm.MatchString(body.Account.Number) || !chars(body.Account.Holder, 1, 60):
		return r.refuse(codeInvalidRequest)
	}
	made := &seller{id: "seller_" + s.lower(20), ref: body.Ref, kind: body.Kind, SellerConfig: SellerConfig{
		Status: "APPROVAL_REQUIRED", BankCode: body.Account.BankCode, AccountNumber: body.Account.Number, Holder: body.Account.Holder,
	}}
	s.sellers[made.id] = made
	return r.envelope("seller", made.wire())
}

// sellerAccount is an account as version 2 names its fields.
type sellerAccount struct {
	BankCode string `json:"bankCode"`
	Number   string `json:"accountNumber"`
	Holder   string `json:"holderName"`
}

// SetBalance says what the shop can pay out. Defaults to 10^9.
func (s *Simulator) SetBalance(available decimal.Decimal) {
	s.world.Enter()
	defer s.world.Unlock()
	s.balance = available
}

func getBalance(s *Simulator, r *request) *result {
	return r.envelope("balance", map[string]any{"pendingAmount": money(decimal.Zero), "availableAmount": money(s.balance)})
}

// money is an amount as version 2 shows it.
func money(amount decimal.Decimal) map[string]any {
	return map[string]any{"currency": "KRW", "value": figure(amount)}
}
