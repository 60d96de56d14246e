package autorecharge

import (
	"time"

	"github.com/jigap/jigap/ports"
)

type span struct{ from, until time.Time }

// periods returns the day and the month of now in a time zone. A day begins with the
// first instant of its date, also where clocks leave midnight out or go back across it;
// so every day ends after now. Where the zone is not known it is UTC: what counts against
// caps asks for the zone first.
func periods(name string, now time.Time) (day, month span) {
	location, err := Location(name)
	if err != nil {
		location = time.UTC
	}
	at := func(y int, m time.Month, d int) time.Time { return ports.Instant(begins(y, m, d, location)) }
	y, m, d := now.In(location).Date()
	if !at(y, m, d+1).After(now) { // clocks went back across midnight: the next day has begun
		y, m, d = time.Date(y, m, d+1, 0, 0, 0, 0, time.UTC).Date()
	}
	return span{at(y, m, d), at(y, m, d+1)}, span{at(y, m, 1), at(y, m+1, 1)}
}

// begins returns the first instant at which it is a date or later. It goes through the
// stretches in which clocks run evenly, from before the date is anywhere.
func begins(y int, m time.Month, d int, location *time.Location) time.Time {
	midnight := time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	t := midnight.Add(-24 * time.Hour).In(location)
	for {
		_, ahead := t.Zone()
		_, end := t.ZoneBounds()
		begin := midnight.Add(-time.Duration(ahead) * time.Second)
		switch {
		case begin.Before(t): // clocks jumped over midnight
			return t
		case end.IsZero() || begin.Before(end):
			return begin
		}
		t = end
	}
}
