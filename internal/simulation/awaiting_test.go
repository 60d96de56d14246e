package simulation_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/adapters/manual"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/recharge"
)

// The ways in which customers pay by themselves.
const (
	viaTransfer = "transfer" // to the host's bank account: a person finds the bank's row
	viaWindow   = "window"   // in the window of a gateway, or into a virtual account of it
)

// mostAwaited is for how long a customer may pay.
const mostAwaited = 25 * time.Minute

func isAwaited(via string) bool {
	return via == viaTransfer || via == viaWindow || via == viaPay || via == viaAccount
}

// row is money on the host's bank account.
type row struct {
	ref    string
	of     string // the recharge that the depositor named
	amount decimal.Decimal
}

func (p *providers) rowOf(id string) *row {
	if i := slices.IndexFunc(p.rows, func(r row) bool { return r.of == id }); i >= 0 {
		return &p.rows[i]
	}
	return nil
}

// customers has a customer pay who was asked to: in time or late, now and then another amount.
func (w *world) customers() string {
	ids := w.witness.awaited
	if len(ids) == 0 {
		return "there is nothing to pay"
	}
	id, g := ids[w.random.IntN(len(ids))], w.providers.gateway
	r := w.witness.records[id].(*ports.Recharge)
	late := r.Status == ports.RechargeExpired
	wallet := w.witness.wallets[r.WalletID]
	if !late && r.Status != ports.RechargeAwaiting || wallet.Status == ports.WalletClosed || late && w.random.IntN(4) > 0 {
		return "it is over"
	}
	if isToss(r.Charger) {
		return w.paysToss(r, late)
	}
	amount := r.Amount
	if w.random.IntN(4) == 0 {
		amount = amount.Add(won(1_000 * (w.random.Int64N(20) - 9)))
	}
	how := r.Charger
	switch {
	case !amount.IsPositive(), w.providers.rowOf(id) != nil, g.agreed[id], g.charges[id] != nil:
		return "it is paid"
	case r.Charger == viaTransfer:
		w.providers.rows = append(w.providers.rows, row{fmt.Sprintf("row-%d", len(w.providers.rows)+1), id, amount})
	case w.random.IntN(2) == 0 && !late:
		g.agreed[id], how = true, "window, agreed"
	default:
		g.charges[id], how = &movement{amount: amount, outcome: ports.OutcomeApproved}, "virtual account"
	}
	w.count("customers", fmt.Sprintf("%s%s", how, map[bool]string{true: ", late"}[late]))
	return fmt.Sprintf("%s: %s of %s", id, how, amount)
}

// administrator carries out a cancellation of the gateway that had been declined, or undoes one. It happens
// before rest: a request that came later would have to look first what is left at the gateway.
func (w *world) administrator() string {
	g := w.providers.gateway
	ids := sorted(g.cancels, func(id string, m *movement) bool {
		c, _ := w.witness.records[id].(*ports.Cancellation)
		return c != nil && !c.Open && m.outcome.Final()
	})
	if len(ids) == 0 {
		return "nothing to do"
	}
	if declined := slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return g.cancels[id].outcome == ports.OutcomeApproved }); len(declined) > 0 && w.random.IntN(2) == 0 {
		ids = declined
	}
	m := g.cancels[ids[w.random.IntN(len(ids))]]
	r := w.witness.records[m.of].(*ports.Recharge)
	if wallet := w.witness.wallets[r.WalletID]; wallet.Status == ports.WalletClosed || r.CancelID != "" && r.ReverseSeq == 0 {
		return "its wallet is closed, or another is under way"
	}
	amount, back := g.taken(m.of)
	switch {
	case m.outcome == ports.OutcomeApproved:
		m.outcome = ports.OutcomeDeclined
	case back.Add(m.amount).GreaterThan(amount):
		return "so much is not left"
	default:
		m.outcome = ports.OutcomeApproved
	}
	w.count("customers", "a cancellation is "+m.outcome.String()+" after its end")
	return fmt.Sprintf("%s of %s is %s", m.amount, m.of, m.outcome)
}

