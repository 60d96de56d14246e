package sqlcommit

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jigap/jigap/adapters/internal/sqlrow"
	"github.com/jigap/jigap/ports"
)

// Reader reads. It is a [Store], or what is bound to a transaction.
type Reader struct {
	dialect *Dialect
	engine  Engine
	tx      Querier    // nil: each read has a connection, or a snapshot, of its own
	own     *ownership // of tx, if it is of the store's own
	over    *error     // why tx is over, if it is of the host
	lock    string     // ends a SELECT whose rows are locked: it waits in a transaction of the host only
	timeout time.Duration

	totalsTimeout time.Duration
}

// rowError is an error of a row that the store did not write so.
type rowError struct{ error }

func (e *rowError) Unwrap() error { return e.error }

func errColumns(id string) error {
	return fmt.Errorf("operation %s: its columns differ from its record", id)
}

// unreadable marks an error of reading a row.
func unreadable(err error) error {
	if err == nil {
		return nil
	}
	return &rowError{err}
}

// read runs a query, or several over one state of the data, and bounds their time. The goroutine of a read
// that takes too long goes on until the engine answers; its result is dropped.
func read[T any](ctx context.Context, r *Reader, several bool, query func(context.Context, Querier) (T, error)) (value T, err error) {
	if err := ctx.Err(); err != nil {
		return value, err
	}
	if r.over != nil && *r.over != nil {
		return value, *r.over
	}
	if r.tx != nil && r.own == nil { // of the host's goroutine, with its context
		value, err = query(ctx, r.tx)
		return value, r.readError(ctx, err)
	}
	if r.own != nil && r.own.broken.Load() {
		return value, fmt.Errorf("%w: %w", ports.ErrUnavailable, errSlow)
	}
	bounded, cancel := context.WithTimeout(ctx, r.timeout)
	defer cancel()
	type result struct {
		value T
		err   error
	}
	done := make(chan result, 1)
	go func() {
		var got result
		if r.own != nil {
			r.own.mu.Lock()
			defer r.own.mu.Unlock()
			got.value, got.err = query(bounded, r.tx)
		} else {
			got.value, got.err = readUntil(bounded, r.engine, several, query)
		}
		done <- got
	}()
	select {
	case got := <-done:
		return got.value, r.readError(ctx, got.err)
	case <-bounded.Done():
	}
	if r.own != nil {
		r.own.broken.Store(true)
	}
	return value, r.readError(ctx, ports.Join(bounded.Err(), errSlow))
}

// readUntil reads again while another transaction comes between.
func readUntil[T any](ctx context.Context, engine Engine, several bool, query func(context.Context, Querier) (T, error)) (value T, err error) {
	for tries := 1; ; tries++ {
		value, err = readOnce(ctx, engine, several, query)
		if err == nil {
			return value, nil
		}
		if verdict := engine.Judge(err); verdict != Again && verdict != Locked || !pause(ctx, tries) {
			return value, err
		}
	}
}

func readOnce[T any](ctx context.Context, engine Engine, several bool, query func(context.Context, Querier) (T, error)) (value T, err error) {
	if !several {
		return query(ctx, engine.Reader())
	}
	tx, err := engine.Snapshot(ctx)
	if err != nil {
		return value, err
	}
	defer tx.Rollback()
	return query(ctx, tx)
}

// readError returns the error of a read as [ports.Store] promises it.
func (r *Reader) readError(ctx context.Context, err error) error {
	var cursor *ports.CursorError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &cursor), errors.Is(err, ports.ErrInvalid):
		return err
	case r.verdict(err) == Damaged:
		return fmt.Errorf("%w: %w", ports.ErrUnreadable, err)
	case ctx.Err() != nil:
		return ctx.Err()
	}
	return fmt.Errorf("%w: %w", ports.ErrUnavailable, err)
}

// Wallets implements [ports.WalletReader].
func (r *Reader) Wallets(ctx context.Context, ids []string) ([]ports.Wallet, error) {
	if err := sqlrow.CheckText("ID", ids...); err != nil {
		return nil, err
	}
	ids = distinct(ids)
	wallets, err := read(ctx, r, len(ids) > listMax, func(ctx context.Context, q Querier) ([]ports.Wallet, error) {
		return r.wallets(ctx, q, ids, "")
	})
	if err != nil {
		return nil, fmt.Errorf("read wallets: %w", err)
	}
	return wallets, nil
}

