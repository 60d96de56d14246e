package ledgertest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
)

// twins are two ledgers on two stores, with the same clock and ids: whatever is asked of both must
// get the same answer and leave the same records, to the last hash.
type twins struct {
	*rapid.T
	one, other             ports.Store
	oneLedger, otherLedger *ledger.Ledger
	now                    time.Time
	wallets                []string
	holds                  []string
	debits                 []string
	keys                   int
	done                   int
}

// TestTwins runs random operations, replays and the worker's steps on ledgers on two stores, which both
// are empty: 10,000 operations, or fewer with -short. Every answer and every record must be the same, to
// the last hash. Run it with a store of yours and the one in memory.
func TestTwins(t *testing.T, one, other ports.Store) {
	t.Helper()
	tw := &twins{one: one, other: other, now: noon}
	clock := ports.ClockFunc(func() time.Time { return tw.now })
	ids := ports.IDsFunc(func() string { return fmt.Sprintf("hold-%d", tw.done) }) // a step opens one hold at most
	limits := func(w *ports.Wallet) ledger.Limits {
		if !strings.HasSuffix(w.ID, "-0") {
			return ledger.Limits{}
		}
		return ledger.Limits{
			Balance: decimal.NewNullDecimal(dec(500)), CreditedPerDay: decimal.NewNullDecimal(dec(400)), CreditedPerMonth: decimal.NewNullDecimal(dec(2_000)),
			Point: decimal.NewNullDecimal(dec(300)), TimeZone: time.FixedZone("KST", 9*60*60),
		}
	}
	var err error
	tw.oneLedger, err = ledger.New(one, ledger.Config{Clock: clock, IDs: ids, Limits: limits})
	require.NoError(t, err)
	tw.otherLedger, err = ledger.New(other, ledger.Config{Clock: clock, IDs: ids, Limits: limits, CacheBytes: 1})
	require.NoError(t, err)
	rapid.Check(t, func(rt *rapid.T) { tw.run(rt, 100) })
	if !testing.Short() {
		require.GreaterOrEqual(t, tw.done, 10_000)
	}
}

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func dec(n int64) decimal.Decimal { return decimal.NewFromInt(n) }

func (t *twins) run(rt *rapid.T, steps int) {
	t.T, t.holds, t.debits = rt, nil, nil
	t.wallets = t.wallets[:0]
	for i := range 3 {
		id := fmt.Sprintf("w%d-%d", t.done, i)
		t.wallets = append(t.wallets, id)
		_, _ = t.both(func(ctx context.Context, l *ledger.Ledger) (any, error) {
			return l.Open(ctx, ledger.OpenRequest{WalletID: id, Currency: "KRW", Scale: 2})
		})
	}
	for range steps {
		t.step()
		t.done++
	}
	t.compare()
}

// both asks both ledgers and requires the same answer.
func (t *twins) both(ask func(ctx context.Context, l *ledger.Ledger) (any, error)) (any, error) {
	want, wantErr := ask(context.Background(), t.oneLedger)
	got, gotErr := ask(context.Background(), t.otherLedger)
	require.Equal(t, wantErr == nil, gotErr == nil, "%v, but %v", wantErr, gotErr)
	if wantErr != nil {
		for _, condition := range []error{
			ports.ErrInsufficient, ports.ErrFrozen, ports.ErrKeyReused, ports.ErrRefundExceeds, ports.ErrNotFound, ports.ErrNotOpen, ports.ErrInvalid,
			ports.ErrLimit,
		} {
			require.Equal(t, errors.Is(wantErr, condition), errors.Is(gotErr, condition), "%v, but %v", wantErr, gotErr)
		}
		return want, wantErr
	}
	require.Equal(t, asText(t, want), asText(t, got))
	return want, nil
}

// asText makes an absent list and an empty one alike.
func asText(t require.TestingT, value any) string {
	data, err := json.Marshal(value)
	require.NoError(t, err)
	return strings.ReplaceAll(string(data), `"Lots":[]`, `"Lots":null`)
}

func (t *twins) key() string {
	if t.keys > 0 && rapid.IntRange(0, 9).Draw(t.T, "again") == 0 {
		return fmt.Sprintf("key-%d", t.keys)
	}
	t.keys++
	return fmt.Sprintf("key-%d", t.keys)
}

