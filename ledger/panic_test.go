package ledger_test

import (
	"bytes"
	"log/slog"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/memory"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
)

// brokenIDs panics while it is broken.
type brokenIDs struct {
	ports.IDs
	broken bool
}

func (i *brokenIDs) NewID() string {
	if i.broken {
		panic("no id")
	}
	return i.IDs.NewID()
}

// TestRound_answers_a_rule_that_panics, which takes back what it did, and serves the others,
// also those about the same wallet.
func TestRound_answers_a_rule_that_panics(t *testing.T) {
	t.Parallel()
	book := func(booking ledger.Booking) func(*crowd) error {
		booking.WalletID, booking.Key, booking.Type = "d", "k", "host"
		booking.Balance, booking.Counterparty = won(-5), "elsewhere"
		return func(c *crowd) error {
			_, err := c.Book(c.t.Context(), booking)
			return err
		}
	}
	for name, broken := range map[string]func(c *crowd) error{
		"Check": book(ledger.Booking{Check: func(*ports.Wallet) error { panic("no check") }}),
		"Fill":  book(ledger.Booking{Fill: func(*ports.Entry) { panic("no fill") }}),
		"IDs": func(c *crowd) error {
			_, err := c.Hold(c.t.Context(), ledger.HoldRequest{WalletID: "d", Key: "k", Amount: won(1)})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				store := &countingStore{Store: memory.New()}
				var log bytes.Buffer
				ids := &brokenIDs{IDs: ports.RandomIDs()}
				l, err := ledger.New(store, ledger.Config{Parallel: 1, IDs: ids, Logger: slog.New(slog.NewTextHandler(&log, nil))})
				require.NoError(t, err)
				c := &crowd{Ledger: l, t: t, store: store}
				for _, id := range []string{"a", "b", "d"} {
					c.fill(id)
				}
				ids.broken = true
				c.begin()
				before := c.later(c.deduct("d", "before", 1))
				answer := c.later(func() error { return broken(c) })
				after := c.later(c.deduct("d", "after", 1))
				other := c.later(c.deduct("b", "other", 1))
				store.commits.Store(0)
				c.end()
				err = <-answer
				require.ErrorContains(t, err, "panic")
				require.NotErrorIs(t, err, ports.ErrUndecided)
				for _, served := range []<-chan error{before, after, other} {
					require.NoError(t, <-served)
				}
				require.LessOrEqual(t, store.commits.Load(), int64(2))
				require.Contains(t, log.String(), "rule panicked")
				c.requireBalance("d", 9_998)
				c.requireBalance("b", 9_999)
			})
		})
	}
}
