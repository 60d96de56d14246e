// Package solapitest is a simulator of the cash API of SOLAPI and CoolSMS, for the
// tests of users of package solapi. It checks what the provider is documented
// to check, keeps its own books, and breaks in every way that a test asks for.
//
//	sim := solapitest.New(solapitest.Config{Clock: clock})
//	account := sim.NewAccount(solapitest.AccountConfig{Balance: decimal.NewFromInt(10_130)})
//	card := account.AddCard(solapitest.Card{})
//	key := account.NewKey(solapitest.RoleOwner)
//	server := httptest.NewServer(sim)
//
// The simulator is a [net/http.Handler]: it works behind a real listener, or
// behind its own [Transport] without any network, also within a bubble of
// testing/synctest.
//
// # What it checks
//
// The signature, its date (15 minutes), that it is fresh, the length of salt and
// key, the role of the key, the form of a request, and the documented rules of
// business. Where the provider's answer is not documented the simulator chooses one;
// a test must not rely on those.
//
// # Faults
//
// Inject lines up faults for requests to come, Randomly has them happen at random from
// the seed: both are of [github.com/jigap/jigap/adapters/providertest.Server], which a
// [Simulator] embeds. A fault happens before or after the effect, and [Account.Books]
// tells which it was.
//
// # Concurrency
//
// Everything may be used concurrently. The simulator has no goroutines of its own:
// what is to happen later happens when the clock has passed it and a request comes.
package solapitest
