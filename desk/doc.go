// Package desk lists what waits for a person: orders that the machine cannot decide,
// withdrawals that need an approval, orders that take too long, and policies that only an
// operator reinstates. It is one list over all packages, oldest first, and each item says what a
// person can do about it now. An operator's page, a command and a pager read it.
//
//	open, err := desk.New(store, desk.Config{Chargers: recharges.Chargers()})
//	items, err := open.Waiting(ctx, desk.Listing{})
//	for _, item := range items {
//		head := item.Operation.Head()
//		fmt.Println(head.Kind, head.ID, item.Operation.StatusText(), item.Why, item.Acts)
//	}
//
// Delegated policies are listed for the Chargers that [Config.Chargers] names. Not listed are alarms of orders that have ended, and policies whose state cannot be read
// unless they are suspended or delegated: events and the errors of jobs tell of these.
//
// A Desk only reads. The acts are methods of the services: see [recharge.Acts],
// [recharge.CancellationActs], [withdraw.Acts] and [autorecharge.Acts].
package desk
