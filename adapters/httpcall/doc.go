// Package httpcall is how an adapter asks its provider over HTTP: to a base that is safe,
// once, with proof of what never left this machine, of an answer whose size is bounded, and
// with words that hold no card number and no key. What an answer means is a matter of each
// adapter.
//
// It is for adapters that a host writes as well: [ports.OutcomeNotSent] needs a proof that
// no byte of the request left, and [Send] gives it.
//
//	client := httpcall.Plain(config.HTTPClient)
//	…
//	answer, left, err := httpcall.Send(client, request)
//	switch {
//	case err != nil && !left:
//		outcome = ports.OutcomeNotSent
//	case err != nil || answer.Broken != nil || answer.Repeated:
//		outcome = ports.OutcomeUnknown
//	}
//
// # Errors
//
// [CheckBase] returns a [ports.InvalidError]. The errors of [Send] are those of the network
// and of the context, and may hold the address: show them through [Redact].
//
// # Concurrency
//
// All functions may be called concurrently, also with the same client.
//
// # Time
//
// [Send] returns soon after the context of the request ends; [Pause] waits in real time.
package httpcall
