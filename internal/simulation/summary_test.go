package simulation_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
)

// summary counts what happened, by group and name.
type summary struct {
	Seeds, Steps int

	mu     sync.Mutex
	groups map[string]map[string]int
}

func newSummary() *summary { return &summary{groups: make(map[string]map[string]int)} }

func (s *summary) count(group, name string) { s.add(group, name, 1) }

func (s *summary) add(group, name string, n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.groups[group] == nil {
		s.groups[group] = make(map[string]int)
	}
	s.groups[group][name] += n
}

// events returns how often the host was told of an event.
func (s *summary) events(name string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.groups["events"][name]
}

// join adds what another run counted.
func (s *summary) join(other *summary) {
	for group, names := range other.groups {
		for name, n := range names {
			s.add(group, name, n)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.Seeds += other.Seeds
	s.Steps += other.Steps
}

// String is a table for people.
func (s *summary) String() string {
	var text strings.Builder
	if s.Seeds > 0 {
		fmt.Fprintf(&text, "%d seeds, %d steps\n", s.Seeds, s.Steps)
	}
	for _, group := range slices.Sorted(maps.Keys(s.groups)) {
		names, sum := s.groups[group], 0
		var parts []string
		for _, name := range slices.Sorted(maps.Keys(names)) {
			sum += names[name]
			parts = append(parts, fmt.Sprintf("%s %d", name, names[name]))
		}
		fmt.Fprintf(&text, "  %s: %d (%s)\n", group, sum, strings.Join(parts, ", "))
	}
	return text.String()
}
