package konatest

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/adapters/providertest"
)

// token is a one-time token.
type token struct {
	member  *Member
	dcvv    string
	expires time.Time
	used    bool
}

// tokenLife is documented.
const tokenLife = 30 * time.Second

func postToken(s *Simulator, r *request) *result {
	var body struct {
		CardNo string `json:"cardNo"`
		Type   string `json:"type"`
	}
	if !r.decode(&body) || len(body.CardNo) != 16 {
		return refuse("000_002")
	}
	for _, m := range s.members {
		if m.card == body.CardNo {
			text := s.digits(16)
			made := &token{member: m, dcvv: "0" + s.digits(2), expires: r.now.Add(tokenLife)}
			s.tokens[text] = made
			return ok(map[string]any{"oneTimeToken": text, "dcvv": made.dcvv, "expiryTime": made.expires.UnixMilli()})
		}
	}
	return refuse("000_002")
}

// spend uses a token up. Any request that carries it does (a choice: not documented).
func (s *Simulator) spend(text, dcvv string, m *Member, at time.Time) bool {
	found := s.tokens[text]
	if found == nil || found.used {
		return false
	}
	found.used = true
	return found.member == m && found.dcvv == dcvv && !at.After(found.expires)
}

// order is the body of a charge or a cancellation.
type order struct {
	SequenceID string              `json:"sequenceId"`
	UserID     providertest.Number `json:"userId"`
	Amount     providertest.Number `json:"amount"`
	Token      string              `json:"oneTimeToken"`
	DCVV       string              `json:"dcvv"`
	MerchantID string              `json:"merchantId"`
	Number     string              `json:"nrNumber"`
}

// take checks what a charge and a cancellation have in common.
func (s *Simulator) take(r *request, body *order) (*Member, *result) {
	if !r.decode(body) || body.SequenceID == "" || len(body.SequenceID) > 30 || len(body.DCVV) != 3 || len(body.Token) != 16 {
		return nil, refuse("000_002")
	}
	id, err := strconv.ParseUint(body.UserID.String(), 10, 64)
	m := s.members[id]
	switch {
	case err != nil || m == nil:
		return nil, refuse("000_002")
	case s.transactions[body.SequenceID] != nil:
		return nil, refuse("007_008")
	case !s.spend(body.Token, body.DCVV, m, r.arrived):
		return nil, refuse(CodeToken)
	case m.noAccount:
		return nil, refuse("007_001")
	}
	return m, nil
}

func postCharge(s *Simulator, r *request) *result {
	var body order
	m, refusal := s.take(r, &body)
	if refusal != nil {
		return refusal
	}
	amount, err := decimal.NewFromString(body.Amount.String())
	switch {
	case err != nil || !amount.IsInteger() || len(body.Amount) > 10:
		return refuse("000_002")
	case amount.Sign() <= 0:
		return refuse("007_007")
	case amount.LessThan(m.least):
		return refuse(CodeMinimum)
	case body.MerchantID != s.project.MerchantID:
		return refuse(CodeMerchant)
	case s.open(m):
		return refuse("007_005")
	case m.charging:
		return refuse("007_006")
	}
	t := s.record(r, m, body.SequenceID, amount)
	scenario := m.scenario()
	switch {
	case scenario.Kept:
		t.Status = Failed
		return refuse(scenario.Code)
	case scenario.Code != "":
		delete(s.transactions, t.SequenceID)
		s.order = s.order[:len(s.order)-1]
		return refuse(scenario.Code)
	case m.balance.Add(amount).GreaterThan(m.limit):
		t.Status = Failed
		return refuse("007_003")
	case m.bank.LessThan(amount):
		t.Status = Failed
		return refuse("007_004")
	}
	return ok(map[string]any{"nrNumber": t.Number, "isPending": s.begin(t, scenario)})
}

func (s *Simulator) open(m *Member) bool {
	return slices.ContainsFunc(s.order, func(t *Transaction) bool { return t.UserID == m.userID && t.Status == Pending })
}

func (s *Simulator) record(r *request, m *Member, sequenceID string, amount decimal.Decimal) *Transaction {
	t := &Transaction{
		SequenceID: sequenceID, Number: "KMN" + s.digits(15), UserID: m.userID, Amount: amount,
		Status: Pending, Label: providertest.Label(r.Context()), At: r.now,
	}
	s.transactions[sequenceID] = t
	s.order = append(s.order, t)
	return t
}

// checkEvery is how often the provider asks the bank on the day of the request
// (documented).
const checkEvery = 5 * time.Minute

