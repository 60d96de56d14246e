package main

import (
	"bufio"
	"context"
	"io"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/solapi"
)

// The command prints an address and keys that work, and ends when it is told.
func TestCommandServesWhatItPrints(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	reader, writer := io.Pipe()
	ended := make(chan error, 1)
	go func() { ended <- run(ctx, writer, "127.0.0.1:0", 1) }()
	printed := map[string][]string{}
	scanner := bufio.NewScanner(reader)
	for len(printed) < 5 && scanner.Scan() {
		fields := strings.Fields(scanner.Text())
		printed[fields[0]] = fields[1:]
	}
	client, err := solapi.New(solapi.NewCredentials(printed["owner"][0], printed["owner"][1]), solapi.Config{BaseURL: printed["address"][0]})
	require.NoError(t, err)
	balance, err := client.Balance(t.Context())
	require.NoError(t, err)
	require.Equal(t, printed["account"][0], balance.AccountID)
	require.True(t, balance.Balance.Is(decimal.NewFromInt(100_000)))
	go func() { _, _ = io.Copy(io.Discard, reader) }()
	stop()
	require.NoError(t, <-ended)
}
