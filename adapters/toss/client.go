package toss

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/jigap/jigap/adapters/httpcall"
	"github.com/jigap/jigap/ports"
)

const (
	// BaseURL is the base of the API, of test and live shops alike: the key alone decides
	// (documented).
	BaseURL = "https://api.tosspayments.com"
	// Version is the newest version of the API that this package was written for (documented). A
	// shop chooses its version in the developer centre, and no request tells it.
	Version = "2024-06-01"
)

// Config is how a [Client] reaches the provider. The zero Config works.
type Config struct {
	// BaseURL is what the paths of the API follow. It must be https, except to this machine itself.
	// Defaults to [BaseURL].
	BaseURL string

	// HTTPClient sends the requests. It stays the host's; redirects are never followed, whatever it
	// says. Its Transport must report to [net/http/httptrace], as net/http's does, for a failure to
	// be recognised as "not sent"; without such reports it is "unknown". It must not repeat
	// requests: an answer to a request that it reports to have sent twice is "unknown". Defaults to
	// a plain client.
	HTTPClient *http.Client

	// Clock dates what is asked and judged. Defaults to the clock of the machine.
	Clock ports.Clock

	// Version is the version of the API that the shop has chosen. An answer of another one is read
	// all the same, and Logger is told of it once, and of ten versions at most. Defaults to [Version].
	Version string

	// Logger receives one line at level Warn for each unexpected version, for ten versions at most.
	// Defaults to silence.
	Logger *slog.Logger

	// TestCode has the provider answer charges and confirmations with an error code, for tests of
	// the host (documented). New refuses it with a live key.
	TestCode string
}

// Client asks the API of one shop.
type Client struct {
	key      SecretKey
	base     string
	http     *http.Client
	clock    ports.Clock
	version  string
	log      *slog.Logger
	testCode string
	rowsMost int // of a list
	told     toldVersions
}

// mostVersions bounds how many versions the log is told of.
const mostVersions = 10

// toldVersions are the versions that the log was told of.
type toldVersions struct {
	lock sync.Mutex
	all  []string
}

// first reports whether a version is to be told of: once, and not after mostVersions others.
func (t *toldVersions) first(version string) bool {
	t.lock.Lock()
	defer t.lock.Unlock()
	if len(t.all) >= mostVersions || slices.Contains(t.all, version) {
		return false
	}
	t.all = append(t.all, version)
	return true
}

var testCodeForm = regexp.MustCompile(`^[A-Z0-9_]{1,100}$`)

// New returns a client, or a [ports.InvalidError] for each thing that it refuses.
func New(key SecretKey, config Config) (*Client, error) {
	if config.BaseURL == "" {
		config.BaseURL = BaseURL
	}
	base, err := httpcall.CheckBase(config.BaseURL)
	err = ports.Join(key.check(), err)
	if config.TestCode != "" && key.live {
		err = ports.Join(err, ports.Invalid("TestCode", "is for test keys only"))
	}
	if config.TestCode != "" && !testCodeForm.MatchString(config.TestCode) {
		err = ports.Join(err, ports.Invalid("TestCode", "is not an error code of the provider"))
	}
	if err != nil {
		return nil, err
	}
	c := &Client{
		key: key, base: base, http: httpcall.Plain(config.HTTPClient), clock: config.Clock,
		version: config.Version, log: config.Logger, testCode: config.TestCode, rowsMost: mostRows,
	}
	if c.clock == nil {
		c.clock = ports.SystemClock()
	}
	if c.version == "" {
		c.version = Version
	}
	if c.log == nil {
		c.log = slog.New(slog.DiscardHandler)
	}
	return c, nil
}

// scrub makes a text of the provider or the network fit to be shown. A request's own secrets are
// hidden in addition to the key.
func (c *Client) scrub(text string, hidden []string) string {
	return httpcall.Redact(hideAll(c.key.hide(text), hidden))
}

// scrubCode returns a code as the provider sent it, or nothing when it does not look like one.
func (c *Client) scrubCode(code string, hidden []string) string {
	if hideAll(c.key.hide(code), hidden) != code {
		return ""
	}
	return httpcall.Code(code, codeForm)
}

var (
	codeForm = regexp.MustCompile(`^[A-Z][A-Z0-9_]{0,99}$`)
	// traceForm is 16 to 32 hexadecimal digits, or a UUID (inferred). Anything else is not shown.
	traceForm = regexp.MustCompile(`^(?i:[0-9a-f]{16,32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$`)
	digits    = regexp.MustCompile(`^[0-9]+$`) // may be the number of a card
	// versionForm is a day (documented).
	versionForm = regexp.MustCompile(`^[0-9]{4}-[0-9]{2}-[0-9]{2}$`)
)

// hideAll replaces what must not be seen.
func hideAll(text string, hidden []string) string {
	for _, secret := range hidden {
		if secret != "" {
			text = strings.ReplaceAll(text, secret, "…")
		}
	}
	return text
}

// String names the client by its host.
func (c *Client) String() string { return "toss client of " + c.base }

// Format writes [Client.String], whatever the verb.
func (c *Client) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, c.String()) }

// LogValue is [Client.String].
func (c *Client) LogValue() slog.Value { return slog.StringValue(c.String()) }
