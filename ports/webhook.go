package ports

import "context"

// WebhookReader is an adapter whose provider tells of changes by HTTP requests. It may be called
// concurrently.
type WebhookReader interface {
	// ReadWebhook returns which orders a request of the provider says have changed, in no order,
	// after it verified what can be verified. It returns [ErrForged] for a request that the
	// provider did not make, and [ErrInvalid] for one that it cannot read; with an error there are no
	// notices. A request that tells of nothing that the adapter knows has no notices and no error.
	//
	// The same request may come again, to any process, and is read in the same way. ReadWebhook does no
	// I/O, whether ctx has ended or not. It must not change the request, and must keep nothing of it.
	// An error must not show a secret of the provider, or the signature of the request.
	//
	// A notice moves no money: the order is inquired about. So a request that cannot be
	// verified, because the provider does not sign it, may be read all the same.
	ReadWebhook(ctx context.Context, request Webhook) ([]Notice, error)
}

// Webhook is a request of a provider, without the technology that brought it.
type Webhook struct {
	Header map[string][]string // names as net/http writes them: "Content-Type"
	Body   []byte
}

// Notice says that an order may have changed at its provider. OperationID or ProviderRef is
// given, or both.
type Notice struct {
	Provider    string // the name of the Charger or Disburser
	OperationID string
	ProviderRef string
}

// Check returns an [InvalidError] for a notice that names no order.
func (n Notice) Check() error {
	err := Join(CheckID("Provider", n.Provider), CheckReference("OperationID", n.OperationID), CheckProviderRef("ProviderRef", n.ProviderRef))
	if n.OperationID == "" && n.ProviderRef == "" {
		err = Join(err, Invalid("OperationID", "is blank, and so is ProviderRef: one of them names the order"))
	}
	return err
}
