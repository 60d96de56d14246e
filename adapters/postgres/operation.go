package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/jigap/jigap/ports"
)

// Operations implements [ports.OperationReader].
func (r *reader) Operations(ctx context.Context, ids []string) ([]ports.Operation, error) {
	return r.operations(ctx, r.sql.operations, ids)
}

// FindOperations implements [ports.OperationReader].
func (r *reader) FindOperations(ctx context.Context, filter ports.OperationFilter) ([]ports.Operation, error) {
	q := r.sql.query("SELECT kind, body FROM jigap.operations")
	equal := func(name, value string) {
		if value != "" {
			q.where(name+" = $?", value)
		}
	}
	equal("kind", string(filter.Kind))
	equal("wallet_id", filter.WalletID)
	equal("lane", filter.Lane)
	equal("reference", filter.Reference)
	equal("provider_ref", filter.ProviderRef)
	if len(filter.Statuses) > 0 {
		q.where("status = ANY($?)", filter.Statuses)
	}
	if filter.Open {
		q.where("open")
	}
	if filter.AfterID != "" {
		q.where("id > $?", filter.AfterID)
	}
	order := "ORDER BY id LIMIT $?"
	if !filter.DueBy.IsZero() {
		q.where("due_at <= $?", filter.DueBy)
		order = "ORDER BY due_at, id LIMIT $?"
	}
	q.tail(order, max(filter.Limit, 0))
	return r.operations(ctx, q.text(), q.args...)
}

func (r *reader) operations(ctx context.Context, sql string, args ...any) ([]ports.Operation, error) {
	rows, err := r.db.Query(ctx, sql, args...)
	if err != nil {
		return nil, fmt.Errorf("read operations: %w", err)
	}
	ops, err := pgx.CollectRows(rows, scanOperation)
	if err != nil {
		return nil, fmt.Errorf("read operations: %w", err)
	}
	return ops, nil
}

func scanOperation(row pgx.CollectableRow) (ports.Operation, error) {
	var kind ports.OperationKind
	var body []byte
	if err := row.Scan(&kind, &body); err != nil {
		return nil, err
	}
	return ports.DecodeOperation(kind, body)
}

// encodeOperation returns the record as JSON, with the times of its head in the
// precision that their columns have.
func encodeOperation(op ports.Operation) (string, error) {
	head := op.Head()
	due, created, updated := ports.Instant(head.DueAt), ports.Instant(head.CreatedAt), ports.Instant(head.UpdatedAt)
	if due != head.DueAt || created != head.CreatedAt || updated != head.UpdatedAt {
		op = op.Clone()
		head = op.Head()
		head.DueAt, head.CreatedAt, head.UpdatedAt = due, created, updated
	}
	data, err := ports.EncodeOperation(op)
	return string(data), err
}
