// Package toss binds jigap to the API of Toss Payments: a typed [Client], and adapters on top of it
// that take money in from customers and give it back.
//
//	key, err := toss.NewSecretKey(secret)
//	client, err := toss.New(key, toss.Config{})
//	charger, err := toss.NewBillingCharger(client, "main", toss.BillingConfig{Card: lookUp})
//
// # Adapters
//
//   - [BillingCharger] charges a card that the customer registered: a billing key, see
//     [Client.IssueBillingKey]. Automatic payment is offered for regular subscriptions: recharging
//     a prepaid wallet whenever a threshold is crossed needs the provider's written consent
//     (documented; see docs/toss.md of the module).
//   - [WindowCharger] confirms what a customer agreed to in the payment window.
//   - [AccountCharger] issues a virtual account that the customer transfers the money to.
//
// Each takes charges back, in whole or in part, and reads the provider's notifications. As an
// experiment, [Disburser] pays registered sellers by a [PayoutClient].
//
// # What is executed once
//
// The provider knows an order by an orderId and an idempotency key, both of which follow from the id
// of the operation and never change. Prepare records a digest of the whole request. An order whose
// answer was lost is asked for by its orderId, and where the provider shows nothing it is sent again:
// the same bytes, to the same address, under the same secret key, for 14 of the 15 days for which the
// provider executes such a request once (documented). Nothing else is ever sent again, and no order
// gets a second key.
//
// # Errors
//
// Every method of the Client answers an [*Error], found with errors.As, that carries the HTTP status,
// the provider's code and message, its trace id, and the [Class]: what is known of the request, if
// it was the only one under its idempotency key; or [ports.ErrInvalid] for a request that must not
// be sent. The adapters answer outcomes. The code decides, and never the status alone: a status has
// codes of every meaning (documented). A code that is not listed is unknown.
//
// # Concurrency
//
// All types may be used concurrently. Questions are repeated by themselves, once. What
// moves money is sent once by each call.
//
// # Time
//
// A charge may take 60 seconds (documented): the services' time for a call must be longer. The
// provider's days are Korean.
//
// # Caveats
//
// What is documented, observed, inferred and unknown stands in docs/toss.md of the module.
package toss