// wallets reads wallets by their ids.
func (r *Reader) wallets(ctx context.Context, q Querier, ids []string, lock string) (wallets []ports.Wallet, err error) {
	err = chunks(ids, r.most(), func(run []string) error {
		return each(ctx, q, r.dialect.in("SELECT "+list(walletColumns)+" FROM $wallets WHERE id IN ("+marks(len(run), 1)+") ORDER BY id"+lock), anys(run), func(rows Rows) error {
			wallet, _, err := scanWallet(rows)
			wallets = append(wallets, wallet)
			return unreadable(err)
		})
	})
	return wallets, err
}

// FindWallets implements [ports.WalletReader].
func (r *Reader) FindWallets(ctx context.Context, filter ports.WalletFilter) (wallets []ports.Wallet, err error) {
	err = ports.Join(sqlrow.CheckLimit(filter.Limit), sqlrow.CheckText("AfterID", filter.AfterID), sqlrow.CheckText("Statuses", ports.Statuses(filter.Statuses...)...),
		sqlrow.CheckTime("ExpiringBy", filter.ExpiringBy))
	if err != nil {
		return nil, err
	}
	q := query{sql: "SELECT " + list(walletColumns) + " FROM $wallets"}
	if !filter.ExpiringBy.IsZero() { // few wallets expire, and an engine that knows nothing of that reads all in order
		q.sql += r.dialect.Index("wallets_next_expiry")
	}
	if filter.Due {
		q.where("due = 1")
	}
	q.whereIn("status", ports.Statuses(filter.Statuses...))
	if !filter.ExpiringBy.IsZero() {
		q.where("next_expiry <= ?", filter.ExpiringBy.UnixMicro())
	}
	if filter.AfterID != "" {
		q.where("id > ?", filter.AfterID)
	}
	q.tail("ORDER BY id LIMIT ?", int64(filter.Limit))
	wallets, err = read(ctx, r, false, func(ctx context.Context, db Querier) (found []ports.Wallet, err error) {
		err = each(ctx, db, r.dialect.in(q.text()), q.args, func(rows Rows) error {
			wallet, _, err := scanWallet(rows)
			found = append(found, wallet)
			return unreadable(err)
		})
		return found, err
	})
	if err != nil {
		return nil, fmt.Errorf("find wallets: %w", err)
	}
	return wallets, nil
}

// EntriesByKey implements [ports.EntryReader].
func (r *Reader) EntriesByKey(ctx context.Context, keys []ports.EntryKey) ([]ports.Entry, error) {
	for _, key := range keys {
		if err := sqlrow.CheckText("Key", key.WalletID, key.Key); err != nil {
			return nil, err
		}
	}
	keys = distinct(keys)
	entries, err := read(ctx, r, len(keys) > listMax, func(ctx context.Context, q Querier) (entries []ports.Entry, err error) {
		err = chunks(keys, r.most(), func(run []ports.EntryKey) error {
			args := make([]any, 0, 2*len(run))
			for _, key := range run {
				args = append(args, key.WalletID, key.Key)
			}
			return each(ctx, q, r.dialect.in("SELECT "+list(entryColumns)+" FROM $entries WHERE (wallet_id, key_text) IN ("+r.dialect.Tuples(marks(len(run), 2))+")"), args, collect(&entries))
		})
		return entries, err
	})
	if err != nil {
		return nil, fmt.Errorf("read entries: %w", err)
	}
	return entries, nil
}

// collect returns what reads a row of an entry and keeps it.
func collect(entries *[]ports.Entry) func(Rows) error {
	return func(rows Rows) error {
		entry, err := scanEntry(rows)
		*entries = append(*entries, entry)
		return unreadable(err)
	}
}

