package portstest

import (
	"slices"

	"github.com/jigap/jigap/ports"
)

func malformedScenarios() []scenario {
	list := []scenario{
		{"a malformed unit does not hold back others of its call", saysIndependent, malformedAmongOthers},
		{"a malformed unit on a stale wallet is failed or a conflict", saysMalformed, malformedStale},
		{"one key in two wallets of a unit is not malformed", saysOnce, malformedNot},
		{"a unit that is malformed in its second wallet fails as invalid", saysMalformed, malformedSecond},
		{"a new wallet without its first entry fails as invalid", saysMalformed, malformedNew},
		{"a gap goes before a taken key, operation and lane", saysMalformed, malformedTaken},
		{"a key twice among other records fails as invalid", saysOnce, malformedKeyTwice},
	}
	for name, spoil := range malformations() {
		list = append(list, scenario{"a unit " + name + " fails as invalid", saysMalformed, func(s *storeTest) { malformed(s, spoil) }})
	}
	return list
}

// malformations are ways to break the rules of [ports.Unit]. Each gets a unit with an
// operation and two entries, numbers 2 and 3, on a wallet that has one.
func malformations() map[string]func(*ports.Unit) {
	return map[string]func(*ports.Unit){
		"with a gap before its entries": func(u *ports.Unit) {
			u.Entries[0].Seq, u.Entries[1].Seq, u.Wallets[0].Seq = 3, 4, 4
		},
		"with a gap between its entries":    func(u *ports.Unit) { u.Entries[1].Seq, u.Wallets[0].Seq = 4, 4 },
		"with an entry that exists":         func(u *ports.Unit) { u.Entries[0].Seq, u.Entries[1].Seq, u.Wallets[0].Seq = 1, 2, 2 },
		"with one number twice":             func(u *ports.Unit) { u.Entries[1].Seq, u.Wallets[0].Seq = 2, 2 },
		"with entries in another order":     func(u *ports.Unit) { slices.Reverse(u.Entries) },
		"without the wallet of its entries": func(u *ports.Unit) { u.Wallets = nil },
		"with an entry of a wallet that it lacks": func(u *ports.Unit) {
			u.Entries[1].WalletID, u.Entries[1].Seq, u.Wallets[0].Seq = "other", 2, 2
		},
		"with an entry of a wallet that does not exist": func(u *ports.Unit) {
			u.Entries[1].WalletID, u.Entries[1].Seq, u.Wallets[0].Seq = "nobody", 1, 2
		},
		"with a wallet twice":     func(u *ports.Unit) { u.Wallets = append(u.Wallets, u.Wallets[0]) },
		"with an operation twice": func(u *ports.Unit) { u.Operations = append(u.Operations, u.Operations[0].Clone()) },
		"with an operation in two versions": func(u *ports.Unit) {
			u.Operations = append(u.Operations, touched(u.Operations[0]))
		},
		"with a key twice":                         func(u *ports.Unit) { u.Entries[1].Key = u.Entries[0].Key },
		"with a wallet ahead of its entries":       func(u *ports.Unit) { u.Wallets[0].Seq++ },
		"with a wallet behind its entries":         func(u *ports.Unit) { u.Wallets[0].Seq-- },
		"with a wallet that moves without entries": func(u *ports.Unit) { u.Wallets[0].Hash, u.Entries = u.Entries[0].PrevHash, nil },
		"with a wallet that goes back": func(u *ports.Unit) {
			u.Wallets[0].Hash, u.Wallets[0].Seq, u.Entries = u.Entries[0].PrevHash, 0, nil
		},
	}
}

func malformed(s *storeTest, spoil func(*ports.Unit)) {
	first, other := opened("w"), opened("other")
	s.committed(first, other)
	sound := func() ports.Unit {
		return with(after(first, recharged("1", "k1"), recharged("2", "k2")), hold("o", "w", "lane"))
	}
	broken := sound()
	spoil(&broken)
	for range 2 {
		fate := s.fateOf(broken)
		s.malformedFate(fate)
		s.unchanged(merged(first, other))
		s.absent("nobody", "o")
	}
	fates := s.commit(broken, sound(), broken) // of which the last is stale as well, or uses what is taken
	s.malformedFate(fates[0])
	s.status(fates[1], ports.FateCommitted)
	s.NotEqual(ports.FateCommitted, fates[2].Status, "the unit is malformed, and stale: %s", fateText(fates[2]))
	s.unchanged(merged(sound(), other))
	entries, _ := s.follow("", 4, 10)
	s.inOrder(make(map[string]int64), entries)
}

