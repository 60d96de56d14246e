// Package tosstest is a simulator of the API of Toss Payments, for the tests of users of
// package toss. It checks what the provider is documented to check, keeps its own books,
// and breaks in every way that a test asks for.
//
//	sim := tosstest.New(tosstest.Config{Clock: clock})
//	card := sim.NewCard(tosstest.CardConfig{Limit: decimal.NewFromInt(500_000)})
//	shop := sim.Shop()
//	server := httptest.NewServer(sim)
//
// The simulator is a [net/http.Handler]: it works behind a real listener, or behind
// its own [Transport] without any network, also within a bubble of testing/synctest.
//
// # What it checks
//
// The key and the colon after it, the form of each request (amounts are JSON numbers), that a
// customerKey belongs to the billing key, that a confirmation names the order and the amount
// of its window and comes within 10 minutes, balances, the encryption of payouts and their
// hours. Where the code of a refusal is not documented the simulator has its own, which
// begin with SIM_; a test must not take them for the provider's.
//
// # Idempotency
//
// The answer to the first POST with an Idempotency-Key is kept for 15 days, refusals too, and
// is answered to all requests with the same API key, method, path and Idempotency-Key. Bodies
// are not compared. A refusal of the API key is not kept, and neither is an answer that a
// fault makes before the effect.
//
// # Scenarios and faults
//
// [Simulator.Next] decides what becomes of a request for money that is in order. Inject lines
// up faults on the way, Randomly has them happen at random from the seed: both are of
// [github.com/jigap/jigap/adapters/providertest.Server], which a [Simulator] embeds. A fault
// happens before or after the effect, and [Simulator.Books] tells which it was.
//
// # Webhooks
//
// [Simulator.Due] returns the deliveries that are due by the clock, [Simulator.DeliverTo]
// gives them to a handler, and [Simulator.Misdeliver] has them go wrong.
//
// # What it does not do
//
// It counts no requests, so that it answers 429 only where a fault does. It knows Saturdays
// and Sundays and no other holidays, bounds neither the age of a JWE's iat nor what a seller
// in PARTIALLY_APPROVED is paid in a week, and has one MID, whose two keys see the same
// payments. Refusals of version 2 that come before the effect (the API key, the path, an
// Idempotency-Key) are plain JSON.
//
// # Concurrency
//
// Everything may be used concurrently. The simulator has no goroutines of its own:
// what is to happen later happens when the clock has passed it and a request comes.
package tosstest
