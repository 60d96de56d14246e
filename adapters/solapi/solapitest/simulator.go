package solapitest

import (
	"bytes"
	"encoding/json"
	"net/http"
	"time"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/adapters/providertest"
	"github.com/jigap/jigap/ports"
)

// Config is how a [Simulator] works. The zero Config does.
type Config struct {
	// Clock is the provider's clock. Defaults to the clock of the machine.
	Clock ports.Clock
	// Seed is where ids and random faults come from. Two simulators with one seed
	// that are asked the same answer the same.
	Seed uint64
	// FutureDates has requests accepted whose date is in the future, however far. That
	// they are refused is documented; that they pass is what the dates of the official PHP
	// client suggest.
	FutureDates bool
}

// Simulator is the provider. What it does on the way is its server's.
type Simulator struct {
	*providertest.Server
	world  *providertest.World
	config Config

	accounts   map[string]*Account // under the lock of the world, as all below
	keys       map[string]*apiKey
	signatures map[string]bool
	signed     []seen
}

// stream tells the ids of this provider from those of others with the same seed.
const stream = 0x501a91

// New returns a provider without accounts.
func New(config Config) *Simulator {
	s := &Simulator{
		config:   config,
		world:    providertest.NewWorld(config.Clock, config.Seed, stream),
		accounts: map[string]*Account{}, keys: map[string]*apiKey{}, signatures: map[string]bool{},
	}
	s.Server = providertest.NewServer(s.world, providertest.Provider{Accept: s.accept, Refuse: refuse, Spoil: spoil})
	return s
}

// result is an answer before it is written.
type result = providertest.Answer

func ok(body any) *result { return &result{Status: http.StatusOK, Body: body} }

func refuse(status int, code string) *result {
	text := "요청을 처리할 수 없습니다. (" + code + ")"
	return &result{Status: status, Body: map[string]string{"errorCode": code, "errorMessage": text}}
}

// request is a request under way.
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

// accept authorizes a request. The world is locked, as in all that answers.
func (s *Simulator) accept(r *http.Request, body []byte, arrived time.Time) func(now time.Time) *result {
	key, refusal := s.authorize(r, arrived)
	return func(now time.Time) *result {
		if refusal != nil {
			return refusal
		}
		return s.route(key, &request{Request: r, body: body, now: now, account: key.account})
	}
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

// route has the effect of a request.
func (s *Simulator) route(key *apiKey, r *request) *result {
	handle := endpoints[r.Method+" "+r.URL.Path]
	if handle == nil {
		return refuse(http.StatusNotFound, "ResourceNotFound")
	}
	if r.Method != http.MethodGet && !key.writes() {
		return refuse(http.StatusForbidden, "Forbidden")
	}
	return handle(s, r)
}

// writes reports whether a key may do more than read: it belongs to an owner, and account
// and member are active and verified (documented).
func (k *apiKey) writes() bool {
	account := k.account.config
	return k.role == RoleOwner && k.member == StateActive && account.State == StateActive && !account.Unverified
}

func (s *Simulator) digits(n int) string { return s.world.Text(n, providertest.Digits) }

func won(amount int64) decimal.Decimal { return decimal.NewFromInt(amount) }