func (s *storeTest) malformedFate(fate ports.Fate) {
	s.t.Helper()
	s.status(fate, ports.FateFailed)
	s.ErrorIs(fate.Err, ports.ErrInvalid)
}

func malformedAmongOthers(s *storeTest) {
	names := ids("w", 2*len(malformations()))
	units := make([]ports.Unit, len(names))
	for i, id := range names {
		units[i] = opened(id)
	}
	s.committed(append(units, opened("other"))...)
	i := 0
	for _, spoil := range malformations() {
		units[i] = with(after(units[i], recharged("1", "k1"), recharged("2", "k2")), hold("o"+names[i], names[i], ""))
		spoil(&units[i])
		units[i+1] = after(units[i+1], recharged("1", "k1"))
		i += 2
	}
	for i, fate := range s.commit(units...) {
		if i%2 == 1 {
			s.status(fate, ports.FateCommitted)
			s.unchanged(units[i])
			continue
		}
		s.malformedFate(fate)
		s.Equal(int64(1), s.wallet(names[i]).Version)
		s.Len(s.history(names[i]), 1)
		s.absent("nobody", "o"+names[i])
	}
}

func malformedStale(s *storeTest) {
	first := opened("w")
	current := after(first, recharged("9", "k"))
	s.committed(first, current)
	for name, spoil := range malformations() {
		broken := with(after(first, recharged("1", "k1"), recharged("2", "k2")), hold("o", "w", "lane"))
		spoil(&broken)
		fate := s.fateOf(broken)
		s.status(fate, ports.FateFailed, ports.FateConflict)
		if fate.Status == ports.FateFailed {
			s.ErrorIs(fate.Err, ports.ErrInvalid, name)
		}
	}
	s.unchanged(current)
	s.absent("nobody", "o")
}

func malformedNot(s *storeTest) {
	a, b := opened("a"), opened("b")
	both := merged(after(a, recharged("1", "k")), after(b, recharged("1", "k")))
	s.committed(a, b, both)
	s.unchanged(both)
}

// malformedSecond breaks the part of a unit that is about its second wallet.
func malformedSecond(s *storeTest) {
	a, b := opened("a"), opened("b")
	s.committed(a, b)
	for _, spoil := range malformations() {
		broken := with(after(b, recharged("1", "k1"), recharged("2", "k2")), hold("o", "b", "lane"))
		spoil(&broken)
		s.malformedFate(s.fateOf(merged(after(a, deducted("1", "k")), broken)))
		s.unchanged(merged(a, b))
		s.absent("nobody", "o")
	}
}

func malformedNew(s *storeTest) {
	blank := opened("blank")
	blank.Wallets[0].Seq, blank.Wallets[0].Hash, blank.Entries = 0, ports.Hash{}, nil
	s.malformedFate(s.fateOf(blank))
	s.malformedFate(s.fateOf(merged(opened("other"), blank)))
	s.malformedFate(s.fateOf(with(blank, hold("o", "blank", ""))))
	late := opened("late")
	late.Wallets[0].Seq, late.Entries[0].Seq = 2, 2
	s.malformedFate(s.fateOf(late))
	for _, id := range []string{"blank", "late", "other"} {
		s.absent(id, "o")
	}
}

// malformedTaken has a gap in a unit whose key, operation and lane are taken as well.
func malformedTaken(s *storeTest) {
	first := opened("w")
	second := after(first, recharged("1", "used"))
	s.committed(first, second, only(hold("o", "w", "lane")))
	for _, op := range []ports.Operation{hold("o", "w", ""), hold("p", "w", "lane")} {
		broken := with(after(second, recharged("1", "used"), recharged("2", "k2")), op)
		broken.Entries[1].Seq++
		s.malformedFate(s.fateOf(broken))
	}
	s.unchanged(second)
}

func malformedKeyTwice(s *storeTest) {
	a, b := opened("a"), opened("b")
	s.committed(a, b)
	s.malformedFate(s.fateOf(merged(after(a, deducted("1", "k"), deducted("1", "k")), after(b, recharged("1", "k")))))
	s.malformedFate(s.fateOf(after(a, deducted("1", "k"), deducted("1", "x"), deducted("1", "k"))))
	s.malformedFate(s.fateOf(with(merged(after(a), after(b)), hold("o", "a", ""), hold("o", "a", ""))))
	s.malformedFate(s.fateOf(only(hold("o", "a", ""), hold("o", "a", ""))))
	s.unchanged(merged(a, b))
}
