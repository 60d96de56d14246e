// Package konatest is a simulator of the charge API of KONA PLATE, for the tests of
// users of package kona. It checks what the provider is documented to check,
// keeps its own books, and breaks in every way that a test asks for.
//
//	sim := konatest.New(konatest.Config{Clock: clock})
//	member := sim.NewMember(konatest.MemberConfig{Bank: decimal.NewFromInt(500_000)})
//	project := sim.Project()
//	server := httptest.NewServer(sim)
//
// The simulator is a [net/http.Handler]: it works behind a real listener, or behind
// its own [Transport] without any network, also within a bubble of testing/synctest.
//
// # What it checks
//
// The headers and the token over the body, encryption where it is asked for, one-time
// tokens (thirty seconds, one use), that a sequenceId is new, the form of a request,
// and the documented rules of business. Where the provider's answer is not documented
// the simulator chooses one, and its codes then end in 9xx; a test must not take them
// for the provider's.
//
// # Scenarios and faults
//
// [Member.Next] decides what becomes of a charge that is in order: a code, or an answer
// that stays pending and settles later, or never. Inject lines up faults on the way,
// Randomly has them happen at random from the seed: both are of
// [github.com/jigap/jigap/adapters/providertest.Server], which a [Simulator] embeds. A
// fault happens before or after the effect, and [Simulator.Books] tells which it was.
//
// # Concurrency
//
// Everything may be used concurrently. The simulator has no goroutines of its own:
// what is to happen later happens when the clock has passed it and a request comes.
package konatest
