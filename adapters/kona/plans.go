package kona

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/shopspring/decimal"
)

// The types of the provider's own auto-charge plans.
const (
	PlanThreshold = "INFINITE" // when the balance falls below a threshold (documented)
	PlanMonthly   = "FIXED"    // on a day of the month (documented)
	PlanPayment   = "PAYMENT"  // what is missing at a payment; our word, as the provider lists them apart
)

// PlanGroup is one of the provider's lists of auto-charge plans.
type PlanGroup int

// The lists of plans. A project's contract need not have all of them.
const (
	// PlansOfAccount are charged from the member's account, by a threshold or monthly.
	PlansOfAccount PlanGroup = iota + 1
	// PlansAtPayment charge from the account what is missing at a payment.
	PlansAtPayment
	// PlansOfCreditCard are charged to a credit card.
	PlansOfCreditCard
)

// planList is where a group is listed.
type planList struct {
	group    PlanGroup
	op, path string
	name     string // of the list in the answer (documented)
}

func planLists() []planList {
	return []planList{
		{PlansOfAccount, "list auto-charge plans", "/api/v1/recharges/auto/plans", "parInfoList"},
		{PlansAtPayment, "list auto-charge at payment", "/api/v1/recharges/auto/payments/plans", "parInfoList"},
		{PlansOfCreditCard, "list auto-charge by credit card", "/api/v1/recharges/online-payment/auto/plans", "planInfoList"},
	}
}

// String returns what the group is.
func (g PlanGroup) String() string {
	for _, list := range planLists() {
		if list.group == g {
			return list.op
		}
	}
	return fmt.Sprintf("PlanGroup(%d)", int(g))
}

// AutoPlan is an auto-charge that the provider runs by itself.
type AutoPlan struct {
	Group     PlanGroup
	Type      string
	Active    bool
	PAR       string
	Amount    decimal.NullDecimal
	Threshold decimal.NullDecimal
	Since     time.Time // zero when it cannot be read
}

// AutoPlans lists the provider's own auto-charge plans of a member, of all groups but
// those left out (documented; that all lists are asked for by userId, and that a plan by
// credit card has the fields of the others, is inferred). A state that is not known counts
// as active. A success without the list means that there are no plans (documented); one
// with another list is an error, for that may hold them.
func (c *Client) AutoPlans(ctx context.Context, user UserID, without ...PlanGroup) ([]AutoPlan, error) {
	plans := []AutoPlan{}
	for _, list := range planLists() {
		if slices.Contains(without, list.group) {
			continue
		}
		rows, err := c.plans(ctx, list, user)
		if err != nil {
			return nil, err
		}
		for _, row := range rows {
			plans = append(plans, readPlan(list.group, row))
		}
	}
	return plans, nil
}

func (c *Client) plans(ctx context.Context, list planList, user UserID) ([]fields, error) {
	req := memberCall(list.op, list.path, user)
	req.sealed = true // encrypted where the documentation can be seen
	if err := user.check(); err != nil {
		return nil, c.failure(req, ClassFault, err)
	}
	answer, err := c.ask(ctx, req)
	if err != nil {
		return nil, err
	}
	rows, err := answer.listOrNone(list.name)
	if err != nil {
		return nil, c.unreadable(req, 200, err)
	}
	return rows, nil
}

var errOtherList = errors.New("answer holds something else where the list is expected")

// listOrNone returns a list that may be missing, unless the answer holds anything else
// that could be it.
func (f fields) listOrNone(name string) ([]fields, error) {
	if f.has(name) {
		return f.listOf(name)
	}
	for other, raw := range f {
		if other != "response" && len(raw) > 0 && (raw[0] == '[' || raw[0] == '{') {
			return nil, errOtherList
		}
	}
	return nil, nil
}

// readPlan reads a plan. One at payment has neither type nor state: it is there or not.
func readPlan(group PlanGroup, row fields) AutoPlan {
	plan := AutoPlan{
		Group: group, Type: cleanCode(row.optional("type")), Active: row.optional("state") != "INACTIVE",
		PAR: row.optional("par"), Since: parseStamp(row.optional("registeredDate")),
	}
	plan.Amount, _ = row.amount("amount")
	plan.Threshold, _ = row.amount("thresholdBalance")
	if group == PlansAtPayment {
		plan.Type, plan.Active = PlanPayment, true
	}
	return plan
}
