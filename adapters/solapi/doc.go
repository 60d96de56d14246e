// Package solapi binds jigap to the cash API of SOLAPI and CoolSMS: a typed
// [Client], a [Charger] and a [Disburser] on top of it.
//
//	client, err := solapi.New(solapi.NewCredentials(key, secret), solapi.Config{})
//	charger, err := solapi.NewCharger(client, "main")
//	disburser, err := solapi.NewDisburser(client, "main", solapi.DisburserConfig{})
//
// A recharge charges a card that is registered at SOLAPI and credits only the
// SOLAPI account of the API key. A withdrawal pays only the one bank account that
// is registered there: the request has no destination. No other card or account can be
// charged or paid through this provider.
//
// The provider has no idempotency key and no reference of ours. What became of an
// order whose answer was lost is found by looking for a row in the history that
// was not there before, which is sound only while one money order of ours is under
// way per account and nothing else recharges it. Therefore Charger and Disburser of
// one account share a lane.
//
// # Errors
//
// Every method of the Client answers an [*Error], found with errors.As, that carries the HTTP status, the
// provider's code and message, and the [Class]: what is known of the request. Only
// ClassUnknown and an Error that asks to be confirmed leave open whether the
// request was executed.
//
// # Concurrency
//
// All types may be used concurrently. Reads are repeated by themselves, up to five
// times and each time freshly signed. A setting whose answer was lost is read back and
// made once more if it is not there. Nothing that moves money, registers a card or
// toggles a switch is ever sent twice.
//
// # Time
//
// Requests are dated by the host's clock. When the provider finds it wrong, the
// Client corrects it by the provider's.
//
// # Caveats
//
// The provider documents few error codes and no limits of speed. What is
// documented, what is inferred and what is unknown stands in docs/solapi.md of the
// module.
package solapi
