package crashtest

import (
	"context"
	"sync"
	"testing"
	"time"
)

// Tally counts what processes did, and lets a test wait for a count. A test that waits
// for work, and not for time, does not depend on the machine's speed. The zero Tally is
// ready.
type Tally struct {
	mu    sync.Mutex
	count int
	grown chan struct{} // closed when the count grows
}

// Add adds one.
func (c *Tally) Add() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.count++
	if c.grown != nil {
		close(c.grown)
		c.grown = nil
	}
}

// Count returns the count.
func (c *Tally) Count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.count
}

// Await waits until the count is at least so much, and fails the test when that takes
// longer than two minutes.
func (c *Tally) Await(tb testing.TB, least int) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(tb.Context(), 2*time.Minute)
	defer cancel()
	for {
		c.mu.Lock()
		count := c.count
		if c.grown == nil {
			c.grown = make(chan struct{})
		}
		grown := c.grown
		c.mu.Unlock()
		if count >= least {
			return
		}
		select {
		case <-grown:
		case <-ctx.Done():
			tb.Fatalf("%d of %d: %v", count, least, ctx.Err())
		}
	}
}
