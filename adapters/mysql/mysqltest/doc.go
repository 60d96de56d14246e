// Package mysqltest starts throwaway MariaDB or MySQL servers for tests, from the installed programs (Debian's package
// mariadb-server), also as root. Tests that need no server of their own share one, with a database for each: see [Store].
//
// JIGAP_TEST_MYSQL names another server for these, as a data source name of github.com/go-sql-driver/mysql without a
// database: root@tcp(127.0.0.1:3306)/. A test that needs what is not installed is skipped, and fails where CI is "true".
//
// # Errors
//
// Everything that goes wrong fails the test.
package mysqltest
