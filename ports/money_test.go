package ports_test

import (
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/ports"
)

func TestCheckSigned(t *testing.T) {
	t.Parallel()
	t.Run("refuses_what_is_too_long_to_compute_with", func(t *testing.T) {
		t.Parallel()
		for _, exponent := range []int32{50_000_000, 1001, -1001, -50_000_000} {
			_, err := ports.CheckSigned("Amount", decimal.New(0, exponent), 0)
			require.ErrorIs(t, err, ports.ErrInvalid, "0e%d", exponent)
			_, err = ports.CheckSigned("Amount", decimal.New(-1, exponent), ports.MaxScale)
			require.ErrorIs(t, err, ports.ErrInvalid, "-1e%d", exponent)
		}
	})
	t.Run("writes_a_zero_in_the_scale", func(t *testing.T) {
		t.Parallel()
		for _, exponent := range []int32{1000, 3, 0, -3, -1000} {
			zero, err := ports.CheckSigned("Amount", decimal.New(0, exponent), 2)
			require.NoError(t, err)
			require.Equal(t, "0.00", zero.StringFixed(2))
			require.Equal(t, int32(-2), zero.Exponent())
		}
	})
}
