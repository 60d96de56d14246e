package solapi

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"time"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/ports"
)

// evidence is what is known of the account before an order is sent, so that an
// inquiry can tell what the order changed.
type evidence struct {
	ServerTime time.Time `json:"serverTime"` // by the provider's clock
	HostTime   time.Time `json:"hostTime"`   // the same moment by ours

	// Ahead is how far the dates that we sign are in the future of the provider: by so
	// much longer it takes a signature, should it take dates of the future (what its
	// official PHP client sends suggests it). Undated says that the provider gave no time,
	// so that neither it nor ServerTime is known.
	Ahead   time.Duration `json:"ahead,omitzero"`
	Undated bool          `json:"undated,omitzero"`

	// Account is the provider's id of the account, as the balance gave it: only its
	// own books tell what became of the order.
	Account string `json:"account"`

	// Anchor is the history row that left the balance as it was, AnchorBalance.
	// Without any row the balance is the account's own. Behind says that there were
	// rows, and none of them left it: what shows up later may be older than the order.
	Anchor        string `json:"anchor"`
	Behind        bool   `json:"behind,omitzero"`
	AnchorBalance Amount `json:"anchorBalance"`

	KnownRows        []string `json:"knownRows"`        // history rows that an order could be taken for
	KnownWithdrawals []string `json:"knownWithdrawals"` // withdrawals likewise
	AutoRecharge     bool     `json:"autoRecharge"`
}

var errEvidence = errors.New("the evidence of the order is missing or not of this adapter")

func (e evidence) encode() ([]byte, error) { return json.Marshal(e) }

func decodeEvidence(data []byte) (evidence, error) {
	var e evidence
	if err := json.Unmarshal(data, &e); err != nil || e.ServerTime.IsZero() || e.HostTime.IsZero() {
		return evidence{}, errEvidence
	}
	return e, nil
}

// otherAccount is why an inquiry with the credentials of another account than the
// order's says nothing: that account knows of no order, whatever became of it.
const otherAccount = "the credentials are of another account than the order's"

// of reports whether the balance is of the account that the order was prepared for.
func (e evidence) of(balance Balance) bool { return balance.AccountID == e.Account }

// owns reports whether an id of an account that an answer or a row names is that of the
// order's. Where either names none, nothing speaks against it.
func (e evidence) owns(accountID string) bool {
	return accountID == "" || e.Account == "" || accountID == e.Account
}

// precedes reports whether the provider's date of a row is before the order. A row
// without a date is not.
func (e evidence) precedes(date Timestamp) bool {
	return !date.IsZero() && date.Before(e.ServerTime.Add(-lookTolerance))
}

// serverTime turns a time of our clock into one of the provider's.
func (e evidence) serverTime(host time.Time) time.Time {
	return host.Add(e.ServerTime.Sub(e.HostTime))
}

// sent returns when the order was sent at the latest, by the provider's clock.
func (e evidence) sent(sentAt time.Time) time.Time {
	if sentAt.IsZero() {
		sentAt = e.HostTime.Add(evidenceAge)
	}
	if sent := e.serverTime(sentAt); sent.After(e.ServerTime) {
		return sent
	}
	return e.ServerTime // our clock ran backwards
}

// quiet returns when the provider cannot execute an order any more that was sent at a time
// of its clock.
func (e evidence) quiet(sent time.Time) time.Time { return sent.Add(e.Ahead + quietPeriod) }

// spent returns when the signature of an order that was sent at a time of the provider's
// clock is worn out, and our longest wait for an answer with it: no copy of the request is
// accepted any more, and one that was accepted last is done. A row that the history shows
// with a later date came after anything that the order could leave.
func (e evidence) spent(sent time.Time) time.Time {
	return sent.Add(e.Ahead + freshness + maxSkew + sendTimeout)
}

// exceeds reports whether a row is dated after anything that an order could leave. It reports
// false when the provider's clock is not known.
func (e evidence) exceeds(date Timestamp, sentAt time.Time) bool {
	return !e.Undated && date.After(e.spent(e.sent(sentAt)))
}

// pause is how long to wait before the next look: no longer than until the next moment
// at which a look may say more.
func (e evidence) pause(inquiries int, sent, at time.Time) time.Duration {
	pause := inquiryPause(inquiries)
	for _, moment := range []time.Time{e.spent(sent), e.quiet(sent)} {
		if left := moment.Sub(at); left > 0 {
			return min(pause, left+time.Second) // the provider's Date has whole seconds
		}
	}
	return pause
}

// undated explains why a missing row proves nothing: the answer has no time of the
// provider, so it is not known until when the provider accepts the signature of the order.
const undated = "no trace of the order, but the provider does not tell its time"

// stale reports whether an order waited too long to be sent.
func (e evidence) stale(sentAt, now time.Time) bool {
	return now.Sub(e.HostTime) > evidenceAge || !sentAt.IsZero() && now.Sub(sentAt) > freshness
}

const (
	// lookBack is how far before an order the history is searched: whatever could
	// be taken for the order must be known from before.
	lookBack = 15 * time.Minute
	// lookTolerance is how far the provider's clocks may disagree, its whole-second
	// dates included.
	lookTolerance = 2 * time.Second
	// quietPeriod is how long after the signing of a request nothing may be found
	// until it counts as not executed, besides what our dates are ahead: 15 minutes in which the provider takes the
	// signature, our longest wait, and a margin for rows that show up late.
	quietPeriod = 30 * time.Minute
	// freshness is how long after SentAt a request may still be signed, and
	// evidenceAge how long after its evidence was gathered: the quiet period and
	// the look count from there.
	freshness   = time.Minute
	evidenceAge = 5 * time.Minute
	// confirmPause is how long a refusal rests before a look confirms it.
	confirmPause  = 5 * time.Second
	throttlePause = time.Minute
)

