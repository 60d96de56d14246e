package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestMutations_fit: the text that each mutation breaks is still there, once; so the
// list cannot rot.
func TestMutations_fit(t *testing.T) {
	t.Parallel()
	names := make(map[string]bool)
	for _, m := range mutations() {
		data, err := os.ReadFile(filepath.Join("..", "..", m.file))
		require.NoError(t, err, m.name)
		if times := strings.Count(string(data), m.from); times != 1 {
			t.Errorf("%s: its text occurs %d times in %s, not once", m.name, times, m.file)
		}
		require.NotEqual(t, m.from, m.to, m.name)
		require.NotEmpty(t, m.rooms, m.name)
		require.False(t, names[m.name], "%s: named twice", m.name)
		names[m.name] = true
	}
	require.GreaterOrEqual(t, len(names), 25)
}

// TestMutations_are_on_the_page: docs/mutations.md was written by the list as it is.
func TestMutations_are_on_the_page(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/mutations.md")
	require.NoError(t, err)
	for _, m := range mutations() {
		require.Contains(t, string(page), "| "+m.name+" |")
	}
}

// TestMutation_apply_that_does_not_fit, and leaves the tree alone.
func TestMutation_apply_that_does_not_fit(t *testing.T) {
	t.Parallel()
	tree := t.TempDir()
	path := filepath.Join(tree, "rule.go")
	require.NoError(t, os.WriteFile(path, []byte("a b a"), 0o600))
	for _, from := range []string{"a", "c"} {
		_, err := mutation{file: "rule.go", from: from, to: "x"}.apply(tree)
		require.ErrorIs(t, err, errNotOnce)
	}
	repair, err := mutation{file: "rule.go", from: "b", to: "x"}.apply(tree)
	require.NoError(t, err)
	broken, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, "a x a", string(broken))
	require.NoError(t, repair())
	repaired, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, "a b a", string(repaired))
}

// TestSections: what people wrote behind the table stays when the page is written again.
func TestSections(t *testing.T) {
	t.Parallel()
	require.Equal(t, "\n## More\n\ntext\n## Last\n", string(sections([]byte("# Page\n\n| a |\n\n## More\n\ntext\n## Last\n"))))
	require.Empty(t, sections([]byte("# Page\n")))
}

// TestScenarios: a suite is named with its scenarios that failed, and another test by itself.
func TestScenarios(t *testing.T) {
	t.Parallel()
	const output = `--- FAIL: TestService_Recharge_calls (0.00s)
    --- FAIL: TestService_Recharge_calls/a_late_panic_is_logged (0.00s)
        --- FAIL: TestService_Recharge_calls/a_refusal/of_one (0.00s)
--- FAIL: TestService_Credit (0.00s)
    --- FAIL: TestService_Credit/names_each_field (0.00s)
`
	require.Equal(t, []string{"TestService_Recharge_calls/a_late_panic_is_logged"}, scenarios(output, "TestService_Recharge_calls"))
	require.Equal(t, []string{"TestService_Credit"}, scenarios(output, "TestService_Credit"))
}
