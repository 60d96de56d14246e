// Package desk lists the operations that a person must act on: orders that the machine cannot
// decide, withdrawals that need an approval, orders that take too long, and policies that only an
// operator reinstates. [Desk.Waiting] returns those of all packages in one list, oldest first. Each
// item has the acts that are allowed now. An operator's page, a command or a pager reads the list.
//
//	open, err := desk.New(store, desk.Config{Chargers: recharges.Chargers()})
//	items, err := open.Waiting(ctx, desk.Listing{})
//	for _, item := range items {
//		head := item.Operation.Head()
//		fmt.Println(head.Kind, head.ID, item.Operation.StatusText(), item.Why, item.Acts)
//	}
//
// The list has delegated policies of the Chargers that [Config.Chargers] names. It does not have
// the alarms of orders that have ended, which events tell, nor what wallets owe, which
// [recharge.Service.Debts] lists. It does not have an active policy whose state cannot be read, unless
// the policy is delegated: the job of the engine returns an error that names the policy.
//
// A Desk only reads. The acts are methods of the services: see [recharge.Acts],
// [recharge.CancellationActs], [withdraw.Acts] and [autorecharge.Acts]. Those about debts are
// [recharge.DebtActs].
package desk
