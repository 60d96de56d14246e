// Package sqlcommit is a store on any SQL database that has transactions. It uses nothing that
// engines do in different ways: it begins a transaction, locks and reads what the units name in a fixed
// order (wallets, operations, lanes, keys), decides in Go which units are written, writes them by rows,
// and commits. What engines differ in is an [Engine].
//
// # The fate of a commit
//
// Each attempt runs in a goroutine of its own, which the caller leaves when the time is over. Before
// COMMIT the goroutine asks whether it was left: then it rolls back, and the caller's answer, that nothing
// was written, stays true. An answer to COMMIT that is no known refusal says nothing. The units are sent
// again, and one that finds another in its place is compared with it.
//
// # The change feed
//
// Each transaction notes its entries in one row of feed_pending, under a clock that is higher than that of
// each transaction before it that wrote one of its wallets. A reader that comes to the end of the feed
// moves these rows, in order of their clocks, into blocks that are numbered without a gap: see
// [sqlrow.Slots].
package sqlcommit
