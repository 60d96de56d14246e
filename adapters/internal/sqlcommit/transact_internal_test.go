package sqlcommit

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
)

// engineOfOne is an engine whose transactions are one.
type engineOfOne struct {
	Engine
	tx *heldTx
}

func (e engineOfOne) Begin(context.Context) (Tx, error) { return e.tx, nil }
func (engineOfOne) Unknown(err error) bool              { return errors.Is(err, errUnanswered) }

var errUnanswered = errors.New("the connection broke")

// heldTx is a transaction whose COMMIT waits, and which counts how it ended.
type heldTx struct {
	Querier
	hold               time.Duration
	err                error
	commits, rollbacks int
}

func (tx *heldTx) Commit(context.Context) error {
	time.Sleep(tx.hold)
	tx.commits++
	return tx.err
}

func (tx *heldTx) Rollback() { tx.rollbacks++ }

func TestStore_transact(t *testing.T) {
	tests := []struct {
		name               string
		work, hold         time.Duration
		err                error
		commits, rollbacks int
		ending             ending
		failed             bool
	}{
		{"a transaction in time is committed", 0, 0, nil, 1, 1, undone, false},
		{"a transaction that its caller left is not committed", 2 * time.Second, 0, nil, 0, 1, undone, true},
		{"a COMMIT that is not answered in time may have been carried out", 0, 2 * time.Second, nil, 1, 1, unanswered, true},
		{"a COMMIT whose connection broke may have been carried out", 0, 0, errUnanswered, 1, 1, unanswered, true},
		{"a COMMIT that the database refused was not carried out", 0, 0, errors.New("refused"), 1, 1, undone, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				tx := &heldTx{hold: test.hold, err: test.err}
				s := New(engineOfOne{tx: tx}, Dialect{}, time.Second, time.Second)

				ending, err := s.transact(ctx, func(context.Context, Tx) error {
					time.Sleep(test.work)
					return nil
				})
				assert.Equal(t, test.failed, err != nil, "%v", err)
				assert.Equal(t, test.ending, ending)

				time.Sleep(time.Minute) // the transaction ends behind its caller's back
				synctest.Wait()
				assert.Equal(t, test.commits, tx.commits, "commits")
				assert.Equal(t, test.rollbacks, tx.rollbacks, "rollbacks")
			})
		})
	}
}
