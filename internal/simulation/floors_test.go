package simulation_test

import (
	"fmt"
	"slices"
	"strings"

	"github.com/jigap/jigap/ports"
)

// From so many seeds on a run is large enough to be judged as a whole.
const (
	seedsForShares = 200
	seedsForFloors = 1_000
)

// judge checks what can only be seen of many runs together: that the machine leaves
// hardly anything to people, and that everything that may happen does.
func (s *summary) judge() error {
	if s.Seeds < seedsForShares {
		return nil
	}
	ended, left := 0, 0
	for name, n := range s.groups["operations ended"] {
		if kind, _, _ := strings.Cut(name, " "); kind != string(ports.KindHold) && kind != string(ports.KindPolicy) {
			ended += n
		}
	}
	for _, n := range s.groups["left to people"] {
		left += n
	}
	if left*100 > ended {
		return fmt.Errorf("of all seeds: of %d orders %d were left to people, more than one in a hundred", ended, left)
	}
	if s.Seeds < seedsForFloors {
		return nil
	}
	for group, names := range floors() {
		for _, name := range names {
			if s.groups[group][name] == 0 {
				return fmt.Errorf("of all seeds: in %d it never came to %s: %s", s.Seeds, group, name)
			}
		}
	}
	return nil
}

// floors names what has to happen in a large run, by group.
func floors() map[string][]string {
	must := map[string][]string{
		"store faults": storeFaults,
		"crashes":      {"of a process"},
		"delegation": {
			"charges by the provider itself", "charges of ours while a provider may recharge", "drift found",
			"refused, since both would be on", "settings by a person at the provider",
		},
		"currencies": {"KRW acknowledged", "USD acknowledged", "KRW, too fine, refused", "USD, too fine, refused", "from one to another refused"},
		"pauses":     {"of a process", "of a call", "clock jumps", "a store takes no writes"},
		"chargers":   {"a charge through one that is wrapped", "left by the core, deaf to its context", "not in the process, refused"},
		"bonuses": {
			"not granted, nothing was credited", "not granted, it had expired", "granted", "taken back", "taken back, a part was missing",
		},
		"chargebacks": {"taken back", "given back", "booked by people at rest", "reinstated by people at rest"},
		"limits":      {"exceeded by what had arrived, or came back", "refused by balance", "refused by credited_per_day", "refused by credited_per_month", "refused by point"},
		"awaited": {
			"transfer, approved", "transfer, approved, another amount", "transfer, approved, late", "transfer, expired", "window, approved",
			"window, approved, another amount", "window, approved, late", "window, expired", "window, approved, a part is left", "window, reversed",
			viaPay + ", approved", viaPay + ", approved, a part is left", viaPay + ", reversed", viaPay + ", declined", viaPay + ", expired",
			viaAccount + ", approved", viaAccount + ", approved, a part is left", viaAccount + ", reversed", viaAccount + ", declined", viaAccount + ", failed",
		},
		"customers": {
			"transfer", "transfer, late", "virtual account", "virtual account, late", "window, agreed",
			"toss window, agreed", "toss window, agreed again", "toss window, left open", "toss window, another amount", "toss account", "toss account, at rest",
			"toss account, at rest, late", "toss account, closed by others", "a deposit fails",
			"a cancellation is approved after its end", "a cancellation is declined after its end",
		},
		"cards at Toss": {
			viaCards + ", approved", viaCards + ", approved, a part is left", viaCards + ", declined", viaCards + ", failed", viaCards + ", reversed",
		},
		"notifications": {
			"delivered", "doubled", "overtaken", "an hour late", "repeated", "lost", "a false secret", "made up", "answered 200", "answered 400", "answered 503",
		},
		"deposits that failed":          {"reversed"},
		"people at rest":                {"a deposit that failed is found", "a part is reinstated", "a part is reversed", "all that was left is reinstated"},
		"previews":                      {"a forecast", "refused", "as foreseen"},
		"wound up":                      {"closed, completed", "kept open, completed", "kept open, canceled"},
		"withdrawals of frozen wallets": {"canceled", "paid all the same", "looked at before they are sent"},
	}
	for _, r := range refusals {
		must["refusals"] = append(must["refusals"], r.err.Error())
	}
	for _, k := range kinds {
		must["asked for"] = append(must["asked for"], k.name+" "+string(k.usually()))
	}
	for _, fault := range slices.Concat(solapiOrders, solapiQuestions, solapiSettings) {
		must["provider faults"] = append(must["provider faults"], "solapi "+fault.name)
	}
	for _, fault := range append(konaOrders[:len(konaOrders):len(konaOrders)], konaOthers...) {
		must["provider faults"] = append(must["provider faults"], "kona "+fault.name)
	}
	for _, fault := range slices.Concat(tossOrders, tossQuestions) {
		must["provider faults"] = append(must["provider faults"], "toss "+fault.name)
	}
	for _, scenario := range tossScenarios {
		must["toss scenarios"] = append(must["toss scenarios"], scenario.name)
	}
	for _, fault := range windowFaults {
		must["provider faults"] = append(must["provider faults"], "window "+fault)
	}
	for kind, statuses := range statuses {
		for _, status := range statuses {
			must["statuses"] = append(must["statuses"], string(kind)+" "+status)
		}
	}
	return must
}

// statuses are those that records come to in a large run.
var statuses = map[ports.OperationKind][]string{
	ports.KindDebt:   ports.Statuses(ports.DebtOwed, ports.DebtCollected, ports.DebtWrittenOff, ports.DebtDropped),
	ports.KindHold:   ports.Statuses(ports.HoldHeld, ports.HoldCaptured, ports.HoldReleased, ports.HoldExpired),
	ports.KindPolicy: ports.Statuses(ports.PolicyActive, ports.PolicyDisabled, ports.PolicySuspended, ports.PolicyDeleted),
	ports.KindRecharge: ports.Statuses(
		ports.RechargeSending, ports.RechargePending, ports.RechargeUnknown, ports.RechargeReview, ports.RechargeApproved,
		ports.RechargeDeclined, ports.RechargeFailed, ports.RechargeReversed, ports.RechargeAwaiting, ports.RechargeExpired, ports.RechargeDisputed,
	),
	ports.KindCancellation: ports.Statuses(
		ports.CancellationSending, ports.CancellationPending, ports.CancellationUnknown, ports.CancellationApproved, ports.CancellationFailed, ports.CancellationDeclined,
	),
	ports.KindWithdrawal: ports.Statuses(
		ports.WithdrawalRequested, ports.WithdrawalApproved, ports.WithdrawalSending, ports.WithdrawalPending, ports.WithdrawalUnknown,
		ports.WithdrawalCompleted, ports.WithdrawalReturned, ports.WithdrawalRejected, ports.WithdrawalCanceled, ports.WithdrawalFailed,
	),
}
