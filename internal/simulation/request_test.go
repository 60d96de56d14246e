package simulation_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/adapters/solapi"
	"github.com/jigap/jigap/autorecharge"
	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/recharge"
	"github.com/jigap/jigap/withdraw"
)

// request is one thing that a host asks for. It is plain data: it can be told, sent to
// another process, and made again.
type request struct {
	Number  int
	Kind    string
	Wallet  string
	Peer    string `json:",omitempty"`
	Key     string `json:",omitempty"`
	Amount  int64  `json:",omitempty"` // in least units of the wallet
	Point   int64  `json:",omitempty"`
	TooFine bool   `json:",omitempty"` // Amount, and half of a least unit
	Of      string `json:",omitempty"` // the key of a debit, or the id of an operation
	Via     string `json:",omitempty"`
	Method  string `json:",omitempty"`
	Who     string `json:",omitempty"`
	All     bool   `json:",omitempty"`
	Expires time.Time
	Lower   int32              `json:",omitempty"` // priority of points
	Terms   *ports.PolicyTerms `json:",omitempty"`
	Bonus   int64              `json:",omitempty"` // of a recharge, in least units
	Lot     int64              `json:",omitempty"`
}

func (r *request) String() string {
	text := fmt.Sprintf("%s %s", r.Kind, r.Wallet)
	for _, part := range []string{r.Peer, r.Key, r.Of, r.Via, r.Who} {
		if part != "" {
			text += " " + part
		}
	}
	if r.Amount != 0 || r.Point != 0 {
		text += fmt.Sprintf(" %d/%d", r.Amount, r.Point)
	}
	if r.Bonus != 0 || r.Lot != 0 {
		text += fmt.Sprintf(" bonus %d, lot %d", r.Bonus, r.Lot)
	}
	if r.TooFine {
		text += " too fine"
	}
	return text
}

// do asks a house for it. The answer names what was made: the same request under the
// same key must give the same answer for ever.
func (r *request) do(ctx context.Context, h *house) (answer string, err error) {
	if do := ledgerRequests[r.Kind]; do != nil {
		return do(ctx, h, r)
	}
	if do := debtRequests[r.Kind]; do != nil {
		return do(ctx, h, r)
	}
	if do := awaitRequests[r.Kind]; do != nil {
		return do(ctx, h, r)
	}
	return otherRequests[r.Kind](ctx, h, r)
}

func (r *request) by(why string) ports.By { return ports.By{Who: r.Who, Why: why} }

func (r *request) credit() ledger.CreditRequest {
	return ledger.CreditRequest{WalletID: r.Wallet, Key: r.Key, Amount: r.amount(), Provider: "bank"}
}

func (r *request) grant() ledger.GrantRequest {
	return ledger.GrantRequest{WalletID: r.Wallet, Key: r.Key, Amount: r.amount(), ExpiresAt: r.Expires, Priority: r.Lower}
}

func (r *request) deduct() ledger.DeductRequest {
	return ledger.DeductRequest{WalletID: r.Wallet, Key: r.Key, Amount: r.amount()}
}

func (r *request) transfer() ledger.TransferRequest {
	return ledger.TransferRequest{FromID: r.Wallet, ToID: r.Peer, Key: r.Key, Amount: r.amount()}
}

func (r *request) hold() ledger.HoldRequest {
	return ledger.HoldRequest{WalletID: r.Wallet, Key: r.Key, Amount: r.amount(), ExpiresAt: r.Expires}
}

func (r *request) recharge() recharge.Request {
	return recharge.Request{WalletID: r.Wallet, Key: r.Key, Charger: r.Via, PaymentMethod: r.Method, Amount: r.amount(), Bonus: r.bonus()}
}

func (r *request) withdrawal() withdraw.Request {
	return withdraw.Request{WalletID: r.Wallet, Key: r.Key, Disburser: r.Via, Total: r.amount(), LiftGuard: r.All, Who: r.Who}
}

type doer func(ctx context.Context, h *house, r *request) (string, error)

func entryOf(receipt ledger.Receipt, err error) (string, error) {
	return fmt.Sprintf("entry %s#%d %s", receipt.Entry.WalletID, receipt.Entry.Seq, receipt.Entry.Hash.String()[:16]), err
}

func holdOf(receipt ledger.HoldReceipt, err error) (string, error) {
	text, _ := entryOf(receipt.Receipt, err)
	if err != nil || receipt.Hold == nil {
		return text, err
	}
	return text + " of " + receipt.Hold.ID, nil
}

