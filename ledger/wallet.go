package ledger

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/ports"
)

// OpenRequest asks for a new wallet.
type OpenRequest struct {
	WalletID string // chosen by the host, 1 to 128 bytes of printable UTF-8
	Currency string // ISO 4217
	Scale    int32  // digits after the decimal point, 0 to 6; 0 for whole won
	Note
}

// Open opens a wallet with nothing in it.
//
// Scale is how fine its amounts are. An amount that is finer is refused, never rounded. So it is
// chosen by the finest amount that will ever be booked, of prices, rates and fees alike, and not by
// the smallest coin: messages at 8.4 won need a scale of 1, and a fee of 3.3 % of whole won, where
// the schedule does not round it to whole won, one of 3. Where that was not foreseen [Ledger.Rescale]
// raises it. It can never be lowered.
//
// Opening it again with the same content
// changes nothing and says Replayed; with other content it is [ports.ErrExists].
func (l *Ledger) Open(ctx context.Context, request OpenRequest) (Receipt, error) {
	c := &command{name: "open", walletID: request.WalletID, note: request.clone(), opens: true}
	if err := request.check(c); err != nil {
		return Receipt{}, fmt.Errorf("open: %w", err)
	}
	c.digest = canonical(nil).request("open", &c.note).str(request.WalletID).str(request.Currency).int(int64(request.Scale)).sum()
	c.apply = func(b *draft) error {
		w := b.wallet(request.WalletID)
		if w.Seq != 0 {
			return ports.ErrExists
		}
		zero := decimal.New(0, -request.Scale)
		*w = ports.Wallet{
			ID: request.WalletID, Currency: request.Currency, Scale: request.Scale, Status: ports.WalletActive,
			Balance: zero, BalanceHeld: zero, Point: zero, PointHeld: zero, OpenedAt: b.now,
		}
		_, err := b.book(w, &ports.Entry{Type: ports.EntryOpen, NewScale: w.Scale}, &change{})
		return err
	}
	receipt, err := l.do(ctx, c)
	if err == nil || !errors.Is(err, ports.ErrExists) {
		return receipt, err
	}
	first, readErr := l.store.Entries(ctx, ports.EntryFilter{WalletID: request.WalletID, Limit: 1})
	switch {
	case readErr != nil:
		return Receipt{}, fmt.Errorf("open wallet %s: %w", request.WalletID, readErr)
	case len(first) == 1 && first[0].Digest == c.digest:
		return Receipt{Entry: first[0], Replayed: true}, nil
	}
	return Receipt{}, err
}

func (r *OpenRequest) check(c *command) error {
	if err := ports.CheckID("WalletID", r.WalletID); err != nil {
		return err
	}
	if err := ports.CheckCurrency("Currency", r.Currency); err != nil {
		return err
	}
	if err := ports.CheckScale("Scale", r.Scale); err != nil {
		return err
	}
	return c.note.check()
}

// StatusRequest asks for a wallet to be frozen, unfrozen or closed.
type StatusRequest struct {
	WalletID string
	Key      string
	ports.By // required; the entry keeps both, Why as its Memo
	Note     // its Memo must be blank: Why takes its place
}

// Freeze blocks debits of a wallet: deducts, holds, captures, transfers out and
// withdrawals answer [ports.ErrFrozen], and a withdrawal that was taken before waits, unless a person
// decides that it is paid all the same (package withdraw). A
// person may still reverse or cancel a recharge: its money goes back to where it came from. Money that arrives is still booked, holds
// are released and expire, points expire, and a person may adjust and forfeit. A wallet that
// is frozen already answers [ports.ErrFrozen].
func (l *Ledger) Freeze(ctx context.Context, request StatusRequest) (Receipt, error) {
	return l.setStatus(ctx, "freeze", request, func(w *ports.Wallet) (ports.EntryType, error) {
		if w.Status == ports.WalletFrozen {
			return "", ports.ErrFrozen
		}
		w.Status = ports.WalletFrozen
		return ports.EntryFreeze, nil
	})
}

