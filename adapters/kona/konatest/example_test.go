package konatest_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"time"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/adapters/kona"
	"github.com/jigap/jigap/adapters/kona/konatest"
)

// The bank refuses a charge that was pending.
func Example() {
	clock := konatest.NewClock(time.Date(2026, 3, 13, 3, 0, 0, 0, time.UTC))
	provider := konatest.New(konatest.Config{Clock: clock, Seed: 1})
	member := provider.NewMember(konatest.MemberConfig{Bank: decimal.NewFromInt(500_000)})
	member.Next(konatest.Scenario{Pending: true, After: time.Minute, Fail: true})

	project := provider.Project()
	key := kona.CryptoKey{ID: project.KeyID, Server: project.Server, Client: project.Client}
	client, err := kona.New(kona.NewCredentials(project.ASPID, project.AccessKey, project.Secret, key), kona.Config{
		BaseURL: kona.SandboxURL, HTTPClient: &http.Client{Transport: provider.Transport()}, Clock: clock, // no network
	})
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	number, expiry := member.Card()
	token, err := client.IssueToken(ctx, kona.Card{Number: number, Expiry: expiry})
	if err != nil {
		log.Fatal(err)
	}
	charged, err := client.Charge(ctx, kona.ChargeRequest{
		SequenceID: "order-1", UserID: kona.UserID(member.UserID()), Amount: decimal.NewFromInt(30_000),
		Token: token, MerchantID: project.MerchantID,
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("pending:", charged.Pending)
	clock.Advance(5 * time.Minute)
	inquired, err := client.InquireResult(ctx, "order-1")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(inquired.Result, provider.Books().Transactions[0].Status)
	// Output:
	// pending: true
	// FAILED FAILED
}
