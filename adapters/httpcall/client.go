package httpcall

import (
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/jigap/jigap/ports"
)

// Plain returns a copy of the host's client, nil for a new one, that follows no
// redirect.
func Plain(host *http.Client) *http.Client {
	if host == nil {
		host = new(http.Client)
	}
	copied := *host
	copied.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &copied
}

// CheckBase returns the URL that the paths of an API follow, without a slash at its end,
// or a [ports.InvalidError] for the field BaseURL. It must be https, except to this
// machine itself.
func CheckBase(base string) (string, error) {
	u, err := url.Parse(base)
	switch {
	case err != nil:
		return "", ports.Invalid("BaseURL", "is not a URL")
	case u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return "", ports.Invalid("BaseURL", "must be a scheme, a host and at most a path")
	case u.Scheme != "https" && (u.Scheme != "http" || !loopback(u.Hostname())):
		return "", ports.Invalid("BaseURL", "must be https, except to this machine itself")
	}
	return strings.TrimRight(u.String(), "/"), nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
