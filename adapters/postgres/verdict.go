package postgres

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// verdict is what an error says of the statement that met it.
type verdict int

const (
	written   verdict = iota // no error
	collided                 // not written, because of another transaction: send it again
	perUnit                  // not written, because of what is in a unit
	unwritten                // not written, for another reason
	unsent                   // never left
	unknown                  // may have been written
)

// unsentError marks an error of before a statement left.
type unsentError struct{ error }

func (e *unsentError) Unwrap() error { return e.error }

// judge reads an error. SQLSTATE codes are those of appendix A of the manual of
// PostgreSQL. An error of severity FATAL ends the session and says nothing of the
// transaction: the server may have committed and been told to stop before it could
// say so.
func judge(err error) verdict {
	if err == nil {
		return written
	}
	var local *unsentError
	if errors.As(err, &local) || pgconn.SafeToRetry(err) {
		return unsent
	}
	var refused *pgconn.PgError
	if !errors.As(err, &refused) || refused.Severity == "FATAL" || refused.Severity == "PANIC" {
		return unknown
	}
	switch class := refused.Code[:min(2, len(refused.Code))]; {
	case refused.Code == "40001", refused.Code == "40P01", refused.Code == "23505":
		return collided
	case refused.Code == "40003": // statement completion unknown
		return unknown
	case class == "22", class == "23", class == "54":
		return perUnit
	}
	return unwritten
}

// The patience of Commit.
const (
	collisionsMax = 12 // tries after collisions
	lossesMax     = 24 // tries while the fate is in doubt
	pauseFirst    = time.Millisecond
	pauseMax      = time.Second
)

// again reports whether a batch is to be sent again after a verdict.
func (v verdict) again(b *batch) bool {
	switch v {
	case collided:
		return b.tries < collisionsMax || b.doubt != nil && b.tries < lossesMax
	case unknown, unsent, unwritten:
		return b.doubt != nil && b.tries < lossesMax
	case written, perUnit:
		return false
	}
	return false
}

// pause waits before the next try, longer from try to try and at random, so that
// those who collided do not meet again. It reports false when ctx ended.
func pause(ctx context.Context, tries int) bool {
	longest := min(pauseFirst<<min(tries, 20), pauseMax)
	timer := time.NewTimer(rand.N(longest)) //nolint:gosec // no secret
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
