package portstest

import "testing"

// explain has a failing scenario quote the sentence of the port that it is about.
func explain(t *testing.T, port, sentence string) {
	t.Helper()
	explainLast(t, port, &sentence)
}

// explainLast is explain for a scenario that is about one sentence after the other.
func explainLast(t *testing.T, port string, sentence *string) {
	t.Helper()
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("%s says: %q", port, *sentence)
		}
	})
}
