package ledger

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/ports"
)

// holdSum is a hold as its entries tell of it.
type holdSum struct {
	reserved        decimal.Decimal
	balance         decimal.Decimal
	lots            []ports.HeldLot
	capturedBalance decimal.Decimal
	capturedPoint   decimal.Decimal
	status          ports.HoldStatus
}

// holdProof adds up what entries did to each hold. A hold that has ended is forgotten
// when its record was compared.
type holdProof struct {
	open    map[string]*holdSum
	ended   map[string]*holdSum // whose records were not compared yet
	old     int                 // how many ended before openHolds
	recent  map[string]bool     // those that ended since; nil before
	watched map[string]*ports.Hold
}

func newHoldProof() holdProof {
	return holdProof{open: make(map[string]*holdSum), ended: make(map[string]*holdSum), watched: make(map[string]*ports.Hold)}
}

// add adds what the entry did to a hold, and says what is wrong with it, if anything is.
func (h *holdProof) add(entry *ports.Entry) string {
	if entry.BalanceHeldAmount.IsZero() && entry.PointHeldAmount.IsZero() {
		return ""
	}
	id := entry.OperationID
	sum := h.open[id]
	switch {
	case id == "":
		return "changes what is held, and names no hold"
	case entry.Type == ports.EntryHold && sum != nil:
		return fmt.Sprintf("reserves for hold %s a second time", id)
	case entry.Type == ports.EntryHold:
		sum = &holdSum{reserved: plus(entry.BalanceHeldAmount, entry.PointHeldAmount), status: ports.HoldHeld}
		h.open[id] = sum
	case sum == nil:
		return fmt.Sprintf("belongs to hold %s, which is not open", id)
	}
	if !sum.apply(entry) {
		return fmt.Sprintf("takes more of hold %s than it has", id)
	}
	if sum.balance.IsZero() && len(sum.lots) == 0 {
		h.end(id, sum, entry)
	}
	if record := h.watched[id]; record != nil && sum.differs(record) == "" {
		delete(h.watched, id)
	}
	return ""
}

// end notes that the entry ended the hold.
func (h *holdProof) end(id string, sum *holdSum, entry *ports.Entry) {
	switch {
	case entry.Type == ports.EntryHoldExpire:
		sum.status = ports.HoldExpired
	case entry.Type == ports.EntryRelease && entry.Key != "": // without a key, a final capture gave back the rest
		sum.status = ports.HoldReleased
	default:
		sum.status = ports.HoldCaptured
	}
	delete(h.open, id)
	h.ended[id] = sum
	if h.recent != nil {
		h.recent[id] = true
	} else {
		h.old++
	}
}

// apply adds what the entry did, and reports whether the hold had as much.
func (s *holdSum) apply(entry *ports.Entry) bool {
	s.balance = plus(s.balance, entry.BalanceHeldAmount)
	if entry.Type == ports.EntryCapture {
		s.capturedBalance, s.capturedPoint = minus(s.capturedBalance, entry.BalanceAmount), minus(s.capturedPoint, entry.PointAmount)
	}
	for i := range entry.Lots {
		c := &entry.Lots[i]
		at := slices.IndexFunc(s.lots, func(lot ports.HeldLot) bool { return lot.LotID == c.LotID })
		if at < 0 {
			s.lots = append(s.lots, ports.HeldLot{LotID: c.LotID, ExpiresAt: c.ExpiresAt, Priority: c.Priority})
			at = len(s.lots) - 1
		}
		lot := &s.lots[at]
		lot.Amount = plus(lot.Amount, c.HeldAmount)
		switch {
		case lot.Amount.IsNegative():
			return false
		case lot.Amount.IsZero():
			s.lots = slices.Delete(s.lots, at, at+1)
		}
	}
	return !s.balance.IsNegative()
}

// differs says where the record of the hold is another than its entries tell.
func (s *holdSum) differs(record *ports.Hold) string {
	switch {
	case record.Status != s.status || record.Open != (s.status == ports.HoldHeld):
		return fmt.Sprintf("is %s (open: %t), and its entries say %s", record.Status, record.Open, s.status)
	case !record.Balance.Equal(s.balance):
		return fmt.Sprintf("holds %s of cash, and its entries say %s", record.Balance, s.balance)
	case !s.matches(record.Lots):
		return "holds other points than its entries say"
	case !record.CapturedBalance.Equal(s.capturedBalance) || !record.CapturedPoint.Equal(s.capturedPoint):
		return fmt.Sprintf("captured %s of cash and %s points, and its entries say %s and %s",
			record.CapturedBalance, record.CapturedPoint, s.capturedBalance, s.capturedPoint)
	case !record.Reserved.Equal(s.reserved):
		return fmt.Sprintf("reserved %s at first, and its entries say %s", record.Reserved, s.reserved)
	}
	return ""
}

func (s *holdSum) matches(lots []ports.HeldLot) bool {
	return slices.EqualFunc(lots, s.lots, func(a, b ports.HeldLot) bool {
		return a.LotID == b.LotID && a.Amount.Equal(b.Amount) && a.ExpiresAt.Equal(b.ExpiresAt) && a.Priority == b.Priority
	})
}

