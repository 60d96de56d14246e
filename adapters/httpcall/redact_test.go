package httpcall_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/httpcall"
)

func TestRedact(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"card declined (402)":                         "card declined (402)",
		"한도 초과 10,000원":                               "한도 초과 10,000원",
		"SignatureDoesNotMatch":                       "SignatureDoesNotMatch",
		"card 4111-1111 1111.1111!":                   "card …!",
		"tel 123456":                                  "tel 123456",
		"tel 1234567":                                 "tel …",
		"key NCSAYU7YDBXYORXC":                        "key …",
		"two\nlines\tand \x00\xff":                    "two lines and",
		strings.Repeat("가", 201):                      strings.Repeat("가", 200) + "…",
		strings.Repeat("a", 40):                       strings.Repeat("a", 40),
		strings.Repeat("a", 41):                       "…",
		"eyJhbGciOiJub25lIn0.e30":                     "….e30",
		" POST \"https://host/cash/v1/balance\": EOF": "POST \"https:…\": EOF",
	} {
		require.Equal(t, want, httpcall.Redact(text), "%q", text)
	}
}

func TestCode(t *testing.T) {
	t.Parallel()
	form := regexp.MustCompile(`^[A-Za-z0-9_]{1,32}$`)
	for code, want := range map[string]string{
		"007_004": "007_004", "CardDeclined": "CardDeclined", "": "", "a b": "", "card_4111": "", "A123": "A123",
	} {
		require.Equal(t, want, httpcall.Code(code, form), "%q", code)
	}
}

// FuzzRedact plants numbers and a token into any text.
func FuzzRedact(f *testing.F) {
	for _, text := range []string{"", "card %s declined", "a-b 12 %s", "\xff", "9%s9", "-%s-", "é%s"} {
		f.Add(text, text)
	}
	f.Fuzz(func(t *testing.T, before, after string) {
		for _, secret := range []string{"4111111111111111", "4111 1111 1111 1111", "0235-2352-35235235", "0123456789abcdef0123456789ABCDEF", "46e6e14657185ab3d57dab00a4bd7a646049cab6"} {
			text := httpcall.Redact(before + secret + after)
			require.NotContains(t, text, secret)
			require.LessOrEqual(t, len([]rune(text)), 201)
			require.NotContains(t, text, "\n")
		}
	})
}
