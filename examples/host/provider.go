package main

import (
	"errors"
	"log/slog"
	"net/http/httptest"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/adapters/toss"
	"github.com/jigap/jigap/adapters/toss/tosstest"
	"github.com/jigap/jigap/ports"
)

// provider takes the money in: from cards that customers registered, and from what they pay in
// the provider's window. Another one is another ports.Charger and ports.Confirmer.
type provider struct {
	client  *toss.Client
	cards   ports.Charger
	windows interface {
		ports.Confirmer
		ports.WebhookReader
	}

	// Of the simulator; nil with a real shop.
	simulator *tosstest.Simulator
	listener  *httptest.Server
}

var errProvider = errors.New("set either SIMULATE=1, or TOSS_SECRET_KEY; a live key needs CARD_KEY too")

// newProvider connects to Toss Payments, or to its simulator: to the one that the configuration
// names, and to none by a variable that is missing or misspelt. The two have different names, so
// that neither ever takes an order of the other's for its own. A key that begins with test_ moves no
// money.
func newProvider(c config, card toss.CardResolver, logger *slog.Logger) (*provider, error) {
	if hasKey := c.Secret != ""; hasKey == c.Simulate || strings.HasPrefix(c.Secret, "live_") && c.CardKey == "" {
		return nil, errProvider
	}
	p, settings, shop := &provider{}, toss.Config{Logger: logger}, "main"
	if c.CardKey == "" {
		logger.Warn("CARD_KEY is not set: cards that are registered now cannot be charged after a restart")
	}
	if c.Simulate {
		c.Secret, settings.BaseURL = p.simulate()
		shop = "simulated"
		logger.Warn("Toss Payments is simulated: no money moves")
	}
	if err := p.connect(c.Secret, settings, shop, card, logger); err != nil {
		p.close()
		return nil, err
	}
	return p, nil
}

func (p *provider) connect(secret string, settings toss.Config, shop string, card toss.CardResolver, logger *slog.Logger) error {
	key, err := toss.NewSecretKey(secret)
	if err != nil {
		return err
	}
	if key.Live() {
		logger.Warn("a live key is configured: recharges charge real cards")
	}
	if p.client, err = toss.New(key, settings); err != nil {
		return err
	}
	cards, err := toss.NewBillingCharger(p.client, shop, toss.BillingConfig{Card: card})
	if err != nil {
		return err
	}
	windows, err := toss.NewWindowCharger(p.client, shop, toss.WindowConfig{})
	p.cards, p.windows = cards, windows
	return err
}

// simulate starts a provider with a shop that no other process has: its books end with this one, so
// no later one may answer for them.
func (p *provider) simulate() (secret, url string) {
	p.simulator = tosstest.New(tosstest.Config{})
	p.listener = httptest.NewServer(p.simulator)
	return p.simulator.Shop().SecretKey, p.listener.URL
}

// authKey has a customer of the simulator register a card in the billing window.
func (p *provider) authKey(customerKey string) string { return p.simulator.AuthKey(customerKey) }

// agree has a customer of the simulator agree to pay in a window, and returns the query with which
// it returns.
func (p *provider) agree(orderID string, amount decimal.Decimal) string {
	return p.simulator.Authenticate(p.simulator.OpenWindow(orderID, amount, tosstest.MethodCard))
}

func (p *provider) close() {
	if p.listener != nil {
		p.listener.Close()
	}
}
