// Package providertest is what simulators of payment providers share: faults on the
// way, a transport without a network, a clock that a test moves, and one seed for
// everything that is random. The simulators solapitest, konatest and tosstest stand on it, and
// so may one that a host writes for a provider of its own.
//
// A simulator embeds a [Server], which answers requests and is what a test has in its
// hands, and keeps a [World], under whose lock it has its books. What it knows of its
// provider it tells the server in a [Provider].
//
// # Faults
//
// [Server.Inject] lines up faults for requests to come, [Server.Randomly] has them
// happen at random from the seed. A fault happens before or after the effect; the
// books of the simulator tell which it was.
//
// # Concurrency
//
// Everything may be used concurrently; of a [World], what its comments say. But for
// [Server.Listen] there are no goroutines: what is to happen later happens when the
// clock has passed it and a request comes. The delays of faults are real ones, or those of
// a bubble of testing/synctest.
package providertest
