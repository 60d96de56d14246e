package jigap_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// source is a Go file of the repository, as it is parsed.
type source struct {
	path  string
	file  *ast.File
	set   *token.FileSet
	lines int
}

func (s *source) isTest() bool { return strings.HasSuffix(s.path, "_test.go") }

// length returns how many lines a node has.
func (s *source) length(node ast.Node) int {
	return s.set.Position(node.End()).Line - s.set.Position(node.Pos()).Line + 1
}

// sources returns the files of the repository that people wrote.
func sources(t *testing.T) (all []*source) {
	t.Helper()
	require.NoError(t, filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".go") {
			return err
		}
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, path, nil, parser.ParseComments)
		if err != nil || ast.IsGenerated(file) {
			return err
		}
		all = append(all, &source{path: path, file: file, set: set, lines: set.File(file.Pos()).LineCount()})
		return nil
	}))
	return all
}

// TestSources_exports_are_documented: at least 98 % of the exported names have a comment: types,
// functions, methods of exported types, and constants and variables, by themselves or as a
// group. The interface that a method implements is no comment.
func TestSources_exports_are_documented(t *testing.T) {
	t.Parallel()
	exported, bare := 0, []string{}
	for _, s := range sources(t) {
		if s.isTest() || s.file.Name.Name == "main" {
			continue
		}
		for _, decl := range s.file.Decls {
			for name, documented := range names(decl) {
				if exported++; !documented {
					bare = append(bare, s.path+": "+name)
				}
			}
		}
	}
	t.Logf("%d exported names, %d without a comment", exported, len(bare))
	require.Greater(t, exported, 900)
	require.LessOrEqual(t, float64(len(bare)), 0.02*float64(exported), strings.Join(bare, "\n"))
}

// names returns the exported names that a declaration declares, and whether they have a comment.
func names(decl ast.Decl) map[string]bool {
	found := make(map[string]bool)
	switch decl := decl.(type) {
	case *ast.FuncDecl:
		if decl.Name.IsExported() && (decl.Recv == nil || ast.IsExported(receiver(decl))) {
			found[receiver(decl)+"."+decl.Name.Name] = decl.Doc != nil
		}
	case *ast.GenDecl:
		for _, spec := range decl.Specs {
			switch spec := spec.(type) {
			case *ast.TypeSpec:
				if spec.Name.IsExported() {
					found[spec.Name.Name] = decl.Doc != nil || spec.Doc != nil
				}
			case *ast.ValueSpec:
				for _, name := range spec.Names {
					if name.IsExported() {
						found[name.Name] = decl.Doc != nil || spec.Doc != nil || spec.Comment != nil
					}
				}
			}
		}
	}
	return found
}

// receiver returns the name of the type whose method a function is.
func receiver(decl *ast.FuncDecl) string {
	if decl.Recv == nil {
		return ""
	}
	of := decl.Recv.List[0].Type
	for {
		switch typ := of.(type) {
		case *ast.StarExpr:
			of = typ.X
		case *ast.IndexExpr:
			of = typ.X
		case *ast.IndexListExpr:
			of = typ.X
		case *ast.Ident:
			return typ.Name
		default:
			return ""
		}
	}
}

// TestSources_functions_are_short: nine in ten functions, without tests, have at most 25 lines.
func TestSources_functions_are_short(t *testing.T) {
	t.Parallel()
	var lengths []int
	for _, s := range sources(t) {
		if s.isTest() {
			continue
		}
		for _, decl := range s.file.Decls {
			if function, ok := decl.(*ast.FuncDecl); ok {
				lengths = append(lengths, s.length(function))
			}
		}
	}
	slices.Sort(lengths)
	t.Logf("%d functions: half of them up to %d lines, nine in ten up to %d, the longest %d", len(lengths), lengths[len(lengths)/2], lengths[len(lengths)*9/10], lengths[len(lengths)-1])
	require.LessOrEqual(t, lengths[len(lengths)*9/10], 25)
}

// TestSources_tests_are_as_long_as_code: the repository has at least as many lines of tests as
// lines of code.
func TestSources_tests_are_as_long_as_code(t *testing.T) {
	t.Parallel()
	code, tests := 0, 0
	for _, s := range sources(t) {
		if s.isTest() || strings.HasPrefix(s.path, "internal/suitetest/") { // flaws of adapters, for tests alone
			tests += s.lines
		} else {
			code += s.lines
		}
	}
	t.Logf("%d lines of tests, %d lines of code", tests, code)
	require.GreaterOrEqual(t, tests, code)
}
