package konatest

import (
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"time"

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
}

// Simulator is the provider.
type Simulator struct {
	config  Config
	clock   ports.Clock
	keys    Keys
	project Project

	mu           sync.Mutex
	random       *rand.Rand
	members      map[uint64]*Member
	tokens       map[string]*token
	transactions map[string]*Transaction // by sequenceId
	order        []*Transaction
	faults       []Fault
	chooser      func(random *rand.Rand, r *http.Request) Fault
	late         []lateEffect
	requests     int
	watcher      func(r *http.Request)
}

// New returns a provider with one project and no members.
func New(config Config) *Simulator {
	if config.Clock == nil {
		config.Clock = ports.SystemClock()
	}
	if config.Keys.server == nil {
		config.Keys = NewKeys()
	}
	s := &Simulator{
		config: config, clock: config.Clock, keys: config.Keys,
		random:  rand.New(rand.NewPCG(config.Seed, 0x6b6f6e61)),
		members: map[uint64]*Member{}, tokens: map[string]*token{}, transactions: map[string]*Transaction{},
	}
	s.project = Project{
		ASPID: s.digits(15), AccessKey: s.text(40), Secret: s.text(40), KeyID: s.text(32),
		Server: &s.keys.server.PublicKey, Client: s.keys.client, MerchantID: s.digits(15),
	}
	return s
}

// Project returns what a client needs.
func (s *Simulator) Project() Project { return s.project }

// Requests returns how many requests arrived.
func (s *Simulator) Requests() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.requests
}

// OnRequest calls watch before each request is answered; nil ends that.
func (s *Simulator) OnRequest(watch func(r *http.Request)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.watcher = watch
}

// lateEffect is a request that arrived and is worked on later.
type lateEffect struct {
	at time.Time
	do func()
}

// settle does what is due. The simulator is locked.
func (s *Simulator) settle(now time.Time) {
	left := s.late[:0]
	var due []func()
	for _, effect := range s.late {
		if now.Before(effect.at) {
			left = append(left, effect)
			continue
		}
		due = append(due, effect.do)
	}
	s.late = left
	for _, do := range due {
		do()
	}
	for _, t := range s.order {
		s.settleOne(t, now)
	}
}

// request is a request under way. The simulator is locked while it is handled.
type request struct {
	*http.Request
	body    []byte
	now     time.Time
	arrived time.Time
}

func (r *request) decode(out any) bool { return json.Unmarshal(r.body, out) == nil }

const maxRequest = 1 << 20

// ServeHTTP answers one request.
func (s *Simulator) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.requests++
	fault, watch := s.nextFault(r), s.watcher
	s.mu.Unlock()
	if watch != nil {
		watch(r)
	}
	body, err := fault.read(r)
	if err != nil || fault.Kind == CloseBefore || fault.Kind == Refused {
		panic(http.ErrAbortHandler)
	}
	w.Header().Set(headerCorrelation, r.Header.Get(headerCorrelation))
	if fault.before(s, w, r) {
		return
	}
	if fault.Kind == Late {
		s.postpone(r, body, fault.Delay)
		panic(http.ErrAbortHandler)
	}
	fault.after(s, w, r, s.handle(r, body))
}

// postpone accepts a request and works on it when the clock has moved on.
func (s *Simulator) postpone(r *http.Request, body []byte, by time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	arrived := s.clock.Now()
	if s.authorize(r, body) != nil {
		return
	}
	s.late = append(s.late, lateEffect{at: arrived.Add(by), do: func() {
		s.route(&request{Request: r, body: body, now: arrived.Add(by), arrived: arrived})
	}})
}

// handle authorizes a request and has its effect.
func (s *Simulator) handle(r *http.Request, body []byte) *result {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.clock.Now()
	s.settle(now)
	if refusal := s.authorize(r, body); refusal != nil {
		return refusal
	}
	return s.route(&request{Request: r, body: body, now: now, arrived: now})
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
}

// route has the effect of a request, whatever base its path follows.
func (s *Simulator) route(r *request) *result {
	i := strings.Index(r.URL.Path, "/api/")
	if i < 0 {
		return refuseWith(http.StatusNotFound, "000_404")
	}
	target, known := endpoints[r.URL.Path[i:]]
	switch {
	case !known:
		return refuseWith(http.StatusNotFound, "000_404")
	case r.Method != http.MethodPost:
		return refuseWith(http.StatusMethodNotAllowed, "000_405")
	}
	if target.sealed {
		plain, opened := s.unseal(r.Request, r.body)
		if !opened {
			return refuse("000_002")
		}
		r.body = plain
	}
	answer := target.handle(s, r)
	answer.sealed = target.sealed
	return answer
}

// digits returns n random digits, the first of which is no zero.
func (s *Simulator) digits(n int) string {
	var text strings.Builder
	text.WriteByte(byte('1' + s.random.IntN(9)))
	for text.Len() < n {
		text.WriteByte(byte('0' + s.random.IntN(10)))
	}
	return text.String()
}

func (s *Simulator) text(n int) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	text := make([]byte, n)
	for i := range text {
		text[i] = alphabet[s.random.IntN(len(alphabet))]
	}
	return string(text)
}
