package toss

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/json"
	"regexp"
	"strings"
	"time"

	"github.com/jigap/jigap/ports"
)

// kind is the part of an orderId that says which adapter made the order.
type kind string

const (
	kindBilling kind = "jgb"
	kindWindow  kind = "jgw"
	kindAccount kind = "jga"
	kindPayout  kind = "jgp"
	kindCancel  kind = "jgc"
)

// resendFor is how long after the first transmission an order may be sent again. An idempotency
// key is valid for 15 days from its first use (documented); one day is our margin.
const resendFor = 14 * 24 * time.Hour

// plainForm is what an id may be to stand in an orderId as it is: the provider takes 6 to 64 of
// these characters (documented), and the kind takes four of them. Letters are in lower case, in
// case the provider compares ids in any case.
var plainForm = regexp.MustCompile(`^[a-z0-9\-]{2,60}$`)

// orderID returns what the provider knows an order by: the kind and the id of the operation, or a
// digest of 160 bits of an id that the provider does not take.
func orderID(of kind, operation string) string {
	if plainForm.MatchString(operation) {
		return string(of) + "-" + operation
	}
	sum := sha256.Sum256([]byte(operation))
	return string(of) + "_" + strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(sum[:20]))
}

// operationOf returns the kind of an orderId and the id of the operation, which is blank where the
// orderId holds a digest. It reports false for an orderId that no adapter of this package made.
func operationOf(id string) (of kind, operation string, ours bool) {
	for _, of := range []kind{kindBilling, kindWindow, kindAccount, kindPayout} {
		if plain, found := strings.CutPrefix(id, string(of)+"-"); found && plainForm.MatchString(plain) {
			return of, plain, true
		}
		if digest, found := strings.CutPrefix(id, string(of)+"_"); found && len(digest) == 32 {
			return of, "", true
		}
	}
	return "", "", false
}

// idempotencyKey is one thing with the order, for ever: never another one for the same order, and
// never the same one for another.
func idempotencyKey(order string) string { return "jigap1-" + order }

// evidence is what an adapter must know to recognise an order, and to send it again only as it
// was.
type evidence struct {
	Version int    `json:"v"`
	Key     string `json:"key"`  // fingerprint of the secret key
	Call    string `json:"call"` // digest of the URL, the idempotency key and the body
	// Payment is the paymentKey of the window's payment that is confirmed.
	Payment string `json:"payment,omitempty"`
	// Account says that a cancellation has an account to give the money back to.
	Account bool `json:"account,omitempty"`
	// Sealed is the encrypted body of a payout.
	Sealed string `json:"sealed,omitempty"`
}

const evidenceVersion = 1

// evidenceOf returns the evidence of a request.
func (c *Client) evidenceOf(req call) evidence {
	return evidence{Version: evidenceVersion, Key: c.key.fingerprint, Call: c.key.digest([]byte(c.base+req.path), []byte(req.key), req.body)}
}

func (e evidence) encode() []byte { return jsonOf(e) }

// readEvidence reads what encode wrote. Evidence that cannot be read is zero: no order is sent again
// on it.
func readEvidence(data []byte) evidence {
	var e evidence
	if json.Unmarshal(data, &e) != nil || e.Version != evidenceVersion {
		return evidence{}
	}
	return e
}

// same reports whether a request is the one that the evidence is of, byte by byte, under the same
// key. Only such a request is the same one for the provider.
func (c *Client) same(e evidence, req call) bool {
	now := c.evidenceOf(req)
	return e.Call != "" && e.Call == now.Call && e.Key == now.Key
}

// sentAt returns when an order was first sent, or written down where that is not known.
func sentAt(order ports.ChargeOrder) time.Time {
	if order.SentAt.IsZero() {
		return order.RequestedAt
	}
	return order.SentAt
}
