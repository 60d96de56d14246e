package withdraw_test

import (
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/solapi"
	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/withdraw"
)

// TestService_errors/say_what_is_wrong_once_and_in_one_line: they name the wallet or the withdrawal
// once, whose rule it is, and what is known instead. They show no id that no record can
// have.
//
// TestService_errors/of_a_key_that_was_used_before_name_the_fields: and no value.
func TestService_errors(t *testing.T) {
	t.Parallel()
	t.Run("say_what_is_wrong_once_and_in_one_line", func(t *testing.T) {
		t.Parallel()
		w, _ := newWorld(t, pays, 1)
		s, wallets := w.process(t, crashtest.Immortal())
		op := mustRequest(t, s, "first")
		_, err := wallets.Open(t.Context(), ledger.OpenRequest{WalletID: "fine", Currency: "KRW", Scale: 2})
		require.NoError(t, err)
		ask := func(change func(*withdraw.Request)) error {
			request := payOut("k")
			change(&request)
			_, err := s.Request(t.Context(), request)
			return err
		}
		decide := func(act func(*ports.Act) error) error {
			return act(&ports.Act{ID: op.ID, By: ports.By{Who: "kim", Why: "seen"}})
		}
		cents := withdraw.FeeSchedule(solapi.FeeSchedule())
		cents.Scale, cents.Fixed = 2, decimal.RequireFromString("0.25")
		inCents, err := withdraw.New(w.store, wallets, withdraw.Config{Clock: w.clock}, withdraw.Route{Disburser: w.disburser, Schedule: cents})
		require.NoError(t, err)
		_, errFee := inCents.Request(t.Context(), payOut("k"))
		_, errNone := s.Get(t.Context(), "none")
		_, errQuote := s.Quote("else", won(20_000))
		coarse := withdraw.FeeSchedule(solapi.FeeSchedule())
		coarse.Fixed = decimal.RequireFromString("0.5")
		for want, err := range map[string]error{
			"withdraw from wallet none: not found":                                ask(func(r *withdraw.Request) { r.WalletID = "none" }),
			"withdraw from wallet: invalid WalletID: is not printable UTF-8":      ask(func(r *withdraw.Request) { r.WalletID = "a\nb" }),
			"withdraw from wallet w: insufficient funds: wants 100000, has 30000": ask(func(r *withdraw.Request) { r.Total = won(100_000) }),
			"withdraw from wallet w: invalid Total: is finer than the wallet's scale of 0 digits": ask(func(r *withdraw.Request) {
				r.Total = decimal.RequireFromString("20000.5")
			}),
			"withdraw from wallet fine: quote: invalid Total: has more digits after the point than fee schedule solapi-2026 keeps: 0": ask(func(r *withdraw.Request) {
				r.WalletID, r.Total = "fine", decimal.RequireFromString("20000.5")
			}),
			"withdraw from wallet w: invalid Schedule: asks for a fee of 1000.25: fee schedule solapi-2026 keeps 2 digits after the point, the wallet 0": errFee,
			"withdraw from wallet w: invalid Disburser: is not one of the service's (bank)":                                                              ask(func(r *withdraw.Request) { r.Disburser = "else" }),
			"withdraw from wallet w: invalid Memo: is not printable UTF-8":                                                                               ask(func(r *withdraw.Request) { r.Memo = "a\nb" }),
			"invalid Disburser: is not one of the service's (bank)":                                                                                      errQuote,
			"invalid Fixed: has more digits after the point than fee schedule solapi-2026 keeps: 0":                                                      coarse.Check(),
			"withdrawal none: not found":         errNone,
			"approve withdrawal none: not found": decide(func(v *ports.Act) error { v.ID = "none"; _, err := s.Approve(t.Context(), *v); return err }),
			"approve withdrawal: invalid ID: is not printable UTF-8": decide(func(v *ports.Act) error {
				v.ID = "a\nb"
				_, err := s.Approve(t.Context(), *v)
				return err
			}),
			"cancel withdrawal: invalid Why: is blank": decide(func(v *ports.Act) error {
				v.ID, v.Why = strings.Repeat("x", 1<<20), ""
				_, err := s.Cancel(t.Context(), *v)
				return err
			}),
			"report refused withdrawal " + op.ID + ": it is requested, which allows approve, decline, cancel": decide(func(v *ports.Act) error {
				_, err := s.ReportRefused(t.Context(), *v)
				return err
			}),
			"report paid withdrawal " + op.ID + ": invalid Fee: has more than 6 digits after the decimal point": decide(func(v *ports.Act) error {
				fee := decimal.NewNullDecimal(decimal.RequireFromString("0.0000001"))
				_, err := s.ReportPaid(t.Context(), withdraw.Paid{ID: v.ID, By: v.By, TransactionID: "tx", Fee: fee})
				return err
			}),
		} {
			require.EqualError(t, err, want)
		}
	})
	t.Run("of_a_key_that_was_used_before_name_the_fields", func(t *testing.T) {
		t.Parallel()
		w, _ := newWorld(t, pays, 1)
		w.sealer = plain{}
		s, wallets := w.process(t, crashtest.Immortal())
		first := payOut("k")
		first.Destination = &withdraw.Account{BankCode: "004", Number: "1111222233334444", Holder: "Kim"}
		first.Note = ledger.Note{Reference: "invoice", Memo: "rent", Metadata: map[string]string{"flat": "7"}}
		first.LiftGuard = true
		_, err := s.Request(t.Context(), first)
		require.NoError(t, err)
		for want, change := range map[string]func(*withdraw.Request){
			"Disburser":                     func(r *withdraw.Request) { r.Disburser = "else" },
			"Total":                         func(r *withdraw.Request) { r.Total = won(20_001) },
			"Who":                           func(r *withdraw.Request) { r.Who = "lee" },
			"LiftGuard":                     func(r *withdraw.Request) { r.LiftGuard = false },
			"AgreedFee":                     func(r *withdraw.Request) { r.AgreedFee = optional(7) },
			"Destination":                   func(r *withdraw.Request) { r.Destination = nil },
			"Destination.BankCode":          func(r *withdraw.Request) { r.Destination.BankCode = "088" },
			"Destination.Holder":            func(r *withdraw.Request) { r.Destination.Holder = "Lee" },
			"Destination.Number":            func(r *withdraw.Request) { r.Destination.Number = "1111222233335555" },
			"Destination.Number, Reference": func(r *withdraw.Request) { r.Destination.Number, r.Reference = "5", "x" },
			"Memo":                          func(r *withdraw.Request) { r.Memo = "" },
			"Metadata":                      func(r *withdraw.Request) { r.Metadata = map[string]string{"flat": "8"} },
			"OccurredAt":                    func(r *withdraw.Request) { r.OccurredAt = w.clock.Now().Add(-time.Hour) },
			"Total, Who, LiftGuard, OccurredAt": func(r *withdraw.Request) {
				r.Total, r.Who, r.LiftGuard, r.OccurredAt = won(20_001), "lee", false, time.Unix(1, 0)
			},
		} {
			request := first
			account := *first.Destination
			request.Destination = &account
			change(&request)
			_, err := s.Request(t.Context(), request)
			require.ErrorIs(t, err, ports.ErrKeyReused, want)
			require.EqualError(t, err, "withdraw from wallet w: idempotency key reused with other content: differs in "+want)
		}
		_, err = wallets.Deduct(t.Context(), ledger.DeductRequest{WalletID: "w", Key: "deduct", Amount: won(1)})
		require.NoError(t, err)
		_, err = s.Request(t.Context(), payOut("deduct"))
		require.ErrorIs(t, err, ports.ErrKeyReused)
		require.EqualError(t, err, "withdraw from wallet w: idempotency key reused with other content: differs in Type: it belongs to an entry of type deduct")
	})
}

// TestSamePersonError_Error says what the person did, and what another person must do.
func TestSamePersonError_Error(t *testing.T) {
	t.Parallel()
	err := &withdraw.SamePersonError{Did: "requested", Does: "report it paid"}
	require.EqualError(t, err, "this person has requested it: another person must report it paid")
	require.ErrorIs(t, err, withdraw.ErrSamePerson)
}
