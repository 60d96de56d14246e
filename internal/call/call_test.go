package call_test

import (
	"context"
	"runtime"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/internal/call"
	"github.com/jigap/jigap/ports"
)

// TestDo/outlives_its_caller: the context of a call ends after its time, and not before,
// when the caller has left.
func TestDo(t *testing.T) {
	t.Parallel()
	t.Run("outlives its caller", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			start := time.Now()
			answer, err := call.Do(ctx, new(call.Guard), time.Minute, func(ctx context.Context) string {
				<-ctx.Done()
				return ctx.Err().Error()
			}, nil)
			require.NoError(t, err)
			require.Equal(t, context.DeadlineExceeded.Error(), answer)
			require.Equal(t, time.Minute, time.Since(start))
		})
	})
	t.Run("returns a PanicError with the cause and the stack", func(t *testing.T) {
		t.Parallel()
		_, err := call.Do(t.Context(), new(call.Guard), time.Minute, func(context.Context) string { panic("bug") }, nil)
		var panicked *ports.PanicError
		require.ErrorAs(t, err, &panicked)
		require.Equal(t, "bug", panicked.Cause)
		require.Contains(t, string(panicked.Stack), "call_test.go")
	})
	t.Run("returns a PanicError when the adapter ends its goroutine", func(t *testing.T) {
		t.Parallel()
		_, err := call.Do(t.Context(), new(call.Guard), time.Minute, func(context.Context) string {
			runtime.Goexit()
			return "never"
		}, nil)
		var panicked *ports.PanicError
		require.ErrorAs(t, err, &panicked)
	})
	t.Run("leaves an adapter that ignores its context, and hands over its answer later", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			var calls call.Guard
			start, release, late := time.Now(), make(chan bool), make(chan string, 1)
			answer, err := call.Do(t.Context(), &calls, time.Minute, func(context.Context) string {
				<-release
				return "late"
			}, func(answer string, _ error) { late <- answer })
			require.ErrorIs(t, err, ports.ErrOverdue)
			require.Empty(t, answer)
			require.Equal(t, 90*time.Second, time.Since(start))
			close(release)
			require.Equal(t, "late", <-late)
		})
	})
	t.Run("hands over the error of a call that returns late, and of what is done with its answer", func(t *testing.T) {
		t.Parallel()
		for name, does := range map[string]func() string{
			"the call panics": func() string { panic("bug") },
			"late panics":     func() string { return "answer" },
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					release, late := make(chan bool), make(chan error, 1)
					_, err := call.Do(t.Context(), new(call.Guard), time.Minute, func(context.Context) string {
						<-release
						return does()
					}, func(_ string, err error) {
						if err == nil {
							panic("bug")
						}
						late <- err
					})
					require.ErrorIs(t, err, ports.ErrOverdue)
					close(release)
					var panicked *ports.PanicError
					require.ErrorAs(t, <-late, &panicked)
					require.Equal(t, "bug", panicked.Cause)
				})
			})
		}
	})
	t.Run("makes no more than OverdueMax calls that are overdue", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			var calls call.Guard
			var made atomic.Int64
			release := make(chan bool)
			hang := func() error {
				_, err := call.Do(t.Context(), &calls, time.Minute, func(context.Context) bool {
					made.Add(1)
					return <-release
				}, nil)
				return err
			}
			for range call.OverdueMax {
				require.ErrorIs(t, hang(), ports.ErrOverdue)
			}
			require.ErrorIs(t, hang(), ports.ErrTooManyOverdue)
			require.EqualValues(t, call.OverdueMax, made.Load())
			close(release)
			synctest.Wait()
			require.NoError(t, hang(), "the adapter has come back")
		})
	})
}
