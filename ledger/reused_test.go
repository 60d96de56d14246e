package ledger_test

import (
	"context"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/internal/books"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
)

// keyed asks for one operation under the key "used", as the content says.
type keyed func(ctx context.Context, l *ledger.Ledger, c asked) error

// asked is content of a request; what an operation does not have it leaves out.
type asked struct {
	amount   decimal.Decimal
	peer     string
	provider string
	expires  time.Time
	priority int32
	scale    int32
	who      string
	memo     string // the reason, where a person asks
	other    bool   // of two holds, the other
	note     ledger.Note
}

// keyedOps are the operations that take a key, with the fields that they are asked with.
func keyedOps(holds [2]string) map[string]struct {
	run    keyed
	fields map[string]func(*asked)
} {
	type op = struct {
		run    keyed
		fields map[string]func(*asked)
	}
	note := func(c asked) ledger.Note {
		c.note.Memo = c.memo
		return c.note
	}
	amount := func(c *asked) { c.amount = c.amount.Add(decimal.New(1, 0)) }
	hold := func(c asked) string {
		if c.other {
			return holds[1]
		}
		return holds[0]
	}
	other := func(c *asked) { c.other = true }
	return map[string]op{
		"recharge": {func(ctx context.Context, l *ledger.Ledger, c asked) error {
			_, err := l.Credit(ctx, ledger.CreditRequest{WalletID: "w", Key: "used", Amount: c.amount, Provider: c.provider, Note: note(c)})
			return err
		}, map[string]func(*asked){"Amount": amount, "Provider": func(c *asked) { c.provider = "bank" }}},
		"grant": {func(ctx context.Context, l *ledger.Ledger, c asked) error {
			_, err := l.Grant(ctx, ledger.GrantRequest{WalletID: "w", Key: "used", Amount: c.amount, ExpiresAt: c.expires, Priority: c.priority, Note: note(c)})
			return err
		}, map[string]func(*asked){
			"Amount": amount, "ExpiresAt": func(c *asked) { c.expires = c.expires.Add(time.Hour) }, "Priority": func(c *asked) { c.priority = 1 },
		}},
		"deduct": {func(ctx context.Context, l *ledger.Ledger, c asked) error {
			_, err := l.Deduct(ctx, ledger.DeductRequest{WalletID: "w", Key: "used", Amount: c.amount, Note: note(c)})
			return err
		}, map[string]func(*asked){"Amount": amount}},
		"refund": {func(ctx context.Context, l *ledger.Ledger, c asked) error {
			_, err := l.Refund(ctx, ledger.RefundRequest{WalletID: "w", Key: "used", Of: "debit", Amount: c.amount, Note: note(c)})
			return err
		}, map[string]func(*asked){"Amount": amount}},
		"transfer": {func(ctx context.Context, l *ledger.Ledger, c asked) error {
			_, err := l.Transfer(ctx, ledger.TransferRequest{FromID: "w", ToID: c.peer, Key: "used", Amount: c.amount, Note: note(c)})
			return err
		}, map[string]func(*asked){"Amount": amount, "ToID": func(c *asked) { c.peer = "third" }}},
		"hold": {func(ctx context.Context, l *ledger.Ledger, c asked) error {
			_, err := l.Hold(ctx, ledger.HoldRequest{WalletID: "w", Key: "used", Amount: c.amount, ExpiresAt: c.expires, Note: note(c)})
			return err
		}, map[string]func(*asked){"Amount": amount, "": func(c *asked) { c.expires = c.expires.Add(time.Hour) }}}, // which no entry keeps
		"capture": {func(ctx context.Context, l *ledger.Ledger, c asked) error {
			_, err := l.Capture(ctx, ledger.CaptureRequest{HoldID: hold(c), Key: "used", Amount: c.amount, Note: note(c)})
			return err
		}, map[string]func(*asked){"Amount": amount, "HoldID": other}},
		"release": {func(ctx context.Context, l *ledger.Ledger, c asked) error {
			_, err := l.Release(ctx, ledger.ReleaseRequest{HoldID: hold(c), Key: "used", Note: note(c)})
			return err
		}, map[string]func(*asked){"HoldID": other}},
		"booking of another package": {func(ctx context.Context, l *ledger.Ledger, c asked) error {
			_, err := l.Book(ctx, books.Booking{
				WalletID: "w", Key: "used", Type: ports.EntryWithdraw, Balance: c.amount.Neg(), Counterparty: ports.Account(c.provider), Note: books.Note(note(c)),
				Moves: []ports.Move{{Account: "a", Amount: won(int64(c.priority + 1))}, {Account: "b", Amount: won(int64(-c.priority - 1))}},
			})
			return err
		}, map[string]func(*asked){
			"Balance": amount, "Counterparty": func(c *asked) { c.provider = "bank" }, "Moves": func(c *asked) { c.priority = 1 },
		}},
		"adjust": {func(ctx context.Context, l *ledger.Ledger, c asked) error {
			_, err := l.Adjust(ctx, ledger.AdjustRequest{
				WalletID: "w", Key: "used", Balance: c.amount, Point: won(int64(c.priority)), By: ports.By{Who: c.who, Why: c.memo}, Note: c.note,
			})
			return err
		}, map[string]func(*asked){
			"Balance": amount, "Point": func(c *asked) { c.priority = 1 }, "Who": func(c *asked) { c.who = "lee" }, "Why": func(c *asked) { c.memo = "a guess" },
		}},
		"forfeit": {func(ctx context.Context, l *ledger.Ledger, c asked) error {
			if _, err := l.Grant(ctx, ledger.GrantRequest{WalletID: "w", Key: "points", Amount: won(100)}); err != nil {
				return err
			}
			_, err := l.Forfeit(ctx, ledger.ForfeitRequest{WalletID: "w", Key: "used", By: ports.By{Who: c.who, Why: c.memo}, Note: c.note})
			return err
		}, map[string]func(*asked){"Who": func(c *asked) { c.who = "lee" }, "Why": func(c *asked) { c.memo = "a guess" }}},
		"freeze": {func(ctx context.Context, l *ledger.Ledger, c asked) error {
			_, err := l.Freeze(ctx, ledger.StatusRequest{WalletID: "w", Key: "used", By: ports.By{Who: c.who, Why: c.memo}, Note: c.note})
			return err
		}, map[string]func(*asked){"Who": func(c *asked) { c.who = "lee" }, "Why": func(c *asked) { c.memo = "a guess" }}},
		"rescale": {func(ctx context.Context, l *ledger.Ledger, c asked) error {
			_, err := l.Rescale(ctx, ledger.RescaleRequest{WalletID: "w", Key: "used", Scale: c.scale, By: ports.By{Who: c.who, Why: c.memo}, Note: c.note})
			return err
		}, map[string]func(*asked){
			"Scale": func(c *asked) { c.scale++ }, "Who": func(c *asked) { c.who = "lee" }, "Why": func(c *asked) { c.memo = "a guess" },
		}},
	}
}

