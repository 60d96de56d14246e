package order

import (
	"context"

	"github.com/jigap/jigap/internal/books"
	"github.com/jigap/jigap/ports"
)

// Former reads what a key was used for before.
type Former[R any] struct {
	Entry func(ctx context.Context, walletID, key string) (ports.Entry, error)
	Get   func(ctx context.Context, id string) (R, error)
}

// Reused returns the error of a request whose key was used for another one: compare says what
// differs from the record. A key of an entry of another type is refused as such. err is what is
// known without looking, and is returned where nothing can be read.
func (f Former[R]) Reused(ctx context.Context, walletID, key string, of ports.EntryType, err error, compare func(op R, entry *ports.Entry, reused *ports.KeyReusedError)) error {
	entry, errRead := f.Entry(ctx, walletID, key)
	switch {
	case errRead != nil:
		return err
	case entry.Type != of:
		return books.AnotherType(&entry)
	}
	op, errRead := f.Get(ctx, entry.OperationID)
	if errRead != nil {
		return err
	}
	reused := new(ports.KeyReusedError)
	compare(op, &entry, reused)
	return reused
}
