// Package ports holds the driven ports of jigap: the records that cross the
// boundary between the core and the outside, and the small interfaces that
// carry them. (In other code bases "port" also means an HTTP handler; here it
// never does.)
//
// Records are plain values: [Wallet], [PointLot], [Entry] and the operation
// records [Hold], [Recharge], [Cancellation], [Withdrawal] and [Policy]. They decide
// nothing: what an operation does to a balance is decided in package ledger and the
// packages above it.
//
// Interfaces are for authors of adapters. A host holds concrete types
// (*ledger.Ledger and so on) and hands adapters to their constructors:
//
//   - [Store] keeps wallets, entries and operation records. It decides nothing
//     about money. Package ports/portstest holds the suite every store passes.
//   - [Charger] takes money in through a provider, [Disburser] pays it out.
//     Both answer with an [Outcome], never with a bare error.
//   - [Notifier] and [Observer] tell the host what happened.
//   - [Clock] and [IDs] bring in time and identity.
//
// # Money
//
// Every amount is a [decimal.Decimal] in whole units of the wallet's currency
// (won, dollars), never minor units, and never a float. A wallet has a scale: the
// number of digits after the decimal point that it keeps, from 0 to [MaxScale].
// Amounts are below [AmountLimit] in magnitude. [CheckAmount] holds the rule.
//
// # Time
//
// All times are UTC with microsecond precision, the precision of PostgreSQL.
// [Instant] brings a time to that form.
//
// # Errors
//
// Conditions are sentinels (ErrNotFound, ErrKeyReused …) to be tested with
// errors.Is; where figures matter there is a type of the same name
// ([InvalidError], [InsufficientError] …) to be found with errors.As.
//
// # Concurrency
//
// Every implementation of every interface here must be safe for concurrent use.
// Nothing is shared across a port: who receives a slice or a map owns it.
package ports

//go:generate go run go.uber.org/mock/mockgen@v0.6.0 -typed -write_package_comment=false -package=portsmock -destination=portsmock/mocks.go . Store,Charger,Canceler,PartCanceler,Delegate,Disburser,Sealer,Notifier,Observer,Clock,IDs
