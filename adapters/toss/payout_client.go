package toss

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/ports"
)

// PayoutClient asks the API of payouts (지급대행, version 2) of one shop, which is another contract
// than that of payments. Bodies are encrypted with a security key (documented).
//
// Its methods are experimental, as [Disburser] is. Their errors hold the provider's code and trace id,
// and not its words, which may name a seller.
type PayoutClient struct {
	client *Client
	keys   []SecurityKey
	random io.Reader // of nonces
}

// NewPayoutClient returns a client of payouts. Requests are encrypted with the first key. The
// others, one that was replaced say, open answers only. Errors are [ports.ErrInvalid]: among others
// for the key of a payment widget, which pays nothing out.
func NewPayoutClient(client *Client, key SecurityKey, others ...SecurityKey) (*PayoutClient, error) {
	err := ports.CheckMade("Client", client)
	if err == nil {
		err = client.individual()
	}
	keys := append([]SecurityKey{key}, others...)
	for _, key := range keys {
		err = ports.Join(err, key.check())
	}
	if err != nil {
		return nil, err
	}
	return &PayoutClient{client: client, keys: keys, random: rand.Reader}, nil
}

// hidden are the forms of the keys that no text may show.
func (p *PayoutClient) hidden() []string {
	var secrets []string
	for _, key := range p.keys {
		secrets = append(secrets, key.secrets()...)
	}
	return secrets
}

// String names the client by its host.
func (p *PayoutClient) String() string { return p.client.String() }

// Format writes [PayoutClient.String], whatever the verb.
func (p *PayoutClient) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, p.String()) }

// LogValue is [PayoutClient.String].
func (p *PayoutClient) LogValue() slog.Value { return slog.StringValue(p.String()) }

func (p *PayoutClient) seal(plain []byte) ([]byte, error) {
	return seal(p.keys[0], plain, p.client.clock.Now(), p.random)
}

// payoutCall is the request of a payout whose body is encrypted.
func (p *PayoutClient) payoutCall(sealed []byte, key string) call {
	return call{
		op: "pay out", path: "/v2/payouts", key: key, body: sealed, header: encrypted(sealed), open: opener(p.keys), rules: payoutRules, hidden: p.hidden(),
	}
}

// CreatePayout pays a seller. A payout without an error is not paid yet, whatever its status
// (documented): banks refuse payouts later. The error is an [*Error], or [ports.ErrInvalid] for a
// request that must not be sent. A body that is encrypted anew under the same idempotency key is the
// same request (documented: bodies are not compared).
func (p *PayoutClient) CreatePayout(ctx context.Context, request PayoutRequest) (*Payout, error) {
	if err := request.check(); err != nil {
		return nil, err
	}
	sealed, err := p.seal(request.body())
	if err != nil {
		return nil, p.client.failure(p.payoutCall(nil, request.Key), ClassNotSent, err)
	}
	return p.create(ctx, p.payoutCall(sealed, request.Key), request)
}

const (
	alarmForeignPayout  = "the provider answers with a payout that is not that of the order: an idempotency key or a refPayoutId may have been used twice"
	alarmUnlistedPayout = "the provider refuses a payout with a code that is not listed: what it means is not known"
)

// create sends a payout and requires that the answer is about it.
func (p *PayoutClient) create(ctx context.Context, req call, request PayoutRequest) (*Payout, error) {
	body, err := p.client.post(ctx, req)
	if err != nil {
		if failed := errorOf(err); isUnlisted(failed) {
			failed.Alarm = alarmUnlistedPayout
		}
		return nil, err
	}
	var page wirePage
	if err := entity(body, "payout-list", &page); err != nil {
		return nil, p.contrary(req, err)
	}
	if len(page.Items) != 1 {
		return nil, p.contrary(req, errPayouts)
	}
	payout, err := p.client.payout(page.Items[0])
	if err != nil || !request.isIn(payout) {
		return nil, p.contrary(req, errPayout)
	}
	return &payout, nil
}

// contrary is an answer that is readable, and not what was asked for. It is never a refusal.
func (p *PayoutClient) contrary(req call, err error) error {
	failed := p.client.failure(req, ClassUnknown, err)
	failed.Status, failed.Alarm = http.StatusOK, alarmForeignPayout
	return failed
}

func (p *PayoutClient) askCall(op, path string) call {
	return call{op: op, path: path, header: encrypted(nil), open: opener(p.keys), rules: payoutAskRules, timeout: askTimeout, hidden: p.hidden()}
}

// Payout returns a payout by the provider's id of it. The error is an [*Error], or
// [ports.ErrInvalid]: one with the code PAYOUT_NOT_FOUND says that no payout is visible to the key
// under this id at this moment.
func (p *PayoutClient) Payout(ctx context.Context, id string) (*Payout, error) {
	if err := checkKeyText("ID", id, maxKey); err != nil {
		return nil, err
	}
	req := p.askCall("inquire about payout", "/v2/payouts/"+url.PathEscape(id))
	body, err := p.client.ask(ctx, req)
	if err != nil {
		return nil, err
	}
	return p.single(req, body, id)
}

