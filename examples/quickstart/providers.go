package main

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"

	"github.com/jigap/jigap/adapters/kona"
	"github.com/jigap/jigap/adapters/kona/konatest"
	"github.com/jigap/jigap/adapters/solapi"
	"github.com/jigap/jigap/adapters/solapi/solapitest"
	"github.com/jigap/jigap/ports"
)

// providers are the two simulators behind listeners on loopback, and the adapters
// that talk to them over HTTP, as they would to the real ones.
type providers struct {
	clock *solapitest.Clock

	solapi    *solapitest.Simulator
	account   *solapitest.Account
	cards     [2]string
	charger   *solapi.Charger
	disburser *solapi.Disburser

	kona   *konatest.Simulator
	member *konatest.Member
	bank   *kona.Charger

	servers [2]*httptest.Server
}

// accountBegins is what the SOLAPI account holds before the story.
const accountBegins = 500_000

func startProviders(clock *solapitest.Clock) (*providers, error) {
	p := &providers{clock: clock}
	p.solapi = solapitest.New(solapitest.Config{Clock: clock, Seed: 1})
	p.account = p.solapi.NewAccount(solapitest.AccountConfig{Balance: won(accountBegins), Bank: "0235235235235235"})
	p.cards = [2]string{p.account.AddCard(solapitest.Card{}), p.account.AddCard(solapitest.Card{})}
	p.kona = konatest.New(konatest.Config{Clock: clock, Seed: 1})
	p.member = p.kona.NewMember(konatest.MemberConfig{Bank: won(500_000)})
	p.servers = [2]*httptest.Server{httptest.NewServer(p.solapi), httptest.NewServer(p.kona)}
	if err := errors.Join(p.connectSolapi(), p.connectKona()); err != nil {
		p.close()
		return nil, err
	}
	return p, nil
}

func (p *providers) connectSolapi() error {
	key := p.account.NewKey(solapitest.RoleOwner)
	client, err := solapi.New(solapi.NewCredentials(key.APIKey, key.Secret), solapi.Config{
		BaseURL: p.servers[0].URL, HTTPClient: &http.Client{}, Clock: p.clock,
	})
	if err != nil {
		return err
	}
	var chargerErr, disburserErr error
	p.charger, chargerErr = solapi.NewCharger(client, "main")
	p.disburser, disburserErr = solapi.NewDisburser(client, "main", solapi.DisburserConfig{
		Statuses: map[string]ports.Outcome{"COMPLETE": ports.OutcomeApproved},
	})
	return errors.Join(chargerErr, disburserErr)
}

func (p *providers) connectKona() error {
	project := p.kona.Project()
	key := kona.CryptoKey{ID: project.KeyID, Server: project.Server, Client: project.Client}
	client, err := kona.New(kona.NewCredentials(project.ASPID, project.AccessKey, project.Secret, key), kona.Config{
		BaseURL: p.servers[1].URL, HTTPClient: &http.Client{}, Clock: p.clock,
	})
	if err != nil {
		return err
	}
	p.bank, err = kona.NewCharger(client, "main", kona.ChargerConfig{
		MerchantID: project.MerchantID,
		Card: func(context.Context, kona.Method) (kona.Card, error) { // a host asks its vault
			number, expiry := p.member.Card()
			return kona.Card{Number: number, Expiry: expiry}, nil
		},
	})
	return err
}

func (p *providers) close() {
	for _, server := range p.servers {
		server.Close()
	}
}
