package manual_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/manual"
	"github.com/jigap/jigap/ports"
)

// TestDisburser_pause: a worker looks at a waiting order once a day.
func TestDisburser_pause(t *testing.T) {
	t.Parallel()
	d := manual.New("bank transfer")
	for _, answer := range []ports.PayoutAnswer{d.Disburse(t.Context(), ports.PayoutOrder{}), d.Inquire(t.Context(), ports.PayoutOrder{})} {
		require.Equal(t, ports.OutcomePending, answer.Outcome)
		require.Equal(t, 24*time.Hour, answer.InquireAfter)
	}
}
