package autorecharge_test

import (
	"context"

	"github.com/jigap/jigap/ports"
)

type lossy struct {
	ports.Store
	lose int
}

func (s *lossy) Commit(ctx context.Context, units []ports.Unit) []ports.Fate {
	if s.lose > 0 && hasPolicy(units, func(*ports.Policy) bool { return true }) {
		s.lose--
		fates := make([]ports.Fate, len(units))
		for i := range fates {
			fates[i] = ports.Fate{Err: ports.ErrUnavailable}
		}
		return fates
	}
	return s.Store.Commit(ctx, units)
}