var ledgerRequests = map[string]doer{
	"deposit": func(ctx context.Context, h *house, r *request) (string, error) {
		return entryOf(h.wallets.Credit(ctx, r.credit()))
	},
	"grant": func(ctx context.Context, h *house, r *request) (string, error) {
		return entryOf(h.wallets.Grant(ctx, r.grant()))
	},
	"revoke": revoke,
	"deduct": func(ctx context.Context, h *house, r *request) (string, error) {
		return entryOf(h.wallets.Deduct(ctx, r.deduct()))
	},
	"refund": func(ctx context.Context, h *house, r *request) (string, error) {
		return entryOf(h.wallets.Refund(ctx, ledger.RefundRequest{WalletID: r.Wallet, Key: r.Key, Of: r.Of, Amount: r.amount(), All: r.All}))
	},
	"transfer": func(ctx context.Context, h *house, r *request) (string, error) {
		return entryOf(h.wallets.Transfer(ctx, r.transfer()))
	},
	"adjust": func(ctx context.Context, h *house, r *request) (string, error) {
		return entryOf(h.wallets.Adjust(ctx, ledger.AdjustRequest{WalletID: r.Wallet, Key: r.Key, Balance: r.amount(), Point: r.point(), By: ports.By{Who: "kim", Why: "counted"}}))
	},
	"freeze": func(ctx context.Context, h *house, r *request) (string, error) {
		return entryOf(h.wallets.Freeze(ctx, ledger.StatusRequest{WalletID: r.Wallet, Key: r.Key, By: ports.By{Who: "kim", Why: "asked by mail"}}))
	},
	"unfreeze": func(ctx context.Context, h *house, r *request) (string, error) {
		return entryOf(h.wallets.Unfreeze(ctx, ledger.StatusRequest{WalletID: r.Wallet, Key: r.Key, By: ports.By{Who: "kim", Why: "asked by mail"}}))
	},
	"open": func(ctx context.Context, h *house, r *request) (string, error) {
		currency, scale := currencyOf(r.Wallet)
		return entryOf(h.wallets.Open(ctx, ledger.OpenRequest{WalletID: r.Wallet, Currency: currency, Scale: scale}))
	},
	"close": func(ctx context.Context, h *house, r *request) (string, error) {
		return entryOf(h.wallets.Close(ctx, ledger.StatusRequest{WalletID: r.Wallet, Key: r.Key, By: ports.By{Who: "kim", Why: "asked by mail"}}))
	},
	"hold": func(ctx context.Context, h *house, r *request) (string, error) {
		return holdOf(h.wallets.Hold(ctx, r.hold()))
	},
	"capture": func(ctx context.Context, h *house, r *request) (string, error) {
		return holdOf(h.wallets.Capture(ctx, ledger.CaptureRequest{HoldID: r.Of, Key: r.Key, Amount: r.amount(), Final: r.All}))
	},
	"release": func(ctx context.Context, h *house, r *request) (string, error) {
		return holdOf(h.wallets.Release(ctx, ledger.ReleaseRequest{HoldID: r.Of, Key: r.Key}))
	},
}

func rechargeID(op *ports.Recharge, err error) (string, error) {
	if op == nil {
		return "", err
	}
	return op.ID, err
}

func withdrawalID(op *ports.Withdrawal, err error) (string, error) {
	if op == nil {
		return "", err
	}
	return op.ID, err
}

func policyStatus(policy *ports.Policy, err error) (string, error) {
	if policy == nil {
		return "", err
	}
	return policy.StatusText(), err
}

