package portstest

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/ports"
)

// clearing is the account that the suite's recharges are booked against.
var clearing = ports.AccountClearing("test")

func amount(text string) decimal.Decimal { return decimal.RequireFromString(text) }

func bound(text string) decimal.NullDecimal { return decimal.NewNullDecimal(amount(text)) }

// at returns an instant, so many seconds into the suite's first day.
func at(second int) time.Time {
	return time.Date(2026, 1, 1, 0, 0, second, 0, time.UTC)
}

// opened returns a unit that creates a wallet.
func opened(id string) ports.Unit { return openedIn(id, "KRW") }

func openedIn(id, currency string) ports.Unit {
	wallet := ports.Wallet{ID: id, Currency: currency, Scale: 2, Status: ports.WalletActive}
	return booked(wallet, ports.Entry{Type: ports.EntryOpen})
}

// booked returns a unit that books entries on the wallet.
func booked(wallet ports.Wallet, entries ...ports.Entry) ports.Unit {
	wallet = wallet.Clone()
	wallet.Version++
	for i := range entries {
		entries[i] = bookedEntry(&wallet, entries[i])
	}
	return ports.Unit{Wallets: []ports.Wallet{wallet}, Entries: entries}
}

func bookedEntry(wallet *ports.Wallet, e ports.Entry) ports.Entry {
	wallet.Seq++
	e.WalletID, e.Seq, e.Currency = wallet.ID, wallet.Seq, wallet.Currency
	e.OldBalance, e.OldPoint = wallet.Balance, wallet.Point
	wallet.Balance = wallet.Balance.Add(e.BalanceAmount)
	wallet.Point = wallet.Point.Add(e.PointAmount)
	wallet.BalanceHeld = wallet.BalanceHeld.Add(e.BalanceHeldAmount)
	wallet.PointHeld = wallet.PointHeld.Add(e.PointHeldAmount)
	e.NewBalance, e.NewPoint = wallet.Balance, wallet.Point
	if e.BookedAt.IsZero() {
		e.BookedAt = at(int(e.Seq))
	}
	if e.OccurredAt.IsZero() {
		e.OccurredAt = e.BookedAt
	}
	if e.Seq == 1 {
		wallet.OpenedAt = e.BookedAt
	}
	wallet.BookedAt = e.BookedAt
	e.PrevHash = wallet.Hash
	e.Hash = sha256.Sum256(fmt.Appendf(nil, "%s/%d/%s/%s/%s/%s/%s/%s/%q", e.WalletID, e.Seq, e.Key, e.Type,
		e.BalanceAmount, e.PointAmount, e.BalanceHeldAmount, e.PointHeldAmount, e.Memo))
	wallet.Hash = e.Hash
	return e
}

// after returns a unit that books entries on the first wallet of an earlier unit.
func after(unit ports.Unit, entries ...ports.Entry) ports.Unit {
	return booked(unit.Wallets[0], entries...)
}

// merged returns one unit with all the changes of several.
func merged(units ...ports.Unit) ports.Unit {
	var whole ports.Unit
	for _, unit := range units {
		whole.Wallets = append(whole.Wallets, unit.Wallets...)
		whole.Entries = append(whole.Entries, unit.Entries...)
		whole.Operations = append(whole.Operations, unit.Operations...)
	}
	return whole
}

// with returns the unit with operations added.
func with(unit ports.Unit, ops ...ports.Operation) ports.Unit {
	unit.Operations = append(slices.Clip(unit.Operations), ops...)
	return unit
}

// only returns a unit that changes operations alone.
func only(ops ...ports.Operation) ports.Unit { return ports.Unit{Operations: ops} }

// recharged is an entry that adds cash.
func recharged(cash, key string) ports.Entry {
	return ports.Entry{
		Type: ports.EntryRecharge, BalanceAmount: amount(cash), Counterparty: clearing,
		Key: key, Digest: sha256.Sum256([]byte(key + cash)),
	}
}

// deducted is an entry that takes cash.
func deducted(cash, key string) ports.Entry {
	return ports.Entry{
		Type: ports.EntryDeduct, BalanceAmount: amount(cash).Neg(), Counterparty: ports.AccountUsage,
		Key: key, Digest: sha256.Sum256([]byte(key + cash)),
	}
}

// hold returns a new open hold; a blank lane takes no lane.
func hold(id, walletID, lane string) *ports.Hold {
	return &ports.Hold{
		OperationHead: ports.OperationHead{
			ID: id, Kind: ports.KindHold, WalletID: walletID, Version: 1,
			Open: true, Lane: lane, CreatedAt: at(1), UpdatedAt: at(1),
		}, Status: ports.HoldHeld,
		Balance: amount("100.25"), Reserved: amount("100.25"),
	}
}

// changed returns the next version of an operation.
func changed(op ports.Operation, change func(head *ports.OperationHead)) ports.Operation {
	next := op.Clone()
	next.Head().Version++
	change(next.Head())
	return next
}

// ended returns the next version of an operation, closed.
func ended(op ports.Operation) ports.Operation {
	return withStatus(changed(op, func(head *ports.OperationHead) { head.Open = false }), string(ports.HoldReleased))
}

// touched returns the next version of an operation with nothing else changed.
func touched(op ports.Operation) ports.Operation {
	return changed(op, func(*ports.OperationHead) {})
}

// ids returns n ids that begin with prefix, in order.
func ids(prefix string, n int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf("%s-%03d", prefix, i)
	}
	return list
}

// withStatus gives an operation of any kind a status, and returns the operation.
func withStatus(op ports.Operation, status string) ports.Operation {
	switch op := op.(type) {
	case *ports.Hold:
		op.Status = ports.HoldStatus(status)
	case *ports.Recharge:
		op.Status = ports.RechargeStatus(status)
	case *ports.Cancellation:
		op.Status = ports.CancellationStatus(status)
	case *ports.Withdrawal:
		op.Status = ports.WithdrawalStatus(status)
	case *ports.Policy:
		op.Status = ports.PolicyStatus(status)
	case *ports.Claim:
		op.Status = ports.ClaimStatus(status)
	}
	return op
}
