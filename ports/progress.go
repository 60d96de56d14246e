package ports

import (
	"slices"
	"time"
)

// Progress is how far an order has come on its way to a provider and back: to charge, to
// cancel a charge, or to pay out. The record of every order embeds it.
type Progress[A ChargeAnswer | PayoutAnswer] struct {
	Evidence      []byte     // what the adapter recorded before sending; opaque
	Transmissions int        // how often the order may have been sent
	SentAt        time.Time  // when it was first sent; zero before
	Inquiries     int        // inquiries made since the last transmission
	Answer        A          // the latest that the provider said
	Why           string     // why it waits, is in review, failed or disputed
	Decisions     []Decision // what people decided about it
}

// clone returns a copy that shares nothing with p that can be changed.
func (p Progress[A]) clone() Progress[A] {
	p.Evidence = slices.Clone(p.Evidence)
	p.Decisions = slices.Clone(p.Decisions)
	return p
}
