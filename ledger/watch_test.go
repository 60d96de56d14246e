package ledger_test

import (
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/internal/books"
	"github.com/jigap/jigap/ports"
)

// A watch that no wallet can reach is refused at the door.
func TestLedger_watch_bounds(t *testing.T) {
	t.Parallel()
	f := setup(t)
	_, err := f.Book(t.Context(), books.Booking{WalletID: "w", Watch: &ports.Watch{Below: decimal.NewNullDecimal(decimal.New(1, 30_000_000))}})
	require.ErrorIs(t, err, ports.ErrInvalid)
}
