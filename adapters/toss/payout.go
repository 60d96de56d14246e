package toss

import (
	"encoding/json"
	"errors"
	"regexp"
	"time"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/adapters/httpcall"
	"github.com/jigap/jigap/ports"
)

// PayoutStatus is the provider's status of a payout. The provider may add others without notice
// (documented; the code of clients knows DELETED and REJECTED).
type PayoutStatus string

// The statuses of a payout (documented).
const (
	PayoutRequested  PayoutStatus = "REQUESTED"
	PayoutInProgress PayoutStatus = "IN_PROGRESS"
	PayoutCompleted  PayoutStatus = "COMPLETED" // paid
	PayoutFailed     PayoutStatus = "FAILED"    // the bank refused it, hours later perhaps; FailureCode says why
	PayoutCanceled   PayoutStatus = "CANCELED"  // of a day to come only
)

// When a payout is paid (documented).
const (
	ScheduleExpress   = "EXPRESS"   // at once: on business days from 08:00 to 15:00 in Korea
	ScheduleScheduled = "SCHEDULED" // on a business day to come, within a year
)

// Payout is a payout as the provider shows it.
type Payout struct {
	ID          string // the provider's: "FPA_…"
	RefPayoutID string // ours
	Seller      string // the provider's id of the seller
	Schedule    string
	Date        string          // day, yyyy-mm-dd; blank where the provider shows none
	Amount      decimal.Decimal // in whole units of Currency
	Currency    string
	Description string // that the seller reads in the bank's statement
	RequestedAt Timestamp
	Status      PayoutStatus
	FailureCode string // of a payout that failed; the provider's words may name the seller, and are not kept
}

// maxDescription is how long the description of a payout may be, in characters (documented).
const maxDescription = 7

// maxPayout is what a payout must be less than, in won (documented).
const maxPayout = 1_000_000_000

var dayForm = regexp.MustCompile(`^[0-9]{4}-[0-9]{2}-[0-9]{2}$`)

// PayoutRequest is a payout to a registered seller. RefPayoutID must be unique; how long it may be
// is not known, nor is the code that a second one is refused with.
type PayoutRequest struct {
	RefPayoutID string          // 6 to 64 of A-Z, a-z, 0-9, - and _ (our bound)
	Seller      string          // the provider's id of the seller
	Amount      decimal.Decimal // whole won, less than 1,000,000,000
	Description string          // 1 to 7 characters, that the seller reads in the bank's statement
	Date        string          // day of a scheduled payout, yyyy-mm-dd; blank: at once
	Key         string          // idempotency key: at most 300 characters
}

func (r PayoutRequest) check() error {
	err := ports.Join(
		checkForm("RefPayoutID", r.RefPayoutID, orderIDForm, "6 to 64 of the characters A-Z, a-z, 0-9, - and _"),
		checkKeyText("Seller", r.Seller, maxKey), checkPayoutAmount("Amount", r.Amount),
		checkName("Description", r.Description, maxDescription), checkIdempotencyKey(r.Key),
	)
	if r.Date != "" {
		err = ports.Join(err, checkForm("Date", r.Date, dayForm, "a day as yyyy-mm-dd"))
	}
	return err
}

func checkPayoutAmount(field string, amount decimal.Decimal) error {
	if err := checkWon(field, amount, 1); err != nil {
		return err
	}
	if !amount.LessThan(decimal.NewFromInt(maxPayout)) {
		return ports.Invalid(field, "must be less than %d won", maxPayout)
	}
	return nil
}

// wirePayoutRequest is an item of a batch, in the order of the provider's samples.
type wirePayoutRequest struct {
	Ref         string       `json:"refPayoutId"`
	Seller      string       `json:"destination"`
	Schedule    string       `json:"scheduleType"`
	Date        string       `json:"payoutDate,omitempty"`
	Amount      orderedMoney `json:"amount"`
	Description string       `json:"transactionDescription"`
}

// orderedMoney is an amount as a request has it.
type orderedMoney struct {
	Currency string      `json:"currency"`
	Value    json.Number `json:"value"`
}

