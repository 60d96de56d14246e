package ledger_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/jigap/jigap/adapters/memory"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
)

// prophet draws a history, and previews each operation of it.
type prophet struct {
	*rapid.T
	previewed
	other *ledger.Ledger // of another process
	clock *fakeClock
	holds []string
	keys  int
}

// TestLedger_Preview_is_what_then_happens previews each operation of a random history, and then does
// it: errors are equal by type and text, and entries, holds and wallets are equal but for what comes into
// being when it is booked. Wallets have limits, fractions and another currency, are frozen and closed;
// lots and holds expire; keys are used again for the same and for another request; another process
// writes in between. Nothing is written by a preview.
func TestLedger_Preview_is_what_then_happens(t *testing.T) {
	t.Parallel()
	var booked, replayed, refused atomic.Int64
	rapid.Check(t, func(rt *rapid.T) {
		p := newProphet(rt)
		for range 80 {
			request := p.draw()
			for range 1 + rapid.IntRange(0, 1).Draw(rt, "again") {
				receipt, err := p.once(rt, request)
				switch {
				case err != nil:
					refused.Add(1)
				case receipt.Replayed:
					replayed.Add(1)
				default:
					booked.Add(1)
				}
				if err == nil && receipt.Hold != nil {
					p.holds = append(p.holds, receipt.Hold.ID)
				}
			}
			p.meanwhile()
		}
		for _, id := range p.wallets() {
			_, err := p.l.Verify(context.Background(), id)
			require.NoError(rt, err)
		}
	})
	if !testing.Short() {
		require.Greater(t, booked.Load(), int64(1_000))
		require.Greater(t, replayed.Load(), int64(500))
		require.Greater(t, refused.Load(), int64(1_000))
	}
	t.Logf("%d booked, %d replayed, %d refused", booked.Load(), replayed.Load(), refused.Load())
}

// wallets are those that are there from the beginning. One keeps fractions, one is in another currency.
func (*prophet) wallets() []string { return []string{"a", "b", "cents", "dollars"} }

func newProphet(t *rapid.T) *prophet {
	p := &prophet{T: t, clock: newFakeClock()}
	p.store = &countedStore{countingStore: countingStore{Store: memory.New()}}
	var store ports.Store = p.store
	if rapid.Bool().Draw(t, "bound") {
		store = boundCounted{p.store}
	}
	config := ledger.Config{
		Clock: p.clock, CacheBytes: rapid.SampledFrom([]int{1, 1 << 20}).Draw(t, "cache"), Limits: func(w *ports.Wallet) ledger.Limits {
			if w.ID != "b" {
				return ledger.Limits{}
			}
			return ledger.Limits{
				Balance: decimal.NewNullDecimal(won(300)), Point: decimal.NewNullDecimal(won(200)),
				CreditedPerDay: decimal.NewNullDecimal(won(250)), CreditedPerMonth: decimal.NewNullDecimal(won(900)),
			}
		},
	}
	var err error
	p.l, err = ledger.New(store, config)
	require.NoError(t, err)
	p.other, err = ledger.New(p.store, config)
	require.NoError(t, err)
	for _, id := range p.wallets() {
		request := ledger.OpenRequest{WalletID: id, Currency: "KRW"}
		switch id {
		case "cents":
			request.Scale = 2
		case "dollars":
			request.Currency, request.Scale = "USD", 2
		}
		_, err := p.l.Open(context.Background(), request)
		require.NoError(t, err)
		_, err = p.l.Credit(context.Background(), ledger.CreditRequest{WalletID: id, Key: "first", Amount: won(200)})
		require.NoError(t, err)
	}
	return p
}

// key returns a key: most often a new one, otherwise one that may have been used.
func (p *prophet) key() string {
	if p.keys > 0 && rapid.IntRange(0, 5).Draw(p.T, "used key") == 0 {
		return fmt.Sprint("k", rapid.IntRange(0, p.keys-1).Draw(p.T, "key"))
	}
	p.keys++
	return fmt.Sprint("k", p.keys-1)
}

func (p *prophet) amount() decimal.Decimal {
	switch rapid.IntRange(0, 20).Draw(p.T, "form") {
	case 0:
		return won(rapid.Int64Range(-1, 0).Draw(p.T, "amount"))
	case 1:
		return decimal.New(1, 18)
	case 2, 3:
		return decimal.New(rapid.Int64Range(1, 20_000).Draw(p.T, "amount"), -2)
	}
	return won(rapid.Int64Range(1, 150).Draw(p.T, "amount"))
}

// expiry is in the past, never, or within three days.
func (p *prophet) expiry() time.Time {
	hours := rapid.IntRange(-1, 72).Draw(p.T, "hours")
	if hours > 60 {
		return time.Time{}
	}
	return p.clock.Now().Add(time.Duration(hours) * time.Hour)
}

