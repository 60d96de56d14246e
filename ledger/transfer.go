package ledger

import (
	"context"
	"fmt"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/ports"
)

// TransferRequest asks for cash to go from one wallet to another.
type TransferRequest struct {
	FromID string
	ToID   string
	Key    string // unique in the wallet that the money leaves
	Amount decimal.Decimal
	Note
}

// Transfer moves cash between two wallets of one currency, both entries in one
// unit; points never move. The receipt holds the entry of the wallet that the money
// left; PeerWalletID and PeerSeq name the other. A frozen wallet receives but does
// not send. Wallets of two currencies are [ports.ErrCurrency]. More than a limit of the
// wallet that receives admits is a [ports.LimitError].
func (l *Ledger) Transfer(ctx context.Context, request TransferRequest) (Receipt, error) {
	c := &command{
		name: "transfer", walletID: request.FromID, peerID: request.ToID,
		key: request.Key, note: request.clone(), content: &request,
	}
	if err := request.check(c); err != nil {
		return Receipt{}, fmt.Errorf("transfer: %w", err)
	}
	c.digest = canonical(nil).request("transfer", &c.note).str(request.ToID).amount(request.Amount).sum()
	c.apply = request.transfer
	return l.do(ctx, c)
}

func (r *TransferRequest) check(c *command) error {
	if err := ports.CheckID("FromID", r.FromID); err != nil {
		return err
	}
	if err := ports.CheckID("ToID", r.ToID); err != nil {
		return err
	}
	if r.FromID == r.ToID {
		return ports.Invalid("ToID", "is the wallet that the money leaves")
	}
	if err := c.check(); err != nil {
		return err
	}
	return checkSize(r.Amount)
}

func (r *TransferRequest) transfer(b *draft) error {
	from, err := b.debitable()
	if err != nil {
		return err
	}
	to, err := b.ready(r.ToID)
	if err != nil {
		return fmt.Errorf("to wallet %s: %w", r.ToID, err)
	}
	if from.Currency != to.Currency {
		return ports.ErrCurrency
	}
	sent, err := inScale(r.Amount, from)
	if err != nil {
		return err
	}
	received, err := inScale(r.Amount, to)
	if err != nil {
		return fmt.Errorf("to wallet %s: %w", r.ToID, err)
	}
	taken, err := spend(from, sent, CashOnly)
	if err != nil {
		return err
	}
	in := ports.Entry{
		Type: ports.EntryTransferIn, Counterparty: ports.AccountTransfer,
		PeerWalletID: from.ID, PeerSeq: from.Seq + 1,
		Reference: r.Reference, Memo: r.Memo, Metadata: b.command.note.Metadata,
		OccurredAt: ports.Instant(r.OccurredAt),
	}
	err = b.admit(to, received)
	if err == nil {
		_, err = b.append(to, &in, &change{balance: received})
	}
	if err != nil {
		return fmt.Errorf("to wallet %s: %w", r.ToID, err)
	}
	b.count(to, received)
	out := ports.Entry{
		Type: ports.EntryTransferOut, Counterparty: ports.AccountTransfer,
		PeerWalletID: to.ID, PeerSeq: to.Seq,
	}
	_, err = b.book(from, &out, &taken)
	return err
}