func (t *twins) step() {
	id := rapid.SampledFrom(t.wallets).Draw(t.T, "wallet")
	amount := decimal.New(rapid.Int64Range(1, 20_000).Draw(t.T, "amount"), -2)
	key := t.key()
	note := ledger.Note{Reference: rapid.SampledFrom([]string{"", "주문-1", "order"}).Draw(t.T, "reference")}
	switch rapid.IntRange(0, 13).Draw(t.T, "operation") {
	case 0, 1:
		_, _ = t.both(func(ctx context.Context, l *ledger.Ledger) (any, error) {
			return l.Credit(ctx, ledger.CreditRequest{WalletID: id, Key: key, Amount: amount, Note: note})
		})
	case 2, 3:
		expires := t.now.Add(time.Duration(rapid.IntRange(1, 50).Draw(t.T, "hours")) * time.Hour)
		_, _ = t.both(func(ctx context.Context, l *ledger.Ledger) (any, error) {
			return l.Grant(ctx, ledger.GrantRequest{WalletID: id, Key: key, Amount: amount, ExpiresAt: expires})
		})
	case 4, 5, 6:
		t.deduct(id, key, amount, note)
	case 7:
		t.refund(id, key, amount)
	case 8:
		to := rapid.SampledFrom(t.wallets).Draw(t.T, "to")
		_, _ = t.both(func(ctx context.Context, l *ledger.Ledger) (any, error) {
			return l.Transfer(ctx, ledger.TransferRequest{FromID: id, ToID: to, Key: key, Amount: amount, Note: note})
		})
	case 9:
		t.hold(id, key, amount)
	case 10:
		t.endHold(key, amount)
	case 11:
		t.freeze(id, key)
	case 12:
		scale := rapid.Int32Range(0, 6).Draw(t.T, "scale")
		_, _ = t.both(func(ctx context.Context, l *ledger.Ledger) (any, error) {
			return l.Rescale(ctx, ledger.RescaleRequest{WalletID: id, Key: key, Scale: scale, By: ports.By{Who: "kim", Why: "finer prices"}})
		})
	case 13:
		t.now = t.now.Add(time.Duration(rapid.IntRange(0, 7).Draw(t.T, "passed")) * time.Hour)
		_, _ = t.both(func(ctx context.Context, l *ledger.Ledger) (any, error) { return l.ExpireHolds(ctx, 100) })
		_, _ = t.both(func(ctx context.Context, l *ledger.Ledger) (any, error) { return l.ExpireLots(ctx, 100) })
	}
}

func (t *twins) deduct(id, key string, amount decimal.Decimal, note ledger.Note) {
	spend := ledger.Spend(rapid.IntRange(0, 3).Draw(t.T, "spend"))
	note.Metadata = map[string]string{"campaign": key}
	if _, err := t.both(func(ctx context.Context, l *ledger.Ledger) (any, error) {
		return l.Deduct(ctx, ledger.DeductRequest{WalletID: id, Key: key, Amount: amount, Spend: spend, Note: note})
	}); err == nil {
		t.debits = append(t.debits, key)
	}
}

func (t *twins) refund(id, key string, amount decimal.Decimal) {
	if len(t.debits) == 0 {
		return
	}
	of := rapid.SampledFrom(t.debits).Draw(t.T, "of")
	all := rapid.Bool().Draw(t.T, "all")
	_, _ = t.both(func(ctx context.Context, l *ledger.Ledger) (any, error) {
		return l.Refund(ctx, ledger.RefundRequest{WalletID: id, Key: key, Of: of, Amount: amount, All: all})
	})
}

func (t *twins) hold(id, key string, amount decimal.Decimal) {
	expires := t.now.Add(time.Duration(rapid.IntRange(1, 9).Draw(t.T, "hours")) * time.Hour)
	answer, err := t.both(func(ctx context.Context, l *ledger.Ledger) (any, error) {
		return l.Hold(ctx, ledger.HoldRequest{WalletID: id, Key: key, Amount: amount, ExpiresAt: expires})
	})
	if err == nil {
		t.holds = append(t.holds, answer.(ledger.HoldReceipt).Hold.ID)
	}
}

func (t *twins) endHold(key string, amount decimal.Decimal) {
	if len(t.holds) == 0 {
		return
	}
	id := rapid.SampledFrom(t.holds).Draw(t.T, "hold")
	release, final := rapid.Bool().Draw(t.T, "release"), rapid.Bool().Draw(t.T, "final")
	_, _ = t.both(func(ctx context.Context, l *ledger.Ledger) (any, error) {
		if release {
			return l.Release(ctx, ledger.ReleaseRequest{HoldID: id, Key: key})
		}
		return l.Capture(ctx, ledger.CaptureRequest{HoldID: id, Key: key, Amount: amount, Final: final})
	})
}

func (t *twins) freeze(id, key string) {
	_, _ = t.both(func(ctx context.Context, l *ledger.Ledger) (any, error) {
		return l.Freeze(ctx, ledger.StatusRequest{WalletID: id, Key: key, By: ports.By{Who: "kim", Why: "asked by mail"}})
	})
	_, _ = t.both(func(ctx context.Context, l *ledger.Ledger) (any, error) {
		return l.Unfreeze(ctx, ledger.StatusRequest{WalletID: id, Key: key + "u", By: ports.By{Who: "kim", Why: "asked by mail"}})
	})
}

// compare requires the same records in both stores, and that they prove themselves.
func (t *twins) compare() {
	ctx := context.Background()
	for _, id := range t.wallets {
		filter := ports.EntryFilter{WalletID: id, Limit: 10_000}
		want, err := t.one.Entries(ctx, filter)
		require.NoError(t, err)
		got, err := t.other.Entries(ctx, filter)
		require.NoError(t, err)
		require.Equal(t, asText(t, want), asText(t, got))
		_, _ = t.both(func(ctx context.Context, l *ledger.Ledger) (any, error) { return l.Wallet(ctx, id) })
		_, err = t.both(func(ctx context.Context, l *ledger.Ledger) (any, error) { return l.Verify(ctx, id) })
		require.NoError(t, err)
		moment := noon.Add(time.Duration(rapid.Int64Range(0, int64(t.now.Sub(noon))).Draw(t.T, "moment")))
		_, _ = t.both(func(ctx context.Context, l *ledger.Ledger) (any, error) { return l.BalanceAt(ctx, id, moment) })
	}
	_, err := t.both(func(ctx context.Context, l *ledger.Ledger) (any, error) {
		_, err := l.TrialBalance(ctx)
		return nil, err
	})
	require.NoError(t, err)
}
