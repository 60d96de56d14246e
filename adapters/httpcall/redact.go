package httpcall

import (
	"regexp"
	"strings"
	"unicode"
)

// maxMessage is how much of a provider's message is kept, in runes.
const maxMessage = 200

var (
	digitRuns = regexp.MustCompile(`[0-9](?:[ .\-]?[0-9]){6,}`)
	tokenRuns = regexp.MustCompile(`[0-9A-Za-z+/_=]{16,}`)
	longDigit = regexp.MustCompile(`[0-9]{4}`)
)

// Redact makes a text of the provider or of the network fit to be shown: short, on one
// line, without anything that could be a card number, an account number, a key, a secret,
// a token, a signature or a ciphertext: at most 200 characters, in which runs of seven or
// more digits, and of 16 or more letters, digits and signs that are no plain word, are "…".
func Redact(text string) string {
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

// isWord reports whether a long run is letters alone, as words and the names of fields
// and errors are.
func isWord(run string) bool {
	return !strings.ContainsAny(run, "0123456789+/_=") && len(run) <= 40
}

func visible(r rune) rune {
	if r == ' ' || unicode.IsPrint(r) && r != unicode.ReplacementChar {
		return r
	}
	return ' '
}

// Code returns a provider's code as it was sent, or nothing when it does not have the
// form of one or holds a long number: then it may hold anything.
func Code(code string, form *regexp.Regexp) string {
	if !form.MatchString(code) || longDigit.MatchString(code) {
		return ""
	}
	return code
}
