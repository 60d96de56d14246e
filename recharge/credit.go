package recharge

import (
	"context"
	"errors"
	"fmt"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/internal/books"
	"github.com/jigap/jigap/internal/record"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
)

// CreditRequest asks for a wallet to be credited for a payment that a person found at the
// provider: a bank transfer for which no recharge was begun, a charge that was made outside.
type CreditRequest struct {
	WalletID    string
	Key         string          // the caller's idempotency key, unique per wallet; [ports.AutoRechargeKeys] is reserved
	Charger     string          // who has the money: it names the clearing account, and need not be one of the service's. Use one constant for each account: another spelling is another account
	Amount      decimal.Decimal // that arrived, in whole units of the wallet's currency
	ProviderRef string          // the provider's id of the payment: the bank row, the transaction; required
	ports.By
	ledger.Note // its Memo must be blank: Why takes its place
}

// Credit credits a wallet for a payment that a person found, without an order to a Charger.
// It writes a recharge that is approved, with the person and the reason, which can be
// listed, disputed and reversed as any other; its reversal suspends the wallet's
// auto-recharge as any other does. It cannot be canceled: [ErrNoCancel]. It sends nothing.
//
// A payment is credited once. Credit returns a [ChargeTakenError] and changes nothing if a
// recharge of the same Charger, or of one with the same [ports.MerchantOf], in any wallet, was credited for the ProviderRef or is still
// open with it. A recharge that [Service.Reverse] took back as a mistake, and that was never
// disputed, frees its payment. Credit cannot see payments that were credited without a
// ProviderRef: by a person's approval, or by [ledger.Ledger.Credit].
//
// The same key returns the same recharge, also when that was reversed: a new credit needs a
// new key. The same key with other content is [ports.ErrKeyReused].
func (s *Service) Credit(ctx context.Context, request CreditRequest) (*ports.Recharge, error) {
	for range record.ConflictsMax {
		op, replayed, err := s.creditByHand(ctx, &request)
		switch {
		case errors.Is(err, ports.ErrConflict): // another credit for the payment was faster
			continue
		case err != nil:
			return nil, record.About("credit", "wallet", request.WalletID, err)
		case !replayed:
			s.tell(ctx, op)
		}
		return op, nil
	}
	return nil, record.About("credit", "wallet", request.WalletID, ports.ErrConflict)
}

func (s *Service) creditByHand(ctx context.Context, request *CreditRequest) (op *ports.Recharge, replayed bool, err error) {
	op, booking, err := s.draftCredit(ctx, request)
	if err != nil {
		return nil, false, err
	}
	entry, err := s.ledger.Replay(ctx, booking)
	if !errors.Is(err, ports.ErrNotFound) {
		return s.credited(ctx, request, entry, err)
	}
	if err := s.unclaimed(ctx, op, undecided, undecided); err != nil {
		return nil, false, err
	}
	if err := s.unclaimedByRecords(ctx, op); err != nil {
		return nil, false, err
	}
	claim, err := s.claim(ctx, op)
	if err != nil {
		return nil, false, err
	}
	booking.Operations = append([]ports.Operation{op}, claim...)
	made := op // the ledger may fill it in after the caller has left
	booking.Fill = func(e *ports.Entry) { made.EntrySeq = e.Seq }
	var above *ports.LimitError
	booking.Above = func(over *ports.LimitError) { above = over }
	receipt, err := s.ledger.Book(ctx, booking)
	_ = s.charges.Note(ctx, made, err)
	if err != nil || receipt.Replayed {
		return s.credited(ctx, request, receipt.Entry, err)
	}
	s.tellAbove(ctx, op, above)
	s.collectCredited(ctx, op.WalletID)
	return op, false, nil
}

// credited returns the recharge of a credit that was made before under the same key, or
// [ports.ErrKeyReused] with what differs.
func (s *Service) credited(ctx context.Context, request *CreditRequest, entry ports.Entry, err error) (*ports.Recharge, bool, error) {
	reused := errors.Is(err, ports.ErrKeyReused)
	if reused {
		if entry, err = s.ledger.EntryByKey(ctx, request.WalletID, request.Key); err == nil && (entry.Type != ports.EntryRecharge || entry.OperationID == "") {
			err = books.AnotherType(&entry)
		}
	}
	if err != nil {
		return nil, false, err
	}
	op, err := s.Get(ctx, entry.OperationID)
	switch {
	case err != nil:
		return nil, false, err
	case !reused:
		return op, true, nil
	}
	note := request.Note
	note.Memo = request.Why
	differs := new(ports.KeyReusedError)
	differs.Compare("Charger", request.Charger == op.Charger)
	differs.Compare("ProviderRef", request.ProviderRef == op.ProviderRef)
	differs.Compare("Amount", request.Amount.Equal(op.Amount))
	differs.Compare("Who", len(op.Decisions) > 0 && request.Who == op.Decisions[0].Who)
	books.CompareNote((*books.Note)(&note), &entry, differs)
	return nil, false, differs
}

// draftCredit is the record of a credit by hand, and how it is booked.
func (s *Service) draftCredit(ctx context.Context, request *CreditRequest) (*ports.Recharge, books.Booking, error) {
	err := ports.Join(
		ports.CheckID("Key", request.Key), ports.CheckID("Charger", request.Charger), ports.CheckBy(request.By),
		ports.CheckProviderRef("ProviderRef", request.ProviderRef), checkKey(request.Key),
	)
	if request.ProviderRef == "" {
		err = ports.Join(err, ports.Invalid("ProviderRef", "is blank"))
	}
	if request.Memo != "" {
		err = ports.Join(err, ports.Invalid("Memo", "must be blank: Why takes its place"))
	}
	if err != nil {
		return nil, books.Booking{}, err
	}
	wallet, amount, err := s.fits(ctx, request.WalletID, request.Amount)
	if err != nil {
		return nil, books.Booking{}, err
	}
	now := s.now()
	op := &ports.Recharge{
		OperationHead: ports.OperationHead{
			ID: s.config.IDs.NewID(), Kind: ports.KindRecharge, WalletID: wallet.ID, Version: 1,
			Provider: request.Charger, Reference: request.Reference, ProviderRef: request.ProviderRef, CreatedAt: now, UpdatedAt: now,
		}, Status: ports.RechargeApproved,
		Progress: ports.Progress[ports.ChargeAnswer]{
			Answer:    ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeApproved, ProviderRef: request.ProviderRef}, At: ports.Instant(request.OccurredAt)},
			Decisions: []ports.Decision{{What: ports.DecisionCredit, Who: request.Who, Why: request.Why, At: now}},
		},
		Charger: request.Charger, Amount: amount, Credited: amount, Currency: wallet.Currency, Key: request.Key,
	}
	note := request.Note
	note.Memo = request.Why
	return op, books.Booking{
		WalletID: wallet.ID, Key: request.Key, Type: ports.EntryRecharge, OperationID: op.ID,
		Content: fmt.Sprintf("by hand\n%s\n%s\n%s\n%s", request.Charger, request.ProviderRef, amount, request.Who),
		Balance: amount, Counterparty: ports.AccountClearing(request.Charger), Note: books.Note(note),
	}, nil
}
