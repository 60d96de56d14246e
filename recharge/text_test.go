package recharge_test

import (
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/recharge"
)

// TestService_errors/say_what_is_wrong_once_and_in_one_line: they name the wallet or the recharge
// once, and what is known instead. They show no id that no record can have.
//
// TestService_errors/of_a_key_that_was_used_before_name_the_fields: and no value.
func TestService_errors(t *testing.T) {
	t.Parallel()
	t.Run("say_what_is_wrong_once_and_in_one_line", func(t *testing.T) {
		t.Parallel()
		w, _ := newWorld(t, approves)
		s, wallets := w.process(t, crashtest.Immortal(), nil)
		op := mustRecharge(t, s, "first")
		_, err := wallets.Deduct(t.Context(), ledger.DeductRequest{WalletID: "w", Key: "spent", Amount: won(1)})
		require.NoError(t, err)
		ask := func(change func(*recharge.Request)) error {
			request := topUp("k")
			change(&request)
			_, err := s.Recharge(t.Context(), request)
			return err
		}
		by := ports.By{Who: "kim", Why: "seen"}
		keep := func(id string) error {
			_, err := s.Keep(t.Context(), recharge.KeepRequest{ID: id, By: by})
			return err
		}
		approveCancel := func(id string) error {
			_, err := s.ApproveCancel(t.Context(), recharge.ApproveCancelRequest{ID: id, By: by})
			return err
		}
		dispute := func(id string) error { _, err := s.Dispute(t.Context(), ports.Act{ID: id, By: by}); return err }
		reverse := func(id string) error {
			_, err := s.Reverse(t.Context(), ports.Act{ID: id, By: by})
			return err
		}
		cancel := func(id string) error {
			_, err := s.Cancel(t.Context(), ports.Act{ID: id, By: by})
			return err
		}
		for want, err := range map[string]error{
			"recharge wallet none: not found":                           ask(func(r *recharge.Request) { r.WalletID = "none" }),
			"recharge wallet: invalid WalletID: is not printable UTF-8": ask(func(r *recharge.Request) { r.WalletID = "a\nb" }),
			"recharge wallet w: invalid Memo: is not printable UTF-8":   ask(func(r *recharge.Request) { r.Memo = "a\nb" }),
			"recharge wallet w: invalid Amount: is finer than the wallet's scale of 0 digits": ask(func(r *recharge.Request) {
				r.Amount = decimal.RequireFromString("0.5")
			}),
			"recharge wallet w: invalid Charger: is not one of the service's (bank)":             ask(func(r *recharge.Request) { r.Charger = "else" }),
			"keep recharge none: not found":                                                      keep("none"),
			"keep recharge: invalid ID: is not printable UTF-8":                                  keep("a\nb"),
			"keep recharge " + op.ID + ": it is approved, which allows dispute, cancel, reverse": keep(op.ID),
			"approve cancellation none: not found":                                               approveCancel("none"),
			"approve cancellation: invalid ID: is not printable UTF-8":                           approveCancel("a\nb"),
			"dispute recharge none: not found":                                                   dispute("none"),
			"dispute recharge: invalid ID: is not printable UTF-8":                               dispute("a\nb"),
			"reverse recharge none: not found":                                                   reverse("none"),
			"cancel recharge none: not found":                                                    cancel("none"),
			"cancel recharge: invalid ID: is not printable UTF-8":                                cancel("a\nb"),
		} {
			require.EqualError(t, err, want)
		}
	})
	t.Run("of_a_key_that_was_used_before_name_the_fields", func(t *testing.T) {
		t.Parallel()
		w, _ := newWorld(t, approves)
		s, wallets := w.process(t, crashtest.Immortal(), nil)
		first := topUp("k")
		first.Note = ledger.Note{Reference: "invoice", Memo: "rent", Metadata: map[string]string{"flat": "7"}}
		_, err := s.Recharge(t.Context(), first)
		require.NoError(t, err)
		for want, change := range map[string]func(*recharge.Request){
			"Charger":                        func(r *recharge.Request) { r.Charger = "else" },
			"PaymentMethod":                  func(r *recharge.Request) { r.PaymentMethod = "else" },
			"Amount":                         func(r *recharge.Request) { r.Amount = won(11) },
			"Reference":                      func(r *recharge.Request) { r.Reference = "" },
			"Memo":                           func(r *recharge.Request) { r.Memo = "loan" },
			"Metadata":                       func(r *recharge.Request) { r.Metadata = nil },
			"OccurredAt":                     func(r *recharge.Request) { r.OccurredAt = time.Unix(1, 0) },
			"Charger, PaymentMethod, Amount": func(r *recharge.Request) { r.Charger, r.PaymentMethod, r.Amount = "else", "else", won(11) },
		} {
			request := first
			change(&request)
			_, err := s.Recharge(t.Context(), request)
			require.ErrorIs(t, err, ports.ErrKeyReused, want)
			require.EqualError(t, err, "recharge wallet w: idempotency key reused with other content: differs in "+want)
		}
		_, err = wallets.Deduct(t.Context(), ledger.DeductRequest{WalletID: "w", Key: "deduct", Amount: won(1)})
		require.NoError(t, err)
		_, err = s.Recharge(t.Context(), topUp("deduct"))
		require.EqualError(t, err, "recharge wallet w: idempotency key reused with other content: differs in Type: it belongs to an entry of type deduct")
	})
}
