package toss

import (
	"context"
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/jigap/jigap/adapters/httpcall"
	"github.com/jigap/jigap/ports"
)

const (
	headerSignature    = "Tosspayments-Webhook-Signature"
	headerTransmission = "Tosspayments-Webhook-Transmission-Time"
	signatureVersion   = "v1:"
	// maxSignatures bounds how many signatures of a request are looked at: there are two while a
	// security key is replaced (documented).
	maxSignatures = 8

	eventPayout = "payout.changed"
)

// ReadWebhook reads payout.changed and seller.changed, which the provider signs with the security key
// (documented). It returns [ports.ErrForged] where no signature is that of a security key of ours. A
// notification about a seller, or about a payout that no adapter of this package made, names no
// order.
func (d *Disburser) ReadWebhook(_ context.Context, request ports.Webhook) ([]ports.Notice, error) {
	if !d.signed(request) {
		return nil, fmt.Errorf("%w: no signature of the request is that of a security key of ours", ports.ErrForged)
	}
	var event struct {
		EventType  string
		EntityBody struct{ ID, RefPayoutID string }
	}
	if err := httpcall.Unmarshal(request.Body, &event); err != nil || event.EventType == "" {
		return nil, ports.Invalid("Body", "is not a notification of the provider")
	}
	if event.EventType != eventPayout {
		return nil, nil
	}
	return d.notice(event.EntityBody.ID, event.EntityBody.RefPayoutID)
}

// notice names the order of a payout.
func (d *Disburser) notice(id, ref string) ([]ports.Notice, error) {
	if id == "" || ref == "" {
		return nil, ports.Invalid("Body", "has no payout")
	}
	of, operation, ours := operationOf(ref)
	if checkKeyText("ID", id, maxKey) != nil {
		id = ""
	}
	if !ours || of != kindPayout || operation == "" && id == "" {
		return nil, nil
	}
	return []ports.Notice{{Provider: d.Name(), OperationID: operation, ProviderRef: id}}, nil
}

// signed reports whether a signature of a request is that of a security key, over its body as it
// came, a colon and the time of its transmission (documented).
func (d *Disburser) signed(request ports.Webhook) bool {
	sent := strings.Join(request.Header[headerTransmission], ",")
	signatures := strings.SplitN(strings.Join(request.Header[headerSignature], ","), ",", maxSignatures+1)
	if sent == "" || len(signatures) > maxSignatures {
		return false
	}
	match := false
	for _, signature := range signatures {
		encoded, known := strings.CutPrefix(strings.TrimSpace(signature), signatureVersion)
		mac, err := base64.StdEncoding.DecodeString(encoded)
		if !known || err != nil {
			continue
		}
		for _, key := range d.payouts.keys {
			if key.signed(mac, request.Body, []byte(":"+sent)) {
				match = true
			}
		}
	}
	return match
}
