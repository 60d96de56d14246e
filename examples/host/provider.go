package main

import (
	"errors"
	"log/slog"
	"net/http/httptest"

	"github.com/google/uuid"
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

var errProvider = errors.New("set either SIMULATE=1, or JIGAP_SOLAPI_KEY and JIGAP_SOLAPI_SECRET")

// newProvider connects to SOLAPI, or to its simulator: to the one that the configuration
// names, and to none by a variable that is missing or misspelt. The two have different
// names, so that neither ever takes an order of the other's for its own.
func newProvider(c config, logger *slog.Logger) (*provider, error) {
	if hasKey := c.Key != ""; hasKey != (c.Secret != "") || hasKey == c.Simulate {
		return nil, errProvider
	}
	p, settings, account := &provider{}, solapi.Config{}, "main"
	if c.Simulate {
		c.Key, c.Secret, settings.BaseURL = p.simulate()
		account = "simulated"
		logger.Warn("SOLAPI is simulated: no money moves", "payment_method", p.card)
	} else {
		logger.Warn("a real SOLAPI account is configured: recharges charge real cards")
	}
	client, err := solapi.New(solapi.NewCredentials(c.Key, c.Secret), settings)
	if err == nil {
		p.charger, err = solapi.NewCharger(client, account)
	}
	if err != nil {
		p.close()
		return nil, err
	}
	return p, nil
}

// simulate starts a provider with an account that no other process has: its books end
// with this one, so no later one may answer for them.
func (p *provider) simulate() (key, secret, url string) {
	p.simulator = solapitest.New(solapitest.Config{})
	p.account = p.simulator.NewAccount(solapitest.AccountConfig{ID: uuid.NewString(), Balance: decimal.NewFromInt(100_000)})
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
