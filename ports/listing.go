package ports

import "time"

// How many records a listing returns.
const (
	DefaultPage = 100  // where the caller sets no Limit
	MaxPage     = 1000 // at most; a greater Limit counts as this one
)

// Listing selects operations of one kind, whose statuses are of type S, and says in which
// order they come. It is the argument of every List of the services. Conditions that are
// set must all hold.
//
// Operations come in order of id: with the default ids that is the order of their creation. The
// zero Listing selects the oldest [DefaultPage] operations. The next page of a listing has the
// last id of this page as AfterID.
type Listing[S ~string] struct {
	WalletID    string
	Statuses    []S    // any of these
	Open        bool   // only operations that have not ended
	Provider    string // name of the Charger or Disburser
	Reference   string // the caller's own reference
	ProviderRef string // the provider's id

	CreatedFrom   time.Time // only operations that were created at this time or later
	CreatedBefore time.Time // only operations that were created before this time

	NewestFirst bool
	AfterID     string // only operations that follow this id, in the order of the listing
	Limit       int    // at most so many, and at most MaxPage. Defaults to DefaultPage; negative is ErrInvalid
}

// Filter returns the filter of the store for operations of the kind, or [ErrInvalid] for a
// negative Limit, a text that no record can have, a time outside the years 1 to 9999, and a
// span that ends before it begins.
func (l Listing[S]) Filter(kind OperationKind) (OperationFilter, error) {
	limit, err := PageLimit(l.Limit)
	err = Join(err, CheckReference("WalletID", l.WalletID), CheckReference("Provider", l.Provider), CheckReference("Reference", l.Reference),
		CheckProviderRef("ProviderRef", l.ProviderRef), CheckReference("AfterID", l.AfterID),
		CheckTime("CreatedFrom", l.CreatedFrom), CheckTime("CreatedBefore", l.CreatedBefore))
	if !l.CreatedBefore.IsZero() && l.CreatedBefore.Before(l.CreatedFrom) {
		err = Join(err, Invalid("CreatedBefore", "is before CreatedFrom"))
	}
	for _, status := range l.Statuses {
		err = Join(err, CheckID("Statuses", string(status)))
	}
	if err != nil {
		return OperationFilter{}, err
	}
	filter := OperationFilter{
		Kind: kind, WalletID: l.WalletID, Statuses: Statuses(l.Statuses...), Open: l.Open, Reference: l.Reference,
		ProviderRef: l.ProviderRef, CreatedFrom: l.CreatedFrom, CreatedBefore: l.CreatedBefore,
		NewestFirst: l.NewestFirst, AfterID: l.AfterID, Limit: limit,
	}
	if l.Provider != "" {
		filter.Providers = []string{l.Provider}
	}
	return filter, nil
}

// PageLimit returns the limit of a page for what a caller asked: DefaultPage for zero, at
// most MaxPage, and [ErrInvalid] for a negative number.
func PageLimit(asked int) (int, error) {
	switch {
	case asked < 0:
		return 0, Invalid("Limit", "is negative")
	case asked == 0:
		return DefaultPage, nil
	}
	return min(asked, MaxPage), nil
}
