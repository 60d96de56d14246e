package postgres

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/jigap/jigap/adapters/internal/sqlrow"
	"github.com/jigap/jigap/ports"
)

// operationColumns are read with each record, to be compared with what it says itself.
const operationColumns = "kind, body, id, wallet_id, version, status, open, lane, provider, reference, provider_ref, due_at"

// idColumn is the place of the id among them.
const idColumn = 2

// Operations implements [ports.OperationReader].
func (r *reader) Operations(ctx context.Context, ids []string) ([]ports.Operation, error) {
	if err := sqlrow.CheckText("ID", ids...); err != nil {
		return nil, err
	}
	return r.operations(ctx, r.sql.operations, ids)
}

// attention are the statuses of records that may need a person, few among many that have
// ended. An index has no other records.
var attention = []string{ //nolint:gochecknoglobals // a constant
	string(ports.RechargeReview), string(ports.RechargeDisputed), string(ports.WithdrawalRequested), string(ports.PolicySuspended),
}

// FindOperations implements [ports.OperationReader].
func (r *reader) FindOperations(ctx context.Context, filter ports.OperationFilter) ([]ports.Operation, error) {
	q, err := r.findOperations(filter)
	if err != nil {
		return nil, err
	}
	return r.operations(ctx, q.text(), q.args...)
}

// findOperations builds the statement for a filter.
func (r *reader) findOperations(filter ports.OperationFilter) (*query, error) {
	err := ports.Join(sqlrow.CheckLimit(filter.Limit), sqlrow.CheckText("Kind", string(filter.Kind)), sqlrow.CheckText("WalletID", filter.WalletID),
		sqlrow.CheckText("Statuses", filter.Statuses...), sqlrow.CheckText("Lane", filter.Lane), sqlrow.CheckText("Reference", filter.Reference),
		sqlrow.CheckText("ProviderRef", filter.ProviderRef), sqlrow.CheckText("AfterID", filter.AfterID), sqlrow.CheckTime("DueBy", filter.DueBy),
		sqlrow.CheckTime("CreatedFrom", filter.CreatedFrom), sqlrow.CheckTime("CreatedBefore", filter.CreatedBefore),
		sqlrow.CheckText("Providers", filter.Providers...), sqlrow.CheckText("ExceptProviders", filter.ExceptProviders...))
	if err != nil {
		return nil, err
	}
	q := r.sql.query("SELECT " + operationColumns + " FROM jigap.operations")
	equal := func(name, value string) {
		if value != "" {
			q.where(name+" = $?", value)
		}
	}
	equal("kind", string(filter.Kind))
	equal("wallet_id", filter.WalletID)
	if filter.Kind == ports.KindHold && filter.Open && !filter.DueBy.IsZero() && filter.WalletID != "" {
		q.where("kind = 'hold'") // in words that the planner can compare with the index
	}
	equal("lane", filter.Lane)
	equal("reference", filter.Reference)
	equal("provider_ref", filter.ProviderRef)
	whereProvider(q, &filter)
	if len(filter.Statuses) > 0 {
		q.where("status = ANY($?)", filter.Statuses)
	}
	if len(filter.Statuses) > 0 && !slices.ContainsFunc(filter.Statuses, func(status string) bool { return !slices.Contains(attention, status) }) {
		q.where("status IN ('" + strings.Join(attention, "', '") + "')") // in words that the planner can compare with the index
	}
	if filter.Open {
		q.where("open")
	}
	if filter.Open && len(filter.Statuses) == 1 && filter.Statuses[0] == string(ports.WithdrawalApproved) {
		q.where("status = '" + string(ports.WithdrawalApproved) + "'") // likewise: withdrawals that wait
	}
	whereCreated(q, &filter)
	orderOperations(q, &filter)
	return q, nil
}

// whereCreated adds the conditions on the time of creation. No index has it: the record is
// read of each operation that the other conditions select.
func whereCreated(q *query, filter *ports.OperationFilter) {
	if !filter.CreatedFrom.IsZero() {
		q.where("(body ->> 'CreatedAt')::timestamptz >= $?", nextMicrosecond(filter.CreatedFrom))
	}
	if !filter.CreatedBefore.IsZero() {
		q.where("(body ->> 'CreatedAt')::timestamptz < $?", nextMicrosecond(filter.CreatedBefore))
	}
}

// nextMicrosecond returns the first whole microsecond that is not before a time. Times of
// creation are whole microseconds, so a comparison with either has the same result.
func nextMicrosecond(t time.Time) time.Time {
	if whole := t.Truncate(time.Microsecond); whole.Before(t) {
		return whole.Add(time.Microsecond)
	}
	return t
}

// orderOperations adds where the listing begins, and its order.
func orderOperations(q *query, filter *ports.OperationFilter) {
	behind, order := "id > $?", "ORDER BY id LIMIT $?"
	if filter.NewestFirst {
		behind, order = "id < $?", "ORDER BY id DESC LIMIT $?"
	}
	if filter.AfterID != "" {
		q.where(behind, filter.AfterID)
	}
	if !filter.DueBy.IsZero() {
		q.where("due_at <= $?", filter.DueBy)
		order = "ORDER BY due_at, id LIMIT $?"
	}
	q.tail(order, filter.Limit)
}

// whereProvider adds the conditions on the column provider, which is null where the record
// has none. One provider alone is compared by =, so that an index gives the order.
func whereProvider(q *query, filter *ports.OperationFilter) {
	switch {
	case len(filter.Providers) == 1 && filter.Providers[0] == "":
		q.where("provider IS NULL")
	case len(filter.Providers) == 1:
		q.where("provider = $?", filter.Providers[0])
	case len(filter.Providers) > 0:
		q.where("coalesce(provider, '') = ANY($?)", filter.Providers)
	}
	if len(filter.ExceptProviders) > 0 {
		q.where("coalesce(provider, '') <> ALL($?)", filter.ExceptProviders)
	}
}

func (r *reader) operations(ctx context.Context, sql string, args ...any) ([]ports.Operation, error) {
	ops, err := read(ctx, r, sql, scanOperation, args...)
	if err != nil {
		return nil, fmt.Errorf("read operations: %w", err)
	}
	return ops, nil
}

// scanOperation reads a record, and refuses one that is not what its columns say: the
// store searches by the columns, and the core decides by the record.
func scanOperation(row pgx.CollectableRow) (ports.Operation, error) {
	var kind ports.OperationKind
	var body []byte
	var head ports.OperationHead
	var status string
	var due *time.Time
	err := row.Scan(&kind, &body, &head.ID, &head.WalletID, &head.Version, &status, &head.Open,
		text{&head.Lane}, text{&head.Provider}, text{&head.Reference}, text{&head.ProviderRef}, &due)
	if err != nil {
		return nil, err
	}
	if due != nil {
		head.DueAt = due.UTC()
	}
	return sqlrow.DecodeOperation(kind, body, head, status)
}
