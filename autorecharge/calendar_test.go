package autorecharge_test

import (
	"testing"
	"time"
	_ "time/tzdata" // the zones, wherever the tests run

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/autorecharge"
	"github.com/jigap/jigap/ports"
)

func utc(text string) time.Time {
	at, err := time.Parse("2006-01-02 15:04", text)
	if err != nil {
		panic(err)
	}
	return at
}

// skew is how much longer a day and a month count at both ends.
const skew = 10 * time.Second

// TestCalendar_a_day_begins_with_its_first_instant, also where midnight does not exist, or is
// twice. All times are UTC.
func TestCalendar_a_day_begins_with_its_first_instant(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		zone       string
		now        string
		last       string // the last instant, to a minute, of the day before
		first      string // of the day
		next       string // day
		nextMonth  string
		monthBegan string
	}{
		"Seoul, at noon":                      {"Asia/Seoul", "2026-11-15 03:00", "2026-11-14 14:59", "2026-11-14 15:00", "2026-11-15 15:00", "2026-11-30 15:00", "2026-10-31 15:00"},
		"Seoul, at midnight of a month's end": {"Asia/Seoul", "2026-10-31 15:00", "2026-10-31 14:59", "2026-10-31 15:00", "2026-11-01 15:00", "2026-11-30 15:00", "2026-10-31 15:00"},
		"Santiago, before no midnight":        {"America/Santiago", "2026-09-06 03:30", "2026-09-05 03:59", "2026-09-05 04:00", "2026-09-06 04:00", "2026-10-01 03:00", "2026-09-01 04:00"},
		"Santiago, after no midnight":         {"America/Santiago", "2026-09-06 04:00", "2026-09-06 03:59", "2026-09-06 04:00", "2026-09-07 03:00", "2026-10-01 03:00", "2026-09-01 04:00"},
		"Santiago, the hour that is twice":    {"America/Santiago", "2026-04-05 03:30", "2026-04-04 02:59", "2026-04-04 03:00", "2026-04-05 04:00", "2026-05-01 04:00", "2026-04-01 03:00"},
		"Havana, before no midnight":          {"America/Havana", "2026-03-08 04:59", "2026-03-07 04:59", "2026-03-07 05:00", "2026-03-08 05:00", "2026-04-01 04:00", "2026-03-01 05:00"},
		"Havana, midnight of a month, twice":  {"America/Havana", "2026-11-01 05:30", "2026-11-01 03:59", "2026-11-01 04:00", "2026-11-02 05:00", "2026-12-01 05:00", "2026-11-01 04:00"},
		"St John's, back across midnight":     {"America/St_Johns", "2010-11-07 03:00", "2010-11-07 02:29", "2010-11-07 02:30", "2010-11-08 03:30", "2010-12-01 03:30", "2010-11-01 02:30"},
		"Apia, before a day that never was":   {"Pacific/Apia", "2011-12-30 09:59", "2011-12-29 09:59", "2011-12-29 10:00", "2011-12-30 10:00", "2011-12-31 10:00", "2011-12-01 10:00"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			decide := func(charged string, terms func(*ports.PolicyTerms)) autorecharge.Decision {
				policy := &ports.Policy{PolicyTerms: usual(), OperationHead: ports.OperationHead{}, Status: ports.PolicyActive}
				policy.TimeZone = tc.zone
				terms(&policy.PolicyTerms)
				state := &autorecharge.State{Charges: []autorecharge.Charge{{At: utc(charged), Count: 1}}}
				return autorecharge.Decide(&ports.Wallet{Status: ports.WalletActive, Balance: won(500)}, policy, state, decimal.Decimal{}, utc(tc.now).Add(skew))
			}
			aDay := func(p *ports.PolicyTerms) { p.DailyCount = 1 }
			aMonth := func(p *ports.PolicyTerms) { p.MonthlyCount = 1 }
			require.True(t, decide(tc.last, aDay).Charge, "it was yesterday")
			require.Equal(t, utc(tc.next).Add(skew), decide(tc.first, aDay).Until)
			require.Equal(t, utc(tc.nextMonth).Add(skew), decide(tc.monthBegan, aMonth).Until)
			require.True(t, decide(utc(tc.monthBegan).Add(-time.Minute).Format("2006-01-02 15:04"), aMonth).Charge, "it was last month")
		})
	}
}
