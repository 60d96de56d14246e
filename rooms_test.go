package jigap_test

import (
	"os"
	"os/exec"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const module = "github.com/jigap/jigap"

// goList runs go list, without test files, and returns the words that it prints.
func goList(t *testing.T, args ...string) []string {
	t.Helper()
	return strings.Fields(goLines(t, args...))
}

// goLines runs go list, without test files, and returns what it prints.
func goLines(t *testing.T, args ...string) string {
	t.Helper()
	command := exec.CommandContext(t.Context(), "go", append([]string{"list"}, args...)...)
	var stderr strings.Builder // where go also says what it downloads: that is no package
	command.Stderr = &stderr
	out, err := command.Output()
	require.NoError(t, err, "%s", &stderr)
	return string(out)
}

func room(pkg string) string { return strings.TrimPrefix(pkg, module+"/") }

// floors are the packages of the core, from the ground up. A package imports packages of
// lower floors only.
var floors = [][]string{
	{"ports"},
	{"worker", "internal/books", "internal/record", "internal/call", "internal/dry"},
	{"ledger", "internal/order", "internal/events"},
	{"recharge", "withdraw"},
	{"autorecharge"},
	{"text", "desk"},
}

// floorOf returns the floor of a package of the core, and -1 for other packages.
func floorOf(pkg string) int {
	return slices.IndexFunc(floors, func(floor []string) bool { return slices.Contains(floor, pkg) })
}

// mayImport says which packages of the module a room may reach, itself and those
// below it.
func mayImport(of, to string) bool {
	if floor := floorOf(of); floor >= 0 {
		return to == of || floorOf(to) >= 0 && floorOf(to) < floor
	}
	if tested := path.Dir(of); floorOf(tested) >= 0 { // a suite or mocks reach what they test, and what that reaches
		return to == of || to == tested || mayImport(tested, to)
	}
	parts := strings.Split(of, "/")
	if parts[0] == "adapters" { // an adapter reaches ports, its own rooms, and what adapters share
		own, shared := strings.Join(parts[:2], "/"), "adapters/httpcall"
		if isForTests(of) {
			shared = "adapters/providertest"
		}
		return to == "ports" || to == own || strings.HasPrefix(to+"/", own+"/") || strings.HasPrefix(to+"/", shared+"/") ||
			strings.HasPrefix(to, "adapters/internal/")
	}
	return true
}

// isForTests reports whether a room is for tests: a suite, mocks, a simulator or its
// command.
func isForTests(of string) bool {
	return strings.HasSuffix(of, "test") || strings.HasSuffix(of, "mock") || strings.Contains(of, "test/cmd/")
}

// TestRooms_import_downwards holds the direction of imports: the core knows no adapter,
// no HTTP and no SQL; adapters know ports alone, and what they share: simulators
// providertest, stores the packages in adapters/internal, the others httpcall; a suite knows what it tests.
func TestRooms_import_downwards(t *testing.T) {
	t.Parallel()
	for _, pkg := range goList(t, "./...") {
		of := room(pkg)
		if strings.HasPrefix(of, "examples") || strings.HasPrefix(of, "internal/") && floorOf(of) < 0 || pkg == module {
			continue
		}
		for _, dep := range goList(t, "-deps", pkg) {
			if strings.HasPrefix(dep, module+"/") && !mayImport(of, room(dep)) {
				t.Errorf("%s reaches %s", of, room(dep))
			}
			if isForTests(of) { // testify reaches net/http
				continue
			}
			outside := dep == "net/http" || dep == "database/sql" || strings.HasPrefix(dep, "github.com/jackc/")
			if outside && !strings.HasPrefix(of, "adapters/") {
				t.Errorf("%s reaches %s", of, dep)
			}
			if dep == "testing" || strings.HasPrefix(dep, "github.com/stretchr/") || strings.HasPrefix(dep, "go.uber.org/mock") {
				t.Errorf("%s reaches %s, which is for tests", of, dep)
			}
		}
	}
}

// TestRooms_order_serves_recharge_and_withdraw: no other package imports internal/order.
func TestRooms_order_serves_recharge_and_withdraw(t *testing.T) {
	t.Parallel()
	var by []string
	for line := range strings.Lines(goLines(t, "-f", "{{.ImportPath}} {{range .Imports}}{{.}} {{end}}", "./...")) {
		if words := strings.Fields(line); slices.Contains(words[1:], module+"/internal/order") {
			by = append(by, room(words[0]))
		}
	}
	require.Equal(t, []string{"recharge", "withdraw"}, by)
}

// TestRooms_core_compiles_two_modules: a program with ledger and the memory store
// brings in decimal and uuid, and nothing else that is not the standard library.
func TestRooms_core_compiles_two_modules(t *testing.T) {
	t.Parallel()
	var modules []string
	for _, pkg := range goList(t, "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", "./ledger", "./adapters/memory") {
		if !strings.HasPrefix(pkg, module) && !slices.Contains(modules, pkg) {
			modules = append(modules, pkg)
		}
	}
	slices.Sort(modules)
	require.Equal(t, []string{"github.com/google/uuid", "github.com/shopspring/decimal"}, modules)
}

// TestReadme_map_names_every_room: the map in the README names folders that exist, and
// leaves none out.
func TestReadme_map_names_every_room(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("README.md")
	require.NoError(t, err)
	_, rest, found := strings.Cut(string(readme), "<!-- map -->\n```text\n")
	require.True(t, found, "README.md has a map")
	text, _, _ := strings.Cut(rest, "```")
	var named []string
	for line := range strings.Lines(text) {
		if name := strings.Fields(line); len(name) > 0 && strings.HasSuffix(name[0], "/") {
			named = append(named, strings.TrimSuffix(name[0], "/"))
		}
	}
	var rooms []string
	for _, pkg := range goList(t, "./...") {
		if pkg != module {
			rooms = append(rooms, strings.SplitN(room(pkg), "/cmd", 2)[0])
		}
	}
	for _, name := range named {
		info, err := os.Stat(name)
		require.NoError(t, err, "README names %s", name)
		require.True(t, info.IsDir(), name)
	}
	for _, name := range rooms {
		if !strings.Contains(name, "/internal") {
			require.Contains(t, named, name, "README leaves a room out")
		}
	}
}
