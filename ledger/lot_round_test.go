package ledger_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/memory"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
)

// lotOps are operations that change lots, and others that are refused when they have
// changed some already: each books out first what has lapsed.
func lotOps(t *testing.T, l *ledger.Ledger, now time.Time) (ops []func() error, want []error) {
	t.Helper()
	ctx := t.Context()
	add := func(refusal error, op func() error) { ops, want = append(ops, op), append(want, refusal) }
	deduct := func(key string, points int64, refusal error) {
		add(refusal, func() error {
			_, err := l.Deduct(ctx, ledger.DeductRequest{WalletID: "a", Key: key, Amount: won(points), Spend: ledger.PointsOnly})
			return err
		})
	}
	deduct("too much", 1_000_000, ports.ErrInsufficient)
	deduct("part of a lot", 3, nil)
	deduct("too much again", 1_000_000, ports.ErrInsufficient)
	add(nil, func() error {
		_, err := l.Hold(ctx, ledger.HoldRequest{WalletID: "a", Key: "hold", Amount: won(25)})
		return err
	})
	deduct("too much once more", 1_000_000, ports.ErrInsufficient)
	deduct("and again", 1_000_000, ports.ErrInsufficient)
	deduct("many lots", 47, nil)
	add(nil, func() error {
		_, err := l.Grant(ctx, ledger.GrantRequest{WalletID: "a", Key: "first of all", Amount: won(9), ExpiresAt: now.Add(time.Minute)})
		return err
	})
	add(ports.ErrInsufficient, func() error {
		_, err := l.Transfer(ctx, ledger.TransferRequest{FromID: "a", ToID: "b", Key: "refused transfer", Amount: won(1_000_000)})
		return err
	})
	add(nil, func() error {
		_, err := l.Transfer(ctx, ledger.TransferRequest{FromID: "b", ToID: "a", Key: "transfer", Amount: won(1)})
		return err
	})
	deduct("across both", 21, nil)
	add(nil, func() error {
		_, err := l.Adjust(ctx, ledger.AdjustRequest{WalletID: "a", Key: "adjust", Point: won(-5), By: ports.By{Who: "kim", Why: "counted"}})
		return err
	})
	deduct("all that is left", 1_000_000, ports.ErrInsufficient)
	deduct("last", 1, nil)
	return ops, want
}

// TestLots_round runs the same operations one by one and all in one round: the histories
// are the same to the last hash, whatever was refused between them.
func TestLots_round(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		opened := time.Now()
		fill := func() *crowd {
			c := &crowd{t: t, store: &countingStore{Store: memory.New()}}
			clock := ports.ClockFunc(func() time.Time { return opened })
			moving := clock
			l, err := ledger.New(c.store, ledger.Config{
				Parallel: 1, Clock: ports.ClockFunc(func() time.Time { return moving() }), IDs: ports.IDsFunc(func() string { return "the hold" }),
			})
			require.NoError(t, err)
			c.Ledger = l
			for _, id := range []string{"a", "b", "z"} {
				_, err := l.Open(t.Context(), ledger.OpenRequest{WalletID: id, Currency: "KRW"})
				require.NoError(t, err)
				for i := range 40 {
					var expires time.Time
					if i < 36 {
						expires = opened.Add(time.Duration(i/12+1) * time.Hour)
					}
					_, err := l.Grant(t.Context(), ledger.GrantRequest{WalletID: id, Key: fmt.Sprint(i), Amount: won(int64(4 + i%3)), ExpiresAt: expires})
					require.NoError(t, err)
				}
				_, err = l.Credit(t.Context(), ledger.CreditRequest{WalletID: id, Key: "cash", Amount: won(100)})
				require.NoError(t, err)
			}
			moving = func() time.Time { return opened.Add(90 * time.Minute) }
			return c
		}
		now := opened.Add(90 * time.Minute)
		single, crowded := fill(), fill()
		ops, want := lotOps(t, single.Ledger, now)
		for i, op := range ops {
			require.ErrorIs(t, op(), want[i], "operation %d", i)
		}

		crowded.store.gate = make(chan struct{})
		crowded.join(func() error {
			_, err := crowded.Credit(t.Context(), ledger.CreditRequest{WalletID: "z", Key: "leads", Amount: won(1)})
			return err
		}, nil)
		crowded.store.commits.Store(0)
		ops, want = lotOps(t, crowded.Ledger, now)
		for i, op := range ops {
			crowded.join(op, want[i])
		}
		crowded.end()
		require.LessOrEqual(t, crowded.store.commits.Load(), int64(3), "they shared a round")

		for _, id := range []string{"a", "b"} {
			_, err := single.Verify(t.Context(), id)
			require.NoError(t, err)
			_, err = crowded.Verify(t.Context(), id)
			require.NoError(t, err)
			one, err := single.store.Wallets(t.Context(), []string{id})
			require.NoError(t, err)
			other, err := crowded.store.Wallets(t.Context(), []string{id})
			require.NoError(t, err)
			require.Equal(t, one[0].Hash, other[0].Hash, "wallet %s", id)
			require.Len(t, other[0].Lots, len(one[0].Lots))
			for i := range one[0].Lots {
				require.Equal(t, fmt.Sprint(one[0].Lots[i]), fmt.Sprint(other[0].Lots[i]))
			}
		}
	})
}
