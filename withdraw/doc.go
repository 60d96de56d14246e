// Package withdraw pays money out: it quotes a fee that explains itself, takes the
// total out of the wallet, waits for approvals, pays through a [ports.Disburser], and
// books the payout or gives the total back.
//
//	schedule := withdraw.FeeSchedule(solapi.FeeSchedule())
//	quote, err := schedule.Quote(decimal.NewFromInt(20000))
//	fmt.Println(text.Quote(&quote, text.English))
//	// 5% of 20,000 KRW = 1,000 KRW; fixed 500 KRW; fee 1,500 KRW; you receive 18,500 KRW
//
//	service, err := withdraw.New(store, wallets, withdraw.Config{}, withdraw.Route{
//		Disburser: disburser, Schedule: schedule, Approvals: 1,
//	})
//	…
//	op, err := service.Request(ctx, withdraw.Request{
//		WalletID: "w1", Key: "payout-1", Disburser: disburser.Name(), Total: decimal.NewFromInt(20000),
//		Who: "customer-1",
//	})
//	op, err = service.Approve(ctx, ports.Act{ID: op.ID, By: ports.By{Who: "kim", Why: "documents seen"}})
//
// A withdrawal is written down, and its total leaves the wallet, in one unit. From
// then on it ends in one of two ways: paid out, or given back by one entry. An order
// whose answer was lost is never sent again blindly: the worker inquires about it
// ([Service.Jobs]), or a person decides ([Service.ReportPaid],
// [Service.ReportRefused], [Service.Inquire]). An answer that contradicts the end
// makes it disputed: it moves no money, and a person ends it. [Acts] says what a person can
// do about a withdrawal.
//
// Who does what is kept: Request names the person who asks, each act of an operator the
// person and the reason. Approvals come from distinct people, none of whom is the person
// who asked, and a person who approved may not report the payout paid: see [Route].
//
// While the wallet is frozen no withdrawal is sent. One that was never sent waits in
// status approved, with the reason in Why; the worker sends it after the wallet is
// unfrozen, [Service.Cancel] or [Service.Decline] gives its total back, and [Service.PayFrozen] sends
// it although the wallet is frozen. [Request.DespiteFreeze] decides the same about a new one.
//
// [Request.All] pays out all cash that can be paid. [Service.Leave] winds a wallet up: it pays out
// all, and closes the wallet in the unit that completes the withdrawal. Points, and cash that the
// route cannot pay, are forfeited in that unit and not before, as far as the request allows it. The
// call is repeated with the same key until the wallet is closed. A payout that comes back afterwards
// cannot be booked in the closed wallet ([ports.ErrClosed]): [Service.Dispute] keeps the withdrawal on
// the desk until a person has paid its owner in another way.
//
// A withdrawal that would make the wallet's auto-recharge charge is refused with
// [ErrTripsRecharge], where the host gives the service a [Guard]: autorecharge.Engine is one.
// [Request.LiftGuard] lifts that for one withdrawal.
//
// [Service.Preview] tells what a withdrawal would do, or why it would be refused: nothing is written, and
// no provider is asked. Of [Service.Leave] it tells the amounts, by a [Request] with All.
//
// # Errors
//
// What a provider refuses is no error: the record says it. Errors are refusals at the
// door ([ports.ErrInvalid], [ports.ErrNotFound], [ports.ErrKeyReused], [ports.ErrInsufficient],
// [ports.ErrFrozen], [ports.ErrClosed], [ports.ErrCurrency], [ports.ErrOpenOperations],
// [ports.ErrNotEmpty], [ErrOutsideLimits], [ErrFeeExceeds], [ErrNoTotal], [ErrFeeChanged],
// [ErrTripsRecharge]), a step that does not fit the record's status ([ports.ErrNotOpen]) or that
// takes another person ([ErrSamePerson]), a number that cannot be compared ([ErrSealed]), or a
// store that could not be reached.
//
// # Concurrency
//
// A [Service] is safe for concurrent use, by any number of processes on one store.
// While an order is being sent, or it is not known whether the provider has it, no other
// order is in its lane. An order that is pending under the provider's own id is no longer in the lane.
//
// # Time
//
// Inquiries and leases go by the [ports.Clock]; calls to a provider are bounded by a
// timer.
//
// # Account numbers
//
// A number is kept nowhere but where the host's [ports.Sealer] sealed it. A retry is
// compared with it there: another number under the same key is [ports.ErrKeyReused], and a
// number that cannot be read is [ErrSealed]. No digest of it is kept: so few digits can be
// guessed.
package withdraw
