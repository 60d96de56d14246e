package main

import (
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// curlLine is how the README writes a request.
var curlLine = regexp.MustCompile(`(?m)^curl (?:-X (\w+) )?"?\$HOST([^\s"]+)"?(?: -H 'Idempotency-Key: ([^']+)')?(?: -d '(.*)')?$`)

// setLine is how the README sets a variable from the answer before it.
var setLine = regexp.MustCompile(`^([A-Z]+)=…  # ([a-z_A-Z.]+) in the answer`)

// pick returns the text at a path in an answer.
func pick(t *testing.T, answer fields, path string) string {
	t.Helper()
	var value any = answer
	for name := range strings.SplitSeq(path, ".") {
		object, _ := value.(fields)
		value = object[name]
	}
	text, _ := value.(string)
	require.NotEmpty(t, text, "%s in %v", path, answer)
	return text
}

// TestReadme_curl_lines sends every request of the README, in order, and finds that
// each succeeds and that no endpoint is left out.
func TestReadme_curl_lines(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("README.md")
	require.NoError(t, err)
	h := newPlace(t).startLooking(t, time.Hour) // the trigger alone recharges
	known, sent := map[string]string{}, 0
	var answer fields
	var used []string
	for text := range strings.Lines(string(text)) {
		if set := setLine.FindStringSubmatch(text); set != nil {
			known["$"+set[1]] = pick(t, answer, set[2])
			continue
		}
		line := curlLine.FindStringSubmatch(strings.TrimSuffix(text, "\n"))
		if line == nil {
			continue
		}
		method, path, key := line[1], line[2], line[3]
		body := strings.ReplaceAll(line[4], "'", "") // the shell's quotes around a variable
		if method == "" {
			method = http.MethodGet
		}
		for name, value := range known {
			path, body = strings.ReplaceAll(path, name, value), strings.ReplaceAll(body, name, value)
		}
		h.trigger.Wait() // a reader is slower than that
		var status int
		status, answer = h.send(method, path, key, body)
		require.Less(t, status, 300, "%s: %v", line[0], answer)
		used = append(used, method+" "+path)
		sent++
	}
	require.Equal(t, strings.Count(string(text), "\ncurl "), sent, "every line is understood")
	for pattern := range h.endpoints() {
		shape := regexp.MustCompile("^" + strings.ReplaceAll(pattern, "{id}", "[^/?]+") + `(\?.*)?$`)
		require.True(t, slices.ContainsFunc(used, shape.MatchString), "%s is not in the README", pattern)
	}
}

// TestReadme_variables: each variable of a curl line is set in a line
// before it.
func TestReadme_variables(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("README.md")
	require.NoError(t, err)
	set, used := regexp.MustCompile(`^([A-Z]+)=`), regexp.MustCompile(`\$([A-Z]+)`)
	known, seen := map[string]bool{}, 0
	for line := range strings.Lines(string(text)) {
		if name := set.FindStringSubmatch(line); name != nil {
			known[name[1]] = true
		}
		if !strings.HasPrefix(line, "curl ") {
			continue
		}
		for _, name := range used.FindAllStringSubmatch(line, -1) {
			require.True(t, known[name[1]], "%s is not set before: %s", name[1], line)
			seen++
		}
	}
	require.Greater(t, seen, 10)
}