// Unfreeze lifts a freeze. A wallet that is not frozen answers [ports.ErrInvalid].
func (l *Ledger) Unfreeze(ctx context.Context, request StatusRequest) (Receipt, error) {
	return l.setStatus(ctx, "unfreeze", request, func(w *ports.Wallet) (ports.EntryType, error) {
		if w.Status != ports.WalletFrozen {
			return "", ports.Invalid("WalletID", "names a wallet that is not frozen")
		}
		w.Status = ports.WalletActive
		return ports.EntryUnfreeze, nil
	})
}

// Close ends a wallet for ever; its history stays. It answers
// [ports.ErrOpenOperations] while a hold, recharge, cancellation or withdrawal has not ended or
// the wallet owes something, and [ports.ErrNotEmpty] while cash or points are left in it. Service.Leave of package withdraw pays
// out and closes a wallet that is not empty.
func (l *Ledger) Close(ctx context.Context, request StatusRequest) (Receipt, error) {
	return l.setStatus(ctx, "close", request, func(w *ports.Wallet) (ports.EntryType, error) {
		switch {
		case w.OpenOperations > 0:
			return "", ports.ErrOpenOperations
		case !w.Balance.IsZero() || !w.Point.IsZero():
			return "", ports.ErrNotEmpty
		}
		end(w)
		return ports.EntryClose, nil
	})
}

func (l *Ledger) setStatus(ctx context.Context, name string, request StatusRequest,
	set func(*ports.Wallet) (ports.EntryType, error),
) (Receipt, error) {
	c := &command{name: name, walletID: request.WalletID, key: request.Key, note: request.clone()}
	if err := c.checkBy(&request.By); err != nil {
		return Receipt{}, fmt.Errorf("%s: %w", name, err)
	}
	c.digest = canonical(nil).request(name, &c.note).str(c.who).sum()
	c.apply = func(b *draft) error {
		w, err := b.own()
		if err != nil {
			return err
		}
		entryType, err := set(w)
		if err != nil {
			return err
		}
		_, err = b.book(w, &ports.Entry{Type: entryType}, &change{})
		return err
	}
	return l.do(ctx, c)
}

// RescaleRequest asks for a wallet to keep more digits.
type RescaleRequest struct {
	WalletID string
	Key      string
	Scale    int32 // digits after the decimal point, more than the wallet has, at most 6
	ports.By       // required; the entry keeps both, Why as its Memo
	Note           // its Memo must be blank: Why takes its place
}

// Rescale has a wallet keep more digits after the decimal point from now on. No amount changes
// its value, in the wallet or in what is under way on it: holds, points, recharges, withdrawals. A
// frozen wallet may be rescaled. A Scale that is not more than the wallet has is
// [ports.ErrInvalid]: fewer digits would lose money.
func (l *Ledger) Rescale(ctx context.Context, request RescaleRequest) (Receipt, error) {
	c := &command{name: "rescale", walletID: request.WalletID, key: request.Key, note: request.clone(), content: &request}
	err := c.checkBy(&request.By)
	if err == nil {
		err = ports.CheckScale("Scale", request.Scale)
	}
	if err != nil {
		return Receipt{}, fmt.Errorf("rescale: %w", err)
	}
	c.digest = canonical(nil).request("rescale", &c.note).str(c.who).int(int64(request.Scale)).sum()
	c.apply = func(b *draft) error {
		w, err := b.own()
		if err != nil {
			return err
		}
		if request.Scale <= w.Scale {
			return ports.Invalid("Scale", "is not more than the %d digits that the wallet has", w.Scale)
		}
		b.ownLots(w)
		w.Scale = request.Scale
		*w = *normal(w)
		_, err = b.book(w, &ports.Entry{Type: ports.EntryRescale, NewScale: w.Scale}, &change{})
		return err
	}
	return l.do(ctx, c)
}

// Wallet returns the wallet as it is now. Points and holds that have expired are left out,
// whether or not their entry was booked yet. An unknown wallet is
// [ports.ErrNotFound]. A wallet that is written again and again while its expired holds are
// read is [ports.ErrConflict].
func (l *Ledger) Wallet(ctx context.Context, id string) (ports.Wallet, error) {
	wallets, err := l.WalletsByID(ctx, id)
	if err != nil {
		return ports.Wallet{}, err
	}
	return wallets[0], nil
}

