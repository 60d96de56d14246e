// Command mutation breaks the library on purpose, one rule at a time, and tells which
// tests notice:
//
//	go run ./internal/mutation                   # all; writes docs/mutations.md
//	go run ./internal/mutation -only lane        # those whose name has "lane"; writes nothing
//
// Each mutation is an exact replacement of text in a copy of the tree. The tests of the
// rooms that it names run on the copy, and then some seeds of the simulation. A text
// that is not found once, and a mutation that does not compile, are errors. So is one
// that nothing notices.
package main
