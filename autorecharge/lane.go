package autorecharge

import (
	"context"
	"time"

	"github.com/jigap/jigap/ports"
)

// blockedAfter is the age from which an order that holds a lane is told as blocking a
// policy, unless it is in review: then it is told at once.
const blockedAfter = 10 * time.Minute

// laneHolder returns the open order that holds the lane of a charge, or nil. It asks
// the store, never a provider.
func (e *Engine) laneHolder(ctx context.Context, wallet *ports.Wallet, d Decision) (*ports.OperationHead, error) {
	charger := e.recharges.Charger(d.Method.Charger)
	if charger == nil {
		return nil, nil //nolint:nilnil // no Charger, no lane
	}
	lane := charger.Lane(ports.ChargeOrder{WalletID: wallet.ID, PaymentMethod: d.Method.ID, Amount: d.Amount, Currency: wallet.Currency})
	if lane == "" {
		return nil, nil //nolint:nilnil // orders need not be kept apart
	}
	open, err := e.store.FindOperations(ctx, ports.OperationFilter{Lane: lane, Open: true, Limit: 1})
	if err != nil || len(open) == 0 {
		return nil, err
	}
	return open[0].Head(), nil
}

// blockedBy is the decision to wait until an order leaves the lane.
func blockedBy(holder *ports.OperationHead, method ports.PaymentMethod, now time.Time) Decision {
	return Decision{
		Why: ReasonLane, Method: method, Until: now.Add(recheck), OperationID: holder.ID, OperationStatus: holder.Status,
		blocks: holder.Status == ports.RechargeReview || holder.Status == ports.WithdrawalReview || now.Sub(holder.CreatedAt) >= blockedAfter,
	}
}

// block keeps in the policy which order blocks it. It tells of an order that was not told
// yet.
func block(p *ports.Policy, d Decision) change {
	was := p.State.Blocked
	p.State.Blocked = ""
	if d.blocks {
		p.State.Blocked = d.OperationID
	}
	if p.State.Blocked == "" || p.State.Blocked == was {
		return change{}
	}
	return change{toldBlocked, d.english(p)}
}
