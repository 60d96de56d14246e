package recharge_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/recharge"
)

// named is a bank under another name, with a lane of its own.
type named struct {
	*bank
	name string
}

func (n named) Name() string                  { return n.name }
func (n named) Lane(ports.ChargeOrder) string { return n.name }

// knowing starts a process that knows the bank by the given names alone.
func (w *world) knowing(t *testing.T, b *bank, names ...string) *recharge.Service {
	t.Helper()
	wallets, err := ledger.New(w.store, ledger.Config{Clock: w.clock})
	require.NoError(t, err)
	chargers := make([]ports.Charger, 0, len(names))
	for _, name := range names {
		chargers = append(chargers, named{b, name})
	}
	s, err := recharge.New(w.store, wallets, recharge.Config{Clock: w.clock}, chargers...)
	require.NoError(t, err)
	return s
}

// step lets each job of a service take one piece of work at most.
func step(t *testing.T, s *recharge.Service) (taken int) {
	t.Helper()
	for _, job := range s.Jobs() {
		done, err := job.Step(t.Context(), 1)
		require.NoError(t, err)
		taken += done
	}
	return taken
}

// TestService_Follow_leaves_orders_of_other_processes_alone: two processes of a host run at the
// same time, and the older one does not have the Charger of the newer one. The older process
// takes no charge and no cancellation of that Charger, and finds its own orders behind them.
func TestService_Follow_leaves_orders_of_other_processes_alone(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, pendsApproves)
	both, older := w.knowing(t, b, "new", "old"), w.knowing(t, b, "old")
	ops := make(map[string]*ports.Recharge)
	for _, name := range []string{"new", "old"} { // the new one's is due first
		request := topUp(name)
		request.Charger = name
		op, err := both.Recharge(t.Context(), request)
		require.NoError(t, err)
		require.Equal(t, ports.RechargePending, op.Status)
		ops[name] = op
		w.clock.Advance(time.Second)
	}
	requireStatus := func(name string, want ports.RechargeStatus) {
		t.Helper()
		op, err := both.Get(t.Context(), ops[name].ID)
		require.NoError(t, err)
		require.Equal(t, want, op.Status, op.Why)
	}
	w.clock.Advance(20 * time.Minute)
	require.Equal(t, 1, step(t, older), "its own")
	require.Zero(t, step(t, older))
	requireStatus("old", ports.RechargeApproved)
	requireStatus("new", ports.RechargePending)
	require.Equal(t, 1, step(t, both))
	requireStatus("new", ports.RechargeApproved)

	for _, name := range []string{"new", "old"} {
		_, err := both.Cancel(t.Context(), ports.Act{ID: ops[name].ID, By: ports.By{Who: "kim", Why: "customer asked"}})
		require.NoError(t, err)
		w.clock.Advance(time.Second)
	}
	w.clock.Advance(20 * time.Minute)
	require.Equal(t, 1, step(t, older), "its own")
	require.Zero(t, step(t, older))
	requireStatus("old", ports.RechargeReversed)
	require.Equal(t, 1, step(t, both))
	requireStatus("new", ports.RechargeReversed)
}

// TestService_Follow_order_of_an_unknown_Charger_goes_to_review: an order goes to review when
// no process has taken it for ReviewAfter. An order that was never sent ends as failed.
func TestService_Follow_order_of_an_unknown_Charger_goes_to_review(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, pendsApproves)
	s, stranger := w.knowing(t, b, "gone"), w.knowing(t, b)
	request := topUp("k")
	request.Charger = "gone"
	op, err := s.Recharge(t.Context(), request)
	require.NoError(t, err)
	w.clock.Advance(24 * time.Hour)
	require.Zero(t, step(t, stranger), "not yet: it is due for less than a day")
	w.clock.Advance(time.Hour)
	require.Equal(t, 1, step(t, stranger))
	op = get(t, s, op.ID)
	require.Equal(t, ports.RechargeReview, op.Status)
	require.Contains(t, op.Why, "charger")

	b.does = refuses
	unsent := &ports.Recharge{OperationHead: ports.OperationHead{
		ID: "unsent", Kind: ports.KindRecharge, WalletID: "w", Version: 1, Open: true,
		Provider: "gone", DueAt: w.clock.Now(), CreatedAt: w.clock.Now(),
	}, Status: ports.RechargeSending, Charger: "gone", Amount: won(1)}
	fates := w.store.Commit(t.Context(), []ports.Unit{{Operations: []ports.Operation{unsent}}})
	require.Equal(t, ports.FateCommitted, fates[0].Status)
	require.Zero(t, step(t, stranger), "not yet")
	w.clock.Advance(24 * time.Hour)
	require.Equal(t, 1, step(t, stranger))
	op = get(t, s, unsent.ID)
	require.Equal(t, ports.RechargeFailed, op.Status)
}

// rows is a store that counts the operations that it returns.
type rows struct {
	ports.Store
	returned int
}

func (r *rows) FindOperations(ctx context.Context, filter ports.OperationFilter) ([]ports.Operation, error) {
	found, err := r.Store.FindOperations(ctx, filter)
	r.returned += len(found)
	return found, err
}

// TestService_Follow_does_not_read_orders_of_others: a process reads the orders of its own
// Chargers, however many orders of other Chargers are due.
func TestService_Follow_does_not_read_orders_of_others(t *testing.T) {
	t.Parallel()
	w, b := newWorld(t, pendsApproves)
	both := w.knowing(t, b, "foreign", "mine")
	ops := make([]ports.Unit, 5_000)
	for i := range ops {
		ops[i].Operations = []ports.Operation{&ports.Recharge{OperationHead: ports.OperationHead{
			ID: fmt.Sprintf("f%04d", i), Kind: ports.KindRecharge, WalletID: "w", Version: 1, Open: true,
			Provider: "foreign", DueAt: w.clock.Now(), CreatedAt: w.clock.Now(),
		}, Status: ports.RechargePending, Progress: ports.Progress[ports.ChargeAnswer]{Transmissions: 1}, Charger: "foreign", Amount: won(1)}}
	}
	w.store.Commit(t.Context(), ops)
	request := topUp("k")
	request.Charger = "mine"
	_, err := both.Recharge(t.Context(), request)
	require.NoError(t, err)
	w.clock.Advance(time.Hour)
	read := &rows{Store: w.store}
	w.store = read
	mine := w.knowing(t, b, "mine")
	done, err := mine.Follow(t.Context(), 10)
	require.NoError(t, err)
	require.Equal(t, 1, done)
	require.LessOrEqual(t, read.returned, 2, "its own, when it is due and when its reference is looked for")
}
