package portstest

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"unicode"
)

// The last characters of a secret that no text may show: a mask leaves less.
const (
	longSecret = 12 // a shorter one is looked for as a whole only
	tailOfText = 8
	tailOfNum  = 6 // of a secret of digits, where no other digit is next to them
)

// formsOfSecrets has what secretForms returned, by secret: many answers are looked at.
var formsOfSecrets sync.Map

// shown tells in what form a text shows one of the secrets. It is blank where the text shows
// none.
func shown(text string, secrets []string) string {
	texts := append(stringsIn(text), text)
	for _, secret := range secrets {
		if secret == "" {
			continue
		}
		forms, known := formsOfSecrets.Load(secret)
		if !known {
			forms, _ = formsOfSecrets.LoadOrStore(secret, secretForms(secret))
		}
		finders, _ := forms.(map[string]func(text string) bool)
		for form, contains := range finders {
			for _, text := range texts {
				if contains(text) {
					return form
				}
			}
		}
	}
	return ""
}

// secretForms are the forms of a secret, with what finds them.
func secretForms(secret string) map[string]func(text string) bool {
	contains := func(parts ...string) func(text string) bool {
		return func(text string) bool {
			for _, part := range parts {
				if strings.Contains(text, part) {
					return true
				}
			}
			return false
		}
	}
	plain := together(secret)
	forms := map[string]func(text string) bool{
		"as it is":       contains(secret, url.QueryEscape(secret), url.PathEscape(secret)),
		"in hexadecimal": contains(hexForms(secret, plain)...),
		"in base64":      contains(append(base64Forms(secret), base64Forms(plain)...)...),
	}
	if len(plain) < tailOfText {
		return forms
	}
	forms["without its dashes and blanks"] = func(text string) bool { return strings.Contains(together(text), plain) }
	if len(plain) < longSecret {
		return forms
	}
	if strings.Trim(plain, "0123456789") == "" {
		var tails []string
		for first := 1; first <= len(plain)-tailOfNum; first++ {
			tails = append(tails, plain[first:])
		}
		tail := regexp.MustCompile(`(^|\D)(` + strings.Join(tails, "|") + `)($|\D)`)
		forms["but for its first digits"] = tail.MatchString
	} else {
		forms["but for its first characters"] = contains(secret[len(secret)-tailOfText:])
	}
	return forms
}

// together is a text without dashes and blanks.
func together(text string) string {
	return strings.Map(func(r rune) rune {
		if r == '-' || unicode.IsSpace(r) {
			return -1
		}
		return r
	}, text)
}

func hexForms(secrets ...string) []string {
	var forms []string
	for _, secret := range secrets {
		text := hex.EncodeToString([]byte(secret))
		forms = append(forms, text, strings.ToUpper(text))
	}
	return forms
}

// base64Forms are the characters of a base64 text that a secret in it decides, wherever in the
// text it begins.
func base64Forms(secret string) []string {
	if len(secret) < 4 {
		return nil
	}
	var forms []string
	for before := range 3 {
		bytes := append(make([]byte, before), secret...)
		first, end := (before*8+5)/6, len(bytes)*8/6
		for _, encoding := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
			forms = append(forms, encoding.EncodeToString(bytes)[first:end])
		}
	}
	return forms
}

// stringsIn returns the strings of a text that is JSON.
func stringsIn(text string) []string {
	var value any
	if json.Unmarshal([]byte(text), &value) != nil {
		return nil
	}
	var found []string
	var walk func(value any)
	walk = func(value any) {
		switch value := value.(type) {
		case string:
			found = append(found, value)
		case []any:
			for _, item := range value {
				walk(item)
			}
		case map[string]any:
			for key, item := range value {
				found = append(found, key)
				walk(item)
			}
		}
	}
	walk(value)
	return found
}
