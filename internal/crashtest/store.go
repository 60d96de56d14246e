package crashtest

import (
	"context"
	"math/rand/v2"
	"strings"
	"sync"

	"github.com/jigap/jigap/ports"
)

// Fated is a store whose commits have another fate, where a test says so: then nothing is
// written.
type Fated struct {
	ports.Store
	Fate func(units []ports.Unit) *ports.Fate // nil: as the store decides
}

// Commit gives each unit the fate that the test says, or commits them.
func (f Fated) Commit(ctx context.Context, units []ports.Unit) []ports.Fate {
	fate := f.Fate(units)
	if fate == nil {
		return f.Store.Commit(ctx, units)
	}
	fates := make([]ports.Fate, len(units))
	for i := range fates {
		fates[i] = *fate
	}
	return fates
}

// LoseAnswer returns a store that writes an operation that selects accepts, and loses the
// answer: once for each status of each record.
func LoseAnswer(store ports.Store, selects func(ports.Operation) bool) ports.Store {
	return &forgetful{Store: store, selects: selects, lost: make(map[string]bool)}
}

type forgetful struct {
	ports.Store
	selects func(ports.Operation) bool

	mu   sync.Mutex
	lost map[string]bool // by id and status
}

// Commit commits the units.
func (s *forgetful) Commit(ctx context.Context, units []ports.Unit) []ports.Fate {
	fates := s.Store.Commit(ctx, units)
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, unit := range units {
		for _, op := range unit.Operations {
			change := op.Head().ID + " " + op.StatusText()
			if s.lost[change] || !s.selects(op) {
				continue
			}
			s.lost[change] = true
			for i := range fates {
				fates[i] = ports.Fate{Err: ports.ErrUnavailable}
			}
		}
	}
	return fates
}

// Moody is a store of which, while it is On, one commit in five fails at random: it loses the
// answer of one that is written, or of one that is not, or another transaction keeps the
// record.
type Moody struct {
	ports.Store
	Random *rand.Rand // of one goroutine at a time
	On     bool
}

// Commit commits the units, or fails.
func (s *Moody) Commit(ctx context.Context, units []ports.Unit) []ports.Fate {
	if !s.On {
		return s.Store.Commit(ctx, units)
	}
	fates := make([]ports.Fate, len(units)) // undecided
	switch s.Random.IntN(15) {
	case 0:
		s.Store.Commit(ctx, units)
		return fates
	case 1:
		return fates
	case 2:
		for i := range fates {
			fates[i].Status = ports.FateBusy
		}
		return fates
	}
	return s.Store.Commit(ctx, units)
}

// Log is a log that tests read.
type Log struct {
	mu   sync.Mutex
	text strings.Builder
}

// Write adds to the log.
func (l *Log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

// String returns the whole log.
func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// Line returns the first line with all of the words, or nothing.
func (l *Log) Line(words ...string) string {
	for line := range strings.Lines(l.String()) {
		all := true
		for _, word := range words {
			all = all && strings.Contains(line, word)
		}
		if all {
			return line
		}
	}
	return ""
}
