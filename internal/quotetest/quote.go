// Package quotetest reads the comments of a package, so that a test can require that a text
// quotes them word for word.
package quotetest

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
// and without the brackets of links.
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

// Require requires that comments have a sentence word for word. The name says whose sentence
// it is.
func Require(t *testing.T, comments, name, sentence string) {
	t.Helper()
	require.NotEmpty(t, sentence, name)
	require.True(t, strings.Contains(comments, sentence), "%s: no comment says %q", name, sentence) //nolint:testifylint // the comments are long
}
