package desk_test

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/memory"
	"github.com/jigap/jigap/autorecharge"
	"github.com/jigap/jigap/desk"
	"github.com/jigap/jigap/ports"
)

var now = time.Date(2026, 11, 29, 9, 0, 0, 0, time.UTC)

// newDesk returns a desk over a store that has the operations.
func newDesk(t *testing.T, operations ...ports.Operation) *desk.Desk {
	t.Helper()
	store := memory.New()
	for _, op := range operations {
		fates := store.Commit(t.Context(), []ports.Unit{{Operations: []ports.Operation{op}}})
		require.Equal(t, ports.FateCommitted, fates[0].Status, "%v", fates[0].Err)
	}
	d, err := desk.New(store, desk.Config{Clock: ports.ClockFunc(func() time.Time { return now }), Chargers: []string{"card"}})
	require.NoError(t, err)
	return d
}

func head(kind ports.OperationKind, id string, age time.Duration, open bool) ports.OperationHead {
	return ports.OperationHead{
		ID: id, Kind: kind, WalletID: "w-" + id[:1], Version: 1, Open: open, Provider: "card", CreatedAt: now.Add(-age), UpdatedAt: now.Add(-age),
	}
}

func charge(id string, status ports.RechargeStatus, age time.Duration) *ports.Recharge {
	op := &ports.Recharge{OperationHead: head(ports.KindRecharge, id, age, open(status)), Status: status}
	op.Why = "why of " + id
	return op
}

func open(status ports.RechargeStatus) bool {
	switch status {
	case ports.RechargeAwaiting, ports.RechargeSending, ports.RechargePending, ports.RechargeUnknown, ports.RechargeReview:
		return true
	case ports.RechargeApproved, ports.RechargeDeclined, ports.RechargeFailed, ports.RechargeDisputed, ports.RechargeReversed, ports.RechargeExpired:
	}
	return false
}

func cancellation(id string, status ports.CancellationStatus, age time.Duration) *ports.Cancellation {
	ended := status == ports.CancellationApproved || status == ports.CancellationDeclined || status == ports.CancellationFailed
	return &ports.Cancellation{OperationHead: head(ports.KindCancellation, id, age, !ended), Status: status}
}

func payout(id string, status ports.WithdrawalStatus, age time.Duration) *ports.Withdrawal {
	op := &ports.Withdrawal{OperationHead: head(ports.KindWithdrawal, id, age, status != ports.WithdrawalCompleted && status != ports.WithdrawalDisputed), Status: status}
	op.Provider = "bank"
	return op
}

func policy(id string, status ports.PolicyStatus, state autorecharge.State) *ports.Policy {
	data, err := json.Marshal(state)
	if err != nil {
		panic(err)
	}
	return &ports.Policy{OperationHead: head(ports.KindPolicy, id, time.Hour, status != ports.PolicyDeleted), Status: status, State: data}
}

func waiting(t *testing.T, d *desk.Desk, listing desk.Listing) (lines []string) {
	t.Helper()
	items, err := d.Waiting(t.Context(), listing)
	require.NoError(t, err)
	return describe(items)
}

// describe returns a line for each item.
func describe(items []desk.Item) (lines []string) {
	for _, item := range items {
		line := fmt.Sprint(item.Operation.Head().ID, " ", item.Operation.StatusText(), " ", item.Acts)
		if item.Overdue {
			line += " overdue"
		}
		lines = append(lines, line)
	}
	return lines
}

// TestDesk_Waiting_lists_every_kind: an operation of each kind that waits, and for each one of
// that kind that does not.
func TestDesk_Waiting_lists_every_kind(t *testing.T) {
	t.Parallel()
	drifts := policy("u", ports.PolicyActive, autorecharge.State{Drift: "it is off at the provider"})
	drifts.Delegated, drifts.ProviderRef = true, "card"
	agrees := policy("v", ports.PolicyActive, autorecharge.State{})
	agrees.Delegated, agrees.ProviderRef = true, "card"
	broken := policy("x", ports.PolicySuspended, autorecharge.State{})
	broken.State = json.RawMessage(`{"Held":"yes"}`)
	d := newDesk(t,
		payout("a", ports.WithdrawalRequested, time.Minute), payout("b", ports.WithdrawalReview, time.Minute), payout("c", ports.WithdrawalDisputed, time.Minute),
		payout("d", ports.WithdrawalCompleted, 100*time.Hour), payout("e", ports.WithdrawalApproved, 25*time.Hour), payout("f", ports.WithdrawalApproved, 23*time.Hour),
		payout("g", ports.WithdrawalSending, 25*time.Hour), payout("h", ports.WithdrawalPending, 25*time.Hour), payout("i", ports.WithdrawalUnknown, 25*time.Hour),
		charge("j", ports.RechargeReview, time.Minute), charge("k", ports.RechargeDisputed, 100*time.Hour), charge("l", ports.RechargeApproved, 100*time.Hour),
		charge("m", ports.RechargePending, 25*time.Hour), charge("n", ports.RechargeUnknown, time.Hour), charge("o", ports.RechargeSending, 24*time.Hour),
		cancellation("p", ports.CancellationReview, time.Minute), cancellation("q", ports.CancellationUnknown, 25*time.Hour), cancellation("r", ports.CancellationDeclined, 25*time.Hour),
		policy("s", ports.PolicySuspended, autorecharge.State{Held: true, Why: "stolen card"}), policy("t", ports.PolicySuspended, autorecharge.State{}), drifts, agrees, broken,
	)
	require.Equal(t, []string{
		"a requested [approve decline cancel]",
		"b review [paid refused inquire]",
		"c disputed [paid refused keep]",
		"e approved [decline cancel] overdue",
		"g sending [] overdue",
		"h pending [paid refused] overdue",
		"i unknown [paid refused] overdue",
		"j review [approve decline inquire]",
		"k disputed [approve decline]",
		"m pending [approve decline inquire] overdue",
		"p review [approve decline inquire]",
		"q unknown [approve decline inquire] overdue",
		"s suspended [reinstate enable suspend disable delete]",
		"u active [suspend disable reinstate enable delete abandon]",
		"x suspended []",
	}, waiting(t, d, desk.Listing{}), "an order that is exactly as old as OverdueAfter is not listed")
	items, err := d.Waiting(t.Context(), desk.Listing{})
	require.NoError(t, err)
	why := make(map[string]string)
	for _, item := range items {
		why[item.Operation.Head().ID] = item.Why
	}
	require.Equal(t, "why of j", why["j"])
	require.Equal(t, "stolen card", why["s"])
	require.Equal(t, "it is off at the provider", why["u"])
	require.Contains(t, why["x"], "cannot be read")
}

