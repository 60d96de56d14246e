package ports_test

import (
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/ports"
)

func TestJoin(t *testing.T) {
	t.Parallel()
	one, another := ports.Invalid("Amount", "is blank"), &ports.InsufficientError{WalletID: "w", Asked: decimal.NewFromInt(1800), AvailableBalance: decimal.NewFromInt(1200)}
	t.Run("writes_one_line", func(t *testing.T) {
		t.Parallel()
		require.EqualError(t, ports.Join(one, nil, another), "invalid Amount: is blank; insufficient funds: wants 1800, has 1200")
	})
	t.Run("matches_each_error", func(t *testing.T) {
		t.Parallel()
		err := ports.Join(one, another)
		require.ErrorIs(t, err, ports.ErrInvalid)
		require.ErrorIs(t, err, ports.ErrInsufficient)
		require.ErrorAs(t, err, new(*ports.InsufficientError))
	})
	t.Run("returns_the_only_error_or_none", func(t *testing.T) {
		t.Parallel()
		require.Same(t, one, ports.Join(nil, one))
		require.NoError(t, ports.Join(nil, nil))
		require.NoError(t, ports.Join())
	})
}
