package portstest //nolint:testpackage // it reads the scenarios

import (
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/internal/quotetest"
	"github.com/jigap/jigap/ports"
)

func TestStoreScenarios_quote_the_ports(t *testing.T) {
	t.Parallel()
	said := quotetest.Comments(t, "..")
	for _, group := range storeGroups() {
		for _, scenario := range group.scenarios {
			quotetest.Require(t, said, group.name+"/"+scenario.name, scenario.says)
		}
	}
}

func TestStoreDurable_quotes_the_ports(t *testing.T) {
	t.Parallel()
	said := quotetest.Comments(t, "..")
	for _, scenario := range durableScenarios() {
		quotetest.Require(t, said, scenario.name, scenario.says)
	}
}

func TestStoreScenarios_names_are_unique(t *testing.T) {
	t.Parallel()
	for _, group := range storeGroups() {
		seen := make(map[string]bool)
		for _, scenario := range group.scenarios {
			require.False(t, seen[scenario.name], "%s/%s", group.name, scenario.name)
			seen[scenario.name] = true
		}
	}
}

// requireFilled requires that no field of a record is zero.
func requireFilled(t *testing.T, path string, v reflect.Value) {
	t.Helper()
	switch v.Interface().(type) {
	case decimal.Decimal, decimal.NullDecimal, time.Time:
		require.False(t, v.IsZero(), path)
		return
	}
	switch v.Kind() { //nolint:exhaustive // records have no other
	case reflect.Struct:
		for i := range v.NumField() {
			requireFilled(t, path+"."+v.Type().Field(i).Name, v.Field(i))
		}
	case reflect.Slice, reflect.Array:
		require.NotZero(t, v.Len(), path)
		for i := range v.Len() {
			requireFilled(t, path, v.Index(i))
		}
	case reflect.Map:
		require.NotZero(t, v.Len(), path)
	default:
		require.False(t, v.IsZero(), path)
	}
}

// TestFiller leaves no field of a record at zero, and knows every kind of operation.
func TestFiller(t *testing.T) {
	t.Parallel()
	requireFilled(t, "Wallet", reflect.ValueOf(filledWallet().Wallets[0]))
	requireFilled(t, "Entry", reflect.ValueOf(after(filledWallet(), filledEntry()).Entries[0]))
	kinds := make(map[ports.OperationKind]bool)
	for _, op := range filledOperations() {
		requireFilled(t, string(op.Head().Kind), reflect.ValueOf(op).Elem())
		decoded, err := ports.DecodeOperation(op.Head().Kind, encoded(t, op))
		require.NoError(t, err)
		require.Equal(t, string(encoded(t, op)), string(encoded(t, decoded)), "the record is one that can be kept")
		kinds[op.Head().Kind] = true
	}
	source, err := os.ReadFile("../operation.go")
	require.NoError(t, err)
	require.Len(t, kinds, len(regexp.MustCompile(`(?m)^\tKind\w+ +OperationKind = `).FindAll(source, -1)), "kinds of operations")
}

func encoded(t *testing.T, op ports.Operation) []byte {
	t.Helper()
	data, err := ports.EncodeOperation(op)
	require.NoError(t, err)
	return data
}

// TestFateText prints a fate whole.
func TestFateText(t *testing.T) {
	t.Parallel()
	require.Equal(t, `conflict of ["a" "b"]`, fateText(ports.Fate{Status: ports.FateConflict, IDs: []string{"a", "b"}}))
	require.Equal(t, `key_taken of key "k" of wallet "w"`, fateText(ports.Fate{Status: ports.FateKeyTaken, Keys: []ports.EntryKey{{WalletID: "w", Key: "k"}}}))
	require.Equal(t, "failed (invalid)", fateText(ports.Fate{Status: ports.FateFailed, Err: ports.ErrInvalid}))
}

// TestStoreDurable_names_what_a_harness_cannot: a scenario that is skipped says why.
func TestStoreDurable_names_what_a_harness_cannot(t *testing.T) {
	t.Parallel()
	open := func() ports.Store { return nil }
	fields := map[string]DurableStore{
		"FailBefore": {FailBefore: func() {}},
		"FailAfter":  {FailAfter: func() {}},
		"FailLate":   {FailLate: func() func() { return func() {} }},
		"Reopen":     {Reopen: open},
		"Second":     {Second: open},
	}
	asked := make(map[string]bool)
	for _, scenario := range durableScenarios() {
		require.NotEmpty(t, scenario.needs, scenario.name)
		for _, has := range scenario.needs {
			lacking := has(&DurableStore{})
			name := strings.TrimSuffix(lacking[strings.LastIndex(lacking, "(")+1:], ")")
			with, known := fields[name]
			require.True(t, known, lacking)
			require.Empty(t, has(&with), "with %s", name)
			asked[name] = true
		}
	}
	require.Len(t, asked, len(fields))
}

// TestCallLog prints the last calls, with units in short and fates whole.
func TestCallLog(t *testing.T) {
	t.Parallel()
	unit := with(after(opened("w"), recharged("1", "k")), hold("o", "w", "lane"))
	require.Equal(t, `wallet "w" version 2 seq 2, entry "w"/2 recharge key "k", hold "o" version 1 open true lane "lane"`, unitText(unit))
	require.Equal(t, "a unit without records", unitText(ports.Unit{}))
	require.Equal(t, "Commit of 2 units\n    a: committed\n    and 1 more", commitText(2, []string{"a"}, []ports.Fate{{Status: ports.FateCommitted}}))
	log := new(callLog)
	for range callsPrinted + 3 {
		log.add(func() string { return "call" })
	}
	require.Len(t, log.last, callsPrinted)
	require.Equal(t, callsPrinted+3, log.made)
}
