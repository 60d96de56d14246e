package tosstest

import (
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/adapters/providertest"
)

// payout is a payout as the provider keeps it.
type payout struct {
	Payout
	schedule    string
	date        string
	description string
	metadata    any
	failure     string
	fails       time.Time // zero: not by itself
	hidden      bool
}

// payoutOrder is one item of a batch.
type payoutOrder struct {
	Ref      string `json:"refPayoutId"`
	Seller   string `json:"destination"`
	Schedule string `json:"scheduleType"`
	Date     string `json:"payoutDate"`
	Amount   struct {
		Currency string              `json:"currency"`
		Value    providertest.Number `json:"value"`
	} `json:"amount"`
	Description string            `json:"transactionDescription"`
	Metadata    map[string]string `json:"metadata"`
}

const (
	express   = "EXPRESS"
	scheduled = "SCHEDULED"
)

// postPayouts takes a whole batch, or refuses it with the first error (documented).
func postPayouts(s *Simulator, r *request) *result {
	var batch []payoutOrder
	if !r.decode(&batch) || len(batch) < 1 || len(batch) > 100 {
		return r.refuse(codeInvalidRequest)
	}
	sum, refs := decimal.Zero, map[string]bool{}
	for _, item := range batch {
		amount, refusal := s.checkPayout(&item, r.now)
		if refusal == "" && refs[item.Ref] {
			refusal = CodeDuplicatedPayout
		}
		if refusal != "" {
			return r.refuse(refusal)
		}
		refs[item.Ref] = true
		sum = sum.Add(amount)
	}
	if sum.GreaterThan(s.balance) {
		return r.refuse("NOT_ENOUGH_AMOUNT")
	}
	return s.execute(r, func() *result {
		items := []any{}
		for _, item := range batch {
			items = append(items, s.pay(r, &item).wire())
		}
		return r.envelope("payout-list", s.paged(items, ""))
	}, nil)
}

// checkPayout checks an item and returns its amount.
func (s *Simulator) checkPayout(item *payoutOrder, now time.Time) (amount decimal.Decimal, refusal string) {
	amount, whole := won(item.Amount.Value)
	to := s.sellers[item.Seller]
	switch {
	case !whole || amount.Sign() <= 0 || !amount.LessThan(decimal.New(1, 9)) || item.Amount.Currency != "KRW",
		!chars(item.Ref, 1, 100), !chars(item.Description, 1, 7), len(item.Metadata) > 5:
		return amount, codeInvalidRequest
	case to == nil:
		return amount, CodeNotFoundSeller
	case to.Status != "APPROVED" && to.Status != "PARTIALLY_APPROVED":
		return amount, "FORBIDDEN_SELLER_PAYOUT"
	case slices.ContainsFunc(s.payouts, func(p *payout) bool { return p.Ref == item.Ref }):
		return amount, CodeDuplicatedPayout
	}
	return amount, item.checkDate(now)
}

// checkDate checks when a payout is wanted: EXPRESS on business days from 08:00 to 15:00 in
// Korea, SCHEDULED on a business day from tomorrow on, within a year (documented). Of the
// holidays the simulator knows Saturday and Sunday alone; which code stands for what is its
// choice.
func (item *payoutOrder) checkDate(now time.Time) (refusal string) {
	local := now.In(korea())
	switch item.Schedule {
	case express:
		if weekend(local) {
			return codeHoliday
		}
		if local.Hour() < 8 || local.Hour() >= 15 {
			return codePayableDate
		}
	case scheduled:
		date, err := time.ParseInLocation(time.DateOnly, item.Date, korea())
		if err != nil || !date.After(local) || date.After(local.AddDate(1, 0, 0)) {
			return codePayableDate
		}
		if weekend(date) {
			return codeHoliday
		}
	default:
		return codeInvalidRequest
	}
	return ""
}

func weekend(day time.Time) bool {
	return day.Weekday() == time.Saturday || day.Weekday() == time.Sunday
}

