package jigap_test

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/doc/comment"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// left is what the compiler may say of code in a comment: it leaves out what came before,
// and what comes of it.
var left = regexp.MustCompile(`^#|undefined: |declared and not used|missing return`)

// TestComments_code_compiles gives the compiler every block of code in a comment, as
// files of a package that is not there. Names and methods of packages must be right.
func TestComments_code_compiles(t *testing.T) {
	t.Parallel()
	root, err := os.Getwd()
	require.NoError(t, err)
	folder, replace := t.TempDir(), map[string]string{}
	paths := importPaths(t)
	for i, code := range codeInComments(t) {
		file := filepath.Join(folder, fmt.Sprintf("block%d.go", i))
		require.NoError(t, os.WriteFile(file, []byte(program(code, paths)), 0o600))
		replace[filepath.Join(root, "internal", "comments", filepath.Base(file))] = file
	}
	require.Greater(t, len(replace), 10)
	overlay, err := json.Marshal(map[string]any{"Replace": replace})
	require.NoError(t, err)
	list := filepath.Join(folder, "overlay.json")
	require.NoError(t, os.WriteFile(list, overlay, 0o600))
	said, _ := exec.CommandContext(t.Context(), "go", "build", "-gcflags=-e", "-overlay", list, "./internal/comments").CombinedOutput()
	require.Contains(t, string(said), "undefined: ", "the compiler has seen it: %s", said)
	for line := range strings.Lines(string(said)) {
		if !left.MatchString(line) {
			t.Error(line)
		}
	}
}

// importPaths is how packages are imported, by their names: the module's, and others that
// comments speak of.
func importPaths(t *testing.T) map[string]string {
	t.Helper()
	paths := map[string]string{
		"decimal": "github.com/shopspring/decimal", "pgx": "github.com/jackc/pgx/v5", "pgxpool": "github.com/jackc/pgx/v5/pgxpool",
		"fmt": "fmt", "os": "os", "testing": "testing", "slog": "log/slog", "httptest": "net/http/httptest",
	}
	for _, path := range goList(t, "-f", `{{if ne .Name "main"}}{{.ImportPath}}{{end}}`, "./...") {
		paths[filepath.Base(path)] = path
	}
	return paths
}

// program is code as a file, with a line that says where it stands.
func program(code codeBlock, paths map[string]string) string {
	text := strings.ReplaceAll(code.text, "…\n", "\n")
	if !strings.HasPrefix(text, "func ") {
		text = "func _() {\n" + text + "\n}\n"
	}
	var file strings.Builder
	file.WriteString("package comments\n")
	for name, path := range paths {
		if regexp.MustCompile(`\b` + name + `\.[A-Z]`).MatchString(text) {
			fmt.Fprintf(&file, "import %q\n", path)
		}
	}
	fmt.Fprintf(&file, "//line %s:1\n%s", code.path, text)
	return file.String()
}

type codeBlock struct{ path, text string }

// codeInComments is every block of Go in the comments of the packages, commands apart.
func codeInComments(t *testing.T) (blocks []codeBlock) {
	t.Helper()
	require.NoError(t, filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil || ast.IsGenerated(file) {
			return err
		}
		for _, group := range file.Comments {
			for _, part := range new(comment.Parser).Parse(group.Text()).Content {
				if code, ok := part.(*comment.Code); ok && !strings.HasPrefix(code.Text, "go run ") && !strings.HasPrefix(code.Text, "go test ") {
					blocks = append(blocks, codeBlock{path, code.Text})
				}
			}
		}
		return nil
	}))
	return blocks
}
