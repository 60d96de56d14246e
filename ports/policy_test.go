package ports_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/ports"
)

// TestPolicy_Clone_shares_no_state: a store may change the bytes of its copy.
func TestPolicy_Clone_shares_no_state(t *testing.T) {
	t.Parallel()
	policy := &ports.Policy{State: []byte(`{"Why":"a"}`)}
	policy.Clone().(*ports.Policy).State[8] = 'b'
	require.JSONEq(t, `{"Why":"a"}`, string(policy.State))
}
