package withdraw_test

import (
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/withdraw"
)

// TestConfig_Guard_of_a_policy_that_only_alerts: a policy with a minimum of zero charges never, so
// that a service without a guard pays out.
func TestConfig_Guard_of_a_policy_that_only_alerts(t *testing.T) {
	t.Parallel()
	w, _ := newWorld(t, pays, 1)
	_, wallets := w.process(t, crashtest.Immortal())
	s, err := withdraw.New(w.store, wallets, withdraw.Config{Clock: w.clock}, withdraw.Route{Disburser: w.disburser, Approvals: 1})
	require.NoError(t, err)
	policy := &ports.Policy{OperationHead: ports.OperationHead{
		ID: "p", Kind: ports.KindPolicy, WalletID: "w", Version: 1, Open: true, Lane: ports.PolicyLane("w"),
	}, Status: ports.PolicyActive, PolicyTerms: ports.PolicyTerms{AlertLevels: []decimal.Decimal{won(1_000)}}}
	require.Equal(t, ports.FateCommitted, w.store.Commit(t.Context(), []ports.Unit{{Operations: []ports.Operation{policy}}})[0].Status)
	_, err = s.Request(t.Context(), payOut("k"))
	require.NoError(t, err)
}

// TestActs_that_were_done_before: an act that Acts does not name, because it was done, returns the
// record and changes nothing.
func TestActs_that_were_done_before(t *testing.T) {
	t.Parallel()
	w, _ := newWorld(t, pays, 0)
	s, _ := w.process(t, crashtest.Immortal())
	op, err := s.Request(t.Context(), payOut("k"))
	require.NoError(t, err)
	w.rest(t, s)
	by := ports.By{Who: "lee", Why: "the bank says so"}
	returned := withdraw.Returned{ID: op.ID, By: by}
	op, err = s.ReportReturned(t.Context(), returned)
	require.NoError(t, err)
	require.NotContains(t, withdraw.Acts(op), ports.DecisionReturned)
	again, err := s.ReportReturned(t.Context(), returned)
	require.NoError(t, err)
	require.Equal(t, op, again)
	op, err = s.Dispute(t.Context(), ports.Act{ID: op.ID, By: by})
	require.NoError(t, err)
	require.NotContains(t, withdraw.Acts(op), ports.DecisionDispute)
	again, err = s.Dispute(t.Context(), ports.Act{ID: op.ID, By: by})
	require.NoError(t, err)
	require.Equal(t, op, again)
}
