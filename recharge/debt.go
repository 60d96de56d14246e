package recharge

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/internal/books"
	"github.com/jigap/jigap/internal/order"
	"github.com/jigap/jigap/internal/record"
	"github.com/jigap/jigap/ports"
)

// DebtListing selects debts for [Service.Debts].
type DebtListing = ports.Listing[ports.DebtStatus]

// ReverseOwing is [Service.Reverse] for a wallet that has spent the money, or a part of it: it
// takes out what is there and not held, and the wallet owes the rest. The rest is Owed of the
// recharge, and a [ports.Debt] of its own: see [Service.Debts], [Service.Collect] and
// [Service.WriteOff]. The balance is never negative; the books show what is owed in
// [ports.AccountReceivable]. Where the wallet has all of it, it is Reverse.
//
// [Service.Reinstate] drops the debt, and brings back what was taken out and collected.
func (s *Service) ReverseOwing(ctx context.Context, act ports.Act) (*ports.Recharge, error) {
	return s.reverseBy(ctx, &decision{Act: act, what: ports.DecisionReverse, owing: true})
}

// owes makes a debt of what the wallet lacks for a booking that takes the credit of a recharge out.
// The booking is refused with [ports.ErrConflict] if the wallet has more or less cash by then.
func (s *Service) owes(ctx context.Context, next *ports.Recharge, d *decision, booking *books.Booking) (*ports.Debt, error) {
	wallet, err := s.ledger.Wallet(ctx, next.WalletID)
	if err != nil {
		return nil, err
	}
	there := wallet.AvailableBalance()
	lacks := next.Left().Sub(there)
	if !lacks.IsPositive() {
		return nil, nil //nolint:nilnil // nothing is owed
	}
	now := next.UpdatedAt
	debt := &ports.Debt{
		OperationHead: ports.OperationHead{
			ID: s.config.IDs.NewID(), Kind: ports.KindDebt, WalletID: next.WalletID, Version: 1, Open: true,
			Reference: next.Reference, DueAt: now.Add(debtPauseMin), CreatedAt: now, UpdatedAt: now,
		}, Status: ports.DebtOwed,
		RechargeID: next.ID, Currency: next.Currency, Amount: lacks, Decisions: []ports.Decision{d.on(now)},
	}
	next.Owed, next.DebtID = lacks, debt.ID
	if booking.Balance = there.Neg(); there.IsZero() {
		booking.Counterparty = ""
	}
	booking.Moves = moves(ports.AccountClearing(next.Charger), lacks, ports.AccountReceivable)
	booking.Operations, booking.Opened = append(booking.Operations, debt), 1
	booking.Check = func(w *ports.Wallet) error {
		if !w.AvailableBalance().Equal(there) {
			return ports.ErrConflict
		}
		return nil
	}
	return debt, nil
}

// moves returns the move of an amount from one account to another.
func moves(to ports.Account, amount decimal.Decimal, from ports.Account) []ports.Move {
	if amount.IsZero() {
		return nil
	}
	return []ports.Move{{Account: to, Amount: amount}, {Account: from, Amount: amount.Neg()}}
}

// forgiven has the booking that brings a credit back drop the debt of its reversal: what was taken
// out of the wallet, then and since, comes back, and nothing is owed any more.
func (s *Service) forgiven(ctx context.Context, next *ports.Recharge, d *decision, booking *books.Booking) (*ports.Debt, error) {
	if next.DebtID == "" {
		return nil, nil //nolint:nilnil // nothing was owed
	}
	debt, err := s.Debt(ctx, next.DebtID)
	if err != nil {
		return nil, err
	}
	clearing, owed := ports.AccountClearing(next.Charger), debt.Owed()
	booking.Balance = next.Left().Sub(debt.Amount).Add(debt.Collected)
	if booking.Balance.IsZero() {
		booking.Counterparty = ""
	}
	booking.Moves = append(moves(ports.AccountReceivable, owed, clearing), moves(ports.AccountDebtExpense, debt.WrittenOff, clearing)...)
	if debt.Open {
		booking.Opened--
	}
	order.Finish(&debt.OperationHead)
	debt.Version++
	debt.UpdatedAt, debt.Status = next.UpdatedAt, ports.DebtDropped
	debt.Decisions = append(debt.Decisions, d.on(next.UpdatedAt))
	booking.Operations = append(booking.Operations, debt)
	next.Owed, next.DebtID = decimal.Decimal{}, ""
	return debt, nil
}

