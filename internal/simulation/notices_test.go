package simulation_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/jigap/jigap/adapters/toss/tosstest"
	"github.com/jigap/jigap/ports"
)

// toss is the network between a process and Toss; nil: the host does not use it.
func (w *world) toss(p *process) http.RoundTripper {
	if w.providers.shop == nil {
		return nil
	}
	return &transport{process: p, inner: w.providers.shop.sim.Transport()}
}

// mischiefs are what goes wrong with notifications.
var mischiefs = []tosstest.Mischief{tosstest.Doubled, tosstest.Late, tosstest.Reordered, tosstest.FalseSecret}

// mail delivers what Toss notifies the host of, or something that Toss never sent. What no process takes is
// lost, and comes again.
func (w *world) mail() {
	s := w.providers.shop
	if w.random.IntN(3) == 0 {
		s.sim.Misdeliver(mischiefs[w.random.IntN(len(mischiefs))])
	}
	if w.random.IntN(6) == 0 {
		w.deliver(tosstest.Notification{Header: http.Header{}, Body: w.madeUp()}, true)
	}
	for _, n := range s.sim.Due() {
		w.deliver(n, false)
	}
}

// deliver gives a process a notification.
func (w *world) deliver(n tosstest.Notification, madeUp bool) {
	p := w.alive()
	for tries := 0; p == nil && tries < 3; tries++ {
		p = w.alive()
	}
	if p == nil || len(p.running) >= 2*atOnce {
		w.count("notifications", "lost")
		return
	}
	w.posted++
	if madeUp {
		w.count("notifications", "made up")
	} else {
		w.providers.shop.noteDelivery(&n)
	}
	w.say("%s is notified %d: %s", p.name, w.posted, n.Body)
	p.run(fmt.Sprintf("notification %d", w.posted), func(ctx context.Context) {
		status := p.take(ctx, &n)
		if p.dead.Load() {
			return
		}
		w.count("notifications", fmt.Sprint("answered ", status))
		w.providers.shop.sim.Answered(n.ID, status)
	})
}

// take has the host take a notification, and returns the status of its answer.
func (h *house) take(ctx context.Context, n *tosstest.Notification) int {
	answer := httptest.NewRecorder()
	h.hooks.ServeHTTP(answer, n.Request().WithContext(ctx))
	return answer.Code
}

// created is how notifications write when they were made, in Korea.
const created = "2006-01-02T15:04:05.000000"

// noteDelivery counts what is wrong with a notification of Toss.
func (s *shop) noteDelivery(n *tosstest.Notification) {
	var body struct{ CreatedAt, OrderID, Secret string }
	if err := json.Unmarshal(n.Body, &body); err != nil {
		panic(err)
	}
	at, err := time.ParseInLocation(created, body.CreatedAt, korea)
	if err != nil {
		panic(err)
	}
	name := "delivered"
	switch {
	case n.Try > 0:
		name = "repeated"
	case s.first[n.ID]:
		name = "doubled"
	case at.Before(s.latest):
		name = "overtaken"
	case time.Since(at) >= time.Hour:
		name = "an hour late"
	}
	s.first[n.ID] = true
	if at.After(s.latest) {
		s.latest = at
	}
	s.count("notifications", name)
	if p := s.payment(body.OrderID); body.Secret != "" && p.Secret != body.Secret {
		s.count("notifications", "a false secret")
	}
}

// payment returns the payment of an order that waits for its customer or came, or else the last.
func (s *shop) payment(orderID string) (found tosstest.Payment) {
	for _, p := range s.sim.Books().Payments {
		if p.OrderID == orderID && found.Executions == 0 && found.Status != tosstest.WaitingForDeposit {
			found = p
		}
	}
	return found
}

// madeUp returns a notification that Toss never sent. It names an order that exists, one that does not exist, or none.
func (w *world) madeUp() []byte {
	order := "jgb-" + nothing
	if ids := w.witness.awaited; len(ids) > 0 && w.random.IntN(4) > 0 {
		id := ids[w.random.IntN(len(ids))]
		if r := w.witness.records[id].(*ports.Recharge); isToss(r.Charger) {
			order = tossName(tossKinds[r.Charger], id)
		}
	}
	at := time.Now().In(korea).Format(created)
	switch w.random.IntN(3) {
	case 0:
		return fmt.Appendf(nil, `{"createdAt":%q,"secret":"ps_false","status":"DONE","transactionKey":"tx","orderId":%q}`, at, order)
	case 1:
		return fmt.Appendf(nil, `{"eventType":"PAYMENT_STATUS_CHANGED","createdAt":%q,"data":{"paymentKey":"false","orderId":%q,"status":"DONE","totalAmount":1}}`, at, order)
	}
	return []byte("[]")
}
