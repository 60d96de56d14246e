package suitetest

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/ports"
)

const (
	asWritten = "A record comes back as it was written, in every field, however long its texts are and however many lots, lot changes, moves and pairs of metadata it has."
	asUTC     = "Times come back in UTC with microsecond precision; amounts come back equal in value."
)

// recordFlaws lose or change fields of wallets and entries.
func recordFlaws() []storeFlaw {
	const (
		wallet      = "wallets/a wallet is read as it was written"
		walletField = "wallets/every field of a wallet comes back"
		manyLots    = "wallets/a wallet with many lots is read as it was written"
		entry       = "entries/an entry is read as it was written"
		entryField  = "entries/every field of an entry comes back"
		manyChanges = "entries/an entry with many lot changes and moves is read as it was written"
		texts       = "precision/texts come back to the last byte"
	)
	lots := func(change func(l *ports.PointLot)) func(ports.Store) ports.Store {
		return givenWallets(func(w *ports.Wallet) {
			for i := range w.Lots {
				change(&w.Lots[i])
			}
		})
	}
	changes := func(change func(l *ports.LotChange)) func(ports.Store) ports.Store {
		return givenEntries(func(e *ports.Entry) {
			for i := range e.Lots {
				change(&e.Lots[i])
			}
		})
	}
	return breaking(asWritten,
		flaw("loses lots beyond the 100th", manyLots, givenWallets(func(w *ports.Wallet) { w.Lots = cut(w.Lots, 100) })),
		flaw("loses lots beyond the 255th", manyLots, givenWallets(func(w *ports.Wallet) { w.Lots = cut(w.Lots, 255) })),
		flaw("returns lots in the order of their numbers", manyLots, readWallets(func(w *ports.Wallet) {
			slices.SortFunc(w.Lots, func(a, b ports.PointLot) int { return int(a.ID - b.ID) })
		})),
		flaw("returns lots in the order of their expiry", manyLots, readWallets(func(w *ports.Wallet) {
			slices.SortStableFunc(w.Lots, func(a, b ports.PointLot) int { return a.ExpiresAt.Compare(b.ExpiresAt) })
		})),
		flaw("merges lots of the same expiry and priority", manyLots, givenWallets(func(w *ports.Wallet) {
			w.Lots = slices.CompactFunc(w.Lots, func(a, b ports.PointLot) bool { return a.ExpiresAt.Equal(b.ExpiresAt) && a.Priority == b.Priority })
		})),
		flaw("forgets the priority of a lot", wallet, lots(func(l *ports.PointLot) { l.Priority = 0 })),
		flaw("keeps the priority of a lot without its sign", wallet, lots(func(l *ports.PointLot) { l.Priority = max(l.Priority, -l.Priority) })),
		flaw("forgets what is held of a lot", wallet, lots(func(l *ports.PointLot) { l.Held = decimal.Zero })),
		flaw("keeps the last lots of a wallet that has none left", wallet, bending(func(b *bentStore) {
			last := make(map[string][]ports.PointLot)
			b.give(func(u *ports.Unit) {
				for i := range u.Wallets {
					if w := &u.Wallets[i]; len(w.Lots) > 0 {
						last[w.ID] = w.Clone().Lots
					} else {
						w.Lots = slices.Clone(last[w.ID])
					}
				}
			})
		})),
		flaw("forgets when holds of a wallet expire", wallet, givenWallets(func(w *ports.Wallet) { w.HoldExpiry = time.Time{} })),
		flaw("forgets what is incoming to a wallet", wallet, givenWallets(func(w *ports.Wallet) { w.Incoming = decimal.Zero })),
		flaw("forgets which points are incoming to a wallet", wallet, givenWallets(func(w *ports.Wallet) { w.IncomingPoint = decimal.Zero })),
		flaw("forgets the day that a wallet counts", wallet, givenWallets(func(w *ports.Wallet) { w.Credited.Day = "" })),
		flaw("forgets what was credited in a month", wallet, givenWallets(func(w *ports.Wallet) { w.Credited.MonthAmount = decimal.Zero })),
		flaw("keeps what was incoming to a wallet that counts nothing any more", wallet, bending(func(b *bentStore) {
			last := make(map[string]decimal.Decimal)
			b.give(func(u *ports.Unit) {
				for i := range u.Wallets {
					if w := &u.Wallets[i]; w.Incoming.IsPositive() {
						last[w.ID] = w.Incoming
					} else {
						w.Incoming = last[w.ID]
					}
				}
			})
		})),
		flaw("forgets the upper bound of a watch", wallet, givenWallets(func(w *ports.Wallet) { w.Watch.Above = decimal.NullDecimal{} })),
		flaw("takes an absent bound of a watch for zero", wallet, givenWallets(func(w *ports.Wallet) { w.Watch.Below.Valid = true })),
		flaw("takes a bound of zero for an absent one", "find wallets/Due asks for the watch at the available balance", givenWallets(func(w *ports.Wallet) {
			w.Watch.Below.Valid = w.Watch.Below.Valid && !w.Watch.Below.Decimal.IsZero()
		})),
		flaw("keeps of open operations only whether there are some", wallet, givenWallets(func(w *ports.Wallet) { w.OpenOperations = min(w.OpenOperations, 1) })),
		flaw("keeps every wallet at two digits", walletField, givenWallets(func(w *ports.Wallet) { w.Scale = 2 })),
		flaw("takes the time of the last entry for the time of opening", walletField, readWallets(func(w *ports.Wallet) { w.OpenedAt = w.BookedAt })),
		flaw("forgets what is held of the points of a wallet", wallet, givenWallets(func(w *ports.Wallet) { w.PointHeld = decimal.Zero })),

		flaw("loses lot changes beyond the 16th", manyChanges, givenEntries(func(e *ports.Entry) { e.Lots = cut(e.Lots, 16) })),
		flaw("loses lot changes beyond the 100th", manyChanges, givenEntries(func(e *ports.Entry) { e.Lots = cut(e.Lots, 100) })),
		flaw("loses moves beyond the 8th", manyChanges, givenEntries(func(e *ports.Entry) { e.Moves = cut(e.Moves, 8) })),
		flaw("adds up moves of one account", manyChanges, givenEntries(func(e *ports.Entry) {
			sums := make(map[ports.Account]int)
			var moves []ports.Move
			for _, move := range e.Moves {
				if at, seen := sums[move.Account]; seen {
					moves[at].Amount = moves[at].Amount.Add(move.Amount)
					continue
				}
				sums[move.Account] = len(moves)
				moves = append(moves, move)
			}
			e.Moves = moves
		})),
		flaw("returns lot changes in the order of lots", entry, readEntries(func(e *ports.Entry) {
			slices.SortFunc(e.Lots, func(a, b ports.LotChange) int { return int(a.LotID - b.LotID) })
		})),
		flaw("forgets what a lot change held", entry, changes(func(l *ports.LotChange) { l.HeldAmount = decimal.Zero })),
		flaw("forgets when the lot of a change expires", entry, changes(func(l *ports.LotChange) { l.ExpiresAt = time.Time{} })),
		flaw("keeps when it was booked as when it occurred", entry, givenEntries(func(e *ports.Entry) { e.OccurredAt = e.BookedAt })),
		flaw("forgets the sum that was refunded", entry, givenEntries(func(e *ports.Entry) { e.Refunded = decimal.Zero })),
		flaw("forgets the new scale", entry, givenEntries(func(e *ports.Entry) { e.NewScale = 0 })),
		flaw("forgets the entry of the other wallet", entry, givenEntries(func(e *ports.Entry) { e.PeerSeq = 0 })),
		flaw("forgets who asked", entry, givenEntries(func(e *ports.Entry) { e.Who = "" })),
		flaw("forgets the previous hash", "precision/hashes come back to the last byte", givenEntries(func(e *ports.Entry) { e.PrevHash[31] = 0 })),
		flaw("keeps metadata under keys in lower case", entryField, givenEntries(func(e *ports.Entry) {
			lower := make(map[string]string)
			for key, value := range e.Metadata {
				lower[strings.ToLower(key)] = value
			}
			e.Metadata = lower
		})),
		flaw("loses pairs of metadata with a blank value", entry, givenEntries(func(e *ports.Entry) {
			for key, value := range e.Metadata {
				if value == "" {
					delete(e.Metadata, key)
				}
			}
		})),
		flaw("loses pairs of metadata beyond the 10th", entryField, givenEntries(func(e *ports.Entry) {
			kept := 0
			for key := range e.Metadata {
				if kept++; kept > 10 {
					delete(e.Metadata, key)
				}
			}
		})),
		flaw("cuts values of metadata at 255 bytes", texts, givenEntries(func(e *ports.Entry) {
			for key, value := range e.Metadata {
				e.Metadata[key] = head(value, 255)
			}
		})),
		flaw("cuts memos at 255 bytes", texts, givenEntries(func(e *ports.Entry) { e.Memo = head(e.Memo, 255) })),
		flaw("cuts references at 64 bytes", texts, givenEntries(func(e *ports.Entry) { e.Reference = head(e.Reference, 64) })),
		flaw("cuts ids of wallets at 64 bytes", texts, givenWallets(func(w *ports.Wallet) { w.ID = head(w.ID, 64) })),
		flaw("cuts names of accounts at 64 bytes", texts, givenEntries(func(e *ports.Entry) { e.Counterparty = ports.Account(head(string(e.Counterparty), 64)) })),
		flaw("trims memos", "precision/blanks at the ends of texts come back", givenEntries(func(e *ports.Entry) { e.Memo = strings.TrimSpace(e.Memo) })),
		flaw("writes decomposed letters as one", "precision/texts come back to the last byte", givenEntries(func(e *ports.Entry) { e.Memo = strings.ReplaceAll(e.Memo, "e\u0301", "é") })),
		flaw("loses characters outside the first plane", texts, givenEntries(func(e *ports.Entry) {
			e.Memo = strings.Map(func(r rune) rune {
				if r > 0xffff {
					return '?'
				}
				return r
			}, e.Memo)
		})),
		flaw("takes a backslash for an escape", entryField, givenEntries(func(e *ports.Entry) { e.Memo = strings.ReplaceAll(e.Memo, `\`, "") })),
	)
}

// onTimes changes every time of wallets, entries and heads of operations.
func onTimes(change func(t time.Time) time.Time) func(u *ports.Unit) {
	return func(u *ports.Unit) {
		for i := range u.Wallets {
			w := &u.Wallets[i]
			w.OpenedAt, w.BookedAt, w.HoldExpiry = change(w.OpenedAt), change(w.BookedAt), change(w.HoldExpiry)
			for j := range w.Lots {
				w.Lots[j].ExpiresAt = change(w.Lots[j].ExpiresAt)
			}
		}
		for i := range u.Entries {
			e := &u.Entries[i]
			e.OccurredAt, e.BookedAt = change(e.OccurredAt), change(e.BookedAt)
		}
		for _, op := range u.Operations {
			h := op.Head()
			h.CreatedAt, h.UpdatedAt, h.DueAt = change(h.CreatedAt), change(h.UpdatedAt), change(h.DueAt)
		}
	}
}

// onAmounts changes the sums of wallets and entries.
func onAmounts(change func(d decimal.Decimal) decimal.Decimal) func(u *ports.Unit) {
	return func(u *ports.Unit) {
		for i := range u.Wallets {
			w := &u.Wallets[i]
			w.Balance, w.Point = change(w.Balance), change(w.Point)
		}
		for i := range u.Entries {
			e := &u.Entries[i]
			e.BalanceAmount, e.PointAmount, e.NewBalance = change(e.BalanceAmount), change(e.PointAmount), change(e.NewBalance)
		}
	}
}

// precisionFlaws lose digits and moments.
func precisionFlaws() []storeFlaw {
	const amounts, moment, zone = "precision/amounts come back to the last digit", "precision/a time keeps its microsecond", "precision/times come back in UTC with microseconds"
	unless := func(t time.Time, changed time.Time) time.Time {
		if t.IsZero() {
			return t
		}
		return changed
	}
	seoul := time.FixedZone("KST", 9*60*60)
	return slices.Concat(breaking(asUTC,
		flaw("rounds amounts to two digits", amounts, given(onAmounts(func(d decimal.Decimal) decimal.Decimal { return d.Round(2) }))),
		flaw("rounds amounts to four digits", amounts, given(onAmounts(func(d decimal.Decimal) decimal.Decimal { return d.Round(4) }))),
		flaw("keeps amounts as floating point numbers", amounts, given(onAmounts(func(d decimal.Decimal) decimal.Decimal {
			return decimal.NewFromFloat(d.InexactFloat64())
		}))),
		flaw("keeps amounts in millionths in 64 bits", amounts, given(onAmounts(func(d decimal.Decimal) decimal.Decimal {
			return decimal.New(d.Shift(6).BigInt().Int64(), -6)
		}))),
		flaw("keeps times with milliseconds", moment, given(onTimes(func(t time.Time) time.Time { return t.Truncate(time.Millisecond) }))),
		flaw("keeps times with seconds", moment, given(onTimes(func(t time.Time) time.Time { return t.Truncate(time.Second) }))),
		flaw("rounds times to microseconds", zone, given(onTimes(func(t time.Time) time.Time { return t.Round(time.Microsecond) }))),
		flaw("keeps times in nanoseconds of 64 bits", moment, given(onTimes(func(t time.Time) time.Time { return unless(t, time.Unix(0, t.UnixNano())) }))),
		flaw("takes the first second of 1970 for no time", moment, given(onTimes(func(t time.Time) time.Time {
			if t.Unix() == 0 {
				return time.Time{}
			}
			return t
		}))),
		flaw("returns times of wallets in the zone of the machine", zone, readWallets(func(w *ports.Wallet) {
			w.OpenedAt, w.BookedAt, w.HoldExpiry = unless(w.OpenedAt, w.OpenedAt.In(seoul)), w.BookedAt.In(seoul), unless(w.HoldExpiry, w.HoldExpiry.In(seoul))
		})),
		flaw("returns times of entries in the zone of the machine", zone, readEntries(func(e *ports.Entry) { e.OccurredAt = e.OccurredAt.In(seoul) })),
		flaw("keeps the clock of the wall and forgets the zone", zone, given(onTimes(func(t time.Time) time.Time {
			return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.UTC)
		}))),
	), breaking("Other times in its record come back as EncodeOperation wrote them.",
		flaw("keeps times in bodies of operations with microseconds", "precision/times in an operation's body come back as they were encoded",
			givenOperations(func(op ports.Operation) {
				if r, is := op.(*ports.Recharge); is {
					r.SentAt = r.SentAt.Truncate(time.Microsecond)
				}
			})),
		flaw("returns times in bodies of operations in UTC", "precision/times in an operation's body come back as they were encoded",
			readOperations(func(op ports.Operation) {
				if w, is := op.(*ports.Withdrawal); is {
					w.TransactedAt = w.TransactedAt.UTC()
				}
			})),
		flaw("returns times of decisions in UTC", "precision/times in an operation's body come back as they were encoded",
			readOperations(func(op ports.Operation) {
				if c, is := op.(*ports.Cancellation); is {
					for i := range c.Decisions {
						c.Decisions[i].At = c.Decisions[i].At.UTC()
					}
				}
			})),
	), breaking("The times of an operation's head are stored with microsecond precision.",
		flaw("keeps the times of an operation's head with nanoseconds", zone, bending(func(b *bentStore) {
			var lock lockedMap[string, [3]time.Time]
			b.give(func(u *ports.Unit) {
				for _, op := range u.Operations {
					h := op.Head()
					lock.set(h.ID, [3]time.Time{h.CreatedAt, h.UpdatedAt, h.DueAt})
				}
			})
			b.readOperations(func(op ports.Operation) {
				h := op.Head()
				if exact, has := lock.get(h.ID); has {
					h.CreatedAt, h.UpdatedAt, h.DueAt = exact[0].UTC(), exact[1].UTC(), exact[2].UTC()
				}
			})
		})),
	))
}

// operationFlaws lose or change fields of operations.
func operationFlaws() []storeFlaw {
	const (
		record = "operations/every kind of operation is read as it was written"
		field  = "operations/every field of every kind of operation comes back"
		texts  = "precision/texts come back to the last byte"
	)
	on := func(change func(h *ports.OperationHead)) func(ports.Store) ports.Store {
		return givenOperations(func(op ports.Operation) { change(op.Head()) })
	}
	return slices.Concat(breaking(asWritten,
		flaw("forgets what a recharge credited", field, givenOperations(func(op ports.Operation) {
			if r, is := op.(*ports.Recharge); is {
				r.Credited = decimal.Zero
			}
		})),
		flaw("forgets the key of a withdrawal", field, givenOperations(func(op ports.Operation) {
			if w, is := op.(*ports.Withdrawal); is {
				w.Key = ""
			}
		})),
		flaw("forgets the evidence of a withdrawal", field, givenOperations(func(op ports.Operation) {
			if w, is := op.(*ports.Withdrawal); is {
				w.Evidence = nil
			}
		})),
		flaw("keeps evidence as text", field, givenOperations(func(op ports.Operation) {
			if r, is := op.(*ports.Recharge); is {
				r.Evidence = bytes.ToValidUTF8(r.Evidence, []byte("?"))
			}
		})),
		flaw("forgets the answer to a payout", field, givenOperations(func(op ports.Operation) {
			if w, is := op.(*ports.Withdrawal); is {
				w.Answer = ports.PayoutAnswer{}
			}
		})),
		flaw("forgets the figures of an answer", field, givenOperations(func(op ports.Operation) {
			if r, is := op.(*ports.Recharge); is {
				r.Answer.OldBalance = decimal.NullDecimal{}
			}
		})),
		flaw("forgets caps of a policy", field, givenOperations(func(op ports.Operation) {
			if p, is := op.(*ports.Policy); is {
				p.MonthlyCount, p.MonthlyAmount = 0, decimal.NullDecimal{}
			}
		})),
		flaw("keeps the first payment method of a policy", field, givenOperations(func(op ports.Operation) {
			if p, is := op.(*ports.Policy); is {
				p.Methods = cut(p.Methods, 1)
			}
		})),
		flaw("keeps the last decision about an operation", field, givenOperations(func(op ports.Operation) {
			if w, is := op.(*ports.Withdrawal); is && len(w.Decisions) > 0 {
				w.Decisions = w.Decisions[len(w.Decisions)-1:]
			}
		})),
		flaw("forgets further payments of an order", field, givenOperations(func(op ports.Operation) {
			if c, is := op.(*ports.Cancellation); is {
				c.Others = nil
			}
		})),
		flaw("forgets further orders of a claim", field, givenOperations(func(op ports.Operation) {
			if c, is := op.(*ports.Claim); is {
				c.Also = nil
			}
		})),
		flaw("writes the state of a policy anew with numbers of 64 bits", field, givenOperations(func(op ports.Operation) {
			if p, is := op.(*ports.Policy); is {
				var state any
				if json.Unmarshal(p.State, &state) == nil {
					p.State, _ = json.Marshal(state)
				}
			}
		})),
		flaw("keeps how many points a hold holds and not of which lots", record, givenOperations(func(op ports.Operation) {
			if h, is := op.(*ports.Hold); is && len(h.Lots) > 0 {
				h.Lots = []ports.HeldLot{{Amount: h.Point()}}
			}
		})),
		flaw("forgets lots of a hold beyond the 10th", field, givenOperations(func(op ports.Operation) {
			if h, is := op.(*ports.Hold); is {
				h.Lots = cut(h.Lots, 10)
			}
		})),
		flaw("never clears the time at which an operation is due", record, bending(func(b *bentStore) {
			var due lockedMap[string, time.Time]
			b.give(func(u *ports.Unit) {
				for _, op := range u.Operations {
					if h := op.Head(); h.DueAt.IsZero() {
						h.DueAt, _ = due.get(h.ID)
					} else {
						due.set(h.ID, h.DueAt)
					}
				}
			})
		})),
		flaw("keeps the time of the last write as the time of creation", record, readOperations(func(op ports.Operation) { op.Head().CreatedAt = op.Head().UpdatedAt })),
		flaw("cuts the provider's ids at 128 bytes", texts, on(func(h *ports.OperationHead) { h.ProviderRef = head(h.ProviderRef, 128) })),
		flaw("cuts lanes at 64 bytes", texts, on(func(h *ports.OperationHead) { h.Lane = head(h.Lane, 64) })),
		flaw("keeps names of providers in lower case", texts, on(func(h *ports.OperationHead) { h.Provider = strings.ToLower(h.Provider) })),
		flaw("forgets the lane of an operation that ended", "find operations/an operation that was written again is found by its new state only", on(func(h *ports.OperationHead) {
			if !h.Open {
				h.Lane = ""
			}
		})),
		flaw("keeps the version that an operation was created with", record, bending(func(b *bentStore) {
			b.readOperations(func(op ports.Operation) { op.Head().Version = 1 })
		})),
	))
}