// begin draws a recharge that its customer is to pay. The window refuses dollars.
func (h *host) begin(r *request) bool {
	if r.Via = viaTransfer; isDollars(r.Wallet) || h.random.IntN(2) == 0 {
		r.Via = viaWindow
	}
	if h.access.Shop.Secret != "" && h.random.IntN(3) == 0 {
		r.Via = viaPay
	}
	r.Amount = h.thousands(1, 3) * 10
	h.drawBonus(r)
	return h.awaits != nil && h.seldomDollars(r)
}

// drawAwaited makes r a request about one of the last recharges that customers were to pay, with what the
// customer has paid, if anything.
func (h *host) drawAwaited(r *request, via string, is func(request) bool) bool {
	if h.awaits == nil {
		return false
	}
	known := slices.DeleteFunc(h.awaits(via), func(known request) bool { return !is(known) })
	known = known[max(0, len(known)-4):]
	if len(known) == 0 {
		return false
	}
	of := known[h.random.IntN(len(known))]
	r.Key, r.Who, r.Wallet, r.Of, r.Via, r.Amount, r.Method = "", h.person(), of.Wallet, of.Of, of.Via, of.Amount, of.Method
	return true
}

// oneOf draws one of several ways, the first where the host does not use Toss.
func (h *host) oneOf(vias ...string) string {
	if h.access.Shop.Secret == "" {
		return vias[0]
	}
	return vias[h.random.IntN(len(vias))]
}

// confirm draws what a payment window returned: now and then a token of another order, or another amount.
func (h *host) confirm(r *request) bool {
	if !h.drawAwaited(r, h.oneOf(viaWindow, viaPay), func(known request) bool { return known.Method != "" }) {
		return false
	}
	if h.random.IntN(10) == 0 {
		r.Method = token("another")
	}
	if h.random.IntN(10) == 0 {
		r.Amount += 1_000
	}
	return true
}

// notice draws a notification of the gateway, now and then of an order that is not there.
func (h *host) notice(r *request) bool {
	if !h.drawAwaited(r, h.oneOf(viaWindow, viaPay, viaAccount), func(request) bool { return true }) {
		return false
	}
	if h.random.IntN(10) == 0 {
		r.Of = nothing
	}
	return true
}

const nothing = "nothing"

// matches draws a row of the bank that a person has found, for the recharge that its depositor named.
func (h *host) matches(r *request) bool {
	return h.drawAwaited(r, viaTransfer, func(known request) bool { return known.Method != "" })
}

// matchesTwice draws a row that was credited, for another recharge.
func (h *host) matchesTwice(r *request) bool {
	if len(h.matched) == 0 || !h.drawAwaited(r, viaTransfer, func(known request) bool { return known.Method == "" }) {
		return false
	}
	r.Method = h.matched[h.random.IntN(len(h.matched))]
	return true
}

// cancelPart draws a part of a recharge, most often of one through the window.
func (h *host) cancelPart(r *request) bool {
	key := r.Key
	drawn := h.random.IntN(4) > 0 && h.drawAwaited(r, h.oneOf(viaWindow, viaPay, viaAccount), func(known request) bool { return known.All })
	r.Key, r.Who, r.Amount = key, h.person(), h.thousands(1, 12)
	return drawn || h.about(h.recharges[max(0, len(h.recharges)-3):], r)
}

// toPay are the recharges that customers were asked to pay, with what they paid; All says that it is credited.
func (w *world) toPay(via string) (known []request) {
	for _, id := range w.witness.awaited {
		r := w.witness.records[id].(*ports.Recharge)
		if r.Charger != via {
			continue
		}
		of := request{Wallet: r.WalletID, Of: id, Via: via, Amount: r.Amount.IntPart(), All: r.Status == ports.RechargeApproved}
		if paid := w.providers.rowOf(id); paid != nil {
			of.Method, of.Amount = paid.ref, paid.amount.IntPart()
		}
		if w.providers.gateway.agreed[id] {
			of.Method = token(id)
		}
		if via == viaPay {
			of.Method = w.providers.shop.tokens[id]
		}
		known = append(known, of)
	}
	return known
}

