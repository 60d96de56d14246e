//go:build !race

package suitetest

// slow says that the race detector runs, which makes each flaw several times slower.
const slow = false
