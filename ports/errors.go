package ports

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/shopspring/decimal"
)

// Sentinel errors of the library. Test for them with errors.Is.
var (
	// ErrInvalid is returned when an argument is refused at the door. The error
	// is an [InvalidError] that names the field. Nothing was changed.
	ErrInvalid = errors.New("invalid")

	// ErrNotFound is returned when a wallet, entry or operation does not exist.
	ErrNotFound = errors.New("not found")

	// ErrExists is returned when a wallet is opened again with other content.
	ErrExists = errors.New("already exists")

	// ErrKeyReused is returned when an idempotency key was used on this wallet
	// before, for a request with other content. Where the history tells what differs, the
	// error is a [KeyReusedError] that names it.
	ErrKeyReused = errors.New("idempotency key reused with other content")

	// ErrInsufficient is returned when a purse does not hold the amount. The
	// error is an [InsufficientError] with the figures.
	ErrInsufficient = errors.New("insufficient funds")

	// ErrFrozen is returned when a debit is asked of a frozen wallet.
	ErrFrozen = errors.New("wallet is frozen")

	// ErrClosed is returned when a closed wallet is asked to change.
	ErrClosed = errors.New("wallet is closed")

	// ErrOpenOperations is returned when a wallet cannot be closed because a
	// hold, recharge, cancellation or withdrawal on it has not ended, or because it owes something
	// ([Debt]). Where a wallet is wound up the error is an [OpenOperationsError].
	ErrOpenOperations = errors.New("wallet has open operations")

	// ErrNotEmpty is returned when a wallet cannot be closed because money or
	// points are left in it.
	ErrNotEmpty = errors.New("wallet is not empty")

	// ErrCurrency is returned when two wallets of different currencies meet, or a wallet and a
	// fee schedule.
	ErrCurrency = errors.New("currencies differ")

	// ErrLimit is returned when an operation would take a purse, or the number
	// of its point lots, beyond what a wallet may hold, or would credit more than a limit of the
	// wallet admits. The error of a limit that the host sets is a [LimitError].
	ErrLimit = errors.New("limit exceeded")

	// ErrRefundExceeds is returned when refunds of one debit would in total
	// give back more than it took.
	ErrRefundExceeds = errors.New("refund exceeds what was taken")

	// ErrNotOpen is returned when an operation record (a hold, say) has ended, or is in a
	// status in which this act cannot be done on it.
	ErrNotOpen = errors.New("its status does not allow this")

	// ErrConflict is returned when a record changed under its writer and the
	// writer must read it again.
	ErrConflict = errors.New("record was changed by another writer")

	// ErrLaneTaken is returned when a lane already carries an open operation.
	// The error is a [LaneTakenError] with that operation's id.
	ErrLaneTaken = errors.New("lane is taken by an open operation")

	// ErrUndecided is returned when the caller stopped waiting, or the store
	// lost its connection, before the fate of an operation was learnt. It may
	// or may not have been committed; the same call with the same key tells.
	ErrUndecided = errors.New("fate of the operation is not known")

	// ErrBusy is returned when a record stayed locked by another transaction for as
	// long as the store waits. Nothing was changed; the same call may succeed later.
	ErrBusy = errors.New("record is locked by another transaction")

	// ErrUnavailable is returned when the store could not be reached, or did not
	// answer within its bound. A read may be repeated. A write that returns it, and
	// does not return [ErrUndecided] too, changed nothing.
	ErrUnavailable = errors.New("store is unavailable")

	// ErrUnreadable is returned when a stored record is not one that the store writes: an
	// amount is no number, a hash has another length, a column differs from its record.
	// Something else wrote it.
	ErrUnreadable = errors.New("stored record cannot be read")

	// ErrCursor is returned when a cursor of the change feed stands behind entries
	// that the store does not have. The error is a [CursorError].
	ErrCursor = errors.New("cursor is not of this store's history")

	// ErrForged is returned for a notification that its provider did not make: a signature is
	// wrong or missing.
	ErrForged = errors.New("notification is not the provider's")

	// ErrOverdue is returned when an adapter did not return within the time that it was
	// given and half as much again. It goes on running; what it may have done is not known.
	ErrOverdue = errors.New("adapter did not return in time")

	// ErrTooManyOverdue is returned when too many earlier calls to an adapter still run. The
	// call was not made.
	ErrTooManyOverdue = errors.New("not called: too many earlier calls to the adapter still run")
)

