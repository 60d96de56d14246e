package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestRead: a body that two readers may understand differently is a bad request.
func TestRead(t *testing.T) {
	t.Parallel()
	type order struct {
		Amount string `json:"amount"`
		Items  []struct {
			Name string `json:"name"`
		} `json:"items"`
	}
	request := func(body string, keys ...string) *http.Request {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPut, "/", strings.NewReader(body))
		r.Header["Idempotency-Key"] = keys
		return r
	}
	for name, body := range map[string]string{
		"null":                         "null",
		"list":                         "[]",
		"nothing":                      "",
		"field_twice":                  `{"amount":"1","amount":"2"}`,
		"field_twice_in_other_letters": `{"amount":"1","Amount":"2"}`,
		"field_twice_further_down":     `{"items":[{"name":"a"},{"name":"a","name":"b"}]}`,
		"no_UTF-8":                     "{\"amount\":\"1\xff\"}",
		"unknown_field":                `{"amounts":"1"}`,
		"two_values":                   `{"amount":"1"}{}`,
		"rubbish_behind":               `{"amount":"1"}}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.ErrorIs(t, read(request(body), new(order)), errRequest)
		})
	}
	t.Run("accepts_an_object", func(t *testing.T) {
		t.Parallel()
		var got order
		key, err := readKeyed(request(` {"amount":"1","items":[{"name":"가"},{"name":"b"}]} `, "k"), &got)
		require.NoError(t, err)
		require.Equal(t, "k", key)
		require.Equal(t, "1", got.Amount)
		require.Equal(t, "가", got.Items[0].Name)
	})
	t.Run("wants_one_key", func(t *testing.T) {
		t.Parallel()
		for _, keys := range [][]string{nil, {""}, {"a", "b"}, {"a", "a"}} {
			_, err := readKeyed(request("{}", keys...), new(order))
			require.ErrorIs(t, err, errRequest, "%q", keys)
		}
	})
}
