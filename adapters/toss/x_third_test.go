package toss_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/jigap/jigap/adapters/toss/tosstest"
)

// Y: docs/toss.md: the order is sent again "5, 25 and 125 seconds and ten minutes after the last time"; inquire.go, pause: "the
// last one may have been sent by a clock that is ahead". A process whose clock was six hours ahead sent it the second time.
func TestThird_pause_after_a_clock_that_was_ahead(t *testing.T) {
	t.Parallel()
	w := setup(t)
	charger, order := billed(w)
	w.sim.Inject(tosstest.Fault{Method: http.MethodPost, Kind: tosstest.CloseBefore, Times: 2})
	w.send(charger, &order)
	w.resend(charger, &order)
	order.ResentAt = w.clock.Now().Add(6 * time.Hour)
	questions := 0
	for began := w.clock.Now(); w.clock.Now().Sub(began) < 5*time.Hour; {
		answer := w.inquire(charger, &order)
		questions++
		if answer.Resend {
			break
		}
		w.clock.Advance(max(answer.InquireAfter, time.Second))
	}
	w.Less(questions, 10, "questions, and it is not sent again")
}
