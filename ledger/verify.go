package ledger

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/internal/books"
	"github.com/jigap/jigap/ports"
)

// ErrCorrupt is returned by [Ledger.Verify] when a history is not what was booked.
// The error is a [CorruptError].
var ErrCorrupt = errors.New("history was changed")

// ErrUnbalanced is returned by [TrialBalance.Check] when the books do not sum to
// zero.
var ErrUnbalanced = errors.New("books are not balanced")

// CorruptError names the first entry of a wallet that is wrong, or the record that does
// not fit the entries. It matches [ErrCorrupt].
type CorruptError struct {
	WalletID    string
	Seq         int64  // of the first wrong or missing entry; 0 when all entries are right and a record is wrong
	OperationID string // of the hold whose record is wrong; blank when another record is
	Reason      string
}

// Error names the entry or the record and what is wrong with it.
func (e *CorruptError) Error() string {
	what := "its record"
	switch {
	case e.Seq != 0:
		what = fmt.Sprintf("entry %d", e.Seq)
	case e.OperationID != "":
		what = "hold " + e.OperationID
	}
	return fmt.Sprintf("wallet %s: %v: %s: %s", e.WalletID, ErrCorrupt, what, e.Reason)
}

// Is reports whether target is [ErrCorrupt].
func (e *CorruptError) Is(target error) bool { return target == ErrCorrupt }

// maxStill bounds how often Verify looks for a moment in which nothing is written to the
// wallet, to count its open operations.
const maxStill = 50

// Verify reads the whole history of a wallet and proves that it is what was booked, and
// that the records are what the history says. What it finds is a [CorruptError]. It
// returns the number of entries.
//
//   - Entries are numbered without a gap; each old is the new before it; sums are right,
//     those of lots and moves included; nothing is finer than the wallet's scale, and no
//     more is held than there is; each hash is that of the content and of the entry before.
//   - Refunds and reversals refer to an entry before them; the sums that refunds carry are
//     those of the refunds.
//   - The wallet's record is the end of the history, and the history does not go on behind
//     it. Watch is in no entry.
//   - Every hold's record, open or ended, is what its entries reserved, captured and gave
//     back, and no other hold's record exists. None expires before the wallet's HoldExpiry.
//   - The wallet counts the holds, recharges, cancellations and withdrawals that are open, and
//     its Incoming and IncomingPoint are what open recharges announced. Credited, which limits count, is in no
//     entry and is not proved.
//   - A store that is a [ports.Checker] has no problem with the wallet.
//
// The hashes have no key: a history that was written anew as a whole, by a person who
// may write the database, agrees with itself. Compare it with hashes that are kept
// elsewhere; the package's Caveats say how.
//
// Verify may run while others write to the wallet, and proves entries that are booked
// meanwhile too. It counts open operations in a moment without a write, and leaves that
// out when it finds none. Its memory grows with what is open, not with what has ended,
// and with the number of debits that were refunded. The context ends it early.
func (l *Ledger) Verify(ctx context.Context, walletID string) (int64, error) {
	if err := ports.CheckID("WalletID", walletID); err != nil {
		return 0, fmt.Errorf("verify: %w", err)
	}
	v := verification{store: l.store, proof: proof{walletID: walletID, holds: newHoldProof()}}
	for _, prove := range []func(context.Context) error{
		v.catchUp, v.beyond, v.openHolds, v.listedHolds, v.openOperations, v.askStore,
	} {
		switch err := prove(ctx); {
		case errors.Is(err, ErrCorrupt):
			return 0, err
		case errors.Is(err, ports.ErrUnreadable):
			return 0, &CorruptError{WalletID: walletID, Reason: err.Error()}
		case err != nil:
			return 0, fmt.Errorf("verify wallet %s: %w", walletID, err)
		}
	}
	return v.last.Seq, nil
}

// verification is a proof under way and the store that it reads. What it reads of records
// is compared with every state that the history gave them while it was read: so a writer
// may be at work, and nothing has to be read again.
type verification struct {
	proof
	store      ports.Store
	holdExpiry time.Time // of the wallet when it was read last
}

