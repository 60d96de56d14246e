package simulation_test

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/adapters/kona/konatest"
	"github.com/jigap/jigap/adapters/postgres"
	"github.com/jigap/jigap/adapters/postgres/postgrestest"
	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/worker"
)

// Processes that are to be killed are this test binary, started again with the variable
// below set: TestMain then runs a host in place of tests.
const childVariable = "JIGAP_TEST_SIMULATION"

func TestMain(m *testing.M) {
	if text := os.Getenv(childVariable); text != "" {
		if err := runChild(text); err != nil {
			_, _ = fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(postgrestest.Main(m))
}

// orders tell a child what to do.
type orders struct {
	Name       string // its keys begin with it
	Seed       uint64
	URL        string // of the database
	SolapiURL  string
	KonaURL    string
	TossURL    string
	Clock      fastClock
	Access     access
	Project    konatest.Project
	Server     []byte // its keys: JSON knows no RSA
	Client     []byte
	Wallets    []string
	Goroutines int
}

// fastClock runs faster than the machine's, so that leases and inquiries come about
// within the seconds of a test.
type fastClock struct {
	Began time.Time
	Epoch time.Time
	Speed int64
}

// Now is what the clock shows.
func (c fastClock) Now() time.Time { return c.Epoch.Add(time.Since(c.Began) * time.Duration(c.Speed)) }

func (o *orders) seal(project konatest.Project) {
	o.Server, o.Client = x509.MarshalPKCS1PublicKey(project.Server), x509.MarshalPKCS1PrivateKey(project.Client)
	o.Project = project
	o.Project.Server, o.Project.Client = nil, nil
}

func (o *orders) unseal() (access, error) {
	var err1, err2 error
	o.Project.Server, err1 = x509.ParsePKCS1PublicKey(o.Server)
	o.Project.Client, err2 = x509.ParsePKCS1PrivateKey(o.Client)
	all := o.Access
	all.Project = o.Project
	return all, errors.Join(err1, err2)
}

// line is what a child writes before a request, and another after it.
type line struct {
	Request *request
	Ending  ending // blank before
	Answer  string
	Error   string // of a refusal that should not be
}

// runChild is a host in a process of its own, until it is killed.
func runChild(text string) error {
	var o orders
	if err := json.Unmarshal([]byte(text), &o); err != nil {
		return err
	}
	all, err := o.unseal()
	if err != nil {
		return err
	}
	config, err := pgxpool.ParseConfig(o.URL)
	if err != nil {
		return err
	}
	config.MaxConns = 8
	pool, err := pgxpool.NewWithConfig(context.Background(), config)
	if err != nil {
		return err
	}
	defer pool.Close()
	store, err := postgres.New(pool, postgres.Config{})
	if err != nil {
		return err
	}
	wire := &labelling{inner: http.DefaultTransport}
	h, err := newHouse(parts{
		store: store, clock: o.Clock, ids: ports.RandomIDs(), access: all, solapi: wire, kona: wire, toss: wire,
		solapiURL: o.SolapiURL, konaURL: o.KonaURL, tossURL: o.TossURL,
	})
	if err != nil {
		return err
	}
	w, err := worker.New(worker.Config{Interval: 20 * time.Millisecond}, h.jobs...)
	if err != nil {
		return err
	}
	c := &child{house: h, out: json.NewEncoder(os.Stdout), host: &host{
		random: rand.New(rand.NewPCG(o.Seed, 7)), name: o.Name, access: all, wallets: o.Wallets, weights: usual(), now: o.Clock.Now, tossOdds: 2,
		look: func(walletID string) (cash, point decimal.Decimal) {
			wallet, _ := h.wallets.Wallet(context.Background(), walletID) // unread: it has nothing
			return wallet.AvailableBalance(), wallet.AvailablePoint(o.Clock.Now())
		},
		lots: func(walletID string) []ports.PointLot {
			wallet, _ := h.wallets.Wallet(context.Background(), walletID)
			return wallet.Lots
		},
	}}
	for range o.Goroutines {
		go c.work()
	}
	return w.Run(context.Background())
}

type child struct {
	*house
	mu   sync.Mutex
	host *host
	out  *json.Encoder
}

// work makes one request after another.
func (c *child) work() {
	for {
		c.mu.Lock()
		r := c.host.next()
		_ = c.out.Encode(line{Request: r})
		c.mu.Unlock()
		answer, err := r.do(context.Background(), c.house)
		after := line{Request: r, Ending: endingOf(err), Answer: answer}
		if after.Ending == refused && !expected(err) {
			after.Error = err.Error()
		}
		c.mu.Lock()
		if after.Ending == acknowledged {
			c.host.learn(r, answer)
		}
		c.host.hears(r, err)
		_ = c.out.Encode(after)
		c.mu.Unlock()
	}
}

// labelling carries the label of a request in a header, for a simulator in another
// process.
type labelling struct{ inner http.RoundTripper }

const labelHeader = "X-Simulation-Label"

type labelKey struct{}

func (l *labelling) RoundTrip(req *http.Request) (*http.Response, error) {
	if operation, ok := req.Context().Value(labelKey{}).(string); ok {
		req = req.Clone(req.Context())
		req.Header.Set(labelHeader, operation)
	}
	return l.inner.RoundTrip(req)
}

// labelled gives a simulator what labelling wrote.
func labelled(sim http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		sim.ServeHTTP(w, r.WithContext(label(r.Context(), r.Header.Get(labelHeader))))
	})
}

// readLines reads what a child wrote, and counts it; one that was killed may leave half
// a line.
func readLines(output io.Reader, told *crashtest.Tally) []line {
	var lines []line
	decoder := json.NewDecoder(output)
	for {
		var next line
		if decoder.Decode(&next) != nil {
			return lines
		}
		lines = append(lines, next)
		told.Add()
	}
}
