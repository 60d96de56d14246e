package solapi_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/solapi"
	"github.com/jigap/jigap/adapters/solapi/solapitest"
	"github.com/jigap/jigap/ports"
)

// undatedTransport takes the provider's time from every answer.
type undatedTransport struct{ next http.RoundTripper }

func (u undatedTransport) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := u.next.RoundTrip(request)
	if err == nil {
		response.Header.Del("Date")
	}
	return response, err
}

// clientAhead asks by a clock that is ahead of the provider's.
func (w *world) clientAhead(by time.Duration) {
	w.t.Helper()
	client, err := solapi.New(solapi.NewCredentials(w.key.APIKey, w.key.Secret), solapi.Config{
		HTTPClient: &http.Client{Transport: w.sim.Transport()},
		Clock:      ports.ClockFunc(func() time.Time { return w.clock.Now().Add(by) }),
	})
	w.NoError(err)
	w.client = client
}

// A signature whose date is in the provider's future lives longer than a quarter of an
// hour: by as much longer an order is looked for.
func TestCharger_Inquire_quiet_period(t *testing.T) {
	t.Parallel()
	setupFuture := func(t *testing.T) *world {
		t.Helper()
		return setupSim(t, solapitest.Config{FutureDates: true}, solapitest.AccountConfig{ID: "19041920726336", Balance: won(20_130), Bank: "0235"})
	}
	t.Run("counts from the date that was signed", func(t *testing.T) {
		t.Parallel()
		for ahead, quiet := range map[time.Duration]time.Duration{
			0: 30 * time.Minute, -10 * time.Minute: 30 * time.Minute, 10 * time.Minute: 40 * time.Minute, 9 * time.Hour: 9*time.Hour + 30*time.Minute,
		} {
			w := setupFuture(t)
			w.clientAhead(ahead)
			w.sim.Inject(onPost(solapitest.CloseBefore))
			order := w.prepared()
			order.SentAt = w.clock.Now().Add(ahead)
			order.Last = kept(w, w.charger().Charge(t.Context(), order))
			w.Equal(unknown, w.inquire(&order, quiet-time.Second).Outcome, "%s ahead", ahead)
			w.Equal(notSent, w.inquire(&order, time.Second).Outcome, "%s ahead", ahead)
		}
	})
	t.Run("counts so for withdrawals", func(t *testing.T) {
		t.Parallel()
		w := setupFuture(t)
		w.clientAhead(time.Hour)
		w.sim.Inject(onPost(solapitest.CloseBefore))
		order := w.preparedPayout(solapi.DisburserConfig{})
		order.SentAt = w.clock.Now().Add(time.Hour)
		order.Last = w.disburser(solapi.DisburserConfig{}).Disburse(t.Context(), order)
		w.Equal(unknown, order.Last.Outcome)
		w.Equal(unknown, w.inquirePayout(solapi.DisburserConfig{}, &order, 90*time.Minute-time.Second).Outcome)
		w.Equal(notSent, w.inquirePayout(solapi.DisburserConfig{}, &order, time.Second).Outcome)
	})
	t.Run("leaves an order to a person when the provider does not tell its time", func(t *testing.T) {
		t.Parallel()
		for _, when := range []string{"before", "after"} {
			w := setup(t)
			dated := w.client
			if when == "before" {
				w.client = w.newClientOver(w.key, undatedTransport{w.sim.Transport()})
			}
			order := w.prepared()
			w.sim.Inject(onPost(solapitest.CloseBefore))
			order.Last = kept(w, w.charger().Charge(t.Context(), order))
			w.client = dated
			if when == "after" {
				w.client = w.newClientOver(w.key, undatedTransport{w.sim.Transport()})
			}
			answer := w.inquire(&order, time.Hour)
			w.Equal(unknown, answer.Outcome, when)
			w.NotEmpty(answer.Review, when)
		}
	})
}

// spentAfter is how long after SentAt no copy of an order can be accepted any more: a
// minute until it is signed at the latest, the fifteen of its signature, and the one that
// the adapter waits for an answer.
const spentAfter = 17 * time.Minute

