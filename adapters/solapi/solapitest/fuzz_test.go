package solapitest_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/solapi/solapitest"
)

// FuzzParseAuthorization feeds any header to the parser. What it accepts is whole,
// and reads the same when it is written again.
func FuzzParseAuthorization(f *testing.F) {
	for _, header := range []string{
		"HMAC-SHA256 apiKey=NCSAYU7YDBXYORXC, date=2019-07-01T00:41:48Z, salt=jqsba2jxjnrjor, signature=46e6",
		"HMAC-MD5 ApiKey=k,Date=2026-03-13T21:00:00.123456789+09:00,SALT=s,signature=x", "HMAC-SHA256 ", "", "Bearer x",
		"HMAC-SHA256 apiKey=a=b, date=2019-07-01T00:41:48Z, salt==, signature=,", "HMAC-SHA256 apiKey=a, apiKey=b",
	} {
		f.Add(header)
	}
	f.Fuzz(func(t *testing.T, header string) {
		auth, err := solapitest.ParseAuthorization(header)
		if err != nil {
			require.Zero(t, auth)
			return
		}
		again, err := solapitest.ParseAuthorization(auth.Scheme + " apiKey=" + auth.APIKey + ", date=" + auth.Date + ", salt=" + auth.Salt + ", signature=" + auth.Signature)
		require.NoError(t, err)
		require.Equal(t, auth, again)
		require.False(t, auth.At.IsZero() && auth.APIKey == "")
	})
}