// single reads an answer that is the payout with an id.
func (p *PayoutClient) single(req call, body []byte, id string) (*Payout, error) {
	var wire wirePayout
	if err := entity(body, "payout", &wire); err != nil {
		return nil, p.contrary(req, err)
	}
	payout, err := p.client.payout(wire)
	if err != nil || payout.ID != id {
		return nil, p.contrary(req, errPayout)
	}
	return &payout, nil
}

// CancelPayout cancels a scheduled payout that is [PayoutRequested]; others are refused
// (documented). What [PayoutClient.CreatePayout] says of errors holds of it.
func (p *PayoutClient) CancelPayout(ctx context.Context, id, key string) (*Payout, error) {
	if err := ports.Join(checkKeyText("ID", id, maxKey), checkIdempotencyKey(key)); err != nil {
		return nil, err
	}
	req := call{ // without a body, and not encrypted (documented)
		op: "cancel payout", path: "/v2/payouts/" + url.PathEscape(id) + "/cancel", key: key, open: opener(p.keys), rules: payoutRules, hidden: p.hidden(),
	}
	body, err := p.client.post(ctx, req)
	if err != nil {
		return nil, err
	}
	return p.single(req, body, id)
}

const (
	// payoutPage is how many payouts are asked for at once: the provider gives 10,000 at most
	// (documented), and 200 are far below the bound of an answer.
	payoutPage = 200
	// mostPayouts bounds how many payouts a list reads.
	mostPayouts = 100_000
)

// Payouts returns the payouts whose day is between two times, both Korean days included, in the
// provider's order, each once. It ends at the first error, which is an [*Error] or
// [ports.ErrInvalid]: also for a page that repeats, a list that does not tell whether it goes on, and
// more than 100,000 payouts.
func (p *PayoutClient) Payouts(ctx context.Context, from, to time.Time) iter.Seq2[Payout, error] {
	return func(yield func(Payout, error) bool) {
		if to.Before(from) {
			yield(Payout{}, ports.Invalid("To", "is before From"))
			return
		}
		seen, after := map[string]bool{}, ""
		for {
			rows, next, err := p.page(ctx, from, to, after)
			fresh := false
			for _, row := range rows {
				if seen[row.ID] {
					continue
				}
				seen[row.ID], fresh = true, true
				if !yield(row, nil) {
					return
				}
			}
			switch {
			case err != nil:
				yield(Payout{}, err)
			case next == "":
			case !fresh:
				yield(Payout{}, p.unlistable(errStuck))
			case len(seen) > mostPayouts:
				yield(Payout{}, p.unlistable(errTooMany))
			default:
				after = next
				continue
			}
			return
		}
	}
}

// page asks for one page. With an error there may be rows that were read all the same.
func (p *PayoutClient) page(ctx context.Context, from, to time.Time, after string) (rows []Payout, next string, err error) {
	query := url.Values{"payoutDateGte": {dayOf(from)}, "payoutDateLte": {dayOf(to)}, "limit": {strconv.Itoa(payoutPage)}}
	if after != "" {
		query.Set("startingAfter", after)
	}
	req := p.askCall(opListPayouts, "/v2/payouts?"+query.Encode())
	req.timeout = listTimeout
	body, err := p.client.ask(ctx, req)
	if err != nil {
		return nil, "", err
	}
	var page wirePage
	if err := entity(body, "payout-list", &page); err != nil || page.Items == nil {
		return nil, "", unlisted(p.client, req)
	}
	for _, wire := range page.Items {
		row, err := p.client.payout(wire)
		if err != nil {
			return nil, "", unlisted(p.client, req)
		}
		rows = append(rows, row)
	}
	next, told := page.next()
	if !told {
		return rows, "", unlisted(p.client, req)
	}
	return rows, next, nil
}

const opListPayouts = "list payouts"

func (p *PayoutClient) unlistable(err error) error { return unlistable(opListPayouts, err) }

// Balances are what the shop can pay out, in won.
type Balances struct {
	Pending   decimal.Decimal // of sales whose cycle of settlement has not ended
	Available decimal.Decimal
}

var errBalances = errors.New("answer is not the balances in won")

// Balances returns what the shop can pay out. The error is an [*Error].
func (p *PayoutClient) Balances(ctx context.Context) (Balances, error) {
	req := p.askCall("ask for balances", "/v2/balances")
	body, err := p.client.ask(ctx, req)
	if err != nil {
		return Balances{}, err
	}
	var wire struct{ PendingAmount, AvailableAmount wireMoney }
	if err := entity(body, "balance", &wire); err != nil {
		return Balances{}, p.contrary(req, err)
	}
	for _, money := range []wireMoney{wire.PendingAmount, wire.AvailableAmount} {
		if !money.Value.Valid || money.Currency != Currency {
			return Balances{}, p.contrary(req, errBalances)
		}
	}
	return Balances{wire.PendingAmount.Value.Decimal, wire.AvailableAmount.Value.Decimal}, nil
}
