package autorecharge

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/ports"
)

var (
	noon          = time.Date(2026, 11, 1, 3, 0, 0, 0, time.UTC) // in Seoul
	first, second = ports.PaymentMethod{Charger: "cards", ID: "first"}, ports.PaymentMethod{Charger: "cards", ID: "second"}
)

func won(n int64) decimal.Decimal { return decimal.New(n, 0) }

// stepCase is a policy with an attempt of 99,000 won under way, on a wallet that has 1,000
// won, what happens, and the step that it takes.
type stepCase struct {
	name     string
	policy   func(*loaded) // before
	happened occurrence
	want     string
}

// order returns the order of the attempt, sent, as it ended.
func order(status ports.RechargeStatus, edit func(*ports.Recharge)) ordered {
	op := &ports.Recharge{Status: status, Amount: won(99_000), Key: "auto/k"}
	op.Transmissions, op.Answer.Code = 1, "402"
	if edit != nil {
		edit(op)
	}
	return ordered{op}
}

func open(due time.Duration) func(*ports.Recharge) {
	return func(op *ports.Recharge) {
		op.Open = true
		if due != 0 {
			op.DueAt = noon.Add(due)
		}
	}
}

func credited(n int64) func(*ports.Recharge) {
	return func(op *ports.Recharge) { op.Credited = won(n) }
}

// answered is what the provider said of an order, which was sent so often.
func answered(outcome ports.Outcome, code string, transmissions int) func(*ports.Recharge) {
	return func(op *ports.Recharge) {
		op.Answer.Outcome, op.Answer.Code, op.Transmissions = outcome, code, transmissions
	}
}

func next(op *ports.Recharge) { op.Answer.NextMethod = true }

func permanent(op *ports.Recharge) { op.Answer.Permanent = true }

// idle is a policy without an attempt.
func idle(edits ...func(*loaded)) func(*loaded) {
	return func(p *loaded) {
		p.State.Attempt, p.State.Charges = nil, nil
		for _, edit := range edits {
			edit(p)
		}
	}
}

func disabled(p *loaded)  { p.Status = ports.PolicyDisabled }
func failing(p *loaded)   { p.State.Failures, p.State.Why = 4, "declined: 402" }
func delegated(p *loaded) { p.Delegated, p.DueAt = true, noon.Add(-time.Minute) }
func late(p *loaded)      { p.State.LateUntil = noon.Add(20 * time.Minute) }

func held(p *loaded) {
	p.Status, p.State.Held, p.State.Why = ports.PolicySuspended, true, "fraud?"
}

