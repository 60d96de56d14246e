package main

import (
	"log/slog"
	"net/http/httptest"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/adapters/solapi"
	"github.com/jigap/jigap/adapters/solapi/solapitest"
	"github.com/jigap/jigap/ports"
)

// provider takes the money in. Another one is another ports.Charger: nothing else in
// this server would change.
type provider struct {
	charger ports.Charger

	// Of the simulator; nil and blank with a real account.
	simulator *solapitest.Simulator
	account   *solapitest.Account
	card      string
	listener  *httptest.Server
}

// newProvider connects to SOLAPI. Without credentials it starts the simulator, whose
// books begin anew with each process.
func newProvider(c config, logger *slog.Logger) (*provider, error) {
	p := &provider{}
	settings := solapi.Config{}
	if c.Key == "" || c.Secret == "" {
		c.Key, c.Secret, settings.BaseURL = p.simulate()
		logger.Warn("no provider is configured: SOLAPI is simulated, no money moves", "payment_method", p.card)
	} else {
		logger.Warn("a real SOLAPI account is configured: recharges charge real cards")
	}
	client, err := solapi.New(solapi.NewCredentials(c.Key, c.Secret), settings)
	if err == nil {
		p.charger, err = solapi.NewCharger(client, "main")
	}
	if err != nil {
		p.close()
		return nil, err
	}
	return p, nil
}

func (p *provider) simulate() (key, secret, url string) {
	p.simulator = solapitest.New(solapitest.Config{})
	p.account = p.simulator.NewAccount(solapitest.AccountConfig{Balance: decimal.NewFromInt(100_000)})
	p.card = p.account.AddCard(solapitest.Card{})
	p.listener = httptest.NewServer(p.simulator)
	owner := p.account.NewKey(solapitest.RoleOwner)
	return owner.APIKey, owner.Secret, p.listener.URL
}

func (p *provider) close() {
	if p.listener != nil {
		p.listener.Close()
	}
}
