package main

import (
	"bufio"
	"context"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/kona"
)

// The command prints an address and ids, and writes keys, that work for a charge; and
// ends when it is told.
func TestCommandServesWhatItPrints(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	directory := t.TempDir()
	reader, writer := io.Pipe()
	ended := make(chan error, 1)
	go func() { ended <- run(ctx, writer, "127.0.0.1:0", directory, 1) }()
	printed := map[string]string{}
	for scanner := bufio.NewScanner(reader); len(printed) < 9 && scanner.Scan(); {
		printed[strings.TrimSpace(scanner.Text()[:13])] = scanner.Text()[13:]
	}
	key := kona.CryptoKey{
		ID:     printed["crypto key"],
		Server: parse(t, directory, "server.pem", x509.ParsePKIXPublicKey).(*rsa.PublicKey),
		Client: parse(t, directory, "client.pem", x509.ParsePKCS8PrivateKey).(*rsa.PrivateKey),
	}
	client, err := kona.New(kona.NewCredentials(printed["asp"], printed["access key"], printed["secret"], key), kona.Config{BaseURL: printed["address"]})
	require.NoError(t, err)
	number, _, _ := strings.Cut(printed["card"], " ")
	token, err := client.IssueToken(t.Context(), kona.Card{Number: number})
	require.NoError(t, err)
	method, err := kona.ParseMethod(printed["member"] + "/" + printed["par"])
	require.NoError(t, err)
	charged, err := client.Charge(t.Context(), kona.ChargeRequest{
		SequenceID: "first", UserID: method.UserID, Amount: decimal.NewFromInt(10_000), Token: token, MerchantID: printed["merchant"],
	})
	require.NoError(t, err)
	require.False(t, charged.Pending)
	stop()
	require.NoError(t, <-ended)
}

func parse(t *testing.T, directory, name string, read func(der []byte) (any, error)) any {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(directory, name))
	require.NoError(t, err)
	block, _ := pem.Decode(data)
	require.NotNil(t, block)
	key, err := read(block.Bytes)
	require.NoError(t, err)
	return key
}
