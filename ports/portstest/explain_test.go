package portstest //nolint:testpackage // it reads the scenarios

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// comments returns the comments of package ports, each in one line.
func comments(t *testing.T) string {
	t.Helper()
	files, err := filepath.Glob("../*.go")
	require.NoError(t, err)
	var all strings.Builder
	for _, name := range files {
		source, err := os.ReadFile(name)
		require.NoError(t, err)
		file, err := parser.ParseFile(token.NewFileSet(), name, source, parser.ParseComments)
		require.NoError(t, err)
		for _, group := range file.Comments {
			all.WriteString(strings.Join(strings.Fields(text(group)), " ") + "\n")
		}
	}
	return all.String()
}

// text returns a comment without its marks, and without the brackets of links.
func text(group *ast.CommentGroup) string {
	return strings.NewReplacer("[", "", "]", "").Replace(group.Text())
}

// requireQuoted requires that package ports has a sentence word for word.
func requireQuoted(t *testing.T, said, scenario, sentence string) {
	t.Helper()
	require.NotEmpty(t, sentence, scenario)
	require.Contains(t, said, sentence, scenario)
}

// A scenario of a provider quotes package ports word for word.
func TestScenarios_quote_the_ports(t *testing.T) {
	t.Parallel()
	said := comments(t)
	for _, scenario := range slices.Concat(moneyScenarios(), orderScenarios(), payoutScenarios(), cancelScenarios()) {
		requireQuoted(t, said, scenario.name, scenario.says)
	}
	for _, scenario := range delegateScenarios() {
		requireQuoted(t, said, scenario.name, scenario.says)
	}
}