func (v *verification) wallet(ctx context.Context) (*ports.Wallet, error) {
	stored, err := v.store.Wallets(ctx, []string{v.walletID})
	if err != nil {
		return nil, err
	}
	if len(stored) == 0 {
		return nil, ports.ErrNotFound
	}
	return &stored[0], nil
}

// catchUp reads the wallet, walks on along the history to where the wallet is, and
// compares the two.
func (v *verification) catchUp(ctx context.Context) error {
	wallet, err := v.wallet(ctx)
	if err != nil {
		return err
	}
	if wallet.Seq < v.last.Seq {
		return v.behind(wallet.Seq)
	}
	v.holdExpiry = wallet.HoldExpiry
	for v.last.Seq < wallet.Seq {
		entries, err := v.store.Entries(ctx, ports.EntryFilter{
			WalletID: v.walletID, AfterSeq: v.last.Seq, BeforeSeq: wallet.Seq + 1, Limit: maxPage,
		})
		if err != nil {
			return err
		}
		for i := range entries {
			if err := v.next(&entries[i]); err != nil {
				return err
			}
		}
		if err := v.endedHolds(ctx, maxPage); err != nil {
			return err
		}
		if len(entries) < maxPage {
			break
		}
	}
	if err := v.end(wallet); err != nil {
		return err
	}
	return v.endedHolds(ctx, 1)
}

// beyond requires that the history does not go on behind the wallet's last entry. An
// entry that is found was booked meanwhile if the wallet tells of it now.
func (v *verification) beyond(ctx context.Context) error {
	following, err := v.store.Entries(ctx, ports.EntryFilter{WalletID: v.walletID, AfterSeq: v.last.Seq, Limit: 1})
	if err != nil || len(following) == 0 {
		return err
	}
	before := v.last.Seq
	if err := v.catchUp(ctx); err != nil {
		return err
	}
	if v.last.Seq == before {
		return v.behind(before)
	}
	return nil
}

func (v *verification) behind(seq int64) error {
	return v.wrong(fmt.Sprintf("ends at entry %d, and its history goes on", seq))
}

// openOperations compares the number of open operations, and what they announced, with what the
// wallet keeps, in a moment in which the wallet was not written.
func (v *verification) openOperations(ctx context.Context) error {
	for range maxStill {
		before, err := v.wallet(ctx)
		if err != nil {
			return err
		}
		open, err := openOf(ctx, v.store, v.walletID, "")
		if err != nil {
			return err
		}
		after, err := v.wallet(ctx)
		switch {
		case err != nil:
			return err
		case open.count == after.OpenOperations && open.sameAs(after):
			return nil
		case before.Version != after.Version:
		case open.count != after.OpenOperations:
			return v.wrong(fmt.Sprintf("counts %d open operations, and %d are open", after.OpenOperations, open.count))
		case !open.announced.Cash.Equal(after.Incoming):
			return v.wrong(fmt.Sprintf("counts %s of announced recharges, and those that are open announced %s", after.Incoming, open.announced.Cash))
		default:
			return v.wrong(fmt.Sprintf("counts %s points of announced bonuses, and those of open recharges announced %s", after.IncomingPoint, open.announced.Point))
		}
	}
	return nil
}

// openSums are the operations of a wallet that are open, of the kinds that a wallet counts:
// a policy is open as long as it lives.
type openSums struct {
	count     int
	announced books.Incoming // by recharges
}

// sameAs reports whether a wallet counts what the recharges announced.
func (o *openSums) sameAs(w *ports.Wallet) bool {
	return o.announced.Cash.Equal(w.Incoming) && o.announced.Point.Equal(w.IncomingPoint)
}

// openOf reads the open operations of a wallet: those of one kind, or of all kinds if kind is blank.
func openOf(ctx context.Context, from ports.OperationReader, walletID string, kind ports.OperationKind) (open openSums, err error) {
	filter := ports.OperationFilter{Kind: kind, WalletID: walletID, Open: true, Limit: maxPage}
	for {
		found, err := from.FindOperations(ctx, filter)
		if err != nil {
			return openSums{}, err
		}
		for _, op := range found {
			if op.Head().Kind != ports.KindPolicy {
				open.count++
			}
			if recharge, ok := op.(*ports.Recharge); ok {
				open.announced.Cash = plus(open.announced.Cash, recharge.Announced)
				if recharge.Bonus != nil {
					open.announced.Point = plus(open.announced.Point, recharge.Bonus.Announced)
				}
			}
			filter.AfterID = op.Head().ID
		}
		if len(found) < maxPage {
			return open, nil
		}
	}
}

