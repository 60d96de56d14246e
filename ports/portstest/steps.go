package portstest

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
)

// steps are what a scenario did. Calls that are made at the same time note theirs as they end.
type steps struct {
	mu   sync.Mutex
	list []string
}

// firstSteps and lastSteps are how many steps a failing scenario prints.
const firstSteps, lastSteps = 8, 15

// newSteps returns steps that are printed if the scenario fails: the first and the last.
func newSteps(t *testing.T) *steps {
	t.Helper()
	s := &steps{}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("what was done:\n  %s", strings.Join(s.shown(), "\n  "))
		}
	})
	return s
}

// did notes a step.
func (s *steps) did(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.list = append(s.list, fmt.Sprintf(format, args...))
}

// shown returns the steps that are printed.
func (s *steps) shown() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := len(s.list) - firstSteps - lastSteps
	if out <= 0 {
		return slices.Clone(s.list)
	}
	return slices.Concat(s.list[:firstSteps], []string{fmt.Sprintf("(%d steps are left out)", out)}, s.list[len(s.list)-lastSteps:])
}
