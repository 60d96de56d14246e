package konatest

import (
	"strconv"
	"time"

	"github.com/shopspring/decimal"
)

// MemberConfig is what a member begins with.
type MemberConfig struct {
	UserID    uint64          // Defaults to 11 random digits
	Bank      decimal.Decimal // what the registered account holds
	NoAccount bool            // no account is registered
	Limit     decimal.Decimal // what the card may hold. Defaults to 2,000,000
	Minimum   decimal.Decimal // the least that the card can be charged with
}

// Member is a member with one card.
type Member struct {
	sim        *Simulator
	userID     uint64
	card, par  string
	expiry     string
	bank       decimal.Decimal
	balance    decimal.Decimal
	limit      decimal.Decimal
	least      decimal.Decimal
	noAccount  bool
	plan       string // of the provider's own auto-charge; blank: none
	creditPlan string // likewise, by credit card
	atPayment  bool
	charging   bool // the provider's own auto-charge is running
	scenarios  []Scenario
	usual      Scenario
	payouts    []payout
}

// payout is money on its way back to the member's account.
type payout struct {
	day    time.Time
	amount decimal.Decimal
}

// NewMember registers a member.
func (s *Simulator) NewMember(config MemberConfig) *Member {
	s.world.Lock()
	defer s.world.Unlock()
	if config.UserID == 0 {
		config.UserID, _ = strconv.ParseUint(s.digits(11), 10, 64)
	}
	if config.Limit.IsZero() {
		config.Limit = decimal.NewFromInt(2_000_000)
	}
	m := &Member{
		sim: s, userID: config.UserID, bank: config.Bank, limit: config.Limit, least: config.Minimum, noAccount: config.NoAccount,
		card: s.digits(16), par: "Q" + s.digits(26), expiry: "3012",
	}
	s.members[m.userID] = m
	return m
}

// UserID returns the number of the member.
func (m *Member) UserID() uint64 { return m.userID }

// Card returns the number of the card and its expiry, YYMM.
func (m *Member) Card() (number, expiry string) { return m.card, m.expiry }

// PAR returns what stands for the number of the card.
func (m *Member) PAR() string { return m.par }

// Scenario is what becomes of one charge or cancellation that is otherwise in order.
type Scenario struct {
	Code    string // refused with status 400 and this code
	Kept    bool   // and the refusal is on record: an inquiry finds a transaction that FAILED
	Pending bool   // answered with isPending

	// After how long the bank's answer is there, and whether it is a refusal. The
	// provider looks every five minutes, on the Korean day of the request only; zero
	// is never. Simulator.Settle ends what is still open.
	After time.Duration
	Fail  bool
}

// Next lines up scenarios for the charges and cancellations to come.
func (m *Member) Next(scenarios ...Scenario) {
	m.sim.world.Lock()
	defer m.sim.world.Unlock()
	m.scenarios = append(m.scenarios, scenarios...)
}

func (m *Member) scenario() Scenario {
	if len(m.scenarios) == 0 {
		return m.usual
	}
	next := m.scenarios[0]
	m.scenarios = m.scenarios[1:]
	return next
}

// Usually decides what becomes of charges and cancellations that no scenario is lined up
// for.
func (m *Member) Usually(scenario Scenario) {
	m.sim.world.Lock()
	defer m.sim.world.Unlock()
	m.usual = scenario
}

// SetPlan gives the member an auto-charge plan in a state, "ACTIVE" say; blank: none.
func (m *Member) SetPlan(state string) {
	m.sim.world.Lock()
	defer m.sim.world.Unlock()
	m.plan = state
}

// SetCreditPlan gives the member an auto-charge plan by credit card in a state; blank: none.
func (m *Member) SetCreditPlan(state string) {
	m.sim.world.Lock()
	defer m.sim.world.Unlock()
	m.creditPlan = state
}

// SetAtPayment says whether the provider charges what is missing at a payment.
func (m *Member) SetAtPayment(on bool) {
	m.sim.world.Lock()
	defer m.sim.world.Unlock()
	m.atPayment = on
}

// SetAutoCharging says whether the provider's own auto-charge is running.
func (m *Member) SetAutoCharging(on bool) {
	m.sim.world.Lock()
	defer m.sim.world.Unlock()
	m.charging = on
}

// The states of a transaction, as the result inquiry names them.
const (
	Completed = "COMPLETED"
	Failed    = "FAILED"
	Pending   = "PENDING"
)

// Transaction is a charge or a cancellation.
type Transaction struct {
	SequenceID string
	Number     string // nrNumber
	UserID     uint64
	Amount     decimal.Decimal
	CancelOf   string // nrNumber of the charge; blank: this is a charge
	Canceled   bool   // a charge that was taken back
	Status     string
	Label      string // of the request that caused it; see WithLabel
	At         time.Time

	due  time.Time // when a pending one ends; zero: never by itself
	fail bool
}

// Books is what the provider knows. Transactions are oldest first.
type Books struct {
	Transactions []Transaction
	Balance      map[uint64]decimal.Decimal // of the cards
	Bank         map[uint64]decimal.Decimal // of the accounts
	Owed         map[uint64]decimal.Decimal // on its way to the accounts
}

// Books returns the books as they are now.
func (s *Simulator) Books() Books {
	now := s.world.Enter()
	defer s.world.Unlock()
	books := Books{Balance: map[uint64]decimal.Decimal{}, Bank: map[uint64]decimal.Decimal{}, Owed: map[uint64]decimal.Decimal{}}
	for _, t := range s.order {
		books.Transactions = append(books.Transactions, *t)
	}
	for id, m := range s.members {
		m.payOut(now)
		books.Balance[id], books.Bank[id] = m.balance, m.bank
		for _, p := range m.payouts {
			books.Owed[id] = books.Owed[id].Add(p.amount)
		}
	}
	return books
}

// payOut credits what is due by now.
func (m *Member) payOut(now time.Time) {
	left := m.payouts[:0]
	for _, p := range m.payouts {
		if now.Before(p.day) {
			left = append(left, p)
			continue
		}
		m.bank = m.bank.Add(p.amount)
	}
	m.payouts = left
}