// CursorError says that the place of a cursor of the change feed is not in this store: a
// failover or a restore lost it, or the cursor is of another store. It matches [ErrCursor].
//
// Entries that the reader has read may be gone, and others may be the same at other places.
// The reader goes back to the newest older cursor that Feed accepts, or to the blank one, and
// reads to the end. It passes over entries that it knows (same WalletID, Seq and Hash), and
// takes back what it had read behind that cursor and does not meet again.
type CursorError struct {
	Read int64 // how many entries the reader had read up to the cursor
	Have int64 // how many entries the store's feed has; it may be more than Read
}

// Error says what is wrong and what to do.
func (e *CursorError) Error() string {
	return fmt.Sprintf("%v: its reader has read %d entries, and entry %d of this store (which has %d) is not the last one that it read; "+
		"go on from an older cursor, pass over entries that were read (same WalletID, Seq and Hash), and take back those that do not come again",
		ErrCursor, e.Read, e.Read, e.Have)
}

// Is reports whether target is [ErrCursor].
func (e *CursorError) Is(target error) bool { return target == ErrCursor }

// InvalidError is a refusal at the door. It matches [ErrInvalid].
type InvalidError struct {
	Field  string // the refused field, as the caller wrote it: "Amount", "Metadata"
	Reason string // why, in one clause; never repeats the refused value
}

// Error says which field was refused and why.
func (e *InvalidError) Error() string { return "invalid " + e.Field + ": " + e.Reason }

// Is reports whether target is [ErrInvalid].
func (e *InvalidError) Is(target error) bool { return target == ErrInvalid }

// Invalid returns an [InvalidError] for field.
func Invalid(field, format string, args ...any) error {
	return &InvalidError{Field: field, Reason: fmt.Sprintf(format, args...)}
}

// KeyReusedError names what differs between a request and the one that its idempotency key was
// used for before. It matches [ErrKeyReused].
type KeyReusedError struct {
	// Fields are those of the request that differ, of those that the entry keeps: "Amount", "Memo".
	// "Type" is another kind of request.
	Fields []string
}

// Error names the fields that differ, and never what they hold.
func (e *KeyReusedError) Error() string {
	if len(e.Fields) == 0 {
		return ErrKeyReused.Error()
	}
	return fmt.Sprintf("%v: differs in %s", ErrKeyReused, strings.Join(e.Fields, ", "))
}

// Compare adds the field unless it is the same.
func (e *KeyReusedError) Compare(field string, same bool) {
	if !same {
		e.Fields = append(e.Fields, field)
	}
}

// Is reports whether target is [ErrKeyReused].
func (e *KeyReusedError) Is(target error) bool { return target == ErrKeyReused }

// InsufficientError tells what was asked of a wallet and what it could give. It
// matches [ErrInsufficient].
type InsufficientError struct {
	WalletID         string
	Asked            decimal.Decimal
	AvailableBalance decimal.Decimal // cash that is neither held nor spent
	AvailablePoint   decimal.Decimal // points that are neither held, spent nor expired
	PointsOnly       bool            // only points could be spent
}

// Error says what was asked and what is available: points only where the wallet has some.
func (e *InsufficientError) Error() string {
	switch {
	case e.PointsOnly:
		return fmt.Sprintf("%v: wants %s points, has %s", ErrInsufficient, e.Asked, e.AvailablePoint)
	case e.AvailablePoint.IsZero():
		return fmt.Sprintf("%v: wants %s, has %s", ErrInsufficient, e.Asked, e.AvailableBalance)
	}
	return fmt.Sprintf("%v: wants %s, has %s and %s points", ErrInsufficient, e.Asked, e.AvailableBalance, e.AvailablePoint)
}

// Is reports whether target is [ErrInsufficient].
func (e *InsufficientError) Is(target error) bool { return target == ErrInsufficient }

