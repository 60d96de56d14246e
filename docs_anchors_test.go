package jigap_test

import (
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/require"
)

// TestPages_anchors: a link to a heading of a page, or of its own page, names a heading that
// is there.
func TestPages_anchors(t *testing.T) {
	t.Parallel()
	links := 0
	for _, page := range pages(t) {
		for _, link := range mdLink.FindAllStringSubmatch(contents(t, page), -1) {
			path, anchor, found := strings.Cut(link[1], "#")
			if !found || strings.Contains(link[1], "://") {
				continue
			}
			links++
			to := page
			if path != "" {
				to = filepath.Join(filepath.Dir(page), path)
			}
			require.Contains(t, anchors(contents(t, to)), anchor, "%s links to %s", page, link[1])
		}
	}
	require.Greater(t, links, 10)
}

var mdFence = regexp.MustCompile("(?ms)^(```|~~~).*?^(```|~~~)$")

// anchors returns the anchors that GitHub gives to the headings of a page.
func anchors(page string) (anchors []string) {
	seen := make(map[string]int)
	for line := range strings.Lines(mdFence.ReplaceAllString(page, "")) {
		level := len(line) - len(strings.TrimLeft(line, "#"))
		heading, found := strings.CutPrefix(line[level:], " ")
		if level == 0 || !found {
			continue
		}
		anchor := strings.Map(func(r rune) rune {
			switch {
			case r == ' ':
				return '-'
			case unicode.IsLetter(r), unicode.IsDigit(r), r == '-', r == '_':
				return unicode.ToLower(r)
			}
			return -1
		}, strings.TrimSpace(heading))
		if n := seen[anchor]; n > 0 {
			anchors = append(anchors, fmt.Sprintf("%s-%d", anchor, n))
		} else {
			anchors = append(anchors, anchor)
		}
		seen[anchor]++
	}
	return anchors
}

// TestPages_anchors_of_headings: headings become anchors as GitHub makes them.
func TestPages_anchors_of_headings(t *testing.T) {
	t.Parallel()
	page := "# The host's own `x` page\n\n```sh\n# no heading\n```\n## Twice\n#tag\n## Twice\n### 한국어, 예\n"
	require.Equal(t, []string{"the-hosts-own-x-page", "twice", "twice-1", "한국어-예"}, anchors(page))
}
