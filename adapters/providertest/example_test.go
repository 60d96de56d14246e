package providertest_test

import (
	"fmt"
	"io"
	"log"
	"net/http"
	"strings"
	"time"

	"github.com/jigap/jigap/adapters/providertest"
)

// piggyBank is a simulated provider of a host's own: it counts what it is given.
type piggyBank struct {
	*providertest.Server
	world *providertest.World
	given int
}

func newPiggyBank(clock *providertest.Clock) *piggyBank {
	p := &piggyBank{world: providertest.NewWorld(clock, 1, 7)}
	p.Server = providertest.NewServer(p.world, providertest.Provider{
		Accept: func(*http.Request, []byte, time.Time) func(time.Time) *providertest.Answer {
			return func(time.Time) *providertest.Answer {
				p.given++
				return &providertest.Answer{Status: http.StatusOK, Body: map[string]any{"given": p.given}}
			}
		},
		Refuse: func(status int, code string) *providertest.Answer {
			return &providertest.Answer{Status: status, Body: map[string]any{"code": code}}
		},
	})
	return p
}

// Given returns how often it was given something.
func (p *piggyBank) Given() int {
	p.world.Enter()
	defer p.world.Unlock()
	return p.given
}

// A request arrives, its connection breaks, and it is executed a minute later.
func Example() {
	clock := providertest.NewClock(time.Date(2026, 3, 13, 12, 0, 0, 0, time.UTC))
	bank := newPiggyBank(clock)
	client := &http.Client{Transport: bank.Transport()} // no network
	bank.Inject(providertest.Fault{Kind: providertest.Late, Delay: time.Minute})
	if _, err := client.Post("http://bank/give", "text/plain", strings.NewReader("")); err != nil { //nolint:noctx,bodyclose // there is no answer
		fmt.Println("no answer;", bank.Given(), "given")
	}
	clock.Advance(time.Minute)
	fmt.Println(bank.Given(), "given")
	response, err := client.Post("http://bank/give", "text/plain", strings.NewReader("")) //nolint:noctx // the example is short
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	data, err := io.ReadAll(response.Body)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(string(data))
	// Output:
	// no answer; 0 given
	// 1 given
	// {"given":2}
}
