package suitetest_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"runtime"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/jigap/jigap/internal/suitetest"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/ports/portstest"
)

// The flaws of a reader of signed requests.
const (
	flawNoSignature      = "does not look at the signature"
	flawBlankSignature   = "takes a request without a signature"
	flawShortSignature   = "compares the beginning of the signature"
	flawLongestSignature = "compares as much of the signature as there is"
	flawSignsParsed      = "checks the signature of what it read, and not of the body"
	flawSignsHeadersOnly = "checks a signature that is of no body"
	flawShowsKey         = "shows the key in its errors"
	flawPanics           = "panics over a body that it cannot read"
	flawSharesField      = "keeps the order in a field while it reads"
)

// posts is a provider that tells of its orders by requests, which it may sign.
type posts struct {
	signs bool
	flaw  string
	told  *atomic.Int64
}

const postsKey = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"

// post is the body of a request.
type post struct {
	Event  string      `json:"event"`
	Orders []postOrder `json:"orders"`
}

type postOrder struct {
	ID  string `json:"orderId"`
	Ref string `json:"paymentId"`
}

func newPosts(signs bool) func(*testing.T) portstest.WebhookHarness {
	return func(*testing.T) portstest.WebhookHarness { return posts{signs: signs, told: new(atomic.Int64)} }
}

func (p posts) Reader() ports.WebhookReader { return &postReader{posts: p} }
func (p posts) Signed() bool                { return p.signs }
func (posts) Secrets() []string             { return []string{postsKey} }

func (p posts) Notify() (ports.Webhook, ports.Notice) {
	request, notices := p.notify("ORDER_CHANGED", 1)
	return *request, notices[0]
}

func (p posts) NotifyMany() (*ports.Webhook, []ports.Notice) { return p.notify("ORDER_CHANGED", 3) }

func (p posts) NotifyOther() *ports.Webhook {
	request, _ := p.notify("SETTLED", 1)
	return request
}

// notify returns a request about so many orders.
func (p posts) notify(event string, orders int) (*ports.Webhook, []ports.Notice) {
	told := post{Event: event}
	var notices []ports.Notice
	for range orders {
		n := p.told.Add(1)
		order := postOrder{fmt.Sprintf("op-%d", n), fmt.Sprintf("pay-%d", n)}
		told.Orders = append(told.Orders, order)
		notices = append(notices, ports.Notice{Provider: "posts", OperationID: order.ID, ProviderRef: order.Ref})
	}
	body, err := json.Marshal(told)
	if err != nil {
		panic(err)
	}
	request := ports.Webhook{Header: map[string][]string{"Content-Type": {"application/json"}}, Body: body}
	if p.signs {
		request.Header["Signature"] = []string{p.signature(body)}
	}
	return &request, notices
}

// signature returns the signature of a body.
func (p posts) signature(body []byte) string {
	if p.flaw == flawSignsHeadersOnly {
		body = nil
	}
	mac := hmac.New(sha256.New, []byte(postsKey))
	mac.Write(body)
	return hex.EncodeToString(mac.Sum(nil))
}

// postReader reads the requests of posts.
type postReader struct {
	posts
	last atomic.Pointer[post]
}

func (r *postReader) ReadWebhook(_ context.Context, request ports.Webhook) ([]ports.Notice, error) {
	told, readErr := r.parse(request.Body)
	if r.signs {
		if err := r.verify(&request, told); err != nil {
			return nil, err
		}
	}
	if readErr != nil {
		return nil, readErr
	}
	if r.flaw == flawSharesField {
		r.last.Store(told)
		for range 10 {
			runtime.Gosched()
		}
		told = r.last.Load()
	}
	var notices []ports.Notice
	for _, order := range told.Orders {
		if told.Event == "ORDER_CHANGED" {
			notices = append(notices, ports.Notice{Provider: "posts", OperationID: order.ID, ProviderRef: order.Ref})
		}
	}
	return notices, nil
}

func (r *postReader) parse(body []byte) (*post, error) {
	told := new(post)
	if err := json.Unmarshal(body, told); err != nil || told.Event == "" {
		if r.flaw == flawPanics {
			panic("a body that cannot be read")
		}
		return told, ports.Invalid("body", "is no notification of posts")
	}
	return told, nil
}

// verify compares the signature of a request.
func (r *postReader) verify(request *ports.Webhook, told *post) error {
	got, body := "", request.Body
	if values := request.Header["Signature"]; len(values) == 1 {
		got = values[0]
	}
	if r.flaw == flawSignsParsed {
		body, _ = json.Marshal(told)
	}
	want := r.signature(body)
	switch {
	case r.flaw == flawNoSignature, r.flaw == flawBlankSignature && got == "",
		r.flaw == flawShortSignature && len(got) > 8 && got[:8] == want[:8],
		r.flaw == flawLongestSignature && bytes.HasPrefix([]byte(want), []byte(got)):
		return nil
	case r.flaw == flawShowsKey && !hmac.Equal([]byte(got), []byte(want)):
		return fmt.Errorf("%w: with the key %s", ports.ErrForged, postsKey)
	case !hmac.Equal([]byte(got), []byte(want)):
		return fmt.Errorf("%w: the signature is not that of the body", ports.ErrForged)
	}
	return nil
}

// postFlaws are the flaws of its own.
func postFlaws() []suitetest.Flaw[portstest.WebhookHarness] {
	const (
		forged = "It returns ErrForged for a request that the provider did not make"
		secret = "An error must not show a secret of the provider, or the signature of the request."
		unread = "ErrInvalid for one that it cannot read; with an error there are no notices."
		at     = "It may be called concurrently."

		body, headers, other = "a body that was changed is forged", "a request without its headers is forged", "a signature of another request is forged"
	)
	var flaws []suitetest.Flaw[portstest.WebhookHarness]
	for _, each := range [][3]string{
		{flawNoSignature, forged, body},
		{flawBlankSignature, forged, headers},
		{flawShortSignature, forged, headers},
		{flawLongestSignature, forged, headers},
		{flawSignsParsed, forged, body},
		{flawSignsHeadersOnly, forged, other},
		{flawShowsKey, secret, "errors show no secret"},
		{flawPanics, unread, "a request that cannot be read is an error"},
		{flawSharesField, at, "notifications are read at the same time"},
	} {
		flaws = append(flaws, suitetest.Flaw[portstest.WebhookHarness]{
			Name: each[0], Breaks: each[1], Scenario: each[2],
			Of: func(good portstest.WebhookHarness) portstest.WebhookHarness {
				p, _ := good.(posts)
				p.flaw = each[0]
				return p
			},
		})
	}
	return flaws
}

// TestWebhookReader runs the suite over a provider that signs its requests and one that does not.
func TestWebhookReader(t *testing.T) {
	t.Parallel()
	for name, signs := range map[string]bool{"signed": true, "not signed": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			portstest.TestWebhookReader(t, newPosts(signs))
		})
	}
}

func TestWebhookReader_flaws(t *testing.T) {
	t.Parallel()
	suitetest.Run(t, suitetest.Subject[portstest.WebhookHarness]{Suite: portstest.TestWebhookReader, New: newPosts(true)},
		slices.Concat(suitetest.WebhookFlaws(), postFlaws()))
}