// begin executes a transaction, or leaves it open.
func (s *Simulator) begin(t *Transaction, scenario Scenario) (pending bool) {
	if !scenario.Pending {
		s.finish(t, true, t.At)
		return false
	}
	t.fail = scenario.Fail
	if scenario.After > 0 {
		if due := t.At.Add((scenario.After + checkEvery - 1).Truncate(checkEvery)); dayOf(due).Equal(dayOf(t.At)) {
			t.due = due
		}
	}
	return true
}

// settlePending ends the transactions that are due.
func (s *Simulator) settlePending(now time.Time) {
	for _, t := range s.order {
		if t.Status == Pending && !t.due.IsZero() && !now.Before(t.due) {
			s.finish(t, !t.fail, t.due)
		}
	}
}

// finish ends a transaction: the money moves, or does not. No charge is taken back twice.
func (s *Simulator) finish(t *Transaction, done bool, now time.Time) {
	m := s.members[t.UserID]
	charge := s.charge(t.CancelOf)
	if !done || charge != nil && charge.Canceled {
		t.Status = Failed
		return
	}
	t.Status = Completed
	if t.CancelOf == "" {
		m.balance, m.bank = m.balance.Add(t.Amount), m.bank.Sub(t.Amount)
		return
	}
	m.balance = m.balance.Sub(t.Amount)
	m.payouts = append(m.payouts, payout{dayOf(now).AddDate(0, 0, 1), t.Amount})
	if charge != nil {
		charge.Canceled = true
	}
}

func (s *Simulator) charge(number string) *Transaction {
	i := slices.IndexFunc(s.order, func(t *Transaction) bool { return t.Number == number && t.CancelOf == "" })
	if i < 0 {
		return nil
	}
	return s.order[i]
}

// Settle ends everything that is pending, done or refused, and reports whether
// anything was.
func (s *Simulator) Settle(done bool) bool {
	now := s.world.Enter()
	defer s.world.Unlock()
	settled := false
	for _, t := range s.order {
		if t.Status == Pending {
			s.finish(t, done, now)
			settled = true
		}
	}
	return settled
}

func postCancel(s *Simulator, r *request) *result {
	var body order
	m, refusal := s.take(r, &body)
	if refusal != nil {
		return refusal
	}
	charge := s.charge(body.Number)
	if charge == nil || charge.UserID != m.userID || charge.Canceled || charge.Status != Completed || m.balance.LessThan(charge.Amount) || s.open(m) {
		return refuse("007_030")
	}
	scenario := m.scenario()
	if scenario.Code != "" && !scenario.Kept {
		return refuse(scenario.Code)
	}
	t := s.record(r, m, body.SequenceID, charge.Amount)
	t.CancelOf = charge.Number
	if scenario.Kept {
		t.Status = Failed
		return refuse(scenario.Code)
	}
	return ok(map[string]any{"isPending": s.begin(t, scenario)})
}

// ChargeOutside charges a member as the member does in the provider's own app, and returns
// the number of the charge.
func (s *Simulator) ChargeOutside(m *Member, amount decimal.Decimal) string {
	now := s.world.Enter()
	defer s.world.Unlock()
	t := &Transaction{SequenceID: outside + s.digits(15), Number: "KMN" + s.digits(15), UserID: m.userID, Amount: amount, Status: Pending, At: now}
	s.transactions[t.SequenceID] = t
	s.order = append(s.order, t)
	s.finish(t, true, now)
	return t.Number
}

// Outside reports whether the transaction was made by others than the project: by
// [Simulator.ChargeOutside] or [Simulator.CancelOutside].
func (t *Transaction) Outside() bool { return strings.HasPrefix(t.SequenceID, outside) }

const outside = "outside-"

// CancelOutside cancels a charge as a person of the provider does, and reports whether there
// was one to cancel.
func (s *Simulator) CancelOutside(number string) bool {
	now := s.world.Enter()
	defer s.world.Unlock()
	charge := s.charge(number)
	if charge == nil || charge.Canceled || charge.Status != Completed {
		return false
	}
	t := &Transaction{
		SequenceID: outside + s.digits(15), Number: "KMN" + s.digits(15), UserID: charge.UserID, Amount: charge.Amount, CancelOf: charge.Number, At: now,
	}
	s.transactions[t.SequenceID] = t
	s.order = append(s.order, t)
	s.finish(t, true, now)
	return true
}

func korea() *time.Location { return time.FixedZone("KST", 9*60*60) }

func dayOf(at time.Time) time.Time {
	year, month, day := at.In(korea()).Date()
	return time.Date(year, month, day, 0, 0, 0, 0, korea())
}
