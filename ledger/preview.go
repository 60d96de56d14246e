package ledger

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/jigap/jigap/internal/dry"
	"github.com/jigap/jigap/ports"
)

// Previewable is a request that [Ledger.Preview] takes: an [OpenRequest], [RescaleRequest],
// [CreditRequest], [GrantRequest], [RevokeRequest], [ForfeitRequest], [DeductRequest], [RefundRequest], [AdjustRequest],
// [TransferRequest], [HoldRequest], [CaptureRequest] or [ReleaseRequest]. The set is closed.
//
// A [StatusRequest] is left out, because three acts share it and it does not say which is meant. They
// move no money, and the wallet tells whether they would be refused: by its Status, or, for
// [Ledger.Close], by OpenOperations, Balance and Point.
type Previewable interface {
	// preview runs the operation that the request is for.
	preview(ctx context.Context, over *Ledger) (HoldReceipt, error)
}

// Forecast is what an operation would do: see [Ledger.Preview].
type Forecast struct {
	// Receipt is what the operation would answer: the entry that it would book, or, with Replayed, the
	// entry that was booked under its key before. Then nothing would be written.
	Receipt
	// Hold is as it would be afterwards, and with Replayed as it is now; nil for operations that are not about one.
	Hold *ports.Hold
	// Entries are all that would be written, in their order: Entry, and what belongs to it, such as the
	// other side of a transfer and the ends of points and holds that have expired. With Replayed
	// there are none.
	Entries []ports.Entry
	// Wallets are what [Ledger.Wallet] would return afterwards: the wallet of the request, and of a
	// transfer the wallet that receives behind it.
	Wallets []ports.Wallet
}

// Preview tells what the operation that a request is for would do now, and does nothing: the same
// rules run on the same state, and nothing is written, locked, logged or told to the Observer.
//
// An error is the one with which the operation would be refused, of the same type and text, and
// [ports.ErrConflict] if the wallets were written again and again while they were read. It is never
// [ports.ErrUndecided]. A request that is nil is [ports.ErrInvalid].
//
// What comes into being only when an entry is booked is not foreseen: Hash and PrevHash of the entries
// and Hash of the wallets are zero, and the ID of a new hold is blank, as is OperationID of its
// entries. Times are those of the preview. With Replayed, all is as it was booked.
//
// Preview promises nothing: between it and the operation another caller may change the wallet. It
// may be called any number of times, does not use the key up, and is safe for concurrent use. It
// asks [Config].Limits, Clock and IDs as the operation does. It waits for no wallet that another
// transaction keeps. Over a [ports.BoundStore] it sees what the transaction wrote so far.
func (l *Ledger) Preview(ctx context.Context, request Previewable) (Forecast, error) {
	if err := ports.CheckPart("request", request); err != nil {
		return Forecast{}, fmt.Errorf("preview: %w", err)
	}
	return dry.Run(ctx, l.store, func(store *dry.Store) (Forecast, error) {
		over := l.Over(store)
		receipt, err := request.preview(ctx, over)
		if err != nil {
			return Forecast{}, err
		}
		f := Forecast{Receipt: receipt.Receipt, Hold: receipt.Hold, Entries: store.Booked()}
		ids := []string{f.Entry.WalletID}
		if f.Entry.PeerWalletID != "" {
			ids = append(ids, f.Entry.PeerWalletID)
		}
		if f.Wallets, err = over.WalletsByID(ctx, ids...); err != nil {
			return Forecast{}, err
		}
		if !f.Replayed {
			f.unbook()
		}
		return f, nil
	})
}

// unbook takes out what comes into being only when the entries are booked.
func (f *Forecast) unbook() {
	f.Entry = f.Entry.Clone()
	newID := ""
	if f.Hold != nil && f.Hold.Version == 1 {
		newID, f.Hold.ID = f.Hold.ID, ""
	}
	entries := []*ports.Entry{&f.Entry}
	for i := range f.Entries {
		entries = append(entries, &f.Entries[i])
	}
	for _, entry := range entries {
		entry.Hash, entry.PrevHash = ports.Hash{}, ports.Hash{}
		if entry.OperationID == newID {
			entry.OperationID = ""
		}
	}
	for i := range f.Wallets {
		f.Wallets[i].Hash = ports.Hash{}
	}
}

// Over is for the packages of this module, as the type of its argument is internal. It returns a
// ledger with the rules of l over a store that writes nothing. It remembers nothing of l, tells no
// Observer, logs nothing, and works in the goroutine of its caller, of which there is one.
func (l *Ledger) Over(store *dry.Store) *Ledger {
	config := l.config
	config.Observer, config.Logger, config.Parallel = nil, slog.New(slog.DiscardHandler), 1
	over := &Ledger{store: store, config: config, seed: l.seed, dry: true}
	over.equip()
	return over
}

// onWallet is the answer of an operation that is about no hold.
func onWallet(receipt Receipt, err error) (HoldReceipt, error) {
	return HoldReceipt{Receipt: receipt}, err
}

func (r OpenRequest) preview(ctx context.Context, over *Ledger) (HoldReceipt, error) {
	return onWallet(over.Open(ctx, r))
}

func (r RescaleRequest) preview(ctx context.Context, over *Ledger) (HoldReceipt, error) {
	return onWallet(over.Rescale(ctx, r))
}

func (r CreditRequest) preview(ctx context.Context, over *Ledger) (HoldReceipt, error) {
	return onWallet(over.Credit(ctx, r))
}

func (r GrantRequest) preview(ctx context.Context, over *Ledger) (HoldReceipt, error) {
	return onWallet(over.Grant(ctx, r))
}

func (r RevokeRequest) preview(ctx context.Context, over *Ledger) (HoldReceipt, error) {
	receipt, err := over.Revoke(ctx, r)
	return onWallet(receipt.Receipt, err)
}

func (r ForfeitRequest) preview(ctx context.Context, over *Ledger) (HoldReceipt, error) {
	return onWallet(over.Forfeit(ctx, r))
}

func (r DeductRequest) preview(ctx context.Context, over *Ledger) (HoldReceipt, error) {
	return onWallet(over.Deduct(ctx, r))
}

func (r RefundRequest) preview(ctx context.Context, over *Ledger) (HoldReceipt, error) {
	return onWallet(over.Refund(ctx, r))
}

func (r AdjustRequest) preview(ctx context.Context, over *Ledger) (HoldReceipt, error) {
	return onWallet(over.Adjust(ctx, r))
}

func (r TransferRequest) preview(ctx context.Context, over *Ledger) (HoldReceipt, error) {
	return onWallet(over.Transfer(ctx, r))
}

func (r HoldRequest) preview(ctx context.Context, over *Ledger) (HoldReceipt, error) {
	return over.Hold(ctx, r)
}

func (r CaptureRequest) preview(ctx context.Context, over *Ledger) (HoldReceipt, error) {
	return over.Capture(ctx, r)
}

func (r ReleaseRequest) preview(ctx context.Context, over *Ledger) (HoldReceipt, error) {
	return over.Release(ctx, r)
}
