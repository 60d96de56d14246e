package main

import (
	"context"
	_ "embed" // for schema.sql
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

//go:embed schema.sql
var schemaSQL string

// tables writes the host's statements for its schema.
type tables struct{ names *strings.Replacer }

func newTables(schema string) tables {
	return tables{names: strings.NewReplacer("{schema}", pgx.Identifier{schema}.Sanitize())}
}

func (t tables) sql(statement string) string { return t.names.Replace(statement) }

// create makes the tables. Processes that start together wait for each other.
func (t tables) create(ctx context.Context, pool *pgxpool.Pool) error {
	return pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock(hashtext('jigap example host'))"); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, t.sql(schemaSQL))
		return err
	})
}
