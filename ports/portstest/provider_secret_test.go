package portstest //nolint:testpackage // it reads what scenarios look for

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
)

// A secret is found in each form in which a text can tell it, and what is masked as it may be
// is not taken for one.
func TestShown(t *testing.T) {
	t.Parallel()
	const key, account = "sk_live/+secret\"1", "110-123-456789"
	secrets := []string{account, key}
	stored := func(text string) string {
		data, err := json.Marshal(map[string]any{"Message": text})
		require.NoError(t, err)
		return string(data)
	}
	encoded := base64.StdEncoding.EncodeToString
	for name, text := range map[string]string{
		"as it is": key, "in a sentence": "the key " + key + " is refused", "in JSON": stored(key), "in the query of an address": "?key=sk_live%2F%2Bsecret%221",
		"in base64": encoded([]byte(key)), "in base64 with what precedes it": encoded([]byte("u:" + key)), "in base64 with what follows": encoded([]byte("user" + key + ":")),
		"in base64 for addresses": base64.URLEncoding.EncodeToString([]byte(key)), "in base64 without padding": base64.RawStdEncoding.EncodeToString([]byte(key)),
		"in hexadecimal": hex.EncodeToString([]byte(account)), "without dashes": "account 110123456789", "with blanks": "110 123 456789",
		"in base64 without dashes": encoded([]byte("110123456789")), "masked but for six digits": "account *****456789", "masked but for nine digits": "account ***123456789", "masked but for its tail": "key ****/+secret\"1",
	} {
		require.NotEmpty(t, shown(text, secrets), name)
	}
	for name, text := range map[string]string{
		"a blank text": "", "another key": "sk_live_other", "a number that has the digits": "ref 1456789001", "masked but for four digits": "110-***-**6789",
		"a word of it": "the secret is refused",
	} {
		require.Empty(t, shown(text, append(secrets, "")), name)
	}
}
