// Package autorecharge charges a payment method when the cash of a wallet runs low,
// and stops when that does no good. It also tells the host of low balances.
//
//	trigger := autorecharge.NewTrigger()
//	wallets, err := ledger.New(store, ledger.Config{Observer: trigger})
//	recharges, err := recharge.New(store, wallets, recharge.Config{}, charger)
//	engine, err := autorecharge.New(store, wallets, recharges, autorecharge.Config{Trigger: trigger})
//	…
//	_, err = engine.Set(ctx, autorecharge.SetRequest{
//		WalletID: "w1", By: ports.By{Who: "customer-1", Why: "switched on in the app"},
//		Terms: ports.PolicyTerms{
//			Methods:     []ports.PaymentMethod{{Charger: charger.Name(), ID: cardID}},
//			MinimumCash: decimal.NewFromInt(1000), RechargeTo: decimal.NewFromInt(100000),
//		},
//	})
//
// What is to be done is decided by one pure function, [Decide]. What becomes of the policy
// by a look, an order or an act of a person (its [State], the events, the next look) is the
// result of another one. Everything else carries both out. [Decide] is asked right after an
// operation that lowered a balance (by the [Trigger]) and by a worker's sweep
// ([Engine.Jobs]), so that a crash between the two loses nothing.
//
// A charge is a multiple of the policy's ChargeUnit, whole units of the currency by
// default: what a wallet that keeps fractions of them needs is rounded up.
//
// A process leaves a policy alone while it does not have the Charger that the policy needs
// next: it changes neither the status nor the counts, and another process goes on.
//
// Recharges by hand that have not ended count as money under way: as long as money may
// have moved, or while a Charger that the policy names works on them. A payment that is
// pending elsewhere, such as a bank transfer that was announced, counts for ten minutes.
//
// While another order holds the lane of the payment method, a policy waits and asks no
// provider. [Engine.Explain] names that order; the host is told once ("blocked") when the
// order is in review or has held the lane for ten minutes.
//
// What keeps it from running away:
//
//   - an attempt is claimed in the policy, by compare-and-swap and in the same unit as
//     its order, before anything is sent, and counts while it is under way or unknown.
//     Between the two it looks once more: an order that is not wanted
//     any more ends as failed, with the code "not_wanted", and counts for nothing
//   - only a definite decline moves on to the next payment method, and the first of
//     each method is told; a method that declines for good is not charged again
//   - rounds in which every method declined, charges that fall short of what was
//     ordered, and faults of ours back off, doubling; after so many in a row the policy
//     suspends itself, durably, before anybody is told; what can never succeed suspends
//     at once
//   - an outage backs off too, tries the same method again and suspends nothing; an
//     unknown is waited for
//   - a recharge that is disputed or was taken back suspends it
//   - an operator, a changed payment method or a recharge by hand reinstates what failures
//     suspended; the passing of time does not. What a dispute or an operator suspended
//     only an operator reinstates, with [Engine.Reinstate], also after Delete and Set
//   - caps bound the attempts and the money of a day and a month, also when the policy
//     is deleted and set again; attempts that were sent and failed count, attempts that
//     were provably not sent do not. A cap that holds a charge back is told once, and
//     once when none does any more
//   - where a bound keeps a charge far below the need, the next one follows a minute later
//   - before each charge the provider is asked whether its own auto-recharge is on
//
// # Delegated policies
//
// The provider may recharge by itself: then a delegated policy says how, the provider
// is configured after the policy is written, again by a worker where that failed
// ([ErrNotConfigured]), and compared with it every day ([Engine.Drift]). It follows the
// policy's status: off while it is disabled, suspended or deleted. A setting whose answer
// was lost may arrive late: for half an hour the policy can be switched, but neither
// deleted nor turned into one of ours, and then the provider is set once more.
//
// A provider has one setting for an account, so a Charger has at most one delegated
// policy, over all wallets and whether it is switched on or not: Set refuses another with
// [ErrBothOn]. Of two that are set at the same moment, the one with the lower id owns the
// provider, and the job of the other fails. When the owner is deleted or abandoned, the
// other policy owns the provider and configures it.
//
// When the provider is gone for good, an operator ends the policy with [Engine.Abandon].
// That cannot promise that the provider stops.
//
// # Closed wallets
//
// The policy of a wallet that was closed ends: when the [Trigger] tells of it, or within
// a day by a worker's sweep, which looks at every policy that often. The provider of a
// delegated one is switched off first.
//
// # Alerts
//
// A low-balance alert is told once for each downward crossing. The trigger also tells
// of a dip that is over before anybody looks; without one the sweep sees what lasts
// until it comes by. As all events, an alert may be lost in a crash after it was
// written down; wallets below a level can be listed by the Fired of the policies' [State].
//
// # Errors
//
// [Engine.Set] reports every fault of the terms, each a [ports.InvalidError].
// [ErrBothOn] keeps the provider's own auto-recharge and this one from charging both.
// [ErrNotConfigured]: the policy is written, and its provider not configured yet.
// A charge that fails is no error: the policy's state and events say it.
//
// # Concurrency
//
// An [Engine] is safe for concurrent use, by any number of processes on one store:
// one attempt is in flight per wallet. Chargers are kept apart: each has a job and a queue
// of the [Trigger] of its own, so a provider that hangs holds up its own policies only.
//
// # Time
//
// Days and months are counted in the policy's time zone, Asia/Seoul by default. Any other
// zone needs time zone data on each machine (or the package time/tzdata in the program):
// where it is missing, a policy with caps does not charge. Each begins with the first
// instant of its date, where clocks leave midnight out too. It counts for ten seconds more
// at both ends, so that caps hold though the clocks of processes differ by that much.
package autorecharge
