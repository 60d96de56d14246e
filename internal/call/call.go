// Package call bounds the calls to adapters of providers, in time and in number.
package call

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync/atomic"
	"time"

	"github.com/jigap/jigap/ports"
)

// Guard bounds the calls to one provider, in time and in number, also where an adapter
// ignores the end of its context. The zero Guard works. It must not be copied.
type Guard struct {
	overdue atomic.Int64 // calls that did not return in time, and still run
}

// OverdueMax is how many calls to one provider may be overdue. While so many are, [Do]
// makes no further one: each takes a goroutine and what the adapter holds.
const OverdueMax = 100

// Do calls an adapter, with a context that ends after timeout and not when the caller
// leaves: that would make an unknown of an order that is going well. A call that ignores
// its context is left after half as much time again, with [ports.ErrOverdue]; when it returns
// later, late gets its answer or its error, if late is not nil. A panic, and a
// runtime.Goexit, is a [ports.PanicError]; one in late is given to late once more.
func Do[Answer any](ctx context.Context, guard *Guard, timeout time.Duration, call func(context.Context) Answer, late func(Answer, error)) (answer Answer, err error) {
	if guard.overdue.Load() >= OverdueMax {
		return answer, ports.ErrTooManyOverdue
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), timeout)
	type result struct {
		answer Answer
		err    error
	}
	returned := make(chan result, 1)
	go func() {
		var r result
		run(func() { r.answer = call(ctx) }, func(err error) {
			r.err = err
			returned <- r
			cancel()
		})
	}()
	patience := time.NewTimer(timeout + timeout/2)
	defer patience.Stop()
	select {
	case r := <-returned:
		return r.answer, r.err
	case <-patience.C:
	}
	guard.overdue.Add(1)
	go func() {
		r := <-returned
		guard.overdue.Add(-1)
		if late == nil {
			return
		}
		if err := Contain(func() { late(r.answer, r.err) }); err != nil {
			_ = Contain(func() { late(answer, err) })
		}
	}()
	return answer, fmt.Errorf("%w: it was given %s", ports.ErrOverdue, timeout)
}

// Contain does something in a goroutine that it may end, and returns a panic or such an end as
// a [ports.PanicError].
func Contain(do func()) (err error) {
	ended := make(chan error, 1)
	go run(do, func(err error) { ended <- err })
	return <-ended
}

// run does something in a goroutine of its own, and calls ended with what became of it: nil,
// or a [ports.PanicError] for a panic or an end of the goroutine.
func run(do func(), ended func(error)) {
	err := error(&ports.PanicError{Cause: "the goroutine was ended"}) // which runtime.Goexit does
	defer func() {
		if cause := recover(); cause != nil {
			err = &ports.PanicError{Cause: cause, Stack: debug.Stack()}
		}
		ended(err)
	}()
	do()
	err = nil
}
