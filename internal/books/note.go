package books

import (
	"fmt"
	"maps"

	"github.com/jigap/jigap/ports"
)

// CompareNote adds to reused what an entry says otherwise than a note.
func CompareNote(n *Note, e *ports.Entry, reused *ports.KeyReusedError) {
	occurred := ports.Instant(n.OccurredAt)
	if occurred.IsZero() {
		occurred = e.BookedAt
	}
	reused.Compare("Reference", n.Reference == e.Reference)
	reused.Compare("Memo", n.Memo == e.Memo)
	reused.Compare("Metadata", maps.Equal(n.Metadata, e.Metadata))
	reused.Compare("OccurredAt", occurred.Equal(e.OccurredAt))
}

// NameWhy names Why in the place of Memo, for the request of a person: its reason is the memo.
func NameWhy(reused *ports.KeyReusedError) {
	for i, field := range reused.Fields {
		if field == "Memo" {
			reused.Fields[i] = "Why"
		}
	}
}

// AnotherType returns the [ports.KeyReusedError] of a key that a request of another kind
// was booked under.
func AnotherType(entry *ports.Entry) error {
	return fmt.Errorf("%w: it belongs to an entry of type %s", &ports.KeyReusedError{Fields: []string{"Type"}}, entry.Type)
}
