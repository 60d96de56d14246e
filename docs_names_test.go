package jigap_test

import (
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var (
	runCommand = regexp.MustCompile("go test[^`\n]* -(?:run|bench) '?\\^?(\\w+)[^`\n]*? (\\.\\S*?)[`\\s]")
	anyCommand = regexp.MustCompile("go test[^`\n]* -(?:run|bench) '\\^?[A-Z]")
	testLink   = regexp.MustCompile("\\[`(\\w+)`\\]\\(([^)]+_test\\.go)\\)")
	mdLink     = regexp.MustCompile(`\]\(([^)\s]+)\)`)
)

// TestPages_name_tests_that_exist: a command that runs a test, and a link to one, name a
// test that is there.
func TestPages_name_tests_that_exist(t *testing.T) {
	t.Parallel()
	named := 0
	for _, page := range pages(t) {
		text := contents(t, page)
		commands := runCommand.FindAllStringSubmatch(text, -1)
		require.GreaterOrEqual(t, len(commands), len(anyCommand.FindAllString(text, -1)), "%s: every command is understood", page)
		for _, command := range commands {
			named++
			files, err := filepath.Glob(filepath.Join(command[2], "*_test.go"))
			require.NoError(t, err)
			require.Contains(t, functions(t, files...), command[1], "%s: %s", page, command[0])
		}
		for _, link := range testLink.FindAllStringSubmatch(text, -1) {
			named++
			require.Contains(t, functions(t, filepath.Join(filepath.Dir(page), link[2])), link[1], "%s: %s", page, link[0])
		}
	}
	require.Greater(t, named, 40)
}

// functions returns the names of the functions that the files declare.
func functions(t *testing.T, files ...string) []string {
	t.Helper()
	var names []string
	for _, path := range files {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		require.NoError(t, err)
		for _, declaration := range file.Decls {
			if function, ok := declaration.(*ast.FuncDecl); ok && function.Recv == nil {
				names = append(names, function.Name.Name)
			}
		}
	}
	return names
}

// TestGuarantees_have_commands: each row of docs/guarantees.md ends with a command
// that names one test.
func TestGuarantees_have_commands(t *testing.T) {
	t.Parallel()
	row := regexp.MustCompile("^\\| [^|`]+(?:`[^`]+`[^|`]*)* \\| `(?:CI=true )?go test -run '\\^Test\\w+\\$' \\./?\\S*`.* \\|$")
	rows := 0
	for line := range strings.Lines(contents(t, "docs/guarantees.md")) {
		line = strings.TrimSpace(line)
		if !strings.HasPrefix(line, "| ") || strings.HasPrefix(line, "| promise ") || strings.HasPrefix(line, "| --- ") {
			continue
		}
		rows++
		require.Regexp(t, row, line)
	}
	require.Greater(t, rows, 40)
}

// TestPages_links: what a page links to within the repository is there.
func TestPages_links(t *testing.T) {
	t.Parallel()
	for _, page := range pages(t) {
		for _, link := range mdLink.FindAllStringSubmatch(contents(t, page), -1) {
			path, _, _ := strings.Cut(link[1], "#")
			if strings.Contains(link[1], "://") || path == "" {
				continue
			}
			_, err := os.Stat(filepath.Join(filepath.Dir(page), path))
			require.NoError(t, err, "%s links to %s", page, path)
		}
	}
}

// TestPages_are_listed: docs/README.md leads to every other page of the folder.
func TestPages_are_listed(t *testing.T) {
	t.Parallel()
	index := contents(t, "docs/README.md")
	found, err := filepath.Glob("docs/*.md")
	require.NoError(t, err)
	for _, page := range found {
		if name := filepath.Base(page); name != "README.md" {
			require.Contains(t, index, "]("+name+")")
		}
	}
}

// TestPackages_have_examples: who imports a package finds code to begin with.
func TestPackages_have_examples(t *testing.T) {
	t.Parallel()
	for _, line := range goList(t, "-f", "{{if ne .Name \"main\"}}{{.ImportPath}}{{end}}", "./...") {
		folder := strings.TrimPrefix(strings.TrimPrefix(line, module), "/")
		if strings.Contains("/"+folder, "/internal/") {
			continue
		}
		files, err := filepath.Glob(filepath.Join(folder, "*_test.go"))
		require.NoError(t, err)
		require.True(t, slices.ContainsFunc(functions(t, files...), func(name string) bool {
			return strings.HasPrefix(name, "Example")
		}), "package %s has no example", line)
	}
}

// TestExamples_stand_alone: an example is a whole program, which pkg.go.dev shows with
// everything that it uses, and uses nothing that a host cannot import.
func TestExamples_stand_alone(t *testing.T) {
	t.Parallel()
	found := 0
	for _, folder := range goList(t, "-f", "{{.Dir}}", "./...") {
		paths, err := filepath.Glob(filepath.Join(folder, "*_test.go"))
		require.NoError(t, err)
		for _, path := range paths {
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments)
			require.NoError(t, err)
			for _, example := range doc.Examples(file) {
				found++
				require.NotNil(t, example.Play, "%s: Example%s needs more than its file", path, example.Name)
				for _, used := range example.Play.Imports {
					require.NotContains(t, used.Path.Value, module+"/internal/", "%s: Example%s", path, example.Name)
				}
				if _, whole := example.Code.(*ast.File); whole {
					require.Empty(t, foreign(file), "%s: Example%s needs these from other files", path, example.Name)
				}
			}
		}
	}
	require.Greater(t, found, 20)
}

