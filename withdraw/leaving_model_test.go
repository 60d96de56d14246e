package withdraw_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/jigap/jigap/adapters/manual"
	"github.com/jigap/jigap/adapters/memory"
	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/withdraw"
)

// The model counts in hundredths of a won: the wallet keeps two digits, and the route pays whole won of
// 1,000 to 20,000, with a fee of 100.
const (
	cents        = 100
	leastPayout  = 1_000 * cents
	mostPayout   = 20_000 * cents
	feeOfAPayout = 100 * cents
)

// leavers is a wallet and its withdrawals, and the naive twin of both: plain integers, no records, no
// units.
type leavers struct {
	*rapid.T
	ctx     context.Context //nolint:containedctx // of the run
	wallets *ledger.Ledger
	service *withdraw.Service
	keys    int

	cash, points, held int64 // points that are held are among points
	frozen, closed     bool
	hold               string // the open one; blank: none
	paid, givenUp      int64  // cash
	payouts            []*leaver
}

// leaver is a withdrawal as the twin knows it.
type leaver struct {
	id      string
	request withdraw.LeaveRequest
	total   int64
	status  ports.WithdrawalStatus // requested, pending, completed or canceled; approved: waits for the frozen wallet
	leaves  bool                   // it winds the wallet up
	left    int64                  // the cash that may be given up
	pays    bool                   // although the wallet is frozen
}

// TestService_leaving_model proves that any sequence of deposits, points, holds, freezes, withdrawals of all,
// departures with and without consent, approvals, payouts, cancellations and acts on frozen wallets leaves
// wallet, records and books where plain integers do; that refusals have the reason that the twin knows and leave
// no trace; and that each call may be repeated.
func TestService_leaving_model(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		m := &leavers{T: rt, ctx: context.Background()}
		store, clock := memory.New(), crashtest.NewClock()
		var err error
		m.wallets, err = ledger.New(store, ledger.Config{Clock: clock})
		require.NoError(rt, err)
		m.service, err = withdraw.New(store, m.wallets, withdraw.Config{Clock: clock}, withdraw.Route{
			Disburser: manual.New("bank"), Approvals: rapid.IntRange(0, 1).Draw(rt, "approvals"), RequesterMayApprove: true, ApproverMayReport: true,
			Schedule: withdraw.FeeSchedule{Currency: "KRW", Fixed: won(100), MinimumTotal: optional(1_000), MaximumTotal: optional(20_000)},
		})
		require.NoError(rt, err)
		_, err = m.wallets.Open(m.ctx, ledger.OpenRequest{WalletID: "w", Currency: "KRW", Scale: 2})
		require.NoError(rt, err)
		for range 40 {
			m.step()
			m.compare()
		}
	})
}

func (m *leavers) key() string { m.keys++; return fmt.Sprint("k", m.keys) }

func (m *leavers) step() {
	switch rapid.IntRange(0, 12).Draw(m.T, "step") {
	case 0, 1:
		m.deposit(rapid.SampledFrom([]int64{1, 37, 50_000, leastPayout, 250_037, mostPayout + 1}).Draw(m.T, "cash"))
	case 2:
		m.grant(rapid.Int64Range(1, 500).Draw(m.T, "points"))
	case 3:
		m.holdOrRelease()
	case 4:
		m.freezeOrUnfreeze()
	case 5:
		m.all()
	case 6, 7, 8:
		m.leave()
	case 9:
		m.again()
	case 10:
		m.forfeit()
	default:
		m.act()
	}
}

func inWon(n int64) decimal.Decimal { return decimal.New(n, -2) }

func (m *leavers) by() ports.By { return ports.By{Who: "customer", Why: "moves away"} }

// requireErr requires the reason of a refusal, or none.
func (m *leavers) requireErr(want, err error, what string) {
	if want == nil {
		require.NoError(m.T, err, what)
		return
	}
	require.ErrorIs(m.T, err, want, what)
}

// ended returns the refusal of a wallet that is closed.
func (m *leavers) ended() error {
	if m.closed {
		return ports.ErrClosed
	}
	return nil
}

func (m *leavers) deposit(n int64) {
	_, err := m.wallets.Credit(m.ctx, ledger.CreditRequest{WalletID: "w", Key: m.key(), Amount: inWon(n)})
	m.requireErr(m.ended(), err, "deposit")
	if err == nil {
		m.cash += n
	}
}

func (m *leavers) grant(n int64) {
	_, err := m.wallets.Grant(m.ctx, ledger.GrantRequest{WalletID: "w", Key: m.key(), Amount: inWon(n)})
	m.requireErr(m.ended(), err, "grant")
	if err == nil {
		m.points += n
	}
}

func (m *leavers) forfeit() {
	want := m.ended()
	if want == nil && m.points == m.held {
		want = ports.ErrInsufficient
	}
	_, err := m.wallets.Forfeit(m.ctx, ledger.ForfeitRequest{WalletID: "w", Key: m.key(), By: m.by()})
	m.requireErr(want, err, "forfeit")
	if err == nil {
		m.points = m.held
	}
}