// statusOf answers with what a recharge has come to.
func statusOf(op *ports.Recharge, err error) (string, error) {
	if op == nil {
		return "", err
	}
	return op.StatusText(), err
}

func matchRow(ctx context.Context, h *house, r *request) (string, error) {
	return statusOf(h.recharges.Approve(ctx, recharge.ApproveRequest{
		ID: r.Of, By: r.by("row of today"), ProviderRef: r.Method, Amount: decimal.NewNullDecimal(r.amount()),
	}))
}

func (r *request) begin() recharge.BeginRequest {
	request := recharge.BeginRequest{WalletID: r.Wallet, Key: r.Key, Charger: r.Via, Amount: r.amount(), Bonus: r.bonus()}
	if r.Via == viaTransfer {
		request.Fields = map[string]string{manual.FieldDepositor: "Hong"}
	}
	return request
}

var awaitRequests = map[string]doer{
	"begin": func(ctx context.Context, h *house, r *request) (string, error) {
		return rechargeID(h.recharges.Begin(ctx, r.begin()))
	},
	"confirm": func(ctx context.Context, h *house, r *request) (string, error) {
		return statusOf(h.recharges.Confirm(ctx, recharge.ConfirmRequest{ID: r.Of, Token: r.Method, Amount: r.amount()}))
	},
	"notify": func(ctx context.Context, h *house, r *request) (string, error) {
		return statusOf(h.recharges.InquireNow(ctx, ports.Notice{Provider: r.Via, OperationID: r.Of}))
	},
	"match a row":       matchRow,
	"match a row twice": matchRow,
	"cancel part": func(ctx context.Context, h *house, r *request) (string, error) {
		op, err := h.recharges.CancelPart(ctx, recharge.CancelPartRequest{ID: r.Of, Key: r.Key, Amount: r.amount(), By: r.by("sent back")})
		if op == nil {
			return "", err
		}
		return op.ID, err
	},
}

// learnAwaited notes what became of a recharge that its customer was to pay.
func (h *host) learnAwaited(r *request, answer string) {
	switch r.Kind {
	case "match a row":
		h.matched = append(h.matched, r.Method)
	case "confirm", "notify":
		if answer == string(ports.RechargeApproved) {
			h.recharges = append(h.recharges, *r)
		}
	}
}

// credible reports whether a request came back as it may. No row is credited twice.
func (a *asked) credible() error {
	if a.Kind == "match a row twice" && a.ending == acknowledged {
		return fmt.Errorf("request %d (%s): the row was credited before", a.Number, a.request)
	}
	return nil
}

// notConfirmed: the token was of another order, the order had been charged, or the gateway gave no answer.
func (v *witness) notConfirmed(_ *window, a *asked) bool {
	var refusal *recharge.NotConfirmedError
	if a.Via == viaPay {
		return errors.As(a.err, &refusal) && v.world.providers.shop.refuses(a, refusal)
	}
	return errors.As(a.err, &refusal) && (refusal.Outcome == ports.OutcomeNotSent || a.Method != token(a.Of) || v.world.providers.gateway.charges[a.Of] != nil)
}

