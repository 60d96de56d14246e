package kona

import (
	"regexp"
	"strings"
	"unicode"

	"github.com/jigap/jigap/ports"
)

// maxMessage is how much of a provider's message is kept, in runes.
const maxMessage = 200

var (
	digitRuns = regexp.MustCompile(`[0-9](?:[ .\-]?[0-9]){6,}`)
	tokenRuns = regexp.MustCompile(`[0-9A-Za-z+/_=]{16,}`)
	codeForm  = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.\-]{0,31}$`)
	longDigit = regexp.MustCompile(`[0-9]{4}`)
)

// redact makes a text of the provider or of the network fit to be shown: short, on
// one line, without anything that could be a card number, an account number, a key,
// a token or a ciphertext.
func redact(text string) string {
	text = digitRuns.ReplaceAllString(text, "…")
	text = tokenRuns.ReplaceAllStringFunc(text, func(run string) string {
		if isWord(run) {
			return run
		}
		return "…"
	})
	runes := []rune(strings.Map(visible, text))
	if len(runes) > maxMessage {
		runes = append(runes[:maxMessage], '…')
	}
	return strings.TrimSpace(string(runes))
}

// isWord reports whether a long run is letters alone, as the names of fields are.
func isWord(run string) bool {
	return !strings.ContainsAny(run, "0123456789+/_=") && len(run) <= 40
}

func visible(r rune) rune {
	if r == ' ' || unicode.IsPrint(r) && r != unicode.ReplacementChar {
		return r
	}
	return ' '
}

// cleanCode returns a code as the provider sent it, or nothing when it does not look
// like one: then it may hold anything.
func cleanCode(code string) string {
	if !codeForm.MatchString(code) || longDigit.MatchString(code) {
		return ""
	}
	return code
}

// cleanID returns an id as the provider sent it, or nothing when it is none that a
// record can hold.
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