// orderCases are all that may become of the order of an attempt.
func orderCases() []stepCase {
	return []stepCase{
		{"pending, looked at soon", nil, order(ports.RechargePending, open(time.Second)), "active, attempt, 1 of 99000; under_way 10s; due 10s"},
		{"pending, looked at in an hour", nil, order(ports.RechargePending, open(time.Hour)), "active, attempt, 1 of 99000; under_way 10m0s; due 10m0s"},
		{"in review", nil, order(ports.RechargeReview, open(0)), "active, attempt, 1 of 99000; under_way 10m0s; due 10m0s"},
		{"approved", nil, order(ports.RechargeApproved, credited(99_000)), "active, 1 of 99000; backoff 0s; due 0s; again"},
		{"approved after failures", failing, order(ports.RechargeApproved, credited(99_000)), "active, 1 of 99000; recovered (a charge succeeded); backoff 0s; due 0s; again"},
		{"approved while it is held", held, order(ports.RechargeApproved, credited(99_000)), "suspended (fraud?) held, 1 of 99000; backoff 0s; due 24h0m0s; again"},
		{
			"approved, of an amount that a bound made small", func(p *loaded) { p.RechargeTo = won(200_000) }, order(ports.RechargeApproved, credited(99_000)),
			"active, 1 of 99000, not before 1m0s; backoff 1m0s; due 1m0s; again",
		},
		{
			"approved, of less than was ordered", nil, order(ports.RechargeApproved, credited(500)),
			"active (less was charged than ordered: 500), 1 failures, 1 of 500, not before 1m0s; failing (less was charged than ordered: 500); backoff 1m0s; due 1m0s",
		},
		{
			"disputed", nil, order(ports.RechargeDisputed, credited(99_000)),
			"suspended (a recharge is disputed or was taken back) held, 1 failures, 1 of 99000, not before 1m0s; suspended (a recharge is disputed or was taken back); backoff 1m0s; due 24h0m0s",
		},
		{
			"reversed, of a policy that was switched off", disabled, order(ports.RechargeReversed, credited(99_000)),
			"disabled (a recharge is disputed or was taken back) held, 1 failures, 1 of 99000, not before 1m0s; backoff 1m0s; due 24h0m0s",
		},
		{
			"declined, and another method is tried", nil, order(ports.RechargeDeclined, next),
			"active (declined: 402), 1 of 0, tried first, declined first; declined (declined: 402); backoff 0s; due 0s; again",
		},
		{
			"declined again, and another method is tried", func(p *loaded) { p.State.Declined = []ports.PaymentMethod{first} }, order(ports.RechargeDeclined, next),
			"active, 1 of 0, tried first, declined first; backoff 0s; due 0s; again",
		},
		{
			"declined by the last method", func(p *loaded) { p.Methods = p.Methods[:1] }, order(ports.RechargeDeclined, next),
			"active (declined: 402), 1 failures, 1 of 0, not before 1m0s, declined first; failing (declined: 402); backoff 1m0s; due 1m0s",
		},
		{
			"declined by the last method, once too often", func(p *loaded) { failing(p); p.Methods = p.Methods[:1] }, order(ports.RechargeDeclined, next),
			"suspended (declined: 402), 5 failures, 1 of 0, not before 16m0s, declined first; suspended (declined: 402); backoff 16m0s; due 1h0m0s",
		},
		{
			"declined for good", nil, order(ports.RechargeDeclined, permanent),
			"suspended (declined: 402), 1 failures, 1 of 0, not before 1m0s, declined first, dead first; suspended (declined: 402); backoff 1m0s; due 1h0m0s",
		},
		{
			"declined after it was switched off", disabled, order(ports.RechargeDeclined, next),
			"disabled, 1 of 0, tried first, declined first; backoff 0s; due 24h0m0s",
		},
		{"not wanted", nil, order(ports.RechargeFailed, answered(ports.OutcomeNotSent, codeNotWanted, 0)), "active, 0 of 0; under_way 0s; due 0s; again"},
		{
			"not sent", nil, order(ports.RechargeFailed, answered(ports.OutcomeNotSent, "E1", 1)),
			"active (not sent: E1), 1 outages, 0 of 0, not before 1m0s; failing (not sent: E1); backoff 1m0s; due 1m0s",
		},
		{
			"not sent, after failures", failing, order(ports.RechargeFailed, answered(ports.OutcomeNotSent, "E1", 1)),
			"active (not sent: E1), 4 failures, 1 outages, 0 of 0, not before 1m0s; backoff 1m0s; due 1m0s",
		},
		{
			"a fault", nil, order(ports.RechargeFailed, answered(ports.OutcomeFault, "E2", 1)),
			"active (refused: E2), 1 failures, 1 of 0, not before 1m0s; failing (refused: E2); backoff 1m0s; due 1m0s",
		},
		{
			"a fault before it was sent", nil, order(ports.RechargeFailed, answered(ports.OutcomeFault, "E2", 0)),
			"active (refused: E2), 1 failures, 0 of 0, not before 1m0s; failing (refused: E2); backoff 1m0s; due 1m0s",
		},
		{
			"a fault for good", nil, order(ports.RechargeFailed, func(op *ports.Recharge) { answered(ports.OutcomeFault, "E2", 1)(op); permanent(op) }),
			"suspended (refused: E2), 1 failures, 1 of 0, not before 1m0s; suspended (refused: E2); backoff 1m0s; due 1h0m0s",
		},
		{
			"a fault while it is held", held, order(ports.RechargeFailed, answered(ports.OutcomeFault, "E2", 1)),
			"suspended (fraud?) held, 1 failures, 1 of 0, not before 1m0s; backoff 1m0s; due 24h0m0s",
		},
	}
}