// wasBehind is why a row that the history shows is not believed to be the order's.
const wasBehind = "the row may be older than the order: the history was behind the balance when it was sent"

// mayPrecede reports whether a row may be of an order before that the history did not show
// when this one was prepared.
func (e evidence) mayPrecede(date Timestamp) bool {
	return e.Behind && (date.IsZero() || date.Before(e.ServerTime))
}

// gather reads the balance and the rows of the history that matter. wanted selects
// the rows that an order could later be taken for.
func (c *Client) gather(ctx context.Context, filter HistoryFilter, wanted func(HistoryRow) bool) (Balance, evidence, error) {
	balance, at, err := c.balance(ctx)
	if err != nil {
		return Balance{}, evidence{}, err
	}
	host := c.clock.Now()
	dated := !at.IsZero()
	if !dated {
		at = c.now()
	}
	found := evidence{
		Ahead: max(c.now().Sub(at), 0), Undated: !dated,
		ServerTime: ports.Instant(at), HostTime: ports.Instant(host), Account: balance.AccountID,
		AnchorBalance: balance.Balance, AutoRecharge: bool(balance.AutoRecharge),
	}
	for row, err := range c.behind(ctx, balance, at) {
		if found.Behind = errors.Is(err, errBehind); found.Behind {
			break
		}
		if err != nil {
			return Balance{}, evidence{}, err
		}
		found.Anchor = row.HistoryID
		break
	}
	filter.From = found.ServerTime.Add(-lookBack)
	for row, err := range c.History(ctx, filter) {
		if err != nil {
			return Balance{}, evidence{}, err
		}
		if wanted(row) {
			found.KnownRows = append(found.KnownRows, row.HistoryID)
		}
	}
	return balance, found, nil
}

// errBehind is what behind ends with when the history does not show the row that left
// the balance.
var errBehind = errors.New("the history does not show yet what the balance is made of")

// behind iterates over the history backwards from the row that left the balance as it
// was read. Rows that came after the reading, which was at a time by the provider's
// clock, are passed over. An older row that left another balance is errBehind, though
// one before it may have left this one: a balance can come back to where it was.
func (c *Client) behind(ctx context.Context, balance Balance, at time.Time) iter.Seq2[HistoryRow, error] {
	return func(yield func(HistoryRow, error) bool) {
		begun := false
		for row, err := range c.History(ctx, HistoryFilter{}) {
			switch {
			case err != nil:
				yield(HistoryRow{}, err)
				return
			case begun || row.NewBalance.Is(balance.Balance.Decimal):
				if begun = true; !yield(row, nil) {
					return
				}
			case row.DateCreated.Before(at.Add(-lookTolerance)):
				yield(HistoryRow{}, errBehind)
				return
			}
		}
	}
}

// maxWalk is how many rows an inquiry reads to account for the balance.
const maxWalk = 2000

// fit is what a comparison of the balance with the history says.
type fit int

const (
	fitNot  fit = iota // the balance is not explained by the history
	fitBusy            // it changed while we looked
	fitGood            // it is
	fitPast            // it is, row by row, and the newest row is dated after a moment
)

// balanceFits reports whether the rows after the anchor explain the balance that was
// read at a time by the provider's clock: then nothing moved that the history does not
// show. When each row also begins where the one before it ended, and the row that left the
// balance is dated after a moment, the history is complete up to that moment: fitPast.
func (c *Client) balanceFits(ctx context.Context, balance Balance, at time.Time, known evidence, moment time.Time) (fit, error) {
	if known.Behind { // there is no row to begin from
		return fitNot, nil
	}
	sum, count, reached := decimal.Zero, 0, known.Anchor == ""
	good, next := fitGood, balance.Balance
	for row, err := range c.behind(ctx, balance, at) {
		if errors.Is(err, errBehind) {
			return c.moved(ctx, balance)
		}
		if err != nil {
			return fitNot, err
		}
		if known.Anchor != "" && row.HistoryID == known.Anchor {
			reached = true
			break
		}
		if count++; count > maxWalk || !row.Consistent() {
			return fitNot, nil
		}
		switch {
		case count == 1 && row.DateCreated.After(moment):
			good = fitPast
		case !row.NewBalance.Is(next.Decimal):
			good = fitGood
		}
		sum, next = sum.Add(row.BalanceAmount.Decimal), row.OldBalance
	}
	if reached && known.AnchorBalance.Valid && balance.Balance.Is(known.AnchorBalance.Decimal.Add(sum)) {
		return good, nil
	}
	return c.moved(ctx, balance)
}

// moved tells a balance that changes while we look from one that nothing explains.
func (c *Client) moved(ctx context.Context, balance Balance) (fit, error) {
	now, err := c.Balance(ctx)
	if err != nil || now.Balance.Is(balance.Balance.Decimal) {
		return fitNot, err
	}
	return fitBusy, nil
}

// inquiryPause is how long to wait before the next look: doubling from 5 seconds
// to 5 minutes.
func inquiryPause(inquiries int) time.Duration {
	return confirmPause << min(max(inquiries-1, 0), 6)
}
