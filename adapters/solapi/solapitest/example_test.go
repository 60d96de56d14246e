package solapitest_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/adapters/solapi"
	"github.com/jigap/jigap/adapters/solapi/solapitest"
)

// A recharge is executed, and its answer lost. The client says that it does not know;
// the simulator's books do.
func Example() {
	provider := solapitest.New(solapitest.Config{Seed: 1})
	account := provider.NewAccount(solapitest.AccountConfig{Balance: decimal.NewFromInt(10_130)})
	key, card := account.NewKey(solapitest.RoleOwner), account.AddCard(solapitest.Card{})
	client, err := solapi.New(solapi.NewCredentials(key.APIKey, key.Secret), solapi.Config{
		HTTPClient: &http.Client{Transport: provider.Transport()}, // no network
	})
	if err != nil {
		log.Fatal(err)
	}
	provider.Inject(solapitest.Fault{Method: http.MethodPost, Kind: solapitest.CloseAfter})
	_, err = client.Recharge(context.Background(), card, decimal.NewFromInt(10_000))
	var refused *solapi.Error
	if errors.As(err, &refused) {
		fmt.Println(refused.Class)
	}
	books := account.Books()
	fmt.Println(len(books.Charges), books.Balance)
	// Output:
	// unknown
	// 1 20130
}
