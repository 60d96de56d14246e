package toss

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"regexp"

	"github.com/jigap/jigap/ports"
)

// The kinds of sellers (documented).
const (
	SellerIndividual         = "INDIVIDUAL"
	SellerIndividualBusiness = "INDIVIDUAL_BUSINESS"
	SellerCorporate          = "CORPORATE"
)

// SellerStatus says what a seller may be paid.
type SellerStatus string

// The statuses of a seller (documented). A seller passes an identity check before the first payout,
// which is repeated every year or every third year.
const (
	SellerApprovalRequired  SellerStatus = "APPROVAL_REQUIRED"
	SellerPartiallyApproved SellerStatus = "PARTIALLY_APPROVED" // 10,000,000 won a week
	SellerKYCRequired       SellerStatus = "KYC_REQUIRED"
	SellerApproved          SellerStatus = "APPROVED"
)

// SellerRequest registers a seller. Of its personal data no formatting shows anything, and nothing
// is kept.
type SellerRequest struct {
	RefSellerID string // ours, never used again: 7 to 20 characters (observed in the code of clients)
	Kind        string // [SellerIndividual] say
	Name        Hidden // of the person, or of the company
	Email       Hidden
	Phone       Hidden // 8 to 15 digits
	// Representative and BusinessNumber are of businesses and companies only.
	Representative Hidden
	BusinessNumber Hidden
	Account        RefundAccount // that payouts go to; the code of the bank has three digits
	Key            string        // idempotency key
}

var (
	refSellerForm      = regexp.MustCompile(`^[A-Za-z0-9_\-]{7,20}$`)
	payoutBankForm     = regexp.MustCompile(`^[0-9]{3}$`)
	emailForm          = regexp.MustCompile(`^[^@\s]+@[^@\s]+$`)
	businessNumberForm = regexp.MustCompile(`^[0-9]{10}$`)
)

func (r SellerRequest) company() bool { return r.Kind != SellerIndividual }

func (r SellerRequest) check() error {
	err := ports.Join(
		checkForm("RefSellerID", r.RefSellerID, refSellerForm, "7 to 20 of the characters A-Z, a-z, 0-9, - and _"),
		checkName("Name", string(r.Name), maxName), checkForm("Email", string(r.Email), emailForm, "an address"),
		checkOptional("Email", string(r.Email), maxName), checkForm("Phone", string(r.Phone), phoneForm, "8 to 15 digits"),
		r.Account.check(), checkForm("Account.Bank", r.Account.Bank, payoutBankForm, "three digits"), checkIdempotencyKey(r.Key),
	)
	switch r.Kind {
	case SellerIndividual:
		if r.Representative != "" || r.BusinessNumber != "" {
			err = ports.Join(err, ports.Invalid("Representative", "is of businesses and companies only, as BusinessNumber is"))
		}
	case SellerIndividualBusiness, SellerCorporate:
		err = ports.Join(
			err, checkName("Representative", string(r.Representative), maxName),
			checkForm("BusinessNumber", string(r.BusinessNumber), businessNumberForm, "10 digits"),
		)
	default:
		err = ports.Join(err, ports.Invalid("Kind", "is not a kind of sellers"))
	}
	return err
}

// hidden are the texts that no error may show.
func (r SellerRequest) hidden() []string {
	return []string{
		string(r.Account.Number), r.Account.Holder, string(r.Name), string(r.Email), string(r.Phone), string(r.Representative), string(r.BusinessNumber),
	}
}

// body is the request with its personal data in the clear.
func (r SellerRequest) body() []byte {
	type party struct {
		Name           string `json:"name"`
		Representative string `json:"representativeName,omitempty"`
		BusinessNumber string `json:"businessRegistrationNumber,omitempty"`
		Email          string `json:"email"`
		Phone          string `json:"phone"`
	}
	type account struct {
		Bank   string `json:"bankCode"`
		Number string `json:"accountNumber"`
		Holder string `json:"holderName"`
	}
	body := struct {
		Ref        string  `json:"refSellerId"`
		Kind       string  `json:"businessType"`
		Individual *party  `json:"individual,omitempty"`
		Company    *party  `json:"company,omitempty"`
		Account    account `json:"account"`
	}{Ref: r.RefSellerID, Kind: r.Kind, Account: account{r.Account.Bank, string(r.Account.Number), r.Account.Holder}}
	of := &party{string(r.Name), string(r.Representative), string(r.BusinessNumber), string(r.Email), string(r.Phone)}
	if r.company() {
		body.Company = of
	} else {
		body.Individual = of
	}
	return jsonOf(body)
}

// String names the seller by our id.
func (r SellerRequest) String() string { return "seller " + r.RefSellerID }

// Format writes [SellerRequest.String], whatever the verb.
func (r SellerRequest) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, r.String()) }

// LogValue is [SellerRequest.String].
func (r SellerRequest) LogValue() slog.Value { return slog.StringValue(r.String()) }

// MarshalJSON shows nothing of the personal data.
func (r SellerRequest) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct{ RefSellerID, Kind string }{r.RefSellerID, r.Kind})
}

// Seller is a seller as the provider shows it, without the personal data.
type Seller struct {
	ID          string // the provider's: what a payout goes to
	RefSellerID string
	Kind        string
	Status      SellerStatus
}

var errSeller = errors.New("answer is not the seller that was asked for")

// RegisterSeller registers a seller, whom the provider then asks to prove an identity. No money
// moves. After a lost answer the same call may be made again for 14 days. The error is an [*Error],
// or [ports.ErrInvalid].
func (p *PayoutClient) RegisterSeller(ctx context.Context, request SellerRequest) (*Seller, error) {
	if err := request.check(); err != nil {
		return nil, err
	}
	req := call{op: "register seller", path: "/v2/sellers", key: request.Key, open: opener(p.keys), rules: sellerRules, hidden: append(request.hidden(), p.hidden()...)}
	sealed, err := p.seal(request.body())
	if err != nil {
		return nil, p.client.failure(req, ClassNotSent, err)
	}
	req.body, req.header = sealed, encrypted(sealed)
	body, err := p.client.post(ctx, req)
	if err != nil {
		return nil, err
	}
	var wire struct{ ID, RefSellerID, BusinessType, Status string }
	if err := entity(body, "seller", &wire); err != nil || wire.ID == "" || wire.Status == "" || wire.RefSellerID != request.RefSellerID {
		failed := p.client.failure(req, ClassUnknown, errSeller)
		failed.Status = http.StatusOK
		return nil, failed
	}
	return &Seller{wire.ID, wire.RefSellerID, wire.BusinessType, SellerStatus(wire.Status)}, nil
}