// askStore reports what a store that is a [ports.Checker] has found.
func (v *verification) askStore(ctx context.Context) error {
	checker, ok := v.store.(ports.Checker)
	if !ok {
		return nil
	}
	problems, err := checker.CheckWallet(ctx, v.walletID)
	if err != nil || len(problems) == 0 {
		return err
	}
	return v.wrong("the store finds: " + strings.Join(problems, "; "))
}

// proof walks along a history.
type proof struct {
	walletID    string
	scale       int32
	last        ports.Entry
	balanceHeld decimal.Decimal
	pointHeld   decimal.Decimal
	lots        lotSums
	holds       holdProof
	refunds     map[int64]decimal.Decimal // what refunds of an entry have given back
	carried     bool                      // whether refunds carry that sum, as they have since it is kept
	status      ports.WalletStatus
	openedAt    time.Time
}

// wrong is an error about the wallet's record.
func (p *proof) wrong(reason string) error {
	return &CorruptError{WalletID: p.walletID, Reason: reason}
}

func (p *proof) next(entry *ports.Entry) error {
	reason := p.fault(entry)
	if reason == "" {
		reason = p.rescale(entry)
	}
	if reason == "" {
		p.balanceHeld = plus(p.balanceHeld, entry.BalanceHeldAmount)
		p.pointHeld = plus(p.pointHeld, entry.PointHeldAmount)
		reason = p.sums(entry)
	}
	if reason != "" {
		return &CorruptError{WalletID: p.walletID, Seq: p.last.Seq + 1, Reason: reason}
	}
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
	case entry.WalletID != p.walletID:
		return "belongs to another wallet"
	case entry.PrevHash != p.last.Hash:
		return "does not continue the hash of the entry before"
	case entry.Hash != Hash(entry):
		return "its hash is not that of its content"
	case (entry.Type == ports.EntryOpen) != (p.last.Seq == 0):
		return "opens the wallet, or should"
	case p.last.Seq != 0 && entry.Currency != p.last.Currency:
		return "its currency is not that of the entry before"
	case !entry.OldBalance.Equal(p.last.NewBalance) || !entry.OldPoint.Equal(p.last.NewPoint):
		return "does not continue the balances of the entry before"
	case !plus(entry.OldBalance, entry.BalanceAmount).Equal(entry.NewBalance),
		!plus(entry.OldPoint, entry.PointAmount).Equal(entry.NewPoint):
		return "its amounts do not add up"
	case entry.BookedAt.Before(p.last.BookedAt):
		return "was booked before the entry before"
	case entry.RefersTo < 0 || entry.RefersTo >= entry.Seq:
		return "refers to an entry that does not come before it"
	case entry.RefersTo == 0 && refers(entry.Type):
		return "is about another entry, and refers to none"
	case entry.Counterparty == "" && (!entry.BalanceAmount.IsZero() || !entry.PointAmount.IsZero()):
		return "moves money and names no counterparty"
	}
	return ""
}

// refers reports whether entries of a type are about another entry.
func refers(entryType ports.EntryType) bool {
	switch entryType { //nolint:exhaustive // an open set
	case ports.EntryRefund, ports.EntryReverse, ports.EntryReverseBack, ports.EntryRevoke, ports.EntryRevokeBack:
		return true
	}
	return false
}

// rescale follows the scale of the wallet, and says what is wrong with that of the entry, if
// anything is.
func (p *proof) rescale(entry *ports.Entry) string {
	switch {
	case entry.Type == ports.EntryOpen, entry.Type == ports.EntryRescale && entry.NewScale > p.scale:
		p.scale = entry.NewScale
	case entry.Type == ports.EntryRescale:
		return "lowers the wallet's scale"
	case entry.NewScale != 0:
		return "has a scale, and changes none"
	}
	if finer(entry.BalanceAmount, p.scale) || finer(entry.PointAmount, p.scale) ||
		finer(entry.BalanceHeldAmount, p.scale) || finer(entry.PointHeldAmount, p.scale) {
		return "its amounts are finer than the wallet's scale"
	}
	return ""
}