// lookCases are all that may come of a look without an order.
func lookCases() []stepCase {
	above := looked{Decision{Why: ReasonAbove}}
	lane := Decision{Why: ReasonLane, Until: noon.Add(time.Minute), Method: first, OperationID: "op", OperationStatus: "review", blocks: true}
	watched := func(p *loaded) { p.Provider, p.DueAt = "cards", noon.Add(time.Hour) }
	return []stepCase{
		{"nothing is new", idle(watched), above, "active; above; due 1h0m0s; idle"},
		{"another recharge ended the round", idle(watched, func(p *loaded) { p.State.Tried = []ports.PaymentMethod{first} }), above, "active; above; due 1h0m0s"},
		{"it waits for the attempt", nil, looked{Decision{Why: ReasonUnderWay, Until: noon.Add(time.Minute)}}, "active, attempt, 1 of 99000; under_way 1m0s; due 1m0s"},
		{"an order blocks it", idle(), looked{lane}, "active; blocked (operation op (review) holds the lane of cards); lane 1m0s; due 1m0s"},
		{"the order blocks it still", idle(watched, func(p *loaded) { p.State.Blocked, p.DueAt = "op", noon.Add(time.Minute) }), looked{lane}, "active; lane 1m0s; due 1m0s"},
		{
			"a cap holds it back", idle(),
			looked{Decision{Why: ReasonDailyCount, Until: noon.Add(12 * time.Hour)}},
			"active; capped (the cap of the daily count leaves no room for a charge); daily_count 12h0m0s; due 12h0m0s",
		},
		{"no cap does any more", idle(func(p *loaded) { p.State.Capped = "daily_count" }), above, "active; uncapped (no cap is used up any more); above; due 24h0m0s"},
		{
			"a recharge is disputed", idle(),
			looked{Decision{Why: ReasonDisputed}},
			"suspended (a recharge is disputed or was taken back) held; suspended (a recharge is disputed or was taken back); disputed; due 24h0m0s",
		},
		{
			"the charge is refused", idle(),
			refused{errors.New("no"), 7},
			"suspended (refused: no), 1 failures, not before 1m0s; suspended (refused: no); backoff 1m0s; due 1h0m0s",
		},
		{
			"the provider cannot be asked", idle(),
			unasked{errors.New("no")},
			"active (not sent: no), 1 outages, not before 1m0s; failing (not sent: no); backoff 1m0s; due 1m0s",
		},
		{"the provider recharges too", idle(), unasked{fmt.Errorf("cards: %w", ErrBothOn)}, "active, drift; drift (cards: the provider's own auto-recharge is on); both_on 10m0s; due 10m0s"},
		{
			"the provider recharges still", idle(func(p *loaded) { p.State.Drift = ErrBothOn.Error() }),
			unasked{ErrBothOn},
			"active, drift; both_on 10m0s; due 10m0s",
		},
		{
			"cash fell below an alert level", idle(func(p *loaded) { p.AlertLevels = []decimal.Decimal{won(3_000), won(1_000), won(500)} }),
			dipped{},
			"active; alerts 3000 1000; under_way 0s; due 0s",
		},
		{
			"cash was below an alert level", idle(func(p *loaded) { p.AlertLevels = []decimal.Decimal{won(500)} }),
			dipped{dip{7, won(400)}},
			"active; alerts 500; under_way 0s; due 0s",
		},
		{"cash was below a level that is told", idle(func(p *loaded) { p.AlertLevels, p.State.Seen = []decimal.Decimal{won(500)}, 7 }), dipped{dip{7, won(400)}}, "active; under_way 0s; due 0s"},
		{
			"cash fell while an attempt is another process's", func(p *loaded) { p.AlertLevels, p.DueAt = []decimal.Decimal{won(1_000)}, noon.Add(3*time.Minute) },
			dipped{},
			"active, attempt, 1 of 99000; alerts 1000; under_way 3m0s; due 3m0s",
		},
		{"cash was recharged by hand", idle(failing, func(p *loaded) { p.Status = ports.PolicySuspended }), rechargedByHand{}, "active; under_way 0s; due 0s; again"},
		{"a charge is claimed", idle(), claimed{Decision{Charge: true, Method: second, Amount: won(5_000)}, "auto/new", 5 * time.Minute}, "active, attempt, 1 of 5000; under_way 5m0s; due 5m0s"},
	}
}

