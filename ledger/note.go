package ledger

import (
	"maps"

	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/worker"
)

// CompareNote compares a note with that of an entry. With it the packages recharge and
// withdraw name what differs under a key that was used before.
func CompareNote(n *Note, e *ports.Entry) []worker.Field {
	occurred := n.OccurredAt
	if occurred.IsZero() {
		occurred = e.BookedAt
	}
	return []worker.Field{
		{Name: "Reference", Same: n.Reference == e.Reference},
		{Name: "Memo", Same: n.Memo == e.Memo},
		{Name: "Metadata", Same: maps.Equal(n.Metadata, e.Metadata)},
		{Name: "OccurredAt", Same: ports.Instant(occurred).Equal(e.OccurredAt)},
	}
}