func (m *leavers) holdOrRelease() {
	if m.hold != "" {
		_, err := m.wallets.Release(m.ctx, ledger.ReleaseRequest{HoldID: m.hold, Key: m.key()})
		require.NoError(m.T, err)
		m.hold, m.held = "", 0
		return
	}
	if m.closed || m.frozen || m.points == 0 {
		return
	}
	receipt, err := m.wallets.Hold(m.ctx, ledger.HoldRequest{WalletID: "w", Key: m.key(), Amount: inWon(1), Spend: ledger.PointsOnly})
	require.NoError(m.T, err)
	m.hold, m.held = receipt.Hold.ID, 1
}

func (m *leavers) freezeOrUnfreeze() {
	do := m.wallets.Freeze
	if m.frozen {
		do = m.wallets.Unfreeze
	}
	_, err := do(m.ctx, ledger.StatusRequest{WalletID: "w", Key: m.key(), By: m.by()})
	m.requireErr(m.ended(), err, "freeze")
	if err == nil {
		m.frozen = !m.frozen
		m.work()
	}
}

// payable returns the greatest total that the route pays out of so much cash; zero: none.
func payable(cash int64) int64 {
	total := min(cash/cents*cents, mostPayout)
	if total < leastPayout {
		return 0
	}
	return total
}

// take notes a withdrawal that was taken.
func (m *leavers) take(op *ports.Withdrawal, p *leaver) {
	require.Truef(m.T, op.Total.Equal(inWon(p.total)) && op.Fee.Equal(inWon(feeOfAPayout)), "total %s, want %d", op.Total, p.total)
	m.cash -= p.total
	p.id, p.status = op.ID, ports.WithdrawalRequested
	if op.ApprovalsNeeded == 0 {
		m.approved(p)
	}
	m.payouts = append(m.payouts, p)
}

// approved sends a withdrawal, unless it waits for the frozen wallet.
func (m *leavers) approved(p *leaver) {
	if p.status = ports.WithdrawalPending; m.frozen && !p.pays {
		p.status = ports.WithdrawalApproved
	}
}

// despite draws the decision about a frozen wallet.
func (m *leavers) despite() *ports.By {
	if !rapid.Bool().Draw(m.T, "despite the freeze") {
		return nil
	}
	return &ports.By{Who: "park", Why: "a court says so"}
}

// all asks for all that can be paid out.
func (m *leavers) all() {
	request := withdraw.Request{WalletID: "w", Key: m.key(), Disburser: "bank", All: true, Who: "customer", DespiteFreeze: m.despite()}
	request.CloseWhenEmpty = rapid.Bool().Draw(m.T, "close when empty")
	p := &leaver{total: payable(m.cash), leaves: request.CloseWhenEmpty, pays: request.DespiteFreeze != nil}
	want := m.ended()
	switch {
	case want != nil:
	case m.frozen && !p.pays:
		want = ports.ErrFrozen
	case m.cash < cents:
		want = ports.ErrInsufficient
	case p.total == 0:
		want = withdraw.ErrOutsideLimits
	}
	op, err := m.service.Request(m.ctx, request)
	m.requireErr(want, err, "all")
	if err != nil {
		return
	}
	m.take(op, p)
	again, err := m.service.Request(m.ctx, request)
	require.NoError(m.T, err)
	require.Equal(m.T, op, again)
}

// leave winds the wallet up, or is refused.
func (m *leavers) leave() {
	request := withdraw.LeaveRequest{
		WalletID: "w", Key: m.key(), Disburser: "bank", By: m.by(), DespiteFreeze: m.despite(),
		ForfeitPoints: rapid.Bool().Draw(m.T, "points"),
	}
	consent := rapid.SampledFrom([]int64{0, 99, leastPayout, mostPayout}).Draw(m.T, "cash")
	request.ForfeitCash = inWon(consent)
	p := &leaver{request: request, total: payable(m.cash), leaves: true, pays: request.DespiteFreeze != nil}
	p.left = m.cash - p.total
	want := m.ended()
	switch {
	case want != nil:
	case m.frozen && !p.pays:
		want = ports.ErrFrozen
	case m.open() > 0:
		want = ports.ErrOpenOperations
	case p.left > consent, payable(p.left) > 0, m.points > 0 && !request.ForfeitPoints:
		want = ports.ErrNotEmpty
	}
	d, err := m.service.Leave(m.ctx, request)
	m.requireErr(want, err, "leave")
	switch {
	case err != nil:
		require.Zero(m.T, d)
	case p.total == 0:
		require.Equal(m.T, withdraw.Departure{Closed: true}, d)
		m.end(p.left)
		d, err = m.service.Leave(m.ctx, request)
		require.NoError(m.T, err)
		require.Equal(m.T, withdraw.Departure{Closed: true}, d)
	default:
		m.take(d.Withdrawal, p)
	}
}

// open counts what has not ended.
func (m *leavers) open() (n int) {
	if m.hold != "" {
		n++
	}
	for _, p := range m.payouts {
		if p.status != ports.WithdrawalCompleted && p.status != ports.WithdrawalCanceled {
			n++
		}
	}
	return n
}

