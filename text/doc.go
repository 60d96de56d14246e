// Package text puts what the library decides into words for people, in English and in
// Korean: the quote of a withdrawal and the decision of an auto-recharge policy.
//
// The packages below keep amounts, states and reasons as data, and know no language. All
// functions are pure.
package text
