package solapi

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"slices"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/ports"
)

// AutoRecharge is the provider's own auto-recharge of the account. It and an
// auto-recharge of ours must not both be on: both would charge.
type AutoRecharge struct {
	// On: the provider recharges. A policy that is delegated has it on.
	On bool
	// PaymentIDs are charged in this order, the next when one fails (documented).
	PaymentIDs []string
	// MinimumCash triggers a recharge when the balance falls to or below it.
	MinimumCash decimal.Decimal
	// RechargeTo is the balance that a recharge aims at.
	RechargeTo decimal.Decimal
}

// The least figures of the provider's console (guide); whether the API insists on
// them is not documented.
const (
	leastMinimumCash = 200
	leastTopUp       = 10000
)

func (a AutoRecharge) check() error {
	var errs []error
	if len(a.PaymentIDs) == 0 {
		errs = append(errs, ports.Invalid("PaymentIDs", "is empty"))
	}
	for i, id := range a.PaymentIDs {
		errs = append(errs, checkPaymentID(id))
		if slices.Contains(a.PaymentIDs[:i], id) {
			errs = append(errs, ports.Invalid("PaymentIDs", "holds a duplicate"))
		}
	}
	errs = append(errs, checkWon("MinimumCash", a.MinimumCash), checkWon("RechargeTo", a.RechargeTo))
	if err := ports.Join(errs...); err != nil {
		return err
	}
	if a.MinimumCash.LessThan(decimal.NewFromInt(leastMinimumCash)) {
		return ports.Invalid("MinimumCash", "is below %d", leastMinimumCash)
	}
	if a.RechargeTo.Sub(a.MinimumCash).LessThan(decimal.NewFromInt(leastTopUp)) {
		return ports.Invalid("RechargeTo", "is less than %d above MinimumCash", leastTopUp)
	}
	return nil
}

// same compares what is configured; whether it is on is another matter.
func (a AutoRecharge) same(b AutoRecharge) bool {
	return slices.Equal(a.PaymentIDs, b.PaymentIDs) && a.MinimumCash.Equal(b.MinimumCash) && a.RechargeTo.Equal(b.RechargeTo)
}

// AutoRecharge reads how the provider's auto-recharge is configured.
func (c *Client) AutoRecharge(ctx context.Context) (AutoRecharge, error) {
	balance, err := c.Balance(ctx)
	if err != nil {
		return AutoRecharge{}, err
	}
	var used []PaymentMethod
	for method, err := range c.PaymentMethods(ctx) {
		if err != nil {
			return AutoRecharge{}, err
		}
		if method.AutoRecharge > 0 {
			used = append(used, method)
		}
	}
	slices.SortStableFunc(used, func(a, b PaymentMethod) int { return cmp.Compare(a.AutoRecharge, b.AutoRecharge) })
	state := AutoRecharge{
		On:          bool(balance.AutoRecharge),
		MinimumCash: balance.MinimumCash.Decimal, RechargeTo: balance.RechargeTo.Decimal,
	}
	for _, method := range used {
		state.PaymentIDs = append(state.PaymentIDs, method.PaymentID)
	}
	return state, nil
}

// SetAutoRecharge brings the provider's auto-recharge to want and reads it back. It
// may be repeated. To switch it off only, use [Client.SwitchAutoRecharge].
func (c *Client) SetAutoRecharge(ctx context.Context, want AutoRecharge) error {
	if err := want.check(); err != nil {
		return c.fault("set auto-recharge", err)
	}
	if !want.On {
		if err := c.SwitchAutoRecharge(ctx, false); err != nil {
			return err
		}
	}
	if err := c.configureAutoRecharge(ctx, want); err != nil {
		return err
	}
	if err := c.SwitchAutoRecharge(ctx, want.On); err != nil { // the configuration may have switched it
		return err
	}
	state, err := c.AutoRecharge(ctx)
	if err == nil && (state.On != want.On || !state.same(want)) {
		return c.changed("set auto-recharge")
	}
	return err
}

func (c *Client) configureAutoRecharge(ctx context.Context, want AutoRecharge) error {
	body := struct {
		PaymentIDs  []string    `json:"paymentIds"`
		MinimumCash json.Number `json:"minimumCash"`
		RechargeTo  json.Number `json:"rechargeTo"`
	}{want.PaymentIDs, number(want.MinimumCash), number(want.RechargeTo)}
	set := func() error {
		return c.write(ctx, call{op: "set auto-recharge", method: http.MethodPut, path: "/cash/v1/payment", body: body}, new(any))
	}
	return c.ensure(set, func() (bool, error) {
		state, err := c.AutoRecharge(ctx)
		return state.same(want), err
	})
}

// SwitchAutoRecharge switches the provider's auto-recharge on or off, and may be
// repeated. The provider offers a toggle only (documented), so the state is read
// first, the toggle sent once if it differs, and the answer compared; after an
// unknown answer the state is read again and the toggle never sent twice. Calls for
// one account, from whatever process, must not overlap.
func (c *Client) SwitchAutoRecharge(ctx context.Context, on bool) error {
	balance, err := c.Balance(ctx)
	if err != nil || bool(balance.AutoRecharge) == on {
		return err
	}
	var answer struct {
		AutoRecharge *Flag `json:"autoRecharge"`
	}
	toggled := c.write(ctx, call{op: "switch auto-recharge", method: http.MethodPut, path: "/cash/v1/recharge", body: struct{}{}}, &answer)
	if toggled == nil && answer.AutoRecharge != nil && bool(*answer.AutoRecharge) == on {
		return nil
	}
	if toggled != nil && !unknown(toggled) {
		return toggled
	}
	balance, err = c.Balance(ctx)
	switch {
	case err != nil:
		return ports.Join(toggled, err)
	case bool(balance.AutoRecharge) == on:
		return nil
	case toggled != nil:
		return toggled
	}
	return c.changed("switch auto-recharge")
}

// changed says that the provider accepted a setting that then was not there.
func (c *Client) changed(op string) error {
	return &Error{Op: op, Status: http.StatusOK, Message: "the state read back is another", Alarm: "the setting is changed elsewhere", cause: ports.ErrConflict}
}
