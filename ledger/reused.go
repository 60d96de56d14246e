package ledger

import (
	"maps"
	"slices"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/ports"
)

// content is a request that can be compared with an entry, as far as entries keep what was
// asked: differs names the fields of its own that the entry says otherwise.
type content interface {
	differs(entry *ports.Entry) differences
}

// reused returns the refusal of a command whose key the entry has, for other content.
func (c *command) reused(entry *ports.Entry) error {
	if entry.Type != c.entryType() {
		return &ports.KeyReusedError{Fields: []string{"Type"}}
	}
	var fields differences
	if c.content != nil {
		fields = c.content.differs(entry)
	}
	return &ports.KeyReusedError{Fields: append(fields, c.noteDiffers(entry)...)}
}

// entryType returns the type of the entry that has the command's key.
func (c *command) entryType() ports.EntryType {
	if c.peerID != "" {
		return ports.EntryTransferOut
	}
	return ports.EntryType(c.name)
}

// noteDiffers names what of the note, and of who asks, the entry says otherwise.
func (c *command) noteDiffers(entry *ports.Entry) differences {
	memo := "Memo"
	if c.who != "" {
		memo = "Why"
	}
	occurredAt := ports.Instant(c.note.OccurredAt)
	if occurredAt.IsZero() {
		occurredAt = entry.BookedAt
	}
	var d differences
	d.add("Reference", c.note.Reference != entry.Reference)
	d.add("Who", c.who != entry.Who)
	d.add(memo, c.note.Memo != entry.Memo)
	d.add("Metadata", !maps.Equal(c.note.Metadata, entry.Metadata))
	d.add("OccurredAt", !occurredAt.Equal(entry.OccurredAt))
	return d
}

// differences are names of fields.
type differences []string

func (d *differences) add(field string, differs bool) {
	if differs {
		*d = append(*d, field)
	}
}

// amount adds Amount unless all was asked for, which no entry tells.
func (d *differences) amount(all bool, asked, booked decimal.Decimal) {
	d.add("Amount", !all && !asked.Equal(booked))
}

func (r *RechargeRequest) differs(entry *ports.Entry) (d differences) {
	d.amount(false, r.Amount, entry.BalanceAmount)
	d.add("Provider", ports.AccountClearing(r.Provider) != entry.Counterparty)
	return d
}

func (r *GrantRequest) differs(entry *ports.Entry) (d differences) {
	d.amount(false, r.Amount, entry.PointAmount)
	if len(entry.Lots) == 1 {
		d.add("ExpiresAt", !ports.Instant(r.ExpiresAt).Equal(entry.Lots[0].ExpiresAt))
		d.add("Priority", r.Priority != entry.Lots[0].Priority)
	}
	return d
}

func (r *DeductRequest) differs(entry *ports.Entry) (d differences) {
	d.amount(false, r.Amount, took(entry))
	return d
}

func (r *RefundRequest) differs(entry *ports.Entry) (d differences) {
	d.amount(r.All, r.Amount, plus(entry.BalanceAmount, entry.PointAmount))
	return d
}

func (r *TransferRequest) differs(entry *ports.Entry) (d differences) {
	d.add("ToID", r.ToID != entry.PeerWalletID)
	d.amount(false, r.Amount, took(entry))
	return d
}

func (r *AdjustRequest) differs(entry *ports.Entry) (d differences) {
	d.add("Balance", !r.Balance.Equal(entry.BalanceAmount))
	d.add("Point", !r.Point.Equal(entry.PointAmount))
	return d
}

func (r *RescaleRequest) differs(entry *ports.Entry) (d differences) {
	d.add("Scale", r.Scale != entry.NewScale)
	return d
}

func (r *HoldRequest) differs(entry *ports.Entry) (d differences) {
	d.amount(false, r.Amount, plus(entry.BalanceHeldAmount, entry.PointHeldAmount))
	return d
}

func (r *CaptureRequest) differs(entry *ports.Entry) (d differences) {
	d.add("HoldID", r.HoldID != entry.OperationID)
	d.amount(r.All, r.Amount, took(entry))
	return d
}

func (r *ReleaseRequest) differs(entry *ports.Entry) (d differences) {
	d.add("HoldID", r.HoldID != entry.OperationID)
	return d
}

func (r *Booking) differs(entry *ports.Entry) (d differences) {
	d.add("Balance", !r.Balance.Equal(entry.BalanceAmount))
	d.add("Counterparty", r.Counterparty != entry.Counterparty)
	d.add("Moves", !slices.EqualFunc(r.Moves, entry.Moves, func(a, b ports.Move) bool {
		return a.Account == b.Account && a.Amount.Equal(b.Amount)
	}))
	return d
}
