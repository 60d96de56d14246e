package withdraw_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/internal/ordertest"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/withdraw"
)

// TestService_People/a_request_names_the_person: the record keeps the person, and a retry
// by another person is another request.
//
// TestService_People/the_requester_may_not_approve: nor report it paid, unless the route
// allowed it when the withdrawal was requested.
//
// TestService_People/an_approver_may_not_report_paid: unless the route allowed it when the
// withdrawal was requested. Another person may.
func TestService_People(t *testing.T) {
	t.Parallel()
	t.Run("a_request_names_the_person", func(t *testing.T) {
		t.Parallel()
		w, _ := newWorld(t, pays, 1)
		s, wallets := w.process(t, crashtest.Immortal())
		request := payOut("k")
		request.Who = ""
		_, err := s.Request(t.Context(), request)
		var invalid *ports.InvalidError
		require.ErrorAs(t, err, &invalid)
		require.Equal(t, "Who", invalid.Field)
		ordertest.RequireBalance(t, wallets, 50_000)

		op := mustRequest(t, s, "k")
		require.Equal(t, "customer", op.RequestedBy)
		request.Who = "lee"
		_, err = s.Request(t.Context(), request)
		require.ErrorIs(t, err, ports.ErrKeyReused)
	})
	t.Run("the_requester_may_not_approve", func(t *testing.T) {
		t.Parallel()
		w, _ := newWorld(t, pays, 1)
		s, _ := w.process(t, crashtest.Immortal())
		op := mustRequest(t, s, "k")
		w.lenient = func(r *withdraw.Route) { r.RequesterMayApprove = true }
		lenient, _ := w.process(t, crashtest.Immortal())
		for _, s := range []*withdraw.Service{s, lenient} {
			_, err := s.Approve(t.Context(), ports.Act{ID: op.ID, By: ports.By{Who: "customer", Why: "seen"}})
			require.ErrorIs(t, err, withdraw.ErrSamePerson)
			var same *withdraw.SamePersonError
			require.ErrorAs(t, err, &same)
			require.Equal(t, withdraw.SamePersonError{Did: "requested", Does: "approve it"}, *same)
			require.NotContains(t, err.Error(), "customer")
		}
		after := get(t, s, op.ID)
		require.Equal(t, op, after)

		_, err := s.Approve(t.Context(), ports.Act{ID: op.ID, By: ports.By{Who: "kim", Why: "seen"}})
		require.NoError(t, err)
		report := withdraw.Paid{ID: op.ID, By: ports.By{Who: "customer", Why: "bank statement"}, TransactionID: "tx"}
		_, err = s.ReportPaid(t.Context(), report)
		var same *withdraw.SamePersonError
		require.ErrorAs(t, err, &same, "nor report it paid")
		require.Equal(t, withdraw.SamePersonError{Did: "requested", Does: "report it paid"}, *same)

		own := mustRequest(t, lenient, "k2")
		own, err = s.Approve(t.Context(), ports.Act{ID: own.ID, By: ports.By{Who: "customer", Why: "seen"}})
		require.NoError(t, err)
		require.Equal(t, ports.WithdrawalPending, own.Status)
	})
	t.Run("an_approver_may_not_report_paid", func(t *testing.T) {
		t.Parallel()
		w, _ := newWorld(t, pays, 1)
		w.lenient = func(r *withdraw.Route) { r.ApproverMayReport = true }
		lenient, _ := w.process(t, crashtest.Immortal())
		w.lenient = nil
		s, _ := w.process(t, crashtest.Immortal())
		for name, requested := range map[string]*withdraw.Service{"strict": s, "lenient": lenient} {
			op := mustRequest(t, requested, name)
			op, err := s.Approve(t.Context(), ports.Act{ID: op.ID, By: ports.By{Who: "kim", Why: "seen"}})
			require.NoError(t, err)
			require.Equal(t, ports.WithdrawalPending, op.Status)
			w.clock.Advance(time.Minute)
			report := withdraw.Paid{ID: op.ID, By: ports.By{Who: "kim", Why: "bank statement"}, TransactionID: "tx"}
			_, err = s.ReportPaid(t.Context(), report)
			if name == "strict" {
				require.ErrorIs(t, err, withdraw.ErrSamePerson)
				var same *withdraw.SamePersonError
				require.ErrorAs(t, err, &same)
				require.Equal(t, withdraw.SamePersonError{Did: "approved", Does: "report it paid"}, *same)
				report.Who = "lee"
				_, err = s.ReportPaid(t.Context(), report)
			}
			require.NoError(t, err)
		}
	})
}
