// Package httpcall is how the clients of providers ask: to a base that is safe, once,
// with proof of what never left, of an answer whose size is bounded, and with words that
// nobody's card or key is in. What an answer means is a matter of each provider.
package httpcall
