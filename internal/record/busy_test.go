package record_test

import (
	"context"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/internal/record"
	"github.com/jigap/jigap/ports"
)

type reasonless struct{ fate ports.Fate }

func (f reasonless) Commit(_ context.Context, units []ports.Unit) []ports.Fate {
	return []ports.Fate{f.fate}
}

// TestCommit_fails_without_a_reason has a store say that it failed, and not why.
func TestCommit_fails_without_a_reason(t *testing.T) {
	t.Parallel()
	op := &ports.Hold{OperationHead: ports.OperationHead{ID: "h", Kind: ports.KindHold, WalletID: "w", Version: 2}}
	require.Error(t, record.Commit(t.Context(), reasonless{ports.Fate{Status: ports.FateFailed}}, op))
}

// TestCommit_record_is_locked has a record be locked for a while, and for good.
func TestCommit_record_is_locked(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		op := &ports.Hold{OperationHead: ports.OperationHead{ID: "h", Kind: ports.KindHold, WalletID: "w", Version: 2}}
		require.NoError(t, record.Commit(t.Context(), &locked{times: 20}, op))
		require.ErrorIs(t, record.Commit(t.Context(), &locked{times: 1000}, op), ports.ErrBusy)
	})
}

// locked is a store whose records are locked so many times.
type locked struct{ times int }

func (l *locked) Commit(context.Context, []ports.Unit) []ports.Fate {
	if l.times--; l.times >= 0 {
		return []ports.Fate{{Status: ports.FateBusy, IDs: []string{"h"}}}
	}
	return []ports.Fate{{Status: ports.FateCommitted}}
}