// body is a batch of one payout: the provider refuses a batch as a whole (documented), and an answer
// about one item is about one payout.
func (r PayoutRequest) body() []byte {
	item := wirePayoutRequest{
		Ref: r.RefPayoutID, Seller: r.Seller, Schedule: ScheduleExpress, Date: r.Date, Description: r.Description,
		Amount: orderedMoney{Currency, number(r.Amount)},
	}
	if r.Date != "" {
		item.Schedule = ScheduleScheduled
	}
	return jsonOf([]wirePayoutRequest{item})
}

// isIn reports whether a payout is the one that was asked for.
func (r PayoutRequest) isIn(p Payout) bool {
	return p.RefPayoutID == r.RefPayoutID && p.Seller == r.Seller && p.Amount.Equal(r.Amount) && p.Currency == Currency
}

// wireMoney is an amount as an answer has it.
type wireMoney struct {
	Currency string `json:"currency"`
	Value    Amount `json:"value"`
}

// wirePayout is a payout as it is written.
type wirePayout struct {
	ID          string                 `json:"id"`
	Ref         string                 `json:"refPayoutId"`
	Seller      string                 `json:"destination"`
	Schedule    string                 `json:"scheduleType"`
	Date        string                 `json:"payoutDate"`
	Amount      wireMoney              `json:"amount"`
	Description string                 `json:"transactionDescription"`
	RequestedAt Timestamp              `json:"requestedAt"`
	Status      PayoutStatus           `json:"status"`
	Error       *struct{ Code string } `json:"error"`
}

var (
	errPayout  = errors.New("answer is not a payout")
	errEntity  = errors.New("answer is not of the type that was asked for")
	errPayouts = errors.New("answer is not about one payout")
)

// payout reads a payout. What the adapter decides on must be there.
func (c *Client) payout(wire wirePayout) (Payout, error) {
	if wire.ID == "" || ports.CheckProviderRef("id", wire.ID) != nil || wire.Ref == "" || wire.Status == "" || !wire.Amount.Value.Valid || wire.Amount.Currency == "" {
		return Payout{}, errPayout
	}
	p := Payout{
		ID: wire.ID, RefPayoutID: wire.Ref, Seller: wire.Seller, Schedule: wire.Schedule, Date: wire.Date, Amount: wire.Amount.Value.Decimal,
		Currency: wire.Amount.Currency, Description: wire.Description, RequestedAt: wire.RequestedAt, Status: wire.Status,
	}
	if wire.Error != nil {
		p.FailureCode = c.scrubCode(wire.Error.Code, nil)
	}
	return p, nil
}

// wirePage is a list of version 2. Both forms of the cursor are read: hasNext with lastCursor
// (documented), and hasMore with size and nextCursor (observed in the code of clients).
type wirePage struct {
	Items      []wirePayout `json:"items"`
	HasNext    *bool        `json:"hasNext"`
	LastCursor string       `json:"lastCursor"`
	HasMore    *bool        `json:"hasMore"`
	NextCursor string       `json:"nextCursor"`
}

// next returns where the next page begins; blank after the last one. It reports false where the
// list does not tell.
func (w wirePage) next() (after string, told bool) {
	more := w.HasNext != nil && *w.HasNext || w.HasMore != nil && *w.HasMore
	switch {
	case w.HasNext == nil && w.HasMore == nil:
		return "", false
	case !more:
		return "", true
	case w.LastCursor != "":
		return w.LastCursor, true
	case w.NextCursor != "":
		return w.NextCursor, true
	case len(w.Items) > 0:
		return w.Items[len(w.Items)-1].ID, true
	}
	return "", false
}

// entity reads the body of an answer of version 2 of the API, if it is of a type.
func entity(body []byte, of string, out any) error {
	var envelope struct {
		EntityType string          `json:"entityType"`
		EntityBody json.RawMessage `json:"entityBody"`
	}
	if err := httpcall.Unmarshal(body, &envelope); err != nil || envelope.EntityType != of || len(envelope.EntityBody) == 0 {
		return errEntity
	}
	if err := httpcall.Unmarshal(envelope.EntityBody, out); err != nil {
		return errEntity
	}
	return nil
}

// dayOf returns the Korean day of a time.
func dayOf(at time.Time) string { return at.In(korea()).Format(time.DateOnly) }