// noteFields are what every request has.
func noteFields(f *fixture) map[string]func(*asked) {
	return map[string]func(*asked){
		"Reference":  func(c *asked) { c.note.Reference = "order-2" },
		"Metadata":   func(c *asked) { c.note.Metadata = map[string]string{"a": "2"} },
		"OccurredAt": func(c *asked) { c.note.OccurredAt = f.clock.Now().Add(-2 * time.Hour) },
	}
}

// TestLedger_key_reused changes each field of each request in turn: the key is refused, the
// error names the field, and a request that is the same is answered again.
func TestLedger_key_reused(t *testing.T) {
	t.Parallel()
	for name := range keyedOps([2]string{}) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := setup(t)
			ctx := t.Context()
			f.open(t, "other", "KRW", 0)
			f.open(t, "third", "KRW", 0)
			_, err := f.Deduct(ctx, ledger.DeductRequest{WalletID: "w", Key: "debit", Amount: won(50)})
			require.NoError(t, err)
			var holds [2]string
			for i, key := range []string{"hold 1", "hold 2"} {
				held, err := f.Hold(ctx, ledger.HoldRequest{WalletID: "w", Key: key, Amount: won(100)})
				require.NoError(t, err)
				holds[i] = held.Hold.ID
			}
			op := keyedOps(holds)[name]
			first := asked{
				amount: won(7), peer: "other", provider: "card", expires: f.clock.Now().Add(time.Hour), scale: 1, who: "kim", memo: "counted",
				note: ledger.Note{Reference: "order-1", Metadata: map[string]string{"a": "1"}, OccurredAt: f.clock.Now().Add(-time.Hour)},
			}
			require.NoError(t, op.run(ctx, f.Ledger, first))
			f.requireUnchanged(t, func() {
				require.NoError(t, op.run(ctx, f.Ledger, first), "the same again")
				fields := noteFields(f)
				for field, change := range op.fields {
					fields[field] = change
				}
				if op.fields["Why"] == nil {
					fields["Memo"] = func(c *asked) { c.memo = "something else" }
				}
				for field, change := range fields {
					other := first
					change(&other)
					err := op.run(ctx, f.Ledger, other)
					require.ErrorIs(t, err, ports.ErrKeyReused, field)
					var reused *ports.KeyReusedError
					require.ErrorAs(t, err, &reused)
					if field == "" {
						require.Empty(t, reused.Fields)
					} else {
						require.Equal(t, []string{field}, reused.Fields)
						require.Contains(t, err.Error(), "reused with other content: differs in "+field)
					}
				}
				other := first
				other.note.Reference, other.memo = "order-2", "something else"
				require.ErrorContains(t, op.run(ctx, f.Ledger, other), "Reference, ")
			})
		})
	}
	t.Run("another kind of request", func(t *testing.T) {
		t.Parallel()
		f := setup(t)
		_, err := f.Deduct(t.Context(), ledger.DeductRequest{WalletID: "w", Key: "first", Amount: won(10_000)})
		require.EqualError(t, err, "deduct wallet w: idempotency key reused with other content: differs in Type: it belongs to an entry of type recharge")
		_, err = f.Replay(t.Context(), books.Booking{WalletID: "w", Key: "first", Type: ports.EntryWithdraw})
		require.EqualError(t, err, "wallet w: idempotency key reused with other content: differs in Type: it belongs to an entry of type recharge")
	})
	t.Run("open", func(t *testing.T) {
		t.Parallel()
		f := setup(t)
		first := ledger.OpenRequest{WalletID: "new", Currency: "KRW", Note: ledger.Note{
			Reference: "order-1", Memo: "counted", Metadata: map[string]string{"a": "1"}, OccurredAt: f.clock.Now().Add(-time.Hour),
		}}
		_, err := f.Open(t.Context(), first)
		require.NoError(t, err)
		again, err := f.Open(t.Context(), first)
		require.NoError(t, err)
		require.True(t, again.Replayed)
		for field, change := range map[string]func(*ledger.OpenRequest){
			"Currency":   func(r *ledger.OpenRequest) { r.Currency = "USD" },
			"Scale":      func(r *ledger.OpenRequest) { r.Scale = 1 },
			"Reference":  func(r *ledger.OpenRequest) { r.Reference = "order-2" },
			"Memo":       func(r *ledger.OpenRequest) { r.Memo = "something else" },
			"Metadata":   func(r *ledger.OpenRequest) { r.Metadata = map[string]string{"a": "2"} },
			"OccurredAt": func(r *ledger.OpenRequest) { r.OccurredAt = f.clock.Now() },
		} {
			other := first
			change(&other)
			_, err := f.Open(t.Context(), other)
			require.ErrorIs(t, err, ports.ErrExists, field)
		}
	})
	t.Run("when it occurred is left out", func(t *testing.T) {
		t.Parallel()
		f := setup(t)
		request := ledger.DeductRequest{WalletID: "w", Key: "k", Amount: won(1)}
		_, err := f.Deduct(t.Context(), request)
		require.NoError(t, err)
		f.clock.advance(time.Hour)
		_, err = f.Deduct(t.Context(), request)
		require.NoError(t, err, "the default is the time of the first")
		request.Amount = won(2)
		_, err = f.Deduct(t.Context(), request)
		require.EqualError(t, err, "deduct wallet w: idempotency key reused with other content: differs in Amount")
	})
}
