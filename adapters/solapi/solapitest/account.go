package solapitest

import (
	"fmt"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/adapters/providertest"
)

// Role is what a key may do.
type Role string

// The roles of a key. Only an owner writes (documented).
const (
	RoleOwner     Role = "OWNER"
	RoleDeveloper Role = "DEVELOPER"
	RoleMember    Role = "MEMBER"
)

// State is the state of an account, or of the member that a key belongs to.
type State string

// The states (documented). Only what is active writes; that what is deleted still reads is
// a choice.
const (
	StateActive     State = "ACTIVE"
	StateInactive   State = "INACTIVE"
	StateDeleted    State = "DELETED"
	StateUnverified State = "UNVERIFIED" // of a member only
)

// Key is an API key with its secret, in the open.
type Key struct{ APIKey, Secret string }

type apiKey struct {
	secret  string
	role    Role
	member  State
	account *Account
}

// AccountConfig is what an account begins with.
type AccountConfig struct {
	ID      string // Defaults to 14 random digits
	Balance decimal.Decimal
	Point   decimal.Decimal
	Bank    string // account number that withdrawals go to; blank: none

	// State is the state of the account. Defaults to ACTIVE; in any other writes are
	// refused.
	State State
	// Unverified says that the identity of the account's owner is not verified: writes are
	// refused (documented; with which code is a choice).
	Unverified bool
}

// Account is an account at the provider.
type Account struct {
	sim    *Simulator
	id     string
	config AccountConfig

	balance decimal.Decimal
	point   decimal.Decimal
	bank    string

	history     []Row // oldest first
	charges     []Charge
	withdrawals []*Withdrawal // oldest first
	cards       []*Card

	minimumCash  decimal.Decimal
	rechargeTo   decimal.Decimal
	auto         bool
	settings     []Setting // oldest first
	tries        int
	tried        time.Time
	isRecharging bool
	lag          time.Duration
	alert        alert
	created      time.Time
}

// NewAccount opens an account.
func (s *Simulator) NewAccount(config AccountConfig) *Account {
	s.world.Lock()
	defer s.world.Unlock()
	if config.ID == "" {
		config.ID = s.digits(14)
	}
	if config.State == "" {
		config.State = StateActive
	}
	account := &Account{
		sim: s, id: config.ID, config: config,
		balance: config.Balance, point: config.Point, bank: config.Bank, created: s.world.Clock.Now(),
	}
	s.accounts[config.ID] = account
	return account
}

// ID returns the accountId.
func (a *Account) ID() string { return a.id }

// SetState changes the state of the account.
func (a *Account) SetState(state State) {
	a.sim.world.Lock()
	defer a.sim.world.Unlock()
	a.config.State = state
}

// SetVerified says whether the identity of the account's owner is verified.
func (a *Account) SetVerified(verified bool) {
	a.sim.world.Lock()
	defer a.sim.world.Unlock()
	a.config.Unverified = !verified
}

// SetMember changes the state of the member that a key belongs to.
func (a *Account) SetMember(key Key, state State) {
	a.sim.world.Lock()
	defer a.sim.world.Unlock()
	if known := a.sim.keys[key.APIKey]; known != nil {
		known.member = state
	}
}

// NewKey makes an API key of an active member of the account.
func (a *Account) NewKey(role Role) Key {
	a.sim.world.Lock()
	defer a.sim.world.Unlock()
	key := Key{
		APIKey: "NCS" + a.sim.world.Text(keyLength-3, providertest.Upper),
		Secret: a.sim.world.Text(32, providertest.Upper+providertest.Lower+providertest.Digits),
	}
	a.sim.keys[key.APIKey] = &apiKey{secret: key.Secret, role: role, member: StateActive, account: a}
	return key
}

// Row is one change of an account's purses.
type Row struct {
	HistoryID     string
	Type          string
	BalanceAmount decimal.Decimal
	PointAmount   decimal.Decimal
	OldBalance    decimal.Decimal
	NewBalance    decimal.Decimal
	OldPoint      decimal.Decimal
	NewPoint      decimal.Decimal
	Label         string // of the request that caused it; see WithLabel
	At            time.Time
}

// Charge is money that was taken from a card.
type Charge struct {
	PaymentID string
	Amount    decimal.Decimal
	HistoryID string
	Label     string // of the request that caused it; see WithLabel
	Auto      bool   // the provider's own auto-recharge
	At        time.Time
}

// Books is what the provider knows of an account. All lists are oldest first.
type Books struct {
	Balance     decimal.Decimal
	Point       decimal.Decimal
	History     []Row
	Charges     []Charge
	Withdrawals []Withdrawal
	Auto        bool
	Settings    []Setting // of auto-recharge, each change of it
	Tries       int       // failed attempts of auto-recharge in a row
}

// Books returns the books as they are now.
func (a *Account) Books() Books {
	a.sim.world.Enter()
	defer a.sim.world.Unlock()
	books := Books{
		Balance: a.balance, Point: a.point, Auto: a.auto, Tries: a.tries,
		History: slices.Clone(a.history), Charges: slices.Clone(a.charges), Settings: slices.Clone(a.settings),
	}
	for _, w := range a.withdrawals {
		books.Withdrawals = append(books.Withdrawals, *w)
	}
	return books
}

// change books a change of both purses. The world is locked.
func (a *Account) change(kind string, balance, point decimal.Decimal, label string, now time.Time) Row {
	row := Row{
		HistoryID: fmt.Sprintf("%08x%016x", uint32(now.Unix()), a.sim.world.Random.Uint64()),
		Type:      kind, BalanceAmount: balance, PointAmount: point,
		OldBalance: a.balance, NewBalance: a.balance.Add(balance),
		OldPoint: a.point, NewPoint: a.point.Add(point), Label: label, At: now,
	}
	a.balance, a.point = row.NewBalance, row.NewPoint
	a.history = append(a.history, row)
	return row
}

// Send has the account use up money, as messages do: points first, then balance. It
// may set off the provider's auto-recharge.
func (a *Account) Send(cost decimal.Decimal) {
	now := a.sim.world.Enter()
	defer a.sim.world.Unlock()
	point := decimal.Min(cost, a.point)
	a.change("DEDUCT", cost.Sub(point).Neg(), point.Neg(), "", now)
	a.autoRecharge(now)
}

// Credit books a credit of another kind than a recharge, as a person in the console
// does.
func (a *Account) Credit(kind string, amount decimal.Decimal) {
	now := a.sim.world.Enter()
	defer a.sim.world.Unlock()
	a.change(kind, amount, decimal.Zero, "", now)
}

// Unbook takes money from the balance without a row in the history.
func (a *Account) Unbook(amount decimal.Decimal) {
	a.sim.world.Lock()
	defer a.sim.world.Unlock()
	a.balance = a.balance.Sub(amount)
}

// SetRecharging says whether the account shows that a recharge is running.
func (a *Account) SetRecharging(on bool) {
	a.sim.world.Lock()
	defer a.sim.world.Unlock()
	a.isRecharging = on
}

// SetLag has rows of the history, and withdrawals, show only so long after they were
// made: the balance is ahead of them. That the provider shows them at once is
// documented nowhere.
func (a *Account) SetLag(lag time.Duration) {
	a.sim.world.Lock()
	defer a.sim.world.Unlock()
	a.lag = lag
}

// shows reports whether what was made at a time is to be seen by now.
func (a *Account) shows(made, now time.Time) bool { return now.Sub(made) >= a.lag }
