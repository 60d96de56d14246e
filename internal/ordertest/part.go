package ordertest

import (
	"context"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
)

// MortalCharger is a Charger whose calls are those of a process that dies.
type MortalCharger struct {
	ports.Charger
	*crashtest.Life
}

// Unwrap returns the Charger.
func (c MortalCharger) Unwrap() ports.Charger { return c.Charger }

// Prepare prepares the order.
func (c MortalCharger) Prepare(ctx context.Context, o ports.ChargeOrder) (evidence []byte, refusal *ports.ChargeAnswer) {
	c.Must(func() { evidence, refusal = c.Charger.Prepare(ctx, o) })
	return evidence, refusal
}

// Charge sends the order.
func (c MortalCharger) Charge(ctx context.Context, o ports.ChargeOrder) ports.ChargeAnswer {
	return heard(ctx, c.Life, o, c.Charger.Charge)
}

// Inquire inquires about the order.
func (c MortalCharger) Inquire(ctx context.Context, o ports.ChargeOrder) ports.ChargeAnswer {
	return heard(ctx, c.Life, o, c.Charger.Inquire)
}

// MortalCanceler is a MortalCharger that cancels, also in part.
type MortalCanceler struct {
	MortalCharger
	Canceler ports.PartCanceler
}

// CheckPart checks a part.
func (c MortalCanceler) CheckPart(o ports.CancelOrder) error { return c.Canceler.CheckPart(o) }

// PrepareCancel prepares the cancellation.
func (c MortalCanceler) PrepareCancel(ctx context.Context, o ports.CancelOrder) (evidence []byte, refusal *ports.ChargeAnswer) {
	c.Must(func() { evidence, refusal = c.Canceler.PrepareCancel(ctx, o) })
	return evidence, refusal
}

// Cancel sends the cancellation.
func (c MortalCanceler) Cancel(ctx context.Context, o ports.CancelOrder) ports.ChargeAnswer {
	return heard(ctx, c.Life, o, c.Canceler.Cancel)
}

// InquireCancel inquires about the cancellation.
func (c MortalCanceler) InquireCancel(ctx context.Context, o ports.CancelOrder) ports.ChargeAnswer {
	return heard(ctx, c.Life, o, c.Canceler.InquireCancel)
}

// MortalDisburser is a Disburser whose calls are those of a process that dies.
type MortalDisburser struct {
	ports.Disburser
	*crashtest.Life
}

// Prepare prepares the order.
func (d MortalDisburser) Prepare(ctx context.Context, o ports.PayoutOrder) (evidence []byte, refusal *ports.PayoutAnswer) {
	d.Must(func() { evidence, refusal = d.Disburser.Prepare(ctx, o) })
	return evidence, refusal
}

// Disburse sends the order.
func (d MortalDisburser) Disburse(ctx context.Context, o ports.PayoutOrder) ports.PayoutAnswer {
	return heard(ctx, d.Life, o, d.Disburser.Disburse)
}

// Inquire inquires about the order.
func (d MortalDisburser) Inquire(ctx context.Context, o ports.PayoutOrder) ports.PayoutAnswer {
	return heard(ctx, d.Life, o, d.Disburser.Inquire)
}

func heard[O, A any](ctx context.Context, life *crashtest.Life, order O, call func(context.Context, O) A) (answer A) {
	life.Must(func() { answer = call(ctx, order) })
	return answer
}

// Ledger returns a ledger over a store.
func Ledger(t *testing.T, store ports.Store, clock ports.Clock) *ledger.Ledger {
	t.Helper()
	wallets, err := ledger.New(store, ledger.Config{Clock: clock})
	require.NoError(t, err)
	return wallets
}

// RequireBalance asks that wallet "w" has so much cash, in won.
func RequireBalance(t *testing.T, wallets *ledger.Ledger, want int64) {
	t.Helper()
	wallet, err := wallets.Wallet(t.Context(), "w")
	require.NoError(t, err)
	require.True(t, wallet.Balance.Equal(decimal.New(want, 0)), "wallet %s", wallet.Balance)
}

// Step lets a worker follow what is due now.
func Step(t *testing.T, s Follower) {
	t.Helper()
	_, err := s.Follow(t.Context(), 10)
	require.NoError(t, err)
}

// Async calls in a goroutine, and returns the channel of what the call returns.
func Async[R any](t *testing.T, call func(context.Context) (R, error)) <-chan R {
	t.Helper()
	returned := make(chan R)
	go func() {
		result, err := call(context.WithoutCancel(t.Context()))
		if err != nil {
			t.Error(err)
		}
		returned <- result
	}()
	return returned
}

// Absent is a part of any kind that is never there.
type Absent struct {
	ports.Clock
	ports.IDs
	ports.Sealer
	ports.Notifier
}

// QuietCharger is a Charger with a quiet period of thirty minutes.
type QuietCharger struct{ ports.Charger }

// QuietDisburser is a Disburser with a quiet period of thirty minutes.
type QuietDisburser struct{ ports.Disburser }

const (
	quiet       = "quiet"
	quietPeriod = 30 * time.Minute
)

// Name returns "quiet".
func (QuietCharger) Name() string { return quiet }

// QuietPeriod returns thirty minutes.
func (QuietCharger) QuietPeriod() time.Duration { return quietPeriod }

// Name returns "quiet".
func (QuietDisburser) Name() string { return quiet }

// QuietPeriod returns thirty minutes.
func (QuietDisburser) QuietPeriod() time.Duration { return quietPeriod }
