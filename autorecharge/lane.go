package autorecharge

import (
	"context"
	"fmt"
	"time"

	"github.com/jigap/jigap/internal/call"
	"github.com/jigap/jigap/ports"
)

// blockedAfter is the age from which an order that holds a lane is told as blocking a
// policy, unless it is in review: then it is told at once.
const blockedAfter = 10 * time.Minute

// laneHolder returns the open order that holds the lane of a charge, or nil. It asks
// the store, never a provider.
func (e *Engine) laneHolder(ctx context.Context, wallet *ports.Wallet, d Decision) (ports.Operation, error) {
	charger := e.recharges.Charger(d.Method.Charger)
	if charger == nil {
		return nil, nil //nolint:nilnil // no Charger, no lane
	}
	lane := ""
	err := call.Contain(func() {
		lane = charger.Lane(ports.ChargeOrder{WalletID: wallet.ID, PaymentMethod: d.Method.ID, Amount: d.Amount, Currency: wallet.Currency})
	})
	if err != nil || lane == "" { // blank: orders need not be kept apart
		return nil, err
	}
	open, err := e.store.FindOperations(ctx, ports.OperationFilter{Lane: lane, Open: true, Limit: 1})
	if err != nil || len(open) == 0 {
		return nil, err
	}
	return open[0], nil
}

// blockedBy is the decision to wait until an order leaves the lane.
func blockedBy(holder ports.Operation, method ports.PaymentMethod, now time.Time) Decision {
	head, status := holder.Head(), holder.StatusText()
	review := status == string(ports.RechargeReview) || status == string(ports.WithdrawalReview)
	return Decision{
		Why: ReasonLane, Method: method, Until: now.Add(recheck), OperationID: head.ID, OperationStatus: status,
		blocks: review || now.Sub(head.CreatedAt) >= blockedAfter,
	}
}

// block keeps in the policy which order blocks it. It tells of an order that was not told
// yet.
func block(p *loaded, d Decision) change {
	was := p.State.Blocked
	p.State.Blocked = ""
	if d.blocks {
		p.State.Blocked = d.OperationID
	}
	if p.State.Blocked == "" || p.State.Blocked == was {
		return change{}
	}
	return change{ports.PolicyEventBlocked, fmt.Sprintf("operation %s (%s) holds the lane of %s", d.OperationID, d.OperationStatus, d.Method.Charger)}
}
