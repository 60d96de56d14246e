package kona

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"

	"github.com/jigap/jigap/adapters/httpcall"
	"github.com/jigap/jigap/ports"
)

// SandboxURL is the base of the sandbox (documented). Those of the other environments
// are part of a contract.
const SandboxURL = "https://sandbox.konaplate.com/open-api"

// Config is how a [Client] reaches the provider.
type Config struct {
	// BaseURL is what the paths of the API follow. It must be https, except to this
	// machine itself. Required: there is no default, so that a field that is left out
	// never leads to production.
	BaseURL string

	// HTTPClient sends the requests. It stays the host's; redirects are never
	// followed, whatever it says. Its Transport must report to
	// [net/http/httptrace], as net/http's does, for a failure to be recognised as
	// "not sent"; without such reports it is "unknown". It must not repeat requests:
	// an answer to a request that it reports to have sent twice is "unknown".
	// Defaults to a plain client.
	HTTPClient *http.Client

	// Clock dates the requests and measures the life of tokens. Its times should
	// carry a monotonic reading, as those of time.Now do. Defaults to the clock of
	// the machine.
	Clock ports.Clock
}

// Client asks the API of one project.
type Client struct {
	credentials Credentials
	base        string
	http        *http.Client
	clock       ports.Clock
	random      func() [4]byte
}

// New returns a client, or a [ports.InvalidError] for each thing that it refuses.
func New(credentials Credentials, config Config) (*Client, error) {
	if err := credentials.check(); err != nil {
		return nil, err
	}
	base, err := httpcall.CheckBase(config.BaseURL)
	if err != nil {
		return nil, err
	}
	c := &Client{credentials: credentials, base: base, http: httpcall.Plain(config.HTTPClient), clock: config.Clock, random: randomBytes}
	if c.clock == nil {
		c.clock = ports.SystemClock()
	}
	return c, nil
}

// scrub makes a text of the provider or the network fit to be shown. A request's own
// secrets are hidden in addition to those of the project.
func (c *Client) scrub(text string, hidden []string) string {
	return httpcall.Redact(hideAll(c.credentials.hide(text), hidden))
}

func (c *Client) scrubCode(code string, hidden []string) string {
	if hideAll(c.credentials.hide(code), hidden) != code {
		return ""
	}
	return cleanCode(code)
}

// String names the client by its host.
func (c *Client) String() string { return "kona client of " + c.base }

// Format writes [Client.String], whatever the verb.
func (c *Client) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, c.String()) }

// LogValue is [Client.String].
func (c *Client) LogValue() slog.Value { return slog.StringValue(c.String()) }
