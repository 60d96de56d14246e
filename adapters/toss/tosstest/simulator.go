package tosstest

import (
	"time"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/adapters/providertest"
	"github.com/jigap/jigap/ports"
)

// Config is how a [Simulator] works. The zero Config works.
type Config struct {
	// Clock is the provider's clock. Defaults to the clock of the machine.
	Clock ports.Clock
	// Seed is where ids and random faults come from.
	Seed uint64
	// Live gives the shop live keys. They ignore the test header and see settlements.
	Live bool
	// Strict refuses what the real server was seen to let pass: an orderId of fewer than 6
	// characters.
	Strict bool
	// Forget keeps no answer of a scenario with a status of 500 or more under its
	// Idempotency-Key. Whether the provider keeps them is not known.
	Forget bool
	// Version is answered in the field version. Defaults to "2024-06-01".
	Version string
	// SecretKey is the shop's first API key. Defaults to a random one.
	SecretKey string
	// SecurityKey is the shop's first security key, 64 hexadecimal characters. Defaults to a
	// random one.
	SecurityKey string
	// TextSignatures signs webhooks with the text of the security key instead of its 32
	// bytes. Which of them the provider does is not known.
	TextSignatures bool
	// PlainErrors answers errors of payouts as plain JSON (observed in client code) instead
	// of JWE.
	PlainErrors bool
	// OtherPaging names the cursor of payout lists hasMore, size and nextCursor (observed in
	// client code) instead of hasNext and lastCursor (documented).
	OtherPaging bool
	// HideExpiry has virtual accounts show neither their due date nor that it has passed, as one that
	// never ends would.
	HideExpiry bool
}

// Simulator is the provider. What it does on the way is its server's.
type Simulator struct {
	*providertest.Server
	world  *providertest.World
	config Config

	shop           Shop // under the lock of the world, as all below
	oldSecurityKey string
	keys           []apiKey
	cards          map[string]*Card  // by billingKey
	authKeys       map[string]string // customerKeys by authKey
	payments       []*payment
	rows           []*row
	kept           map[requestKey]*keptAnswer
	plans          []plan
	usual          map[string]Scenario

	hideFor   time.Duration
	oddStatus string

	sellers map[string]*seller
	payouts []*payout
	balance decimal.Decimal

	mail      []*mail
	mischiefs []Mischief
}

// stream tells the ids of this provider from those of others with the same seed.
const stream = 0x746f7373

// New returns a provider with one shop and no cards.
func New(config Config) *Simulator {
	if config.Version == "" {
		config.Version = "2024-06-01"
	}
	s := &Simulator{
		world: providertest.NewWorld(config.Clock, config.Seed, stream), config: config,
		cards: map[string]*Card{}, authKeys: map[string]string{}, kept: map[requestKey]*keptAnswer{}, usual: map[string]Scenario{},
		sellers: map[string]*seller{}, balance: decimal.NewFromInt(1_000_000_000),
	}
	s.world.Tick = s.tick
	s.Server = providertest.NewServer(s.world, providertest.Provider{Accept: s.accept, Spoil: spoil, Head: s.head, Refuse: refuseEither})
	s.shop = Shop{MID: "sim" + s.lower(7), SecretKey: config.SecretKey, WidgetKey: s.newKey("gsk"), SecurityKey: config.SecurityKey}
	if s.shop.SecretKey == "" {
		s.shop.SecretKey = s.newKey("sk")
	}
	if s.shop.SecurityKey == "" {
		s.shop.SecurityKey = s.hex(64)
	}
	s.keys = []apiKey{{text: s.shop.SecretKey}, {text: s.shop.WidgetKey, widget: true}}
	return s
}

// tick does what the provider does by itself as time passes.
func (s *Simulator) tick(now time.Time) {
	s.expireWindows(now)
	s.failPayouts(now)
}

// Hide has inquiries and lists show no payment, payout or cancel that exists now; each
// call with true adds those that exist then, and false shows all again.
func (s *Simulator) Hide(hidden bool) {
	s.world.Enter()
	defer s.world.Unlock()
	for _, p := range s.payments {
		p.hidden = hidden
	}
	for _, entry := range s.rows {
		entry.hidden = hidden
	}
	for _, p := range s.payouts {
		p.hidden = hidden
	}
}

// HideFor has inquiries and lists show no payment, transaction or payout for a time after
// it was made.
func (s *Simulator) HideFor(d time.Duration) {
	s.world.Enter()
	defer s.world.Unlock()
	s.hideFor = d
}

// visible reports whether what was made at a time is shown.
func (s *Simulator) visible(hidden bool, at, now time.Time) bool {
	return !hidden && !now.Before(at.Add(s.hideFor))
}

// SetStatus has inquiries show a status for all payments and payouts that are not final;
// blank: their own.
func (s *Simulator) SetStatus(status string) {
	s.world.Enter()
	defer s.world.Unlock()
	s.oddStatus = status
}

func korea() *time.Location { return time.FixedZone("KST", 9*60*60) }

// stamp writes a time as answers do: ISO 8601 with the zone of Korea.
func stamp(at time.Time) string { return at.In(korea()).Format("2006-01-02T15:04:05-07:00") }

// stampOrNull writes a time, and null for none.
func stampOrNull(at time.Time) any {
	if at.IsZero() {
		return nil
	}
	return stamp(at)
}

func (s *Simulator) text(n int) string {
	return s.world.Text(n, providertest.Upper+providertest.Lower+providertest.Digits)
}

func (s *Simulator) lower(n int) string {
	return s.world.Text(n, providertest.Lower+providertest.Digits)
}

func (s *Simulator) digits(n int) string { return s.world.Text(n, providertest.Digits) }

func (s *Simulator) hex(n int) string { return s.world.Text(n, providertest.Digits+"abcdef") }

// uuid returns a random UUID, version 4.
func (s *Simulator) uuid() string {
	return s.hex(8) + "-" + s.hex(4) + "-4" + s.hex(3) + "-" + s.world.Text(1, "89ab") + s.hex(3) + "-" + s.hex(12)
}
