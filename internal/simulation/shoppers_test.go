package simulation_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/jigap/jigap/adapters/toss/tosstest"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/recharge"
)

// tossActs has something happen at Toss: the bank takes a deposit back, or a request will come to something else.
func (w *world) tossActs() string {
	if w.random.IntN(3) == 0 {
		return w.depositError()
	}
	return "from now on " + w.providers.shop.scenario(w.random)
}

// paysToss has a customer open the window of Toss and agree in it, or pay into a virtual account.
func (w *world) paysToss(r *ports.Recharge, late bool) string {
	s, id := w.providers.shop, tossName(tossKinds[r.Charger], r.ID)
	how, methods := "", []tosstest.Method{tosstest.MethodCard, tosstest.MethodTransfer, tosstest.MethodAccount}
	switch p := s.payment(id); {
	case p.Status == tosstest.WaitingForDeposit:
		if s.fell[r.ID] && r.EntrySeq != 0 || !s.sim.Deposit(id) {
			return "it is over"
		}
		delete(s.fell, r.ID)
		how = "toss account"
	case late, r.Charger != viaPay, p.Executions > 0, s.tokens[r.ID] != "" && w.random.IntN(3) > 0:
		return "it is over"
	default:
		amount := r.Amount
		if w.random.IntN(8) == 0 {
			amount = amount.Add(won(1_000))
		}
		key := s.sim.OpenWindow(id, amount, methods[w.random.IntN(len(methods))])
		if w.random.IntN(6) == 0 {
			how = "toss window, left open"
			break
		}
		if !amount.Equal(r.Amount) { // its browser was told so: the token must be refused
			s.tokens[r.ID], w.host.returned, how = s.sim.Authenticate(key), r.ID, "toss window, another amount"
			break
		}
		how = map[bool]string{true: "toss window, agreed", false: "toss window, agreed again"}[s.tokens[r.ID] == ""]
		s.tokens[r.ID] = s.sim.Authenticate(key)
		s.given[r.ID] = append(s.given[r.ID], s.tokens[r.ID])
		w.host.returned = r.ID
	}
	if late {
		how += ", late"
	}
	w.count("customers", how)
	return fmt.Sprintf("%s: %s", r.ID, how)
}

// returns makes r the confirmation of the order whose customer came back from the window of Toss, most often.
func (h *host) returns(r *request) bool {
	id := h.returned
	h.returned = ""
	if h.random.IntN(4) == 0 {
		return false
	}
	known := h.awaits(viaPay)
	i := slices.IndexFunc(known, func(of request) bool { return of.Of == id })
	r.Kind, r.Key, r.Who = "confirm", "", h.person()
	r.Wallet, r.Of, r.Via, r.Amount, r.Method = known[i].Wallet, id, viaPay, known[i].Amount, known[i].Method
	return true
}

// depositError has the bank take back a deposit into a virtual account.
func (w *world) depositError() string {
	s := w.providers.shop
	for _, p := range s.sim.Books().Payments {
		r, _ := w.witness.records[p.Label].(*ports.Recharge)
		wallet := ports.Wallet{Status: ports.WalletClosed}
		if r != nil {
			wallet = w.witness.wallets[r.WalletID]
		}
		if p.Bank != "" && p.Status == tosstest.Done && wallet.Status != ports.WalletClosed && s.sim.DepositError(p.OrderID) {
			s.fell[r.ID] = true
			w.count("customers", "a deposit fails")
			return r.ID + ": the deposit fails"
		}
	}
	return "no deposit may fail"
}

// fell reports whether a bank took the deposit of a recharge back.
func (p *providers) fell(id string) bool { return p.shop != nil && p.shop.fell[id] }

// refuses reports whether Toss refuses a token at some time: it returned another one, it does not show the
// payment, or the payment cannot be confirmed any more.
func (s *shop) refuses(a *asked, refusal *recharge.NotConfirmedError) bool {
	if !slices.Contains(s.given[a.Of], a.Method) || refusal.Outcome == ports.OutcomeNotSent {
		return true
	}
	for _, p := range s.sim.Books().Payments {
		if !isTokenOf(a.Method, &p) {
			continue
		}
		return p.Status != tosstest.InProgress || refusal.Code == notFound && s.unseen["/v1/payments/"+p.Key]
	}
	return false
}

// isTokenOf reports whether a window returned a token for a payment.
func isTokenOf(token string, p *tosstest.Payment) bool {
	query, err := url.ParseQuery(token)
	return err == nil && query.Get("paymentKey") == p.Key
}

