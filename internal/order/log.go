package order

import (
	"context"
	"errors"
	"log/slog"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/ports"
)

// heard logs an answer before it is applied.
func (p *Path[R, A, P]) heard(ctx context.Context, op R, answer A) {
	if !p.Logger.Enabled(ctx, slog.LevelInfo) {
		return
	}
	head, common := op.Head(), P(&answer).Common()
	p.Logger.InfoContext(ctx, string(head.Kind)+" answered", append([]any{
		"id", head.ID, "wallet", head.WalletID, p.kind.Adapter, head.Provider,
		"outcome", common.Outcome.String(), "likely", common.Likely.String(), "code", Truncate(common.Code), "message", Truncate(common.Message),
		"provider_ref", Truncate(common.ProviderRef), "review", Truncate(common.Review), "transmissions", p.kind.Progress(op).Transmissions,
	}, p.kind.Figures(&answer)...)...)
}

// alarm logs an alarm of an answer that changes nothing, for which there is no event.
func (p *Path[R, A, P]) alarm(ctx context.Context, op R, answer *ports.Answer) {
	if answer.Alarm != "" {
		head := op.Head()
		p.Logger.ErrorContext(ctx, string(head.Kind)+" alarm", "id", head.ID, p.kind.Adapter, head.Provider, "alarm", Truncate(answer.Alarm))
	}
}

// broken logs what went wrong inside an adapter, and returns it as an alarm.
func (p *Path[R, A, P]) broken(ctx context.Context, op R, doing string, err error) (alarm string) {
	head := op.Head()
	attrs := []any{"id", head.ID, p.kind.Adapter, head.Provider, "while", doing, "error", err}
	var panicked *ports.PanicError
	if errors.As(err, &panicked) {
		p.Logger.ErrorContext(ctx, string(head.Kind)+": "+p.kind.Adapter+" panicked", append(attrs, "stack", string(panicked.Stack))...)
		return p.kind.Adapter + " panicked while it " + doing
	}
	p.Logger.ErrorContext(ctx, string(head.Kind)+": "+p.kind.Adapter+" failed", attrs...)
	return p.kind.Adapter + ", while it " + doing + ": " + err.Error()
}

// Figure returns a figure of a provider for the log. One that no record can hold is not
// written out: it may have millions of digits.
func Figure(d decimal.NullDecimal) string {
	if !d.Valid {
		return ""
	}
	if _, err := ports.CheckSigned("", d.Decimal, ports.MaxScale); err != nil {
		return "out of range"
	}
	return d.Decimal.String()
}