// editCases are changes by people, providers and the end of the wallet.
func editCases() []stepCase {
	return []stepCase{
		{"it may charge", idle(), edited{}, "active; under_way 0s; due 0s"},
		{"it has an attempt under way", func(p *loaded) { p.DueAt = noon.Add(time.Minute) }, edited{}, "active, attempt, 1 of 99000; under_way 1m0s; due 1m0s"},
		{"it is held", idle(held), edited{ports.PolicyEventSuspended, "fraud?"}, "suspended (fraud?) held; suspended (fraud?); suspended; due 24h0m0s"},
		{"its provider must be configured", idle(delegated), edited{}, "active, unconfigured; under_way 0s; due 0s"},
		{"it is deleted", idle(func(p *loaded) { p.Status, p.Open = ports.PolicyDeleted, false }), edited{}, "deleted, ended; ; never due"},
		{"its provider is configured", idle(delegated), configured{}, "active; delegated 24h0m0s; due 24h0m0s"},
		{"its provider cannot be configured", idle(delegated, late), configured{errors.New("no")}, "active; delegated 1m0s; due 1m0s"},
		{"its provider may hear more", idle(delegated, late), configured{}, "active; delegated 20m0s; due 20m0s"},
		{"its provider has the settings", idle(delegated, func(p *loaded) { p.State.Drift = "off" }), compared{}, "active; delegated 24h0m0s; due 24h0m0s"},
		{"its provider has others", idle(delegated), compared{drift: "off"}, "active, drift; drift (off); delegated 24h0m0s; due 24h0m0s"},
		{"its provider has others still", idle(delegated, func(p *loaded) { p.State.Drift = "off" }), compared{drift: "off"}, "active, drift; delegated 24h0m0s; due 24h0m0s"},
		{
			"its provider does not tell", idle(delegated, func(p *loaded) { p.State.Drift = "off" }),
			compared{err: errors.New("no")},
			"active, drift; delegated 1m0s; due 1m0s",
		},
		{"its wallet is closed", idle(), walletClosed{}, "deleted, ended; ; never due; alone"},
		{"its wallet is closed after an attempt", nil, walletClosed{}, "deleted, ended, 1 of 99000; ; never due; alone"},
		{"its wallet is closed and its provider may hear more", idle(delegated, late), walletClosed{}, "active;  20m0s; due 20m0s; alone"},
	}
}

// TestAdvance_takes_each_step: the policy, the events, the next look and what follows are in
// words. A step raises the version by one, says when it was
// made, and changes nothing that it was given.
func TestAdvance_takes_each_step(t *testing.T) {
	t.Parallel()
	for of, cases := range map[string][]stepCase{"order": orderCases(), "look": lookCases(), "edit": editCases()} {
		for _, tc := range cases {
			t.Run(of+"/"+strings.ReplaceAll(tc.name, " ", "_"), func(t *testing.T) {
				t.Parallel()
				policy, before := attempting(), attempting()
				if tc.policy != nil {
					tc.policy(policy)
					tc.policy(before)
				}
				wallet := &ports.Wallet{ID: "w", Status: ports.WalletActive, Currency: "KRW", Balance: won(1_000), Seq: 9}
				wallet.Watch.Below = decimal.NewNullDecimal(won(1_000))
				found := *wallet
				s := advance(policy, wallet, tc.happened, noon)
				require.Equal(t, tc.want, s.text())
				require.Equal(t, before, policy)
				require.Equal(t, found, *wallet)
				require.Equal(t, policy.Version+1, s.next.Version)
				require.Equal(t, noon, s.next.UpdatedAt)
				again := advance(policy, wallet, tc.happened, noon)
				require.Equal(t, s.text(), again.text())
			})
		}
	}
}

