package ports_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/ports"
)

// pager is a host's own Notifier: it tells a person what a person must look at.
type pager struct{}

func (pager) Notify(_ context.Context, event ports.Event) {
	switch e := event.(type) {
	case ports.RechargeEvent:
		if e.Recharge.Status == ports.RechargeReview {
			fmt.Println("decide about recharge", e.Recharge.ID+":", e.Recharge.Why)
		}
	case ports.AlertEvent:
		fmt.Println("wallet", e.WalletID, "is down to", e.Available)
	default: // the set is open
	}
}

func ExampleNotifier() {
	var notifier ports.Notifier = pager{}
	ctx := context.Background()
	notifier.Notify(ctx, ports.AlertEvent{WalletID: "customer-1", Level: decimal.NewFromInt(1_000), Available: decimal.NewFromInt(940)})
	notifier.Notify(ctx, ports.RechargeEvent{Recharge: &ports.Recharge{
		OperationHead: ports.OperationHead{ID: "r-1"}, Status: ports.RechargeReview, Progress: ports.Progress[ports.ChargeAnswer]{Why: "still unknown after 24 hours"},
	}})
	notifier.Notify(ctx, ports.RechargeEvent{Recharge: &ports.Recharge{
		OperationHead: ports.OperationHead{ID: "r-2"}, Status: ports.RechargeApproved,
	}})
	// Output:
	// wallet customer-1 is down to 940
	// decide about recharge r-1: still unknown after 24 hours
}

// Amounts are refused, never rounded; the error names the field.
func ExampleCheckAmount() {
	exact, err := ports.CheckAmount("Amount", decimal.RequireFromString("18.5"), 2)
	fmt.Println(exact.StringFixed(2), err)
	_, err = ports.CheckAmount("Amount", decimal.RequireFromString("18.5"), 0)
	var refused *ports.InvalidError
	fmt.Println(errors.Is(err, ports.ErrInvalid), errors.As(err, &refused) && refused.Field == "Amount")
	// Output:
	// 18.50 <nil>
	// true true
}

// Only a final outcome ends an order. The zero value is the one that assumes least.
func ExampleOutcome() {
	var outcome ports.Outcome
	fmt.Println(outcome, outcome.Final())
	fmt.Println(ports.OutcomeDeclined, ports.OutcomeDeclined.Final())
	// Output:
	// unknown false
	// declined true
}
