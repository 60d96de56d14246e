package ledger

import (
	"github.com/jigap/jigap/ports"
)

// Hash returns the SHA-256 over the content of an entry and the hash of the entry
// before it, PrevHash. It does not read Hash.
//
// The sum is taken over the text "jigap.entry.v1" and all other fields in the
// order of the record, each written as its length in decimal, a colon and its
// value: amounts in plain decimal notation without trailing zeros, times in
// microseconds since 1970 (empty when zero), lists and maps preceded by their
// length, maps in the order of their keys, hashes as 32 bytes. Three fields are the
// exception. They are behind PrevHash, each behind its name and only where it is not zero
// or blank: the text "refunded" and Refunded, then the text "scale" and NewScale, then the
// text "who" and Who.
func Hash(entry *ports.Entry) ports.Hash {
	var buffer [640]byte // most entries fit: then nothing is allocated
	c := canonical(buffer[:0]).str("jigap.entry.v1").str(entry.WalletID).int(entry.Seq).str(string(entry.Type)).str(entry.Currency)
	c = c.amount(entry.BalanceAmount).amount(entry.PointAmount)
	c = c.amount(entry.OldBalance).amount(entry.NewBalance).amount(entry.OldPoint).amount(entry.NewPoint)
	c = c.amount(entry.BalanceHeldAmount).amount(entry.PointHeldAmount).lots(entry.Lots)
	c = c.str(string(entry.Counterparty)).moves(entry.Moves)
	c = c.str(entry.PeerWalletID).int(entry.PeerSeq).str(entry.OperationID).int(entry.RefersTo)
	c = c.str(entry.Key).bytes(entry.Digest[:]).str(entry.Reference).str(entry.Memo).metadata(entry.Metadata)
	c = c.time(entry.OccurredAt).time(entry.BookedAt).bytes(entry.PrevHash[:])
	if !entry.Refunded.IsZero() {
		c = c.str("refunded").amount(entry.Refunded)
	}
	if entry.NewScale != 0 {
		c = c.str("scale").int(int64(entry.NewScale))
	}
	if entry.Who != "" {
		c = c.str("who").str(entry.Who)
	}
	return c.sum()
}

func (c canonical) lots(lots []ports.LotChange) canonical {
	c = c.int(int64(len(lots)))
	for i := range lots {
		lot := &lots[i]
		c = c.int(lot.LotID).amount(lot.Amount).amount(lot.HeldAmount).time(lot.ExpiresAt).int(int64(lot.Priority))
	}
	return c
}

func (c canonical) moves(moves []ports.Move) canonical {
	c = c.int(int64(len(moves)))
	for i := range moves {
		c = c.str(string(moves[i].Account)).amount(moves[i].Amount)
	}
	return c
}
