// Package sqlrow holds what all stores on SQL have in common: the rules of units and of arguments,
// how the lists of wallets, entries and operations are written into columns, and the blocks of the
// change feed.
package sqlrow
