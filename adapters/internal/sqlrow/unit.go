package sqlrow

import (
	"bytes"

	"github.com/jigap/jigap/ports"
)

// Decide returns the fate of a unit that needs no look at what is stored: an empty
// one, and one that breaks the rules of [ports.Unit].
func Decide(unit *ports.Unit) (ports.Fate, bool) {
	if len(unit.Wallets)+len(unit.Entries)+len(unit.Operations) == 0 {
		return ports.Fate{Status: ports.FateCommitted}, true
	}
	if err := malformed(unit); err != nil {
		return ports.Fate{Status: ports.FateFailed, Err: err}, true
	}
	if err := unstorable(unit); err != nil {
		return ports.Fate{Status: ports.FateFailed, Err: err}, true
	}
	return ports.Fate{}, false
}

// unstorable returns an error when a unit has text or times that no column holds. JSON would
// change some of them without a word.
func unstorable(unit *ports.Unit) error {
	for i := range unit.Wallets {
		w := &unit.Wallets[i]
		err := ports.Join(CheckText("Wallets", w.ID, w.Currency, string(w.Status), w.Credited.Day, w.Credited.Month), CheckTime("Wallets", w.OpenedAt), CheckTime("Wallets", w.BookedAt),
			CheckTime("Wallets", w.HoldExpiry))
		for j := range w.Lots {
			err = ports.Join(err, CheckTime("Wallets", w.Lots[j].ExpiresAt))
		}
		if err != nil {
			return err
		}
	}
	for i := range unit.Entries {
		if err := unstorableEntry(&unit.Entries[i]); err != nil {
			return err
		}
	}
	for _, op := range unit.Operations {
		head := op.Head()
		err := ports.Join(CheckText("Operations", head.ID, string(head.Kind), head.WalletID, op.StatusText(), head.Lane, head.Provider, head.Reference, head.ProviderRef),
			CheckTime("Operations", head.DueAt), CheckTime("Operations", head.CreatedAt), CheckTime("Operations", head.UpdatedAt))
		if err == nil {
			err = unstorableRecord(op)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// unstorableRecord returns an error when a record has text that JSON cannot hold: it would come back changed.
func unstorableRecord(op ports.Operation) error {
	data, err := ports.EncodeOperation(op)
	if err != nil {
		return ports.Invalid("Operations", "operation %s cannot be written: %v", op.Head().ID, err)
	}
	for rest := data; ; { // the package json writes what is no UTF-8 in this form, and a true U+FFFD as it is
		at := bytes.Index(rest, []byte(`\ufffd`))
		if at < 0 {
			return nil
		}
		escapes := 0
		for escapes < at && rest[at-1-escapes] == '\\' {
			escapes++
		}
		if escapes%2 == 0 {
			return ports.Invalid("Operations", "operation %s has text that is not valid UTF-8", op.Head().ID)
		}
		rest = rest[at+1:]
	}
}

func unstorableEntry(e *ports.Entry) error {
	err := ports.Join(CheckText("Entries", e.WalletID, string(e.Type), e.Currency, string(e.Counterparty), e.PeerWalletID, e.OperationID,
		e.Key, e.Reference, e.Memo, e.Who), CheckTime("Entries", e.OccurredAt), CheckTime("Entries", e.BookedAt))
	for name, value := range e.Metadata {
		err = ports.Join(err, CheckText("Entries", name, value))
	}
	for i := range e.Moves {
		err = ports.Join(err, CheckText("Entries", string(e.Moves[i].Account)))
	}
	for i := range e.Lots {
		err = ports.Join(err, CheckTime("Entries", e.Lots[i].ExpiresAt))
	}
	return err
}

func malformed(unit *ports.Unit) error {
	if len(unit.Wallets) != 1 || len(unit.Entries) > 1 || len(unit.Operations) > 1 {
		if err := repeated(unit); err != nil {
			return err
		}
	}
	booked := 0
	for i := range unit.Wallets {
		n, err := continues(unit.Entries, &unit.Wallets[i])
		if err != nil {
			return err
		}
		booked += n
	}
	if booked != len(unit.Entries) {
		return ports.Invalid("Unit", "has entries without their wallet")
	}
	return nil
}

// repeated returns an error when a unit names a wallet, a key or an operation twice.
func repeated(unit *ports.Unit) error {
	seen := make(map[[3]string]bool)
	names := 0
	name := func(kind, id, key string) {
		seen[[3]string{kind, id, key}] = true
		names++
	}
	for i := range unit.Wallets {
		name("wallet", unit.Wallets[i].ID, "")
	}
	for i := range unit.Entries {
		if entry := &unit.Entries[i]; entry.Key != "" {
			name("key", entry.WalletID, entry.Key)
		}
	}
	for _, op := range unit.Operations {
		name("operation", op.Head().ID, "")
	}
	if len(seen) != names {
		return ports.Invalid("Unit", "names a wallet, key or operation twice")
	}
	return nil
}

// continues returns how many entries belong to the wallet, or an error unless they
// lead up to its Seq without a gap. The server sees where they begin.
func continues(entries []ports.Entry, wallet *ports.Wallet) (int, error) {
	count := 0
	var last int64
	for i := range entries {
		if entries[i].WalletID != wallet.ID {
			continue
		}
		if count > 0 && entries[i].Seq != last+1 {
			return 0, ports.Invalid("Unit", "has a gap before entry %d", entries[i].Seq)
		}
		last = entries[i].Seq
		count++
	}
	if count == 0 && wallet.Version == 1 {
		return 0, ports.Invalid("Unit", "opens wallet %s without an entry", wallet.ID)
	}
	if count > 0 && last != wallet.Seq {
		return 0, ports.Invalid("Unit", "has a wallet at entry %d where its entries end at %d", wallet.Seq, last)
	}
	return count, nil
}

// IDs names all wallets and operations of a unit.
func IDs(unit *ports.Unit) (ids []string) {
	for i := range unit.Wallets {
		ids = append(ids, unit.Wallets[i].ID)
	}
	for _, op := range unit.Operations {
		ids = append(ids, op.Head().ID)
	}
	return ids
}

// Base returns how many entries a unit has of a wallet, and the hash that the wallet
// was computed from.
func Base(unit *ports.Unit, wallet *ports.Wallet) (count int, base *ports.Hash) {
	base = &wallet.Hash
	for i := range unit.Entries {
		if unit.Entries[i].WalletID != wallet.ID {
			continue
		}
		if count == 0 {
			base = &unit.Entries[i].PrevHash
		}
		count++
	}
	return count, base
}
