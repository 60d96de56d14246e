package worker

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync/atomic"
	"time"
)

// Calls bounds the calls to one provider, in time and in number, also where an adapter
// ignores the end of its context. The zero Calls works. It must not be copied.
type Calls struct {
	overdue atomic.Int64 // calls that did not return in time, and still run
}

// OverdueMax is how many calls to one provider may be overdue. While so many are, [Call]
// makes no further one: each takes a goroutine and what the adapter holds.
const OverdueMax = 100

// Errors of [Call].
var (
	// ErrOverdue is returned when a call did not return within its time and half as much
	// again. It goes on running; what it may have done is not known.
	ErrOverdue = errors.New("adapter did not return in time")
	// ErrTooManyOverdue is returned when [OverdueMax] earlier calls still run. The call was
	// not made.
	ErrTooManyOverdue = errors.New("not called: too many earlier calls to the adapter still run")
)

// Call calls an adapter, with a context that ends after timeout and not when the caller
// leaves: that would make an unknown of an order that is going well. A call that ignores
// its context is left after half as much time again, with [ErrOverdue]; when it returns
// later, late gets its answer or its error, if late is not nil. A panic, and a
// runtime.Goexit, is a [PanicError]; one in late is given to late once more.
func Call[Answer any](ctx context.Context, calls *Calls, timeout time.Duration, call func(context.Context) Answer, late func(Answer, error)) (answer Answer, err error) {
	if calls.overdue.Load() >= OverdueMax {
		return answer, ErrTooManyOverdue
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), timeout)
	type result struct {
		answer Answer
		err    error
	}
	returned := make(chan result, 1)
	go func() {
		defer cancel()
		var r result
		r.err = guard(func() { r.answer = call(ctx) })
		returned <- r
	}()
	patience := time.NewTimer(timeout + timeout/2)
	defer patience.Stop()
	select {
	case r := <-returned:
		return r.answer, r.err
	case <-patience.C:
	}
	calls.overdue.Add(1)
	go func() {
		r := <-returned
		calls.overdue.Add(-1)
		if late == nil {
			return
		}
		if err := guard(func() { late(r.answer, r.err) }); err != nil {
			_ = guard(func() { late(answer, err) })
		}
	}()
	return answer, fmt.Errorf("%w: it was given %s", ErrOverdue, timeout)
}

// guard does something in a goroutine that it may end, and returns a panic or such an end as
// a [PanicError].
func guard(do func()) (err error) {
	ended := make(chan error, 1)
	go func() {
		err := error(&PanicError{Cause: "the goroutine was ended"}) // which runtime.Goexit does
		defer func() {
			if cause := recover(); cause != nil {
				err = &PanicError{Cause: cause, Stack: debug.Stack()}
			}
			ended <- err
		}()
		do()
		err = nil
	}()
	return <-ended
}