// foreign returns the names in a file that are neither its own, nor the language's, nor
// those of packages that it imports.
func foreign(file *ast.File) []string {
	var imported, names []string
	for _, used := range file.Imports {
		path := regexp.MustCompile(`/v\d+$`).ReplaceAllString(strings.Trim(used.Path.Value, `"`), "")
		imported = append(imported, path[strings.LastIndex(path, "/")+1:])
	}
	for _, name := range file.Unresolved {
		if types.Universe.Lookup(name.Name) == nil && !slices.Contains(imported, name.Name) {
			names = append(names, name.Name)
		}
	}
	return names
}

// TestGuarantees_commands_need_a_server: a command whose tests need PostgreSQL or MariaDB sets
// CI=true, with which it fails on a machine without the server instead of skipping them.
func TestGuarantees_commands_need_a_server(t *testing.T) {
	t.Parallel()
	command := regexp.MustCompile("`(CI=true )?go test [^`]* (\\.\\S*)`")
	found := 0
	for _, match := range command.FindAllStringSubmatch(contents(t, "docs/guarantees.md"), -1) {
		files, err := filepath.Glob(filepath.Join(match[2], "*_test.go"))
		require.NoError(t, err)
		needs := slices.ContainsFunc(files, func(path string) bool {
			text := contents(t, path)
			return strings.Contains(text, "\n\t\""+module+"/adapters/postgres/postgrestest\"\n") || strings.Contains(text, "\n\t\""+module+"/adapters/mysql/mysqltest\"\n")
		})
		require.Equal(t, needs, match[1] != "", match[0])
		if needs {
			found++
		}
	}
	require.Greater(t, found, 20)
}

// TestReadme_Korean_is_in_step: it links the tests, and names the suites and the pages, that
// README.md does.
func TestReadme_Korean_is_in_step(t *testing.T) {
	t.Parallel()
	english, korean := contents(t, "README.md"), contents(t, "README.ko.md")
	named := 0
	for _, form := range []*regexp.Regexp{testLink, regexp.MustCompile(`portstest\.\w+`), regexp.MustCompile(`\]\(docs/\w+\.md`), regexp.MustCompile(`ports/portsmock|JIGAP_\w+`)} {
		for _, text := range form.FindAllString(english, -1) {
			require.Contains(t, korean, text)
			named++
		}
	}
	require.Greater(t, named, 25)
}
