// Package ordertest has what the tests of recharge and withdraw share: scenarios of an order
// to a provider, which are the same for a charge, a cancellation and a payout, and the
// providers and stores that they need.
//
// A room describes its orders as a [Kind] and calls the suites: [TestCalls], [TestAnswers],
// [TestStore], [TestPayments] and [TestDefaults]. Each scenario is a subtest. A [Course] is the
// engine of the tests that draw courses of an order at random.
package ordertest
