package kona

import (
	"regexp"
	"strings"

	"github.com/jigap/jigap/adapters/httpcall"
	"github.com/jigap/jigap/ports"
)

var codeForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.\-]{0,31}$`)

// cleanCode returns a code as the provider sent it, or nothing when it does not look
// like one.
func cleanCode(code string) string { return httpcall.Code(code, codeForm) }

// cleanID returns an id as the provider sent it, or nothing if no record can
// hold it.
func cleanID(id string) string {
	if len(id) > maxNumber || ports.CheckID("id", id) != nil {
		return ""
	}
	return id
}

// hideAll replaces what must not be seen.
func hideAll(text string, hidden []string) string {
	for _, secret := range hidden {
		if secret != "" {
			text = strings.ReplaceAll(text, secret, "…")
		}
	}
	return text
}
