package portstest

import (
	"context"
	"math"
	"time"

	"github.com/jigap/jigap/ports"
)

func argumentScenarios() []scenario {
	return []scenario{
		{"a limit that is not positive is invalid", saysRefused, argumentLimits},
		{"an id that no record can have is invalid", saysRefused, argumentIDs},
		{"a key that no entry can have is invalid", saysRefused, argumentKeys},
		{"a reference that no record can have is invalid", saysRefused, argumentReferences},
		{"a time that no record can have is invalid", saysRefused, argumentTimes},
		{"the greatest limit is a limit", saysAnyNumber, argumentGreatest},
		{"the greatest limit is a limit behind a record", saysAnyNumber, argumentGreatestBehind},
		{"the store works on after arguments were refused", saysRefused, argumentWorksOn},
	}
}

func argumentLimits(s *storeTest) {
	s.committed(with(opened("w"), hold("o", "w", "lane")))
	ctx := s.t.Context()
	for _, limit := range []int{0, -1, math.MinInt} {
		_, err := s.FindWallets(ctx, ports.WalletFilter{Limit: limit})
		s.ErrorIs(err, ports.ErrInvalid, "FindWallets, limit %d", limit)
		for _, id := range []string{"w", "nobody"} {
			_, err = s.Entries(ctx, ports.EntryFilter{WalletID: id, Limit: limit})
			s.ErrorIs(err, ports.ErrInvalid, "Entries of %s, limit %d", id, limit)
		}
		_, err = s.Feed(ctx, "", limit)
		s.ErrorIs(err, ports.ErrInvalid, "Feed, limit %d", limit)
		for _, filter := range []ports.OperationFilter{{}, {Lane: "lane", Open: true}, {DueBy: at(1)}, {WalletID: "nobody"}} {
			filter.Limit = limit
			_, err = s.FindOperations(ctx, filter)
			s.ErrorIs(err, ports.ErrInvalid, "FindOperations, %+v", filter)
		}
	}
}

// unstorable are texts that no store need keep.
func unstorable() []string { return []string{"\x00", "a\x00", "\xff", "a\xc3(", "가\xea\xb0"} }

// invalid requires that each of the reads refuses each unstorable text.
func (s *storeTest) invalid(reads map[string]func(ctx context.Context, text string) error) {
	s.t.Helper()
	s.committed(with(opened("w"), hold("o", "w", "")))
	for name, read := range reads {
		for _, text := range unstorable() {
			s.ErrorIs(read(s.t.Context(), text), ports.ErrInvalid, "%s, %q", name, text)
		}
		s.NoError(read(s.t.Context(), "nobody"), name)
	}
}

func argumentIDs(s *storeTest) {
	s.invalid(map[string]func(context.Context, string) error{
		"Wallets": func(ctx context.Context, text string) error {
			_, err := s.Wallets(ctx, []string{"w", text})
			return err
		},
		"FindWallets": func(ctx context.Context, text string) error {
			_, err := s.FindWallets(ctx, ports.WalletFilter{AfterID: text, Limit: 1})
			return err
		},
		"EntriesByKey": func(ctx context.Context, text string) error {
			_, err := s.EntriesByKey(ctx, []ports.EntryKey{{WalletID: "w", Key: "k"}, {WalletID: text, Key: "k"}})
			return err
		},
		"Entries": func(ctx context.Context, text string) error {
			_, err := s.Entries(ctx, ports.EntryFilter{WalletID: text, Limit: 1})
			return err
		},
		"Entries, of an operation": func(ctx context.Context, text string) error {
			_, err := s.Entries(ctx, ports.EntryFilter{WalletID: "w", OperationID: text, Limit: 1})
			return err
		},
		"LastReferring": func(ctx context.Context, text string) error {
			_, err := s.LastReferring(ctx, ports.EntryRefund, []ports.EntryRef{{WalletID: "w", Seq: 1}, {WalletID: text, Seq: 1}})
			return err
		},
		"Operations": func(ctx context.Context, text string) error {
			_, err := s.Operations(ctx, []string{"o", text})
			return err
		},
		"FindOperations, of a wallet": func(ctx context.Context, text string) error {
			_, err := s.FindOperations(ctx, ports.OperationFilter{WalletID: text, Limit: 1})
			return err
		},
		"FindOperations, behind an id": func(ctx context.Context, text string) error {
			_, err := s.FindOperations(ctx, ports.OperationFilter{AfterID: text, Limit: 1})
			return err
		},
	})
}

