package order

import (
	"log/slog"
	"time"

	"github.com/jigap/jigap/ports"
)

// Options are what the configurations of all services of orders have in common. Those that
// have a default point into such a configuration.
type Options struct {
	Clock    *ports.Clock
	IDs      *ports.IDs
	Logger   **slog.Logger
	Sealer   ports.Sealer
	Notifier ports.Notifier

	Timeout      *time.Duration
	InquireAfter *time.Duration
	ReviewAfter  *time.Duration
}

// SetDefaults returns [ports.ErrInvalid], with an error for each option that is wrong, and
// fills in those that are zero.
func (o *Options) SetDefaults() error {
	err := ports.Join(
		ports.CheckOption("Clock", *o.Clock), ports.CheckOption("IDs", *o.IDs), ports.CheckOption("Sealer", o.Sealer), ports.CheckOption("Notifier", o.Notifier),
		ports.CheckDuration("Timeout", *o.Timeout), ports.CheckDuration("InquireAfter", *o.InquireAfter), ports.CheckDuration("ReviewAfter", *o.ReviewAfter),
	)
	if *o.Clock == nil {
		*o.Clock = ports.SystemClock()
	}
	if *o.IDs == nil {
		*o.IDs = ports.RandomIDs()
	}
	if *o.Logger == nil {
		*o.Logger = slog.New(slog.DiscardHandler)
	}
	for option, def := range map[*time.Duration]time.Duration{
		o.Timeout: time.Minute, o.InquireAfter: 10 * time.Second, o.ReviewAfter: 24 * time.Hour,
	} {
		if *option == 0 {
			*option = def
		}
	}
	return err
}

// CheckQuiet refuses a ReviewAfter that ends before an inquiry of the adapter may say that
// an order was not sent.
func CheckQuiet(adapter interface{ Name() string }, reviewAfter time.Duration) error {
	quieter, has := ports.As[ports.Quieter](adapter)
	if !has || reviewAfter < 0 || reviewAfter >= quieter.QuietPeriod() {
		return nil
	}
	return ports.Invalid("ReviewAfter", "is shorter than the quiet period of %s, %s", adapter.Name(), quieter.QuietPeriod())
}
