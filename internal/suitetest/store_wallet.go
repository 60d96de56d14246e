package suitetest

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/jigap/jigap/ports"
)

const anyNumber = "A call may name any number of records, and a Limit may be any positive number."

// walletFlaws are flaws of reading wallets by id.
func walletFlaws() []storeFlaw {
	const many = "wallets/many wallets are read in one call"
	cutAt := func(n int) func(ports.Store) ports.Store {
		return bending(func(b *bentStore) {
			b.wallets = func(ctx context.Context, ids []string) ([]ports.Wallet, error) {
				return b.Store.Wallets(ctx, cut(ids, n))
			}
		})
	}
	return slices.Concat(
		breaking(anyNumber,
			flaw("cuts a look-up of wallets at 500 ids", many, cutAt(500)),
			flaw("cuts a look-up of wallets at 1,000 ids", many, cutAt(1000)),
			flaw("fails on more than 1,000 ids of wallets", many, bending(func(b *bentStore) {
				b.wallets = func(ctx context.Context, ids []string) ([]ports.Wallet, error) {
					if len(ids) > 1000 {
						return nil, ports.ErrUnavailable
					}
					return b.Store.Wallets(ctx, ids)
				}
			})),
			flaw("cuts what FindWallets finds at 100", "find wallets/a page is as long as its limit", askedWallets(func(f *ports.WalletFilter) { f.Limit = min(f.Limit, 100) })),
			flaw("cuts what FindWallets finds at 1,000", "find wallets/a page is as long as its limit", askedWallets(func(f *ports.WalletFilter) { f.Limit = min(f.Limit, 1000) })),
		),
		breaking("Ids without a wallet, and repeated ids, yield nothing more; that is no error.",
			flaw("yields a wallet once for each time that its id is named", "wallets/reading skips unknown and repeated ids", bending(func(b *bentStore) {
				b.wallets = func(ctx context.Context, ids []string) (all []ports.Wallet, err error) {
					for _, id := range ids {
						found, err := b.Store.Wallets(ctx, []string{id})
						if err != nil {
							return nil, err
						}
						all = append(all, found...)
					}
					return all, nil
				}
			})),
			flaw("fails when a wallet does not exist", "wallets/reading skips unknown and repeated ids", bending(func(b *bentStore) {
				b.wallets = func(ctx context.Context, ids []string) ([]ports.Wallet, error) {
					found, err := b.Store.Wallets(ctx, ids)
					if err == nil && len(found) == 0 && len(ids) > 0 {
						return nil, ports.ErrNotFound
					}
					return found, err
				}
			})),
			flaw("yields a blank wallet for an id without one", "wallets/reading skips unknown and repeated ids", bending(func(b *bentStore) {
				b.wallets = func(ctx context.Context, ids []string) ([]ports.Wallet, error) {
					found, err := b.Store.Wallets(ctx, ids)
					if err == nil && slices.Contains(ids, "nobody") {
						found = append(found, ports.Wallet{ID: "nobody"})
					}
					return found, err
				}
			})),
			flaw("yields every wallet when no id is named", "wallets/reading no ids yields nothing", bending(func(b *bentStore) {
				b.wallets = func(ctx context.Context, ids []string) ([]ports.Wallet, error) {
					if len(ids) == 0 {
						return b.Store.FindWallets(ctx, ports.WalletFilter{Limit: most})
					}
					return b.Store.Wallets(ctx, ids)
				}
			})),
		),
		breaking("Texts are compared byte by byte: two that differ in case, in blanks, or behind any number of equal bytes differ.",
			flaw("takes ids of wallets that differ in case for one", "wallets/ids are compared byte by byte", bending(func(b *bentStore) { b.wallets = b.walletsBy(strings.ToLower) })),
			flaw("takes ids of wallets that are equal in their first 64 bytes for one", "wallets/ids are compared byte by byte",
				bending(func(b *bentStore) { b.wallets = b.walletsBy(func(id string) string { return head(id, 64) }) })),
			flaw("takes ids of wallets with and without accents for one", "wallets/ids are compared byte by byte",
				bending(func(b *bentStore) { b.wallets = b.walletsBy(strings.NewReplacer("é", "e", "É", "E").Replace) })),
		),
	)
}