// LimitKind names a limit of a wallet.
type LimitKind string

// The limits of a wallet.
const (
	LimitBalance          LimitKind = "balance"            // the cash that it holds
	LimitCreditedPerDay   LimitKind = "credited_per_day"   // the cash that is credited in a day
	LimitCreditedPerMonth LimitKind = "credited_per_month" // the cash that is credited in a month
	LimitPoint            LimitKind = "point"              // the points that it holds
)

// LimitError tells which limit of a wallet is exceeded, and by what. It matches [ErrLimit].
type LimitError struct {
	WalletID string
	Limit    LimitKind
	Most     decimal.Decimal // that the limit admits
	Has      decimal.Decimal // that counts already: the balance, what was credited in the period, the points
	Incoming decimal.Decimal // that open recharges announced
	Wants    decimal.Decimal // that would be added; zero of a wallet that is above the limit
}

// Error says what is over which limit.
func (e *LimitError) Error() string {
	text := fmt.Sprintf("%v: %s is at most %s: has %s", ErrLimit, strings.ReplaceAll(string(e.Limit), "_", " "), e.Most, e.Has)
	if !e.Incoming.IsZero() {
		text += fmt.Sprintf(", %s on its way", e.Incoming)
	}
	if !e.Wants.IsZero() {
		text += fmt.Sprintf(", wants %s", e.Wants)
	}
	return text
}

// Is reports whether target is [ErrLimit].
func (e *LimitError) Is(target error) bool { return target == ErrLimit }

// LaneTakenError names the operation that holds a lane. It matches [ErrLaneTaken].
type LaneTakenError struct {
	Lane        string
	OperationID string // the open operation in the lane
}

// Error names the lane and the operation in it.
func (e *LaneTakenError) Error() string {
	return fmt.Sprintf("lane %s: %v %s", e.Lane, ErrLaneTaken, e.OperationID)
}

// Is reports whether target is [ErrLaneTaken].
func (e *LaneTakenError) Is(target error) bool { return target == ErrLaneTaken }

// OpenOperationsError names operations of a wallet that have not ended, or that have ended and are
// disputed. It matches [ErrOpenOperations].
type OpenOperationsError struct {
	WalletID string
	Open     []OpenOperation // the first [MaxOpenNamed], in order of id; none if all have ended since
}

// OpenOperation names an operation that has not ended, or is disputed.
type OpenOperation struct {
	Kind   OperationKind
	ID     string
	Status string
}

// MaxOpenNamed is how many operations an [OpenOperationsError] names.
const MaxOpenNamed = 10

// Error names the operations.
func (e *OpenOperationsError) Error() string {
	text := ErrOpenOperations.Error()
	for i, op := range e.Open {
		between := ", "
		if i == 0 {
			between = ": "
		}
		text += fmt.Sprintf("%s%s %s (%s)", between, op.Kind, op.ID, op.Status)
	}
	return text
}

// Is reports whether target is [ErrOpenOperations].
func (e *OpenOperationsError) Is(target error) bool { return target == ErrOpenOperations }

// Join is [errors.Join] with a text of one line: the texts of the errors, with a
// semicolon between them.
func Join(errs ...error) error {
	errs = slices.DeleteFunc(slices.Clone(errs), func(err error) bool { return err == nil })
	switch len(errs) {
	case 0:
		return nil
	case 1:
		return errs[0]
	}
	return &joinedError{errs}
}

type joinedError struct{ errs []error }

// Error returns the texts of the errors in one line.
func (e *joinedError) Error() string {
	texts := make([]string, len(e.errs))
	for i, err := range e.errs {
		texts[i] = err.Error()
	}
	return strings.Join(texts, "; ")
}

// Unwrap returns the errors.
func (e *joinedError) Unwrap() []error { return e.errs }

// PanicError is a job, or a call to an adapter, that panicked or ended its goroutine.
type PanicError struct {
	Cause any
	Stack []byte // of the goroutine, where it panicked
}

// Error says what it panicked with.
func (e *PanicError) Error() string { return fmt.Sprintf("panicked: %v", e.Cause) }
