// Command tosssim runs the simulator of the Toss Payments API on this machine. It prints the
// address, the keys of a shop and one registered card as assignments of a shell, and ends on
// an interrupt. With -webhook it posts webhooks to a URL.
//
// The calls below work in a shell that has these assignments. Those under /sim/ are the
// simulator's alone: they open the provider's window, authenticate and pay as the customer
// does, and show the books.
//
//	go run ./adapters/toss/tosstest/cmd/tosssim -addr 127.0.0.1:8090 -seed 1
//
//	# charge the card, and look the charge up
//	curl -s -u $KEY: -H 'Content-Type: application/json' -H 'Idempotency-Key: order-1-charge' -d '{"amount":11000,"customerKey":"'$CUSTOMER'","orderId":"order-1","orderName":"recharge"}' $ADDRESS/v1/billing/$BILLING
//	curl -s -u $KEY: $ADDRESS/v1/payments/orders/order-1
//
//	# register another card, as a customer does in the billing window
//	AUTH=$(curl -s -X POST $ADDRESS'/sim/auth-keys?customerKey=customer-1')
//	curl -s -u $KEY: -H 'Content-Type: application/json' -d '{"authKey":"'$AUTH'","customerKey":"customer-1"}' $ADDRESS/v1/billing/authorizations/issue
//
//	# open a window, authenticate, confirm the payment, and cancel a part of it
//	PAYMENT=$(curl -s -X POST $ADDRESS'/sim/windows?orderId=order-2&amount=11000&method=CARD')
//	curl -s -X POST $ADDRESS'/sim/authenticate?paymentKey='$PAYMENT
//	curl -s -u $KEY: -H 'Content-Type: application/json' -H 'Idempotency-Key: order-2-confirm' -d '{"paymentKey":"'$PAYMENT'","orderId":"order-2","amount":11000}' $ADDRESS/v1/payments/confirm
//	curl -s -u $KEY: -H 'Content-Type: application/json' -H 'Idempotency-Key: order-2-cancel' -d '{"cancelReason":"part","cancelAmount":1000,"refundableAmount":11000}' $ADDRESS/v1/payments/$PAYMENT/cancel
//
//	# issue a virtual account, and pay into it
//	curl -s -u $KEY: -H 'Content-Type: application/json' -H 'Idempotency-Key: order-3-issue' -d '{"amount":11000,"orderId":"order-3","orderName":"recharge","customerName":"Hong","bank":"20"}' $ADDRESS/v1/virtual-accounts
//	curl -s -X POST $ADDRESS'/sim/deposit?orderId=order-3'
//	curl -s -u $KEY: $ADDRESS/v1/payments/orders/order-3
//
//	# list the transactions, and the books of the simulator
//	curl -s -u $KEY: $ADDRESS'/v1/transactions?startDate=2000-01-01&endDate=2100-01-01'
//	curl -s $ADDRESS/sim/books
//
// A method of /sim/windows is CARD, ACCOUNT (a virtual account) or TRANSFER. POST
// /sim/deposit-error takes a deposit back, and POST /sim/settle-payouts?done=true or
// done=false ends payouts.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"time"

	"github.com/jigap/jigap/adapters/toss/tosstest" //nolint:depguard // the simulator's own command
)

// options are what the command is told.
type options struct {
	address string
	seed    uint64
	webhook string           // blank: no webhooks are posted
	tick    <-chan time.Time // when to look for webhooks that are due
}

func main() {
	var o options
	flag.StringVar(&o.address, "addr", "127.0.0.1:0", "address to listen on, of this machine")
	flag.Uint64Var(&o.seed, "seed", 1, "where keys and ids come from")
	flag.StringVar(&o.webhook, "webhook", "", "URL to post webhooks to")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	o.tick = ticker.C
	if err := run(ctx, os.Stdout, o); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run serves until ctx ends.
func run(ctx context.Context, out io.Writer, o options) error {
	sim := tosstest.New(tosstest.Config{Seed: o.seed})
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", o.address)
	if err != nil {
		return err
	}
	if err := introduce(out, sim, listener.Addr().String()); err != nil {
		return errors.Join(err, listener.Close())
	}
	server := &http.Server{Handler: handler(sim), ReadHeaderTimeout: 10 * time.Second}
	stop := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer stop()
	if o.webhook != "" {
		go deliver(ctx, sim, o)
	}
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// introduce registers a card and prints how to use it.
func introduce(out io.Writer, sim *tosstest.Simulator, address string) error {
	shop, card := sim.Shop(), sim.NewCard(tosstest.CardConfig{})
	_, err := fmt.Fprintf(out, "ADDRESS=http://%s\nMID=%s\nKEY=%s\nWIDGETKEY=%s\nSECURITYKEY=%s\nBILLING=%s\nCUSTOMER=%s\n",
		address, shop.MID, shop.SecretKey, shop.WidgetKey, shop.SecurityKey, card.BillingKey(), card.CustomerKey())
	return err
}

// deliver posts the webhooks that are due at each tick, until ctx ends.
func deliver(ctx context.Context, sim *tosstest.Simulator, o options) {
	client := &http.Client{Timeout: 10 * time.Second} // as long as the provider waits (documented)
	for {
		select {
		case <-ctx.Done():
			return
		case <-o.tick:
		}
		for _, n := range sim.Due() {
			sim.Answered(n.ID, post(ctx, client, o.webhook, n))
		}
	}
}
