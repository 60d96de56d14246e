// Command quickstart tells the story of a wallet. It needs no network, no database and
// no configuration: it starts a simulated SOLAPI and a simulated Kona on loopback and
// keeps everything in memory. It compares what it tells with the wallets and with the
// books of the simulators, and exits with status 1 when they disagree.
//
//	go run ./examples/quickstart
//	go run ./examples/quickstart -store sqlite:wallets.db
//	go run ./examples/quickstart -store mysql://user:password@localhost/database
//	go run ./examples/quickstart -store postgres://user:password@localhost/database
//
// With JIGAP_SOLAPI_KEY and JIGAP_SOLAPI_SECRET in the environment it also reads, and
// only reads, the balance and the latest history of that account from SOLAPI itself.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"

	"github.com/jigap/jigap/adapters/solapi"
	"github.com/jigap/jigap/internal/storeurl"
)

// The variables that name a real account, to be read.
const (
	envKey    = "JIGAP_SOLAPI_KEY"
	envSecret = "JIGAP_SOLAPI_SECRET" //nolint:gosec // the name of a variable
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	status := run(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr)
	stop()
	os.Exit(status)
}

// run returns the exit status.
func run(ctx context.Context, args []string, getenv func(string) string, out, complain io.Writer) int {
	flags := flag.NewFlagSet("quickstart", flag.ContinueOnError)
	flags.SetOutput(complain)
	where := flags.String("store", inMemory, "where records are kept: "+storeurl.Usage)
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return 0
	} else if err != nil {
		return 2
	}
	err := tell(ctx, *where, out)
	if key, secret := getenv(envKey), getenv(envSecret); err == nil && key != "" && secret != "" {
		err = readAccount(ctx, out, solapi.NewCredentials(key, secret), solapi.Config{})
	}
	if err != nil {
		fmt.Fprintln(complain, "quickstart:", err)
		return 1
	}
	return 0
}

// tell tells the story, on the store that is asked for.
func tell(ctx context.Context, where string, out io.Writer) error {
	store, remove, err := openStore(ctx, where)
	if err != nil {
		return err
	}
	defer remove()
	s, err := newStory(store, out)
	if err != nil {
		return err
	}
	defer s.close()
	return s.tellAll(ctx)
}
