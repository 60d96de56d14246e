package portstest

import (
	"cmp"
	"math/bits"
	"slices"
	"time"

	"github.com/jigap/jigap/ports"
)

func findOperationScenarios() []scenario {
	return []scenario{
		{"operations come in bytewise order of id", saysListing, findOperationsOrder},
		{"with DueBy the longest due come first", saysLongest, findOperationsDue},
		{"times of creation are compared to the microsecond", saysCreated, findOperationsCreated},
		{"an operation that was written again is found by its new state only", saysOperations, findOperationsRewritten},
		{"combinations of conditions", saysOperations, findOperationsCombinations},
		{"a page is as long as its limit", saysAnyNumber, findOperationsLong},
		{"AfterID need not be an operation", saysAfterID, findOperationsBehindAny},
		{"times of being due are compared to the microsecond", saysDueBy, findOperationsDueMicrosecond},
		{"texts are compared byte by byte", saysBytes, findOperationsBytes},
		{"each filter finds what was committed before, whole", saysBefore, findOperationsSeen},
		{"a choice that is named twice selects an operation once", saysOperations, findOperationsRepeated},
		{"conditions reach beyond a thousand operations", saysOperations, findOperationsFar},
		{"many operations of one reference are found", saysAnyNumber, findOperationsReference},
		{"an operation that moves to another wallet is found there only", saysOperations, findOperationsWalletMoves},
		{"an operation whose reference comes back is found once", saysOperations, findOperationsReferenceAgain},
	}
}

func (s *storeTest) findOperations(filter ports.OperationFilter) []string {
	s.t.Helper()
	if filter.Limit == 0 {
		filter.Limit = 1000
	}
	ops, err := s.FindOperations(s.t.Context(), filter)
	s.NoError(err)
	found := make([]string, 0, len(ops))
	for _, op := range ops {
		found = append(found, op.Head().ID)
	}
	return found
}

func findOperationsOrder(s *storeTest) {
	s.Empty(s.findOperations(ports.OperationFilter{}))
	want := awkwardIDs()
	for i, id := range slices.Backward(want) {
		s.committed(only(hold(id, "w", want[len(want)-1-i])))
	}
	s.Equal(want, s.findOperations(ports.OperationFilter{}))
	for i, id := range want {
		s.Equal(want[i+1:], s.findOperations(ports.OperationFilter{AfterID: id}))
		s.Equal([]string{want[len(want)-1-i]}, s.findOperations(ports.OperationFilter{Lane: id}))
		newest := slices.Clone(want[:i])
		slices.Reverse(newest)
		s.Equal(newest, s.findOperations(ports.OperationFilter{AfterID: id, NewestFirst: true}))
		s.Equal(newest, s.findOperations(ports.OperationFilter{AfterID: id, NewestFirst: true, WalletID: "w"}))
	}
	s.Equal([]string{want[len(want)-1], want[len(want)-2]}, s.findOperations(ports.OperationFilter{NewestFirst: true, Limit: 2}))
	s.Equal([]string{want[len(want)-1]}, s.findOperations(ports.OperationFilter{NewestFirst: true, WalletID: "w", Limit: 1}))
	s.Equal(want[3:5], s.findOperations(ports.OperationFilter{AfterID: want[2], Limit: 2}))
}

func dueHold(id string, due time.Time) *ports.Hold {
	op := hold(id, "w", "")
	op.DueAt = due
	return op
}

func findOperationsDue(s *storeTest) {
	s.committed(
		only(dueHold("a", at(30))), only(dueHold("b", at(10))), only(dueHold("c", time.Time{})),
		only(dueHold("d", at(20))), only(dueHold("e", at(10))), only(dueHold("f", at(10).Add(-time.Microsecond))),
	)
	due := func(by time.Time, limit int) []string {
		return s.findOperations(ports.OperationFilter{DueBy: by, Limit: limit})
	}
	s.Empty(due(at(1), 10))
	first := due(at(10), 10)
	s.ElementsMatch([]string{"b", "e", "f"}, first)
	s.Equal("f", first[0])
	s.Equal([]string{"f"}, due(at(100), 1))
	all := due(at(30), 10)
	s.Len(all, 5)
	s.Equal([]string{"d", "a"}, all[3:])
}

