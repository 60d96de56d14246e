package sqlcommit

import (
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/adapters/internal/sqlrow"
	"github.com/jigap/jigap/ports"
)

// unitRows is a unit as rows. It shares nothing with the unit, which belongs to the caller again once the
// caller has left the attempt.
type unitRows struct {
	wallets    []walletRow
	entries    [][]any
	keys       []ports.EntryKey
	operations []operationRow
	touches    []string // wallets, operations and lanes: units that touch the same are decided in their order
}

type walletRow struct {
	id                  string
	version, base, last int64 // base is the Seq of the state that the wallet was computed from
	baseHash, hash      ports.Hash
	values              []any // of walletColumns
}

type operationRow struct {
	id      string
	version int64
	lane    string // that it asks for while it is open; blank: none
	ends    bool   // it is not open
	values  []any  // of operationColumns
}

// rowsOf returns the rows of a unit that passed [sqlrow.Decide].
func rowsOf(unit *ports.Unit) (*unitRows, error) {
	if err := checkAmounts(unit); err != nil {
		return nil, err
	}
	rows := new(unitRows)
	for i := range unit.Wallets {
		w := &unit.Wallets[i]
		count, base := sqlrow.Base(unit, w)
		rows.touches = append(rows.touches, "wallet "+w.ID)
		rows.wallets = append(rows.wallets, walletRow{
			id: w.ID, version: w.Version, base: w.Seq - int64(count), last: w.Seq, baseHash: *base, hash: w.Hash, values: walletValues(w),
		})
	}
	for i := range unit.Entries {
		e := &unit.Entries[i]
		rows.entries = append(rows.entries, entryValues(e))
		if e.Key != "" {
			rows.keys = append(rows.keys, ports.EntryKey{WalletID: e.WalletID, Key: e.Key})
		}
	}
	for _, op := range unit.Operations {
		body, err := sqlrow.EncodeOperation(op)
		if err != nil {
			return nil, err
		}
		head := op.Head()
		row := operationRow{id: head.ID, version: head.Version, ends: !head.Open}
		if head.Open {
			row.lane = head.Lane
		}
		row.values = operationValues(op, row.lane, body)
		if rows.touches = append(rows.touches, "operation "+head.ID); head.Lane != "" {
			rows.touches = append(rows.touches, "lane "+head.Lane)
		}
		rows.operations = append(rows.operations, row)
	}
	return rows, nil
}

// checkAmounts returns an error when a unit has an amount that no column holds.
func checkAmounts(unit *ports.Unit) error {
	for i := range unit.Wallets {
		w := &unit.Wallets[i]
		if tooLong(w.Balance, w.BalanceHeld, w.Point, w.PointHeld, w.Watch.Below.Decimal, w.Watch.Above.Decimal) {
			return ports.Invalid("Wallets", "wallet %s has an amount of more than %d digits", w.ID, digitsMax)
		}
	}
	for i := range unit.Entries {
		e := &unit.Entries[i]
		if tooLong(e.BalanceAmount, e.PointAmount, e.OldBalance, e.NewBalance, e.OldPoint, e.NewPoint, e.BalanceHeldAmount, e.PointHeldAmount, e.Refunded) {
			return ports.Invalid("Entries", "entry %d of wallet %s has an amount of more than %d digits", e.Seq, e.WalletID, digitsMax)
		}
	}
	return nil
}

// digitsMax is how many digits an amount has at most: the core admits far fewer.
const digitsMax = 200

func tooLong(amounts ...decimal.Decimal) bool {
	return slices.ContainsFunc(amounts, func(amount decimal.Decimal) bool {
		exponent := int(amount.Exponent())
		return exponent > digitsMax || exponent < -digitsMax || amount.NumDigits()+max(exponent, 0) > digitsMax
	})
}

// walletColumns are the columns of wallets but for clock. The first is the key, the second the version.
var walletColumns = []string{ //nolint:gochecknoglobals // a constant
	"id", "version", "currency", "scale", "status", "balance", "balance_held", "point", "point_held", "lots", "open_operations",
	"watch_below", "watch_above", "seq", "hash", "opened_at", "booked_at", "hold_expiry", "counters", "due", "next_expiry",
}