// ofToss has workers, customers of Toss and Toss do what they do, until the workers have nothing to do.
func (c *calmer) ofToss() error {
	s := c.providers.shop
	if s == nil {
		return c.step()
	}
	if err := c.shoppers(c.random.IntN(2) == 0); err != nil {
		return err
	}
	if err := c.step(); err != nil {
		return err
	}
	if err := c.shoppers(true); err != nil {
		return err
	}
	return c.notified(http.StatusServiceUnavailable)
}

// lastMail delivers what no process has taken so far. Nothing works on an order any more: the host takes all.
func (c *calmer) lastMail() error {
	if c.providers.shop == nil {
		return nil
	}
	c.pass(longestResend)
	return c.notified(http.StatusOK)
}

// longestResend is longer than Toss waits before it repeats a notification.
const longestResend = 70 * time.Hour

// notified delivers what Toss notifies the host of. The host takes it, or answers or.
func (c *calmer) notified(or int) error {
	s := c.providers.shop
	due := s.sim.Due()
	if len(due) == 0 {
		return nil
	}
	return c.do("toss", func(ctx context.Context, h *house) error {
		for i := range due {
			status := h.take(ctx, &due[i])
			if status != http.StatusOK && status != or {
				return fmt.Errorf("at rest, a notification is answered %d: %s", status, due[i].Body)
			}
			s.sim.Answered(due[i].ID, status)
		}
		return nil
	})
}

// What becomes of a virtual account that waits at rest.
const (
	paidSoon = iota + 1
	paidLate
	closedByOthers
	neverPaid
)

// shoppers have virtual accounts that wait paid or closed, or leave them.
func (c *calmer) shoppers(late bool) error {
	s := c.providers.shop
	for _, p := range s.sim.Books().Payments {
		if p.Status != tosstest.WaitingForDeposit || s.fell[p.Label] {
			continue
		}
		ops, err := c.store.Operations(c.ctx, []string{p.Label})
		if err != nil {
			return err
		}
		r := ops[0].(*ports.Recharge)
		wallets, err := c.store.Wallets(c.ctx, []string{r.WalletID})
		if err != nil {
			return err
		}
		if c.fates == nil {
			c.fates = make(map[string]int)
		}
		if c.fates[p.OrderID] == 0 {
			c.fates[p.OrderID] = []int{paidSoon, paidSoon, paidLate, paidLate, closedByOthers, neverPaid}[c.random.IntN(6)]
		}
		over := !r.Deadline.IsZero() && !c.now().Before(r.Deadline)
		switch fate := c.fates[p.OrderID]; {
		case wallets[0].Status == ports.WalletClosed:
		case fate == paidSoon && r.Status == ports.RechargeAwaiting && s.sim.Deposit(p.OrderID):
			c.count("customers", "toss account, at rest")
		case fate == paidLate && over && late && s.sim.Deposit(p.OrderID):
			c.count("customers", "toss account, at rest, late")
		case fate == closedByOthers && s.sim.CancelOutside(p.Key, p.Total):
			c.count("customers", "toss account, closed by others")
		}
	}
	return nil
}

// byToss returns what people do at rest about a recharge of which Toss and the records say otherwise; nil:
// nothing. Who has paid into a wallet that was closed since gets the money back. Where a deposit failed and its
// wallet is closed, the host bears it.
func (c *calmer) byToss(r *ports.Recharge, closed bool) func(context.Context, *house) error {
	s, books := c.providers.shop, newBooks()
	s.books(&books)
	charge, charged := books.of(r)
	inWallet := r.EntrySeq != 0 && r.ReverseSeq == 0
	switch {
	case !charged || r.Open:
	case !closed && r.Status == ports.RechargeDisputed && r.EntrySeq == 0 && !charge.canceled:
		return func(context.Context, *house) error {
			return fmt.Errorf("Toss executed it, and it had ended: %s", r.Why)
		}
	case closed && r.EntrySeq == 0 && !charge.canceled:
		s.sim.CancelOutside(charge.ref, charge.amount)
	case closed && charge.void && inWallet:
		s.borne[r.ID] = true
		c.count("people at rest", "a deposit that failed is borne by the host")
	case r.Status == ports.RechargeExpired && !charge.canceled, charge.void && inWallet && r.Status == ports.RechargeApproved && r.CancelID == "":
		c.count("people at rest", map[bool]string{true: "a deposit that failed is found", false: "a late deposit is found"}[charge.void])
		return func(ctx context.Context, h *house) error {
			_, err := h.recharges.InquireNow(ctx, ports.Notice{Provider: r.Charger, OperationID: r.ID})
			return err
		}
	}
	return nil
}
