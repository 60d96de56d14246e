package ports_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/ports"
)

type (
	plainCharger  struct{ ports.Charger }
	cancelCharger struct {
		ports.Charger
		ports.Canceler
	}
	traced  struct{ ports.Charger }
	endless struct{ ports.Charger }
)

func (t traced) Unwrap() ports.Charger  { return t.Charger }
func (e endless) Unwrap() ports.Charger { return e }

func TestAs(t *testing.T) {
	t.Parallel()
	able := cancelCharger{}
	for name, tc := range map[string]struct {
		charger ports.Charger
		has     bool
	}{
		"finds_it_in_the_adapter":        {able, true},
		"finds_it_behind_a_decorator":    {traced{able}, true},
		"finds_it_behind_two_decorators": {traced{traced{able}}, true},
		"finds_none_in_the_adapter":      {plainCharger{}, false},
		"finds_none_behind_a_decorator":  {traced{plainCharger{}}, false},
		"finds_none_without_Unwrap":      {plainCharger{able}, false},
		"finds_none_behind_nothing":      {traced{}, false},
		"ends_where_decorators_do_not":   {endless{}, false},
		"finds_none_where_no_adapter_is": {nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			found, has := ports.As[ports.Canceler](tc.charger)
			require.Equal(t, tc.has, has)
			if has {
				require.Equal(t, able, found)
			}
		})
	}
}
