package ports_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/ports"
)

// TestAJourneyIsStoredBesideTheRest: what a store holds of a recharge or a cancellation
// is one flat record, as it was before they shared a type for their journeys.
func TestAJourneyIsStoredBesideTheRest(t *testing.T) {
	t.Parallel()
	for _, kind := range []ports.OperationKind{ports.KindRecharge, ports.KindCancellation} {
		stored := `{"ID":"r-1","Kind":"` + string(kind) + `","Status":"unknown","Evidence":"AAE=","Transmissions":2,
			"SentAt":"2026-11-01T00:00:00Z","Inquiries":3,"Answer":{"Outcome":"pending","Code":"P1"},"Why":"why",
			"Decisions":[{"What":"inquire","Who":"kim"}]}`
		op, err := ports.DecodeOperation(kind, []byte(stored))
		require.NoError(t, err)
		var journey ports.Journey
		switch record := op.(type) {
		case *ports.Recharge:
			journey = record.Journey
		case *ports.Cancellation:
			journey = record.Journey
		}
		require.Equal(t, []byte{0, 1}, journey.Evidence)
		require.Equal(t, 2, journey.Transmissions)
		require.Equal(t, 3, journey.Inquiries)
		require.Equal(t, "P1", journey.Answer.Code)
		require.Equal(t, "why", journey.Why)
		require.Equal(t, "kim", journey.Decisions[0].Who)
		require.Equal(t, 2026, journey.SentAt.Year())
		again, err := ports.EncodeOperation(op)
		require.NoError(t, err)
		require.NotContains(t, string(again), "Journey")
	}
}