// The absence of a row proves that a lost order was not sent before the quiet period is
// over, once the signature is worn out and the history is complete up to a later row.
func TestCharger_Inquire_spent(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		happen func(w *world) // a second before the signature is worn out
		then   func(w *world) // two seconds later
		want   ports.Outcome
	}{
		"ends with a later row":                     {nothing, send, notSent},
		"waits without a row":                       {nothing, nothing, unknown},
		"waits while the newest row is not later":   {send, nothing, unknown},
		"waits while the history is late":           {func(w *world) { w.account.SetLag(5 * time.Minute) }, send, unknown},
		"waits while the provider recharges":        {func(w *world) { w.account.SetRecharging(true) }, send, unknown},
		"waits when a row does not follow the next": {broken, send, unknown},
		"waits when the rows do not add up":         {func(w *world) { w.account.Unbook(won(1)) }, send, unknown},
		"waits without the provider's time": {nothing, func(w *world) {
			send(w)
			w.client = w.newClientOver(w.key, undatedTransport{w.sim.Transport()})
		}, unknown},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := setupWith(t, solapitest.AccountConfig{Balance: won(1_000_000), Bank: "0235"})
			w.account.Send(won(20))
			charge := lost(w)
			w.sim.Inject(onPost(solapitest.CloseBefore))
			payout, _ := w.disburse(solapi.DisburserConfig{})
			w.clock.Advance(spentAfter - time.Second)
			tc.happen(w)
			answer := w.inquire(&charge, 0)
			w.Equal(unknown, answer.Outcome, "%+v", answer)
			w.Equal(2*time.Second, answer.InquireAfter, "the next look is when it may say more")
			w.Equal(2*time.Second, w.inquirePayout(solapi.DisburserConfig{}, &payout, 0).InquireAfter)
			w.clock.Advance(2 * time.Second)
			tc.then(w)
			answer = w.inquire(&charge, 0)
			w.Equal(tc.want, answer.Outcome, "%+v", answer)
			w.Empty(answer.Review, "an early look leaves nothing to a person")
			last := w.inquirePayout(solapi.DisburserConfig{}, &payout, 0)
			if name == "waits while the provider recharges" {
				tc.want = notSent // a withdrawal does not depend on it
			}
			w.Equal(tc.want, last.Outcome, "%+v", last)
			w.Empty(last.Review, "an early look leaves nothing to a person")
		})
	}
}

func nothing(*world) {}

func send(w *world) { w.account.Send(won(20)) }

// broken has two movements without a row that cancel each other out.
func broken(w *world) {
	w.account.Unbook(won(5))
	w.account.Send(won(20))
	w.account.Unbook(won(-5))
}

// A date that was signed ahead of the provider wears out later, and an answer that leaned
// to success is no order that was not sent.
func TestCharger_Inquire_spent_later(t *testing.T) {
	t.Parallel()
	t.Run("counts from the date that was signed", func(t *testing.T) {
		t.Parallel()
		w := setupSim(t, solapitest.Config{FutureDates: true}, solapitest.AccountConfig{Balance: won(20_130), Bank: "0235"})
		w.clientAhead(10 * time.Minute)
		w.sim.Inject(onPost(solapitest.CloseBefore))
		order := w.prepared()
		order.SentAt = w.clock.Now().Add(10 * time.Minute)
		order.Last = kept(w, w.charger().Charge(t.Context(), order))
		w.clock.Advance(spentAfter + 9*time.Minute)
		w.account.Send(won(20))
		w.Equal(unknown, w.inquire(&order, 0).Outcome)
		w.clock.Advance(time.Minute + time.Second)
		w.account.Send(won(20))
		w.Equal(notSent, w.inquire(&order, 0).Outcome)
	})
	t.Run("does not end an order that was reported executed", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		order := lost(w)
		order.Last.Likely = approved
		w.clock.Advance(spentAfter + time.Second)
		w.account.Send(won(20))
		w.Equal(unknown, w.inquire(&order, 0).Outcome)
	})
}

// The Charger and the Disburser name the longest time after which they may say that
// nothing was sent.
func TestCharger_QuietPeriod(t *testing.T) {
	t.Parallel()
	w := setup(t)
	for _, adapter := range []any{w.charger(), w.disburser(solapi.DisburserConfig{})} {
		quiet, has := ports.As[ports.Quieter](adapter)
		w.True(has)
		w.Equal(30*time.Minute, quiet.QuietPeriod())
	}
}

// blocked is the share of time in which the lane of an account carries a lost order: each
// of the orders that find it free, perHour an hour, is lost with a chance and then blocks
// it.
func blocked(chance, perHour float64, quiet time.Duration) float64 {
	load := chance * perHour * quiet.Hours()
	return load / (1 + load)
}

// TestBlockedShare holds the table of docs/solapi.md to the formula, and the formula to
// orders that come by chance.
func TestBlockedShare(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/solapi.md")
	require.NoError(t, err)
	for _, chance := range []float64{0.001, 0.01, 0.06} {
		for _, perHour := range []float64{1, 6, 30} {
			row := fmt.Sprintf("| %.1f %% | %.0f | %.1f %% | %.1f %% |", 100*chance, perHour,
				100*blocked(chance, perHour, spentAfter), 100*blocked(chance, perHour, 30*time.Minute))
			t.Log(row)
			require.Contains(t, string(page), row+"\n")
			requireBlocked(t, chance, perHour)
		}
	}
}

// requireBlocked lets orders come until a thousand of them were lost.
func requireBlocked(t *testing.T, chance, perHour float64) {
	t.Helper()
	const quiet = 30 * time.Minute
	random := rand.New(rand.NewPCG(7, 7))
	now, free, total := 0.0, 0.0, 0.0 // in hours
	for lost := 0; lost < 4000; {
		now += random.ExpFloat64() / perHour
		if now >= free && random.Float64() < chance {
			lost++
			free = now + quiet.Hours()
			total += quiet.Hours()
		}
	}
	want := blocked(chance, perHour, quiet)
	require.InDelta(t, want, total/free, 0.05*math.Max(want, 0.01), "%g of %g", chance, perHour)
}
