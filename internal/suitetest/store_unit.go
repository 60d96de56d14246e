package suitetest

import (
	"context"
	"errors"
	"slices"

	"github.com/jigap/jigap/ports"
)

var errOther = errors.New("constraint violated")

// committed reports whether a unit was written.
func committed(fate ports.Fate) bool { return fate.Status == ports.FateCommitted }

// insisting rewrites a unit that is refused until the store takes it: its wallets continue
// what is stored, with the state and the version that it asks for as far as they can.
func insisting(ctx context.Context, b *bentStore, write func(ports.Unit) ports.Fate, unit ports.Unit) ports.Fate {
	unit = cloned(unit)
	for i := range unit.Wallets {
		w := &unit.Wallets[i]
		stored, err := b.Store.Wallets(ctx, []string{w.ID})
		if err != nil {
			return ports.Fate{Status: ports.FateFailed, Err: err}
		}
		w.Version, w.Seq = 1, 0
		var hash ports.Hash
		if len(stored) == 1 {
			w.Version, w.Seq, hash = stored[0].Version+1, stored[0].Seq, stored[0].Hash
		}
		first := true
		for j := range unit.Entries {
			if e := &unit.Entries[j]; e.WalletID == w.ID {
				w.Seq++
				if e.Seq = w.Seq; first {
					e.PrevHash, first = hash, false
				}
			}
		}
		if first {
			w.Hash = hash
		}
	}
	for _, op := range unit.Operations {
		h := op.Head()
		stored, err := b.Store.Operations(ctx, []string{h.ID})
		if err != nil {
			return ports.Fate{Status: ports.FateFailed, Err: err}
		}
		if h.Version = 1; len(stored) == 1 {
			h.Version = stored[0].Head().Version + 1
		}
	}
	return write(unit)
}

// taking writes refused units all the same where the flaw takes them for good.
func taking(status ports.FateStatus, takes func(ctx context.Context, b *bentStore, u *ports.Unit) bool) func(ports.Store) ports.Store {
	return bending(func(b *bentStore) {
		b.eachUnit(func(ctx context.Context, write func(ports.Unit) ports.Fate, unit ports.Unit) ports.Fate {
			fate := write(unit)
			if fate.Status == status && takes(ctx, b, &unit) {
				return insisting(ctx, b, write, unit)
			}
			return fate
		})
	})
}

// stored returns the wallet as it is stored; its version is 0 when it does not exist.
func stored(ctx context.Context, b *bentStore, id string) ports.Wallet {
	wallets, err := b.Store.Wallets(ctx, []string{id})
	if err != nil || len(wallets) == 0 {
		return ports.Wallet{}
	}
	return wallets[0]
}

// storedVersion returns the version of an operation; 0 when it does not exist.
func storedVersion(ctx context.Context, b *bentStore, id string) int64 {
	ops, err := b.Store.Operations(ctx, []string{id})
	if err != nil || len(ops) == 0 {
		return 0
	}
	return ops[0].Head().Version
}

