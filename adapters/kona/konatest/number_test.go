package konatest_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/kona/konatest"
)

// ask sends a body that the test signs, and returns the code of the answer.
func ask(t *testing.T, sim *konatest.Simulator, path, body string) string {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://sim"+path, strings.NewReader(body))
	require.NoError(t, err)
	project := sim.Project()
	mac := hmac.New(sha256.New, []byte(project.Secret))
	mac.Write([]byte(body))
	for name, value := range map[string]string{
		"X-KM-User-AspId": project.ASPID, "X-KM-Access-Key": project.AccessKey, "X-KM-Correlation-Id": "260313120000-abcdef0",
		"X-KM-Tran-Token": "KMV1:20260313120000000:" + base64.StdEncoding.EncodeToString(mac.Sum(nil)),
		"X-KM-Tran-Time":  "20260313120000", "X-KM-Time-Zone": "KST",
	} {
		request.Header.Set(name, value)
	}
	response, err := sim.Transport().RoundTrip(request)
	require.NoError(t, err)
	defer func() { require.NoError(t, response.Body.Close()) }()
	var answer struct {
		Response struct{ Code string }
	}
	require.NoError(t, json.NewDecoder(response.Body).Decode(&answer))
	return answer.Response.Code
}

// Amounts and members are numbers (documented). A client that sends them as texts must not
// learn here that it may.
func TestSimulator_charge(t *testing.T) {
	t.Parallel()
	sim := konatest.New(konatest.Config{Clock: konatest.NewClock(time.Date(2026, 3, 13, 3, 0, 0, 0, time.UTC)), Seed: 1})
	member := sim.NewMember(konatest.MemberConfig{UserID: 41000000001})
	body := func(user, amount string) string {
		return fmt.Sprintf(`{"sequenceId":"s","userId":%s,"amount":%s,"oneTimeToken":"0123456789012345","dcvv":"012","merchantId":"m"}`, user, amount)
	}
	user := fmt.Sprint(member.UserID())
	const path = "/api/v1/recharges/by-bank-accounts/no-hce"
	require.Equal(t, konatest.CodeToken, ask(t, sim, path, body(user, "30000")), "the numbers pass")
	require.Equal(t, "000_002", ask(t, sim, path, body(user, `"30000"`)))
	require.Equal(t, "000_002", ask(t, sim, path, body(`"`+user+`"`, "30000")))
}
