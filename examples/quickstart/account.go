package main

import (
	"context"
	"fmt"
	"io"

	"github.com/jigap/jigap/adapters/solapi"
)

// shownRows is how much of a real account's history is shown.
const shownRows = 5

// readAccount shows the balance and the latest history of an account. It sends nothing
// that changes anything.
func readAccount(ctx context.Context, out io.Writer, credentials solapi.Credentials, config solapi.Config) error {
	client, err := solapi.New(credentials, config)
	if err != nil {
		return err
	}
	balance, err := client.Balance(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "\nYour account, read through %s: balance %s, points %s.\n", client, balance.Balance.Decimal, balance.Point.Decimal)
	rows := 0
	for row, err := range client.History(ctx, solapi.HistoryFilter{}) {
		if err != nil {
			return err
		}
		if rows++; rows > shownRows {
			break
		}
		fmt.Fprintf(out, "  %s  %-10s %12s → %s\n", row.DateCreated.UTC().Format("2006-01-02 15:04"), row.Type,
			row.OldBalance.Decimal, row.NewBalance.Decimal)
	}
	return nil
}
