package main

import (
	"bufio"
	"context"
	"go/parser"
	"go/token"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// start runs the command until the test ends, and returns what it prints.
func start(t *testing.T, o options) map[string]string {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	reader, writer := io.Pipe()
	ended := make(chan error, 1)
	o.address, o.seed = "127.0.0.1:0", 1
	go func() { ended <- run(ctx, writer, o) }()
	t.Cleanup(func() {
		stop()
		require.NoError(t, <-ended)
	})
	printed := map[string]string{}
	for scanner := bufio.NewScanner(reader); len(printed) < 7 && scanner.Scan(); {
		name, value, assigned := strings.Cut(scanner.Text(), "=")
		require.True(t, assigned, scanner.Text())
		printed[name] = value
	}
	return printed
}

// commands are the lines of the package comment that call curl.
func commands(t *testing.T) (lines []string) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "main.go", nil, parser.ParseComments)
	require.NoError(t, err)
	for line := range strings.Lines(file.Doc.Text()) {
		if strings.Contains(line, "curl ") {
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	return lines
}

var assignment = regexp.MustCompile(`^([A-Z]+)=\$\((.*)\)$`)

// words splits a command as a shell does, with the values of variables outside of quotes.
func words(line string, values map[string]string) (all []string) {
	var word strings.Builder
	quoted := false
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case c == '\'':
			quoted = !quoted
		case !quoted && c == ' ':
			all = append(all, word.String())
			word.Reset()
		case !quoted && c == '$':
			end := i + 1
			for end < len(line) && line[end] >= 'A' && line[end] <= 'Z' {
				end++
			}
			word.WriteString(values[line[i+1:end]])
			i = end - 1
		default:
			word.WriteByte(c)
		}
	}
	return append(all, word.String())
}

// request makes of the words of a call of curl what it sends.
func request(t *testing.T, args []string) *http.Request {
	t.Helper()
	method, body, address := http.MethodGet, "", ""
	header, user := http.Header{}, ""
	for i := 1; i < len(args); i++ {
		switch args[i] {
		case "-s":
		case "-u":
			i++
			user = args[i]
		case "-X":
			i++
			method = args[i]
		case "-H":
			i++
			name, value, _ := strings.Cut(args[i], ": ")
			header.Set(name, value)
		case "-d":
			i++
			method, body = http.MethodPost, args[i]
		default:
			require.Empty(t, address, "%q", args)
			address = args[i]
		}
	}
	made, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(body))
	require.NoError(t, err)
	made.Header = header
	if name, password, given := strings.Cut(user, ":"); given {
		made.SetBasicAuth(name, password)
	}
	return made
}

func send(t *testing.T, r *http.Request) (status int, body string) {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Do(r)
	require.NoError(t, err)
	defer func() { require.NoError(t, response.Body.Close()) }()
	data, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return response.StatusCode, string(data)
}

// Each call that the package comment documents succeeds, in its order and with the values
// that the command prints.
func TestCommand_documented_calls(t *testing.T) {
	t.Parallel()
	values := start(t, options{})
	lines := commands(t)
	answers := []string{ // what is in the answer to each
		`"status":"DONE"`, `"orderId":"order-1"`, "bln_", `"customerKey":"customer-1"`, "tsim_", "orderId=order-2", `"status":"DONE"`, `"status":"PARTIAL_CANCELED"`,
		`"status":"WAITING_FOR_DEPOSIT"`, "done", `"status":"DONE"`, `"amount":1000,`, `"Executions":1`,
	}
	require.Len(t, lines, len(answers))
	for i, line := range lines {
		variable := ""
		if parts := assignment.FindStringSubmatch(line); parts != nil {
			variable, line = parts[1], parts[2]
		}
		status, body := send(t, request(t, words(line, values)))
		require.Equal(t, http.StatusOK, status, "%s: %s", line, body)
		require.Contains(t, body, answers[i], line)
		if variable != "" {
			values[variable] = strings.TrimSpace(body)
		}
	}
}

func TestCommand_calls_of_the_simulator_alone(t *testing.T) {
	t.Parallel()
	values := start(t, options{})
	call := func(path string) (int, string) {
		made, err := http.NewRequestWithContext(t.Context(), http.MethodPost, values["ADDRESS"]+path, http.NoBody)
		require.NoError(t, err)
		return send(t, made)
	}
	for path, wanted := range map[string]int{
		"/sim/windows?orderId=order-1&amount=x": 400, "/sim/windows?orderId=order-1&amount=1000&method=CASH": 400, "/sim/windows?amount=1000": 400,
		"/sim/windows?orderId=order-1&amount=1000&method=ACCOUNT": 200, "/sim/authenticate?paymentKey=other": 404, "/sim/deposit?orderId=other": 404,
		"/sim/deposit-error?orderId=other": 404, "/sim/settle-payouts?done=false": 404, "/sim/auth-keys": 400, "/sim/other": 404,
	} {
		status, body := call(path)
		require.Equal(t, wanted, status, "%s: %s", path, body)
	}
}

// A webhook is posted to the URL, at a tick.
func TestCommand_webhook(t *testing.T) {
	t.Parallel()
	received := make(chan string, 1)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err == nil && r.Header.Get("Tosspayments-Webhook-Transmission-Id") != "" {
			received <- string(body)
		}
	}))
	t.Cleanup(server.Close)
	tick := make(chan time.Time)
	values := start(t, options{webhook: server.URL, tick: tick})
	for _, line := range commands(t)[:8] { // up to the confirmation and the cancellation of a window
		variable := ""
		if parts := assignment.FindStringSubmatch(line); parts != nil {
			variable, line = parts[1], parts[2]
		}
		_, body := send(t, request(t, words(line, values)))
		if variable != "" {
			values[variable] = strings.TrimSpace(body)
		}
	}
	tick <- time.Time{}
	require.Contains(t, <-received, `"status":"DONE"`)
	require.Contains(t, <-received, `"status":"PARTIAL_CANCELED"`)
}
