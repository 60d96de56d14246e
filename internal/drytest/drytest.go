// Package drytest compares previews with what then happens.
package drytest

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/ports"
)

// Same requires that two values say the same: amounts are compared by value, an empty list is as good as
// none, and all else is compared exactly.
func Same(t require.TestingT, want, got any) {
	require.JSONEq(t, text(t, want), text(t, got))
}

// text returns a value as JSON without empty lists.
func text(t require.TestingT, value any) string {
	encoded, err := json.Marshal(value)
	require.NoError(t, err)
	return strings.ReplaceAll(string(encoded), ":[]", ":null")
}

// SameError requires that two errors have the same text, and are of the same types to the ground.
func SameError(t require.TestingT, want, got error) {
	require.EqualError(t, got, want.Error())
	require.Equal(t, kinds(want), kinds(got))
}

// kinds returns the types of an error and of all that it wraps.
func kinds(err error) []string {
	names := []string{fmt.Sprintf("%T", err)}
	switch err := err.(type) { //nolint:errorlint // each level is looked at
	case interface{ Unwrap() error }:
		if inner := err.Unwrap(); inner != nil {
			names = append(names, kinds(inner)...)
		}
	case interface{ Unwrap() []error }:
		for _, inner := range err.Unwrap() {
			names = append(names, kinds(inner)...)
		}
	}
	return names
}

// Written is a record as it was written once, and the wallet of the same unit, if it had one.
type Written struct {
	Record ports.Operation
	Wallet ports.Wallet
}

// Store is a [ports.Store] over another that remembers what was written.
type Store struct {
	ports.Store

	mu      sync.Mutex
	commits int
	written map[string][]Written
}

// Commit implements [ports.Committer].
func (s *Store) Commit(ctx context.Context, units []ports.Unit) []ports.Fate {
	fates := s.Store.Commit(ctx, units)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.commits++
	for i, fate := range fates {
		if fate.Status == ports.FateCommitted {
			s.remember(&units[i])
		}
	}
	return fates
}

// remember keeps copies of the records of a unit. The mutex is held.
func (s *Store) remember(unit *ports.Unit) {
	if s.written == nil {
		s.written = make(map[string][]Written)
	}
	for _, op := range unit.Operations {
		written := Written{Record: op.Clone()}
		if len(unit.Wallets) > 0 {
			written.Wallet = unit.Wallets[0].Clone()
		}
		s.written[op.Head().ID] = append(s.written[op.Head().ID], written)
	}
}

// Commits returns how often Commit was called.
func (s *Store) Commits() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.commits
}

// Written returns what was written of a record, the first version first.
func (s *Store) Written(id string) []Written {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.written[id]
}