// LastReferring implements [ports.EntryReader].
func (r *Reader) LastReferring(ctx context.Context, entryType ports.EntryType, to []ports.EntryRef) ([]ports.Entry, error) {
	if err := sqlrow.CheckText("Type", string(entryType)); err != nil {
		return nil, err
	}
	for _, ref := range to {
		if err := sqlrow.CheckText("WalletID", ref.WalletID); err != nil {
			return nil, err
		}
	}
	to = distinct(to)
	entries, err := read(ctx, r, len(to) > 1, func(ctx context.Context, q Querier) (entries []ports.Entry, err error) {
		for _, ref := range to {
			err := each(ctx, q, r.dialect.in("SELECT "+list(entryColumns)+" FROM $entries WHERE wallet_id = ? AND seq = "+
				"(SELECT max(seq) FROM $entries WHERE wallet_id = ? AND refers_to = ? AND type = ?)"),
				[]any{ref.WalletID, ref.WalletID, ref.Seq, string(entryType)}, collect(&entries))
			if err != nil {
				return nil, err
			}
		}
		return entries, nil
	})
	if err != nil {
		return nil, fmt.Errorf("read entries: %w", err)
	}
	return entries, nil
}

// Entries implements [ports.EntryReader].
func (r *Reader) Entries(ctx context.Context, filter ports.EntryFilter) ([]ports.Entry, error) {
	types := ports.Statuses(filter.Types...)
	err := ports.Join(sqlrow.CheckLimit(filter.Limit), sqlrow.CheckText("WalletID", filter.WalletID), sqlrow.CheckText("Reference", filter.Reference),
		sqlrow.CheckText("OperationID", filter.OperationID), sqlrow.CheckText("Types", types...),
		sqlrow.CheckTime("From", filter.From), sqlrow.CheckTime("Until", filter.Until))
	if err != nil {
		return nil, err
	}
	timed := !filter.From.IsZero() || !filter.Until.IsZero()
	entries, err := read(ctx, r, timed, func(ctx context.Context, db Querier) (entries []ports.Entry, err error) {
		q := query{sql: "SELECT " + list(entryColumns) + " FROM $entries" + r.dialect.indexFor(&filter)}
		q.where("wallet_id = ?", filter.WalletID)
		if timed {
			from, until, err := r.span(ctx, db, &filter)
			if err != nil {
				return nil, err
			}
			q.where("seq > ?", from)
			q.where("seq <= ?", until)
		}
		q.whereIn("type", types)
		q.equal("reference", filter.Reference)
		q.equal("operation_id", filter.OperationID)
		if filter.RefersTo != 0 {
			q.where("refers_to = ?", filter.RefersTo)
		}
		q.where("seq > ?", filter.AfterSeq)
		if filter.BeforeSeq != 0 {
			q.where("seq < ?", filter.BeforeSeq)
		}
		order := "ORDER BY seq LIMIT ?"
		if filter.Descending {
			order = "ORDER BY seq DESC LIMIT ?"
		}
		q.tail(order, int64(filter.Limit))
		err = each(ctx, db, r.dialect.in(q.text()), q.args, collect(&entries))
		return entries, err
	})
	if err != nil {
		return nil, fmt.Errorf("read entries: %w", err)
	}
	return entries, nil
}

// indexFor names the index that a filter needs. Engines that know nothing of the contents of a table take the
// one that gives the order, and read a whole history.
func (d *Dialect) indexFor(filter *ports.EntryFilter) string {
	switch {
	case filter.RefersTo != 0:
		return d.Index("entries_refers_to")
	case filter.OperationID != "":
		return d.Index("entries_operation")
	case filter.Reference != "":
		return d.Index("entries_reference")
	}
	return ""
}

// span returns the numbers that the bounds of time allow: Seq rises with BookedAt in one wallet. They are
// found by halving the history, about twenty look-ups in one of a million entries, so that no index on
// time is needed.
func (r *Reader) span(ctx context.Context, q Querier, filter *ports.EntryFilter) (after, last int64, err error) {
	err = each(ctx, q, r.dialect.in("SELECT coalesce(max(seq), 0) FROM $entries WHERE wallet_id = ?"), []any{filter.WalletID}, func(rows Rows) error {
		return unreadable(rows.Scan(numberTo[int64]{&last}))
	})
	if err == nil && !filter.Until.IsZero() {
		last, err = r.bookedBefore(ctx, q, filter.WalletID, last, filter.Until)
	}
	if err == nil && !filter.From.IsZero() {
		after, err = r.bookedBefore(ctx, q, filter.WalletID, last, filter.From)
	}
	return after, last, err
}

