package portstest

import "testing"

// explain has a failing scenario quote the sentence of the port that it is about.
func explain(t *testing.T, port, sentence string) {
	t.Helper()
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("%s says: %q", port, sentence)
		}
	})
}