// versionFlaws are flaws of versions and hashes.
func versionFlaws() []storeFlaw {
	const (
		stale     = "wallets/a version too old, the same or too new is refused"
		opStale   = "operations/a version too old, the same or too new is refused"
		state     = "wallets/another state of the same version is a conflict"
		noEntries = "wallets/a wallet may be written without entries"
	)
	wallets := func(takes func(have int64, u *ports.Unit) bool) func(ports.Store) ports.Store {
		return taking(ports.FateConflict, func(ctx context.Context, b *bentStore, u *ports.Unit) bool {
			return len(u.Wallets) > 0 && takes(stored(ctx, b, u.Wallets[0].ID).Version, u)
		})
	}
	operations := func(takes func(have int64, h *ports.OperationHead) bool) func(ports.Store) ports.Store {
		return taking(ports.FateOperationConflict, func(ctx context.Context, b *bentStore, u *ports.Unit) bool {
			return slices.ContainsFunc(u.Operations, func(op ports.Operation) bool { return takes(storedVersion(ctx, b, op.Head().ID), op.Head()) })
		})
	}
	// hashless compares versions, and hashes only of units that it looks at.
	hashless := func(blind func(u *ports.Unit) bool) func(ports.Store) ports.Store {
		return wallets(func(have int64, u *ports.Unit) bool {
			return u.Wallets[0].Version == have+1 && have > 0 && blind(u)
		})
	}
	const rule = "version 1 creates, and is refused when the record exists; version n is refused unless the stored version is n-1."
	const hashes = "So a wallet is also refused, with FateConflict, unless its stored Hash is the one that it was computed from: PrevHash of the first entry that the unit has of it, or, without entries, its own Hash."
	return slices.Concat(
		breaking(rule,
			flaw("writes over a wallet of any version", stale, wallets(func(have int64, _ *ports.Unit) bool { return have > 0 })),
			flaw("writes a wallet over any older version", stale, wallets(func(have int64, u *ports.Unit) bool { return have > 0 && u.Wallets[0].Version > have })),
			flaw("writes a wallet over its own version", stale, wallets(func(have int64, u *ports.Unit) bool { return have > 0 && u.Wallets[0].Version == have })),
			flaw("writes a wallet of version 0 over any", stale, wallets(func(have int64, u *ports.Unit) bool { return have > 0 && u.Wallets[0].Version == 0 })),
			flaw("compares versions of wallets in 32 bits", "wallets/versions are compared in whole", wallets(func(have int64, u *ports.Unit) bool {
				return have > 0 && int32(u.Wallets[0].Version) == int32(have)+1
			})),
			flaw("creates a wallet that exists anew", "wallets/version 1 is refused when the wallet exists", wallets(func(have int64, u *ports.Unit) bool { return have == 1 && u.Wallets[0].Version == 1 })),
			flaw("creates a wallet with a later version", "wallets/a later version of an unknown wallet is refused", wallets(func(have int64, u *ports.Unit) bool { return have == 0 && u.Wallets[0].Version > 1 })),
			flaw("looks at the version of the first wallet of a unit", "units/one stale wallet refuses a unit of several wallets", wallets(func(have int64, u *ports.Unit) bool {
				return len(u.Wallets) > 1 && u.Wallets[0].Version == have+1
			})),
			flaw("compares versions with those from before the call", "wallets/two writes of a wallet in one call are decided in order", bending(func(b *bentStore) {
				b.commit = func(ctx context.Context, units []ports.Unit) []ports.Fate {
					fates := b.Store.Commit(ctx, units)
					for i := range fates {
						if fates[i].Status == ports.FateConflict && len(units) > 2 {
							fates[i] = insisting(ctx, b, func(unit ports.Unit) ports.Fate { return b.Store.Commit(ctx, []ports.Unit{unit})[0] }, units[i])
						}
					}
					return fates
				}
			})),
			flaw("writes over an operation of any version", opStale, operations(func(have int64, _ *ports.OperationHead) bool { return have > 0 })),
			flaw("writes an operation over any older version", opStale, operations(func(have int64, h *ports.OperationHead) bool { return have > 0 && h.Version > have })),
			flaw("writes an operation over its own version", opStale, operations(func(have int64, h *ports.OperationHead) bool { return have > 0 && h.Version == have })),
			flaw("creates an operation that exists anew", "operations/version 1 is refused when the operation exists", operations(func(have int64, h *ports.OperationHead) bool { return have > 0 && h.Version == 1 })),
			flaw("creates an operation with a later version", "operations/a later version of an unknown operation is refused", operations(func(have int64, _ *ports.OperationHead) bool { return have == 0 })),
			flaw("looks at the version of the last operation of a unit", "operations/one stale operation refuses a unit of several", taking(ports.FateOperationConflict, func(ctx context.Context, b *bentStore, u *ports.Unit) bool {
				last := u.Operations[len(u.Operations)-1].Head()
				return len(u.Operations) > 1 && storedVersion(ctx, b, last.ID) == last.Version-1
			})),
			flaw("skips an operation whose version is stale", "operations/an operation conflict refuses the wallets of its unit", singly(func(write func(ports.Unit) ports.Fate, unit ports.Unit) ports.Fate {
				fate := write(unit)
				if fate.Status == ports.FateOperationConflict && len(unit.Wallets) > 0 {
					unit.Operations = slices.DeleteFunc(unit.Operations, func(op ports.Operation) bool { return slices.Contains(fate.IDs, op.Head().ID) })
					return write(unit)
				}
				return fate
			})),
		),
		breaking(hashes,
			flaw("compares versions of wallets and not hashes", state, hashless(func(*ports.Unit) bool { return true })),
			flaw("compares hashes of units with one entry", state, hashless(func(u *ports.Unit) bool { return len(u.Entries) > 1 })),
			flaw("compares no hashes where a unit has no entries", state, hashless(func(u *ports.Unit) bool { return len(u.Entries) == 0 })),
			flaw("compares no hashes where a unit has operations", state, hashless(func(u *ports.Unit) bool { return len(u.Operations) > 0 })),
			flaw("compares hashes of the first wallet of a unit", "wallets/another state of the second wallet of a unit is a conflict", hashless(func(u *ports.Unit) bool { return len(u.Wallets) > 1 })),
			flaw("compares the first 8 bytes of hashes", "wallets/hashes are compared in whole", taking(ports.FateConflict, func(ctx context.Context, b *bentStore, u *ports.Unit) bool {
				if len(u.Entries) == 0 || len(u.Wallets) == 0 {
					return false
				}
				have := stored(ctx, b, u.Wallets[0].ID)
				return have.Version == u.Wallets[0].Version-1 && [8]byte(have.Hash[:8]) == [8]byte(u.Entries[0].PrevHash[:8])
			})),
			flaw("compares the hash of the wallet where the unit has entries", "wallets/version n+1 follows version n", singly(func(write func(ports.Unit) ports.Fate, unit ports.Unit) ports.Fate {
				if len(unit.Wallets) == 1 && len(unit.Entries) > 1 && unit.Entries[0].Seq > 1 {
					return ports.Fate{Status: ports.FateConflict, IDs: []string{unit.Wallets[0].ID}}
				}
				return write(unit)
			})),
			flaw("writes a wallet without entries whatever its version", noEntries, wallets(func(have int64, u *ports.Unit) bool { return have > 0 && len(u.Entries) == 0 })),
		),
	)
}