func argumentGreatest(s *storeTest) {
	unit := with(opened("w"), hold("o", "w", "lane"))
	s.committed(unit)
	ctx := s.t.Context()
	for _, limit := range []int{math.MaxInt32, math.MaxInt32 + 1, math.MaxInt} {
		wallets, err := s.FindWallets(ctx, ports.WalletFilter{Limit: limit})
		s.NoError(err, "FindWallets, limit %d", limit)
		s.Len(wallets, 1)
		entries, err := s.Entries(ctx, ports.EntryFilter{WalletID: "w", Limit: limit})
		s.NoError(err, "Entries, limit %d", limit)
		s.sameEntries(unit.Entries, entries)
		ops, err := s.FindOperations(ctx, ports.OperationFilter{Limit: limit})
		s.NoError(err, "FindOperations, limit %d", limit)
		s.Len(ops, 1)
	}
	entries, _ := s.follow("", 1, math.MaxInt)
	s.sameEntries(unit.Entries, entries)
}

func argumentTimes(s *storeTest) {
	for _, when := range []time.Time{time.Date(10_000, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(-1, 1, 1, 0, 0, 0, 0, time.UTC)} {
		_, err := s.FindWallets(s.t.Context(), ports.WalletFilter{ExpiringBy: when, Limit: 1})
		s.ErrorIs(err, ports.ErrInvalid, "FindWallets, ExpiringBy %s", when)
		_, err = s.Entries(s.t.Context(), ports.EntryFilter{WalletID: "w", From: when, Limit: 1})
		s.ErrorIs(err, ports.ErrInvalid, "Entries, From %s", when)
		_, err = s.Entries(s.t.Context(), ports.EntryFilter{WalletID: "w", Until: when, Limit: 1})
		s.ErrorIs(err, ports.ErrInvalid, "Entries, Until %s", when)
		_, err = s.FindOperations(s.t.Context(), ports.OperationFilter{DueBy: when, Limit: 1})
		s.ErrorIs(err, ports.ErrInvalid, "FindOperations, DueBy %s", when)
		_, err = s.FindOperations(s.t.Context(), ports.OperationFilter{CreatedFrom: when, Limit: 1})
		s.ErrorIs(err, ports.ErrInvalid, "FindOperations, CreatedFrom %s", when)
		_, err = s.FindOperations(s.t.Context(), ports.OperationFilter{CreatedBefore: when, Limit: 1})
		s.ErrorIs(err, ports.ErrInvalid, "FindOperations, CreatedBefore %s", when)
	}
}

func argumentKeys(s *storeTest) {
	s.invalid(map[string]func(context.Context, string) error{
		"EntriesByKey": func(ctx context.Context, text string) error {
			_, err := s.EntriesByKey(ctx, []ports.EntryKey{{WalletID: "w", Key: "k"}, {WalletID: "w", Key: text}})
			return err
		},
	})
}

func argumentReferences(s *storeTest) {
	s.invalid(map[string]func(context.Context, string) error{
		"Entries": func(ctx context.Context, text string) error {
			_, err := s.Entries(ctx, ports.EntryFilter{WalletID: "w", Reference: text, Limit: 1})
			return err
		},
		"FindOperations": func(ctx context.Context, text string) error {
			_, err := s.FindOperations(ctx, ports.OperationFilter{Reference: text, Limit: 1})
			return err
		},
		"FindOperations, of a provider": func(ctx context.Context, text string) error {
			_, err := s.FindOperations(ctx, ports.OperationFilter{ProviderRef: text, Limit: 1})
			return err
		},
		"FindOperations, for providers": func(ctx context.Context, text string) error {
			_, err := s.FindOperations(ctx, ports.OperationFilter{Providers: []string{"a", text}, Limit: 1})
			return err
		},
		"FindOperations, except for providers": func(ctx context.Context, text string) error {
			_, err := s.FindOperations(ctx, ports.OperationFilter{ExceptProviders: []string{text}, Limit: 1})
			return err
		},
	})
}

func argumentWorksOn(s *storeTest) {
	first := opened("w")
	s.committed(first)
	for _, text := range unstorable() {
		_, err := s.Wallets(s.t.Context(), []string{text})
		s.ErrorIs(err, ports.ErrInvalid)
		first = after(first, recharged("1", ""))
		s.committed(first)
		s.unchanged(first)
	}
}
