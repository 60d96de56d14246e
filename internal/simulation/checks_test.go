package simulation_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
)

// audit compares a store at one moment with the rules, without the code that wrote it
// where that is possible.
type audit struct {
	ctx     context.Context //nolint:containedctx // of the test
	ledger  *ledger.Ledger
	wallets []ports.Wallet
	ops     []ports.Operation
	totals  []ports.Total
}

func newAudit(ctx context.Context, store ports.Store) (*audit, error) {
	a := &audit{ctx: ctx}
	var err error
	if a.ledger, err = ledger.New(store, ledger.Config{}); err != nil {
		return nil, err
	}
	if a.wallets, err = store.FindWallets(ctx, ports.WalletFilter{Limit: 1_000_000}); err != nil {
		return nil, err
	}
	if a.ops, err = store.FindOperations(ctx, ports.OperationFilter{Limit: 1_000_000}); err != nil {
		return nil, err
	}
	a.totals, err = store.Totals(ctx)
	return a, err
}

// always checks what holds at any moment.
func (a *audit) always() error {
	if err := (ledger.TrialBalance{Totals: a.totals}).Check(); err != nil {
		return err
	}
	lanes := make(map[string]string)
	for _, op := range a.ops {
		if head := op.Head(); head.Open && head.Lane != "" {
			if other := lanes[head.Lane]; other != "" {
				return fmt.Errorf("lane %s has two operations: %s and %s", head.Lane, other, head.ID)
			}
			lanes[head.Lane] = head.ID
		}
	}
	for i := range a.wallets {
		if err := checkWallet(&a.wallets[i], a.ops); err != nil {
			return fmt.Errorf("wallet %s: %w", a.wallets[i].ID, err)
		}
	}
	return nil
}

// checkWallet checks the record of a wallet against itself and those of the operations
// that are of it and open.
func checkWallet(w *ports.Wallet, ops []ports.Operation) error {
	var lots, lotsHeld, held, pointHeld decimal.Decimal
	for _, lot := range w.Lots {
		if !lot.Amount.IsPositive() || lot.Held.IsNegative() || lot.Held.GreaterThan(lot.Amount) {
			return fmt.Errorf("lot %d has %s, of which %s are held", lot.ID, lot.Amount, lot.Held)
		}
		lots, lotsHeld = lots.Add(lot.Amount), lotsHeld.Add(lot.Held)
	}
	open := 0
	for _, op := range ops {
		if op.Head().WalletID != w.ID || !op.Head().Open || op.Head().Kind == ports.KindPolicy {
			continue
		}
		open++
		if hold, ok := op.(*ports.Hold); ok {
			held, pointHeld = held.Add(hold.Balance), pointHeld.Add(hold.Point())
			if due := hold.DueAt; !due.IsZero() && (w.HoldExpiry.IsZero() || w.HoldExpiry.After(due)) {
				return fmt.Errorf("hold %s expires at %s, and the wallet looks for none before %s", hold.ID, due, w.HoldExpiry)
			}
		}
	}
	switch {
	case w.Balance.IsNegative() || w.BalanceHeld.GreaterThan(w.Balance):
		return fmt.Errorf("balance %s, of which %s are held", w.Balance, w.BalanceHeld)
	case !lots.Equal(w.Point) || !lotsHeld.Equal(w.PointHeld):
		return fmt.Errorf("points %s (%s held), lots %s (%s held)", w.Point, w.PointHeld, lots, lotsHeld)
	case !held.Equal(w.BalanceHeld) || !pointHeld.Equal(w.PointHeld):
		return fmt.Errorf("holds hold %s and %s points, the wallet %s and %s", held, pointHeld, w.BalanceHeld, w.PointHeld)
	case w.Status == ports.WalletClosed && (open > 0 || !w.Balance.IsZero() || !w.Point.IsZero()):
		return fmt.Errorf("it is closed, with %d operations open, %s and %s points", open, w.Balance, w.Point)
	case open != w.OpenOperations:
		return fmt.Errorf("%d operations are open, the wallet says %d", open, w.OpenOperations)
	}
	return incoming(w, ops)
}

