package kona

import (
	"context"
	"time"

	"github.com/shopspring/decimal"
)

// The types of the provider's own auto-charge plans.
const (
	PlanThreshold = "INFINITE" // when the balance falls below a threshold (documented)
	PlanMonthly   = "FIXED"    // on a day of the month (documented)
	PlanPayment   = "PAYMENT"  // what is missing at a payment; our word, as the provider lists them apart
)

// AutoPlan is an auto-charge that the provider runs by itself.
type AutoPlan struct {
	Type      string
	Active    bool
	PAR       string
	Amount    decimal.NullDecimal
	Threshold decimal.NullDecimal
	Since     time.Time // zero when it cannot be read
}

// AutoPlans lists the provider's own auto-charge plans of a member, of all types
// (documented; that both lists are asked for by userId is inferred). A state that is
// not known counts as active, and a list that is missing is an error: for a host must
// not take silence for "none".
func (c *Client) AutoPlans(ctx context.Context, user UserID) ([]AutoPlan, error) {
	planned, err := c.plans(ctx, memberCall("list auto-charge plans", "/api/v1/recharges/auto/plans", user), user, fields.list)
	if err != nil {
		return nil, err
	}
	atPayment, err := c.plans(ctx, memberCall("list auto-charge at payment", "/api/v1/recharges/auto/payments/plans", user), user,
		func(f fields) ([]fields, error) { return f.listOf("parInfoList") })
	if err != nil {
		return nil, err
	}
	plans := make([]AutoPlan, 0, len(planned)+len(atPayment))
	for _, row := range planned {
		plans = append(plans, readPlan(row))
	}
	for _, row := range atPayment {
		plans = append(plans, AutoPlan{
			Type: PlanPayment, Active: true, PAR: row.optional("par"), Since: parseStamp(row.optional("registeredDate")),
		})
	}
	return plans, nil
}

func (c *Client) plans(ctx context.Context, req call, user UserID, list func(f fields) ([]fields, error)) ([]fields, error) {
	req.sealed = true // encrypted where the documentation can be seen
	if err := user.check(); err != nil {
		return nil, c.failure(req, ClassFault, err)
	}
	answer, err := c.ask(ctx, req)
	if err != nil {
		return nil, err
	}
	rows, err := list(answer)
	if err != nil {
		return nil, c.unreadable(req, 200, err)
	}
	return rows, nil
}

func readPlan(row fields) AutoPlan {
	amount, _ := row.amount("amount")
	threshold, _ := row.amount("thresholdBalance")
	return AutoPlan{
		Type: cleanCode(row.optional("type")), Active: row.optional("state") != "INACTIVE", PAR: row.optional("par"),
		Amount: amount, Threshold: threshold, Since: parseStamp(row.optional("registeredDate")),
	}
}
