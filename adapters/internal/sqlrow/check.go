package sqlrow

import (
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jigap/jigap/ports"
)

// CheckLimit refuses a limit that is not positive.
func CheckLimit(limit int) error {
	if limit <= 0 {
		return ports.Invalid("Limit", "must be positive")
	}
	return nil
}

// CheckText refuses text that no record can have, before the server does.
func CheckText(field string, texts ...string) error {
	for _, text := range texts {
		if !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
			return ports.Invalid(field, "is not valid UTF-8 or holds a zero byte")
		}
	}
	return nil
}

// CheckTime refuses a time that no column can hold.
func CheckTime(field string, t time.Time) error {
	return ports.CheckTime(field, t)
}