func findOperationsCreated(s *storeTest) {
	when := []time.Time{at(0), at(0).Add(time.Microsecond), at(0).Add(100 * time.Millisecond), at(1), at(1000)}
	for i, id := range ids("o", len(when)) {
		op := hold(id, "w", "")
		op.CreatedAt, op.UpdatedAt = when[i], at(2000)
		s.committed(only(op))
	}
	all := s.findOperations(ports.OperationFilter{})
	for i, moment := range when {
		s.Equal(all[i:], s.findOperations(ports.OperationFilter{CreatedFrom: moment}), "from %s", moment)
		s.Equal(all[:i], s.findOperations(ports.OperationFilter{CreatedBefore: moment}), "before %s", moment)
		s.Equal(all[i:i+1], s.findOperations(ports.OperationFilter{CreatedFrom: moment, CreatedBefore: moment.Add(time.Microsecond)}), "at %s", moment)
		between := moment.Add(time.Nanosecond) // a clock has nanoseconds
		s.Equal(all[i+1:], s.findOperations(ports.OperationFilter{CreatedFrom: between}), "from a nanosecond behind %s", moment)
		s.Equal(all[:i+1], s.findOperations(ports.OperationFilter{CreatedBefore: between}), "before a nanosecond behind %s", moment)
	}
}

func findOperationsRewritten(s *storeTest) {
	first := hold("o", "w", "lane")
	first.DueAt, first.Provider, first.Reference, first.ProviderRef = at(10), "a", "r1", "p1"
	s.committed(only(first))
	second := changed(ended(first), func(head *ports.OperationHead) {
		head.Version, head.DueAt, head.Provider, head.Reference, head.ProviderRef = 2, at(20), "b", "r2", "p2"
	})
	s.committed(only(second))
	for _, filter := range []ports.OperationFilter{
		{Open: true},
		{DueBy: at(19)},
		{Reference: "r1"},
		{ProviderRef: "p1"},
		{Statuses: ports.Statuses(ports.HoldHeld)},
		{Lane: "lane", Open: true},
		{Providers: []string{"a", ""}},
		{ExceptProviders: []string{"b"}},
	} {
		s.Empty(s.findOperations(filter), "%+v", filter)
	}
	for _, filter := range []ports.OperationFilter{
		{},
		{DueBy: at(20)},
		{Reference: "r2"},
		{ProviderRef: "p2"},
		{Statuses: ports.Statuses("x", ports.HoldReleased)},
		{Lane: "lane"},
		{Providers: []string{"b"}},
		{ExceptProviders: []string{"a", ""}},
	} {
		s.Equal([]string{"o"}, s.findOperations(filter), "%+v", filter)
	}
	s.committed(only(changed(second, func(head *ports.OperationHead) { head.Version, head.ProviderRef = 3, "p1" })))
	s.Equal([]string{"o"}, s.findOperations(ports.OperationFilter{ProviderRef: "p1"}), "what it is called again finds it once")
}

func findOperationsCombinations(s *storeTest) {
	var all []ports.Operation
	for i, id := range ids("o", 48) {
		op := fullOperations()[i%4]
		head := op.Head()
		*head = ports.OperationHead{
			ID: id, Kind: head.Kind, WalletID: pick(i, 2, "w1", "w2"), Version: 1, Open: i%5 != 0,
			Lane: "lane" + id, Provider: pick(i, 4, "a", "b", ""), Reference: pick(i, 2, "r1", "r2", "r1"), ProviderRef: pick(i, 1, "p1", "p2"), CreatedAt: at(i), UpdatedAt: at(i),
		}
		if i%6 < 3 {
			head.Lane, head.Open = "shared", i == 1
		}
		if i%3 > 0 {
			head.DueAt = at(100 - i)
		}
		s.committed(only(withStatus(op, pick(i, 3, "x", "y", "z"))))
		all = append(all, op)
	}
	for i := range 1 << 12 {
		if bits.OnesCount(uint(i)) > 5 {
			continue // conditions that are mixed up are so in fewer, too
		}
		filter := operationFilterOf(i)
		if !filter.DueBy.IsZero() && (filter.AfterID != "" || filter.NewestFirst) {
			continue
		}
		s.Equal(expectedOperations(all, filter), s.findOperations(filter), "%+v", filter)
	}
}

