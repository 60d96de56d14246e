package postgrestest_test

import (
	"os"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/postgres/postgrestest"
	"github.com/jigap/jigap/ledger"
)

func TestMain(m *testing.M) { os.Exit(postgrestest.Main(m)) }

func TestDeposit(t *testing.T) {
	t.Parallel()
	wallets, err := ledger.New(postgrestest.Store(t), ledger.Config{}) // in a schema of its own
	require.NoError(t, err)
	_, err = wallets.Open(t.Context(), ledger.OpenRequest{WalletID: "customer-1", Currency: "KRW"})
	require.NoError(t, err)
	receipt, err := wallets.Credit(t.Context(), ledger.CreditRequest{
		WalletID: "customer-1", Key: "deposit-1", Amount: decimal.NewFromInt(10_000),
	})
	require.NoError(t, err)
	require.Equal(t, "10000", receipt.Entry.NewBalance.String())
}

// A package that tests against PostgreSQL has a TestMain, and tests like this one, in a
// _test.go file: go test runs them, an example cannot.
func Example() { //nolint:testableexamples // go test runs what it shows
	_, _ = TestMain, TestDeposit
}
