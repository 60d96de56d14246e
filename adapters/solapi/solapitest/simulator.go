package solapitest

import (
	"bytes"
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
	// Seed is where ids and random faults come from. Two simulators with one seed
	// that are asked the same answer the same.
	Seed uint64
}

// Simulator is the provider.
type Simulator struct {
	clock ports.Clock

	mu         sync.Mutex
	random     *rand.Rand
	accounts   map[string]*Account
	keys       map[string]*apiKey
	signatures map[string]bool
	signed     []seen
	faults     []Fault
	chooser    func(random *rand.Rand, r *http.Request) Fault
	late       []lateEffect
	requests   int
	watcher    func(r *http.Request)
}

// New returns a provider without accounts.
func New(config Config) *Simulator {
	if config.Clock == nil {
		config.Clock = ports.SystemClock()
	}
	return &Simulator{
		clock: config.Clock, random: rand.New(rand.NewPCG(config.Seed, 0x501a91)),
		accounts: map[string]*Account{}, keys: map[string]*apiKey{}, signatures: map[string]bool{},
	}
}

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
}

// request is a request under way. The simulator is locked while it is handled.
type request struct {
	*http.Request
	body    []byte
	now     time.Time
	account *Account
}

// decode reads the body, which must be an object.
func (r *request) decode(out any) bool {
	decoder := json.NewDecoder(bytes.NewReader(r.body))
	return decoder.Decode(out) == nil
}

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
	if fault.before(s, w, r) {
		return
	}
	if fault.Kind == Late {
		s.postpone(r, body, fault.Delay)
		panic(http.ErrAbortHandler)
	}
	fault.after(s, w, r, s.handle(r, body))
}

// postpone handles a request when the clock has moved on.
func (s *Simulator) postpone(r *http.Request, body []byte, by time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	arrived := s.clock.Now()
	key, refusal := s.authorize(r, arrived)
	if refusal != nil {
		return
	}
	s.late = append(s.late, lateEffect{at: arrived.Add(by), do: func() {
		s.route(key, &request{Request: r, body: body, now: arrived.Add(by), account: key.account})
	}})
}

// handle authorizes a request and has its effect.
func (s *Simulator) handle(r *http.Request, body []byte) *result {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.clock.Now()
	s.settle(now)
	key, refusal := s.authorize(r, now)
	if refusal != nil {
		return refusal
	}
	return s.route(key, &request{Request: r, body: body, now: now, account: key.account})
}

type endpoint func(s *Simulator, r *request) *result

var endpoints = map[string]endpoint{
	"GET /cash/v1/balance":              getBalance,
	"POST /cash/v1/balance":             postBalance,
	"GET /cash/v1/balance/history":      getHistory,
	"POST /cash/v1/transfer":            postTransfer,
	"GET /cash/v1/payment":              getPayment,
	"POST /cash/v1/payment":             postPayment,
	"PUT /cash/v1/payment":              putPayment,
	"DELETE /cash/v1/payment":           deletePayment,
	"PUT /cash/v1/recharge":             putRecharge,
	"GET /cash/v1/withdraw":             getWithdraw,
	"POST /cash/v1/withdraw":            postWithdraw,
	"GET /cash/v1/bank/accounts":        getBank,
	"POST /cash/v1/bank/accounts":       postBank,
	"DELETE /cash/v1/bank/accounts":     deleteBank,
	"GET /cash/v1/balance/alert":        getAlert,
	"PUT /cash/v1/balance/alert":        putAlert,
	"PUT /cash/v1/balance/alert/switch": putAlertSwitch,
}

// route has the effect of a request. The simulator is locked.
func (s *Simulator) route(key *apiKey, r *request) *result {
	handle := endpoints[r.Method+" "+r.URL.Path]
	if handle == nil {
		return refuse(http.StatusNotFound, "ResourceNotFound")
	}
	if r.Method != http.MethodGet && (key.role != RoleOwner || r.account.config.Inactive) {
		return refuse(http.StatusForbidden, "Forbidden")
	}
	return handle(s, r)
}

// digits returns n random digits. The simulator is locked.
func (s *Simulator) digits(n int) string {
	var text strings.Builder
	for range n {
		text.WriteByte(byte('0' + s.random.IntN(10)))
	}
	return text.String()
}
