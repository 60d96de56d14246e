package ledger

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/ports"
)

// ErrCorrupt is returned by [Ledger.Verify] when a history is not what was booked.
// The error is a [CorruptError].
var ErrCorrupt = errors.New("history was changed")

// ErrUnbalanced is returned by [TrialBalance.Check] when the books do not sum to
// zero.
var ErrUnbalanced = errors.New("books are not balanced")

// CorruptError names the first entry of a wallet that is wrong. It matches
// [ErrCorrupt].
type CorruptError struct {
	WalletID string
	Seq      int64 // of the first wrong or missing entry; 0 when all entries are right and the wallet's record is wrong
	Reason   string
}

// Error names the entry and what is wrong with it.
func (e *CorruptError) Error() string {
	if e.Seq == 0 {
		return fmt.Sprintf("wallet %s: %v: its record: %s", e.WalletID, ErrCorrupt, e.Reason)
	}
	return fmt.Sprintf("wallet %s: %v: entry %d: %s", e.WalletID, ErrCorrupt, e.Seq, e.Reason)
}

// Is reports whether target is [ErrCorrupt].
func (e *CorruptError) Is(target error) bool { return target == ErrCorrupt }

// Verify reads the whole history of a wallet and proves that it is what was booked:
// numbered without a gap, each old the new before it, each sum right, each hash the
// hash of the content and of the entry before, and the wallet's record the end of
// it (but for its open operations, watch and scale, which no entry tells). It returns
// the number of entries. What it finds is a [CorruptError].
//
// The hashes have no key: a history that was written anew as a whole, by somebody who
// may write the database, agrees with itself. Compare it with hashes that are kept
// elsewhere; the package's Caveats say how.
//
// Entries booked while it runs are not looked at. The context ends it early.
func (l *Ledger) Verify(ctx context.Context, walletID string) (int64, error) {
	if err := ports.CheckID("WalletID", walletID); err != nil {
		return 0, err
	}
	stored, err := l.store.Wallets(ctx, []string{walletID})
	if err != nil {
		return 0, fmt.Errorf("verify wallet %s: %w", walletID, err)
	}
	if len(stored) == 0 {
		return 0, fmt.Errorf("verify wallet %s: %w", walletID, ports.ErrNotFound)
	}
	wallet := &stored[0]
	p := proof{wallet: wallet}
	filter := ports.EntryFilter{WalletID: walletID, BeforeSeq: wallet.Seq + 1, Limit: maxPage}
	for {
		entries, err := l.store.Entries(ctx, filter)
		if err != nil {
			return 0, fmt.Errorf("verify wallet %s: %w", walletID, err)
		}
		for i := range entries {
			if err := p.next(&entries[i]); err != nil {
				return 0, err
			}
		}
		if len(entries) < maxPage {
			return p.last.Seq, p.end()
		}
		filter.AfterSeq = entries[len(entries)-1].Seq
	}
}

// proof walks along a history.
type proof struct {
	wallet      *ports.Wallet
	last        ports.Entry
	balanceHeld decimal.Decimal
	pointHeld   decimal.Decimal
	lots        lotSums
	status      ports.WalletStatus
	openedAt    time.Time
}

func (p *proof) next(entry *ports.Entry) error {
	if reason := p.fault(entry); reason != "" {
		return &CorruptError{WalletID: p.wallet.ID, Seq: p.last.Seq + 1, Reason: reason}
	}
	p.balanceHeld = plus(p.balanceHeld, entry.BalanceHeldAmount)
	p.pointHeld = plus(p.pointHeld, entry.PointHeldAmount)
	p.lots.add(entry.Lots)
	p.last = *entry
	switch entry.Type { //nolint:exhaustive // the others leave the status alone
	case ports.EntryOpen:
		p.status, p.openedAt = ports.WalletActive, entry.BookedAt
	case ports.EntryUnfreeze:
		p.status = ports.WalletActive
	case ports.EntryFreeze:
		p.status = ports.WalletFrozen
	case ports.EntryClose:
		p.status = ports.WalletClosed
	}
	return nil
}

// fault says what is wrong with the entry that follows last, if anything is.
func (p *proof) fault(entry *ports.Entry) string {
	switch {
	case entry.Seq != p.last.Seq+1:
		return fmt.Sprintf("is missing: entry %d follows", entry.Seq)
	case entry.WalletID != p.wallet.ID:
		return "belongs to another wallet"
	case entry.PrevHash != p.last.Hash:
		return "does not continue the hash of the entry before"
	case entry.Hash != Hash(entry):
		return "its hash is not that of its content"
	case !entry.OldBalance.Equal(p.last.NewBalance) || !entry.OldPoint.Equal(p.last.NewPoint):
		return "does not continue the balances of the entry before"
	case !plus(entry.OldBalance, entry.BalanceAmount).Equal(entry.NewBalance),
		!plus(entry.OldPoint, entry.PointAmount).Equal(entry.NewPoint):
		return "its amounts do not add up"
	case entry.BookedAt.Before(p.last.BookedAt):
		return "was booked before the entry before"
	}
	return ""
}

