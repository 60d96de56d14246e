package simulation_test

import (
	"errors"
	"fmt"

	"github.com/jigap/jigap/ports"
)

func isRefused(a *asked, by error) bool { return a.ending == refused && errors.Is(a.err, by) }

// wrongly reports a request that was refused although its wallet had, at every moment
// from when it was asked to when it was answered, what it needed.
func (d *window) wrongly(a *asked) error {
	switch {
	case errors.Is(a.err, ports.ErrFrozen) && !d.frozen:
		return fmt.Errorf("request %d (%s) was refused, and the wallet was never frozen: %w", a.Number, a.request, a.err)
	case errors.Is(a.err, ports.ErrClosed) && !d.closed && !d.peerClosed:
		return fmt.Errorf("request %d (%s) was refused, and no wallet of it was closed: %w", a.Number, a.request, a.err)
	case errors.Is(a.err, ports.ErrCurrency) && !a.crosses():
		return fmt.Errorf("request %d (%s) was refused, and it is of one currency: %w", a.Number, a.request, a.err)
	case errors.Is(a.err, ports.ErrNotEmpty) && !d.filled:
		return fmt.Errorf("request %d (%s) was refused, and the wallet was always empty: %w", a.Number, a.request, a.err)
	case errors.Is(a.err, ports.ErrOpenOperations) && a.Kind == "close" && !d.busy:
		return fmt.Errorf("request %d (%s) was refused, and nothing was ever open: %w", a.Number, a.request, a.err)
	case errors.Is(a.err, ports.ErrInsufficient) && d.enough(a.request):
		return fmt.Errorf("request %d (%s) was refused, and the wallet always had %s and %s points: %w", a.Number, a.request, d.cash, d.point, a.err)
	}
	return nil
}

// enough reports whether the least that there was is enough for a request.
func (d *window) enough(r *request) bool {
	asked := r.amount()
	switch r.Kind {
	case "deduct", "hold":
		return d.both.GreaterThanOrEqual(asked)
	case "transfer", "withdraw":
		return d.cash.GreaterThanOrEqual(asked)
	case "adjust":
		return !d.cash.Add(asked).IsNegative() && !d.point.Add(r.point()).IsNegative()
	case "capture", "cancel recharge": // that depends on the hold, and on what was charged
		return false
	}
	return true // it takes nothing
}