// bookedBefore returns the number of the last entry, up to one, that was booked before a time.
func (r *Reader) bookedBefore(ctx context.Context, q Querier, walletID string, high int64, bound time.Time) (low int64, err error) {
	for low < high {
		middle := low + (high-low+1)/2
		var booked time.Time
		err := each(ctx, q, r.dialect.in("SELECT booked_at FROM $entries WHERE wallet_id = ? AND seq = ?"), []any{walletID, middle}, func(rows Rows) error {
			return unreadable(rows.Scan(timeTo{&booked}))
		})
		switch {
		case err != nil:
			return 0, err
		case booked.Before(bound):
			low = middle
		default:
			high = middle - 1
		}
	}
	return low, nil
}

// Operations implements [ports.OperationReader].
func (r *Reader) Operations(ctx context.Context, ids []string) ([]ports.Operation, error) {
	if err := sqlrow.CheckText("ID", ids...); err != nil {
		return nil, err
	}
	ids = distinct(ids)
	operations, err := read(ctx, r, len(ids) > listMax, func(ctx context.Context, q Querier) (found []ports.Operation, err error) {
		err = chunks(ids, r.most(), func(run []string) error {
			statement := r.dialect.in("SELECT " + list(operationColumns) + " FROM $operations WHERE id IN (" + marks(len(run), 1) + ")")
			return each(ctx, q, statement, anys(run), collectOperations(&found))
		})
		return found, err
	})
	if err != nil {
		return nil, fmt.Errorf("read operations: %w", err)
	}
	return operations, nil
}

func collectOperations(operations *[]ports.Operation) func(Rows) error {
	return func(rows Rows) error {
		op, _, err := scanOperation(rows)
		*operations = append(*operations, op)
		return unreadable(err)
	}
}

// FindOperations implements [ports.OperationReader].
func (r *Reader) FindOperations(ctx context.Context, filter ports.OperationFilter) ([]ports.Operation, error) {
	q, err := findOperations(&filter)
	if err != nil {
		return nil, err
	}
	operations, err := read(ctx, r, false, func(ctx context.Context, db Querier) (found []ports.Operation, err error) {
		err = each(ctx, db, r.dialect.in(q.text()), q.args, collectOperations(&found))
		return found, err
	})
	if err != nil {
		return nil, fmt.Errorf("find operations: %w", err)
	}
	return operations, nil
}

// findOperations builds the statement for a filter.
func findOperations(filter *ports.OperationFilter) (*query, error) {
	err := ports.Join(sqlrow.CheckLimit(filter.Limit), sqlrow.CheckText("Kind", string(filter.Kind)), sqlrow.CheckText("WalletID", filter.WalletID),
		sqlrow.CheckText("Statuses", filter.Statuses...), sqlrow.CheckText("Lane", filter.Lane), sqlrow.CheckText("Reference", filter.Reference),
		sqlrow.CheckText("ProviderRef", filter.ProviderRef), sqlrow.CheckText("AfterID", filter.AfterID), sqlrow.CheckTime("DueBy", filter.DueBy),
		sqlrow.CheckTime("CreatedFrom", filter.CreatedFrom), sqlrow.CheckTime("CreatedBefore", filter.CreatedBefore),
		sqlrow.CheckText("Providers", filter.Providers...), sqlrow.CheckText("ExceptProviders", filter.ExceptProviders...))
	if err != nil {
		return nil, err
	}
	for field, texts := range map[string][]string{"Statuses": filter.Statuses, "Providers": filter.Providers, "ExceptProviders": filter.ExceptProviders} {
		if len(texts) > textsMax {
			return nil, ports.Invalid(field, "has more than %d texts", textsMax)
		}
	}
	q := &query{sql: "SELECT " + list(operationColumns) + " FROM $operations"}
	q.equal("kind", string(filter.Kind))
	q.equal("wallet_id", filter.WalletID)
	q.equal("lane", filter.Lane)
	if filter.Lane != "" && filter.Open {
		q.where("open_lane = ?", filter.Lane) // an index has it
	}
	q.equal("reference", filter.Reference)
	q.equal("provider_ref", filter.ProviderRef)
	q.whereProvider(filter.Providers, false)
	q.whereProvider(filter.ExceptProviders, true)
	q.whereIn("status", filter.Statuses)
	if filter.Open {
		q.where("is_open = 1")
	}
	if !filter.CreatedFrom.IsZero() {
		q.where("created_at >= ?", ceiling(filter.CreatedFrom).UnixMicro())
	}
	if !filter.CreatedBefore.IsZero() {
		q.where("created_at < ?", ceiling(filter.CreatedBefore).UnixMicro())
	}
	order := "ORDER BY id LIMIT ?"
	if filter.AfterID != "" && filter.NewestFirst {
		q.where("id < ?", filter.AfterID)
	} else if filter.AfterID != "" {
		q.where("id > ?", filter.AfterID)
	}
	if filter.NewestFirst {
		order = "ORDER BY id DESC LIMIT ?"
	}
	if !filter.DueBy.IsZero() {
		q.where("due_at <= ?", filter.DueBy.UnixMicro())
		order = "ORDER BY due_at, id LIMIT ?"
	}
	q.tail(order, int64(filter.Limit))
	return q, nil
}