var otherRequests = map[string]doer{
	"recharge": func(ctx context.Context, h *house, r *request) (string, error) {
		return rechargeID(h.recharges.Recharge(ctx, r.recharge()))
	},
	"cancel recharge": func(ctx context.Context, h *house, r *request) (string, error) {
		op, err := h.recharges.Cancel(ctx, ports.Act{ID: r.Of, By: ports.By{Who: r.Who, Why: "asked for"}})
		if op == nil {
			return "", err
		}
		return op.ID, err
	},
	"withdraw": func(ctx context.Context, h *house, r *request) (string, error) {
		return withdrawalID(h.payouts.Request(ctx, r.withdrawal()))
	},
	"leave": func(ctx context.Context, h *house, r *request) (string, error) {
		d, err := h.payouts.Leave(ctx, withdraw.LeaveRequest{
			WalletID: r.Wallet, Key: r.Key, Disburser: r.Via, By: r.by("moves away"), ForfeitPoints: r.All, ForfeitCash: r.point(),
		})
		if d.Withdrawal == nil && err == nil {
			return closedAtOnce, nil
		}
		return withdrawalID(d.Withdrawal, err)
	},
	"approve": func(ctx context.Context, h *house, r *request) (string, error) {
		return withdrawalID(h.payouts.Approve(ctx, ports.Act{ID: r.Of, By: ports.By{Who: r.Who, Why: "documents seen"}}))
	},
	"reject": func(ctx context.Context, h *house, r *request) (string, error) {
		return withdrawalID(h.payouts.Decline(ctx, ports.Act{ID: r.Of, By: ports.By{Who: r.Who, Why: "no"}}))
	},
	"cancel withdrawal": func(ctx context.Context, h *house, r *request) (string, error) {
		return withdrawalID(h.payouts.Cancel(ctx, ports.Act{ID: r.Of, By: ports.By{Who: r.Who, Why: "changed my mind"}}))
	},
	"report paid": func(ctx context.Context, h *house, r *request) (string, error) {
		return withdrawalID(h.payouts.ReportPaid(ctx, withdraw.Paid{
			ID: r.Of, By: ports.By{Who: r.Who, Why: "seen at the bank"}, TransactionID: "bank-" + r.Of, Fee: decimal.NewNullDecimal(r.amount()),
		}))
	},
	"report returned": func(ctx context.Context, h *house, r *request) (string, error) {
		return withdrawalID(h.payouts.ReportReturned(ctx, withdraw.Returned{ID: r.Of, By: ports.By{Who: r.Who, Why: "the account was closed"}}))
	},
	"report refused": func(ctx context.Context, h *house, r *request) (string, error) {
		return withdrawalID(h.payouts.ReportRefused(ctx, ports.Act{ID: r.Of, By: ports.By{Who: r.Who, Why: "the bank sent it back"}}))
	},
	"set policy": func(ctx context.Context, h *house, r *request) (string, error) {
		return policyStatus(h.auto.Set(ctx, autorecharge.SetRequest{WalletID: r.Wallet, Terms: *r.Terms, By: r.by("asked for")}))
	},
	"disable policy": func(ctx context.Context, h *house, r *request) (string, error) {
		return policyStatus(h.auto.Disable(ctx, autorecharge.Act{WalletID: r.Wallet, By: r.by("asked for")}))
	},
	"enable policy": func(ctx context.Context, h *house, r *request) (string, error) {
		return policyStatus(h.auto.Enable(ctx, autorecharge.Act{WalletID: r.Wallet, By: r.by("asked for")}))
	},
	"suspend policy": func(ctx context.Context, h *house, r *request) (string, error) {
		return policyStatus(h.auto.Suspend(ctx, autorecharge.Act{WalletID: r.Wallet, By: r.by("looked at")}))
	},
	"delete policy": func(ctx context.Context, h *house, r *request) (string, error) {
		return "", h.auto.Delete(ctx, autorecharge.Act{WalletID: r.Wallet, By: r.by("asked for")})
	},
	"reinstate policy": func(ctx context.Context, h *house, r *request) (string, error) {
		return policyStatus(h.auto.Reinstate(ctx, autorecharge.Act{WalletID: r.Wallet, By: r.by("looked at")}))
	},
}

// closedAtOnce is the answer of a wallet that was wound up and had nothing to pay out.
const closedAtOnce = "closed"

// ending is how a request came back to the host.
type ending string

// The endings of a request.
const (
	acknowledged ending = "acknowledged"
	refused      ending = "refused" // for good, with nothing done under its key
	lost         ending = "lost"    // the host does not know, and asks again
)

func endingOf(err error) ending {
	switch {
	case err == nil:
		return acknowledged
	case errors.Is(err, ports.ErrUndecided), errors.Is(err, crashtest.ErrDead), errors.Is(err, errAway), errors.Is(err, errReadOnly),
		errors.Is(err, ports.ErrOverdue), errors.Is(err, ports.ErrTooManyOverdue),
		errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded), errors.Is(err, ports.ErrConflict):
		return lost
	}
	return refused
}

// expected reports whether a refusal is one that requests of these kinds may meet.
func expected(err error) bool {
	if slices.ContainsFunc(refusals, func(r refusal) bool { return errors.Is(err, r.err) }) || errors.Is(err, autorecharge.ErrBothOn) {
		return true
	}
	var provider *solapi.Error // the settings of the provider could not be read
	return errors.As(err, &provider)
}
