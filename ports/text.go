package ports

import (
	"unicode"
	"unicode/utf8"
)

// Limits of texts, in bytes of UTF-8.
const (
	MaxID            = 128 // ids of wallets, idempotency keys, references, names of people and lanes
	MaxProviderRef   = 256 // ids that a provider gives its orders and transfers
	MaxMemo          = 500
	MaxMetadata      = 16  // pairs
	MaxMetadataKey   = 64  // each
	MaxMetadataValue = 512 // each
)

// CheckID returns an [InvalidError] for field unless id is 1 to [MaxID] bytes of
// printable UTF-8 without a blank at either end.
func CheckID(field, id string) error {
	if id == "" {
		return Invalid(field, "is blank")
	}
	return checkID(field, id, MaxID)
}

func checkID(field, id string, limit int) error {
	if id[0] == ' ' || id[len(id)-1] == ' ' {
		return Invalid(field, "begins or ends with a blank")
	}
	return CheckText(field, id, limit)
}

// CheckReference is [CheckID] for a text that may also be absent.
func CheckReference(field, text string) error {
	if text == "" {
		return nil
	}
	return CheckID(field, text)
}

// CheckProviderRef returns an [InvalidError] for field unless ref is absent, or 1 to
// [MaxProviderRef] bytes of printable UTF-8 without a blank at either end.
func CheckProviderRef(field, ref string) error {
	if ref == "" {
		return nil
	}
	return checkID(field, ref, MaxProviderRef)
}

// CheckText returns an [InvalidError] for field unless text is at most limit bytes
// of printable UTF-8.
func CheckText(field, text string, limit int) error {
	if len(text) > limit {
		return Invalid(field, "is longer than %d bytes", limit)
	}
	if !printable(text) {
		return Invalid(field, "is not printable UTF-8")
	}
	return nil
}

func printable(text string) bool {
	for i := 0; i < len(text); i++ {
		if c := text[i]; c < ' ' || c >= 0x7f {
			return printableUnicode(text[i:])
		}
	}
	return true
}

func printableUnicode(text string) bool {
	for _, r := range text {
		if r != ' ' && !unicode.IsPrint(r) {
			return false
		}
	}
	return utf8.ValidString(text)
}

// CheckMetadata returns an [InvalidError] for field unless metadata is at most
// [MaxMetadata] pairs of printable UTF-8 within [MaxMetadataKey] and
// [MaxMetadataValue], with no blank key.
func CheckMetadata(field string, metadata map[string]string) error {
	if len(metadata) > MaxMetadata {
		return Invalid(field, "has more than %d pairs", MaxMetadata)
	}
	for key, value := range metadata {
		if key == "" {
			return Invalid(field, "has a blank key")
		}
		if err := CheckText(field+" key", key, MaxMetadataKey); err != nil {
			return err
		}
		if err := CheckText(field+" value", value, MaxMetadataValue); err != nil {
			return err
		}
	}
	return nil
}
