package autorecharge_test

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/autorecharge"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/text"
)

// TestStateOf/reads_what_earlier_versions_wrote: every field of the state comes back from a
// record that was stored when the port knew the fields, and is written as it was.
//
// TestStateOf/takes_no_state_for_a_new_one: of a record that no engine has written yet.
//
// TestStateOf/says_which_policy_cannot_be_read, and package text says so too.
func TestStateOf(t *testing.T) {
	t.Parallel()
	t.Run("reads_what_earlier_versions_wrote", func(t *testing.T) {
		t.Parallel()
		stored, err := os.ReadFile(filepath.Join("..", "ports", "testdata", "records", "policy.json"))
		require.NoError(t, err)
		op, err := ports.DecodeOperation(ports.KindPolicy, stored)
		require.NoError(t, err)
		record := op.(*ports.Policy)
		state, err := autorecharge.StateOf(record)
		require.NoError(t, err)
		value := reflect.ValueOf(state)
		for i := range value.NumField() {
			require.False(t, value.Field(i).IsZero(), value.Type().Field(i).Name)
		}
		require.Equal(t, "auto/k2", state.Attempt.Key)
		require.Equal(t, ports.DecisionKind("rearm"), state.Decisions[1].What)
		again, err := json.Marshal(state)
		require.NoError(t, err)
		require.Equal(t, string(record.State), string(again))
	})
	t.Run("takes_no_state_for_a_new_one", func(t *testing.T) {
		t.Parallel()
		for _, none := range []string{"", "null", "{}"} {
			state, err := autorecharge.StateOf(&ports.Policy{State: []byte(none)})
			require.NoError(t, err, none)
			require.Equal(t, autorecharge.State{}, state, none)
		}
	})
	t.Run("says_which_policy_cannot_be_read", func(t *testing.T) {
		t.Parallel()
		policy := &ports.Policy{OperationHead: ports.OperationHead{ID: "p1"}, State: []byte(`{"Failures":"many"}`)}
		_, err := autorecharge.StateOf(policy)
		require.ErrorIs(t, err, ports.ErrUnreadable)
		require.ErrorContains(t, err, "state of policy p1: ")
		d := autorecharge.Decision{Why: autorecharge.ReasonSuspended}
		require.Equal(t, "The state of the policy cannot be read.", text.Decision(&d, policy, text.English))
		require.Equal(t, "자동충전 상태 기록을 읽을 수 없습니다.", text.Decision(&d, policy, text.Korean))
	})
}

// TestEngine_unreadable_state has a state in the store that something else wrote: every call
// about its wallet says which policy it is, the state stays as it was, and other policies
// charge.
func TestEngine_unreadable_state(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.set(usual())
	w.open("v", 10_000)
	_, err := w.engine.Set(t.Context(), setting("v", usual()))
	require.NoError(t, err)
	id := w.policy().ID
	w.spoil(id)
	for name, call := range map[string]func(context.Context) error{
		"Get":       func(ctx context.Context) error { _, err := w.engine.Get(ctx, "w"); return err },
		"Explain":   func(ctx context.Context) error { _, _, err := w.engine.Explain(ctx, "w"); return err },
		"Drift":     func(ctx context.Context) error { _, err := w.engine.Drift(ctx, "w"); return err },
		"Evaluate":  func(ctx context.Context) error { return w.engine.Evaluate(ctx, "w") },
		"Set":       func(ctx context.Context) error { _, err := w.engine.Set(ctx, setting("w", usual())); return err },
		"enable":    func(ctx context.Context) error { return acts["enable"](ctx, w.engine, kim("asked")) },
		"disable":   func(ctx context.Context) error { return acts["disable"](ctx, w.engine, kim("asked")) },
		"suspend":   func(ctx context.Context) error { return acts["suspend"](ctx, w.engine, kim("asked")) },
		"reinstate": func(ctx context.Context) error { return acts["reinstate"](ctx, w.engine, kim("asked")) },
		"delete":    func(ctx context.Context) error { return acts["delete"](ctx, w.engine, kim("asked")) },
		"abandon":   func(ctx context.Context) error { return acts["abandon"](ctx, w.engine, kim("asked")) },
	} {
		err := call(t.Context())
		require.ErrorIs(t, err, ports.ErrUnreadable, name)
		require.ErrorContains(t, err, id, name)
	}
	for _, wallet := range []string{"w", "v"} {
		w.take(wallet, 9_500)
	}
	w.clock.Advance(minute)
	_, err = w.engine.Sweep(t.Context(), 10)
	require.ErrorIs(t, err, ports.ErrUnreadable)
	require.ErrorContains(t, err, id)
	require.Equal(t, 1, w.cards.count())
	require.Equal(t, "v", w.cards.charges[0].WalletID)
	found, err := w.store.Operations(t.Context(), []string{id})
	require.NoError(t, err)
	require.JSONEq(t, unreadable, string(found[0].(*ports.Policy).State))
}

// TestEngine_Set_refuses_to_follow_an_unreadable_state: what the deleted policy charged, and
// whether a person suspended it, is not known.
func TestEngine_Set_refuses_to_follow_an_unreadable_state(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.set(usual())
	id := w.policy().ID
	require.NoError(t, acts["delete"](t.Context(), w.engine, kim("asked")))
	w.spoil(id)
	_, err := w.engine.Set(t.Context(), setting("w", usual()))
	require.ErrorIs(t, err, ports.ErrUnreadable)
	require.ErrorContains(t, err, id)
	_, err = w.engine.Get(t.Context(), "w")
	require.ErrorIs(t, err, ports.ErrNotFound)
}

const unreadable = `{"Failures":"many"}`

// spoil writes a state into a policy that the engine cannot read.
func (w *world) spoil(id string) {
	w.t.Helper()
	found, err := w.store.Operations(w.t.Context(), []string{id})
	require.NoError(w.t, err)
	next := found[0].Clone().(*ports.Policy)
	next.Version++
	next.State = []byte(unreadable)
	fates := w.store.Commit(w.t.Context(), []ports.Unit{{Operations: []ports.Operation{next}}})
	require.Equal(w.t, ports.FateCommitted, fates[0].Status)
}
