package autorecharge_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/autorecharge"
	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
)

func TestRehearse(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for range 10 {
		w.clock.Advance(time.Hour)
		w.spend(1_000)
	}
	terms := usual()
	terms.MinimumCash, terms.RechargeTo, terms.DailyCount = won(5_000), won(7_000), 2
	acts, err := w.engine.Rehearse(t.Context(), "w", terms, time.Time{}, time.Time{})
	require.NoError(t, err)
	require.Len(t, acts, 3)
	for i, want := range []struct {
		hour   int
		reason autorecharge.Reason
	}{{5, autorecharge.ReasonLow}, {7, autorecharge.ReasonLow}, {9, autorecharge.ReasonDailyCount}} {
		require.Equal(t, want.reason, acts[i].Decision.Why)
		require.Equal(t, want.hour, acts[i].At.Hour())
	}
	require.True(t, acts[0].Decision.Amount.Equal(won(2_000)))
	require.Zero(t, w.cards.count(), "it is a rehearsal")
}

// TestRehearse_goes_on_where_the_engine_would: several charges after one entry, and again
// when a cap comes to its end though nothing is booked then.
func TestRehearse_goes_on_where_the_engine_would(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.spend(9_900)
	terms := usual()
	terms.MinimumCash, terms.RechargeTo, terms.MaximumCharge, terms.DailyCount = won(1_000), won(2_000), optional(300), 2
	w.clock.Advance(48 * time.Hour)
	acts, err := w.engine.Rehearse(t.Context(), "w", terms, time.Time{}, time.Time{})
	require.NoError(t, err)
	var why []autorecharge.Reason
	for _, act := range acts {
		why = append(why, act.Decision.Why)
	}
	require.Equal(t, []autorecharge.Reason{
		autorecharge.ReasonLow, autorecharge.ReasonLow, autorecharge.ReasonDailyCount, // 100, 400, 700
		autorecharge.ReasonLow, autorecharge.ReasonLow, // the next Korean day: 1,000, 1,300
	}, why)
	require.Equal(t, time.Date(2026, 11, 1, 15, 0, 10, 0, time.UTC), acts[3].At.UTC())
}

// TestRehearse_caps_of_money as of counts.
func TestRehearse_caps_of_money(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for range 9 {
		w.clock.Advance(minute)
		w.spend(1_000)
	}
	terms := usual()
	terms.MinimumCash, terms.RechargeTo, terms.DailyAmount = won(9_000), won(10_000), optional(2_500)
	acts, err := w.engine.Rehearse(t.Context(), "w", terms, time.Time{}, w.clock.Now().Add(time.Minute))
	require.NoError(t, err)
	charged := won(0)
	for _, act := range acts {
		charged = charged.Add(act.Decision.Amount)
	}
	require.True(t, charged.Equal(won(2_500)), charged)
	require.Equal(t, autorecharge.ReasonDailyAmount, acts[len(acts)-1].Decision.Why)
}

func TestRehearse_frozen_wallet(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, err := w.wallets.Freeze(t.Context(), ledger.StatusRequest{WalletID: "w", Key: "freeze", By: ports.By{Who: "kim", Why: "asked by mail"}})
	require.NoError(t, err)
	w.clock.Advance(time.Hour)
	w.deposit("w", 1)
	from := w.clock.Now()
	w.clock.Advance(time.Hour)
	_, err = w.wallets.Unfreeze(t.Context(), ledger.StatusRequest{WalletID: "w", Key: "unfreeze", By: ports.By{Who: "kim", Why: "asked by mail"}})
	require.NoError(t, err)
	terms := usual()
	terms.MinimumCash = won(20_000)
	acts, err := w.engine.Rehearse(t.Context(), "w", terms, from, time.Time{})
	require.NoError(t, err)
	require.Len(t, acts, 2)
	require.Equal(t, autorecharge.ReasonWallet, acts[0].Decision.Why)
	require.Equal(t, autorecharge.ReasonLow, acts[1].Decision.Why)
	require.Equal(t, w.clock.Now(), acts[1].At)
}

// TestRehearse_midnight_that_does_not_exist: in Santiago the clocks go from
// midnight to one, and what a day's cap holds back is looked at again then.
func TestRehearse_midnight_that_does_not_exist(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.clock.Advance(utc("2027-09-04 20:00").Sub(w.clock.Now()))
	w.spend(9_900)
	w.clock.Advance(48 * time.Hour)
	terms := usual()
	terms.TimeZone, terms.DailyCount, terms.MaximumCharge = "America/Santiago", 1, optional(100)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	acts, err := w.engine.Rehearse(ctx, "w", terms, time.Time{}, time.Time{})
	require.NoError(t, err)
	var charged []time.Time
	for _, act := range acts {
		if act.Decision.Charge {
			charged = append(charged, act.At)
		}
	}
	require.Equal(t, []time.Time{utc("2027-09-04 20:00"), utc("2027-09-05 04:00").Add(10 * time.Second), utc("2027-09-06 03:00").Add(10 * time.Second)}, charged)
}

// leaver is a store whose caller leaves once the history has been read.
type leaver struct {
	ports.Store
	leave func()
}

func (l leaver) Entries(ctx context.Context, filter ports.EntryFilter) ([]ports.Entry, error) {
	defer l.leave()
	return l.Store.Entries(ctx, filter)
}

func TestRehearse_caller_leaves(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.spend(9_500)
	terms := usual()
	terms.MaximumCharge, terms.DailyCount = optional(1), 1
	w.clock.Advance(200 * 365 * 24 * time.Hour)
	ctx, cancel := context.WithCancel(t.Context())
	w.store = leaver{w.store, cancel}
	w.process = w.start(crashtest.Immortal(), false)
	_, err := w.engine.Rehearse(ctx, "w", terms, time.Time{}, time.Time{})
	require.ErrorIs(t, err, context.Canceled)
}
