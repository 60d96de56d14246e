package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/jigap/jigap/ports"
)

// verdict is what an error says of the statement that met it.
type verdict int

const (
	written  verdict = iota // no error
	collided                // not written, because of another transaction: send it again
	locked                  // not written, because another transaction did not end in time
	perUnit                 // not written, perhaps because of what is in a unit
	unsent                  // never left
	unknown                 // may have been written
)

// unsentError marks an error of before a statement left.
type unsentError struct{ error }

func (e *unsentError) Unwrap() error { return e.error }

// judge reads an error. SQLSTATE codes are those of appendix A of the manual of
// PostgreSQL. An error of severity FATAL ends the session and says nothing of the
// transaction: the server may have committed and been told to stop before it could
// say so. Nor do codes of the server's own troubles say anything. All other codes come
// before the commit, also those that a trigger of the host makes up.
func judge(err error) verdict {
	if err == nil {
		return written
	}
	var local *unsentError
	if errors.As(err, &local) || pgconn.SafeToRetry(err) {
		return unsent
	}
	var refused *pgconn.PgError
	if !errors.As(err, &refused) || refused.Severity == "FATAL" || refused.Severity == "PANIC" || len(refused.Code) != 5 {
		return unknown
	}
	switch refused.Code {
	case "40001", "40P01", "23505":
		return collided
	case "55P03", "57014": // a lock or the whole statement took longer than the server allows
		return locked
	case "40003": // statement completion unknown
		return unknown
	}
	if slices.Contains(troubled, refused.Code[:2]) {
		return unknown
	}
	return perUnit
}

// troubled are the classes of codes about connections, resources, operators, the system,
// its configuration, and faults of the server itself.
var troubled = []string{"08", "53", "57", "58", "F0", "XX"} //nolint:gochecknoglobals // a constant

// answered reports whether an error is the server's answer, over a session that goes on:
// nothing of what it is about can arrive later.
func answered(err error) bool {
	var refused *pgconn.PgError
	return errors.As(err, &refused) && refused.Severity == "ERROR" && refused.Code != "40003" && !strings.HasPrefix(refused.Code, "08")
}

// judgeCommit reads the error of a COMMIT. Whatever is not known as a refusal may have
// been written.
func judgeCommit(err error) verdict {
	var refused *pgconn.PgError
	if err != nil && errors.As(err, &refused) && refused.Severity == "ERROR" && judge(err) == collided {
		return collided
	}
	if err == nil {
		return written
	}
	return unknown
}

// The patience of Commit.
const (
	collisionsMax = 12 // tries after serialization failures and deadlocks
	makingMax     = 5  // tries after a record was found that another made: the next try sees it
	sharedMax     = 3  // tries after collisions before a batch is divided
	lossesMax     = 24 // tries while the fate is in doubt
	pauseFirst    = time.Millisecond
	pauseMax      = time.Second
)

// divides reports whether a batch is to be sent in parts after a verdict on an error, so
// that what refuses one unit does not refuse the others.
func (v verdict) divides(b *batch, err error) bool {
	if len(b.units) == 1 {
		return false
	}
	return v == perUnit || v == locked || v == collided && b.tries >= sharedMax || v == unknown && answered(err)
}

// again reports whether a batch is to be sent again after a verdict on an error.
func (v verdict) again(b *batch, err error) bool {
	switch v {
	case collided:
		most := collisionsMax
		if !serialization(err) {
			most = makingMax
		}
		return b.tries < most || b.lost && b.tries < lossesMax
	case unknown:
		return b.tries < makingMax || b.lost && b.tries < lossesMax
	case unsent:
		return b.lost && b.tries < lossesMax || pgconn.SafeToRetry(err) && b.tries < makingMax
	case locked:
		return b.doubt != nil && b.tries < lossesMax
	case written, perUnit:
		return false
	}
	return false
}

// pause waits before the next try, longer from try to try and at random, so that
// those who collided do not meet again. It reports false when ctx ended.
func pause(ctx context.Context, tries int) bool {
	return pauseFor(ctx, rand.N(min(pauseFirst<<min(tries, 20), pauseMax))) //nolint:gosec // no secret
}

func pauseFor(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// unavailable marks an error of a server that could not be reached or did not answer.
func unavailable(err error) error {
	if !isUnavailable(err) || errors.Is(err, ports.ErrUnavailable) {
		return err
	}
	return fmt.Errorf("%w: %w", ports.ErrUnavailable, err)
}

func isUnavailable(err error) bool {
	var refused *pgconn.PgError
	if errors.As(err, &refused) {
		return lost(refused)
	}
	var network net.Error
	var connecting *pgconn.ConnectError
	return errors.As(err, &network) || errors.As(err, &connecting) || pgconn.SafeToRetry(err) ||
		errors.Is(err, context.DeadlineExceeded) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, net.ErrClosed)
}

// lost reports whether the server said that it cannot serve now: class 08 (connection),
// 53 (resources), 57 (an operator stops it), 58 (system).
func lost(refused *pgconn.PgError) bool {
	return slices.Contains([]string{"08", "53", "57", "58"}, refused.Code[:min(2, len(refused.Code))])
}

// explained adds what a host can do about errors whose text does not tell.
func explained(err error) error {
	var refused *pgconn.PgError
	switch {
	case errors.As(err, &refused) && refused.Code == "22012" && refused.Where == "": // not within a function
		return fmt.Errorf("a row of the unit was not written, so nothing of it was: a trigger, rule or policy on the tables keeps it: %w", err)
	case errors.As(err, &refused) && refused.Code == "23505" && refused.ConstraintName == "entries_pkey":
		return fmt.Errorf("the history of a wallet goes on behind its record: %w", err)
	}
	return unavailable(err)
}
