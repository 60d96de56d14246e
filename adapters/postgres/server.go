package postgres

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"time"

	"github.com/jackc/pgx/v5"
)

// ErrServer is matched by errors that say that the server is not fit for the store.
var ErrServer = errors.New("server is not fit for the store")

// serverMin is the oldest version that is supported, as server_version_num has it.
const serverMin = 140000

// others are what versions of engines say that speak PostgreSQL's protocol without its
// internals, on which the statements rely.
var others = regexp.MustCompile(`CockroachDB|-YB-|YugabyteDB|Redshift|Greenplum|Materialize|RisingWave|CrateDB|QuestDB|^PostgreSQL \d+$`)

// serverStatement asks what checkServer judges. Tables are distributed where Citus keeps a
// record of them; its catalogue is asked by text, as other servers have no such table.
const serverStatement = `
SELECT current_setting('server_version_num')::int, version(), current_setting('server_encoding'),
	EXISTS (SELECT FROM pg_extension WHERE extname = 'citus'), now()`

// serverFacts are what a server says of itself.
type serverFacts struct {
	number            int
	version, encoding string
	citus             bool
	now               time.Time
}

func (f *serverFacts) fault() error {
	switch {
	case others.MatchString(f.version):
		return fmt.Errorf("%w: %q is not PostgreSQL: its statements would fail, or leave entries out of the change feed", ErrServer, f.version)
	case f.number < serverMin:
		return fmt.Errorf("%w: version %d.%d: want 14 or later", ErrServer, f.number/10000, f.number%10000)
	case f.encoding != "UTF8":
		return fmt.Errorf("%w: server_encoding is %s: want a database with UTF8", ErrServer, f.encoding)
	}
	return nil
}

// checkServer makes sure, once, that the server is fit. When the server cannot be asked
// the next call asks it.
func (s *Store) checkServer(ctx context.Context) error {
	if s.checked.Load() {
		return nil
	}
	if err := checkServer(ctx, s.pool, s.sql.schema); err != nil {
		return err
	}
	s.checked.Store(true)
	return nil
}

// checkServer asks a server whether it is fit.
func checkServer(ctx context.Context, db querier, schema string) error {
	rows, err := db.Query(ctx, serverStatement)
	if err != nil {
		return unavailable(err)
	}
	facts, err := pgx.CollectExactlyOneRow(rows, func(row pgx.CollectableRow) (f serverFacts, err error) {
		return f, row.Scan(&f.number, &f.version, &f.encoding, &f.citus, &f.now)
	})
	if err != nil {
		return unavailable(err)
	}
	if err := facts.fault(); err != nil || !facts.citus {
		return err
	}
	return checkDistributed(ctx, db, schema)
}

// checkDistributed refuses tables that Citus has spread over several servers.
func checkDistributed(ctx context.Context, db querier, schema string) error {
	rows, err := db.Query(ctx, `SELECT count(*) FROM pg_dist_partition d JOIN pg_class c ON c.oid = d.logicalrelid
		JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1`, schema)
	if err != nil {
		return unavailable(err)
	}
	spread, err := pgx.CollectExactlyOneRow(rows, pgx.RowTo[int])
	if err == nil && spread > 0 {
		return fmt.Errorf("%w: Citus has distributed tables of schema %s", ErrServer, schema)
	}
	return unavailable(err)
}
