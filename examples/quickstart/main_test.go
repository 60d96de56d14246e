package main

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/kona/konatest"
	"github.com/jigap/jigap/adapters/memory"
	"github.com/jigap/jigap/adapters/postgres/postgrestest"
	"github.com/jigap/jigap/adapters/solapi"
	"github.com/jigap/jigap/adapters/solapi/solapitest"
	"github.com/jigap/jigap/internal/storeurl"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
)

func TestMain(m *testing.M) { os.Exit(postgrestest.Main(m)) }

func nothing(string) string { return "" }

// told runs the command and returns what it said.
func told(t *testing.T, args ...string) string {
	t.Helper()
	var out, complaints strings.Builder
	require.Zero(t, run(t.Context(), args, nothing, &out, &complaints), complaints.String())
	require.Empty(t, complaints.String())
	return out.String()
}

// TestStory compares the whole story with testdata/story.txt, and sees that it fits a
// screen.
func TestStory(t *testing.T) {
	t.Parallel()
	want, err := os.ReadFile("testdata/story.txt")
	require.NoError(t, err)
	require.Equal(t, string(want), told(t))
	require.LessOrEqual(t, strings.Count(string(want), "\n"), 41)
	for line := range strings.Lines(string(want)) {
		require.LessOrEqual(t, utf8.RuneCountInString(line)-1, 100, line)
	}
}

// TestStory_on_PostgreSQL: the same story, to the letter, and nothing of it is left behind.
func TestStory_on_PostgreSQL(t *testing.T) {
	t.Parallel()
	want, err := os.ReadFile("testdata/story.txt")
	require.NoError(t, err)
	url := postgrestest.URL(t)
	require.Equal(t, string(want), told(t, "-store", url))
	pool, err := pgxpool.New(t.Context(), url)
	require.NoError(t, err)
	defer pool.Close()
	var left int
	require.NoError(t, pool.QueryRow(t.Context(),
		"SELECT count(*) FROM information_schema.schemata WHERE schema_name LIKE 'jigap\\_quickstart\\_%'").Scan(&left))
	require.Zero(t, left)
}

// TestStory_on_SQLite: the same story, to the letter. The file stays, and no second story begins in it.
func TestStory_on_SQLite(t *testing.T) {
	t.Parallel()
	want, err := os.ReadFile("testdata/story.txt")
	require.NoError(t, err)
	store := "sqlite:" + filepath.Join(t.TempDir(), "wallets.db")
	require.Equal(t, string(want), told(t, "-store", store))
	var out, complaints strings.Builder
	require.Equal(t, 1, run(t.Context(), []string{"-store", store}, nothing, &out, &complaints))
	require.Contains(t, complaints.String(), "is there already")
	opened, err := storeurl.Open(t.Context(), store, storeurl.Config{})
	require.NoError(t, err)
	defer func() { require.NoError(t, opened.Close()) }()
	wallets, err := opened.Store.Wallets(t.Context(), []string{customer})
	require.NoError(t, err)
	require.Len(t, wallets, 1)
}

// TestStory_fails_when_it_is_not_true: each thing that goes wrong behind the story's back
// ends it with an error.
func TestStory_fails_when_it_is_not_true(t *testing.T) {
	t.Parallel()
	credit := func(t *testing.T, s *story, wallet string) {
		t.Helper()
		require.NoError(t, s.open(t.Context()))
		_, err := s.wallets.Credit(t.Context(), ledger.CreditRequest{WalletID: wallet, Key: "gift", Amount: won(1)})
		require.NoError(t, err)
	}
	for want, spoil := range map[string]func(t *testing.T, s *story){
		"cash of customer-1: 10,001, and must be 10,000": func(t *testing.T, s *story) { t.Helper(); credit(t, s, customer) },
		"cash of customer-2: 1, and must be 0":           func(t *testing.T, s *story) { t.Helper(); credit(t, s, member) },
		"the provider's account holds: 568,999, and must be 569,000": func(_ *testing.T, s *story) {
			s.account.Unbook(won(1))
		},
		"cash of customer-2: 0, and must be 30,000": func(_ *testing.T, s *story) {
			s.member.Next(konatest.Scenario{Pending: true, After: time.Minute, Fail: true})
		},
		"the provider charged another card": func(_ *testing.T, s *story) {
			s.account.SetCard(s.cards[1], http.StatusPaymentRequired, "BalanceInsufficient")
		},
		"credited to customer-1: 89,000, and must be 89,700": func(t *testing.T, s *story) {
			t.Helper()
			order := ports.ChargeOrder{
				OperationID: "stray", PaymentMethod: s.cards[0], Amount: won(700), Currency: "KRW", SentAt: s.clock.Now(), Transmissions: 1,
			}
			evidence, refusal := s.charger.Prepare(t.Context(), order)
			require.Nil(t, refusal)
			order.Evidence = evidence
			require.Equal(t, ports.OutcomeApproved, s.charger.Charge(t.Context(), order).Outcome)
		},
	} {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			s, err := newStory(memory.New(), io.Discard)
			require.NoError(t, err)
			t.Cleanup(s.close)
			spoil(t, s)
			require.ErrorContains(t, s.tellAll(t.Context()), want)
		})
	}
}

func TestStory_failure_is_status_one(t *testing.T) {
	t.Parallel()
	const password = "hunter2"
	var complaints strings.Builder
	url := "postgres://me:" + password + "@127.0.0.1:1/none?connect_timeout=2"
	require.Equal(t, 1, run(t.Context(), []string{"-store", url}, nothing, io.Discard, &complaints))
	require.Contains(t, complaints.String(), "open the store")
	require.NotContains(t, complaints.String(), password)
	require.Equal(t, 2, run(t.Context(), []string{"-nonsense"}, nothing, io.Discard, io.Discard))
	require.Zero(t, run(t.Context(), []string{"-h"}, nothing, io.Discard, io.Discard))
}

// TestReadAccount: with credentials the account is read, and only read; neither key nor
// secret shows, also when they are refused.
func TestReadAccount(t *testing.T) {
	t.Parallel()
	provider := solapitest.New(solapitest.Config{Seed: 1})
	account := provider.NewAccount(solapitest.AccountConfig{Balance: won(10_130)})
	account.Credit("MANUAL", won(870))
	key := account.NewKey(solapitest.RoleDeveloper)
	var reads atomic.Int64
	provider.OnRequest(func(r *http.Request) {
		reads.Add(1)
		if r.Method != http.MethodGet {
			t.Errorf("%s %s", r.Method, r.URL.Path)
		}
	})
	server := httptest.NewServer(provider)
	defer server.Close()

	var out strings.Builder
	config := solapi.Config{BaseURL: server.URL}
	require.NoError(t, readAccount(t.Context(), &out, solapi.NewCredentials(key.APIKey, key.Secret), config))
	require.Contains(t, out.String(), "balance 11000, points 0")
	require.Regexp(t, `MANUAL +10130 → 11000`, out.String())
	require.NotContains(t, out.String(), key.Secret)
	require.Positive(t, reads.Load())

	err := readAccount(context.WithoutCancel(t.Context()), &out, solapi.NewCredentials(key.APIKey, strings.Repeat("x", 32)), config)
	require.Error(t, err)
	require.NotContains(t, err.Error(), key.APIKey)
}
