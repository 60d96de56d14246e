package autorecharge_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
)

// TestStorm is the incident of 2026 in virtual time: 30 days, 1,000 wallets, all cards
// dead, two processes, debits every minute. The attempts must stay within the policy's
// figures, and each change of state is told once. Then the cards come back, everybody
// is reinstated, and every wallet returns above its threshold.
func TestStorm(t *testing.T) {
	t.Parallel()
	wallets, days := 1_000, 30
	if testing.Short() || raceEnabled {
		wallets, days = 50, 10
	}
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		other := w.start(crashtest.Immortal(), false)
		terms := usual()
		terms.SuspendAfter, terms.DailyCount = 6, 4
		for i := range wallets {
			id := fmt.Sprint("wallet ", i)
			w.open(id, 1_200)
			_, err := w.engine.Set(t.Context(), setting(id, terms))
			require.NoError(t, err)
		}
		for _, card := range []string{"first", "second"} {
			w.cards.answer(card, declined(true))
		}
		debits := 0
		empty := make([]bool, wallets)
		for minutes := 0; minutes < days*24*60; minutes++ {
			for i := range wallets { // a debit a minute from each, until nothing is left; then in turn
				if empty[i] && minutes%wallets != i {
					continue
				}
				_, err := w.wallets.Deduct(t.Context(), ledger.DeductRequest{
					WalletID: fmt.Sprint("wallet ", i), Key: fmt.Sprint("minute ", minutes), Amount: won(1),
				})
				if empty[i] = err != nil; !empty[i] {
					debits++
				}
			}
			w.clock.Advance(minute)
			if minutes%10 == 0 {
				w.step()
				require.NoError(t, other.worker.Step(t.Context()).Err())
			}
		}
		// Each failure in a row tries both cards.
		most := wallets * terms.SuspendAfter * len(terms.Methods)
		t.Logf("%d wallets, %d days, %d debits, %d attempts of at most %d", wallets, days, debits, w.cards.count(), most)
		require.LessOrEqual(t, w.cards.count(), most)
		require.GreaterOrEqual(t, w.cards.count(), wallets, "each wallet ran low")
		perDay := make(map[string]int)
		for _, o := range w.cards.charges {
			key := o.WalletID + o.RequestedAt.In(time.FixedZone("KST", 9*3600)).Format("0102")
			if perDay[key]++; perDay[key] > terms.DailyCount {
				t.Fatalf("%s was tried %d times in a day", o.WalletID, perDay[key])
			}
		}
		synctest.Wait()
		told := make(map[string]int)
		for _, name := range w.events.list() {
			told[name]++
		}
		for _, change := range []string{"policy.declined", "policy.failing", "policy.suspended"} {
			require.Equal(t, wallets, told[change], change)
		}
		t.Logf("told: %v", told)

		for _, card := range []string{"first", "second"} {
			w.cards.answer(card, ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeApproved}})
		}
		for i := range wallets {
			_, err := w.engine.Reinstate(t.Context(), acting(fmt.Sprint("wallet ", i), kim("asked")))
			require.NoError(t, err)
		}
		for range 30 {
			w.clock.Advance(time.Hour)
			w.step()
		}
		for i := range wallets {
			id := fmt.Sprint("wallet ", i)
			wallet, err := w.wallets.Wallet(t.Context(), id)
			require.NoError(t, err)
			require.True(t, wallet.Balance.GreaterThan(terms.MinimumCash), "%s has %s", id, wallet.Balance)
		}
	})
}
