package portstest

import (
	"fmt"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/ports"
)

// amountsAreMade makes settings whose amounts are written in another form, and of other amounts:
// they are made as they are, or refused.
func amountsAreMade(d *delegateTest) {
	for i := range formsOf(decimal.NewFromInt(10_000)) {
		to := d.first
		if minimum, target := formsOf(to.MinimumCash), formsOf(to.RechargeTo); i < min(len(minimum), len(target)) {
			to.MinimumCash, to.RechargeTo = minimum[i], target[i]
		}
		d.Set(d.second)
		why := fmt.Sprintf("amounts are written %s and %s", written(to.MinimumCash), written(to.RechargeTo))
		d.NoError(d.configure(to), why)
		d.isAs(to, why)
	}
	for _, amount := range amountsToTry() {
		target, minimum := d.first, d.first
		target.RechargeTo = target.RechargeTo.Add(amount)
		minimum.MinimumCash = minimum.MinimumCash.Add(amount)
		minimum.RechargeTo = minimum.RechargeTo.Add(amount).Add(amount)
		for _, to := range []ports.Delegation{target, minimum} {
			d.Set(d.second)
			if d.configure(to) == nil {
				d.isAs(to, fmt.Sprintf("the amounts are %s and %s", to.MinimumCash, to.RechargeTo))
			}
		}
	}
}
