package main

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestStory runs the quickstart; it checks itself.
func TestStory(t *testing.T) {
	t.Parallel()
	require.NoError(t, run(t.Context()))
}
