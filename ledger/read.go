package ledger

import (
	"context"
	"errors"

	"github.com/jigap/jigap/ports"
)

// maxFailedReads is after how many failed reads a step tries no smaller ones.
const maxFailedReads = 64

// reading is one step of reading records by their keys. When a read of several fails, halves
// of them are read, down to single ones: a record that cannot be read fails the requests
// that ask for it, and no others.
type reading[K comparable, V any] struct {
	read   func(context.Context, []K) ([]V, error)
	found  []V
	unread map[K]error // why a key could not be read
	failed int         // reads
}

// all reads the records of the keys, by halves if need be and if apart is true.
func (r *reading[K, V]) all(ctx context.Context, apart bool, keys []K) {
	found, err := r.read(ctx, keys)
	switch {
	case err == nil && r.found == nil:
		r.found = found
		return
	case err == nil:
		r.found = append(r.found, found...)
		return
	}
	if r.failed == 0 {
		r.unread, keys = make(map[K]error), unique(keys)
	}
	r.failed++
	if len(keys) > 1 && apart && r.failed < maxFailedReads && narrows(ctx, err) {
		half := len(keys) / 2
		r.all(ctx, apart, keys[:half])
		r.all(ctx, apart, keys[half:])
		return
	}
	for _, key := range keys {
		r.unread[key] = err
	}
}

// narrows reports whether a read of less may succeed: not while the store is down.
func narrows(ctx context.Context, err error) bool {
	return ctx.Err() == nil && !errors.Is(err, ports.ErrUnavailable)
}

func unique[K comparable](keys []K) []K {
	seen := make(map[K]bool, len(keys))
	once := make([]K, 0, len(keys))
	for _, key := range keys {
		if !seen[key] {
			seen[key] = true
			once = append(once, key)
		}
	}
	return once
}
