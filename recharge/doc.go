// Package recharge takes money in: it charges a payment method through a
// [ports.Charger] and credits the wallet, exactly once, whatever fails.
//
//	service, err := recharge.New(store, wallets, recharge.Config{}, charger)
//	…
//	op, err := service.Recharge(ctx, recharge.Request{
//		WalletID: "w1", Key: "topup-1", Charger: charger.Name(),
//		PaymentMethod: cardID, Amount: decimal.NewFromInt(10000),
//	})
//	switch op.Status {
//	case ports.RechargeApproved: // the wallet is credited
//	case ports.RechargeDeclined: // no money moved
//	case ports.RechargeFailed: // no money moved: nothing was sent, or the order was wrong; op.Why says why
//	case ports.RechargeAwaiting: // the customer is to pay: show op.Shown until op.Deadline
//	default: // the worker or a person finds out; an event tells of it
//	}
//
// A recharge is written down before the provider hears of it, and finished in the
// same unit as the entry that credits the wallet. A crash between any two steps
// leaves a record from which the worker finds the truth: run [Service.Jobs] in a
// worker.Worker, in as many processes as there are.
//
// An order whose answer was lost is never sent again blindly and never taken for a
// failure. It is inquired about until it is known, or a person decides: [Acts] says how.
//
// Customers also pay by themselves. For a window of the provider and for a bank transfer
// [Service.Begin] writes the recharge down; for a virtual account that the provider issues,
// [Service.Recharge] does, and the recharge awaits the customer then. [Service.Confirm] sends one that the
// customer has agreed to in a window; [Service.InquireNow] and the worker ask the provider about it;
// [Service.Approve] is a person's word that a bank transfer has arrived.
//
// A [Bonus] comes with the credit and leaves with it. A charge that is taken back after the customer
// has spent the money is reversed by [Service.ReverseOwing]: it takes out the cash that is in the
// wallet, and the wallet owes what it lacks, until [Service.Collect] has taken that from later cash.
//
// [Service.Preview] and [Service.PreviewBegin] tell what a recharge would do, or why it would be
// refused: nothing is written, and no provider is asked. Confirm, cancellations and the acts of people
// have no preview.
//
// # Errors
//
// A decline is no error: the record says it. Errors are refusals at the door
// ([ports.ErrInvalid], [ports.ErrNotFound], [ports.ErrKeyReused], [ports.ErrClosed],
// [InProgressError], a [ports.LimitError] of the wallet) before anything was sent, or a store that
// could not be reached; then the same call with the same key tells what became of it. A person's
// decision is refused in addition with [ports.ErrNotOpen], when the recharge does not wait for one,
// with a [ChargeTakenError], when another recharge is credited for the same payment, and with
// [ports.ErrInsufficient], when the wallet has not the cash that is to leave it. What a Charger
// cannot do is [ErrNoAwait], [ErrNoConfirm], [ErrNoCancel] or [ErrNoPart]; a token that it
// refuses is a [NotConfirmedError].
//
// # Concurrency
//
// A [Service] is safe for concurrent use, by any number of processes on one store. A call whose context
// ends while its unit is being written returns when the store has answered, which the store bounds.
// While an order is open no other is sent in its lane.
//
// # Time
//
// Inquiries and leases go by the [ports.Clock]; calls to a provider are bounded by a
// timer.
//
// # Caveats
//
// What a Charger answers is trusted. The suite portstest.TestCharger is how one is
// found out; it needs a simulator of the provider that a test can break.
package recharge
