package postgres_test

import (
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/internal/sqltest"
	"github.com/jigap/jigap/adapters/postgres"
	"github.com/jigap/jigap/ports"
)

// The units of the tests.
var (
	noon     = sqltest.Noon
	opened   = sqltest.Opened
	booked   = sqltest.Booked
	deducted = sqltest.Deducted
	hold     = sqltest.Hold
	ended    = sqltest.Ended
	commit   = sqltest.Commit
	wallet   = sqltest.Wallet
	keyed    = sqltest.Keyed
)

// What tests wait for something that another transaction may hold up.
const (
	patience = 20 * time.Second
	tick     = 10 * time.Millisecond
)

// TestSameWallet_counters: a write without entries may change what a wallet counts for its limits.
func TestSameWallet_counters(t *testing.T) {
	t.Parallel()
	was := opened("w").Wallets[0]
	was.Incoming = dec(5)
	was.Credited = ports.CreditCount{Day: "2026-11-21", DayAmount: dec(1), Month: "2026-11", MonthAmount: dec(2)}
	same := was
	same.Incoming = decimal.RequireFromString("5.00")
	require.True(t, postgres.SameWallet(&was, &same))
	for name, change := range map[string]func(*ports.Wallet){
		"incoming": func(w *ports.Wallet) { w.Incoming = dec(6) },
		"points":   func(w *ports.Wallet) { w.IncomingPoint = dec(1) },
		"day":      func(w *ports.Wallet) { w.Credited.Day = "2026-11-22" },
		"of day":   func(w *ports.Wallet) { w.Credited.DayAmount = dec(2) },
		"month":    func(w *ports.Wallet) { w.Credited.Month = "2026-12" },
		"of month": func(w *ports.Wallet) { w.Credited.MonthAmount = dec(3) },
	} {
		other := was
		change(&other)
		require.False(t, postgres.SameWallet(&was, &other), name)
	}
}