// WalletsByID is [Ledger.Wallet] for several wallets, in the order of their ids. If one
// of them is unknown, that is the error.
func (l *Ledger) WalletsByID(ctx context.Context, ids ...string) ([]ports.Wallet, error) {
	for _, id := range ids {
		if err := ports.CheckID("WalletID", id); err != nil {
			return nil, err
		}
	}
	found, err := l.store.Wallets(ctx, ids)
	if err != nil {
		return nil, fmt.Errorf("read wallets: %w", err)
	}
	byID := make(map[string]*ports.Wallet, len(found))
	for i := range found {
		byID[found[i].ID] = &found[i]
	}
	now := l.now()
	wallets := make([]ports.Wallet, 0, len(ids))
	for _, id := range ids {
		if byID[id] == nil {
			return nil, fmt.Errorf("wallet %s: %w", id, ports.ErrNotFound)
		}
		wallet, err := l.presentWallet(ctx, byID[id], now)
		if err != nil {
			return nil, err
		}
		wallets = append(wallets, wallet)
	}
	return wallets, nil
}

// WalletListing selects wallets for [Ledger.Wallets]. Conditions that are set must all hold.
type WalletListing struct {
	Statuses []ports.WalletStatus // any of these
	AfterID  string               // only wallets whose id is greater, bytewise
	Limit    int                  // at most so many. Defaults to [ports.DefaultPage], at most [ports.MaxPage]; negative is [ports.ErrInvalid]
}

// Wallets returns the wallets that the listing selects, each as [Ledger.Wallet] returns it, in
// order of id. The next page has the last id of this page as AfterID.
func (l *Ledger) Wallets(ctx context.Context, listing WalletListing) ([]ports.Wallet, error) {
	limit, err := ports.PageLimit(listing.Limit)
	if err != nil {
		return nil, fmt.Errorf("list wallets: %w", err)
	}
	found, err := l.store.FindWallets(ctx, ports.WalletFilter{Statuses: listing.Statuses, AfterID: listing.AfterID, Limit: limit})
	if err != nil {
		return nil, fmt.Errorf("list wallets: %w", err)
	}
	now := l.now()
	wallets := make([]ports.Wallet, len(found))
	for i := range found {
		if wallets[i], err = l.presentWallet(ctx, &found[i], now); err != nil {
			return nil, fmt.Errorf("list wallets: %w", err)
		}
	}
	return wallets, nil
}

// presentWallet returns a wallet as it looks at now: without what has expired.
func (l *Ledger) presentWallet(ctx context.Context, stored *ports.Wallet, now time.Time) (ports.Wallet, error) {
	wallet, err := l.withoutDue(ctx, stored, func(w *ports.Wallet) time.Time { return later(now, w.BookedAt) })
	if err != nil {
		return ports.Wallet{}, fmt.Errorf("wallet %s: %w", stored.ID, err)
	}
	return present(wallet, now), nil
}

// present returns w as it looks at now: without lapsed points.
func present(w *ports.Wallet, now time.Time) ports.Wallet {
	p := *normal(w)
	now = later(now, p.BookedAt)
	gone := p.LapsedPoint(now)
	if gone.IsZero() {
		p.Lots = slices.Clone(p.Lots)
		return p
	}
	p.Point = p.Point.Sub(gone)
	lots := make([]ports.PointLot, 0, len(p.Lots))
	for _, lot := range p.Lots {
		if lot.Expired(now) {
			lot.Amount = lot.Held
		}
		if lot.Amount.IsPositive() {
			lots = append(lots, lot)
		}
	}
	p.Lots = lots
	return p
}

// normal returns a wallet as a store gave it with all amounts in its scale.
func normal(w *ports.Wallet) *ports.Wallet {
	n := *w
	n.Balance, n.BalanceHeld = scaled(w.Balance, w.Scale), scaled(w.BalanceHeld, w.Scale)
	n.Point, n.PointHeld = scaled(w.Point, w.Scale), scaled(w.PointHeld, w.Scale)
	for i := range n.Lots {
		lot := &n.Lots[i]
		lot.Amount, lot.Held = scaled(lot.Amount, w.Scale), scaled(lot.Held, w.Scale)
	}
	return &n
}

// scaled writes d in the scale; what does not fit it is left as it is, and is
// found by Verify.
func scaled(d decimal.Decimal, scale int32) decimal.Decimal {
	if inScale, err := ports.CheckSigned("", d, scale); err == nil {
		return inScale
	}
	return d
}
