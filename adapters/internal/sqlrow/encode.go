package sqlrow

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/ports"
)

// AppendAmount writes an amount as SQL reads it. Amounts of up to 18 digits,
// nearly all there are, cost no allocation.
func AppendAmount(buf []byte, amount decimal.Decimal) []byte {
	exponent := int(amount.Exponent())
	if amount.NumDigits() > 18 || exponent > 0 || exponent < -18 {
		return append(buf, amount.String()...)
	}
	coefficient := amount.CoefficientInt64()
	if coefficient < 0 {
		buf = append(buf, '-')
		coefficient = -coefficient
	}
	if exponent == 0 {
		return strconv.AppendInt(buf, coefficient, 10)
	}
	var digits [20]byte
	text := strconv.AppendInt(digits[:0], coefficient, 10)
	whole := len(text) + exponent
	if whole <= 0 {
		buf = append(buf, '0', '.')
		for ; whole < 0; whole++ {
			buf = append(buf, '0')
		}
		return append(buf, text...)
	}
	buf = append(append(buf, text[:whole]...), '.')
	return append(buf, text[whole:]...)
}

// The lists inside entries are kept as JSON, with amounts as text.

type lotJSON struct {
	ID        int64           `json:"lot"`
	Amount    decimal.Decimal `json:"amount"`
	Held      decimal.Decimal `json:"held"`
	ExpiresAt time.Time       `json:"expires_at,omitzero"`
	Priority  int32           `json:"priority,omitempty"`
}

type moveJSON struct {
	Account ports.Account   `json:"account"`
	Amount  decimal.Decimal `json:"amount"`
}

// EncodeLots writes lots as text, a line for each: a wallet has up to 1,000 of them, which
// are written with each change of one.
func EncodeLots(lots []ports.PointLot) string {
	if len(lots) == 0 {
		return ""
	}
	text := make([]byte, 0, 48*len(lots))
	for i := range lots {
		lot := &lots[i]
		text = append(strconv.AppendInt(text, lot.ID, 10), ' ')
		text = append(AppendAmount(text, lot.Amount), ' ')
		text = append(AppendAmount(text, lot.Held), ' ')
		if lot.ExpiresAt.IsZero() {
			text = append(text, '-')
		} else {
			text = strconv.AppendInt(text, lot.ExpiresAt.UnixMicro(), 10)
		}
		text = append(strconv.AppendInt(append(text, ' '), int64(lot.Priority), 10), '\n')
	}
	return string(text)
}

// DecodeLots reads what EncodeLots wrote.
func DecodeLots(text string) ([]ports.PointLot, error) {
	if text == "" {
		return nil, nil
	}
	lots := make([]ports.PointLot, 0, strings.Count(text, "\n"))
	for line := range strings.Lines(text) {
		lot, err := decodeLot(line)
		if err != nil {
			return nil, fmt.Errorf("decode lots: line %d: %w", len(lots)+1, err)
		}
		lots = append(lots, lot)
	}
	return lots, nil
}

func decodeLot(line string) (lot ports.PointLot, err error) {
	fields := strings.Split(strings.TrimSuffix(line, "\n"), " ")
	if len(fields) != 5 {
		return lot, fmt.Errorf("has %d fields: want 5", len(fields))
	}
	var errs [5]error
	var priority int64
	lot.ID, errs[0] = strconv.ParseInt(fields[0], 10, 64)
	lot.Amount, errs[1] = decimal.NewFromString(fields[1])
	lot.Held, errs[2] = decimal.NewFromString(fields[2])
	if fields[3] != "-" {
		var micros int64
		micros, errs[3] = strconv.ParseInt(fields[3], 10, 64)
		lot.ExpiresAt = time.UnixMicro(micros).UTC()
	}
	priority, errs[4] = strconv.ParseInt(fields[4], 10, 32)
	lot.Priority = int32(priority)
	return lot, ports.Join(errs[:]...)
}