// pay accepts a payout: its amount leaves the balance.
func (s *Simulator) pay(r *request, item *payoutOrder) *payout {
	amount, _ := won(item.Amount.Value)
	p := &payout{Payout: Payout{
		ID: "FPA_" + s.lower(24), Ref: item.Ref, Seller: item.Seller, Amount: amount, Status: Requested, Executions: 1,
		Label: providertest.Label(r.Context()), At: r.now,
	}, schedule: item.Schedule, date: item.Date, description: item.Description, metadata: item.Metadata}
	if item.Schedule == express {
		p.date = r.now.In(korea()).Format(time.DateOnly)
		// The guides disagree on the first status of EXPRESS.
		p.Status = [...]string{Requested, InProgress}[s.world.Random.IntN(2)]
	}
	s.payouts = append(s.payouts, p)
	s.balance = s.balance.Sub(amount)
	return p
}

// wire is a payout as answers and webhooks show it.
func (p *payout) wire() map[string]any {
	return map[string]any{
		"id": p.ID, "refPayoutId": p.Ref, "destination": p.Seller, "scheduleType": p.schedule, "payoutDate": p.date, "amount": money(p.Amount),
		"transactionDescription": p.description, "requestedAt": stamp(p.At), "status": p.Status, "error": wireFailure(p.failure), "metadata": p.metadata,
	}
}

// paged is a list as the configuration names its cursor.
func (s *Simulator) paged(items []any, next string) map[string]any {
	if s.config.OtherPaging {
		return map[string]any{"items": items, "hasMore": next != "", "size": len(items), "nextCursor": blankIsNull(next)}
	}
	return map[string]any{"items": items, "hasNext": next != "", "lastCursor": blankIsNull(next)}
}

func (p *payout) open() bool { return p.Status == Requested || p.Status == InProgress }

// shownPayout is a payout as an inquiry shows it.
func (s *Simulator) shownPayout(p *payout) map[string]any {
	fields := p.wire()
	if p.open() && s.oddStatus != "" {
		fields["status"] = s.oddStatus
	}
	return fields
}

func (s *Simulator) payoutByID(id string) *payout {
	i := slices.IndexFunc(s.payouts, func(p *payout) bool { return p.ID == id })
	if i < 0 {
		return nil
	}
	return s.payouts[i]
}

func getPayout(s *Simulator, r *request) *result {
	p := s.payoutByID(r.params[0])
	if p == nil || !s.visible(p.hidden, p.At, r.now) {
		return r.refuse("PAYOUT_NOT_FOUND")
	}
	return r.envelope("payout", s.shownPayout(p))
}

const (
	usualPayouts = 10     // documented
	mostPayouts  = 10_000 // documented
)

// getPayouts answers a page, oldest payouts first.
func getPayouts(s *Simulator, r *request) *result {
	query := r.URL.Query()
	limit, valid := count(query, "limit", usualPayouts, mostPayouts)
	from, to, after := query.Get("payoutDateGte"), query.Get("payoutDateLte"), query.Get("startingAfter")
	if !valid {
		return r.refuse(codeInvalidRequest)
	}
	payouts := s.payouts
	if after != "" {
		i := slices.IndexFunc(payouts, func(p *payout) bool { return p.ID == after })
		if i < 0 {
			return r.refuse("INVALID_PAGING_KEY")
		}
		payouts = payouts[i+1:]
	}
	items, next, last := []any{}, "", ""
	for _, p := range payouts {
		if p.date < from || to != "" && p.date > to || !s.visible(p.hidden, p.At, r.now) {
			continue
		}
		if len(items) == limit {
			next = last
			break
		}
		items, last = append(items, s.shownPayout(p)), p.ID
	}
	return r.envelope("payout-list", s.paged(items, next))
}

// postPayoutCancel cancels a SCHEDULED payout in REQUESTED (documented).
func postPayoutCancel(s *Simulator, r *request) *result {
	p := s.payoutByID(r.params[0])
	switch {
	case p == nil:
		return r.refuse("PAYOUT_NOT_FOUND")
	case p.schedule != scheduled || p.Status != Requested:
		return r.refuse(CodeNotCancelablePayout)
	}
	return s.execute(r, func() *result {
		s.endPayout(p, Canceled, "", r.now)
		return r.envelope("payout", p.wire())
	}, nil)
}
