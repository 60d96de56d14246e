package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/ports"
)

// holding is what a wallet must hold once something was told.
type holding struct {
	wallet       string
	cash, points int64
}

// say tells what happened, and what the wallet holds now. It is an error when that
// is not what it must hold.
func (s *story) say(ctx context.Context, want holding, format string, args ...any) error {
	w, err := s.holds(ctx, want)
	if err != nil {
		return err
	}
	fmt.Fprintf(s.out, "%-10s %7s %6s  "+format+"\n", append([]any{w.ID, comma(w.Balance), comma(w.Point)}, args...)...)
	return nil
}

// lines shows the lines of a quote.
func (s *story) lines(lines []string) {
	for _, line := range lines {
		fmt.Fprintf(s.out, "%27s  %s\n", "", line)
	}
}

// statement shows what changed the customer's balances. Entries in between say that
// something was opened, held, released or ended.
func (s *story) statement(ctx context.Context) error {
	fmt.Fprintf(s.out, "\nStatement of %s (entries that change a balance):\n", customer)
	fmt.Fprintln(s.out, "  #  type               cash  points      cash old → new     reference")
	for e, err := range s.wallets.Entries(ctx, ports.EntryFilter{WalletID: customer}) {
		if err != nil {
			return err
		}
		if e.BalanceAmount.IsZero() && e.PointAmount.IsZero() {
			continue
		}
		row := fmt.Sprintf("%3d  %-13s %9s %7s %9s → %-9s %s", e.Seq, e.Type,
			comma(e.BalanceAmount), comma(e.PointAmount), comma(e.OldBalance), comma(e.NewBalance), e.Reference)
		fmt.Fprintln(s.out, strings.TrimRight(row, " "))
	}
	return nil
}

// trialBalance shows the sums of all wallets and accounts.
func (s *story) trialBalance(ctx context.Context) error {
	books, err := s.wallets.TrialBalance(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintln(s.out, "\nTrial balance:            cash  points")
	var cash, points decimal.Decimal
	for _, total := range books.Totals {
		if total.Balance.IsZero() && total.Point.IsZero() {
			continue
		}
		cash, points = cash.Add(total.Balance), points.Add(total.Point)
		fmt.Fprintf(s.out, "  %-20s %7s %7s\n", total.Account, comma(total.Balance), comma(total.Point))
	}
	fmt.Fprintf(s.out, "  %-20s %7s %7s\n", "sum", comma(cash), comma(points))
	return books.Check()
}

// comma writes an amount of won with commas between the thousands.
func comma(amount decimal.Decimal) string {
	digits := amount.Abs().String()
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	if amount.IsNegative() {
		return "-" + digits
	}
	return digits
}

func won(n int64) decimal.Decimal { return decimal.NewFromInt(n) }