// walletsBy looks wallets up by a form of their ids.
func (b *bentStore) walletsBy(form func(id string) string) func(ctx context.Context, ids []string) ([]ports.Wallet, error) {
	return func(ctx context.Context, ids []string) ([]ports.Wallet, error) {
		if _, err := b.Store.Wallets(ctx, ids); err != nil {
			return nil, err
		}
		all, err := b.Store.FindWallets(ctx, ports.WalletFilter{Limit: most})
		return slices.DeleteFunc(all, func(w ports.Wallet) bool {
			return !slices.ContainsFunc(ids, func(id string) bool { return form(id) == form(w.ID) })
		}), err
	}
}

// findWalletFlaws are flaws of searches for wallets.
func findWalletFlaws() []storeFlaw {
	const (
		order    = "find wallets/wallets come in bytewise order of id"
		pages    = "find wallets/AfterID and Limit page through all wallets"
		expiring = "find wallets/ExpiringBy asks for the next expiry of lots that are not wholly held"
		due      = "find wallets/Due asks for the watch at the available balance"
		statuses = "find wallets/wallets of every status expire and are due"
		all      = "find wallets/all combinations of conditions"
		again    = "find wallets/a wallet that was written again is found by its new state only"
	)
	without := func(status ports.WalletStatus, when func(f *ports.WalletFilter) bool) func(ports.Store) ports.Store {
		return foundWallets(func(f ports.WalletFilter, found []ports.Wallet) []ports.Wallet {
			return slices.DeleteFunc(found, func(w ports.Wallet) bool { return w.Status == status && when(&f) })
		})
	}
	sorted := func(form func(id string) string) func(ports.Store) ports.Store {
		return foundWallets(func(_ ports.WalletFilter, found []ports.Wallet) []ports.Wallet {
			slices.SortStableFunc(found, func(a, b ports.Wallet) int { return strings.Compare(form(a.ID), form(b.ID)) })
			return found
		})
	}
	conditions := "Conditions that are set must all hold; the zero filter selects every wallet."
	return slices.Concat(
		breaking("FindWallets returns the first filter.Limit wallets that the filter selects, in order of id, bytewise.",
			flaw("orders wallets without regard to case", order, sorted(strings.ToLower)),
			flaw("orders wallets by UTF-16", order, sorted(func(id string) string { return strings.ReplaceAll(id, "😀", "\ud7ff") })),
			flaw("orders wallets by the time of their opening", order, bending(func(b *bentStore) {
				var written []string
				b.eachUnit(func(_ context.Context, write func(ports.Unit) ports.Fate, unit ports.Unit) ports.Fate {
					for i := range unit.Wallets {
						written = append(written, unit.Wallets[i].ID)
					}
					return write(unit)
				})
				b.findWallets = func(ctx context.Context, filter ports.WalletFilter) ([]ports.Wallet, error) {
					found, err := b.Store.FindWallets(ctx, filter)
					slices.SortFunc(found, func(x, y ports.Wallet) int { return slices.Index(written, x.ID) - slices.Index(written, y.ID) })
					return found, err
				}
			})),
			flaw("looks at conditions behind the limit", all, bending(func(b *bentStore) {
				b.findWallets = func(ctx context.Context, filter ports.WalletFilter) ([]ports.Wallet, error) {
					if _, err := b.Store.FindWallets(ctx, filter); err != nil {
						return nil, err
					}
					found, err := b.Store.FindWallets(ctx, ports.WalletFilter{AfterID: filter.AfterID, Limit: filter.Limit})
					return slices.DeleteFunc(found, func(w ports.Wallet) bool {
						return !isDue(&filter, &w) || !isExpiring(&filter, &w) || len(filter.Statuses) > 0 && !slices.Contains(filter.Statuses, w.Status)
					}), err
				}
			})),
		),
		breaking("at most so many; must be positive",
			flaw("finds one wallet beyond the limit", pages, askedWallets(func(f *ports.WalletFilter) {
				if f.Limit > 0 && f.Limit < most {
					f.Limit++
				}
			})),
			flaw("finds every wallet when the limit is zero", "arguments/a limit that is not positive is invalid", askedWallets(func(f *ports.WalletFilter) {
				if f.Limit == 0 {
					f.Limit = most
				}
			})),
		),
		breaking("wallets whose id is greater, bytewise",
			flaw("begins a page of wallets with the last of the page before", pages, bending(func(b *bentStore) {
				b.findWallets = func(ctx context.Context, filter ports.WalletFilter) ([]ports.Wallet, error) {
					found, err := b.Store.FindWallets(ctx, filter)
					if err != nil || filter.AfterID == "" {
						return found, err
					}
					last, err := b.Store.Wallets(ctx, []string{filter.AfterID})
					return cut(append(last, found...), filter.Limit), err
				}
			})),
			flaw("begins with the first wallet when AfterID is no wallet", pages, bending(func(b *bentStore) {
				b.findWallets = func(ctx context.Context, filter ports.WalletFilter) ([]ports.Wallet, error) {
					if last, err := b.Store.Wallets(ctx, []string{filter.AfterID}); err == nil && len(last) == 0 {
						filter.AfterID = ""
					}
					return b.Store.FindWallets(ctx, filter)
				}
			})),
			flaw("finds nothing when AfterID is no wallet", pages, bending(func(b *bentStore) {
				b.findWallets = func(ctx context.Context, filter ports.WalletFilter) ([]ports.Wallet, error) {
					last, err := b.Store.Wallets(ctx, []string{filter.AfterID})
					if err == nil && len(last) == 0 && filter.AfterID != "" {
						return nil, nil
					}
					return b.Store.FindWallets(ctx, filter)
				}
			})),
			flaw("forgets AfterID when it looks for wallets that are due", due, askedWallets(func(f *ports.WalletFilter) {
				if f.Due {
					f.AfterID = ""
				}
			})),
			flaw("forgets AfterID when it looks for wallets that expire", all, askedWallets(func(f *ports.WalletFilter) {
				if !f.ExpiringBy.IsZero() {
					f.AfterID = ""
				}
			})),
		),
		breaking("wallets whose NextExpiry is not zero and not after this time",
			flaw("finds no wallet at the moment of its expiry", expiring, askedWallets(func(f *ports.WalletFilter) {
				if !f.ExpiringBy.IsZero() {
					f.ExpiringBy = f.ExpiringBy.Add(-time.Microsecond)
				}
			})),
			flaw("looks for expiring wallets to the second", "find wallets/an expiry is compared to the microsecond", askedWallets(func(f *ports.WalletFilter) { f.ExpiringBy = f.ExpiringBy.Truncate(time.Second) })),
			flaw("looks at the expiry of the first lot", expiring, selectedWallets(func(f *ports.WalletFilter, w *ports.Wallet) bool {
				return isDue(f, w) && (f.ExpiringBy.IsZero() || len(w.Lots) > 0 && !w.Lots[0].ExpiresAt.IsZero() && !w.Lots[0].ExpiresAt.After(f.ExpiringBy))
			})),
			flaw("looks at the expiry of lots that are wholly held", expiring, selectedWallets(func(f *ports.WalletFilter, w *ports.Wallet) bool {
				return isDue(f, w) && (f.ExpiringBy.IsZero() || slices.ContainsFunc(w.Lots, func(l ports.PointLot) bool {
					return !l.ExpiresAt.IsZero() && !l.ExpiresAt.After(f.ExpiringBy)
				}))
			})),
			flaw("looks at no lot of which a part is held", expiring, selectedWallets(func(f *ports.WalletFilter, w *ports.Wallet) bool {
				return isDue(f, w) && (f.ExpiringBy.IsZero() || slices.ContainsFunc(w.Lots, func(l ports.PointLot) bool {
					return !l.ExpiresAt.IsZero() && !l.ExpiresAt.After(f.ExpiringBy) && l.Held.IsZero()
				}))
			})),
			flaw("takes lots that never expire for expired", expiring, selectedWallets(func(f *ports.WalletFilter, w *ports.Wallet) bool {
				return isDue(f, w) && (isExpiring(f, w) || slices.ContainsFunc(w.Lots, func(l ports.PointLot) bool { return l.ExpiresAt.IsZero() }))
			})),
			flaw("leaves frozen wallets out of those that expire", statuses, without(ports.WalletFrozen, func(f *ports.WalletFilter) bool { return !f.ExpiringBy.IsZero() })),
			flaw("finds a wallet by the lots that it had before", again, bending(func(b *bentStore) {
				var had lockedMap[string, bool]
				b.give(func(u *ports.Unit) {
					for i := range u.Wallets {
						if !u.Wallets[i].NextExpiry().IsZero() {
							had.set(u.Wallets[i].ID, true)
						}
					}
				})
				b.findWallets = func(ctx context.Context, filter ports.WalletFilter) ([]ports.Wallet, error) {
					asked := filter
					asked.ExpiringBy = time.Time{}
					found, err := b.Store.FindWallets(ctx, asked)
					return slices.DeleteFunc(found, func(w ports.Wallet) bool {
						expired, _ := had.get(w.ID)
						return !isExpiring(&filter, &w) && !expired
					}), err
				}
			})),
		),
		breaking("wallets whose Watch is due at their available balance",
			flaw("watches the balance with what is held", due, selectedWallets(func(f *ports.WalletFilter, w *ports.Wallet) bool {
				return isExpiring(f, w) && (!f.Due || w.Watch.Due(w.Balance))
			})),
			flaw("finds no wallet at the lower bound of its watch", due, selectedWallets(func(f *ports.WalletFilter, w *ports.Wallet) bool {
				below := w.Watch.Below.Valid && w.AvailableBalance().LessThan(w.Watch.Below.Decimal)
				return isExpiring(f, w) && (!f.Due || below || w.Watch.Above.Valid && w.AvailableBalance().GreaterThan(w.Watch.Above.Decimal))
			})),
			flaw("finds a wallet at the upper bound of its watch", due, selectedWallets(func(f *ports.WalletFilter, w *ports.Wallet) bool {
				above := w.Watch.Above.Valid && w.AvailableBalance().GreaterThanOrEqual(w.Watch.Above.Decimal)
				return isExpiring(f, w) && (isDue(f, w) || above)
			})),
			flaw("forgets the upper bound of watches when it looks", due, selectedWallets(func(f *ports.WalletFilter, w *ports.Wallet) bool {
				return isExpiring(f, w) && (!f.Due || ports.Watch{Below: w.Watch.Below}.Due(w.AvailableBalance()))
			})),
			flaw("leaves frozen wallets out of those that are due", statuses, without(ports.WalletFrozen, func(f *ports.WalletFilter) bool { return f.Due })),
			flaw("leaves closed wallets out of those that are due", statuses, without(ports.WalletClosed, func(f *ports.WalletFilter) bool { return f.Due })),
			flaw("looks at a watch only when the wallet has entries", "find wallets/a watch that is set without an entry is due at once", bending(func(b *bentStore) {
				var watches lockedMap[string, ports.Watch]
				b.give(func(u *ports.Unit) {
					for i := range u.Entries {
						for j := range u.Wallets {
							if u.Wallets[j].ID == u.Entries[i].WalletID {
								watches.set(u.Wallets[j].ID, u.Wallets[j].Watch)
							}
						}
					}
				})
				b.findWallets = func(ctx context.Context, filter ports.WalletFilter) ([]ports.Wallet, error) {
					if !filter.Due {
						return b.Store.FindWallets(ctx, filter)
					}
					asked := filter
					asked.Due = false
					found, err := b.Store.FindWallets(ctx, asked)
					return slices.DeleteFunc(found, func(w ports.Wallet) bool {
						watch, _ := watches.get(w.ID)
						return !watch.Due(w.AvailableBalance())
					}), err
				}
			})),
		),
		breaking(conditions,
			flaw("leaves closed wallets out of every search", all, without(ports.WalletClosed, func(*ports.WalletFilter) bool { return true })),
			flaw("looks at the first of several statuses of wallets", all, askedWallets(func(f *ports.WalletFilter) { f.Statuses = cut(f.Statuses, 1) })),
			flaw("forgets statuses when it looks for wallets that are due", all, askedWallets(func(f *ports.WalletFilter) {
				if f.Due {
					f.Statuses = nil
				}
			})),
			flaw("finds wallets that are due or expire when both are asked", all, selectedWallets(func(f *ports.WalletFilter, w *ports.Wallet) bool {
				if f.Due && !f.ExpiringBy.IsZero() {
					return isDue(f, w) || isExpiring(f, w)
				}
				return isDue(f, w) && isExpiring(f, w)
			})),
		),
	)
}