// end closes the wallet, and gives up what is left in it.
func (m *leavers) end(cash int64) {
	m.givenUp += cash
	m.cash, m.points, m.closed = m.cash-cash, 0, true
}

// close closes the wallet of a withdrawal that is completed, unless something keeps it open.
func (m *leavers) close(p *leaver) {
	if p.leaves && !m.closed && m.open() == 0 && m.cash <= p.left && (m.points == 0 || p.request.ForfeitPoints) && (!m.frozen || p.pays) {
		m.end(m.cash)
	}
}

// again repeats a departure that was taken.
func (m *leavers) again() {
	for _, p := range m.payouts {
		if p.request.Key == "" {
			continue
		}
		d, err := m.service.Leave(m.ctx, p.request)
		require.NoError(m.T, err)
		require.Equal(m.T, p.id, d.Withdrawal.ID)
		if p.status == ports.WithdrawalCompleted {
			m.close(p)
		}
		require.Equal(m.T, p.status == ports.WithdrawalCompleted && m.closed, d.Closed, "%s %s", p.status, d.Stays)
		over := p.status == ports.WithdrawalCompleted || p.status == ports.WithdrawalCanceled
		require.Equal(m.T, over && !d.Closed, d.Stays != "")
	}
}

// work lets a worker send what waits.
func (m *leavers) work() {
	_, err := m.service.Follow(m.ctx, 100)
	require.NoError(m.T, err)
	for _, p := range m.payouts {
		if p.status == ports.WithdrawalApproved {
			m.approved(p)
		}
	}
}

// act lets a person act on a withdrawal.
func (m *leavers) act() {
	if len(m.payouts) == 0 {
		return
	}
	p := m.payouts[rapid.IntRange(0, len(m.payouts)-1).Draw(m.T, "payout")]
	act := ports.Act{ID: p.id, By: ports.By{Who: "lee", Why: "seen"}}
	var err error
	allowed := func(statuses ...ports.WithdrawalStatus) error {
		for _, status := range statuses {
			if p.status == status {
				return nil
			}
		}
		return ports.ErrNotOpen
	}
	switch rapid.IntRange(0, 4).Draw(m.T, "act") {
	case 0:
		want := allowed(ports.WithdrawalRequested)
		_, err = m.service.Approve(m.ctx, act)
		m.requireErr(want, err, "approve")
		if err == nil {
			m.approved(p)
		}
	case 1:
		want := allowed(ports.WithdrawalApproved)
		_, err = m.service.PayFrozen(m.ctx, act)
		m.requireErr(want, err, "pay frozen")
		if err == nil {
			p.pays, p.status = true, ports.WithdrawalPending
		}
	case 2:
		want := allowed(ports.WithdrawalRequested, ports.WithdrawalApproved)
		_, err = m.service.Cancel(m.ctx, act)
		m.requireErr(want, err, "cancel")
		if err == nil {
			p.status = ports.WithdrawalCanceled
			m.cash += p.total
		}
	default:
		want := allowed(ports.WithdrawalPending)
		_, err = m.service.ReportPaid(m.ctx, withdraw.Paid{ID: p.id, By: act.By, TransactionID: "t"})
		m.requireErr(want, err, "report paid")
		if err == nil {
			p.status = ports.WithdrawalCompleted
			m.paid += p.total
			m.close(p)
		}
	}
}

// compare compares wallet, records and books with the twin.
func (m *leavers) compare() {
	wallet, err := m.wallets.Wallet(m.ctx, "w")
	require.NoError(m.T, err)
	require.Truef(m.T, wallet.Balance.Equal(inWon(m.cash)), "cash %s, want %d", wallet.Balance, m.cash)
	require.Truef(m.T, wallet.Point.Equal(inWon(m.points)), "points %s, want %d", wallet.Point, m.points)
	require.Equal(m.T, m.closed, wallet.Status == ports.WalletClosed)
	require.Equal(m.T, m.frozen && !m.closed, wallet.Status == ports.WalletFrozen)
	require.Equal(m.T, m.open(), wallet.OpenOperations)
	var payables int64
	for _, p := range m.payouts {
		op, err := m.service.Get(m.ctx, p.id)
		require.NoError(m.T, err)
		require.Equal(m.T, p.status, op.Status)
		require.Equal(m.T, p.leaves && !op.Open, op.Leaving != nil && (op.Leaving.ClosedSeq != 0) != (op.Leaving.Stays != ""))
		if op.Open {
			payables += p.total
		}
	}
	books, err := m.wallets.TrialBalance(m.ctx)
	require.NoError(m.T, err)
	require.NoError(m.T, books.Check())
	totals := make(map[ports.Account]decimal.Decimal)
	for _, total := range books.Totals {
		totals[total.Account] = total.Balance
	}
	require.True(m.T, totals[ports.AccountPayable].Equal(inWon(payables)))
	require.True(m.T, totals[ports.AccountForfeited].Equal(inWon(m.givenUp)))
	require.True(m.T, totals[ports.AccountFee].Add(totals[ports.AccountClearing("bank")]).Equal(inWon(m.paid)))
	_, err = m.wallets.Verify(m.ctx, "w")
	require.NoError(m.T, err)
}
