// Package kona binds jigap to the charge API of KONA PLATE (ChargeSync): a typed
// [Client], and a [Charger] on top of it that also takes charges back.
//
//	credentials := kona.NewCredentials(aspID, accessKey, secret, kona.CryptoKey{ID: keyID, Server: public, Client: private})
//	client, err := kona.New(credentials, kona.Config{BaseURL: kona.SandboxURL})
//	charger, err := kona.NewCharger(client, "main", kona.ChargerConfig{MerchantID: merchantID, Card: lookUp})
//
// A charge fills a member's prepaid card from the bank account that the member
// registered with the provider. A payment method is a member and the number that stands
// for the member's card, see [Method]. The card's own number is looked up by the host
// for each charge, exchanged for a one-time token, and kept nowhere.
//
// What became of a charge whose answer was lost is asked for by the sequenceId, which
// follows from the id of the operation and is never replaced. The provider may answer
// that the bank has not answered; then the charge is pending until an inquiry brings
// its end, or a person does.
//
// # Errors
//
// Every method of the Client answers an [*Error], found with errors.As, that carries the
// HTTP status, the provider's code and message, and the [Class]: what is known of the
// request, if it was the only one with its sequenceId. The Charger answers outcomes; it
// takes a refusal for final only when the order was sent once.
//
// # Concurrency
//
// All types may be used concurrently. Questions are repeated by themselves, up to three
// times and each time freshly signed. Tokens, charges and cancellations are never sent
// twice.
//
// # Time
//
// The times of a request come from one reading of the host's clock and are Korean. The
// provider's day is the Korean day (inferred). The life of a token is measured from
// before it was asked for.
//
// # Caveats
//
// The provider publishes only a part of its codes, and none for a sequenceId that it
// does not know. Until a host has learnt them, see [ChargerConfig], an order that never
// arrived goes to review. What is documented, inferred and unknown stands in
// docs/kona.md of the module.
package kona
