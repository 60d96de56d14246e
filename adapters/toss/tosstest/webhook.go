package tosstest

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Notification is one delivery of a webhook.
type Notification struct {
	ID      string // the transmission id, the same in all deliveries
	Header  http.Header
	Body    []byte
	Try     int    // 0 for the first delivery
	OrderID string // the orderId or refPayoutId that it is about; blank: none
}

// mail is a webhook that is not yet answered.
type mail struct {
	id, order string
	body      []byte
	signed    bool
	falsely   bool // the signature is false
	twice     bool
	behind    *mail // not before this one, which came later
	waits     bool  // for a later one to be behind
	made, due time.Time
	tries     int
	answered  bool
}

// resends are the minutes after which a delivery is repeated (documented).
var resends = [...]int{1, 4, 16, 64, 256, 1024, 4096}

const (
	headerTransmission = "Tosspayments-Webhook-Transmission-Id"
	headerSent         = "Tosspayments-Webhook-Transmission-Time"
	headerRetried      = "Tosspayments-Webhook-Transmission-Retried-Count"
	headerSignature    = "Tosspayments-Webhook-Signature"
)

// announce sends what a payment's status is, where the provider does: an approval by a
// billing key is not announced (documented).
func (s *Simulator) announce(p *payment, now time.Time) {
	if p.Type == "BILLING" && p.Status == Done {
		return
	}
	s.post(now, p.OrderID, "PAYMENT_STATUS_CHANGED", s.wire(p, now))
}

// post sends an event that is not signed.
func (s *Simulator) post(now time.Time, order, event string, data any) {
	s.send(now, order, map[string]any{"eventType": event, "createdAt": created(now), "data": data}, false)
}

// created writes a time as events have it: with microseconds and no zone (documented).
func created(at time.Time) string { return at.In(korea()).Format("2006-01-02T15:04:05.000000") }

// callBack sends what became of a virtual account: a flat body without eventType and
// paymentKey (documented).
func (s *Simulator) callBack(p *payment, now time.Time) {
	body := map[string]any{
		"createdAt": created(now), "secret": p.Secret, "status": p.Status, "transactionKey": p.lastTransaction, "orderId": p.OrderID,
	}
	if s.mischief(FalseSecret) {
		body["secret"] = "ps_" + s.text(32)
	}
	s.send(now, p.OrderID, body, false)
}

// send puts a webhook into the mail.
func (s *Simulator) send(now time.Time, order string, body map[string]any, signed bool) {
	data, err := json.Marshal(body)
	if err != nil {
		panic(fmt.Sprintf("webhook cannot be written: %v", err))
	}
	m := &mail{id: "whsim_" + s.lower(24), order: order, body: data, signed: signed, made: now, due: now}
	for _, earlier := range s.mail {
		if earlier.waits {
			earlier.waits, earlier.behind = false, m
		}
	}
	switch {
	case signed && s.mischief(FalseSignature):
		m.falsely = true
	case s.mischief(Doubled):
		m.twice = true
	case s.mischief(Late):
		m.due = now.Add(time.Hour)
	case s.mischief(Reordered):
		m.waits = true
	}
	s.mail = append(s.mail, m)
}

// Due returns the deliveries that are due, oldest first. Each is then scheduled anew, after
// 1, 4, 16, 64, 256, 1024 and 4096 minutes (documented), until [Simulator.Answered] says
// that it was answered with status 200.
func (s *Simulator) Due() []Notification {
	now := s.world.Enter()
	defer s.world.Unlock()
	var due []*mail
	for _, m := range s.mail {
		if m.isDue(now) {
			due = append(due, m)
		}
	}
	due = ordered(due)
	var told []Notification
	for _, m := range due {
		for range m.copies() {
			told = append(told, s.delivery(m, now))
		}
		m.reschedule(now)
	}
	s.mail = slices.DeleteFunc(s.mail, func(m *mail) bool { return m.answered })
	return told
}

// isDue reports whether a webhook goes out. One that is to be overtaken waits for a later
// one, an hour at most.
func (m *mail) isDue(now time.Time) bool {
	return !m.answered && !now.Before(m.due) && (!m.waits || !now.Before(m.made.Add(time.Hour)))
}

