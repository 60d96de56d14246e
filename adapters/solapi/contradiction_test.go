package solapi_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/jigap/jigap/adapters/solapi"
	"github.com/jigap/jigap/adapters/solapi/solapitest"
	"github.com/jigap/jigap/ports"
)

// shows has the history show one row, in answer to every question.
func (w *world) shows(row string) {
	w.sim.Inject(solapitest.Fault{Method: "GET", Path: "/balance/history", Times: -1, Kind: solapitest.Raw, Status: 200, Body: "[" + row + "]"})
}

// row is a row of the history that would be the order of charge.
func (w *world) row(more string) string {
	return fmt.Sprintf(`{"historyId":"5db728d7aa83954519463ab8","balanceAmount":10000,"oldBalance":10130,"newBalance":20130,"dateCreated":%q%s}`,
		w.clock.Now().Format(time.RFC3339), more)
}

// What the history shows of an order may contradict the order.
func TestCharger_Inquire(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		more  string
		named bool // the answer to the order named the row
		good  bool
	}{
		"takes a row of the account":             {`,"accountId":"19041920726336","type":"RECHARGE"`, false, true},
		"takes a row that names no account":      {`,"type":"RECHARGE"`, false, true},
		"leaves a row of another account":        {`,"accountId":"19041920726337","type":"RECHARGE"`, false, false},
		"takes a named row":                      {`,"type":"RECHARGE"`, true, true},
		"leaves a named row of another account":  {`,"accountId":"19041920726337"`, true, false},
		"leaves a named row that is no recharge": {`,"type":"DEDUCT"`, true, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			order := w.prepared()
			w.sim.Inject(onPost(solapitest.CloseAfter))
			order.Last = w.charger().Charge(t.Context(), order)
			if tc.named {
				order.Last.ProviderRef = "5db728d7aa83954519463ab8"
			}
			w.shows(w.row(tc.more))
			answer := w.inquire(&order, time.Minute)
			w.Equal(tc.good, answer.Outcome == approved, "%+v", answer)
			w.Equal(!tc.good, answer.Review != "")
		})
	}
}

// withdrawalRow is a withdrawal as the list shows it.
func (w *world) withdrawalRow(more string) string {
	return fmt.Sprintf(`{"withdrawId":"15722846318643842634568732773001","amount":9000,"fee":1000,"totalAmount":10000,"status":"PENDING","dateCreated":%q%s}`,
		w.clock.Now().Format(time.RFC3339), more)
}

func TestDisburser_Inquire(t *testing.T) {
	t.Parallel()
	for _, named := range []bool{false, true} {
		for account, good := range map[string]bool{"19041920726336": true, "19041920726337": false} {
			t.Run(fmt.Sprintf("judges a withdrawal of account %s, named %t", account, named), func(t *testing.T) {
				t.Parallel()
				w := setup(t)
				order := w.preparedPayout(solapi.DisburserConfig{})
				if named {
					order.Last.ProviderRef = "15722846318643842634568732773001"
				}
				w.sim.Inject(solapitest.Fault{
					Method: "GET", Path: "/withdraw", Times: -1, Kind: solapitest.Raw, Status: 200,
					Body: `{"data":[` + w.withdrawalRow(`,"accountId":"`+account+`"`) + `],"nextKey":null}`,
				})
				answer := w.inquirePayout(solapi.DisburserConfig{}, &order, time.Minute)
				w.Equal(good, answer.Outcome == pending, "%+v", answer)
				w.Equal(!good, answer.Review != "")
			})
		}
	}
	t.Run("tells what the administrator wrote", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		config := solapi.DisburserConfig{Statuses: map[string]ports.Outcome{"REJECTED": declined}}
		order, _ := w.disburse(config)
		w.True(w.account.Decide(order.Last.ProviderRef, solapitest.Decision{
			Status: "REJECTED", GiveBack: true, Memo: "예금주가 다릅니다: 0235-2352-3523",
		}))
		answer := w.inquirePayout(config, &order, time.Minute)
		w.Equal(declined, answer.Outcome)
		w.Equal("예금주가 다릅니다: …", answer.Message, "no account number is shown")
		for row, err := range w.client.Withdrawals(t.Context(), solapi.WithdrawalFilter{}) {
			w.NoError(err)
			w.Equal("홍길동", row.HolderName)
			w.False(row.DateConfirmed.IsZero())
			w.Contains(row.Memo, "예금주")
		}
	})
}

// A withdrawal of another account is not ours, whatever its figures say.
func TestDisburser_Disburse(t *testing.T) {
	t.Parallel()
	t.Run("does not take the answer of another account", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.sim.Inject(says(200, withdrawn+`,"accountId":"19041920726337"}`))
		_, answer := w.disburse(solapi.DisburserConfig{})
		w.Equal(unknown, answer.Outcome)
		w.Equal(approved, answer.Likely)
		w.NotEmpty(answer.Alarm)
	})
}