// unitFlaws are flaws of units and calls.
func unitFlaws() []storeFlaw {
	const (
		apart   = "units/units that conflict do not hold back other units"
		nothing = "units/a refused unit leaves nothing behind, not even its key or lane"
		stale   = "units/one stale wallet refuses a unit of several wallets"
		large   = "units/a large call is decided unit by unit"
		many    = "units/a unit carries many entries"
		chains  = "units/chains of units across wallets are decided in order"
	)
	const (
		atomic      = "A unit is atomic: all of it is written or nothing."
		independent = "Units are independent of each other: one that is refused does not hold back another."
		order       = "Commit writes units and returns the fate of each, in their order."
		inOrder     = "Units of one call that touch the same wallet, operation or lane are decided one after another, in their order."
		all         = "When FateCommitted is returned the unit is durable to the degree that the store promises, and all of its records were written."
	)
	// byWallet splits a unit into one for each of its wallets, and one for its operations.
	byWallet := func(unit ports.Unit) (parts []ports.Unit) {
		for i := range unit.Wallets {
			part := ports.Unit{Wallets: unit.Wallets[i : i+1]}
			for j := range unit.Entries {
				if unit.Entries[j].WalletID == unit.Wallets[i].ID {
					part.Entries = append(part.Entries, unit.Entries[j])
				}
			}
			parts = append(parts, part)
		}
		return append(parts, ports.Unit{Operations: unit.Operations})
	}
	// inParts writes parts of a unit in transactions of their own, until one is refused.
	inParts := func(split func(unit ports.Unit) []ports.Unit) func(ports.Store) ports.Store {
		return singly(func(write func(ports.Unit) ports.Fate, unit ports.Unit) (fate ports.Fate) {
			fate.Status = ports.FateCommitted
			for _, part := range split(unit) {
				if fate = write(part); !committed(fate) {
					return fate
				}
			}
			return fate
		})
	}
	return slices.Concat(
		breaking(atomic,
			flaw("writes each wallet of a unit in a transaction of its own", stale, inParts(byWallet)),
			flaw("writes operations of a unit in a transaction of their own", nothing, inParts(func(unit ports.Unit) []ports.Unit {
				return []ports.Unit{{Wallets: unit.Wallets, Entries: unit.Entries}, {Operations: unit.Operations}}
			})),
			flaw("writes operations of a unit before its wallets", "units/a unit whose wallets are stale writes no operation", inParts(func(unit ports.Unit) []ports.Unit {
				return []ports.Unit{{Operations: unit.Operations}, {Wallets: unit.Wallets, Entries: unit.Entries}}
			})),
			flaw("writes operations of a unit one by one", "operations/one stale operation refuses a unit of several", inParts(func(unit ports.Unit) (parts []ports.Unit) {
				parts = append(parts, ports.Unit{Wallets: unit.Wallets, Entries: unit.Entries})
				for _, op := range unit.Operations {
					parts = append(parts, ports.Unit{Operations: []ports.Operation{op}})
				}
				return parts
			})),
			flaw("writes the sound wallets of a unit with a stale one", stale, singly(func(write func(ports.Unit) ports.Fate, unit ports.Unit) ports.Fate {
				fate := write(unit)
				if fate.Status == ports.FateConflict && len(unit.Wallets) > 1 {
					for _, part := range byWallet(unit) {
						write(part)
					}
				}
				return fate
			})),
		),
		breaking(independent,
			flaw("stops at the first unit that is refused", apart, bending(func(b *bentStore) {
				next := b.commit
				b.commit = func(ctx context.Context, units []ports.Unit) []ports.Fate {
					fates := make([]ports.Fate, len(units))
					for i := range units {
						if i > 0 && !committed(fates[i-1]) {
							fates[i] = ports.Fate{Status: ports.FateFailed, Err: errOther}
							continue
						}
						fates[i] = next(ctx, units[i:i+1])[0]
					}
					return fates
				}
			})),
			flaw("fails the units behind a malformed one", "malformed units/a malformed unit does not hold back others of its call", bending(func(b *bentStore) {
				next := b.commit
				b.commit = func(ctx context.Context, units []ports.Unit) []ports.Fate {
					fates := make([]ports.Fate, len(units))
					failed := false
					for i := range units {
						if failed {
							fates[i] = ports.Fate{Status: ports.FateFailed, Err: ports.ErrInvalid}
							continue
						}
						fates[i] = next(ctx, units[i:i+1])[0]
						failed = fates[i].Status == ports.FateFailed
					}
					return fates
				}
			})),
		),
		breaking(order,
			flaw("returns fates with those of refused units last", apart, bending(func(b *bentStore) {
				b.commit = func(ctx context.Context, units []ports.Unit) []ports.Fate {
					fates := b.Store.Commit(ctx, units)
					slices.SortStableFunc(fates, func(x, y ports.Fate) int { return b2i(!committed(x)) - b2i(!committed(y)) })
					return fates
				}
			})),
			flaw("returns no fates of units beyond the 100th", large, bending(func(b *bentStore) {
				b.commit = func(ctx context.Context, units []ports.Unit) []ports.Fate {
					return cut(b.Store.Commit(ctx, units), 100)
				}
			})),
			flaw("writes the first 250 units of a call and says that all are committed", large, bending(func(b *bentStore) {
				b.commit = func(ctx context.Context, units []ports.Unit) []ports.Fate {
					fates := b.Store.Commit(ctx, cut(units, 250))
					for len(fates) < len(units) {
						fates = append(fates, ports.Fate{Status: ports.FateCommitted})
					}
					return fates
				}
			})),
			flaw("writes the first 1,000 units of a call and says that all are committed", "units/a call of more than a thousand units is written whole", bending(func(b *bentStore) {
				b.commit = func(ctx context.Context, units []ports.Unit) []ports.Fate {
					fates := b.Store.Commit(ctx, cut(units, 1000))
					for len(fates) < len(units) {
						fates = append(fates, ports.Fate{Status: ports.FateCommitted})
					}
					return fates
				}
			})),
			flaw("returns a fate when there is no unit", "units/a call without units returns no fates", bending(func(b *bentStore) {
				b.commit = func(ctx context.Context, units []ports.Unit) []ports.Fate {
					if len(units) == 0 {
						return []ports.Fate{{Status: ports.FateCommitted}}
					}
					return b.Store.Commit(ctx, units)
				}
			})),
		),
		breaking(inOrder,
			flaw("decides units of a call in the order of their wallets", chains, bending(func(b *bentStore) {
				b.commit = func(ctx context.Context, units []ports.Unit) []ports.Fate {
					at := make([]int, len(units))
					for i := range at {
						at[i] = i
					}
					slices.SortStableFunc(at, func(x, y int) int {
						return b2i(len(units[x].Wallets) < len(units[y].Wallets)) - b2i(len(units[y].Wallets) < len(units[x].Wallets))
					})
					fates := make([]ports.Fate, len(units))
					for _, i := range at {
						fates[i] = b.Store.Commit(ctx, units[i:i+1])[0]
					}
					return fates
				}
			})),
			flaw("decides the last unit of a call first", "wallets/two writes of a wallet in one call are decided in order", bending(func(b *bentStore) {
				b.commit = func(ctx context.Context, units []ports.Unit) []ports.Fate {
					fates := make([]ports.Fate, len(units))
					for i := len(units) - 1; i >= 0; i-- {
						fates[i] = b.Store.Commit(ctx, units[i:i+1])[0]
					}
					return fates
				}
			})),
			flaw("decides units of operations behind those of wallets", "operations/units of one call with the same operation are decided in order", bending(func(b *bentStore) {
				b.commit = func(ctx context.Context, units []ports.Unit) []ports.Fate {
					fates := make([]ports.Fate, len(units))
					for _, wallets := range []bool{true, false} {
						for i := range units {
							if (len(units[i].Wallets) > 0) == wallets {
								fates[i] = b.Store.Commit(ctx, units[i:i+1])[0]
							}
						}
					}
					return fates
				}
			})),
		),
		breaking(all,
			flaw("writes the first 255 entries of a unit", many, given(func(u *ports.Unit) {
				if len(u.Entries) > 255 && len(u.Wallets) == 1 {
					u.Entries = u.Entries[:255]
					u.Wallets[0].Seq = u.Entries[254].Seq
				}
			})),
			flaw("says that a unit which it did not write is committed when it is written again", "wallets/a wallet may be written without entries", singly(func(write func(ports.Unit) ports.Fate, unit ports.Unit) ports.Fate {
				fate := write(unit)
				if fate.Status == ports.FateConflict && len(unit.Entries) == 0 {
					return ports.Fate{Status: ports.FateCommitted}
				}
				return fate
			})),
			flaw("says that a unit is committed which has the keys of a written one", "keys/a used key is refused for ever", told(func(_ *ports.Unit, fate *ports.Fate) {
				if fate.Status == ports.FateKeyTaken {
					*fate = ports.Fate{Status: ports.FateCommitted}
				}
			})),
			flaw("says that every unit of a call is committed when one is", apart, bending(func(b *bentStore) {
				b.commit = func(ctx context.Context, units []ports.Unit) []ports.Fate {
					fates := b.Store.Commit(ctx, units)
					if slices.ContainsFunc(fates, committed) {
						for i := range fates {
							fates[i] = ports.Fate{Status: ports.FateCommitted}
						}
					}
					return fates
				}
			})),
			flaw("writes no operation of a unit with wallets and says that it is committed", "units/a unit of several wallets is written whole", given(func(u *ports.Unit) {
				if len(u.Wallets) > 1 {
					u.Operations = nil
				}
			})),
			flaw("writes operations of a unit beyond the 16th never", "units/a unit carries many operations", given(func(u *ports.Unit) { u.Operations = cut(u.Operations, 16) })),
			flaw("writes wallets of a unit beyond the 8th never", "units/a unit carries many wallets", given(func(u *ports.Unit) {
				if len(u.Wallets) <= 8 {
					return
				}
				u.Wallets = u.Wallets[:8]
				u.Entries = slices.DeleteFunc(u.Entries, func(e ports.Entry) bool {
					return !slices.ContainsFunc(u.Wallets, func(w ports.Wallet) bool { return w.ID == e.WalletID })
				})
			})),
		),
		breaking("A unit without any record is FateCommitted.",
			flaw("fails a unit without any record", "units/an empty unit is committed", singly(func(write func(ports.Unit) ports.Fate, unit ports.Unit) ports.Fate {
				if len(unit.Wallets)+len(unit.Operations)+len(unit.Entries) == 0 {
					return ports.Fate{Status: ports.FateFailed, Err: ports.Invalid("Unit", "is empty")}
				}
				return write(unit)
			})),
		),
	)
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// malformedFlaws write units that break the rules, as far as these can be made good.
func malformedFlaws() []storeFlaw {
	const (
		prefix  = "malformed units/a unit "
		suffix  = " fails as invalid"
		once    = "Each wallet, each operation and each idempotency key of a wallet appears at most once."
		gapless = "Entries continue their wallet's history without a gap, in order of Seq, and every wallet they belong to is in the unit, at the Seq of its last entry."
		failed  = "A unit that breaks these rules is FateFailed with ErrInvalid, and nothing of it is written; where its wallets are not at the versions that it was computed from it may be FateConflict instead."
	)
	// mending mends a malformed unit and writes it.
	mending := func(mend func(u *ports.Unit)) func(ports.Store) ports.Store {
		return singly(func(write func(ports.Unit) ports.Fate, unit ports.Unit) ports.Fate {
			fate := write(unit)
			if fate.Status == ports.FateFailed {
				mend(&unit)
				return write(unit)
			}
			return fate
		})
	}
	renumber := func(u *ports.Unit) {
		if len(u.Wallets) == 0 {
			return
		}
		seq := int64(1)
		for i := range u.Entries {
			seq++
			u.Entries[i].Seq = seq
		}
		u.Wallets[0].Seq = seq
	}
	return slices.Concat(
		breaking(once,
			flaw("writes the last of two states of a wallet in a unit", prefix+"with a wallet twice"+suffix, mending(func(u *ports.Unit) { u.Wallets = cut(u.Wallets, 1) })),
			flaw("writes one of two states of an operation in a unit", prefix+"with an operation twice"+suffix, mending(func(u *ports.Unit) { u.Operations = cut(u.Operations, 1) })),
			flaw("writes both versions of an operation in a unit", prefix+"with an operation in two versions"+suffix, mending(func(u *ports.Unit) { u.Operations = cut(u.Operations, 1) })),
			flaw("books the same key twice in a unit", prefix+"with a key twice"+suffix, mending(func(u *ports.Unit) {
				if len(u.Entries) > 1 {
					u.Entries[1].Key = ""
				}
			})),
			flaw("says that a key is taken which a unit has twice", prefix+"with a key twice"+suffix, told(func(u *ports.Unit, fate *ports.Fate) {
				if fate.Status == ports.FateFailed && len(u.Entries) > 1 && u.Entries[0].Key == u.Entries[1].Key {
					*fate = ports.Fate{Status: ports.FateKeyTaken, Keys: []ports.EntryKey{{WalletID: u.Entries[0].WalletID, Key: u.Entries[0].Key}}}
				}
			})),
		),
		breaking(gapless,
			flaw("numbers entries itself", prefix+"with a gap between its entries"+suffix, mending(func(u *ports.Unit) { renumber(u) })),
			flaw("puts entries of a unit into order", prefix+"with entries in another order"+suffix, mending(func(u *ports.Unit) {
				slices.SortFunc(u.Entries, func(a, b ports.Entry) int { return int(a.Seq - b.Seq) })
			})),
			flaw("drops entries of wallets that a unit lacks", prefix+"with an entry of a wallet that it lacks"+suffix, mending(func(u *ports.Unit) {
				u.Entries = slices.DeleteFunc(u.Entries, func(e ports.Entry) bool {
					return !slices.ContainsFunc(u.Wallets, func(w ports.Wallet) bool { return w.ID == e.WalletID })
				})
			})),
			flaw("takes the Seq of the last entry for that of a wallet ahead", prefix+"with a wallet ahead of its entries"+suffix, mending(func(u *ports.Unit) { renumber(u) })),
			flaw("takes the Seq of the last entry for that of a wallet behind", prefix+"with a wallet behind its entries"+suffix, mending(func(u *ports.Unit) { renumber(u) })),
			flaw("keeps a wallet that moves without entries", prefix+"with a wallet that moves without entries"+suffix, mending(func(u *ports.Unit) {
				if len(u.Entries) == 0 && len(u.Wallets) > 0 {
					u.Wallets[0].Seq = 1
				}
			})),
			flaw("lets a wallet go back", prefix+"with a wallet that goes back"+suffix, mending(func(u *ports.Unit) {
				if len(u.Entries) == 0 && len(u.Wallets) > 0 && u.Wallets[0].Seq == 0 {
					u.Wallets[0].Seq = 1
				}
			})),
			flaw("writes operations of a unit without the wallet of its entries", prefix+"without the wallet of its entries"+suffix, mending(func(u *ports.Unit) {
				if len(u.Wallets) == 0 {
					u.Entries = nil
				}
			})),
			flaw("books over an entry that exists", prefix+"with an entry that exists"+suffix, mending(func(u *ports.Unit) {
				if len(u.Entries) > 1 && u.Entries[0].Seq == 1 {
					renumber(u)
				}
			})),
		),
		breaking(failed,
			flaw("says conflict of every malformed unit", prefix+"with a gap before its entries"+suffix, told(func(u *ports.Unit, fate *ports.Fate) {
				if fate.Status == ports.FateFailed && len(u.Wallets) > 0 {
					*fate = ports.Fate{Status: ports.FateConflict, IDs: []string{u.Wallets[0].ID}}
				}
			})),
			flaw("fails a malformed unit with an error of its own", prefix+"with a wallet twice"+suffix, told(func(_ *ports.Unit, fate *ports.Fate) {
				if fate.Status == ports.FateFailed {
					fate.Err = errOther
				}
			})),
			flaw("is undecided about malformed units", prefix+"with one number twice"+suffix, told(func(_ *ports.Unit, fate *ports.Fate) {
				if fate.Status == ports.FateFailed {
					fate.Status = ports.FateUndecided
				}
			})),
			flaw("writes operations of a malformed unit", prefix+"with a gap before its entries"+suffix, singly(func(write func(ports.Unit) ports.Fate, unit ports.Unit) ports.Fate {
				fate := write(unit)
				if fate.Status == ports.FateFailed {
					write(ports.Unit{Operations: cut(unit.Operations, 1)})
				}
				return fate
			})),
			flaw("takes one key in two wallets of a unit for one twice", "malformed units/one key in two wallets of a unit is not malformed", singly(func(write func(ports.Unit) ports.Fate, unit ports.Unit) ports.Fate {
				if len(unit.Entries) == 2 && unit.Entries[0].Key != "" && unit.Entries[0].Key == unit.Entries[1].Key {
					return ports.Fate{Status: ports.FateFailed, Err: ports.Invalid("Unit", "has a key twice")}
				}
				return write(unit)
			})),
		),
	)
}

// fateFlaws say the wrong thing about units that are rightly refused.
func fateFlaws() []storeFlaw {
	on := func(status ports.FateStatus, change func(u *ports.Unit, fate *ports.Fate)) func(ports.Store) ports.Store {
		return told(func(u *ports.Unit, fate *ports.Fate) {
			if fate.Status == status {
				change(u, fate)
			}
		})
	}
	becomes := func(status, other ports.FateStatus) func(ports.Store) ports.Store {
		return on(status, func(_ *ports.Unit, fate *ports.Fate) { *fate = ports.Fate{Status: other, Err: errOther} })
	}
	const (
		conflict   = "IDs names such wallets, at least one."
		keys       = "Keys names such keys, at least one."
		operations = "IDs names such operations, at least one."
		lane       = "IDs holds two ids: of the operation in the unit that was refused, and of the one that has the lane."
		exists     = "wallets/version 1 is refused when the wallet exists"
		opExists   = "operations/version 1 is refused when the operation exists"
		taken      = "keys/a used key is refused for ever"
		admits     = "lanes/a lane admits one open operation"
		one        = "units/one stale wallet refuses a unit of several wallets"
	)
	return slices.Concat(
		breaking(conflict,
			flaw("names no wallet of a conflict", exists, on(ports.FateConflict, func(_ *ports.Unit, fate *ports.Fate) { fate.IDs = nil })),
			flaw("names all wallets of a unit of which one is stale", one, on(ports.FateConflict, func(u *ports.Unit, fate *ports.Fate) {
				fate.IDs = nil
				for i := range u.Wallets {
					fate.IDs = append(fate.IDs, u.Wallets[i].ID)
				}
			})),
			flaw("names the first wallet of a unit of which another is stale", one, on(ports.FateConflict, func(u *ports.Unit, fate *ports.Fate) { fate.IDs = []string{u.Wallets[0].ID} })),
		),
		breaking(keys,
			flaw("names no key that is taken", taken, on(ports.FateKeyTaken, func(_ *ports.Unit, fate *ports.Fate) { fate.Keys = nil })),
			flaw("names all keys of a unit of which some are taken", "keys/a fate names only keys that are taken", on(ports.FateKeyTaken, func(u *ports.Unit, fate *ports.Fate) {
				for i := range u.Entries {
					fate.Keys = append(fate.Keys, ports.EntryKey{WalletID: u.Entries[i].WalletID, Key: u.Entries[i].Key})
				}
			})),
			flaw("names a taken key without its wallet", taken, on(ports.FateKeyTaken, func(_ *ports.Unit, fate *ports.Fate) {
				for i := range fate.Keys {
					fate.Keys[i].WalletID = ""
				}
			})),
		),
		breaking(operations,
			flaw("names no operation of a conflict", opExists, on(ports.FateOperationConflict, func(_ *ports.Unit, fate *ports.Fate) { fate.IDs = nil })),
			flaw("names the wallet of an operation of a conflict", opExists, on(ports.FateOperationConflict, func(u *ports.Unit, fate *ports.Fate) {
				fate.IDs = []string{u.Operations[0].Head().WalletID}
			})),
			flaw("names all operations of a unit of which one is stale", "operations/one stale operation refuses a unit of several", on(ports.FateOperationConflict, func(u *ports.Unit, fate *ports.Fate) {
				fate.IDs = nil
				for _, op := range u.Operations {
					fate.IDs = append(fate.IDs, op.Head().ID)
				}
			})),
		),
		breaking(lane,
			flaw("names the operation that has the lane first", admits, on(ports.FateLaneTaken, func(_ *ports.Unit, fate *ports.Fate) { slices.Reverse(fate.IDs) })),
			flaw("does not name the operation that has the lane", admits, on(ports.FateLaneTaken, func(_ *ports.Unit, fate *ports.Fate) { fate.IDs = cut(fate.IDs, 1) })),
			flaw("names the lane that is taken", admits, on(ports.FateLaneTaken, func(u *ports.Unit, fate *ports.Fate) {
				fate.IDs = []string{u.Operations[0].Head().ID, u.Operations[0].Head().Lane}
			})),
		),
		breaking("FateConflict: nothing was written, because a wallet is no longer (or not yet, or already) at the version and hash that the unit was computed from.",
			flaw("fails a unit whose wallet is stale", exists, becomes(ports.FateConflict, ports.FateFailed)),
			flaw("is undecided about a unit whose wallet is stale", exists, becomes(ports.FateConflict, ports.FateUndecided)),
			flaw("is busy with a unit whose wallet is stale", exists, becomes(ports.FateConflict, ports.FateBusy)),
			flaw("says that a wallet conflicts when an operation does", "units/an operation conflict goes before lanes", becomes(ports.FateOperationConflict, ports.FateConflict)),
		),
		breaking("Wallet versions were current.",
			flaw("looks at keys before wallets", "units/a wallet conflict goes before all other refusals", singly(func(write func(ports.Unit) ports.Fate, unit ports.Unit) ports.Fate {
				fate := write(unit)
				for i := range unit.Entries {
					if fate.Status == ports.FateConflict && unit.Entries[i].Key == "used" {
						return ports.Fate{Status: ports.FateKeyTaken, Keys: []ports.EntryKey{{WalletID: unit.Entries[i].WalletID, Key: "used"}}}
					}
				}
				return fate
			})),
			flaw("says that a key is taken when the wallet is stale by a repeated unit", "wallets/version 1 is refused when the wallet exists", on(ports.FateConflict, func(u *ports.Unit, fate *ports.Fate) {
				*fate = ports.Fate{Status: ports.FateKeyTaken, Keys: []ports.EntryKey{{WalletID: u.Wallets[0].ID}}}
			})),
		),
		breaking("Wallet versions were current and keys were free.",
			flaw("looks at operations before keys", "units/a taken key goes before operations and lanes", on(ports.FateKeyTaken, func(u *ports.Unit, fate *ports.Fate) {
				if len(u.Operations) > 0 {
					*fate = ports.Fate{Status: ports.FateOperationConflict, IDs: []string{u.Operations[0].Head().ID}}
				}
			})),
			flaw("looks at operations before wallets", "units/a wallet conflict goes before all other refusals", on(ports.FateConflict, func(u *ports.Unit, fate *ports.Fate) {
				if len(u.Operations) > 0 {
					*fate = ports.Fate{Status: ports.FateOperationConflict, IDs: []string{u.Operations[0].Head().ID}}
				}
			})),
		),
		breaking("FateLaneTaken: nothing was written, because an operation that the unit opens asks for a lane that another open operation has.",
			flaw("says conflict of an operation whose lane is taken", admits, on(ports.FateLaneTaken, func(_ *ports.Unit, fate *ports.Fate) {
				*fate = ports.Fate{Status: ports.FateOperationConflict, IDs: fate.IDs[:1]}
			})),
			flaw("looks at lanes before operations", "units/an operation conflict goes before lanes", on(ports.FateOperationConflict, func(u *ports.Unit, fate *ports.Fate) {
				if len(u.Operations) > 1 {
					*fate = ports.Fate{Status: ports.FateLaneTaken, IDs: []string{"p", "o"}}
				}
			})),
		),
	)
}
