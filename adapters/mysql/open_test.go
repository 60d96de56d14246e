package mysql_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/internal/sqltest"
	"github.com/jigap/jigap/adapters/mysql"
	"github.com/jigap/jigap/adapters/mysql/mysqltest"
	"github.com/jigap/jigap/ports"
)

func TestOpen(t *testing.T) {
	t.Parallel()
	good := "user:open-sesame@tcp(127.0.0.1:1)/wallets"
	for name, c := range map[string]struct {
		name   string
		config mysql.Config
	}{
		"no name":                 {"", mysql.Config{}},
		"no data source name":     {"mysql://user:open-sesame@localhost/wallets", mysql.Config{}},
		"no database":             {"user:open-sesame@tcp(127.0.0.1:1)/", mysql.Config{}},
		"a negative Timeout":      {good, mysql.Config{Timeout: -1}},
		"a long Timeout":          {good, mysql.Config{Timeout: 2 * time.Hour}},
		"a long TotalsTimeout":    {good, mysql.Config{TotalsTimeout: 48 * time.Hour}},
		"negative Connections":    {good, mysql.Config{Connections: -1}},
		"a multitude Connections": {good, mysql.Config{Connections: 20_000}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := mysql.Open(t.Context(), c.name, c.config)
			require.ErrorIs(t, err, ports.ErrInvalid)
			require.NotContains(t, err.Error(), "sesame")
		})
	}
	t.Run("a server that is not there", func(t *testing.T) {
		t.Parallel()
		_, err := mysql.Open(t.Context(), good, mysql.Config{})
		require.ErrorIs(t, err, ports.ErrUnavailable)
		require.NotContains(t, err.Error(), "sesame")
	})
	t.Run("tables of a newer version", func(t *testing.T) {
		t.Parallel()
		name := mysqltest.Database(t)
		store := mysqltest.Open(t, name, patient)
		_, err := store.DB().ExecContext(t.Context(), "INSERT INTO jigap_migrations (version) VALUES (?)", mysql.Newest+1)
		require.NoError(t, err)
		require.ErrorIs(t, store.Migrate(t.Context()), mysql.ErrServer)
		_, err = mysql.Open(t.Context(), name, patient)
		require.ErrorIs(t, err, mysql.ErrServer)
		require.ErrorContains(t, err, "those of version 2 of the schema, and this program knows 1")
	})
	t.Run("tables that were not made", func(t *testing.T) {
		t.Parallel()
		store, err := mysql.Open(t.Context(), mysqltest.Database(t), patient)
		require.NoError(t, err)
		defer func() { require.NoError(t, store.Close()) }()
		_, err = store.Wallets(t.Context(), []string{"w"})
		require.ErrorIs(t, err, ports.ErrUnavailable)
		require.ErrorIs(t, err, mysql.ErrServer)
		require.ErrorContains(t, err, "run Migrate")
		fate := store.Commit(t.Context(), []ports.Unit{sqltest.Opened("w")})[0]
		require.Equal(t, ports.FateFailed, fate.Status)
		require.ErrorIs(t, fate.Err, mysql.ErrServer)
	})
}

func TestFault(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"8.0.11", "8.4.3", "9.1.0", "10.6.0-MariaDB", "10.11.19-MariaDB-0+deb12u1", "5.5.5-10.6.12-MariaDB-log", "11.8.1-MariaDB", "8.0.11-TiDB-v8.5.0"} {
		require.NoError(t, mysql.Fault(version), version)
	}
	for version, says := range map[string]string{
		"5.7.44-log": "MySQL 5.7: want 8.0 or later", "10.5.29-MariaDB": "MariaDB 10.5: want 10.6 or later", "5.5.5-10.4.1-MariaDB": "MariaDB 10.4", "next": `its version is "next"`,
	} {
		err := mysql.Fault(version)
		require.ErrorIs(t, err, mysql.ErrServer)
		require.ErrorContains(t, err, says)
	}
}

func TestStore_Migrate(t *testing.T) {
	t.Parallel()
	t.Run("changes nothing the second time", func(t *testing.T) {
		t.Parallel()
		store := mysqltest.Store(t, patient)
		sqltest.Commit(t, store, sqltest.Opened("w"))
		require.NoError(t, store.Migrate(t.Context()))
		sqltest.Wallet(t, store, "w")
	})
	t.Run("goes on where an earlier run ended", func(t *testing.T) {
		t.Parallel()
		store := mysqltest.Store(t, patient)
		for _, text := range []string{"DELETE FROM jigap_migrations", "DROP TABLE jigap_operations"} {
			_, err := store.DB().ExecContext(t.Context(), text)
			require.NoError(t, err)
		}
		require.NoError(t, store.Migrate(t.Context()))
		sqltest.Commit(t, store, ports.Unit{Operations: []ports.Operation{sqltest.Hold("o", "lane")}})
	})
	t.Run("runs once when many begin together", func(t *testing.T) {
		t.Parallel()
		name := mysqltest.Database(t)
		done := make(chan error)
		for range 4 {
			store, err := mysql.Open(t.Context(), name, patient)
			require.NoError(t, err)
			t.Cleanup(func() { _ = store.Close() })
			go func() { done <- store.Migrate(t.Context()) }()
		}
		for range 4 {
			require.NoError(t, <-done)
		}
	})
	for says, does := range map[string]string{
		"the engine of jigap_wallets is MyISAM":                      "ALTER TABLE jigap_wallets ENGINE=MyISAM",
		`column id of jigap_wallets is "varchar"`:                    "ALTER TABLE jigap_wallets MODIFY id VARCHAR(128) NOT NULL",
		`column key_text of jigap_entries is "varchar"`:              "ALTER TABLE jigap_entries MODIFY key_text VARCHAR(128)",
		"the tables are recorded as made, and jigap_feed is missing": "DROP TABLE jigap_feed",
	} {
		t.Run(says, func(t *testing.T) {
			t.Parallel()
			store := mysqltest.Store(t, patient)
			_, err := store.DB().ExecContext(t.Context(), does)
			require.NoError(t, err)
			err = store.Migrate(t.Context())
			require.ErrorIs(t, err, mysql.ErrServer)
			require.ErrorContains(t, err, says)
		})
	}
}
