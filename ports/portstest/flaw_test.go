package portstest_test

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// fails runs one scenario of a suite over an adapter with a flaw, and requires that it fails.
// A failing suite is run by another process of this test.
func fails(t *testing.T, suite, adapter, scenario, flaw string) {
	t.Helper()
	adapter = strings.ReplaceAll(adapter, " ", "_")
	only := "-test.run="
	for _, name := range []string{suite, adapter, scenario} {
		only += "^" + regexp.QuoteMeta(name) + "$/"
	}
	run := exec.CommandContext(t.Context(), os.Args[0], strings.TrimSuffix(only, "/"), "-test.timeout=60s")
	run.Env = append(os.Environ(), flawVariable+"="+flaw)
	said, err := run.CombinedOutput()
	require.Error(t, err, "%s", said)
	require.Contains(t, string(said), "--- FAIL: "+suite+"/"+adapter+"/"+scenario+" ", "%s", said)
}