// TestDesk_Waiting_pages: pages of every length, in both directions, meet each item once, also
// behind many policies that wait for no operator.
func TestDesk_Waiting_pages(t *testing.T) {
	t.Parallel()
	var operations []ports.Operation
	for i := range 260 {
		id := fmt.Sprintf("%03d", i)
		switch i % 5 {
		case 0:
			operations = append(operations, charge(id, ports.RechargeReview, time.Minute))
		case 1:
			operations = append(operations, payout(id, ports.WithdrawalPending, 48*time.Hour))
		case 2:
			operations = append(operations, policy(id, ports.PolicySuspended, autorecharge.State{Held: i > 200}))
		default: // most of all
			operations = append(operations, policy(id, ports.PolicySuspended, autorecharge.State{}))
		}
	}
	d := newDesk(t, operations...)
	for _, newest := range []bool{false, true} {
		all := waiting(t, d, desk.Listing{NewestFirst: newest, Limit: ports.MaxPage})
		require.Len(t, all, 116)
		for _, limit := range []int{1, 3, 20, 116, 200} {
			var paged []string
			listing := desk.Listing{NewestFirst: newest, Limit: limit}
			for range 200 {
				items, err := d.Waiting(t.Context(), listing)
				require.NoError(t, err)
				require.LessOrEqual(t, len(items), limit)
				if len(items) == 0 {
					break
				}
				listing.AfterID = items[len(items)-1].Operation.Head().ID
				paged = append(paged, describe(items)...)
			}
			require.Equal(t, all, paged, "limit %d, newest first %v", limit, newest)
		}
	}
}

// TestDesk_Waiting_selects by wallet and by provider.
func TestDesk_Waiting_selects(t *testing.T) {
	t.Parallel()
	d := newDesk(t, charge("a", ports.RechargeReview, 0), payout("b", ports.WithdrawalReview, 0), charge("c", ports.RechargeReview, 0))
	require.Len(t, waiting(t, d, desk.Listing{}), 3)
	require.Equal(t, []string{"b review [paid refused inquire]"}, waiting(t, d, desk.Listing{WalletID: "w-b"}))
	require.Equal(t, []string{"b review [paid refused inquire]"}, waiting(t, d, desk.Listing{Provider: "bank"}))
}

// failing is a store whose listings fail.
type failing struct{ ports.OperationReader }

func (failing) FindOperations(context.Context, ports.OperationFilter) ([]ports.Operation, error) {
	return nil, ports.ErrUnavailable
}

// TestDesk_errors: what the desk cannot use or read.
func TestDesk_errors(t *testing.T) {
	t.Parallel()
	_, err := desk.New(nil, desk.Config{OverdueAfter: -1})
	require.ErrorIs(t, err, ports.ErrInvalid)
	require.ErrorContains(t, err, "store")
	require.ErrorContains(t, err, "OverdueAfter")
	d, err := desk.New(failing{}, desk.Config{})
	require.NoError(t, err)
	_, err = d.Waiting(t.Context(), desk.Listing{})
	require.ErrorIs(t, err, ports.ErrUnavailable)
	_, err = d.Waiting(t.Context(), desk.Listing{Limit: -1})
	require.ErrorIs(t, err, ports.ErrInvalid)
}

// partly is a store whose operations of one kind cannot be read.
type partly struct {
	ports.OperationReader
	kind ports.OperationKind
}

func (p partly) FindOperations(ctx context.Context, filter ports.OperationFilter) ([]ports.Operation, error) {
	if filter.Kind == p.kind {
		return nil, ports.ErrUnreadable
	}
	return p.OperationReader.FindOperations(ctx, filter)
}

// TestDesk_Waiting_returns_the_parts_that_it_can_read: a recharge that cannot be read does not
// hide a withdrawal.
func TestDesk_Waiting_returns_the_parts_that_it_can_read(t *testing.T) {
	t.Parallel()
	store := memory.New()
	for _, op := range []ports.Operation{charge("a", ports.RechargeReview, 0), payout("b", ports.WithdrawalReview, 0)} {
		require.Equal(t, ports.FateCommitted, store.Commit(t.Context(), []ports.Unit{{Operations: []ports.Operation{op}}})[0].Status)
	}
	d, err := desk.New(partly{store, ports.KindRecharge}, desk.Config{})
	require.NoError(t, err)
	items, err := d.Waiting(t.Context(), desk.Listing{})
	require.ErrorIs(t, err, ports.ErrUnreadable)
	require.Equal(t, []string{"b review [paid refused inquire]"}, describe(items))
}
