package postgres_test

import (
	"context"
	"crypto/sha256"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/postgres"
	"github.com/jigap/jigap/adapters/postgres/postgrestest"
	"github.com/jigap/jigap/ports"
)

const statementsFile = "testdata/statements.sql"

var update = flag.Bool("update", false, "write testdata/statements.sql anew")

// TestStatements compares every statement that the store sends with testdata/statements.sql,
// for a reviewer to read. Each method is called, on a store and in a transaction of the host,
// and what it sends is recorded; the statements that write units are listed in all their
// forms.
func TestStatements(t *testing.T) {
	t.Parallel()
	sent := recordStatements(t)
	got := sent.file()
	if *update {
		require.NoError(t, os.WriteFile(statementsFile, []byte(got), 0o644))
	}
	want, err := os.ReadFile(statementsFile)
	require.NoError(t, err)
	const how = "run go test ./adapters/postgres -run TestStatements -update, and read what changed"
	wanted, found := strings.Split(string(want), "\n\n"), strings.Split(got, "\n\n")
	for i := range min(len(wanted), len(found)) {
		require.Equal(t, wanted[i], found[i], how)
	}
	require.Len(t, found, len(wanted), how)
}

// recorder keeps the statements that are sent under a context that names a method.
type recorder struct {
	t      *testing.T
	schema string

	mu      sync.Mutex
	texts   []string
	methods map[string][]string // that send a text
	called  map[string]bool
	skip    map[string]bool // listed apart
	forms   []postgres.Form
}

type methodKey struct{}

// TraceQueryStart implements [pgx.QueryTracer].
func (r *recorder) TraceQueryStart(ctx context.Context, _ *pgx.Conn, data pgx.TraceQueryStartData) context.Context {
	r.record(ctx, data.SQL)
	return ctx
}

// TraceQueryEnd implements [pgx.QueryTracer].
func (*recorder) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

// TraceBatchStart implements [pgx.BatchTracer].
func (r *recorder) TraceBatchStart(ctx context.Context, _ *pgx.Conn, data pgx.TraceBatchStartData) context.Context {
	for _, query := range data.Batch.QueuedQueries {
		r.record(ctx, query.SQL)
	}
	return ctx
}

// TraceBatchQuery implements [pgx.BatchTracer].
func (*recorder) TraceBatchQuery(context.Context, *pgx.Conn, pgx.TraceBatchQueryData) {}

// TraceBatchEnd implements [pgx.BatchTracer].
func (*recorder) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData) {}

func (r *recorder) record(ctx context.Context, sql string) {
	method, named := ctx.Value(methodKey{}).(string)
	text := r.readable(sql)
	r.mu.Lock()
	defer r.mu.Unlock()
	if !named || r.skip[text] {
		return
	}
	if r.methods[text] == nil {
		r.texts = append(r.texts, text)
	}
	if !slices.Contains(r.methods[text], method) {
		r.methods[text] = append(r.methods[text], method)
	}
}

// named names the schema as the texts in the package do.
func (r *recorder) named(sql string) string {
	return strings.ReplaceAll(strings.ReplaceAll(sql, `"`+r.schema+`"`, "jigap"), r.schema, "jigap")
}

// readable breaks long lines too.
func (r *recorder) readable(sql string) string {
	var lines []string
	for line := range strings.SplitSeq(strings.TrimSpace(r.named(sql)), "\n") {
		lines = append(lines, broken(line)...)
	}
	return strings.Join(lines, "\n")
}

// broken breaks a line behind commas.
func broken(line string) (lines []string) {
	const width = 140
	for len(line) > width {
		at := strings.LastIndex(line[:width], ", ")
		if at < 0 {
			break
		}
		lines, line = append(lines, line[:at+1]), "\t\t"+line[at+2:]
	}
	return append(lines, line)
}

