package slognotifier_test

import (
	"context"
	"log/slog"
	"os"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/adapters/slognotifier"
	"github.com/jigap/jigap/ports"
)

func Example() {
	logger := slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{ReplaceAttr: withoutTime}))
	notifier := slognotifier.New(logger)
	notifier.Notify(context.Background(), ports.AlertEvent{
		WalletID: "customer-1", Level: decimal.NewFromInt(1_000), Available: decimal.NewFromInt(940),
	})
	// Output: level=WARN msg=wallet.low_balance wallet=customer-1 level=1000 available=940
}

func withoutTime(_ []string, attr slog.Attr) slog.Attr {
	if attr.Key == slog.TimeKey {
		return slog.Attr{}
	}
	return attr
}
