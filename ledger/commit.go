package ledger

import (
	"context"

	"github.com/jigap/jigap/ports"
)

// commit writes units to the store and returns their fates.
func (r *round) commit(ctx context.Context, to ports.Store, units []ports.Unit) []ports.Fate {
	if len(units) == 0 {
		return nil
	}
	r.committing = !r.ledger.dry
	return to.Commit(ctx, units)
}

// writes reports whether any command left something to be written.
func (u *unit) writes() bool { return len(u.requests) > 0 && !u.dropped }

// write returns the unit as the store takes it. From here on the wallets carry the
// version that they will have.
func (u *unit) write() ports.Unit {
	for i, w := range u.wallets {
		if u.changed[i] {
			w.Version++
			u.written = append(u.written, *w)
		}
	}
	return ports.Unit{Wallets: u.written, Entries: u.entries, Operations: u.operations}
}