// recordStatements calls all methods.
func recordStatements(t *testing.T) *recorder {
	t.Helper()
	r := &recorder{t: t, methods: map[string][]string{}, called: map[string]bool{}, skip: map[string]bool{}}
	config, err := pgxpool.ParseConfig(postgrestest.URL(t))
	require.NoError(t, err)
	config.ConnConfig.Tracer = r
	pool, err := pgxpool.NewWithConfig(t.Context(), config)
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	r.schema = postgrestest.Schema(t, pool)
	_, err = pool.Exec(t.Context(), "DROP SCHEMA IF EXISTS "+r.schema)
	require.NoError(t, err)
	store, err := postgres.New(pool, postgres.Config{Schema: r.schema})
	require.NoError(t, err)
	r.listForms(store)
	r.skipMigrations()

	r.call("Store.Migrate", func(ctx context.Context) { require.NoError(t, store.Migrate(ctx)) })
	r.call("Store.Migrate", func(ctx context.Context) { require.NoError(t, store.Migrate(ctx)) })
	r.call("first call of a Store", func(ctx context.Context) { r.read(store.Wallets(ctx, nil)) })
	first := opened("w")
	r.call("Store.Commit", func(ctx context.Context) {
		r.committed(store.Commit(ctx, []ports.Unit{first}))
		store.Commit(ctx, []ports.Unit{first, {Operations: []ports.Operation{ended(hold("none", ""))}}}) // what is stored differs
		require.NoError(t, store.Confirm(ctx, &first))
		require.NoError(t, store.Confirm(ctx, &ports.Unit{Operations: []ports.Operation{hold("none", "")}}))
	})
	second := deducted(first, "locked")
	r.call("Store.CommitLocked", func(ctx context.Context) {
		fates, err := store.CommitLocked(ctx, "w", func(ports.Store) []ports.Unit { return []ports.Unit{second} })
		require.NoError(t, err)
		r.committed(fates)
	})
	few := config.Copy()
	few.MaxConns = 2 // of which none may wait
	small, err := pgxpool.NewWithConfig(t.Context(), few)
	require.NoError(t, err)
	t.Cleanup(small.Close)
	another, err := postgres.New(small, postgres.Config{Schema: r.schema})
	require.NoError(t, err)
	r.read(another.Wallets(t.Context(), nil)) // which checks the server
	r.call("Store.CommitLocked, which does not wait", func(ctx context.Context) {
		r.read(another.CommitLocked(ctx, "w", func(ports.Store) []ports.Unit { return nil }))
	})
	r.reads("Store", store)
	r.call("Store.CheckFeed", func(ctx context.Context) { r.read(store.CheckFeed(ctx)) })
	r.covers("Store", reflect.TypeFor[*postgres.Store](), "WithTx", "Statements", "Forms", "SendAs", "Confirm", "ExplainFind") // these are for tests

	require.NoError(t, pgx.BeginFunc(t.Context(), pool, func(tx pgx.Tx) error {
		bound := store.WithTx(tx)
		r.call("TxStore.LockWallets", func(ctx context.Context) { r.read(bound.LockWallets(ctx, []string{"w"})) })
		r.call("TxStore.Commit", func(ctx context.Context) {
			third := deducted(second, "host")
			r.committed(bound.Commit(ctx, []ports.Unit{third}))
			refused := deducted(third, "refused by the server")
			refused.Wallets[0].OpenOperations = -1
			fates := bound.Commit(ctx, []ports.Unit{refused})
			require.Equal(r.t, ports.FateFailed, fates[0].Status)
			bound.Commit(ctx, []ports.Unit{{Entries: first.Entries, Wallets: first.Wallets, Operations: []ports.Operation{hold("o", "")}}})
		})
		r.reads("TxStore", bound)
		return nil
	}))
	r.covers("TxStore", reflect.TypeFor[*postgres.TxStore]())
	return r
}

func (r *recorder) call(method string, call func(ctx context.Context)) {
	r.t.Helper()
	r.called[strings.Split(method, ",")[0]] = true
	call(context.WithValue(r.t.Context(), methodKey{}, method))
}

func (r *recorder) read(_ any, err error) {
	r.t.Helper()
	require.NoError(r.t, err)
}

func (r *recorder) committed(fates []ports.Fate) {
	r.t.Helper()
	for _, fate := range fates {
		require.Equal(r.t, ports.FateCommitted, fate.Status, "%v", fate.Err)
	}
}