// ordered puts webhooks behind those that overtake them.
func ordered(due []*mail) []*mail {
	slices.SortStableFunc(due, func(a, b *mail) int { return a.due.Compare(b.due) })
	var front, overtaken []*mail
	for _, m := range due {
		if m.behind != nil && m.tries == 0 {
			overtaken = append(overtaken, m)
		} else {
			front = append(front, m)
		}
	}
	return append(front, overtaken...)
}

func (m *mail) copies() int {
	if m.twice && m.tries == 0 {
		return 2
	}
	return 1
}

// reschedule says when a delivery is repeated. After the last one the webhook is given up.
func (m *mail) reschedule(now time.Time) {
	if m.tries == len(resends) {
		m.answered = true
		return
	}
	m.due = now.Add(time.Duration(resends[m.tries]) * time.Minute)
	m.tries++
}

// delivery is a webhook as it goes out now.
func (s *Simulator) delivery(m *mail, now time.Time) Notification {
	header := http.Header{
		"Content-Type": {"application/json; charset=utf-8"}, headerTransmission: {m.id},
		headerSent: {stamp(now)}, headerRetried: {strconv.Itoa(m.tries)},
	}
	if m.signed {
		signed := m.body
		if m.falsely {
			signed = append(bytes.Clone(signed), ' ')
		}
		header.Set(headerSignature, s.signature(signed, stamp(now)))
	}
	return Notification{ID: m.id, Header: header, Body: bytes.Clone(m.body), Try: m.tries, OrderID: m.order}
}

// signature signs a body with every security key that works.
func (s *Simulator) signature(body []byte, sent string) string {
	var signatures []string
	for _, key := range []string{s.shop.SecurityKey, s.oldSecurityKey} {
		if key != "" {
			signatures = append(signatures, "v1:"+base64.StdEncoding.EncodeToString(sign(s.hmacKey(key), body, sent)))
		}
	}
	return strings.Join(signatures, ",")
}

// sign is the HMAC over the raw body and the time of transmission (documented).
func sign(key, body []byte, sent string) []byte {
	mac := hmac.New(sha256.New, key)
	_, _ = mac.Write(body)
	_, _ = mac.Write([]byte(":" + sent))
	return mac.Sum(nil)
}

// Answered says with what status a delivery was answered. Only 200 ends it (documented).
func (s *Simulator) Answered(id string, status int) {
	s.world.Enter()
	defer s.world.Unlock()
	for _, m := range s.mail {
		if m.id == id && status == http.StatusOK {
			m.answered = true
		}
	}
}

// DeliverTo gives a handler what is due, once each, and returns how many deliveries there
// were. An answer other than 200 has a delivery repeated later. The path of the requests is
// /webhook: give it the handler itself, and not a mux with other paths.
func (s *Simulator) DeliverTo(handler http.Handler) int {
	due := s.Due()
	for _, n := range due {
		s.Answered(n.ID, n.deliver(handler))
	}
	return len(due)
}

// deliver gives a handler a notification and returns the status of the answer.
func (n *Notification) deliver(handler http.Handler) int {
	w := &statusWriter{header: http.Header{}}
	handler.ServeHTTP(w, n.Request())
	if w.status == 0 {
		return http.StatusOK
	}
	return w.status
}

// Request returns the notification as the request that a server receives.
func (n *Notification) Request() *http.Request {
	request, err := http.NewRequest(http.MethodPost, "http://shop.invalid/webhook", bytes.NewReader(n.Body)) //nolint:noctx // a server's request has no client
	if err != nil {
		panic(fmt.Sprintf("webhook cannot be delivered: %v", err))
	}
	request.Header = n.Header.Clone()
	return request
}

// statusWriter keeps the status of an answer.
type statusWriter struct {
	header http.Header
	status int
}

// Header returns the header of the answer, which is not kept.
func (w *statusWriter) Header() http.Header { return w.header }

// WriteHeader keeps the first status.
func (w *statusWriter) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
}

// Write takes the body of the answer, which is not kept.
func (w *statusWriter) Write(data []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return len(data), nil
}
