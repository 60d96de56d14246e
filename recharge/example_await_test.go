package recharge_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/adapters/memory"
	"github.com/jigap/jigap/adapters/webhook"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/recharge"
)

// gateway is a provider with a payment window. A customer who chooses a virtual account in it is
// to pay within a week.
type gateway struct{ paid bool }

func (*gateway) Name() string                  { return "gateway" }
func (*gateway) Lane(ports.ChargeOrder) string { return "" }

func (*gateway) Await(order ports.ChargeOrder, _ map[string]string) (ports.Await, error) {
	return ports.Await{Until: order.RequestedAt.Add(30 * time.Minute), Shown: map[string]string{"orderId": order.OperationID}}, nil
}

func (*gateway) Prepare(context.Context, ports.ChargeOrder) ([]byte, *ports.ChargeAnswer) {
	return nil, &ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeFault}}
}

func (*gateway) PrepareConfirm(_ context.Context, _ ports.ChargeOrder, token string) ([]byte, *ports.ChargeAnswer) {
	return []byte(token), nil
}

func (*gateway) Charge(_ context.Context, order ports.ChargeOrder) ports.ChargeAnswer {
	switch string(order.Evidence) {
	case "card":
		return ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeApproved, ProviderRef: "tx " + order.OperationID}}
	case "lost":
		return ports.ChargeAnswer{} // no answer came back: the outcome is unknown
	}
	return ports.ChargeAnswer{
		Answer: ports.Answer{Outcome: ports.OutcomePending, ProviderRef: "tx " + order.OperationID},
		Await:  &ports.Await{Until: order.SentAt.Add(7 * 24 * time.Hour), Shown: map[string]string{"account": "우리 1005-000"}},
	}
}

func (g *gateway) Inquire(_ context.Context, order ports.ChargeOrder) ports.ChargeAnswer {
	answer := ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomePending, ProviderRef: "tx " + order.OperationID}}
	if g.paid {
		answer.Outcome = ports.OutcomeApproved
	}
	return answer
}

// ReadWebhook reads a notification, whose body is an order id. The provider signs nothing.
func (*gateway) ReadWebhook(_ context.Context, request ports.Webhook) ([]ports.Notice, error) {
	return []ports.Notice{{Provider: "gateway", OperationID: string(request.Body)}}, nil
}

// start returns a service over a store in memory, with an open wallet w1.
func start(charger ports.Charger) (*recharge.Service, *ledger.Ledger) {
	store := memory.New()
	wallets, err := ledger.New(store, ledger.Config{})
	if err != nil {
		log.Fatal(err)
	}
	if _, err := wallets.Open(context.Background(), ledger.OpenRequest{WalletID: "w1", Currency: "KRW"}); err != nil {
		log.Fatal(err)
	}
	service, err := recharge.New(store, wallets, recharge.Config{}, charger)
	if err != nil {
		log.Fatal(err)
	}
	return service, wallets
}

// A customer pays by card in the provider's window, and the window returns to the host.
func ExampleService_Confirm() {
	ctx := context.Background()
	service, wallets := start(&gateway{})
	op, err := service.Begin(ctx, recharge.BeginRequest{WalletID: "w1", Key: "order-1", Charger: "gateway", Amount: decimal.NewFromInt(10_000)})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(op.Status, op.Shown["orderId"] == op.ID)
	// … the window calls back with the order id, the amount and a token
	op, err = service.Confirm(ctx, recharge.ConfirmRequest{ID: op.ID, Token: "card", Amount: decimal.NewFromInt(10_000)})
	if err != nil {
		log.Fatal(err)
	}
	wallet, _ := wallets.Wallet(ctx, "w1")
	fmt.Println(op.Status, wallet.Balance)
	// Output:
	// awaiting true
	// approved 10000
}

// A customer pays into a virtual account, and the provider notifies the host.
func ExampleService_InquireNow() {
	ctx, provider := context.Background(), &gateway{}
	service, wallets := start(provider)
	op, err := service.Begin(ctx, recharge.BeginRequest{WalletID: "w1", Key: "order-1", Charger: "gateway", Amount: decimal.NewFromInt(10_000)})
	if err != nil {
		log.Fatal(err)
	}
	op, err = service.Confirm(ctx, recharge.ConfirmRequest{ID: op.ID, Token: "virtual account", Amount: decimal.NewFromInt(10_000)})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(op.Status, op.Shown["account"])
	provider.paid = true // … and a notification comes, in which nothing is believed
	op, err = service.InquireNow(ctx, ports.Notice{Provider: "gateway", OperationID: op.ID})
	if err != nil {
		log.Fatal(err)
	}
	wallet, _ := wallets.Wallet(ctx, "w1")
	fmt.Println(op.Status, wallet.Balance)
	// Output:
	// awaiting 우리 1005-000
	// approved 10000
}

// The answer of a confirmation is lost. The notification of the provider tells of the payment before
// the worker asks.
func ExampleService_InquireNow_lostAnswer() {
	ctx, provider := context.Background(), &gateway{}
	service, wallets := start(provider)
	op, err := service.Begin(ctx, recharge.BeginRequest{WalletID: "w1", Key: "order-1", Charger: "gateway", Amount: decimal.NewFromInt(10_000)})
	if err != nil {
		log.Fatal(err)
	}
	op, err = service.Confirm(ctx, recharge.ConfirmRequest{ID: op.ID, Token: "lost", Amount: decimal.NewFromInt(10_000)})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(op.Status)
	handler, err := webhook.New(func(ctx context.Context, notice ports.Notice) error {
		_, err := service.InquireNow(ctx, notice)
		return err
	}, webhook.Config{})
	if err != nil {
		log.Fatal(err)
	}
	provider.paid = true // … and a notification comes
	request := httptest.NewRequestWithContext(ctx, http.MethodPost, "/webhooks/gateway", strings.NewReader(op.ID))
	answer := httptest.NewRecorder()
	handler.For(provider).ServeHTTP(answer, request)
	wallet, _ := wallets.Wallet(ctx, "w1")
	fmt.Println(answer.Code, wallet.Balance)
	// Output:
	// unknown
	// 200 10000
}