// attempting is a policy with an attempt under way.
func attempting() *loaded {
	p := &loaded{Policy: ports.Policy{
		OperationHead: ports.OperationHead{ID: "p", Kind: ports.KindPolicy, WalletID: "w", Version: 3, Open: true}, Status: ports.PolicyActive,
		PolicyTerms: ports.PolicyTerms{
			Methods: []ports.PaymentMethod{first, second}, MinimumCash: won(1_000), RechargeTo: won(100_000),
			BackoffFirst: time.Minute, BackoffMax: time.Hour, SuspendAfter: 5, TimeZone: "Asia/Seoul",
		},
	}}
	p.State.Attempt = &Attempt{Key: "auto/k", Method: first, Amount: won(99_000), At: noon, Seq: 8}
	p.State.Charges = []Charge{{Key: "auto/k", At: noon, Count: 1, Amount: won(99_000)}}
	return p
}

// text is the step in words: the policy; alerts and events; the look; what follows.
func (s *step) text() string {
	parts := []string{s.next.text()}
	if len(s.crossed) > 0 {
		alerts := "alerts"
		for _, level := range s.crossed {
			alerts += " " + level.String()
		}
		parts = append(parts, alerts)
	}
	for _, event := range s.events {
		parts = append(parts, fmt.Sprintf("%s (%s)", event.what, event.why))
	}
	look, due := string(s.look.Why), "never due"
	if !s.look.Until.IsZero() {
		look += " " + s.look.Until.Sub(noon).String()
	}
	if !s.next.DueAt.IsZero() {
		due = "due " + s.next.DueAt.Sub(noon).String()
	}
	parts = append(parts, look, due)
	for _, flag := range []struct {
		is   bool
		name string
	}{{s.again, "again"}, {s.idle, "idle"}, {s.alone, "alone"}} {
		if flag.is {
			parts = append(parts, flag.name)
		}
	}
	return strings.Join(parts, "; ")
}

// text is the policy in words.
func (p *loaded) text() string {
	text := string(p.Status)
	if p.State.Why != "" {
		text += " (" + p.State.Why + ")"
	}
	if p.State.Held {
		text += " held"
	}
	count, spent := used(p.State.Charges, time.Time{})
	for _, part := range []struct {
		is   bool
		text string
	}{
		{!p.Open, "ended"},
		{p.State.Attempt != nil, "attempt"},
		{p.State.Unconfigured, "unconfigured"},
		{p.State.Drift != "", "drift"},
		{p.State.Failures > 0, fmt.Sprintf("%d failures", p.State.Failures)},
		{p.State.Outages > 0, fmt.Sprintf("%d outages", p.State.Outages)},
		{p.State.Charges != nil, fmt.Sprintf("%d of %s", count, spent)},
		{!p.State.NotBefore.IsZero(), fmt.Sprintf("not before %s", p.State.NotBefore.Sub(noon))},
		{len(p.State.Tried) > 0, "tried " + ids(p.State.Tried)},
		{len(p.State.Declined) > 0, "declined " + ids(p.State.Declined)},
		{len(p.State.Dead) > 0, "dead " + ids(p.State.Dead)},
	} {
		if part.is {
			text += ", " + part.text
		}
	}
	return text
}

func ids(methods []ports.PaymentMethod) string {
	text := make([]string, len(methods))
	for i, m := range methods {
		text[i] = m.ID
	}
	return strings.Join(text, " ")
}