// reads calls the methods that a store has on its own and in a transaction.
func (r *recorder) reads(of string, store interface {
	ports.Store
	ports.Checker
},
) {
	r.t.Helper()
	r.call(of+".Wallets", func(ctx context.Context) { r.read(store.Wallets(ctx, []string{"w"})) })
	eachFilter(ports.WalletFilter{Limit: 1}, func(name string, filter ports.WalletFilter) {
		r.call(of+".FindWallets"+name, func(ctx context.Context) { r.read(store.FindWallets(ctx, filter)) })
	})
	r.call(of+".EntriesByKey", func(ctx context.Context) {
		r.read(store.EntriesByKey(ctx, []ports.EntryKey{{WalletID: "w", Key: "locked"}}))
	})
	r.call(of+".LastReferring", func(ctx context.Context) {
		r.read(store.LastReferring(ctx, ports.EntryRefund, []ports.EntryRef{{WalletID: "w", Seq: 1}}))
	})
	eachFilter(ports.EntryFilter{WalletID: "w", Limit: 1}, func(name string, filter ports.EntryFilter) {
		r.call(of+".Entries"+name, func(ctx context.Context) { r.read(store.Entries(ctx, filter)) })
	})
	r.call(of+".Feed", func(ctx context.Context) { r.read(store.Feed(ctx, "", 10)) })
	r.call(of+".Totals", func(ctx context.Context) { r.read(store.Totals(ctx)) })
	r.call(of+".Operations", func(ctx context.Context) { r.read(store.Operations(ctx, []string{"o"})) })
	find := func(name string, filter ports.OperationFilter) {
		r.call(of+".FindOperations"+name, func(ctx context.Context) { r.read(store.FindOperations(ctx, filter)) })
	}
	eachFilter(ports.OperationFilter{Limit: 1}, find)
	find(", one Provider that is blank", ports.OperationFilter{Providers: []string{""}, Limit: 1})
	find(", several Providers", ports.OperationFilter{Providers: []string{"a", "b"}, Limit: 1})
	find(", AfterID and NewestFirst", ports.OperationFilter{AfterID: "x", NewestFirst: true, Limit: 1})
	find(", holds of a wallet that are due", ports.OperationFilter{Kind: ports.KindHold, WalletID: "w", Open: true, DueBy: noon, Limit: 1})
	find(", what may need a person", ports.OperationFilter{Statuses: ports.Statuses(ports.RechargeReview), Limit: 1})
	find(", withdrawals that wait", ports.OperationFilter{Statuses: ports.Statuses(ports.WithdrawalApproved), Open: true, Limit: 1})
	r.call(of+".CheckWallet", func(ctx context.Context) { r.read(store.CheckWallet(ctx, "w")) })
}

// eachFilter calls use with a filter as it is, and with each field of it set alone.
func eachFilter[F any](filter F, use func(name string, filter F)) {
	use("", filter)
	fields := reflect.TypeFor[F]()
	for i := range fields.NumField() {
		changed := filter
		field := reflect.ValueOf(&changed).Elem().Field(i)
		if !field.IsZero() {
			continue
		}
		switch value := field.Interface().(type) {
		case time.Time:
			field.Set(reflect.ValueOf(noon))
		default:
			switch field.Kind() { //nolint:exhaustive // a field of another kind panics
			case reflect.String:
				field.SetString("x")
			case reflect.Bool:
				field.SetBool(true)
			case reflect.Int64:
				field.SetInt(1)
			case reflect.Slice:
				one := reflect.MakeSlice(field.Type(), 1, 1)
				one.Index(0).SetString("x")
				field.Set(one)
			default:
				panic(fmt.Sprintf("field %s is a %T", fields.Field(i).Name, value))
			}
		}
		use(", "+fields.Field(i).Name, changed)
	}
}

// covers requires that every method of a type was called, but for some.
func (r *recorder) covers(of string, store reflect.Type, but ...string) {
	r.t.Helper()
	for i := range store.NumMethod() {
		if name := store.Method(i).Name; !slices.Contains(but, name) {
			require.True(r.t, r.called[of+"."+name], "%s.%s is not called", of, name)
		}
	}
}