// atRest checks what holds when nothing is under way any more.
func (a *audit) atRest(books books) error {
	if books.fault != nil {
		return books.fault
	}
	for _, check := range []func() error{
		a.histories, a.ends, a.caps, a.debts,
		func() error { return a.charges(books) },
		func() error { return a.clearing(books) },
		func() error { return a.payouts(books) },
	} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

// histories proves each wallet's history, and has a bookkeeper read it. What all of them
// come to is what the store says it is.
func (a *audit) histories() error {
	all := make(sums)
	for i := range a.wallets {
		id, reader := a.wallets[i].ID, newBookkeeper()
		if _, err := a.ledger.Verify(a.ctx, id); err != nil {
			return err
		}
		for entry, err := range a.ledger.Entries(a.ctx, ports.EntryFilter{WalletID: id}) {
			if err == nil {
				all.add(&entry)
				err = reader.next(&entry)
			}
			if err != nil {
				return fmt.Errorf("wallet %s: %w", id, err)
			}
		}
	}
	return a.books(all)
}

// ends checks that every operation that ends by itself has ended.
func (a *audit) ends() error {
	payable, closed := make(map[string]decimal.Decimal), make(map[string]bool)
	for i := range a.wallets {
		closed[a.wallets[i].ID] = a.wallets[i].Status == ports.WalletClosed
	}
	for _, op := range a.ops {
		head := op.Head()
		if w, ok := op.(*ports.Withdrawal); ok && head.Open {
			payable[w.Currency] = payable[w.Currency].Add(w.Total)
		}
		if head.Open && head.Kind != ports.KindPolicy && head.Kind != ports.KindDebt && (head.Kind != ports.KindHold || !head.DueAt.IsZero()) {
			return fmt.Errorf("%s %s is still %s", head.Kind, head.ID, op.StatusText())
		}
		if head.Open && closed[head.WalletID] {
			return fmt.Errorf("%s %s is %s, and wallet %s is closed", head.Kind, head.ID, op.StatusText(), head.WalletID)
		}
		if op.StatusText() == string(ports.RechargeDisputed) {
			return fmt.Errorf("%s %s is disputed still", head.Kind, head.ID)
		}
		if !head.Open && !head.DueAt.IsZero() {
			return fmt.Errorf("%s %s has ended and is due", head.Kind, head.ID)
		}
		if policy, ok := op.(*ports.Policy); ok && stateOf(policy).Attempt != nil {
			return fmt.Errorf("policy of %s has an attempt under way", head.WalletID)
		}
	}
	for _, total := range a.totals {
		if total.Account == ports.AccountPayable && !total.Balance.Equal(payable[total.Currency]) {
			return fmt.Errorf("%s %s are payable, open withdrawals come to %s", total.Currency, total.Balance, payable)
		}
	}
	return nil
}

var korea = time.FixedZone("KST", 9*60*60)

// caps checks what policies charged in each Korean day and month against the caps,
// which all policies share. An attempt counts from when it was claimed: the first charge
// of a period may count towards the one before. The witness knows better, where there
// is one.
func (a *audit) caps() error {
	type period struct {
		count int
		sum   decimal.Decimal
	}
	periods := make(map[string]*period)
	ops := slices.SortedFunc(slices.Values(a.ops), func(a, b ports.Operation) int { return a.Head().CreatedAt.Compare(b.Head().CreatedAt) })
	for _, op := range ops {
		r, ok := op.(*ports.Recharge)
		if !ok || !strings.HasPrefix(r.Key, autoPrefix) || provablyUnsent(r) {
			continue
		}
		at := r.CreatedAt.In(korea)
		for _, name := range []string{r.WalletID + at.Format(" 2006-01-02"), r.WalletID + at.Format(" 2006-01")} {
			if periods[name] == nil {
				periods[name] = &period{}
				continue
			}
			periods[name].count++
			periods[name].sum = periods[name].sum.Add(r.Credited)
		}
	}
	for name, p := range periods {
		isDay := strings.Count(name, "-") == 2
		if isDay && (p.count > capDailyCount || p.sum.GreaterThan(won(capDailyAmount))) || !isDay && p.count > capMonthCount(name[:strings.Index(name, " ")]) {
			return fmt.Errorf("auto-recharge of %s: %d charges that come to %s", name, p.count, p.sum)
		}
	}
	return nil
}
