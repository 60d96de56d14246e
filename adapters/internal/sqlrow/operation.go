package sqlrow

import (
	"fmt"

	"github.com/jigap/jigap/ports"
)

// EncodeOperation returns the record as JSON, with the times of its head in the
// precision that their columns have.
func EncodeOperation(op ports.Operation) (string, error) {
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

// DecodeOperation reads a record, and refuses one that is not what its columns say: a store searches
// by the columns, and the core decides by the record.
func DecodeOperation(kind ports.OperationKind, body []byte, head ports.OperationHead, status string) (ports.Operation, error) {
	op, err := ports.DecodeOperation(kind, body)
	if err != nil {
		return nil, fmt.Errorf("operation %s: %w", head.ID, err)
	}
	is := op.Head()
	head.Kind, head.CreatedAt, head.UpdatedAt = is.Kind, is.CreatedAt, is.UpdatedAt
	if !is.DueAt.Equal(head.DueAt) {
		return nil, fmt.Errorf("operation %s: its columns differ from its record", head.ID)
	}
	head.DueAt = is.DueAt
	if head != *is || status != op.StatusText() {
		return nil, fmt.Errorf("operation %s: its columns differ from its record", head.ID)
	}
	return op, nil
}
