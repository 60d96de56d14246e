package sqltest

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
)

// Share lets workers share b.N operations, of which each call does so many, and reports the rate.
func Share(b *testing.B, workers, each int, call func(ctx context.Context) error) {
	b.Helper()
	var left atomic.Int64
	left.Store(int64(b.N))
	var running sync.WaitGroup
	b.ResetTimer()
	for range workers {
		running.Go(func() {
			for left.Add(-int64(each)) > -int64(each) {
				if err := call(b.Context()); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	running.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "ops/s")
}