func walletValues(w *ports.Wallet) []any {
	due := int64(0)
	if w.Watch.Due(w.AvailableBalance()) {
		due = 1
	}
	return []any{
		w.ID, w.Version, w.Currency, int64(w.Scale), string(w.Status), amountOf(w.Balance), amountOf(w.BalanceHeld), amountOf(w.Point),
		amountOf(w.PointHeld), orNull(sqlrow.EncodeLots(w.Lots)), int64(w.OpenOperations), optionalAmount(w.Watch.Below),
		optionalAmount(w.Watch.Above), w.Seq, slices.Clone(w.Hash[:]), w.OpenedAt.UnixMicro(), w.BookedAt.UnixMicro(), timeOrNull(w.HoldExpiry),
		orNull(sqlrow.EncodeCounters(w)), due, timeOrNull(w.NextExpiry()),
	}
}

// scanWallet reads a row of walletColumns.
func scanWallet(rows Rows) (w ports.Wallet, due bool, err error) {
	var lots, counters string
	next := new(nullableMicros)
	err = rows.Scan(textTo[string]{&w.ID}, numberTo[int64]{&w.Version}, textTo[string]{&w.Currency}, numberTo[int32]{&w.Scale},
		textTo[ports.WalletStatus]{&w.Status}, amountTo{&w.Balance}, amountTo{&w.BalanceHeld}, amountTo{&w.Point}, amountTo{&w.PointHeld},
		textTo[string]{&lots}, numberTo[int]{&w.OpenOperations}, optionalTo{&w.Watch.Below}, optionalTo{&w.Watch.Above},
		numberTo[int64]{&w.Seq}, hashTo{&w.Hash}, timeTo{&w.OpenedAt}, timeTo{&w.BookedAt}, timeTo{&w.HoldExpiry},
		textTo[string]{&counters}, flagTo{&due}, next)
	if err == nil {
		w.Lots, err = sqlrow.DecodeLots(lots)
	}
	if err == nil {
		err = sqlrow.DecodeCounters(counters, &w)
	}
	return w, due, err
}

// nullableMicros is a time that is read and not used.
type nullableMicros struct{}

// Scan implements [database/sql.Scanner].
func (*nullableMicros) Scan(any) error { return nil }

var entryColumns = []string{ //nolint:gochecknoglobals // a constant
	"wallet_id", "seq", "type", "currency", "balance_amount", "point_amount", "old_balance", "new_balance", "old_point", "new_point",
	"balance_held_amount", "point_held_amount", "lots", "counterparty", "moves", "peer_wallet_id", "peer_seq", "operation_id", "refers_to",
	"refunded", "new_scale", "key_text", "digest", "reference", "memo", "metadata", "who", "occurred_at", "booked_at", "prev_hash", "hash",
}

func entryValues(e *ports.Entry) []any {
	digest := digestOrNull(e.Digest)
	return []any{
		e.WalletID, e.Seq, string(e.Type), e.Currency, amountOrNull(e.BalanceAmount), amountOrNull(e.PointAmount), amountOrNull(e.OldBalance),
		amountOrNull(e.NewBalance), amountOrNull(e.OldPoint), amountOrNull(e.NewPoint), amountOrNull(e.BalanceHeldAmount),
		amountOrNull(e.PointHeldAmount), orNull(sqlrow.EncodeLotChanges(e.Lots)), orNull(string(e.Counterparty)),
		orNull(sqlrow.EncodeMoves(e.Moves)), orNull(e.PeerWalletID), numberOrNull(e.PeerSeq), orNull(e.OperationID), numberOrNull(e.RefersTo),
		amountOrNull(e.Refunded), numberOrNull(int64(e.NewScale)), orNull(e.Key), digest, orNull(e.Reference), orNull(e.Memo),
		orNull(sqlrow.EncodeMetadata(e.Metadata)), orNull(e.Who), e.OccurredAt.UnixMicro(), e.BookedAt.UnixMicro(),
		slices.Clone(e.PrevHash[:]), slices.Clone(e.Hash[:]),
	}
}

