package autorecharge_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/autorecharge"
	"github.com/jigap/jigap/ports"
)

// TestActs/lists_what_the_engine_admits: on a policy of every status, held or not, delegated
// or not, with and without an attempt, an act that is listed succeeds or fails for what goes
// on elsewhere; one that is not listed is refused, and changes nothing.
//
// TestActs/begins_with_what_an_operator_considers_first.
//
// TestActs/lists_none_for_a_state_that_cannot_be_read.
func TestActs(t *testing.T) {
	t.Parallel()
	t.Run("lists_what_the_engine_admits", func(t *testing.T) {
		t.Parallel()
		for _, p := range everyPolicy() {
			for what := range acts {
				if what != "set" {
					admitted(t, what, p)
				}
			}
		}
	})
	t.Run("begins_with_what_an_operator_considers_first", func(t *testing.T) {
		t.Parallel()
		for status, want := range map[ports.PolicyStatus][]ports.DecisionKind{
			ports.PolicyActive:    {"suspend", "disable", "reinstate", "enable", "delete", "abandon"},
			ports.PolicySuspended: {"reinstate", "enable", "suspend", "disable", "delete", "abandon"},
			ports.PolicyDisabled:  {"enable", "disable", "delete", "abandon"},
		} {
			policy := &ports.Policy{OperationHead: ports.OperationHead{Open: true}, Status: status}
			policy.Delegated = true
			require.Equal(t, want, autorecharge.Acts(policy), status)
			policy.Delegated = false
			require.Equal(t, want[:len(want)-1], autorecharge.Acts(policy), status)
		}
	})
	t.Run("lists_none_for_a_state_that_cannot_be_read", func(t *testing.T) {
		t.Parallel()
		policy := &ports.Policy{OperationHead: ports.OperationHead{Open: true}, Status: ports.PolicyActive}
		require.NotEmpty(t, autorecharge.Acts(policy))
		policy.State = []byte(unreadable)
		require.Empty(t, autorecharge.Acts(policy))
	})
}

// everyPolicy returns edits that give a policy every status, held or not, delegated or not,
// with and without an attempt.
func everyPolicy() (edits []func(*policy)) {
	for _, status := range []ports.PolicyStatus{ports.PolicyActive, ports.PolicyDisabled, ports.PolicySuspended, ports.PolicyDeleted} {
		for i := range 8 {
			edits = append(edits, func(p *policy) {
				p.Status, p.Open = status, status != ports.PolicyDeleted
				p.State.Held, p.Delegated = i&1 != 0, i&2 != 0
				if p.Delegated {
					p.ProviderRef = "cards"
				}
				if i&4 != 0 {
					p.State.Attempt = &autorecharge.Attempt{Key: "auto/k", Method: p.Methods[0], Amount: won(1)}
				}
			})
		}
	}
	return edits
}

// admitted checks one act on one policy against the list.
func admitted(t *testing.T, what string, edit func(*policy)) {
	t.Helper()
	w, _ := delegating(t)
	w.set(usual())
	id := w.policy().ID
	w.rewrite(edit)
	before, err := w.store.Operations(t.Context(), []string{id})
	require.NoError(t, err)
	listed := slices.Contains(autorecharge.Acts(before[0].(*ports.Policy)), ports.DecisionKind(what))
	err = acts[what](t.Context(), w.engine, kim("asked"))
	after, errRead := w.store.Operations(t.Context(), []string{id})
	require.NoError(t, errRead)
	p := stateful(before[0])
	name := fmt.Sprintf("%s of a policy that is %s: held %t, delegated %t, attempt %t: %v", what, p.Status, p.State.Held, p.Delegated, p.State.Attempt != nil, err)
	refused := errors.Is(err, ports.ErrNotOpen) || errors.Is(err, ports.ErrInvalid) || errors.Is(err, ports.ErrNotFound)
	require.NotEqual(t, listed, refused, name)
	if !listed {
		require.Equal(t, before, after, name)
	}
}
