package solapi

import (
	"context"

	"github.com/jigap/jigap/ports"
)

var _ ports.Delegate = (*Charger)(nil)

// Delegation reads how SOLAPI's own auto-recharge is configured.
func (c *Charger) Delegation(ctx context.Context) (ports.Delegation, error) {
	state, err := c.client.AutoRecharge(ctx)
	if err != nil {
		return ports.Delegation{}, err
	}
	return ports.Delegation{
		On: state.On, Methods: state.PaymentIDs, MinimumCash: state.MinimumCash, RechargeTo: state.RechargeTo,
	}, nil
}

// CheckDelegation implements [ports.Delegate], with the least figures of the provider's
// console (guide).
func (c *Charger) CheckDelegation(to ports.Delegation) error {
	if !to.On && len(to.Methods) == 0 {
		return nil
	}
	err := autoRecharge(to).check()
	if to.Currency != "" && to.Currency != currency {
		err = ports.Join(err, ports.Invalid("Currency", "must be %s", currency))
	}
	return err
}

// Delegate configures SOLAPI's own auto-recharge, see [Client.SetAutoRecharge]. To
// switch it off without changing what it would do, leave Methods empty.
func (c *Charger) Delegate(ctx context.Context, to ports.Delegation) error {
	if !to.On && len(to.Methods) == 0 {
		return c.client.SwitchAutoRecharge(ctx, false)
	}
	return c.client.SetAutoRecharge(ctx, autoRecharge(to))
}

func autoRecharge(to ports.Delegation) AutoRecharge {
	return AutoRecharge{On: to.On, PaymentIDs: to.Methods, MinimumCash: to.MinimumCash, RechargeTo: to.RechargeTo}
}
