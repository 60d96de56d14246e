package kona_test

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/adapters/kona"
	"github.com/jigap/jigap/adapters/kona/konatest"
	"github.com/jigap/jigap/ports"
)

// connect is how a host sets up the Charger of a project.
func connect(project konatest.Project, lookUp kona.CardResolver, config kona.Config) (*kona.Charger, error) {
	key := kona.CryptoKey{ID: project.KeyID, Server: project.Server, Client: project.Client}
	client, err := kona.New(kona.NewCredentials(project.ASPID, project.AccessKey, project.Secret, key), config)
	if err != nil {
		return nil, err
	}
	return kona.NewCharger(client, "main", kona.ChargerConfig{
		MerchantID: project.MerchantID,
		Card:       lookUp,                    // your own: finds the card of a payment method
		Codes:      map[string]kona.Meaning{}, // what the provider told you
	})
}

// A charge that the bank leaves open is pending, and is approved once it answers.
func Example() {
	clock := konatest.NewClock(time.Date(2026, 3, 13, 3, 0, 0, 0, time.UTC))
	sim := konatest.New(konatest.Config{Clock: clock})
	member := sim.NewMember(konatest.MemberConfig{Bank: decimal.NewFromInt(500_000)})
	member.Next(konatest.Scenario{Pending: true, After: time.Minute})
	charger, err := connect(sim.Project(), func(context.Context, kona.Method) (kona.Card, error) {
		number, expiry := member.Card()
		return kona.Card{Number: number, Expiry: expiry}, nil
	}, kona.Config{BaseURL: kona.SandboxURL, HTTPClient: &http.Client{Transport: sim.Transport()}, Clock: clock})
	if err != nil {
		panic(err)
	}
	order := ports.ChargeOrder{
		OperationID: "recharge-1", PaymentMethod: kona.Method{UserID: kona.UserID(member.UserID()), PAR: member.PAR()}.String(),
		Amount: decimal.NewFromInt(30_000), Currency: "KRW", SentAt: clock.Now(), Transmissions: 1,
	}
	order.Last = charger.Charge(context.Background(), order)
	fmt.Println(order.Last.Outcome)
	clock.Advance(5 * time.Minute)
	fmt.Println(charger.Inquire(context.Background(), order).Outcome)
	// Output:
	// pending
	// approved
}
