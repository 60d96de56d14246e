package suitetest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Comments returns the comments of the package in a folder, each in one line, without marks
// and without the brackets of links. A flaw, and a scenario that fails, quote them.
func Comments(t *testing.T, folder string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*.go"))
	require.NoError(t, err)
	require.NotEmpty(t, files, "no Go files in %s", folder)
	var all strings.Builder
	for _, name := range files {
		source, err := os.ReadFile(name)
		require.NoError(t, err)
		file, err := parser.ParseFile(token.NewFileSet(), name, source, parser.ParseComments)
		require.NoError(t, err)
		for _, group := range file.Comments {
			all.WriteString(strings.Join(strings.Fields(plain(group)), " ") + "\n")
		}
	}
	return all.String()
}

// link is what a comment writes of a name in another place.
var link = regexp.MustCompile(`\[([A-Z]\w*(?:\.\w+)*)\]`)

func plain(group *ast.CommentGroup) string { return link.ReplaceAllString(group.Text(), "$1") }

// RequireQuotes requires of flaws that their names are unique, that each names a scenario, and
// that each breaks a sentence that the comments have word for word.
func RequireQuotes[Harness any](t *testing.T, comments string, flaws []Flaw[Harness]) {
	t.Helper()
	named := make(map[string]bool)
	for _, flaw := range flaws {
		require.NotEmpty(t, flaw.Name)
		require.False(t, named[flaw.Name], "two flaws have the name %q", flaw.Name)
		named[flaw.Name] = true
		require.NotEmpty(t, flaw.Scenario, flaw.Name)
		require.NotEmpty(t, flaw.Breaks, flaw.Name)
		require.True(t, strings.Contains(comments, flaw.Breaks), "%s: no comment says %q", flaw.Name, flaw.Breaks) //nolint:testifylint // the comments are long
	}
}
