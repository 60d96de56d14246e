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

// request asks for one operation.
type request func(context.Context, *ledger.Ledger) error

// errorFixture has wallet "w" with 10,000 won, frozen, closed and foreign wallets, and a hold
// on "w".
func errorFixture(t *testing.T) (*fixture, string) {
	t.Helper()
	f := setup(t)
	ctx := t.Context()
	f.open(t, "closed", "KRW", 0)
	f.open(t, "frozen", "KRW", 0)
	f.open(t, "usd", "USD", 2)
	f.open(t, "fine", "KRW", 2)
	by := ports.By{Who: "kim", Why: "asked by mail"}
	_, err := f.Close(ctx, ledger.StatusRequest{WalletID: "closed", Key: "close", By: by})
	require.NoError(t, err)
	_, err = f.Freeze(ctx, ledger.StatusRequest{WalletID: "frozen", Key: "freeze", By: by})
	require.NoError(t, err)
	_, err = f.Credit(ctx, ledger.CreditRequest{WalletID: "fine", Key: "in", Amount: won(10)})
	require.NoError(t, err)
	_, err = f.Deduct(ctx, ledger.DeductRequest{WalletID: "w", Key: "debit", Amount: won(10)})
	require.NoError(t, err)
	held, err := f.Hold(ctx, ledger.HoldRequest{WalletID: "w", Key: "hold", Amount: won(100)})
	require.NoError(t, err)
	return f, held.Hold.ID
}

var half = decimal.RequireFromString("0.5")

