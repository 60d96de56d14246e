package solapi_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/solapi"
)

// The vectors were computed with other tools; the keys and secrets are made up.
func TestSign_known_vectors(t *testing.T) {
	t.Parallel()
	const secret2 = "0123456789abcdef0123456789ABCDEF"
	vectors := []struct{ name, key, secret, date, salt, signature string }{
		{"whole seconds", "NCSAYU7YDBXYORXC", "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345", "2019-07-01T00:41:48Z", "jqsba2jxjnrjor", "46e6e14657185ab3d57dab00a4bd7a646049cab6e2141cc1ccfbbd8e2d78bd35"},
		{"local offset", "NCSTESTKEY000002", secret2, "2026-03-13T21:00:00+09:00", "0a1b2c3d4e5f60718293a4b5c6d7e8f9", "2c117f99b0c2cacd26bbd8d824f20569d4aa7fac8646a068424cd2b8f792981f"},
		{"milliseconds and the shortest salt", "NCSTESTKEY000003", "zYxWvUtSrQpOnMlKjIhGfEdCbA987654", "2026-03-13T12:00:00.123Z", "kkkkkkkkkkkk", "1720fa6c313fe3552b775b265ed53f32ccaf7f73351c533ffcc907a0080a6890"},
		{"the same instant in UTC", "NCSTESTKEY000002", secret2, "2026-03-13T12:00:00Z", "0a1b2c3d4e5f60718293a4b5c6d7e8f9", "4f1627207d0ba872546e7170df65d65b05743a72677c9c3b27de69db6f389693"},
		{"the longest salt", "NCSTESTKEY000005", secret2, "2026-12-31T23:59:59Z", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "baae8a5f326a2068f4a41dfddfb00d373f8b7637084c77a5f64458f331a47709"},
	}
	for _, vector := range vectors {
		t.Run(vector.name, func(t *testing.T) {
			t.Parallel()
			credentials := solapi.NewCredentials(vector.key, vector.secret)
			require.Equal(t, vector.signature, solapi.Signature(credentials, vector.date, vector.salt))
		})
	}
}

func TestSign_header_is_as_documented(t *testing.T) {
	t.Parallel()
	credentials := solapi.NewCredentials("NCSAYU7YDBXYORXC", "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345")
	seoul := time.FixedZone("KST", 9*60*60)
	require.Equal(t,
		"HMAC-SHA256 apiKey=NCSAYU7YDBXYORXC, date=2019-07-01T00:41:48Z, salt=jqsba2jxjnrjor, signature=46e6e14657185ab3d57dab00a4bd7a646049cab6e2141cc1ccfbbd8e2d78bd35",
		solapi.Authorization(credentials, time.Date(2019, 7, 1, 9, 41, 48, 999, seoul), "jqsba2jxjnrjor"))
}
