package solapi

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/jigap/jigap/adapters/httpcall"
	"github.com/jigap/jigap/ports"
)

// The hosts of the provider: the same API under two brands. Whether a key of one
// works at the other is not documented.
const (
	HostSolapi  = "https://api.solapi.com"
	HostCoolSMS = "https://api.coolsms.co.kr"
)

// Config is how a [Client] reaches the provider. The zero Config works.
type Config struct {
	// BaseURL is the host to ask. It must be https, except to this machine itself,
	// because a header that is seen can be used. Defaults to HostSolapi.
	BaseURL string

	// HTTPClient sends the requests. It stays the host's; redirects are never
	// followed, whatever it says. Its Transport must report to
	// [net/http/httptrace], as net/http's does, for a failure to be recognised as
	// "not sent"; without such reports it is "unknown". It must not repeat requests:
	// an answer to a request that it reports to have sent twice is "unknown".
	// Defaults to a plain client.
	HTTPClient *http.Client

	// Clock dates the requests. Defaults to the clock of the machine.
	Clock ports.Clock

	// Salt returns 12 to 64 letters and digits that were never returned before. It
	// may be called concurrently. Defaults to 32 random ones.
	Salt func() string
}

// Client asks the cash API of one account.
type Client struct {
	// The credentials are reached through functions only, so that no formatting of
	// whatever holds a Client can find them.
	authorize func(now time.Time, salt string) string
	hide      func(text string) string

	base  string
	http  *http.Client
	clock ports.Clock
	salt  func() string
	skew  atomic.Int64 // nanoseconds that the provider's clock is ahead of ours
}

// New returns a client, or a [ports.InvalidError] for what it refuses.
func New(credentials Credentials, config Config) (*Client, error) {
	if err := credentials.check(); err != nil {
		return nil, err
	}
	if config.BaseURL == "" {
		config.BaseURL = HostSolapi
	}
	base, err := httpcall.CheckBase(config.BaseURL)
	if err != nil {
		return nil, err
	}
	c := &Client{
		authorize: credentials.authorization, hide: credentials.hide,
		base: base, http: httpcall.Plain(config.HTTPClient), clock: config.Clock, salt: config.Salt,
	}
	if c.clock == nil {
		c.clock = ports.SystemClock()
	}
	if c.salt == nil {
		c.salt = randomSalt
	}
	return c, nil
}

// now is the time by the provider's clock, as far as it is known.
func (c *Client) now() time.Time {
	return c.clock.Now().Add(time.Duration(c.skew.Load()))
}

// scrub makes a text of the provider or the network fit to be shown.
func (c *Client) scrub(text string) string {
	return httpcall.Redact(c.hide(text))
}

func (c *Client) scrubCode(code string) string {
	if c.hide(code) != code {
		return ""
	}
	return cleanCode(code)
}

// String names the client by its host.
func (c *Client) String() string { return "solapi client of " + c.base }

// Format writes [Client.String], whatever the verb.
func (c *Client) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, c.String()) }

// LogValue is [Client.String].
func (c *Client) LogValue() slog.Value { return slog.StringValue(c.String()) }