// textsMax is how many texts a list of a filter has at most: engines bound how many values a statement has.
const textsMax = 1000

// ceiling returns the first whole microsecond that is not before t. Times in columns are whole.
func ceiling(t time.Time) time.Time {
	floor := ports.Instant(t)
	if floor.Before(t) {
		return floor.Add(time.Microsecond)
	}
	return floor
}

// query is a statement under construction.
type query struct {
	sql        string
	conditions []string
	end        string
	args       []any
}

func (q *query) where(condition string, args ...any) {
	q.conditions = append(q.conditions, condition)
	q.args = append(q.args, args...)
}

func (q *query) equal(column, value string) {
	if value != "" {
		q.where(column+" = ?", value)
	}
}

// whereIn adds that a column has one of the texts, if there are any.
func (q *query) whereIn(column string, texts []string) {
	if texts = distinct(texts); len(texts) > 0 {
		q.where(column+" IN ("+marks(len(texts), 1)+")", anys(texts)...)
	}
}

// whereProvider adds that the column provider, which is null where a record has none, has one of the texts
// or none of them. One provider alone is compared by =, so that an index gives the order.
func (q *query) whereProvider(texts []string, none bool) {
	texts = distinct(texts)
	named := anys(slices.DeleteFunc(slices.Clone(texts), func(text string) bool { return text == "" }))
	null := len(named) < len(texts)
	var condition string
	switch {
	case len(texts) == 0:
		return
	case len(named) == 1 && !null && !none:
		condition = "provider = ?"
	case len(named) > 0 && none:
		condition = "provider NOT IN (" + marks(len(named), 1) + ")"
	case len(named) > 0:
		condition = "provider IN (" + marks(len(named), 1) + ")"
	}
	switch {
	case null && none: // which NOT IN says of null, too
		condition = cmp.Or(condition, "provider IS NOT NULL")
	case none:
		condition = "(provider IS NULL OR " + condition + ")"
	case null && condition == "":
		condition = "provider IS NULL"
	case null:
		condition = "(provider IS NULL OR " + condition + ")"
	}
	q.where(condition, named...)
}

func (q *query) tail(text string, args ...any) {
	q.end = text
	q.args = append(q.args, args...)
}

func (q *query) text() string {
	if len(q.conditions) == 0 {
		return q.sql + " " + q.end
	}
	return q.sql + " WHERE " + strings.Join(q.conditions, " AND ") + " " + q.end
}

// distinct returns a list of its own of the values, without those that came before.
func distinct[T comparable](values []T) []T {
	seen := make(map[T]bool, len(values))
	kept := make([]T, 0, len(values))
	for _, value := range values {
		if !seen[value] {
			seen[value] = true
			kept = append(kept, value)
		}
	}
	return kept
}

func anys[T any](values []T) []any {
	list := make([]any, len(values))
	for i, value := range values {
		list[i] = value
	}
	return list
}