// listForms keeps the statements that write units, which are listed apart.
func (r *recorder) listForms(store *postgres.Store) {
	for _, form := range store.Forms() {
		for _, text := range []*string{&form.Normal, &form.Host, &form.Hasty} {
			*text = r.named(*text)
			r.skip[r.readable(*text)] = true
		}
		r.forms = append(r.forms, form)
	}
}

// skipMigrations leaves out the commands of the migrations, which are files of their own.
func (r *recorder) skipMigrations() {
	files, err := fs.Glob(postgres.Migrations, "migrations/*.sql")
	require.NoError(r.t, err)
	for _, file := range files {
		text, err := postgres.Migrations.ReadFile(file)
		require.NoError(r.t, err)
		for command := range strings.SplitSeq(string(text), ";\n") {
			r.skip[r.readable(command)] = true
		}
	}
}

const statementsHead = `-- Every statement that the store sends, for a reviewer: behind the methods that send it. TestStatements compares the file
-- with what is sent, and writes it: go test ./adapters/postgres -run TestStatements -update
--
-- The schema is "jigap", and long lines are broken. The commands of Store.Migrate are those of migrations/*.sql and the ones
-- below. A server that has Citus is asked one thing more: see checkDistributed.
`

const formsHead = `
-- What follows are the statements of Store.Commit, Store.CommitLocked and TxStore.Commit, each with the units that it is for. Those for units
-- of one wallet have four or eight forms, which differ in the columns that travel: the forms with the fewest and with all columns are written
-- out, the others have a digest. "host" is the form in a transaction of the host, "again" the one for units that another transaction held up.
`

// file returns what was recorded.
func (r *recorder) file() string {
	var file strings.Builder
	file.WriteString(statementsHead)
	for _, text := range r.texts {
		fmt.Fprintf(&file, "\n-- %s\n%s;\n", strings.Join(r.methods[text], "\n-- "), text)
	}
	file.WriteString(formsHead)
	for _, form := range r.forms {
		fmt.Fprintf(&file, "\n-- units: %s\n", form.Units)
		_, columns, some := strings.Cut(form.Units, ": all units, ")
		if some && columns != "extras, points, records" {
			fmt.Fprintf(&file, "-- %s; host %s; again %s\n", digest(form.Normal), digest(form.Host), digest(form.Hasty))
			continue
		}
		fmt.Fprintf(&file, "%s;\n", r.readable(form.Normal))
		r.writeChange(&file, "host", form.Normal, form.Host)
		r.writeChange(&file, "again", form.Normal, form.Hasty)
	}
	return file.String()
}

func digest(text string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(text)))[:16] }

// writeChange writes the lines in which another form differs from the first: the lines that it
// lacks, and the lines with another text.
func (r *recorder) writeChange(file *strings.Builder, name, text, other string) {
	one, two := strings.Split(text, "\n"), strings.Split(other, "\n")
	gone := slices.DeleteFunc(slices.Clone(one), func(line string) bool { return slices.Contains(two, line) })
	made := slices.DeleteFunc(two, func(line string) bool { return slices.Contains(one, line) })
	require.LessOrEqual(r.t, len(made), len(gone), "a form has lines that the first has not")
	told := map[string]bool{}
	for i, line := range gone {
		change := "has not: " + strings.TrimSpace(line)
		if len(made) == len(gone) {
			from, to := apart(line, made[i])
			change = fmt.Sprintf("has %q for %q", to, from)
		}
		if !told[change] {
			fmt.Fprintf(file, "-- %s %s\n", name, change)
		}
		told[change] = true
	}
}

// apart returns the words in which two lines differ.
func apart(from, to string) (string, string) {
	inWord := func(line string, at int) bool {
		return at >= 0 && at < len(line) && strings.ContainsRune("0123456789'", rune(line[at]))
	}
	start := 0
	for start < len(from) && start < len(to) && from[start] == to[start] {
		start++
	}
	end := 0
	for end < len(from)-start && end < len(to)-start && from[len(from)-1-end] == to[len(to)-1-end] {
		end++
	}
	for inWord(from, start) && inWord(from, start-1) {
		start--
	}
	for inWord(from, len(from)-end-1) && inWord(from, len(from)-end) {
		end--
	}
	return from[start : len(from)-end], to[start : len(to)-end]
}
