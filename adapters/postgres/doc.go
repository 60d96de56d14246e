// Package postgres is a [ports.Store] on PostgreSQL.
package postgres
