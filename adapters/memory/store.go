package memory

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/jigap/jigap/ports"
)

var _ ports.Store = (*Store)(nil)

// Store is a [ports.Store] in memory. Make one with [New].
type Store struct {
	mu       sync.RWMutex
	accounts map[string]*account
	ids      []string       // of accounts
	sorted   int            // so many of ids, from the first, are in order
	feed     []*ports.Entry // in order of commit
	ops      operations
}

// account is one wallet and its history.
type account struct {
	wallet    ports.Wallet
	entries   []*ports.Entry      // entries[i] has Seq i+1
	keys      map[string]int64    // idempotency key to Seq
	referring map[reference]int64 // what was referred to, and the Seq of the last entry that refers to it
}

// reference is an entry of a wallet as others of a type refer to it.
type reference struct {
	by ports.EntryType
	to int64
}

// New returns an empty store.
func New() *Store {
	return &Store{accounts: make(map[string]*account), ops: newOperations()}
}

// Commit implements [ports.Committer].
func (s *Store) Commit(ctx context.Context, units []ports.Unit) []ports.Fate {
	fates := make([]ports.Fate, len(units))
	if err := ctx.Err(); err != nil {
		for i := range fates {
			fates[i] = ports.Fate{Status: ports.FateFailed, Err: err}
		}
		return fates
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range units {
		fates[i] = s.commit(&units[i])
	}
	return fates
}

// commit decides and writes one unit. The lock is held.
func (s *Store) commit(unit *ports.Unit) ports.Fate {
	if fate := s.check(unit); fate.Status != ports.FateCommitted {
		return fate
	}
	for i := range unit.Wallets {
		s.putWallet(&unit.Wallets[i])
	}
	s.append(unit.Entries)
	for _, op := range unit.Operations {
		s.ops.put(op.Clone())
	}
	return ports.Fate{Status: ports.FateCommitted}
}

// check returns the fate of a unit without writing it.
func (s *Store) check(unit *ports.Unit) ports.Fate {
	if ids := s.stale(unit); ids != nil {
		return ports.Fate{Status: ports.FateConflict, IDs: ids}
	}
	if err := s.malformed(unit); err != nil {
		return ports.Fate{Status: ports.FateFailed, Err: err}
	}
	if ids := s.strange(unit); ids != nil {
		return ports.Fate{Status: ports.FateConflict, IDs: ids}
	}
	if keys := s.taken(unit.Entries); keys != nil {
		return ports.Fate{Status: ports.FateKeyTaken, Keys: keys}
	}
	if ids := s.ops.conflicts(unit.Operations); ids != nil {
		return ports.Fate{Status: ports.FateOperationConflict, IDs: ids}
	}
	if ids := s.ops.laneTaken(unit.Operations); ids != nil {
		return ports.Fate{Status: ports.FateLaneTaken, IDs: ids}
	}
	return ports.Fate{Status: ports.FateCommitted}
}

// stale returns the wallets of a unit whose stored version is not the one below.
func (s *Store) stale(unit *ports.Unit) (ids []string) {
	for i := range unit.Wallets {
		wallet := &unit.Wallets[i]
		var version int64
		if account := s.accounts[wallet.ID]; account != nil {
			version = account.wallet.Version
		}
		if wallet.Version != version+1 {
			ids = append(ids, wallet.ID)
		}
	}
	return ids
}

// strange returns the wallets of a unit that were computed from another state of that
// version than the stored one.
func (s *Store) strange(unit *ports.Unit) (ids []string) {
	for i := range unit.Wallets {
		wallet := &unit.Wallets[i]
		if account := s.accounts[wallet.ID]; account != nil && account.wallet.Hash != base(unit.Entries, wallet) {
			ids = append(ids, wallet.ID)
		}
	}
	return ids
}

// base returns the hash of the state that a wallet was computed from.
func base(entries []ports.Entry, wallet *ports.Wallet) ports.Hash {
	for i := range entries {
		if entries[i].WalletID == wallet.ID {
			return entries[i].PrevHash
		}
	}
	return wallet.Hash
}

// malformed returns an error when the unit breaks the rules of [ports.Unit]: a
// repeated record, a gap in a history, an entry without its wallet.
func (s *Store) malformed(unit *ports.Unit) error {
	if len(unit.Wallets) > 1 || len(unit.Entries) > 1 || len(unit.Operations) > 1 {
		if err := repeated(unit); err != nil {
			return err
		}
	}
	booked := 0
	for i := range unit.Wallets {
		if err := s.gap(unit.Entries, &unit.Wallets[i], &booked); err != nil {
			return err
		}
	}
	if booked != len(unit.Entries) {
		return ports.Invalid("Unit", "has entries without their wallet")
	}
	return nil
}

// repeated returns an error when a unit names a wallet, a key or an operation
// twice.
func repeated(unit *ports.Unit) error {
	names := make(map[ports.EntryKey]bool, len(unit.Wallets)+len(unit.Entries)+len(unit.Operations))
	for i := range unit.Wallets {
		names[ports.EntryKey{WalletID: unit.Wallets[i].ID}] = true
	}
	distinct := len(unit.Wallets) + len(unit.Operations)
	for i := range unit.Entries {
		if entry := &unit.Entries[i]; entry.Key != "" {
			names[ports.EntryKey{WalletID: entry.WalletID, Key: entry.Key}] = true
			distinct++
		}
	}
	for _, op := range unit.Operations {
		names[ports.EntryKey{Key: op.Head().ID}] = true
	}
	if len(names) != distinct {
		return ports.Invalid("Unit", "names a wallet, key or operation twice")
	}
	return nil
}

// gap returns an error unless the wallet's entries continue its history up to its
// Seq. It adds their number to booked.
func (s *Store) gap(entries []ports.Entry, wallet *ports.Wallet, booked *int) error {
	var seq int64
	if account := s.accounts[wallet.ID]; account != nil {
		seq = account.wallet.Seq
	}
	for i := range entries {
		if entries[i].WalletID != wallet.ID {
			continue
		}
		seq++
		*booked++
		if entries[i].Seq != seq {
			return ports.Invalid("Unit", "has entry %d of wallet %s where %d follows", entries[i].Seq, wallet.ID, seq)
		}
	}
	if wallet.Seq != seq || seq == 0 {
		return ports.Invalid("Unit", "has wallet %s at entry %d where its history ends at %d", wallet.ID, wallet.Seq, seq)
	}
	return nil
}

// taken returns the keys of entries that were used before.
func (s *Store) taken(entries []ports.Entry) (keys []ports.EntryKey) {
	for i := range entries {
		entry := &entries[i]
		if entry.Key == "" {
			continue
		}
		if account := s.accounts[entry.WalletID]; account != nil {
			if _, used := account.keys[entry.Key]; used {
				keys = append(keys, ports.EntryKey{WalletID: entry.WalletID, Key: entry.Key})
			}
		}
	}
	return keys
}

func (s *Store) putWallet(wallet *ports.Wallet) {
	held := s.accounts[wallet.ID]
	if held == nil {
		held = &account{keys: make(map[string]int64), referring: make(map[reference]int64)}
		s.accounts[wallet.ID] = held
		s.ids = append(s.ids, wallet.ID)
	}
	lots := append(held.wallet.Lots[:0], wallet.Lots...)
	for i := range lots {
		if expires := lots[i].ExpiresAt; !isInstant(expires) {
			lots[i].ExpiresAt = ports.Instant(expires)
		}
	}
	held.wallet = *wallet
	held.wallet.Lots = lots
	held.wallet.OpenedAt, held.wallet.BookedAt = ports.Instant(wallet.OpenedAt), ports.Instant(wallet.BookedAt)
	held.wallet.HoldExpiry = ports.Instant(wallet.HoldExpiry)
}

// isInstant reports whether t is at the precision of the store already.
func isInstant(t time.Time) bool {
	return t.Nanosecond()%1000 == 0 && t.Location() == time.UTC && t.Round(0) == t //nolint:staticcheck // the same bits are meant
}

func (s *Store) append(entries []ports.Entry) {
	block := make([]ports.Entry, len(entries)) // one allocation for all
	for i := range entries {
		entry := &block[i]
		*entry = entries[i]
		entry.Own()
		entry.OccurredAt, entry.BookedAt = ports.Instant(entry.OccurredAt), ports.Instant(entry.BookedAt)
		for j := range entry.Lots {
			entry.Lots[j].ExpiresAt = ports.Instant(entry.Lots[j].ExpiresAt)
		}
		account := s.accounts[entry.WalletID]
		account.entries = append(account.entries, entry)
		if entry.Key != "" {
			account.keys[entry.Key] = entry.Seq
		}
		if entry.RefersTo != 0 {
			account.referring[reference{entry.Type, entry.RefersTo}] = entry.Seq
		}
		s.feed = append(s.feed, entry)
	}
}

// order brings the ids of wallets into order.
func (s *Store) order() {
	s.mu.RLock()
	ordered := s.sorted == len(s.ids)
	s.mu.RUnlock()
	if ordered {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	slices.Sort(s.ids)
	s.sorted = len(s.ids)
}
