// Command solapisim runs the simulator of the SOLAPI cash API on this machine. It
// prints the address, the keys and the payment ids of one account, and ends on an
// interrupt.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/adapters/solapi/solapitest" //nolint:depguard // the simulator's own command
)

func main() {
	address := flag.String("addr", "127.0.0.1:0", "address to listen on, of this machine")
	seed := flag.Uint64("seed", 1, "where keys and ids come from")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Stdout, *address, *seed); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run serves until ctx ends.
func run(ctx context.Context, out io.Writer, address string, seed uint64) error {
	sim := solapitest.New(solapitest.Config{Seed: seed})
	return sim.Listen(ctx, address, func(address string) error { return introduce(out, sim, address) })
}

// introduce opens an account and prints how to use it.
func introduce(out io.Writer, sim *solapitest.Simulator, address string) error {
	account := sim.NewAccount(solapitest.AccountConfig{
		ID: "19041920726336", Balance: decimal.NewFromInt(100_000), Bank: "0235235235235235",
	})
	owner, developer := account.NewKey(solapitest.RoleOwner), account.NewKey(solapitest.RoleDeveloper)
	good := account.AddCard(solapitest.Card{Description: "[VISA] 4242 12/30"})
	poor := account.AddCard(solapitest.Card{Description: "[VISA] 9995 12/30", Status: http.StatusPaymentRequired, Code: "BalanceInsufficient"})
	_, err := fmt.Fprintf(out, `address      http://%s
account      %s
owner        %s %s
developer    %s %s
card         %s approves
card         %s declines
`, address, account.ID(), owner.APIKey, owner.Secret, developer.APIKey, developer.Secret, good, poor)
	return err
}