// byCustomer returns what people do at rest about a recharge whose customer has paid and that was not
// credited; nil: nothing. Who has paid into a wallet that was closed since gets the money back.
func (c *calmer) byCustomer(r *ports.Recharge, closed bool) func(context.Context, *house) error {
	paid, charged := c.providers.rowOf(r.ID), c.providers.gateway.charges[r.ID]
	over := !r.Open && r.EntrySeq == 0
	switch {
	case over && closed:
		c.providers.rows = slices.DeleteFunc(c.providers.rows, func(paid row) bool { return paid.of == r.ID })
		delete(c.providers.gateway.charges, r.ID)
	case paid != nil && r.EntrySeq == 0:
		return func(ctx context.Context, h *house) error {
			_, err := h.recharges.Approve(ctx, recharge.ApproveRequest{
				ID: r.ID, By: ports.By{Who: who, Why: why}, ProviderRef: paid.ref, Amount: decimal.NewNullDecimal(paid.amount),
			})
			return err
		}
	case charged != nil && charged.outcome == ports.OutcomeApproved && r.Status == ports.RechargeExpired:
		return func(ctx context.Context, h *house) error {
			_, err := h.recharges.InquireNow(ctx, ports.Notice{Provider: r.Charger, OperationID: r.ID})
			return err
		}
	}
	return nil
}

// byGateway returns what people do at rest about a cancellation that ended otherwise than the gateway says
// now; nil: nothing. The gateway follows the records where the wallet is closed, or lacks the money.
func (c *calmer) byGateway(r *ports.Recharge, op *ports.Cancellation, w *ports.Wallet) func(context.Context, *house) error {
	m := settled(c.providers.gateway.cancels[op.ID])
	if m == nil || op.Open || r.CancelID != "" && r.ReverseSeq == 0 {
		return nil // nothing was asked of the gateway, or another is under way
	}
	amount, back := c.providers.gateway.taken(r.ID)
	gone, booked := m.outcome == ports.OutcomeApproved, slices.Contains(r.Parts, op.ID)
	act := ports.Act{ID: r.ID, By: ports.By{Who: who, Why: why}}
	switch {
	case w.Status == ports.WalletClosed:
		if m.outcome = ports.OutcomeDeclined; booked || r.CancelID == op.ID {
			m.outcome = ports.OutcomeApproved
		}
	case r.ReverseSeq != 0 && back.LessThan(amount):
		return c.again("all that was left is reinstated", act, func(ctx context.Context, h *house) error {
			_, err := h.recharges.Reinstate(ctx, recharge.ReinstateRequest{ID: r.ID, By: act.By})
			return err
		})
	case r.ReverseSeq != 0, gone == booked:
	case booked:
		return c.again("a part is reinstated", act, func(ctx context.Context, h *house) error {
			_, err := h.recharges.Reinstate(ctx, recharge.ReinstateRequest{ID: r.ID, By: act.By, CancelID: op.ID})
			return err
		})
	case w.AvailableBalance().LessThan(m.amount):
		m.outcome = ports.OutcomeDeclined
	case m.amount.LessThan(r.Left()):
		return c.again("a part is reversed", act, func(ctx context.Context, h *house) error {
			_, err := h.recharges.ReversePart(ctx, recharge.ReversePartRequest{ID: r.ID, CancelID: op.ID, Amount: m.amount, By: act.By})
			return err
		})
	case back.Equal(amount): // else another part is to be reinstated first
		return c.again("all that was left is reversed", act, func(ctx context.Context, h *house) error {
			_, err := h.recharges.Reverse(ctx, act)
			return err
		})
	}
	return nil
}

// again is what people do about a recharge that had ended: they dispute it, and decide.
func (c *calmer) again(what string, act ports.Act, decide func(context.Context, *house) error) func(context.Context, *house) error {
	c.count("people at rest", what)
	return func(ctx context.Context, h *house) error {
		if _, err := h.recharges.Dispute(ctx, act); err != nil {
			return err
		}
		return decide(ctx, h)
	}
}

// awaitedName tells what became of a recharge that its customer was to pay, for the summary.
func awaitedName(r *ports.Recharge) string {
	parts := []string{r.Charger, r.StatusText()}
	if r.Revived {
		parts = append(parts, "late")
	}
	if r.Mismatch {
		parts = append(parts, "another amount")
	}
	if len(r.Parts) > 0 {
		parts = append(parts, "a part is left")
	}
	return strings.Join(parts, ", ")
}