// scanEntry reads a row of entryColumns.
func scanEntry(rows Rows) (e ports.Entry, err error) {
	var lots, moves, metadata string
	err = rows.Scan(textTo[string]{&e.WalletID}, numberTo[int64]{&e.Seq}, textTo[ports.EntryType]{&e.Type}, textTo[string]{&e.Currency},
		amountTo{&e.BalanceAmount}, amountTo{&e.PointAmount}, amountTo{&e.OldBalance}, amountTo{&e.NewBalance}, amountTo{&e.OldPoint},
		amountTo{&e.NewPoint}, amountTo{&e.BalanceHeldAmount}, amountTo{&e.PointHeldAmount}, textTo[string]{&lots},
		textTo[ports.Account]{&e.Counterparty}, textTo[string]{&moves}, textTo[string]{&e.PeerWalletID}, numberTo[int64]{&e.PeerSeq},
		textTo[string]{&e.OperationID}, numberTo[int64]{&e.RefersTo}, amountTo{&e.Refunded}, numberTo[int32]{&e.NewScale},
		textTo[string]{&e.Key}, digestTo{&e.Digest}, textTo[string]{&e.Reference}, textTo[string]{&e.Memo}, textTo[string]{&metadata},
		textTo[string]{&e.Who}, timeTo{&e.OccurredAt}, timeTo{&e.BookedAt}, hashTo{&e.PrevHash}, hashTo{&e.Hash})
	if err == nil {
		err = sqlrow.DecodeLists(&e, []byte(lots), []byte(moves), []byte(metadata))
	}
	return e, err
}

var operationColumns = []string{ //nolint:gochecknoglobals // a constant
	"id", "version", "kind", "wallet_id", "status", "is_open", "lane", "open_lane", "provider", "reference", "provider_ref", "due_at", "created_at", "body",
}

func operationValues(op ports.Operation, openLane, body string) []any {
	head := op.Head()
	open := int64(0)
	if head.Open {
		open = 1
	}
	return []any{
		head.ID, head.Version, string(head.Kind), head.WalletID, op.StatusText(), open, orNull(head.Lane), orNull(openLane), orNull(head.Provider),
		orNull(head.Reference), orNull(head.ProviderRef), timeOrNull(head.DueAt), ports.Instant(head.CreatedAt).UnixMicro(), body,
	}
}

// scanOperation reads a row of operationColumns, and refuses one whose columns differ from its record: the
// store searches by the columns, and the core decides by the record. id is what the row is named by.
func scanOperation(rows Rows) (op ports.Operation, id string, err error) {
	var head ports.OperationHead
	var kind ports.OperationKind
	var status, openLane, body string
	var created int64
	err = rows.Scan(textTo[string]{&head.ID}, numberTo[int64]{&head.Version}, textTo[ports.OperationKind]{&kind}, textTo[string]{&head.WalletID},
		textTo[string]{&status}, flagTo{&head.Open}, textTo[string]{&head.Lane}, textTo[string]{&openLane}, textTo[string]{&head.Provider},
		textTo[string]{&head.Reference}, textTo[string]{&head.ProviderRef}, timeTo{&head.DueAt}, numberTo[int64]{&created}, textTo[string]{&body})
	if err != nil {
		return nil, head.ID, err
	}
	op, err = sqlrow.DecodeOperation(kind, []byte(body), head, status)
	if err != nil {
		return nil, head.ID, err
	}
	wanted := ""
	if head.Open {
		wanted = head.Lane
	}
	if openLane != wanted || created != op.Head().CreatedAt.UnixMicro() {
		return nil, head.ID, errColumns(head.ID)
	}
	return op, head.ID, nil
}

// list names columns.
func list(columns []string) string { return strings.Join(columns, ", ") }