// Collect takes cash that is not held from a wallet for what it owes, the oldest debt first, and
// returns how much it took. It takes nothing for a reversal that is disputed. A frozen wallet is no obstacle. A wallet that owes nothing, or that
// has no cash, is no error. It can be repeated, by any number of processes.
//
// [Config].Collect says when the service and the worker do it by themselves.
func (s *Service) Collect(ctx context.Context, walletID string) (decimal.Decimal, error) {
	debts, err := s.openDebts(ctx, walletID)
	var collected, taken decimal.Decimal
	for i := 0; err == nil && i < len(debts); i++ {
		taken, err = s.collect(ctx, debts[i].ID)
		collected = collected.Add(taken)
	}
	if err != nil {
		return collected, record.About("collect from", "wallet", walletID, err)
	}
	return collected, nil
}

// openDebts returns what a wallet owes, the oldest first.
func (s *Service) openDebts(ctx context.Context, walletID string) (open []*ports.Debt, err error) {
	if err := ports.CheckID("WalletID", walletID); err != nil {
		return nil, err
	}
	listing := DebtListing{WalletID: walletID, Open: true, Limit: ports.MaxPage}
	for {
		page, err := s.Debts(ctx, listing)
		if err != nil {
			return nil, err
		}
		if open = append(open, page...); len(page) < listing.Limit {
			break
		}
		listing.AfterID = page[len(page)-1].ID
	}
	slices.SortStableFunc(open, func(a, b *ports.Debt) int { return a.CreatedAt.Compare(b.CreatedAt) })
	return open, nil
}

// collect collects one debt, as far as the wallet has cash.
func (s *Service) collect(ctx context.Context, id string) (decimal.Decimal, error) {
	return again(func() (decimal.Decimal, error) {
		debt, err := s.Debt(ctx, id)
		if err != nil || !debt.Open {
			return decimal.Decimal{}, err
		}
		return s.collectOnce(ctx, debt)
	})
}

// collectOnce collects a debt as it is. It returns [ports.ErrConflict] if the debt or the wallet
// has changed.
func (s *Service) collectOnce(ctx context.Context, debt *ports.Debt) (decimal.Decimal, error) {
	charge, err := s.Get(ctx, debt.RechargeID)
	if err != nil || charge.Status == ports.RechargeDisputed { // a person decides whether it is owed
		return decimal.Decimal{}, err
	}
	wallet, err := s.ledger.Wallet(ctx, debt.WalletID)
	if err != nil {
		return decimal.Decimal{}, err
	}
	taken := decimal.Min(wallet.AvailableBalance(), debt.Owed())
	if !taken.IsPositive() {
		return decimal.Decimal{}, nil
	}
	next := order.Clone(debt)
	next.Version++
	next.UpdatedAt = s.now()
	next.Collected = next.Collected.Add(taken)
	booking := books.Booking{
		WalletID: next.WalletID, Type: ports.EntryCollect, OperationID: next.ID, Balance: taken.Neg(),
		Counterparty: ports.AccountReceivable, Operations: []ports.Operation{next}, Note: books.Note{Reference: next.Reference},
	}
	if !next.Owed().IsPositive() {
		order.Finish(&next.OperationHead)
		next.Status, booking.Opened = ports.DebtCollected, -1
	}
	_, err = s.ledger.Book(ctx, booking)
	s.noteDebt(ctx, next, err)
	switch {
	case errors.Is(err, ports.ErrInsufficient): // it was spent since
		return decimal.Decimal{}, ports.ErrConflict
	case err != nil:
		return decimal.Decimal{}, err
	}
	s.tellDebt(ctx, next)
	return taken, nil
}

// How long the worker waits before it looks at a debt again: a tenth of its age, within these.
const (
	debtPauseMin = time.Minute
	debtPauseMax = 10 * time.Minute
)

// followDebts collects debts that are due.
func (s *Service) followDebts(ctx context.Context, limit int) (int, error) {
	filter := ports.OperationFilter{Kind: ports.KindDebt, Open: true, Limit: limit}
	now := s.now()
	return record.Follow(ctx, s.store, filter, s.now, debtPauseMin, func(ctx context.Context, debt *ports.Debt) error {
		if _, err := s.collect(ctx, debt.ID); err != nil {
			return err
		}
		return s.postpone(ctx, debt.ID, now)
	})
}

// postpone sets when the worker looks at a debt again that was not collected in full.
func (s *Service) postpone(ctx context.Context, id string, now time.Time) error {
	debt, err := s.Debt(ctx, id)
	if err != nil || !debt.Open {
		return err
	}
	debt.Version++
	debt.DueAt = now.Add(max(debtPauseMin, min(debtPauseMax, now.Sub(debt.CreatedAt)/10)))
	if err = record.Commit(ctx, s.store, debt); errors.Is(err, ports.ErrConflict) {
		return nil // another process has it
	}
	return err
}