// refusedRequests are requests of every kind, and how each is refused.
func refusedRequests(hold string) map[string]request {
	by := ports.By{Who: "kim", Why: "counted"}
	recharge := func(id string, amount decimal.Decimal) request {
		return func(ctx context.Context, l *ledger.Ledger) error {
			_, err := l.Credit(ctx, ledger.CreditRequest{WalletID: id, Key: "k", Amount: amount})
			return err
		}
	}
	deduct := func(id string, amount decimal.Decimal) request {
		return func(ctx context.Context, l *ledger.Ledger) error {
			_, err := l.Deduct(ctx, ledger.DeductRequest{WalletID: id, Key: "k", Amount: amount})
			return err
		}
	}
	transfer := func(from, to string, amount decimal.Decimal) request {
		return func(ctx context.Context, l *ledger.Ledger) error {
			_, err := l.Transfer(ctx, ledger.TransferRequest{FromID: from, ToID: to, Key: "k", Amount: amount})
			return err
		}
	}
	capture := func(id string, amount decimal.Decimal) request {
		return func(ctx context.Context, l *ledger.Ledger) error {
			_, err := l.Capture(ctx, ledger.CaptureRequest{HoldID: id, Key: "k", Amount: amount})
			return err
		}
	}
	adjust := func(r ledger.AdjustRequest) request {
		return func(ctx context.Context, l *ledger.Ledger) error {
			r.WalletID, r.Key = "w", "k"
			_, err := l.Adjust(ctx, r)
			return err
		}
	}
	return map[string]request{
		"credit wallet closed: wallet is closed":                                                          recharge("closed", won(1)),
		"credit wallet nobody: not found":                                                                 recharge("nobody", won(1)),
		"credit wallet w: invalid Amount: is finer than the wallet's scale of 0 digits":                   recharge("w", half),
		"credit wallet w: limit exceeded: a purse must stay below 10^18":                                  recharge("w", decimal.New(999_999_999_999_999_999, 0)),
		"credit: invalid Amount: has more than 6 digits after the decimal point":                          recharge("w", decimal.New(1, -7)),
		"credit: invalid Amount: must be below 10^18 in magnitude":                                        recharge("w", decimal.New(1, 18)),
		"credit: invalid WalletID: is not printable UTF-8":                                                recharge("w\nw", won(1)),
		"deduct wallet w: insufficient funds: wants 10000, has 9890":                                      deduct("w", won(10_000)),
		"deduct wallet frozen: wallet is frozen":                                                          deduct("frozen", won(1)),
		"deduct: invalid Amount: must be greater than zero":                                               deduct("w", won(0)),
		"transfer wallet w: currencies differ":                                                            transfer("w", "usd", won(1)),
		"transfer wallet w: to wallet nobody: not found":                                                  transfer("w", "nobody", won(1)),
		"transfer wallet w: to wallet closed: wallet is closed":                                           transfer("w", "closed", won(1)),
		"transfer wallet fine: to wallet w: invalid Amount: is finer than the wallet's scale of 0 digits": transfer("fine", "w", half),
		"transfer wallet w: invalid Amount: is finer than the wallet's scale of 0 digits":                 transfer("w", "fine", half),
		"capture wallet w: insufficient funds: wants 101, has 100":                                        capture(hold, won(101)),
		"capture wallet w: invalid Amount: is finer than the wallet's scale of 0 digits":                  capture(hold, half),
		"capture: hold nothing: not found":                                                                capture("nothing", won(1)),
		"capture: invalid HoldID: is blank":                                                               capture("", won(1)),
		"adjust: invalid Who: is blank; invalid Why: is blank":                                            adjust(ledger.AdjustRequest{Balance: won(1)}),
		"adjust: invalid Balance: and Point are both zero":                                                adjust(ledger.AdjustRequest{By: by}),
		"adjust: invalid Balance: has more than 6 digits after the decimal point; invalid Point: has more than 6 digits after the decimal point": adjust(
			ledger.AdjustRequest{Balance: decimal.New(1, -7), Point: decimal.New(1, -7), By: by}),
		"adjust wallet w: invalid Balance: is finer than the wallet's scale of 0 digits": adjust(ledger.AdjustRequest{Balance: half, By: by}),
		"adjust wallet w: insufficient funds: wants 10000, has 9890":                     adjust(ledger.AdjustRequest{Balance: won(-10_000), By: by}),
		"grant wallet w: invalid ExpiresAt: has passed": func(ctx context.Context, l *ledger.Ledger) error {
			_, err := l.Grant(ctx, ledger.GrantRequest{WalletID: "w", Key: "k", Amount: won(1), ExpiresAt: time.Unix(1, 0)})
			return err
		},
		"hold wallet w: invalid ExpiresAt: has passed": func(ctx context.Context, l *ledger.Ledger) error {
			_, err := l.Hold(ctx, ledger.HoldRequest{WalletID: "w", Key: "k", Amount: won(1), ExpiresAt: time.Unix(1, 0)})
			return err
		},
		`refund wallet w: debit "nothing": not found`: func(ctx context.Context, l *ledger.Ledger) error {
			_, err := l.Refund(ctx, ledger.RefundRequest{WalletID: "w", Key: "k", Of: "nothing", All: true})
			return err
		},
		"refund wallet w: refund exceeds what was taken": func(ctx context.Context, l *ledger.Ledger) error {
			_, err := l.Refund(ctx, ledger.RefundRequest{WalletID: "w", Key: "k", Of: "debit", Amount: won(11)})
			return err
		},
		"unfreeze wallet w: invalid WalletID: names a wallet that is not frozen": func(ctx context.Context, l *ledger.Ledger) error {
			_, err := l.Unfreeze(ctx, ledger.StatusRequest{WalletID: "w", Key: "k", By: by})
			return err
		},
		"close wallet w: wallet has open operations": func(ctx context.Context, l *ledger.Ledger) error {
			_, err := l.Close(ctx, ledger.StatusRequest{WalletID: "w", Key: "k", By: by})
			return err
		},
		"close wallet fine: wallet is not empty": func(ctx context.Context, l *ledger.Ledger) error {
			_, err := l.Close(ctx, ledger.StatusRequest{WalletID: "fine", Key: "k", By: by})
			return err
		},
		"rescale wallet fine: invalid Scale: is not more than the 2 digits that the wallet has": func(ctx context.Context, l *ledger.Ledger) error {
			_, err := l.Rescale(ctx, ledger.RescaleRequest{WalletID: "fine", Key: "k", Scale: 1, By: by})
			return err
		},
		"open wallet w: already exists": func(ctx context.Context, l *ledger.Ledger) error {
			_, err := l.Open(ctx, ledger.OpenRequest{WalletID: "w", Currency: "USD"})
			return err
		},
		"wallet w: invalid Balance: is finer than the wallet's scale of 0 digits": func(ctx context.Context, l *ledger.Ledger) error {
			_, err := l.Book(ctx, books.Booking{WalletID: "w", Key: "k", Type: ports.EntryWithdraw, Balance: half.Neg(), Counterparty: ports.AccountPayable})
			return err
		},
		"wallet w: panic in the rule of an operation: one two": func(ctx context.Context, l *ledger.Ledger) error {
			_, err := l.Book(ctx, books.Booking{WalletID: "w", Key: "k", Type: ports.EntryWithdraw, Check: func(*ports.Wallet) error { panic("one\ntwo") }})
			return err
		},
		"wallet nobody: not found": func(ctx context.Context, l *ledger.Ledger) error {
			_, err := l.History(ctx, ports.EntryFilter{WalletID: "nobody"})
			return err
		},
		"invalid WalletID: is blank": func(ctx context.Context, l *ledger.Ledger) error {
			_, err := l.Wallet(ctx, "")
			return err
		},
		"balance at a time: invalid WalletID: is not printable UTF-8": func(ctx context.Context, l *ledger.Ledger) error {
			_, err := l.BalanceAt(ctx, "a\nb", time.Time{})
			return err
		},
		"entry by key: invalid WalletID: is blank; invalid Key: is blank": func(ctx context.Context, l *ledger.Ledger) error {
			_, err := l.EntryByKey(ctx, "", "")
			return err
		},
		`entry "nothing" of wallet w: not found`: func(ctx context.Context, l *ledger.Ledger) error {
			_, err := l.EntryByKey(ctx, "w", "nothing")
			return err
		},
		"verify: invalid WalletID: is blank": func(ctx context.Context, l *ledger.Ledger) error {
			_, err := l.Verify(ctx, "")
			return err
		},
		"verify wallet nobody: not found": func(ctx context.Context, l *ledger.Ledger) error {
			_, err := l.Verify(ctx, "nobody")
			return err
		},
	}
}

// TestLedger_errors asks for the text of refusals: each names the operation, the wallet and the
// rule once, in one line.
func TestLedger_errors(t *testing.T) {
	t.Parallel()
	f, hold := errorFixture(t)
	f.requireUnchanged(t, func() {
		for want, ask := range refusedRequests(hold) {
			err := ask(t.Context(), f.Ledger)
			require.EqualError(t, err, want)
			require.NotContains(t, err.Error(), "\n")
		}
	})
}