// draw draws a request of any kind.
func (p *prophet) draw() ledger.Previewable {
	id := rapid.SampledFrom(append(p.wallets(), "a", "b", "a", "b", "a", "b", "none")).Draw(p.T, "wallet")
	note := ledger.Note{Memo: rapid.SampledFrom([]string{"", "", "", "", "", "", "", "", "memo", "memo", "two\nlines"}).Draw(p.T, "memo")}
	spend := ledger.Spend(rapid.IntRange(0, 3).Draw(p.T, "spend"))
	all := rapid.Bool().Draw(p.T, "all")
	switch rapid.IntRange(0, 16).Draw(p.T, "kind") {
	case 0, 1:
		return ledger.CreditRequest{WalletID: id, Key: p.key(), Amount: p.amount(), Note: note}
	case 2, 3:
		return ledger.GrantRequest{WalletID: id, Key: p.key(), Amount: p.amount(), ExpiresAt: p.expiry(), Note: note}
	case 4, 5:
		return ledger.DeductRequest{WalletID: id, Key: p.key(), Amount: p.amount(), Spend: spend, Note: note}
	case 6:
		return ledger.RefundRequest{WalletID: id, Key: p.key(), Of: fmt.Sprint("k", rapid.IntRange(0, p.keys).Draw(p.T, "of")), Amount: p.amount(), All: all, Note: note}
	case 7:
		to := rapid.SampledFrom(p.wallets()).Draw(p.T, "to")
		return ledger.TransferRequest{FromID: id, ToID: to, Key: p.key(), Amount: p.amount(), Note: note}
	case 8:
		by := ports.By{Who: "kim", Why: "counted " + note.Memo}
		return ledger.AdjustRequest{WalletID: id, Key: p.key(), Balance: p.amount().Neg(), Point: p.amount(), By: by}
	case 9, 10:
		return ledger.HoldRequest{WalletID: id, Key: p.key(), Amount: p.amount(), Spend: spend, ExpiresAt: p.expiry(), Note: note}
	case 11:
		return ledger.CaptureRequest{HoldID: p.hold(), Key: p.key(), Amount: p.amount(), All: all, Final: rapid.Bool().Draw(p.T, "final"), Note: note}
	case 12:
		return ledger.ReleaseRequest{HoldID: p.hold(), Key: p.key(), Note: note}
	case 15:
		return ledger.ForfeitRequest{WalletID: id, Key: p.key(), By: ports.By{Who: "kim", Why: "left"}}
	case 14:
		by := ports.By{Who: "kim", Why: "mistake"}
		return ledger.RevokeRequest{WalletID: id, Key: p.key(), LotID: rapid.Int64Range(0, 25).Draw(p.T, "lot"), By: by}
	case 13:
		by := ports.By{Who: "kim", Why: "finer prices"}
		return ledger.RescaleRequest{WalletID: id, Key: p.key(), Scale: rapid.Int32Range(0, 7).Draw(p.T, "scale"), By: by}
	}
	return ledger.OpenRequest{WalletID: rapid.SampledFrom([]string{"a", "new", "newer"}).Draw(p.T, "opened"), Currency: rapid.SampledFrom([]string{"KRW", "won"}).Draw(p.T, "currency")}
}

func (p *prophet) hold() string {
	if len(p.holds) == 0 {
		return "none"
	}
	return rapid.SampledFrom(p.holds).Draw(p.T, "hold")
}

// meanwhile is what happens between two operations, in this process or in the other one.
func (p *prophet) meanwhile() {
	ctx := context.Background()
	id := rapid.SampledFrom(p.wallets()).Draw(p.T, "meanwhile in")
	act := ledger.StatusRequest{WalletID: id, Key: fmt.Sprint("act ", p.keys), By: ports.By{Who: "kim", Why: "seen"}}
	switch rapid.IntRange(0, 19).Draw(p.T, "meanwhile") { // refusals do not matter
	case 0, 1, 2, 3:
		p.clock.advance(time.Duration(rapid.IntRange(1, 20*60).Draw(p.T, "minutes")) * time.Minute)
	case 4:
		_, _ = p.l.Freeze(ctx, act)
	case 5, 6, 7:
		_, _ = p.other.Unfreeze(ctx, act)
	case 8:
		_, _ = p.l.Close(ctx, act) // an empty wallet, for ever
	case 9:
		_, _ = p.l.ExpireHolds(ctx, 10)
	case 10:
		_, _ = p.l.ExpireLots(ctx, 10)
	case 11, 12, 13:
		_, _ = p.other.Credit(ctx, ledger.CreditRequest{WalletID: id, Key: p.key(), Amount: won(70)})
	}
}
