package jigap_test

import (
	"io/fs"
	"os"
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

// TestPages_code_is_in_a_test: every block of Go in a page stands in a test, an Example or an
// example program, word for word but for its indentation.
func TestPages_code_is_in_a_test(t *testing.T) {
	t.Parallel()
	run := codeThatRuns(t)
	blocks := 0
	for _, page := range pages(t) {
		for _, block := range goBlock.FindAllStringSubmatch(contents(t, page), -1) {
			blocks++
			if !strings.Contains(run, flat(block[1])) {
				t.Errorf("%s: this code is in no test:\n%s", page, block[1])
			}
		}
	}
	require.Greater(t, blocks, 5)
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