// records reads the records of holds that entries tell of.
func (v *verification) records(ctx context.Context, ids []string) (map[string]*ports.Hold, error) {
	found, err := v.store.Operations(ctx, ids)
	if err != nil {
		return nil, err
	}
	holds := make(map[string]*ports.Hold, len(found))
	for _, op := range found {
		if hold, ok := op.(*ports.Hold); ok && hold.WalletID == v.walletID {
			holds[hold.ID] = hold
		}
	}
	for _, id := range ids {
		if holds[id] == nil {
			return nil, v.wrongHold(id, "has no record in this wallet")
		}
	}
	return holds, nil
}

func (v *verification) wrongHold(id, reason string) error {
	return &CorruptError{WalletID: v.walletID, OperationID: id, Reason: reason}
}

// endedHolds compares the records of holds that have ended, once there are so many. Such
// a record never changes again.
func (v *verification) endedHolds(ctx context.Context, many int) error {
	if len(v.holds.ended) < many {
		return nil
	}
	for ids := range slices.Chunk(slices.Sorted(maps.Keys(v.holds.ended)), maxPage) {
		records, err := v.records(ctx, ids)
		if err != nil {
			return err
		}
		for _, id := range ids {
			if reason := v.holds.ended[id].differs(records[id]); reason != "" {
				return v.wrongHold(id, reason)
			}
		}
	}
	clear(v.holds.ended)
	return nil
}

// openHolds compares the records of holds that are open by their entries. A record that
// was written while it was read must be what some entry booked meanwhile made of it.
func (v *verification) openHolds(ctx context.Context) error {
	v.holds.recent = make(map[string]bool)
	for ids := range slices.Chunk(slices.Sorted(maps.Keys(v.holds.open)), maxPage) {
		ids = slices.DeleteFunc(ids, func(id string) bool { return v.holds.recent[id] }) // and compared
		records, err := v.records(ctx, ids)
		if err != nil {
			return err
		}
		for id, record := range records {
			if v.holds.open[id].differs(record) != "" {
				v.holds.watched[id] = record
			}
			if due := record.DueAt; record.Open && !due.IsZero() && (v.holdExpiry.IsZero() || v.holdExpiry.After(due)) {
				return v.wrongHold(id, "expires before the wallet looks for holds that have expired")
			}
		}
		if len(v.holds.watched) == 0 {
			continue
		}
		if err := v.catchUp(ctx); err != nil {
			return err
		}
		for _, id := range ids {
			if record := v.holds.watched[id]; record != nil {
				return v.wrongHold(id, v.reason(id, record))
			}
		}
	}
	return nil
}

// reason says where a record that fits no state of its hold differs from the last one.
func (v *verification) reason(id string, record *ports.Hold) string {
	if sum := v.holds.open[id]; sum != nil {
		return sum.differs(record)
	}
	return "is not what its entries say, before its end or after"
}

// listedHolds requires that the wallet has no records of holds but those that its entries
// tell of.
func (v *verification) listedHolds(ctx context.Context) error {
	filter := ports.OperationFilter{Kind: ports.KindHold, WalletID: v.walletID, Limit: maxPage}
	ended := 0
	for {
		found, err := v.store.FindOperations(ctx, filter)
		if err != nil {
			return err
		}
		if err := v.catchUp(ctx); err != nil { // then the entries of all that was found are known
			return err
		}
		for _, op := range found {
			head := op.Head()
			filter.AfterID = head.ID
			switch {
			case v.holds.recent[head.ID] || head.Open && v.holds.open[head.ID] != nil:
			case head.Open:
				return v.wrongHold(head.ID, "is open, and its entries do not say so")
			default:
				ended++
			}
		}
		if len(found) < maxPage {
			break
		}
	}
	switch {
	case ended > v.holds.old:
		return v.stray(ctx)
	case ended < v.holds.old:
		return v.wrong(fmt.Sprintf("%d of %d holds that ended are not listed", v.holds.old-ended, v.holds.old))
	}
	return nil
}

// stray names a record of an ended hold that no entry tells of.
func (v *verification) stray(ctx context.Context) error {
	filter := ports.OperationFilter{Kind: ports.KindHold, WalletID: v.walletID, Limit: maxPage}
	for {
		found, err := v.store.FindOperations(ctx, filter)
		if err != nil {
			return err
		}
		for _, op := range found {
			filter.AfterID = op.Head().ID
			entries, err := v.store.Entries(ctx, ports.EntryFilter{
				WalletID: v.walletID, OperationID: filter.AfterID, Types: []ports.EntryType{ports.EntryHold}, Limit: 1,
			})
			if err != nil {
				return err
			}
			if len(entries) == 0 {
				return v.wrongHold(filter.AfterID, "has no entries")
			}
		}
		if len(found) < maxPage {
			return v.wrong("more holds have ended than its entries say")
		}
	}
}