// pick returns one of the choices; i/step decides.
func pick(i, step int, choices ...string) string { return choices[i/step%len(choices)] }

// operationFilterOf sets a condition for each bit of i.
func operationFilterOf(i int) ports.OperationFilter {
	filter := ports.OperationFilter{Limit: 5 + i%3*50, Open: i&1 != 0}
	set := func(bit int, apply func()) {
		if i&(1<<bit) != 0 {
			apply()
		}
	}
	set(1, func() { filter.Kind = ports.KindHold })
	set(2, func() { filter.WalletID = "w1" })
	set(3, func() { filter.Statuses = []string{"x", "z"} })
	set(4, func() { filter.Lane = "shared" })
	set(5, func() { filter.Reference = "r1" })
	set(6, func() { filter.ProviderRef = "p2" })
	set(7, func() { filter.DueBy = at(80) })
	set(8, func() { filter.AfterID = "o-020" })
	set(9, func() { filter.Providers = [][]string{{"a"}, {""}, {"b", ""}}[i%3] })
	set(10, func() { filter.ExceptProviders = [][]string{{"b"}, {"", "a"}}[i%2] })
	set(11, func() { filter.NewestFirst = true })
	if i%7 == 0 {
		filter.CreatedFrom = at(13)
	}
	if i%5 == 0 {
		filter.CreatedBefore = at(31)
	}
	return filter
}

func expectedOperations(all []ports.Operation, filter ports.OperationFilter) []string {
	found := slices.DeleteFunc(slices.Clone(all), func(op ports.Operation) bool {
		head := op.Head()
		return filter.Open && !head.Open ||
			filter.Kind != "" && head.Kind != filter.Kind ||
			filter.WalletID != "" && head.WalletID != filter.WalletID ||
			len(filter.Statuses) > 0 && !slices.Contains(filter.Statuses, op.StatusText()) ||
			filter.Lane != "" && head.Lane != filter.Lane ||
			len(filter.Providers) > 0 && !slices.Contains(filter.Providers, head.Provider) ||
			slices.Contains(filter.ExceptProviders, head.Provider) ||
			filter.Reference != "" && head.Reference != filter.Reference ||
			filter.ProviderRef != "" && head.ProviderRef != filter.ProviderRef ||
			!filter.DueBy.IsZero() && (head.DueAt.IsZero() || head.DueAt.After(filter.DueBy)) ||
			!filter.CreatedFrom.IsZero() && head.CreatedAt.Before(filter.CreatedFrom) ||
			!filter.CreatedBefore.IsZero() && !head.CreatedAt.Before(filter.CreatedBefore) ||
			filter.AfterID != "" && !filter.NewestFirst && head.ID <= filter.AfterID ||
			filter.AfterID != "" && filter.NewestFirst && head.ID >= filter.AfterID
	})
	slices.SortFunc(found, func(x, y ports.Operation) int {
		a, b := x.Head(), y.Head()
		if !filter.DueBy.IsZero() {
			return a.DueAt.Compare(b.DueAt)
		}
		if filter.NewestFirst {
			return cmp.Compare(b.ID, a.ID)
		}
		return cmp.Compare(a.ID, b.ID)
	})
	names := make([]string, 0, len(found))
	for _, op := range found[:min(len(found), filter.Limit)] {
		names = append(names, op.Head().ID)
	}
	return names
}
