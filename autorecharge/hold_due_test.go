package autorecharge_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/ledger"
)

// TestEngine_Evaluate_expired_hold looks at a wallet that is low because of a hold: it is charged
// for until the hold expires, and not from then on, although no worker has given the hold back.
func TestEngine_Evaluate_expired_hold(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		after   time.Duration
		charges int
	}{"before it expires": {time.Hour - time.Second, 1}, "when it has expired": {time.Hour, 0}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.set(usual())
			_, err := w.wallets.Hold(t.Context(), ledger.HoldRequest{WalletID: "w", Key: "hold", Amount: won(9_500), ExpiresAt: w.clock.Now().Add(time.Hour)})
			require.NoError(t, err)
			w.clock.Advance(test.after)
			require.NoError(t, w.engine.Evaluate(t.Context(), "w"))
			require.Len(t, w.cards.used(), test.charges)
		})
	}
}
