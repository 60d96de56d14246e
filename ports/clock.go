package ports

import (
	"time"

	"github.com/google/uuid"
)

// Clock tells the time. Now may be called concurrently; it may run backwards
// (the library copes) but should follow real time within seconds.
type Clock interface {
	Now() time.Time
}

// ClockFunc lets a function be a [Clock].
type ClockFunc func() time.Time

// Now calls f.
func (f ClockFunc) Now() time.Time { return f() }

// SystemClock returns the clock of the machine.
func SystemClock() Clock { return ClockFunc(time.Now) } //nolint:forbidigo // the one place where real time enters

// IDs makes the ids of operations. NewID may be called concurrently and never
// returns the same id twice, in any process.
type IDs interface {
	NewID() string
}

// IDsFunc lets a function be an [IDs].
type IDsFunc func() string

// NewID calls f.
func (f IDsFunc) NewID() string { return f() }

// RandomIDs returns ids that are version 7 UUIDs: unique everywhere, and in
// the order of their making on one machine.
func RandomIDs() IDs {
	return IDsFunc(func() string { return uuid.Must(uuid.NewV7()).String() })
}

// Instant brings t to the precision of the library: UTC, whole microseconds, no
// monotonic reading. The zero time stays zero.
func Instant(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return t.UTC().Truncate(time.Microsecond)
}

// CheckTime returns an [InvalidError] for field unless t is zero or within the years 1
// to 9999, which every store and encoding can keep.
func CheckTime(field string, t time.Time) error {
	if year := t.UTC().Year(); !t.IsZero() && (year < 1 || year > 9999) {
		return Invalid(field, "is outside the years 1 to 9999")
	}
	return nil
}

// MaxDuration is the longest duration that a configuration may name.
const MaxDuration = 365 * 24 * time.Hour

// CheckDuration returns an [InvalidError] for field unless d is from zero to [MaxDuration].
func CheckDuration(field string, d time.Duration) error {
	switch {
	case d < 0:
		return Invalid(field, "is negative")
	case d > MaxDuration:
		return Invalid(field, "is longer than %s", MaxDuration)
	}
	return nil
}
