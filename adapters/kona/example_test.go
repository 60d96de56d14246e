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

// A charge that the bank leaves open is pending, and is approved once it answers.
func Example() {
	clock := konatest.NewClock(time.Date(2026, 3, 13, 3, 0, 0, 0, time.UTC))
	sim := konatest.New(konatest.Config{Clock: clock})
	member := sim.NewMember(konatest.MemberConfig{Bank: decimal.NewFromInt(500_000)})
	member.Next(konatest.Scenario{Pending: true, After: time.Minute})
	project := sim.Project()

	key := kona.CryptoKey{ID: project.KeyID, Server: project.Server, Client: project.Client}
	client, err := kona.New(kona.NewCredentials(project.ASPID, project.AccessKey, project.Secret, key), kona.Config{
		BaseURL: kona.SandboxURL, HTTPClient: &http.Client{Transport: sim.Transport()}, Clock: clock,
	})
	if err != nil {
		panic(err)
	}
	charger, err := kona.NewCharger(client, "main", kona.ChargerConfig{
		MerchantID: project.MerchantID,
		Card: func(context.Context, kona.Method) (kona.Card, error) {
			number, expiry := member.Card()
			return kona.Card{Number: number, Expiry: expiry}, nil
		},
	})
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
