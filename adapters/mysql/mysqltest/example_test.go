package mysqltest_test

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/mysql"
	"github.com/jigap/jigap/adapters/mysql/mysqltest"
	"github.com/jigap/jigap/ledger"
)

func TestMain(m *testing.M) { os.Exit(mysqltest.Main(m)) }

func TestOpenWallet(t *testing.T) {
	t.Parallel()
	wallets, err := ledger.New(mysqltest.Store(t, mysql.Config{}), ledger.Config{}) // in a database of its own
	require.NoError(t, err)
	_, err = wallets.Open(t.Context(), ledger.OpenRequest{WalletID: "customer-1", Currency: "KRW"})
	require.NoError(t, err)
}

// A package that tests against MariaDB has a TestMain, and tests like this one, in a _test.go file: go test runs them, an
// example cannot.
func Example() { //nolint:testableexamples // go test runs what it shows
	_, _ = TestMain, TestOpenWallet
}
