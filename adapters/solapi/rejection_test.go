package solapi_test

import (
	"testing"
	"time"

	"github.com/jigap/jigap/adapters/solapi"
	"github.com/jigap/jigap/adapters/solapi/solapitest"
	"github.com/jigap/jigap/ports"
)

// A rejection that was never given back, or by another sum, holds up those of the same total
// for thirty days, and no longer.
func TestRejections_old_one_holds_up_no_other(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		ago     time.Duration
		outcome ports.Outcome
	}{
		"yesterday's": {24 * time.Hour, pending}, "one of 31 days ago": {31 * 24 * time.Hour, declined},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := solapi.DisburserConfig{Statuses: map[string]ports.Outcome{"REJECT": declined}}
			w := setupWith(t, solapitest.AccountConfig{Balance: won(100_000), Bank: "0235"})
			old, _ := w.disburse(config)
			w.True(w.account.Decide(old.Last.ProviderRef, solapitest.Decision{Status: "REJECT"}))
			w.clock.Advance(test.ago)
			order, _ := w.disburse(config)
			w.clock.Advance(time.Minute)
			w.True(w.account.Decide(order.Last.ProviderRef, solapitest.Decision{Status: "REJECT", GiveBack: true}))
			answer := w.inquirePayout(config, &order, time.Minute)
			w.Equal(test.outcome, answer.Outcome, "%+v", answer)
			w.Equal(test.outcome == pending, answer.Review != "")
		})
	}
}

// Where there is too much to read, a person is asked instead of the provider, again and again.
func TestRejections_among_too_many_rows(t *testing.T) {
	t.Parallel()
	config := solapi.DisburserConfig{Statuses: map[string]ports.Outcome{"REJECT": declined}}
	w := setupWith(t, solapitest.AccountConfig{Balance: won(100_000), Bank: "0235"})
	order, _ := w.disburse(config)
	for range 2_001 {
		w.account.Credit("MANUAL", won(1))
	}
	w.clock.Advance(time.Minute)
	w.True(w.account.Decide(order.Last.ProviderRef, solapitest.Decision{Status: "REJECT", GiveBack: true}))
	answer := w.inquirePayout(config, &order, time.Minute)
	w.Equal(pending, answer.Outcome)
	w.Contains(answer.Review, "too many")
}
