package konatest

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/jigap/jigap/adapters/providertest"
	"github.com/jigap/jigap/ports"
)

// Config is how a [Simulator] works. The zero Config does.
type Config struct {
	// Clock is the provider's clock. Defaults to the clock of the machine.
	Clock ports.Clock
	// Seed is where ids and random faults come from.
	Seed uint64
	// Keys are the RSA keys. Defaults to new ones.
	Keys Keys
	// SealAnswers encrypts every answer, not only those that must be.
	SealAnswers bool
	// FirstPage is the number of the first page of a history, 0 or 1: which it is at the
	// provider is not known.
	FirstPage int
	// Missing are APIs that the project's contract does not have: their paths, from
	// "/api/v1/" on. They are answered with status 404.
	Missing []string
}

// Simulator is the provider. What it does on the way is its server's.
type Simulator struct {
	*providertest.Server
	world   *providertest.World
	config  Config
	keys    Keys
	project Project

	members      map[uint64]*Member // under the lock of the world, as all below
	tokens       map[string]*token
	transactions map[string]*Transaction // by sequenceId
	order        []*Transaction
	hidden       bool // no question finds any of them
}

// stream tells the ids of this provider from those of others with the same seed.
const stream = 0x6b6f6e61

// New returns a provider with one project and no members.
func New(config Config) *Simulator {
	if config.Keys.server == nil {
		config.Keys = NewKeys()
	}
	s := &Simulator{
		world: providertest.NewWorld(config.Clock, config.Seed, stream), config: config, keys: config.Keys,
		members: map[uint64]*Member{}, tokens: map[string]*token{}, transactions: map[string]*Transaction{},
	}
	s.world.Tick = s.settlePending
	s.Server = providertest.NewServer(s.world, providertest.Provider{
		Accept: s.accept, Spoil: spoil, Head: echo,
		Refuse: func(status int, code string) *result { return s.dressed(refuseWith(status, code)) },
	})
	s.project = Project{
		ASPID: s.digits(15), AccessKey: s.text(40), Secret: s.text(40), KeyID: s.text(32),
		Server: &s.keys.server.PublicKey, Client: s.keys.client, MerchantID: s.digits(15),
	}
	return s
}

// Project returns what a client needs.
func (s *Simulator) Project() Project { return s.project }

// Hide says whether questions find no transaction.
func (s *Simulator) Hide(hidden bool) {
	s.world.Lock()
	defer s.world.Unlock()
	s.hidden = hidden
}

// echo has every answer carry the correlation id of its request.
func echo(header http.Header, r *http.Request) {
	header.Set(headerCorrelation, r.Header.Get(headerCorrelation))
}

// request is a request under way.
type request struct {
	*http.Request
	body    []byte
	now     time.Time
	arrived time.Time
}

func (r *request) decode(out any) bool { return json.Unmarshal(r.body, out) == nil }

// accept authorizes a request. The world is locked, as in all that answers.
func (s *Simulator) accept(r *http.Request, body []byte, arrived time.Time) func(now time.Time) *result {
	refusal := s.authorize(r, body)
	return func(now time.Time) *result {
		if refusal != nil {
			return s.dressed(refusal)
		}
		return s.dressed(s.route(&request{Request: r, body: body, now: now, arrived: arrived}))
	}
}

type endpoint struct {
	handle func(s *Simulator, r *request) *result
	sealed bool // the request must be encrypted, and the answer is
}

var endpoints = map[string]endpoint{
	"/api/v2/payment/generate/onetimetoken":            {postToken, true},
	"/api/v1/recharges/by-bank-accounts/no-hce":        {postCharge, false},
	"/api/v1/recharges/by-bank-accounts/no-hce/cancel": {postCancel, false},
	"/api/v1/recharges/by-bank-account/result/inquiry": {postInquiry, false},
	"/api/v1/transaction/card":                         {postHistory, false},
	"/api/v1/bankaccounts/inquiry":                     {postAccount, false},
	"/api/v1/recharges/auto/plans":                     {postPlans, true},
	"/api/v1/recharges/auto/payments/plans":            {postPaymentPlans, true},
	"/api/v1/recharges/online-payment/auto/plans":      {postCreditPlans, true},
	"/api/v1/user/card/list":                           {postCards, true},
}

// route has the effect of a request, whatever base its path follows.
func (s *Simulator) route(r *request) *result {
	_, path, _ := strings.Cut(r.URL.Path, "/api/")
	target, known := endpoints["/api/"+path]
	switch {
	case !known, slices.Contains(s.config.Missing, "/api/"+path):
		return refuseWith(http.StatusNotFound, "000_404")
	case r.Method != http.MethodPost:
		return refuseWith(http.StatusMethodNotAllowed, "000_405")
	case !target.sealed:
		return target.handle(s, r)
	}
	plain, opened := s.unseal(r.Request, r.body)
	if !opened {
		return refuse("000_002")
	}
	r.body = plain
	return s.sealed(target.handle(s, r))
}

// digits returns n random digits, the first of which is no zero.
func (s *Simulator) digits(n int) string {
	return s.world.Text(1, "123456789") + s.world.Text(n-1, providertest.Digits)
}

func (s *Simulator) text(n int) string {
	return s.world.Text(n, providertest.Upper+providertest.Lower+providertest.Digits)
}
