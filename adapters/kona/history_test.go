package kona_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/kona"
	"github.com/jigap/jigap/adapters/kona/konatest"
	"github.com/jigap/jigap/ports"
)

// A history is read whole, whatever the number of its first page is.
func TestClient_History(t *testing.T) {
	t.Parallel()
	for _, first := range []int{0, 1} {
		for _, rows := range []int{0, 1, 19, 20, 21, 45} {
			t.Run(fmt.Sprintf("reads %d rows from page %d on", rows, first), func(t *testing.T) {
				t.Parallel()
				clock := konatest.NewClock(start)
				w := newWorld(t, konatest.Config{Clock: clock, Seed: 7, Keys: simKeys(), FirstPage: first}, konatest.MemberConfig{Bank: won(1_000_000)})
				w.clock = clock
				for range rows {
					order := w.order()
					order.Amount = won(100)
					w.Equal(approved, w.charger().Charge(t.Context(), order).Outcome)
				}
				got, err := w.client.History(t.Context(), kona.HistoryFilter{PAR: w.member.PAR(), From: start, To: start})
				w.NoError(err)
				w.Len(got, rows)
				numbers := map[string]bool{}
				for _, row := range got {
					numbers[row.Number] = true
				}
				w.Len(numbers, rows)
			})
		}
	}
	for name, body := range map[string]string{
		"no pages":            `{"transactionInfo":[],` + success + `}`,
		"pages that are none": `{"transactionInfo":[],"pageResponse":{"totalPages":"x"},` + success + `}`,
		"pages below zero":    `{"transactionInfo":[],"pageResponse":{"totalPages":-1},` + success + `}`,
		"too many pages":      `{"transactionInfo":[],"pageResponse":{"totalPages":101},` + success + `}`,
		"no list":             `{"rows":[],"pageResponse":{"totalPages":1},` + success + `}`,
		"a list of numbers":   `{"transactionInfo":[1],"pageResponse":{"totalPages":1},` + success + `}`,
	} {
		t.Run("refuses "+name, func(t *testing.T) {
			t.Parallel()
			_, err := newClient(t, answering(200, body), fixed()).History(t.Context(), kona.HistoryFilter{PAR: "P"})
			require.Error(t, err)
		})
	}
	t.Run("keeps rows whose figures are odd", func(t *testing.T) {
		t.Parallel()
		body := `{"transactionInfo":[{"nrNumber":{},"trAmount":"much","balanceBefore":[]},{"nrNumber":"K2","authCancelType":"CANCEL"}],"pageResponse":{"totalPages":1},` + success + `}`
		rows, err := newClient(t, answering(200, body), fixed()).History(t.Context(), kona.HistoryFilter{PAR: "P"})
		require.NoError(t, err)
		require.Len(t, rows, 2)
		require.False(t, rows[0].Amount.Valid)
		require.True(t, rows[1].Canceled)
	})
}

// lost sends an order whose answer is lost.
func (w *world) lost() (order ports.ChargeOrder) {
	w.t.Helper()
	w.sim.Inject(konatest.Fault{Path: chargePath, Kind: konatest.CloseAfter})
	order = w.order()
	order.Last = stored(w, w.charger().Charge(w.t.Context(), order))
	w.Equal(unknown, order.Last.Outcome)
	return order
}

// A charge that was taken back before its inquiry must not be credited.
func TestCharger_Inquire(t *testing.T) {
	t.Parallel()
	charged := func(w *world) string {
		transactions := w.sim.Books().Transactions
		return transactions[len(transactions)-1].Number
	}
	t.Run("approves a charge that stands", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		order := w.lost()
		w.clock.Advance(time.Minute)
		w.Equal(approved, w.inquire(&order).Outcome)
	})
	t.Run("leaves a charge that others cancelled", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		order := w.lost()
		w.clock.Advance(time.Minute)
		w.True(w.sim.CancelOutside(charged(w)))
		answer := w.inquire(&order)
		w.Equal(unknown, answer.Outcome)
		w.NotEmpty(answer.Review)
		w.Equal(charged(w), w.sim.Books().Transactions[1].Number)
	})
	t.Run("leaves a charge of which the cancellation has a number of its own", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		order := w.lost()
		w.sim.Inject(konatest.Fault{
			Path: "/transaction/card", Times: -1, Kind: konatest.Raw, Status: 200,
			Body: `{"transactionInfo":[{"nrNumber":"KMN9","trAmount":30000,"authCancelType":"CANCEL","approvalDateTime":"20260313120010"}],"pageResponse":{"totalPages":1},` + success + `}`,
		})
		w.NotEmpty(w.inquire(&order).Review)
	})
	t.Run("leaves a charge that others cancelled in part", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		order := w.lost()
		w.sim.Inject(konatest.Fault{
			Path: "/transaction/card", Times: -1, Kind: konatest.Raw, Status: 200,
			Body: `{"transactionInfo":[{"nrNumber":"` + charged(w) + `","trAmount":10000,"authCancelType":"CANCEL"}],"pageResponse":{"totalPages":1},` + success + `}`,
		})
		w.NotEmpty(w.inquire(&order).Review)
	})
	t.Run("passes over cancellations of others", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.Equal(approved, w.charger().Charge(t.Context(), w.order()).Outcome)
		other := charged(w)
		w.clock.Advance(time.Minute)
		order := w.lost()
		w.True(w.sim.CancelOutside(other))
		w.Equal(approved, w.inquire(&order).Outcome)
	})
	t.Run("concludes nothing from a history that cannot be read", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		order := w.lost()
		w.sim.Inject(konatest.Fault{Path: "/transaction/card", Times: -1, Kind: konatest.StatusBefore, Status: 404})
		answer := w.inquire(&order)
		w.Equal(unknown, answer.Outcome)
		w.Empty(answer.Review)
		w.NotEmpty(answer.ProviderRef)
		w.sim.Heal()
		w.Equal(approved, w.inquire(&order).Outcome)
	})
	t.Run("asks for no history where the contract has none", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		order := w.lost()
		w.sim.Inject(konatest.Fault{Path: "/transaction/card", Times: -1, Kind: konatest.StatusBefore, Status: 404})
		charger, err := kona.NewCharger(w.client, "main", kona.ChargerConfig{MerchantID: w.sim.Project().MerchantID, Card: oneCard, WithoutHistory: true})
		w.NoError(err)
		w.Equal(approved, charger.Inquire(t.Context(), order).Outcome)
	})
}
