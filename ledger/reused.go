package ledger

import (
	"slices"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/internal/books"
	"github.com/jigap/jigap/ports"
)

// content is a request that can be compared with an entry, as far as entries keep what was
// asked: compare adds the fields of its own that the entry says otherwise.
type content interface {
	compare(entry *ports.Entry, reused *ports.KeyReusedError)
}

// reused returns the refusal of a command whose key the entry has, for other content.
func (c *command) reused(entry *ports.Entry) error {
	if entry.Type != c.entryType() {
		return books.AnotherType(entry)
	}
	reused := new(ports.KeyReusedError)
	if c.content != nil {
		c.content.compare(entry, reused)
	}
	reused.Compare("Who", c.who == entry.Who)
	books.CompareNote((*books.Note)(&c.note), entry, reused)
	if c.who != "" {
		books.NameWhy(reused)
	}
	return reused
}

// entryType returns the type of the entry that has the command's key.
func (c *command) entryType() ports.EntryType {
	if rule, ok := c.content.(*bookingRule); ok {
		return rule.Type
	}
	switch {
	case c.peerID != "":
		return ports.EntryTransferOut
	case c.name == "credit":
		return ports.EntryRecharge
	}
	return ports.EntryType(c.name)
}

// compareAmount adds Amount unless all was asked for, which no entry tells.
func compareAmount(reused *ports.KeyReusedError, all bool, asked, booked decimal.Decimal) {
	reused.Compare("Amount", all || asked.Equal(booked))
}

func (r *CreditRequest) compare(entry *ports.Entry, reused *ports.KeyReusedError) {
	compareAmount(reused, false, r.Amount, entry.BalanceAmount)
	reused.Compare("Provider", ports.AccountClearing(r.Provider) == entry.Counterparty)
}

func (r *GrantRequest) compare(entry *ports.Entry, reused *ports.KeyReusedError) {
	compareAmount(reused, false, r.Amount, entry.PointAmount)
	if len(entry.Lots) == 1 {
		reused.Compare("ExpiresAt", ports.Instant(r.ExpiresAt).Equal(entry.Lots[0].ExpiresAt))
		reused.Compare("Priority", r.Priority == entry.Lots[0].Priority)
	}
}

func (r *RevokeRequest) compare(entry *ports.Entry, reused *ports.KeyReusedError) {
	reused.Compare("LotID", r.LotID == entry.RefersTo)
}

func (r *DeductRequest) compare(entry *ports.Entry, reused *ports.KeyReusedError) {
	compareAmount(reused, false, r.Amount, took(entry))
}

func (r *RefundRequest) compare(entry *ports.Entry, reused *ports.KeyReusedError) {
	compareAmount(reused, r.All, r.Amount, plus(entry.BalanceAmount, entry.PointAmount))
}

func (r *TransferRequest) compare(entry *ports.Entry, reused *ports.KeyReusedError) {
	reused.Compare("ToID", r.ToID == entry.PeerWalletID)
	compareAmount(reused, false, r.Amount, took(entry))
}

func (r *AdjustRequest) compare(entry *ports.Entry, reused *ports.KeyReusedError) {
	reused.Compare("Balance", r.Balance.Equal(entry.BalanceAmount))
	reused.Compare("Point", r.Point.Equal(entry.PointAmount))
}

func (r *RescaleRequest) compare(entry *ports.Entry, reused *ports.KeyReusedError) {
	reused.Compare("Scale", r.Scale == entry.NewScale)
}

func (r *HoldRequest) compare(entry *ports.Entry, reused *ports.KeyReusedError) {
	compareAmount(reused, false, r.Amount, plus(entry.BalanceHeldAmount, entry.PointHeldAmount))
}

func (r *CaptureRequest) compare(entry *ports.Entry, reused *ports.KeyReusedError) {
	reused.Compare("HoldID", r.HoldID == entry.OperationID)
	compareAmount(reused, r.All, r.Amount, took(entry))
}

func (r *ReleaseRequest) compare(entry *ports.Entry, reused *ports.KeyReusedError) {
	reused.Compare("HoldID", r.HoldID == entry.OperationID)
}

func (r *bookingRule) compare(entry *ports.Entry, reused *ports.KeyReusedError) {
	reused.Compare("Balance", r.Reckon != nil || r.Balance.Equal(entry.BalanceAmount))
	reused.Compare("Counterparty", r.Counterparty == entry.Counterparty)
	reused.Compare("Moves", slices.EqualFunc(r.Moves, entry.Moves, func(a, b ports.Move) bool {
		return a.Account == b.Account && a.Amount.Equal(b.Amount)
	}))
}
