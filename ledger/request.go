package ledger

import (
	"maps"
	"time"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/ports"
)

// Note is what a caller may add to any entry. All of it is optional, and all of it
// counts as content of the request.
type Note struct {
	Reference  string            // the caller's own reference, up to 128 bytes
	Memo       string            // for people, up to 500 bytes
	Metadata   map[string]string // up to 16 pairs, keys to 64 bytes, values to 512
	OccurredAt time.Time         // when it happened. Defaults to when it is booked
}

// clone returns a copy that the caller can no longer change.
func (n *Note) clone() Note {
	c := *n
	c.Metadata = maps.Clone(n.Metadata)
	return c
}

func (n *Note) check() error {
	if err := ports.CheckReference("Reference", n.Reference); err != nil {
		return err
	}
	if err := ports.CheckText("Memo", n.Memo, ports.MaxMemo); err != nil {
		return err
	}
	if err := ports.CheckTime("OccurredAt", n.OccurredAt); err != nil {
		return err
	}
	return ports.CheckMetadata("Metadata", n.Metadata)
}

// command is a request that was checked at the door and is ready to be applied.
type command struct {
	name     string // of the operation, for errors
	walletID string
	peerID   string // the other wallet, for transfers
	key      string // blank: the operation is made safe to repeat in another way
	digest   ports.Hash
	note     Note

	originalKey string            // the entry under this key is loaded before apply
	operationID string            // this operation is loaded before apply
	found       ports.Operation   // the operation as the caller read it: good enough for a first attempt
	opens       bool              // the wallet need not exist
	foreign     []ports.Operation // records to write that were computed by the caller

	apply func(*booking) error // the rule; leaves what it books in the booking
}

// original returns the key of the entry that the command refers to, if it refers to one.
func (c *command) original() (key ports.EntryKey, refers bool) {
	return ports.EntryKey{WalletID: c.walletID, Key: c.originalKey}, c.originalKey != ""
}

// writes reports whether the caller computed the operation with this id.
func (c *command) writes(id string) bool {
	for _, op := range c.foreign {
		if op.Head().ID == id {
			return true
		}
	}
	return false
}

// check looks at what every request has: wallet, key and note.
func (c *command) check() error {
	if err := ports.CheckID("WalletID", c.walletID); err != nil {
		return err
	}
	if err := ports.CheckID("Key", c.key); err != nil {
		return err
	}
	return c.note.check()
}

// checkSize refuses an Amount that no wallet could take, whatever its scale, before
// anything is computed from it. The scale itself is held once the wallet is known.
func checkSize(amount decimal.Decimal) error {
	if amount.Sign() <= 0 {
		return ports.Invalid("Amount", "must be greater than zero")
	}
	return checkSigned("Amount", amount)
}

func checkSigned(field string, amount decimal.Decimal) error {
	if amount.Exponent() >= -ports.MaxScale && ports.WithinLimit(amount) {
		return nil
	}
	_, err := ports.CheckSigned(field, amount, ports.MaxScale)
	return err
}