// countersJSON is what a wallet counts for its limits.
type countersJSON struct {
	Incoming      decimal.Decimal `json:"incoming,omitzero"`
	IncomingPoint decimal.Decimal `json:"incoming_point,omitzero"`
	Day           string          `json:"day,omitempty"`
	DayAmount     decimal.Decimal `json:"day_amount,omitzero"`
	Month         string          `json:"month,omitempty"`
	MonthAmount   decimal.Decimal `json:"month_amount,omitzero"`
}

// EncodeCounters returns what a wallet counts for its limits as JSON, and blank where it
// counts nothing.
func EncodeCounters(w *ports.Wallet) string {
	counters := countersJSON{w.Incoming, w.IncomingPoint, w.Credited.Day, w.Credited.DayAmount, w.Credited.Month, w.Credited.MonthAmount}
	if counters.Day+counters.Month == "" && w.Incoming.IsZero() && w.IncomingPoint.IsZero() && w.Credited.DayAmount.IsZero() && w.Credited.MonthAmount.IsZero() {
		return ""
	}
	data, err := json.Marshal(&counters)
	if err != nil {
		return "" // these types cannot fail
	}
	return string(data)
}

// DecodeCounters reads what EncodeCounters wrote.
func DecodeCounters(text string, w *ports.Wallet) error {
	if text == "" {
		return nil
	}
	var counters countersJSON
	if err := json.Unmarshal([]byte(text), &counters); err != nil {
		return fmt.Errorf("decode counters: %w", err)
	}
	w.Incoming, w.IncomingPoint = counters.Incoming, counters.IncomingPoint
	w.Credited = ports.CreditCount{Day: counters.Day, DayAmount: counters.DayAmount, Month: counters.Month, MonthAmount: counters.MonthAmount}
	return nil
}

// EncodeLotChanges returns the lot changes of an entry as JSON, and blank where there are none.
func EncodeLotChanges(lots []ports.LotChange) string {
	list := make([]lotJSON, len(lots))
	for i, lot := range lots {
		list[i] = lotJSON{lot.LotID, lot.Amount, lot.HeldAmount, ports.Instant(lot.ExpiresAt), lot.Priority}
	}
	return encodeList(list)
}

// EncodeMoves returns the moves of an entry as JSON, and blank where there are none.
func EncodeMoves(moves []ports.Move) string {
	list := make([]moveJSON, len(moves))
	for i, move := range moves {
		list[i] = moveJSON(move)
	}
	return encodeList(list)
}

// encodeList returns a list as JSON, and blank for an empty one.
func encodeList[T any](list []T) string {
	if len(list) == 0 {
		return ""
	}
	data, err := json.Marshal(list)
	if err != nil {
		return "" // these types cannot fail but for years that unstorable refuses
	}
	return string(data)
}

// EncodeMetadata returns the metadata of an entry as JSON, and blank where it is empty.
func EncodeMetadata(metadata map[string]string) string {
	if len(metadata) == 0 {
		return ""
	}
	data, _ := json.Marshal(metadata) //nolint:errchkjson // strings cannot fail
	return string(data)
}

// DecodeLists sets the lists of an entry to what EncodeLotChanges, EncodeMoves and EncodeMetadata
// wrote. A blank text is an empty list.
func DecodeLists(e *ports.Entry, lotChanges, moveList, metadata []byte) error {
	if len(metadata) > 0 {
		if err := json.Unmarshal(metadata, &e.Metadata); err != nil {
			return fmt.Errorf("decode metadata: %w", err)
		}
	}
	var lots []lotJSON
	if len(lotChanges) > 0 {
		if err := json.Unmarshal(lotChanges, &lots); err != nil {
			return fmt.Errorf("decode lots: %w", err)
		}
	}
	for _, lot := range lots {
		e.Lots = append(e.Lots, ports.LotChange{
			LotID: lot.ID, Amount: lot.Amount, HeldAmount: lot.Held, ExpiresAt: lot.ExpiresAt, Priority: lot.Priority,
		})
	}
	var moves []moveJSON
	if len(moveList) > 0 {
		if err := json.Unmarshal(moveList, &moves); err != nil {
			return fmt.Errorf("decode moves: %w", err)
		}
	}
	for _, move := range moves {
		e.Moves = append(e.Moves, ports.Move(move))
	}
	return nil
}
