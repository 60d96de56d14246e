package solapi_test

import (
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/solapi"
	"github.com/jigap/jigap/adapters/solapi/solapitest"
	"github.com/jigap/jigap/ports"
)

// world is a simulated provider with one account, and a client of it that needs no
// network. The clock stands still until a test moves it.
type world struct {
	*require.Assertions
	t       *testing.T
	clock   *solapitest.Clock
	theirs  *skewed // the provider's
	sim     *solapitest.Simulator
	account *solapitest.Account
	key     solapitest.Key
	card    string
	client  *solapi.Client
}

var start = time.Date(2026, 3, 13, 12, 0, 0, 0, time.UTC)

func won(amount int64) decimal.Decimal { return decimal.NewFromInt(amount) }

func setup(t *testing.T) *world {
	t.Helper()
	return setupWith(t, solapitest.AccountConfig{ID: "19041920726336", Balance: won(10_130), Bank: "0235235235235235"})
}

func setupWith(t *testing.T, config solapitest.AccountConfig) *world {
	t.Helper()
	return setupSim(t, solapitest.Config{}, config)
}

func setupSim(t *testing.T, sim solapitest.Config, config solapitest.AccountConfig) *world {
	t.Helper()
	w := &world{Assertions: require.New(t), t: t, clock: solapitest.NewClock(start)}
	w.theirs = &skewed{Clock: w.clock}
	sim.Clock, sim.Seed = w.theirs, 7
	w.sim = solapitest.New(sim)
	w.account = w.sim.NewAccount(config)
	w.key = w.account.NewKey(solapitest.RoleOwner)
	w.card = w.account.AddCard(solapitest.Card{PaymentID: "3842634568732773001572284631864"})
	w.client = w.newClient(w.key)
	return w
}

// skewed is a clock that differs from another.
type skewed struct {
	ports.Clock
	by atomic.Int64
}

func (c *skewed) Now() time.Time { return c.Clock.Now().Add(time.Duration(c.by.Load())) }

func (w *world) newClient(key solapitest.Key) *solapi.Client {
	w.t.Helper()
	return w.newClientOver(key, w.sim.Transport())
}

func (w *world) newClientOver(key solapitest.Key, transport http.RoundTripper) *solapi.Client {
	w.t.Helper()
	client, err := solapi.New(solapi.NewCredentials(key.APIKey, key.Secret), solapi.Config{
		HTTPClient: &http.Client{Transport: transport}, Clock: w.clock,
	})
	w.NoError(err)
	return client
}

// requireDecimal compares amounts by value.
func requireDecimal(t *testing.T, want int64, got decimal.Decimal) {
	t.Helper()
	require.True(t, won(want).Equal(got), "want %d, got %s", want, got)
}

// failed returns the Error of a call that must have failed.
func (w *world) failed(err error) *solapi.Error {
	w.t.Helper()
	var failed *solapi.Error
	w.ErrorAs(err, &failed)
	return failed
}
