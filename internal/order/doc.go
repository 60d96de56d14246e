// Package order takes orders to a provider and back: charges, cancellations and payouts.
// There is one path for all of them, because its rules keep money from moving twice:
//
//   - An order is written down before it is prepared, and again before it is sent.
//   - It is sent once, unless the provider makes sending it again safe.
//   - What may have been sent is inquired about until its outcome is known, or a person
//     decides.
//   - An answer is logged before it is applied, and is never dropped: it is applied to the
//     latest version of the record. An answer that contradicts the end of an order makes the
//     order disputed.
//
// What an answer means for a wallet and its books is in the [Kind] of the order. Packages
// recharge and withdraw have one for each kind of record.
//
// # Concurrency
//
// A [Path] is safe for concurrent use. A record that a function is given is not changed;
// what it returns is the record as it is then.
package order
