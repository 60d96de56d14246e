package toss_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/jigap/jigap/adapters/toss"
	"github.com/jigap/jigap/adapters/toss/tosstest"
	"github.com/jigap/jigap/ports"
)

// payoutFee is what the host keeps of each order of the tests: the provider is to pay the rest.
const payoutFee = 500

const sellerNumber = "3333012345678"

// payoutWorld is a simulated provider with two sellers.
type payoutWorld struct {
	*world
	seller  string
	sellers map[string]string // by wallet
}

func setupPayouts(t *testing.T, config tosstest.Config) *payoutWorld {
	t.Helper()
	config.Seed = 7
	return withSellers(setupWith(t, config))
}

func withSellers(of *world) *payoutWorld {
	w := &payoutWorld{world: of}
	w.seller = w.sim.NewSeller(tosstest.SellerConfig{AccountNumber: sellerNumber, Holder: "김판매"})
	w.sellers = map[string]string{"w": w.seller, "another wallet": w.sim.NewSeller(tosstest.SellerConfig{})}
	return w
}

// resolve is the host's resolver of sellers.
func (w *payoutWorld) resolve(_ context.Context, order ports.PayoutOrder) (string, error) {
	if order.WalletID == "unknown" {
		return "", ports.ErrNotFound
	}
	if seller := w.sellers[order.WalletID]; seller != "" {
		return seller, nil
	}
	return w.seller, nil
}

func (w *payoutWorld) securityKey() toss.SecurityKey {
	w.t.Helper()
	key, err := toss.NewSecurityKey(w.sim.Shop().SecurityKey)
	w.NoError(err)
	return key
}

func (w *payoutWorld) payouts() *toss.PayoutClient {
	w.t.Helper()
	client, err := toss.NewPayoutClient(w.client, w.securityKey())
	w.NoError(err)
	return client
}

func (w *payoutWorld) disburser() *toss.Disburser {
	w.t.Helper()
	return w.disburserWith(toss.PayoutConfig{SecurityKey: w.securityKey()})
}

func (w *payoutWorld) disburserWith(config toss.PayoutConfig) *toss.Disburser {
	w.t.Helper()
	config.Experimental = true
	if config.Seller == nil {
		config.Seller = w.resolve
	}
	disburser, err := toss.NewDisburser(w.client, "main", config)
	w.NoError(err)
	return disburser
}

// newPayout is an order as it is before Prepare.
func (w *payoutWorld) newPayout() ports.PayoutOrder {
	return ports.PayoutOrder{
		OperationID: fmt.Sprintf("operation-%d", w.made.Add(1)), WalletID: "w", Currency: "KRW",
		Total: won(20_000 + payoutFee), Fee: won(payoutFee), Net: won(20_000), RequestedAt: w.clock.Now(),
	}
}

// preparedPayout is an order that is prepared, written down as sent just now, and not sent.
func (w *payoutWorld) preparedPayout(disburser ports.Disburser) ports.PayoutOrder {
	w.t.Helper()
	order := w.newPayout()
	evidence, refusal := disburser.Prepare(w.t.Context(), order)
	w.Nil(refusal)
	order.Evidence, order.SentAt, order.Transmissions = evidence, w.clock.Now(), 1
	return order
}

// disburse sends an order, and takes the answer through its stored form.
func (w *payoutWorld) disburse(disburser ports.Disburser, order *ports.PayoutOrder) ports.PayoutAnswer {
	w.t.Helper()
	order.Last = w.storedPayout(disburser.Disburse(w.t.Context(), *order))
	return order.Last
}

// again sends an order again, as the core does after an answer that says so.
func (w *payoutWorld) again(disburser ports.Disburser, order *ports.PayoutOrder) ports.PayoutAnswer {
	w.t.Helper()
	order.Transmissions++
	return w.disburse(disburser, order)
}

// ask inquires, and takes the answer through its stored form.
func (w *payoutWorld) ask(disburser ports.Disburser, order *ports.PayoutOrder) ports.PayoutAnswer {
	w.t.Helper()
	order.Inquiries++
	order.Last = w.storedPayout(disburser.Inquire(w.t.Context(), *order))
	return order.Last
}

func (w *payoutWorld) storedPayout(answer ports.PayoutAnswer) ports.PayoutAnswer {
	w.t.Helper()
	data, err := json.Marshal(answer)
	w.NoError(err)
	var back ports.PayoutAnswer
	w.NoError(json.Unmarshal(data, &back))
	return back
}

// moved counts how often the money of an order moved.
func (w *payoutWorld) moved(order ports.PayoutOrder) int {
	return w.sim.Executions("jgp-" + order.OperationID)
}

// onPayout is a fault of the next request of a payout.
func onPayout(kind tosstest.Kind) *tosstest.Fault {
	return &tosstest.Fault{Method: http.MethodPost, Path: "/payouts", Kind: kind, Delay: time.Hour}
}
