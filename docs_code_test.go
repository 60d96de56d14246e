package jigap_test

import (
	"errors"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// pages returns the pages that people read.
func pages(t *testing.T) []string {
	t.Helper()
	found, err := filepath.Glob("docs/*.md")
	require.NoError(t, err)
	require.NotEmpty(t, found)
	return append(found, "README.md", "README.ko.md", "examples/host/README.md")
}

func contents(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	return string(text)
}

var goBlock = regexp.MustCompile("(?ms)^```go\n(.*?)^```")

// TestCodeInPagesIsReal: every block of Go in a page stands in a test, an Example or an
// example program, word for word but for its indentation; or it passes the type checker
// among the declarations of testdata/snippets.
func TestCodeInPagesIsReal(t *testing.T) {
	t.Parallel()
	run := codeThatRuns(t)
	check := newSnippets(t)
	blocks := 0
	for _, page := range pages(t) {
		for i, block := range goBlock.FindAllStringSubmatch(contents(t, page), -1) {
			blocks++
			name := fmt.Sprintf("%s, block %d", page, i+1)
			if strings.Contains(run, flat(block[1])) {
				t.Logf("%s runs", name)
				continue
			}
			require.NoError(t, check.block(block[1]), "%s", name)
			t.Logf("%s compiles", name)
		}
	}
	require.Positive(t, blocks)
}

// TestCodeThatIsWrongIsFound: the check of TestCodeInPagesIsReal can fail.
func TestCodeThatIsWrongIsFound(t *testing.T) {
	t.Parallel()
	check := newSnippets(t)
	require.NoError(t, check.block("receipt, err := wallets.Deduct(ctx, ledger.DeductRequest{Amount: amount})"))
	for _, wrong := range []string{
		"receipt, err := wallets.Deduct(ctx, ledger.DeductRequest{Amount: 5})",
		"receipt, err := wallets.Take(ctx, amount)",
		"wallets.Deduct(ctx,",
		"func TestStore(t *testing.T) { portstest.TestStore(t) }",
	} {
		require.Error(t, check.block(wrong), wrong)
	}
}

// flat is code without indentation and blank lines, between two line ends.
func flat(code string) string {
	var lines strings.Builder
	lines.WriteString("\n")
	for line := range strings.Lines(code) {
		if line = strings.TrimSpace(line); line != "" {
			lines.WriteString(line + "\n")
		}
	}
	return lines.String()
}

// codeThatRuns is all code of tests and example programs, flat.
func codeThatRuns(t *testing.T) string {
	t.Helper()
	var code strings.Builder
	require.NoError(t, filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (entry.Name() == "testdata" || strings.HasPrefix(entry.Name(), ".") && path != "."):
			return filepath.SkipDir
		case strings.HasSuffix(path, "_test.go"), strings.HasPrefix(path, "examples/") && strings.HasSuffix(path, ".go"):
			code.WriteString(flat(contents(t, path)))
		}
		return nil
	}))
	return code.String()
}

// imported is what a block of Go in a page may use.
var imported = []string{
	"context", "errors", "fmt", "log", "log/slog", "net/http", "net/http/httptest", "os", "slices", "testing", "time",
	"github.com/shopspring/decimal", "github.com/jackc/pgx/v5", "github.com/jackc/pgx/v5/pgxpool",
	module + "/ports", module + "/ports/portstest", module + "/ledger", module + "/worker", module + "/recharge",
	module + "/withdraw", module + "/autorecharge", module + "/adapters/memory", module + "/adapters/postgres",
	module + "/adapters/postgres/postgrestest", module + "/adapters/solapi", module + "/adapters/solapi/solapitest",
	module + "/adapters/kona", module + "/adapters/kona/konatest", module + "/adapters/manual", module + "/adapters/slognotifier",
}

// snippets type-checks blocks of code.
type snippets struct {
	exports  map[string]string // what the compiler wrote of each package
	preamble string
}

func newSnippets(t *testing.T) *snippets {
	t.Helper()
	args := append([]string{"list", "-export", "-deps", "-f", "{{.ImportPath}}={{.Export}}", "crypto/rsa"}, imported...)
	out, err := exec.CommandContext(t.Context(), "go", args...).Output()
	require.NoError(t, err)
	s := &snippets{exports: make(map[string]string), preamble: contents(t, "testdata/snippets/preamble.go")}
	for line := range strings.Lines(string(out)) {
		path, file, _ := strings.Cut(strings.TrimSpace(line), "=")
		s.exports[path] = file
	}
	return s
}

// block checks one block: declarations, or the body of a function. Variables and
// imports that it leaves unused are no errors.
func (s *snippets) block(code string) error {
	header := "package snippets\nimport (\n\"" + strings.Join(imported, "\"\n\"") + "\"\n)\n"
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, "block.go", header+code, 0)
	if err != nil {
		file, err = parser.ParseFile(fset, "block.go", header+"func _() error {\n"+code+"\nreturn nil\n}", 0)
	}
	if err != nil {
		return err
	}
	preamble, err := parser.ParseFile(fset, "preamble.go", s.preamble, 0)
	if err != nil {
		return err
	}
	var faults []error
	config := types.Config{
		Importer: importer.ForCompiler(fset, "gc", s.open),
		Error: func(err error) {
			var fault types.Error
			if errors.As(err, &fault) && !fault.Soft {
				faults = append(faults, err)
			}
		},
	}
	_, _ = config.Check("snippets", fset, []*ast.File{preamble, file}, nil)
	return errors.Join(faults...)
}

func (s *snippets) open(path string) (io.ReadCloser, error) { return os.Open(s.exports[path]) }