// end compares the wallet's record with the end of its history.
func (p *proof) end() error {
	w := p.wallet
	reason := ""
	switch {
	case w.Seq != p.last.Seq:
		return &CorruptError{WalletID: w.ID, Seq: p.last.Seq + 1, Reason: "is missing"}
	case w.Hash != p.last.Hash:
		return &CorruptError{WalletID: w.ID, Seq: w.Seq, Reason: "its hash is not the one that the wallet keeps"}
	case !w.Balance.Equal(p.last.NewBalance) || !w.Point.Equal(p.last.NewPoint):
		reason = "balances differ from the last entry"
	case !w.BalanceHeld.Equal(p.balanceHeld) || !w.PointHeld.Equal(p.pointHeld):
		reason = "held amounts differ from the sum of the entries"
	case !p.lots.match(w.Lots):
		reason = "lots differ from the sum of the entries"
	case w.Status != p.status:
		reason = "its status is not the one that its entries gave it"
	case w.Currency != p.last.Currency:
		reason = "its currency is not that of its entries"
	case !w.OpenedAt.Equal(p.openedAt) || !w.BookedAt.Equal(p.last.BookedAt):
		reason = "its times are not those of its first and last entry"
	default:
		return nil
	}
	return &CorruptError{WalletID: w.ID, Reason: reason}
}

// lotSums adds up what entries did to each lot.
type lotSums map[int64]ports.PointLot

func (s *lotSums) add(changes []ports.LotChange) {
	if len(changes) > 0 && *s == nil {
		*s = make(lotSums)
	}
	for i := range changes {
		c := &changes[i]
		lot := (*s)[c.LotID]
		lot.Amount, lot.Held = plus(lot.Amount, c.Amount), plus(lot.Held, c.HeldAmount)
		lot.ExpiresAt, lot.Priority = c.ExpiresAt, c.Priority
		(*s)[c.LotID] = lot
	}
}

func (s lotSums) match(lots []ports.PointLot) bool {
	left := 0
	for _, lot := range s {
		if !lot.Amount.IsZero() || !lot.Held.IsZero() {
			left++
		}
	}
	for i := range lots {
		lot, sum := &lots[i], s[lots[i].ID]
		if i > 0 && spendOrder(lots[i-1].ExpiresAt, lot.ExpiresAt, lots[i-1].Priority, lot.Priority, lots[i-1].ID, lot.ID) >= 0 {
			return false
		}
		if !lot.Amount.Equal(sum.Amount) || !lot.Held.Equal(sum.Held) ||
			!lot.ExpiresAt.Equal(sum.ExpiresAt) || lot.Priority != sum.Priority {
			return false
		}
	}
	return left == len(lots)
}

// TrialBalance is the sum of all wallets and of each account on the other side of
// the books, per currency, all at one moment.
type TrialBalance struct {
	Totals []ports.Total
}

// TrialBalance reads the books, in order of currency and account. It looks at every entry: it is for audits, not for
// every request.
func (l *Ledger) TrialBalance(ctx context.Context) (TrialBalance, error) {
	totals, err := l.store.Totals(ctx)
	if err != nil {
		return TrialBalance{}, fmt.Errorf("trial balance: %w", err)
	}
	slices.SortFunc(totals, func(a, b ports.Total) int {
		return cmp.Or(cmp.Compare(a.Currency, b.Currency), cmp.Compare(a.Account, b.Account))
	})
	return TrialBalance{Totals: totals}, nil
}

// Check returns [ErrUnbalanced] unless, in every currency, wallets and accounts sum
// to zero, cash and points alike, and no transfer is half made.
func (t TrialBalance) Check() error {
	type sum struct{ balance, point decimal.Decimal }
	sums := make(map[string]sum)
	for _, total := range t.Totals {
		s := sums[total.Currency]
		sums[total.Currency] = sum{s.balance.Add(total.Balance), s.point.Add(total.Point)}
		if total.Account == ports.AccountTransfer && (!total.Balance.IsZero() || !total.Point.IsZero()) {
			return fmt.Errorf("%w: %s in transfer in %s", ErrUnbalanced, total.Balance, total.Currency)
		}
	}
	for currency, s := range sums {
		if !s.balance.IsZero() || !s.point.IsZero() {
			return fmt.Errorf("%w: %s cash and %s points over in %s", ErrUnbalanced, s.balance, s.point, currency)
		}
	}
	return nil
}
