package memory

import (
	"strings"
	"unicode/utf8"

	"github.com/jigap/jigap/ports"
)

// checkTexts returns an error for field unless each text is one that a record can have:
// valid UTF-8 without a zero byte.
func checkTexts(field string, texts ...string) error {
	for _, text := range texts {
		if !utf8.ValidString(text) || strings.IndexByte(text, 0) >= 0 {
			return ports.Invalid(field, "is not UTF-8 without zero bytes")
		}
	}
	return nil
}

func checkLimit(limit int) error {
	if limit <= 0 {
		return ports.Invalid("Limit", "must be greater than zero")
	}
	return nil
}

func checkWalletFilter(filter *ports.WalletFilter) error {
	if err := checkLimit(filter.Limit); err != nil {
		return err
	}
	return ports.Join(checkTexts("AfterID", filter.AfterID), checkTexts("Statuses", ports.Statuses(filter.Statuses...)...),
		ports.CheckTime("ExpiringBy", filter.ExpiringBy))
}

func checkEntryFilter(filter *ports.EntryFilter) error {
	if err := checkLimit(filter.Limit); err != nil {
		return err
	}
	for _, entryType := range filter.Types {
		if err := checkTexts("Types", string(entryType)); err != nil {
			return err
		}
	}
	if err := checkTexts("WalletID", filter.WalletID); err != nil {
		return err
	}
	if err := checkTexts("Reference", filter.Reference); err != nil {
		return err
	}
	return ports.Join(checkTexts("OperationID", filter.OperationID), ports.CheckTime("From", filter.From), ports.CheckTime("Until", filter.Until))
}

func checkOperationFilter(filter *ports.OperationFilter) error {
	if err := checkLimit(filter.Limit); err != nil {
		return err
	}
	for _, text := range []struct{ field, text string }{
		{"Kind", string(filter.Kind)},
		{"WalletID", filter.WalletID},
		{"Lane", filter.Lane},
		{"Reference", filter.Reference},
		{"ProviderRef", filter.ProviderRef},
		{"AfterID", filter.AfterID},
	} {
		if err := checkTexts(text.field, text.text); err != nil {
			return err
		}
	}
	return ports.Join(checkTexts("Statuses", filter.Statuses...), checkTexts("Providers", filter.Providers...),
		checkTexts("ExceptProviders", filter.ExceptProviders...), ports.CheckTime("DueBy", filter.DueBy),
		ports.CheckTime("CreatedFrom", filter.CreatedFrom), ports.CheckTime("CreatedBefore", filter.CreatedBefore))
}
