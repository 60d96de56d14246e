package solapi_test

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/adapters/solapi"
	"github.com/jigap/jigap/adapters/solapi/solapitest"
)

func (w *world) history(filter solapi.HistoryFilter) []solapi.HistoryRow {
	w.t.Helper()
	var rows []solapi.HistoryRow
	for row, err := range w.client.History(w.t.Context(), filter) {
		w.NoError(err)
		rows = append(rows, row)
	}
	return rows
}

func TestClient_Histories_pages(t *testing.T) {
	t.Parallel()
	for _, count := range []int{0, 1, 19, 20, 21, 40, 95} {
		w := setup(t)
		for range count {
			w.clock.Advance(time.Second)
			w.account.Send(won(1))
		}
		rows := w.history(solapi.HistoryFilter{})
		w.Len(rows, count)
		for i := 1; i < len(rows); i++ {
			w.True(rows[i].DateCreated.Before(rows[i-1].DateCreated.Time), "newest first")
			w.True(rows[i].Consistent())
		}
	}
}

// Rows that arrive between two pages push known rows onto the next page.
func TestClient_Histories_yields_each_row_once(t *testing.T) {
	t.Parallel()
	w := setup(t)
	for range 60 {
		w.account.Send(won(1))
	}
	pages := 0
	w.sim.OnRequest(func(*http.Request) {
		if pages++; pages > 1 && pages < 4 {
			for range 7 {
				w.account.Send(won(1))
			}
		}
	})
	seen := map[string]bool{}
	for _, row := range w.history(solapi.HistoryFilter{}) {
		w.False(seen[row.HistoryID])
		seen[row.HistoryID] = true
	}
	w.Len(seen, 60)
}

func TestClient_Histories_pages_in_circles(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := setup(t)
		body := "["
		for range 20 {
			body += `{"historyId":"same"},`
		}
		body = body[:len(body)-1] + "]"
		w.sim.Inject(solapitest.Fault{Kind: solapitest.Raw, Status: 200, Body: body, Times: -1})
		rows, failures := 0, 0
		for _, err := range w.client.History(t.Context(), solapi.HistoryFilter{}) {
			if err != nil {
				failures++
				continue
			}
			rows++
		}
		w.Equal([2]int{1, 1}, [2]int{rows, failures})
		w.Less(w.sim.Requests(), 20)
		w.sim.Heal()
		w.sim.Inject(solapitest.Fault{Kind: solapitest.Raw, Status: 200, Body: `{"data":[],"nextKey":"again"}`, Times: -1})
		failures = 0
		for _, err := range w.client.Withdrawals(t.Context(), solapi.WithdrawalFilter{}) {
			w.Error(err)
			failures++
		}
		w.Equal(1, failures)
	})
}

func TestClient_Histories_filters(t *testing.T) {
	t.Parallel()
	w := setupWith(t, solapitest.AccountConfig{Balance: won(50_000), Point: won(100)})
	w.account.Send(won(150))
	w.clock.Advance(time.Hour)
	_, err := w.client.Recharge(t.Context(), w.card, won(10_000))
	w.NoError(err)
	w.account.Credit("MANUAL", won(20_000))
	for name, tc := range map[string]struct {
		filter solapi.HistoryFilter
		rows   int
	}{
		"all":        {solapi.HistoryFilter{}, 3},
		"type":       {solapi.HistoryFilter{Type: solapi.TypeRecharge}, 1},
		"amount":     {solapi.HistoryFilter{BalanceAmount: decimal.NewNullDecimal(won(20_000))}, 1},
		"debit":      {solapi.HistoryFilter{BalanceAmount: decimal.NewNullDecimal(won(-50))}, 1},
		"upwards":    {solapi.HistoryFilter{BalanceRecharge: true}, 2},
		"downwards":  {solapi.HistoryFilter{BalanceDeduct: true}, 1},
		"points":     {solapi.HistoryFilter{PointDeduct: true}, 1},
		"no points":  {solapi.HistoryFilter{PointRecharge: true}, 0},
		"since then": {solapi.HistoryFilter{From: w.clock.Now()}, 2},
		"until then": {solapi.HistoryFilter{Until: w.clock.Now().Add(-time.Minute)}, 1},
	} {
		w.Len(w.history(tc.filter), tc.rows, name)
	}
}

func TestClient_Withdrawals_pages(t *testing.T) {
	t.Parallel()
	w := setupWith(t, solapitest.AccountConfig{Balance: won(900_000), Bank: "0235"})
	var last solapi.Withdrawal
	for range 45 {
		var err error
		last, err = w.client.Withdraw(t.Context(), won(10_000))
		w.NoError(err)
	}
	count := 0
	for row, err := range w.client.Withdrawals(t.Context(), solapi.WithdrawalFilter{}) {
		w.NoError(err)
		w.True(count > 0 || row.WithdrawID == last.WithdrawID, "newest first")
		count++
	}
	w.Equal(45, count)
	for row, err := range w.client.Withdrawals(t.Context(), solapi.WithdrawalFilter{WithdrawID: last.WithdrawID, Status: "PENDING"}) {
		w.NoError(err)
		w.Equal(last.WithdrawID, row.WithdrawID)
	}
}

// A caller that has seen enough may leave.
func TestClient_iterators_stop(t *testing.T) {
	t.Parallel()
	w := setup(t)
	for range 50 {
		w.account.Send(won(1))
	}
	before := w.sim.Requests()
	for _, err := range w.client.History(t.Context(), solapi.HistoryFilter{}) {
		w.NoError(err)
		break
	}
	w.Equal(before+1, w.sim.Requests())
}

// A list that is missing is not an empty list: nothing could be concluded from it.
func TestClient_missing_list_is_an_error(t *testing.T) {
	t.Parallel()
	for _, body := range []string{"null", "{}", `{"data":null}`, `{"payments":null}`, `""`, "5"} {
		synctest.Test(t, func(t *testing.T) {
			w := setup(t)
			w.sim.Inject(solapitest.Fault{Kind: solapitest.Raw, Status: 200, Body: body, Times: -1})
			failures := 0
			for _, err := range w.client.History(t.Context(), solapi.HistoryFilter{}) {
				w.Error(err, body)
				failures++
			}
			for _, err := range w.client.Withdrawals(t.Context(), solapi.WithdrawalFilter{}) {
				w.Error(err, body)
				failures++
			}
			for _, err := range w.client.PaymentMethods(t.Context()) {
				w.Error(err, body)
				failures++
			}
			w.Equal(3, failures, body)
		})
	}
}

// The simulator shows what was made only after its lag; the balance knows at once.
func TestSimulator_lag(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.account.SetLag(30 * time.Second)
	withdrawal, err := w.client.Withdraw(t.Context(), won(10_000))
	w.NoError(err)
	shown := func() (rows, withdrawals int) {
		for row, err := range w.client.Withdrawals(t.Context(), solapi.WithdrawalFilter{WithdrawID: withdrawal.WithdrawID}) {
			w.NoError(err)
			w.Equal(withdrawal.WithdrawID, row.WithdrawID)
			withdrawals++
		}
		return len(w.history(solapi.HistoryFilter{})), withdrawals
	}
	w.clock.Advance(29 * time.Second)
	rows, withdrawals := shown()
	w.Zero(rows + withdrawals)
	balance, err := w.client.Balance(t.Context())
	w.NoError(err)
	requireDecimal(t, 130, balance.Balance.Decimal)
	w.clock.Advance(time.Second)
	rows, withdrawals = shown()
	w.Equal(1, rows)
	w.Equal(1, withdrawals)
}
