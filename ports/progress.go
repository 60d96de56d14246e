package ports

import (
	"slices"
	"time"
)

// MaxOthers is how many further payments a record names.
const MaxOthers = 10

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

	// ResentAt is when it was last sent again; zero before. An earlier version does not keep it.
	ResentAt time.Time `json:",omitzero"`
	// Taken says that the provider has the order: it works on it, or approved it, and has not
	// refused it since.
	Taken bool `json:",omitempty"`
	// Others are the provider's ids of further payments that it named for the order, oldest
	// first: the first [MaxOthers]. A person must look for each of them at the provider.
	Others []string `json:",omitempty"`
	// Named is the provider's id of the payment that it named for the order itself: it worked on it, or
	// approved it. A person may have the record stand for another payment. An earlier version does not
	// keep it.
	Named string `json:",omitempty"`
	// Unread says that the provider reported a figure that no record can hold, and no other
	// figure since.
	Unread bool `json:",omitempty"`
}

// AddOther keeps the provider's id of a further payment, if there is room for it.
func (p *Progress[A]) AddOther(ref string) {
	if !slices.Contains(p.Others, ref) && len(p.Others) < MaxOthers {
		p.Others = append(p.Others, ref)
	}
}

// clone returns a copy that shares nothing with p that can be changed.
func (p Progress[A]) clone() Progress[A] {
	p.Evidence = slices.Clone(p.Evidence)
	p.Decisions = slices.Clone(p.Decisions)
	p.Others = slices.Clone(p.Others)
	return p
}
