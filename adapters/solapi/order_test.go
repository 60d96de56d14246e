package solapi_test

import (
	"encoding/json"
	"net/http"
	"time"

	"github.com/jigap/jigap/adapters/solapi"
	"github.com/jigap/jigap/adapters/solapi/solapitest"
	"github.com/jigap/jigap/ports"
)

func (w *world) charger() *solapi.Charger {
	w.t.Helper()
	charger, err := solapi.NewCharger(w.client, "main")
	w.NoError(err)
	return charger
}

func (w *world) disburser(config solapi.DisburserConfig) *solapi.Disburser {
	w.t.Helper()
	disburser, err := solapi.NewDisburser(w.client, "main", config)
	w.NoError(err)
	return disburser
}

// prepared returns an order that was prepared and is about to be sent.
func (w *world) prepared() ports.ChargeOrder {
	w.t.Helper()
	order := ports.ChargeOrder{
		OperationID: "op", WalletID: "wallet", PaymentMethod: w.card, Amount: won(10_000), Currency: "KRW",
		RequestedAt: w.clock.Now(),
	}
	evidence, refusal := w.charger().Prepare(w.t.Context(), order)
	w.Nil(refusal)
	order.Evidence, order.SentAt, order.Transmissions = evidence, w.clock.Now(), 1
	return order
}

// charge sends a prepared order of 10,000.
func (w *world) charge() (ports.ChargeOrder, ports.ChargeAnswer) {
	w.t.Helper()
	order := w.prepared()
	order.Last = kept(w, w.charger().Charge(w.t.Context(), order))
	return order, order.Last
}

// inquire asks once, after a wait.
func (w *world) inquire(order *ports.ChargeOrder, after time.Duration) ports.ChargeAnswer {
	w.t.Helper()
	w.clock.Advance(after)
	order.Inquiries++
	order.Last = kept(w, w.charger().Inquire(w.t.Context(), *order))
	return order.Last
}

func (w *world) preparedPayout(config solapi.DisburserConfig) ports.PayoutOrder {
	w.t.Helper()
	order := ports.PayoutOrder{OperationID: "op", WalletID: "wallet", Total: won(10_000), Currency: "KRW", RequestedAt: w.clock.Now()}
	evidence, refusal := w.disburser(config).Prepare(w.t.Context(), order)
	w.Nil(refusal)
	order.Evidence, order.SentAt, order.Transmissions = evidence, w.clock.Now(), 1
	return order
}

// disburse sends a prepared order of 10,000.
func (w *world) disburse(config solapi.DisburserConfig) (ports.PayoutOrder, ports.PayoutAnswer) {
	w.t.Helper()
	order := w.preparedPayout(config)
	order.Last = kept(w, w.disburser(config).Disburse(w.t.Context(), order))
	return order, order.Last
}

func (w *world) inquirePayout(config solapi.DisburserConfig, order *ports.PayoutOrder, after time.Duration) ports.PayoutAnswer {
	w.t.Helper()
	w.clock.Advance(after)
	order.Inquiries++
	order.Last = kept(w, w.disburser(config).Inquire(w.t.Context(), *order))
	return order.Last
}

// kept returns an answer as it comes back from a store.
func kept[Answer any](w *world, answer Answer) Answer {
	w.t.Helper()
	data, err := json.Marshal(answer)
	w.NoError(err)
	var back Answer
	w.NoError(json.Unmarshal(data, &back))
	return back
}

// onPost has a fault happen to the next order.
func onPost(kind solapitest.Kind) solapitest.Fault {
	return solapitest.Fault{Method: http.MethodPost, Kind: kind}
}

func refused(status int, code string) solapitest.Fault {
	return solapitest.Fault{Method: http.MethodPost, Kind: solapitest.StatusBefore, Status: status, Code: code}
}
