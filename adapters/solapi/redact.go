package solapi

import (
	"regexp"

	"github.com/jigap/jigap/adapters/httpcall"
	"github.com/jigap/jigap/ports"
)

var codeForm = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_.]{0,47}$`)

// cleanCode returns an error code as the provider sent it, or nothing when it does
// not look like one.
func cleanCode(code string) string { return httpcall.Code(code, codeForm) }

// cleanID returns an id as the provider sent it, or nothing if no record can
// hold it.
func cleanID(id string) string {
	if ports.CheckID("id", id) != nil {
		return ""
	}
	return id
}
