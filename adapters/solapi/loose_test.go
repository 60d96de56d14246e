package solapi_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/solapi"
	"github.com/jigap/jigap/adapters/solapi/solapitest"
	"github.com/jigap/jigap/ports"
)

// odd are values of types that a field was never seen to have.
var odd = []string{`{"name":"x"}`, `[1]`, `4012888888881881`, `1.5`, `true`, `""`, `"x"`, `null`}

// Fields that decide nothing about money may hold anything: orders and inquiries go on.
func TestCharger_Inquire_odd_fields(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		"paymentMethod", "chargedMethod", "rechargeMethod", "serviceMethod", "groupId", "memo", "pointAmount", "oldPoint", "newPoint", "type", "dateUpdated",
	} {
		for _, value := range odd {
			w := setup(t)
			row := w.row(fmt.Sprintf(`,%q:%s`, name, value))
			order := w.prepared()
			w.sim.Inject(onPost(solapitest.CloseAfter))
			order.Last = w.charger().Charge(t.Context(), order)
			w.shows(row)
			w.Equal(approved, w.inquire(&order, time.Minute).Outcome, "%s: %s", name, value)
		}
	}
}

// balanceOf has the account show its balance with one more field.
func (w *world) balanceOf(more string) {
	w.sim.Inject(solapitest.Fault{
		Method: "GET", Path: "/cash/v1/balance", Times: -1, Kind: solapitest.Raw, Status: 200,
		Body: `{"accountId":"19041920726336","balance":10130` + more + `}`,
	})
}

func TestCharger_Prepare(t *testing.T) {
	t.Parallel()
	order := func(w *world) ports.ChargeOrder {
		return ports.ChargeOrder{OperationID: "op", WalletID: "wallet", PaymentMethod: w.card, Amount: won(10_000), Currency: "KRW", RequestedAt: w.clock.Now()}
	}
	t.Run("goes on with odd fields of the balance", func(t *testing.T) {
		t.Parallel()
		for _, name := range []string{"point", "rechargeTryCount", "isProcessing", "dateTriedRecharge", "deposit", "lowBalanceAlert", "currency"} {
			for _, value := range odd {
				w := setup(t)
				w.balanceOf(fmt.Sprintf(`,%q:%s`, name, value))
				_, refusal := w.charger().Prepare(t.Context(), order(w))
				w.Nil(refusal, "%s: %s", name, value)
			}
		}
		w := setup(t)
		w.balanceOf(`,"autoRecharge":1.0,"lowBalanceAlert":{"notificationBalance":"","enabled":{},"balances":5}`)
		_, refusal := w.charger().Prepare(t.Context(), order(w))
		w.Nil(refusal)
	})
	t.Run("stops when the fields that it rests on are odd", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			for _, more := range []string{`,"autoRecharge":{}`, `,"autoRecharge":"on"`, `,"rechargeTo":"much"`, `,"minimumCash":[]`} {
				w := setup(t)
				w.balanceOf(more)
				_, refusal := w.charger().Prepare(t.Context(), order(w))
				w.NotNil(refusal, more)
				w.Equal(notSent, refusal.Outcome, more)
			}
		})
	})
}

// What a list of the history is judged by must be readable: a row that is passed over
// could be the order.
func TestClient_History(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for _, row := range []string{
			`{"historyId":"1","balanceAmount":{}}`, `{"historyId":"1","balanceAmount":"much"}`, `{"historyId":"1","oldBalance":[]}`,
			`{"historyId":"1","newBalance":""}`, `null`, `5`,
		} {
			w := setup(t)
			w.shows(row)
			for _, err := range w.client.History(t.Context(), solapi.HistoryFilter{}) {
				require.Error(t, err, row)
			}
		}
	})
}

// A refusal keeps its code, whatever its message is.
func TestCharger_Charge_odd_message(t *testing.T) {
	t.Parallel()
	for _, value := range odd {
		w := setup(t)
		w.sim.Inject(solapitest.Fault{Method: "POST", Kind: solapitest.StatusBefore, Status: 400, Body: `{"errorCode":"InvalidPaymentId","errorMessage":` + value + `}`})
		_, answer := w.charge()
		w.Equal(declined, answer.Outcome, value)
		w.Equal("InvalidPaymentId", answer.Code)
	}
}

// The list of withdrawals must not seem to end where its next key cannot be read.
func TestClient_Withdrawals(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for body, good := range map[string]bool{
			`{"data":[],"nextKey":null}`: true, `{"data":[]}`: true, `{"data":[],"nextKey":{}}`: false, `{"data":[],"nextKey":5}`: false,
			`{"data":{}}`: false, `{}`: false,
			`{"data":[{"withdrawId":"1","totalAmount":{}}]}`: false, `{"data":[{"withdrawId":"1","bankCode":4,"memo":{},"holderName":[],"confirmedCount":"x","isProcessing":{}}]}`: true,
		} {
			w := setup(t)
			w.sim.Inject(solapitest.Fault{Method: "GET", Path: "/withdraw", Times: -1, Kind: solapitest.Raw, Status: 200, Body: body})
			var failed error
			for _, err := range w.client.Withdrawals(t.Context(), solapi.WithdrawalFilter{}) {
				failed = err
			}
			w.Equal(good, failed == nil, "%s: %v", body, failed)
		}
	})
}
