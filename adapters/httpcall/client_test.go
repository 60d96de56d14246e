package httpcall_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/httpcall"
	"github.com/jigap/jigap/ports"
)

func TestBase(t *testing.T) {
	t.Parallel()
	for base, want := range map[string]string{
		"https://api.solapi.com": "https://api.solapi.com", "https://host:8443/open-api/": "https://host:8443/open-api",
		"http://localhost:80/": "http://localhost:80", "http://127.0.0.1": "http://127.0.0.1", "http://[::1]:1": "http://[::1]:1",
		"http://api.solapi.com": "", "http://10.0.0.1": "", "http://127.0.0.1.example": "", "ftp://127.0.0.1": "", "host": "", "": "",
		"https://": "", "https://user:pw@host": "", "https://host?x=1": "", "https://host#x": "", "://": "",
	} {
		got, err := httpcall.CheckBase(base)
		require.Equal(t, want, got, base)
		if want == "" {
			require.ErrorIs(t, err, ports.ErrInvalid, base)
		}
	}
}

// The host's client stays as it is; its copy follows nothing.
func TestPlain_follows_no_redirect(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.RedirectHandler("/elsewhere", http.StatusTemporaryRedirect))
	t.Cleanup(server.Close)
	host := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	for _, client := range []*http.Client{httpcall.Plain(host), httpcall.Plain(nil)} {
		answer, left, err := httpcall.Send(client, request(t, server.URL))
		require.NoError(t, err)
		require.True(t, left)
		require.Equal(t, http.StatusTemporaryRedirect, answer.Status)
		client.CloseIdleConnections()
	}
	require.Nil(t, host.CheckRedirect)
}