// sums adds the entry to what the history has summed up, and says what is wrong with the
// sums, if anything is.
func (p *proof) sums(entry *ports.Entry) string {
	if p.balanceHeld.IsNegative() || entry.NewBalance.LessThan(p.balanceHeld) ||
		p.pointHeld.IsNegative() || entry.NewPoint.LessThan(p.pointHeld) {
		return "less is held than nothing, or more than there is"
	}
	if reason := p.lots.add(entry, p.scale); reason != "" {
		return reason
	}
	var moved decimal.Decimal
	for i := range entry.Moves {
		moved = moved.Add(entry.Moves[i].Amount)
	}
	if !moved.IsZero() {
		return "its moves do not sum to zero"
	}
	if reason := p.refund(entry); reason != "" {
		return reason
	}
	return p.holds.add(entry)
}

// refund says whether the entry carries the sum of the refunds of the entry that it
// refers to. Refunds of a time when they did not carry it may come first.
func (p *proof) refund(entry *ports.Entry) string {
	if entry.Type != ports.EntryRefund {
		if !entry.Refunded.IsZero() {
			return "carries a sum of refunds, and is no refund"
		}
		return ""
	}
	if p.refunds == nil {
		p.refunds = make(map[int64]decimal.Decimal)
	}
	sum := p.refunds[entry.RefersTo].Add(entry.BalanceAmount).Add(entry.PointAmount)
	p.refunds[entry.RefersTo] = sum
	p.carried = p.carried || !entry.Refunded.IsZero()
	if p.carried && !entry.Refunded.Equal(sum) {
		return fmt.Sprintf("says that %s of entry %d was refunded, and it was %s", entry.Refunded, entry.RefersTo, sum)
	}
	return ""
}

// finer reports whether the amount has more than scale digits after the point.
func finer(amount decimal.Decimal, scale int32) bool {
	return amount.Exponent() < -scale && !amount.Truncate(scale).Equal(amount)
}

// end compares the wallet's record with the end of its history.
func (p *proof) end(w *ports.Wallet) error {
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
	case w.Scale != p.scale:
		reason = "its scale is not the one that its entries gave it"
	case w.Currency != p.last.Currency:
		reason = "its currency is not that of its entries"
	case !w.OpenedAt.Equal(p.openedAt) || !w.BookedAt.Equal(p.last.BookedAt):
		reason = "its times are not those of its first and last entry"
	default:
		return nil
	}
	return p.wrong(reason)
}

// lotSums adds up what entries did to each lot that is not empty.
type lotSums map[int64]ports.PointLot

// add adds what the entry did to lots, and says what is wrong with it, if anything is.
func (s *lotSums) add(entry *ports.Entry, scale int32) string {
	if len(entry.Lots) > 0 && *s == nil {
		*s = make(lotSums)
	}
	var point, held decimal.Decimal
	for i := range entry.Lots {
		c := &entry.Lots[i]
		point, held = plus(point, c.Amount), plus(held, c.HeldAmount)
		lot, known := (*s)[c.LotID]
		if known && (!lot.ExpiresAt.Equal(c.ExpiresAt) || lot.Priority != c.Priority) {
			return fmt.Sprintf("changes the terms of lot %d", c.LotID)
		}
		lot.Amount, lot.Held = plus(lot.Amount, c.Amount), plus(lot.Held, c.HeldAmount)
		lot.ExpiresAt, lot.Priority = c.ExpiresAt, c.Priority
		switch {
		case lot.Held.IsNegative() || lot.Amount.LessThan(lot.Held):
			return fmt.Sprintf("takes or holds more of lot %d than it has", c.LotID)
		case finer(c.Amount, scale) || finer(c.HeldAmount, scale):
			return "its lots are finer than the wallet's scale"
		case lot.Amount.IsZero():
			delete(*s, c.LotID)
		default:
			(*s)[c.LotID] = lot
		}
	}
	if !point.Equal(entry.PointAmount) || !held.Equal(entry.PointHeldAmount) {
		return "its lots do not add up to its points"
	}
	return ""
}

func (s lotSums) match(lots []ports.PointLot) bool {
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
	return len(s) == len(lots)
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
