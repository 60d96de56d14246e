package tosstest

import (
	"time"

	"github.com/shopspring/decimal"
)

// endPayout ends a payout. Unless it is COMPLETED the money comes back. COMPLETED and FAILED
// are announced (documented).
func (s *Simulator) endPayout(p *payout, status, failure string, now time.Time) {
	p.Status, p.failure = status, failure
	if status != Completed {
		p.Executions--
		s.balance = s.balance.Add(p.Amount)
	}
	if status != Canceled {
		s.sendSigned(now, p.Ref, "payout", p.wire())
	}
}

// sendSigned sends the event entity.changed with a signature.
func (s *Simulator) sendSigned(now time.Time, order, entity string, body map[string]any) {
	s.send(now, order, map[string]any{
		"eventType": entity + ".changed", "createdAt": created(now), "version": versionTwo, "eventId": "evt_" + s.lower(20),
		"entityType": entity, "entityBody": body,
	}, true)
}

// bankRefusal is the failure of a payout that a bank refused, of those that are documented.
const bankRefusal = "ACCOUNT_OWNER_CHECK_FAILED"

// SettlePayouts ends all payouts in REQUESTED and IN_PROGRESS, as COMPLETED or as FAILED
// with an error and the money back, and reports whether there was one. With test keys those
// to the documented failing accounts are FAILED in any case.
func (s *Simulator) SettlePayouts(done bool) bool {
	now := s.world.Enter()
	defer s.world.Unlock()
	settled := false
	for _, p := range s.payouts {
		if !p.open() {
			continue
		}
		settled = true
		if done && !s.failsInTests(p) {
			s.endPayout(p, Completed, "", now)
		} else {
			s.endPayout(p, Failed, bankRefusal, now)
		}
	}
	return settled
}

// failingAccounts are the accounts that refuse payouts with test keys, by number, and their
// banks (documented).
var failingAccounts = map[string]string{"77701777777": "295", "3025353430761": "011", "02004240994312": "002"}

// failsInTests reports whether a payout goes to one of the accounts that refuse it.
func (s *Simulator) failsInTests(p *payout) bool {
	to := s.sellers[p.Seller]
	return !s.config.Live && to != nil && failingAccounts[to.AccountNumber] == to.BankCode
}

// FailLater has the bank refuse a payout in REQUESTED or IN_PROGRESS a day later, unless it
// ends before.
func (s *Simulator) FailLater(payoutID string) {
	now := s.world.Enter()
	defer s.world.Unlock()
	if p := s.payoutByID(payoutID); p != nil && p.open() {
		p.fails = now.Add(24 * time.Hour)
	}
}

// failPayouts ends the payouts that a bank refuses.
func (s *Simulator) failPayouts(now time.Time) {
	for _, p := range s.payouts {
		if p.open() && !p.fails.IsZero() && !now.Before(p.fails) {
			s.endPayout(p, Failed, bankRefusal, p.fails)
		}
	}
}

// PayOutside pays an amount to a seller as others do who have the shop's key, at any hour,
// and returns the id of the payout. It is COMPLETED at once.
func (s *Simulator) PayOutside(seller string, amount decimal.Decimal) (payoutID string) {
	now := s.world.Enter()
	defer s.world.Unlock()
	p := &payout{Payout: Payout{
		ID: "FPA_" + s.lower(24), Ref: "outside-" + s.lower(16), Seller: seller, Amount: amount, Executions: 1, Outside: true, At: now,
	}, schedule: express, date: now.In(korea()).Format(time.DateOnly), description: "outside"}
	s.payouts = append(s.payouts, p)
	s.balance = s.balance.Sub(amount)
	s.endPayout(p, Completed, "", now)
	return p.ID
}
