package httpcall_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/httpcall"
)

func TestUnmarshal(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		data string
		good bool
	}{
		"takes an object":                   {`{"a":1,"b":{"a":2},"c":[{"a":3},{"a":4}]}`, true},
		"takes an array":                    {`[1,"a","a",null]`, true},
		"takes a text":                      {`"Success"`, true},
		"refuses a name twice":              {`{"a":1,"a":1}`, false},
		"refuses a name twice deep inside":  {`{"x":[{"y":{"a":1,"a":2}}]}`, false},
		"refuses a name twice in two cases": {`{"isPending":true,"ISPENDING":false}`, false},
		"refuses a name twice by escapes":   {`{"a":1,"\u0061":2}`, false},
		"refuses a name twice by a long s":  {`{"status":"ABORTED","ſtatus":"DONE"}`, false},
		"refuses a name twice by a kelvin":  {`{"key":1,"\u212aey":2}`, false},
		"refuses nothing":                   {``, false},
		"refuses two values":                {`{} {}`, false},
		"refuses what is too deep":          {strings.Repeat("[", 200_000), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out any
			err := httpcall.Unmarshal([]byte(tc.data), &out)
			require.Equal(t, tc.good, err == nil, "%v", err)
		})
	}
}