// collectCredited collects what the wallet owes after a credit. A failure is left to the worker.
func (s *Service) collectCredited(ctx context.Context, walletID string) {
	if !s.config.Collect {
		return
	}
	if _, err := s.Collect(context.WithoutCancel(ctx), walletID); err != nil {
		s.config.Logger.WarnContext(ctx, "what a wallet owes is not collected yet", "wallet", walletID, "error", err)
	}
}

// WriteOff ends a debt at the host's expense: what is still owed becomes an expense
// ([ports.AccountDebtExpense]). A debt that has ended answers [ports.ErrNotOpen].
func (s *Service) WriteOff(ctx context.Context, act ports.Act) (*ports.Debt, error) {
	debt, err := again(func() (*ports.Debt, error) { return s.writeOff(ctx, &act) })
	if err != nil {
		return nil, record.About("write off", "debt", act.ID, err)
	}
	s.tellDebt(ctx, debt)
	return debt, nil
}

func (s *Service) writeOff(ctx context.Context, act *ports.Act) (*ports.Debt, error) {
	if err := ports.CheckBy(act.By); err != nil {
		return nil, err
	}
	debt, err := s.Debt(ctx, act.ID)
	if err != nil {
		return nil, err
	}
	if err := record.Allowed(DebtActs(debt), ports.DecisionWriteOff, debt.StatusText()); err != nil {
		return nil, err
	}
	owed := debt.Owed()
	order.Finish(&debt.OperationHead)
	debt.Version++
	debt.UpdatedAt = s.now()
	debt.Status, debt.WrittenOff = ports.DebtWrittenOff, owed
	debt.Decisions = append(debt.Decisions, ports.Decision{What: ports.DecisionWriteOff, Who: act.Who, Why: act.Why, At: debt.UpdatedAt})
	_, err = s.ledger.Book(ctx, books.Booking{
		WalletID: debt.WalletID, Type: ports.EntryWriteOff, OperationID: debt.ID, Opened: -1,
		Moves:      moves(ports.AccountReceivable, owed, ports.AccountDebtExpense),
		Operations: []ports.Operation{debt}, Note: books.Note{Reference: debt.Reference, Memo: order.Truncate(act.Why)},
	})
	s.noteDebt(ctx, debt, err)
	return debt, err
}

// DebtActs returns what a person can do about a debt in its present state: WriteOff, while
// something is owed.
func DebtActs(debt *ports.Debt) []ports.DecisionKind {
	if debt.Status == ports.DebtOwed {
		return []ports.DecisionKind{ports.DecisionWriteOff}
	}
	return nil
}

// Debt returns a debt, or [ports.ErrNotFound].
func (s *Service) Debt(ctx context.Context, id string) (*ports.Debt, error) {
	debt, err := record.Get[*ports.Debt](ctx, s.store, "debt", id)
	if err != nil {
		return nil, err
	}
	s.doubts.Seen(debt)
	return debt, nil
}

// Debts returns the debts that the listing selects. Its Provider and ProviderRef select none.
func (s *Service) Debts(ctx context.Context, listing DebtListing) ([]*ports.Debt, error) {
	return record.List[*ports.Debt](ctx, s.store, ports.KindDebt, listing)
}

// noteDebt remembers a debt whose commit is in doubt, so that it is told once it is known to be
// written.
func (s *Service) noteDebt(ctx context.Context, debt *ports.Debt, err error) {
	if debt != nil && !s.doubts.Note(debt, err, func() { s.tellDebt(ctx, debt) }) {
		s.config.Logger.ErrorContext(ctx, "too many changes are in doubt: one will not be told", "id", debt.ID)
	}
}

// tellDebt logs what became of a debt and tells the host.
func (s *Service) tellDebt(ctx context.Context, debt *ports.Debt) {
	if debt == nil {
		return
	}
	s.doubts.Told(debt)
	s.config.Logger.InfoContext(ctx, "debt "+debt.StatusText(), "id", debt.ID, "wallet", debt.WalletID, "recharge", debt.RechargeID,
		"amount", debt.Amount.String(), "collected", debt.Collected.String(), "owed", debt.Owed().String())
	s.events.Post(ctx, ports.DebtEvent{At: debt.UpdatedAt, Debt: order.Clone(debt)})
}
